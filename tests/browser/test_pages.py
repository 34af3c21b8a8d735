"""Every page of every role, wide and on a phone: accessible, and not wider than the screen."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from portal.extensions import db
from portal.privacy.commands import record_request
from tests.browser.hands import Hands, Served

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
    asked = record_request(f.actor(town.advisor), town.client.id,
                           {"kind": "access", "received_on": f.now.date()}).id  # fmt: skip
    db.session.commit()
    client = f"/clients/{town.client.id}"
    pages = {
        town.lead: (
            "/", "/clients", "/clients/new", client, f"{client}/edit", f"{client}/close",
            f"{client}/handover", f"{client}/handover/childcare", f"/referrals/{draft.id}/draft",
            "/referrals", f"/referrals/{referral.id}", f"/referrals/{referral.id}/answer",
            f"/referrals/{referral.id}/accept?record=1", f"/referrals/{referral.id}/void",
            f"{client}/privacy", f"{client}/disclosures", f"{client}/erase",
            f"/privacy/requests/{asked}", f"/consents/{consent}",
            f"/consents/{consent}/renew", "/clients?filter=closed", "/deputies", "/account",
            "/help", "/accessibility", "/nirgends",
        ),
        town.partner: ("/", "/referrals", f"/referrals/{referral.id}", "/services",
                       f"/services/{service}", "/services/new"),
        roles["admin"]: (
            "/", "/admin/organisations", "/admin/organisations/new",
            f"/admin/organisations/{organisation}", f"/admin/units/{unit}", "/admin/people",
            "/admin/people/new", f"/admin/people/{person}", "/services", "/delivery",
            "/delivery/08317041", "/delivery?q=zz",
            f"/admin/organisations/{organisation}/units/new", "/emergency",
        ),
        roles["coordinator"]: ("/", "/figures", "/texts", "/texts/ar", "/emergency", "/documents"),
        roles["auditor"]: (
            "/", "/privacy/requests", "/log", "/log/evaluations", "/log/evaluations/new",
            "/retention", "/documents", "/documents/processing", "/documents/impact",
            "/documents/joint", "/documents/information",
        ),
        roles["volunteer"]: ("/",),
    }  # fmt: skip
    for member, addresses in pages.items():
        somebody = hands(served, f"{member.role}-{width}", width=width)
        somebody.sign_in(member)
        for address in addresses:
            somebody.open(address)
            assert "/login" not in somebody.page.url
            assert somebody.page.locator("h1").count() == 1, address


_FOCUS = """() => {
    const each = document.activeElement, style = getComputedStyle(each);
    const shown = parseFloat(style.outlineWidth) > 0 && style.outlineStyle !== "none"
        && style.outlineColor !== "rgba(0, 0, 0, 0)";
    return [each.outerHTML, shown || style.boxShadow !== "none"];
}"""


def test_one_sees_where_the_keyboard_is(
    serve: Callable[..., Served], hands: Callable[..., Hands]
) -> None:
    served = serve()
    town = served.town
    referral = town.factory.sent(town.advisor, town.client, town.service)
    admin = town.factory.member("Ada Verwaltung", town.advisor.unit, "admin")
    db.session.commit()
    lost, stops = [], 0
    for member, addresses in {
        town.lead: ("/", f"/referrals/{referral.id}", f"/clients/{town.client.id}"),
        admin: ("/services", "/services/new"),
    }.items():
        somebody = hands(served, f"focus-{member.role}")
        somebody.sign_in(member)
        for address in addresses:
            somebody.open(address)
            for _ in range(45):
                somebody.page.keyboard.press("Tab")
                html, is_shown = somebody.page.evaluate(_FOCUS)
                if html.startswith("<body"):
                    break
                stops += 1
                lost += [] if is_shown else [html]
    assert stops > 60
    assert lost == []
