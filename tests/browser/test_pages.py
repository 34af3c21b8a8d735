"""Every page of every role, wide and on a phone: accessible, and not wider than the screen."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from portal.extensions import db
from tests.browser.conftest import Hands, Served

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("width", [1280, 390])
def test_every_page_is_accessible(
    serve: Callable[[str], Served], hands: Callable[..., Hands], width: int
) -> None:
    served = serve("andere_stelle")
    town = served.town
    f = town.factory
    referral = f.sent(town.advisor, town.client, town.service)
    draft = f.draft(town.advisor, town.client, town.service)
    f.move(town.partner, referral.id, "ask")
    roles = {
        role: f.member(f"Rolle {role}", town.advisor.unit, role)
        for role in ("coordinator", "auditor", "admin", "volunteer")
    }
    organisation, person = town.service.unit.organisation_id, town.partner.person_id
    unit, service, consent = town.service.unit_id, town.service.id, referral.consent_id
    db.session.commit()
    client = f"/clients/{town.client.id}"
    pages = {
        town.lead: (
            "/", "/clients", "/clients/new", client, f"{client}/edit", f"{client}/close",
            f"{client}/handover", f"{client}/handover/childcare", f"/referrals/{draft.id}/draft",
            "/referrals", f"/referrals/{referral.id}", f"/referrals/{referral.id}/answer",
            f"/referrals/{referral.id}/accept?record=1", f"/referrals/{referral.id}/void",
            f"/consents/{consent}/revoke", "/deputies", "/account", "/help", "/accessibility",
            "/nirgends",
        ),
        town.partner: ("/", "/referrals", f"/referrals/{referral.id}", "/services",
                       f"/services/{service}", "/services/new"),
        roles["admin"]: (
            "/", "/admin/organisations", "/admin/organisations/new",
            f"/admin/organisations/{organisation}", f"/admin/units/{unit}", "/admin/people",
            "/admin/people/new", f"/admin/people/{person}", "/services", "/delivery",
            "/delivery/08317041",
        ),
        roles["coordinator"]: ("/",),
        roles["auditor"]: ("/", "/log"),
        roles["volunteer"]: ("/",),
    }  # fmt: skip
    for member, addresses in pages.items():
        somebody = hands(served, f"{member.role}-{width}", width=width)
        somebody.sign_in(member)
        for address in addresses:
            somebody.open(address)
            assert "/login" not in somebody.page.url
            assert somebody.page.locator("h1").count() == 1, address
