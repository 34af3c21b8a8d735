"""Who sees which referral: the list and the single one never disagree."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
from flask import Flask
from sqlalchemy import select

from portal.accounts.models import Membership
from portal.accounts.roles import ROLES
from portal.actor import Actor
from portal.clients import policy as clients
from portal.clients.commands import name_deputy
from portal.clients.models import Client
from portal.consents import policy as consents
from portal.consents.models import Consent
from portal.extensions import db
from portal.problems import NotFound
from portal.referrals import commands, policy
from portal.referrals.models import Referral
from portal.registry import registry
from portal.testing.town import NOW, Town


def everybody(town: Town) -> dict[str, Membership]:
    """Somebody in every role, and those beside them."""
    f = town.factory
    county = f.unit(town.advisor.unit.organisation, "Koordination")
    other_team = f.unit(town.advisor.unit.organisation, "Team Rheintal")
    circle = f.unit(f.organisation("Helferkreis (Demo)", "volunteer_group"))
    second_desk = f.unit(town.partner.unit.organisation, "Zweite Stelle")
    return {
        "advisor": town.advisor,
        "colleague": town.colleague,
        "lead": town.lead,
        "other lead": f.member("Otto Anderswo", other_team, "team_lead"),
        "partner": town.partner,
        "partner's colleague": f.member("Pia Partner", town.partner.unit, "partner"),
        "partner of another unit": f.member("Paul Neben", second_desk, "partner"),
        "stranger": town.stranger,
        "coordinator": f.member("Karla Kreis", county, "coordinator"),
        "volunteer coordinator": f.member("Vera Kreis", circle, "volunteer_coordinator"),
        "volunteer": f.member("Volker Frei", circle, "volunteer"),
        "volunteer at the desk": f.member("Vroni Frei", town.partner.unit, "volunteer"),
        "auditor": f.member("Anna Prüf", town.advisor.unit, "auditor"),
        "admin": f.member("Armin System", town.advisor.unit, "admin"),
    }


def seen(actor: Actor) -> dict[Referral, str | None]:
    return {r: r.seen_as for r in db.session.scalars(policy.visible(actor)).unique()}


# Who sees a sent referral of the advisor's client, and as what; nobody else sees it.
SEES = {
    "advisor": "sender", "lead": "sender", "partner": "receiver",
    "partner's colleague": "receiver",
}  # fmt: skip


def test_who_sees_a_sent_referral(town: Town) -> None:
    referral = town.factory.sent(town.advisor, town.client, town.service)
    found = {
        who: seen(town.factory.actor(member)).get(referral)
        for who, member in everybody(town).items()
    }
    assert {who: side for who, side in found.items() if side} == SEES


def test_every_role_is_among_everybody(town: Town) -> None:
    assert {member.role for member in everybody(town).values()} == set(ROLES)


def test_nobody_but_the_senders_side_sees_a_draft_or_a_mistake(town: Town) -> None:
    f = town.factory
    draft = f.draft(town.advisor, town.client, town.service)
    voided = f.sent(town.advisor, town.client, town.service)
    discarded = f.draft(town.advisor, town.client, town.service)
    f.move(town.advisor, discarded.id, "discard")
    commands.void(f.actor(town.lead), voided.id, {"reason": "Versehen"})
    for hidden in (draft, voided, discarded):
        found = {who for who, member in everybody(town).items() if hidden in seen(f.actor(member))}
        assert found == {"advisor", "lead"}


def test_lists_and_single_ones_agree_for_everybody(town: Town) -> None:
    f = town.factory
    theirs = f.client(town.colleague, given_name="Fremde")
    referrals = [
        f.draft(town.advisor, town.client, town.service),
        f.sent(town.advisor, town.client, town.service),
        f.sent(town.advisor, town.client, town.other_service),
        f.sent(town.colleague, theirs, town.service),
        f.draft(town.colleague, theirs, town.other_service),
    ]
    for step in ("accept", "complete", "review"):
        member = town.colleague if step == "review" else town.partner
        f.move(member, referrals[3].id, step)
    pairs = {
        Referral: (policy.visible, policy.get_visible, [r.id for r in referrals]),
        Client: (clients.visible, clients.get_visible, [town.client.id, theirs.id]),
        Consent: (consents.visible, consents.get_visible,
                  list(db.session.scalars(select(Consent.id)))),
    }  # fmt: skip
    for who, member in everybody(town).items():
        actor = f.actor(member)
        for visible, get_visible, ids in pairs.values():
            listed = {row.id for row in db.session.scalars(visible(actor)).unique()}
            assert listed <= set(ids)
            for one in (*ids, uuid4()):
                if one in listed:
                    assert get_visible(actor, one).id == one
                else:
                    with pytest.raises(NotFound):
                        get_visible(actor, one)
        listed = {r.id for r in seen(actor)}
        assert bool(listed) == (who in {*SEES, "colleague", "stranger"}), who


def test_a_deputy_sees_from_the_first_to_the_last_day(town: Town) -> None:
    f = town.factory
    referral = f.sent(town.advisor, town.client, town.service)
    start, end = NOW.date() + timedelta(days=2), NOW.date() + timedelta(days=4)
    name_deputy(f.actor(town.advisor), town.advisor.id, town.colleague.id, start, end)
    for days in range(7):
        actor = f.at(NOW + timedelta(days=days)).actor(town.colleague)
        stands_in = 2 <= days <= 4
        assert (referral in seen(actor)) == stands_in
        assert bool(db.session.scalars(clients.visible(actor)).all()) == stands_in
        assert bool(db.session.scalars(consents.visible(actor)).all()) == stands_in


def test_a_deputy_acts_like_the_advisor(town: Town) -> None:
    f = town.factory
    referral = f.sent(town.advisor, town.client, town.service)
    day = NOW.date()
    name_deputy(f.actor(town.lead), town.advisor.id, town.colleague.id, day, day)
    f.move(town.colleague, referral.id, "withdraw")
    assert referral.status == "cancelled"


def test_a_new_advisor_takes_the_referrals_along(town: Town) -> None:
    f = town.factory
    referral = f.sent(town.advisor, town.client, town.service)
    town.client.advisor_id = town.colleague.id
    db.session.flush()
    assert referral in seen(f.actor(town.colleague))
    assert referral not in seen(f.actor(town.advisor))


def test_a_plugin_narrows_what_receivers_see_and_widens_nothing(town: Town, app: Flask) -> None:
    f = town.factory
    soon = f.sent(town.advisor, town.client, town.service, urgency="soon")
    normal = f.sent(town.advisor, town.client, town.service)
    types = registry().referral_types
    kind = types["andere_stelle"]

    def narrowed(criterion: object) -> dict[str, set[Referral]]:
        types["andere_stelle"] = replace(kind, narrow=lambda actor: criterion)
        return {who: set(seen(f.actor(member))) for who, member in everybody(town).items()}

    everything = narrowed(None)
    assert everything["partner"] == {soon, normal}
    less = narrowed(Referral.urgency == "soon")
    assert less["partner"] == {soon}
    assert less["advisor"] == {soon, normal}
    assert less["stranger"] == set()
    more = narrowed(Referral.id.is_not(None))
    assert more == everything


def test_somebody_who_serves_on_both_sides_stands_on_one_at_a_time(town: Town) -> None:
    f = town.factory
    referral = f.sent(town.advisor, town.client, town.service)
    person = town.advisor.person
    both = Membership(person_id=person.id, unit_id=town.partner.unit_id, role="partner")
    db.session.add(both)
    db.session.flush()
    assert seen(f.actor(town.advisor)) == {referral: "sender"}
    assert seen(f.actor(both)) == {referral: "receiver"}


def test_one_session_never_shows_what_it_found_out_for_somebody_else(town: Town) -> None:
    f = town.factory
    referral = f.sent(town.advisor, town.client, town.service)
    for member, side in ((town.advisor, "sender"), (town.partner, "receiver")) * 2:
        assert policy.get_visible(f.actor(member), referral.id).seen_as == side
