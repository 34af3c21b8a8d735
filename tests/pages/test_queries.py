"""Lists cost no more queries for 25 rows than for 5, and no page costs more than ten."""

from __future__ import annotations

from typing import Any

from portal.extensions import db
from portal.testing.town import Town

MOST = 10


def grow(town: Town, first: int, last: int) -> None:
    """Rows for every list: clients with referrals on either side, offices, people, services."""
    db.session.rollback()
    f = town.factory
    for number in range(first, last):
        client = f.client(town.advisor, family_name=f"Beispiel{number}")
        referral = f.sent(town.advisor, client, town.service)
        if number % 2:
            f.move(town.partner, referral.id, "accept")
        office = f.unit(f.organisation(f"Amt {number} (Demo)", "other_office"))
        f.member(f"Person {number}", office, "partner")
        f.service(office, "andere_stelle", f"Angebot {number}", languages=("de", "uk"))
    db.session.commit()


def test_lists_cost_no_more_queries_for_more_rows(as_member: Any, town: Town, queries: Any) -> None:
    team = town.advisor.unit
    others = {
        role: as_member(town.factory.member(f"Rolle {role}", team, role))
        for role in ("coordinator", "auditor", "admin")
    }
    db.session.commit()
    advisor, partner = as_member(town.advisor), as_member(town.partner)
    handover = f"/clients/{town.client.id}/handover/childcare"
    pages = [
        *((advisor, page) for page in (
            "/", "/clients", "/referrals?filter=waiting", "/referrals?filter=all", "/deputies",
            f"/clients/{town.client.id}", handover,
        )),
        *((partner, page) for page in ("/", "/referrals?filter=all", "/services")),
        (others["coordinator"], "/"),
        (others["auditor"], "/log"),
        *((others["admin"], page) for page in (
            "/admin/organisations", "/admin/people", "/services", "/delivery",
        )),
    ]  # fmt: skip
    grow(town, 0, 5)
    few = [queries(browser, page) for browser, page in pages]
    grow(town, 5, 30)
    many = [queries(browser, page) for browser, page in pages]
    dearer = [
        (page, before, after)
        for (_, page), before, after in zip(pages, few, many, strict=True)
        if after > before or after > MOST
    ]
    assert dearer == []
