"""What is passed on: only what was consented, frozen, and no more of it than the moment allows."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select

from portal.clients.commands import update_client
from portal.clients.fields import CLIENT_FIELDS, HIDDEN_IN_SHELTER
from portal.extensions import db
from portal.hookspecs import hookimpl
from portal.lifecycle import GRACE_DAYS
from portal.problems import Invalid
from portal.referrals import commands, endings, packages, policy
from portal.referrals.models import Package, Referral
from portal.registry import registry
from portal.testing.town import NOW, Town

FULL = {
    "given_name": "Zzvorname", "family_name": "Zznachname", "birth_date": None,
    "phone": "0000 777", "email": "zz@portal.example", "address": "Zzweg 1", "contact_way": "sms",
    "contact_language": "uk", "interpreter_needed": True, "children_ages": "2, 7",
}  # fmt: skip


def latest(referral: Referral) -> Package:
    package = packages.latest(referral)
    assert package is not None
    return package


def readable(town: Town, referral: Referral, *, days: int = 0) -> dict[str, str]:
    """What the partner may read now, by field."""
    actor = town.factory.at(NOW + timedelta(days=days)).actor(town.partner)
    mine = policy.get_visible(actor, referral.id)
    return {item.field.key: item.text for item in packages.readable(actor, mine)}


# --- what goes in -----------------------------------------------------------------------
def test_a_package_holds_what_the_handoff_discloses_and_nothing_else(town: Town) -> None:
    client = town.factory.client(town.advisor, **FULL, occupation="Zzberuf", german_level="b1")
    referral = town.factory.sent(town.advisor, client, town.service)
    kind = registry().referral_type(referral.type)
    content = latest(referral).content
    assert set(content) <= {*kind.discloses, *(field.key for field in kind.form)}
    assert content["phone"] == "0000 777"
    assert not {"occupation", "german_level", "address"} & set(content)


def test_what_is_held_back_stays_out(town: Town) -> None:
    held = ["phone", "children_ages", "given_name"]
    referral = town.factory.sent(town.advisor, town.client, town.service, withheld=held)
    content = latest(referral).content
    assert "phone" not in content
    assert content["given_name"] == "Oksana"  # nobody could help a person without a name
    assert "contact" in latest(referral).categories  # the municipality is still in it


def test_a_package_never_changes(town: Town) -> None:
    referral = town.factory.sent(town.advisor, town.client, town.service)
    before = latest(referral)
    content, digest, sealed = before.content, before.digest, before.content_sealed
    actor = town.factory.actor(town.advisor)
    changed = {**town.client.profile, "phone": "0000 999", "family_name": "Anders"}
    update_client(actor, town.client.id, changed, town.client.version)
    town.factory.move(town.partner, referral.id, "accept")
    db.session.flush()
    db.session.expire_all()
    after = latest(referral)
    assert (after.content, after.digest, after.content_sealed) == (content, digest, sealed)
    assert readable(town, referral)["family_name"] == "Pryklad"


def test_the_digest_is_that_of_the_canonical_content(town: Town) -> None:
    referral = town.factory.sent(town.advisor, town.client, town.service)
    package = latest(referral)
    canonical = json.dumps(package.content, sort_keys=True, ensure_ascii=False,
                           separators=(",", ":"))  # fmt: skip
    assert package.digest == hashlib.sha256(canonical.encode()).hexdigest()
    again = town.factory.sent(town.advisor, town.client, town.service)
    assert latest(again).digest == package.digest
    other = town.factory.sent(town.advisor, town.client, town.service, form={"concern": "Neu"})
    assert latest(other).digest != package.digest


def test_where_somebody_hides_is_told_to_nobody(town: Town) -> None:
    client = town.factory.client(
        town.advisor, **FULL, accommodation_type="women_shelter", accommodation_since=None
    )
    referral = town.factory.draft(town.advisor, client, town.service)
    # Even for a handoff that would disclose everything, with a consent for everything.
    kind = replace(registry().referral_type(referral.type), discloses=tuple(CLIENT_FIELDS))
    offered = packages.offered_items(kind, client, {})
    assert not HIDDEN_IN_SHELTER & {item.field.key for item in offered}
    assert {"given_name", "phone"} <= {item.field.key for item in offered}
    town.factory.consent(town.advisor, client, town.service.unit)
    town.factory.move(town.advisor, referral.id, "send")
    assert not HIDDEN_IN_SHELTER & set(latest(referral).content)


# --- the consent ------------------------------------------------------------------------
def refused(town: Town, referral: Referral, days: int = 0) -> None:
    actor = town.factory.at(NOW + timedelta(days=days)).actor(town.advisor)
    with pytest.raises(Invalid) as caught:
        commands.perform(actor, referral.id, "send", {})
    assert set(caught.value.errors) == {"consent"}
    assert (referral.status, referral.sent_at) == ("draft", None)
    assert packages.latest(referral) is None


def test_nothing_is_sent_without_a_consent(town: Town) -> None:
    refused(town, town.factory.draft(town.advisor, town.client, town.service))


@pytest.mark.parametrize("missing", ["person", "contact", "communication"])
def test_a_consent_must_cover_every_category(town: Town, missing: str) -> None:
    referral = town.factory.draft(town.advisor, town.client, town.service)
    given = {"person", "contact", "communication", "household"} - {missing}
    town.factory.consent(town.advisor, town.client, town.service.unit, categories=given)
    refused(town, referral)


def test_a_consent_need_not_cover_what_is_held_back(town: Town) -> None:
    client = town.factory.client(town.advisor, **FULL)
    referral = town.factory.draft(town.advisor, client, town.service, withheld=["children_ages"])
    town.factory.consent(town.advisor, client, town.service.unit,
                         categories=["person", "contact", "communication"])  # fmt: skip
    town.factory.move(town.advisor, referral.id, "send")
    assert set(latest(referral).categories) == {"request", "person", "contact", "communication"}


def test_a_consent_for_another_unit_or_person_does_not_count(town: Town) -> None:
    f = town.factory
    other = f.client(town.advisor, given_name="Andere")
    desk = f.unit(town.service.unit.organisation, "Zweite Stelle")
    referral = f.draft(town.advisor, town.client, town.service)
    f.consent(town.advisor, town.client, town.other_service.unit)
    f.consent(town.advisor, town.client, desk)
    f.consent(town.advisor, other, town.service.unit)
    refused(town, referral)


def test_a_consent_counts_from_its_first_to_its_last_day(town: Town) -> None:
    f = town.factory
    referral = f.draft(town.advisor, town.client, town.service)
    until = NOW.date() + timedelta(days=5)
    f.consent(town.advisor, town.client, town.service.unit, valid_until=until)
    refused(town, referral, days=-1)
    refused(town, referral, days=6)
    f.at(NOW + timedelta(days=5)).move(town.advisor, referral.id, "send")
    assert referral.status == "sent"


def test_a_revoked_consent_does_not_count(town: Town) -> None:
    f = town.factory
    referral = f.draft(town.advisor, town.client, town.service)
    consent = f.consent(town.advisor, town.client, town.service.unit)
    endings.revoke_consent(f.actor(town.advisor), consent.id)
    refused(town, referral)


# --- adding to it later -----------------------------------------------------------------
def asked(town: Town, **details: object) -> Referral:
    referral = town.factory.sent(
        town.advisor, town.client, town.service, withheld=["phone"], **details
    )
    town.factory.move(town.partner, referral.id, "ask")
    return referral


def test_an_answer_that_adds_data_makes_a_second_package(town: Town) -> None:
    referral = asked(town)
    first = latest(referral)
    town.factory.move(town.advisor, referral.id, "answer", {"release": ["phone"]})
    second = latest(referral)
    assert (first.number, second.number) == (1, 2)
    assert "phone" not in first.content
    assert second.content["phone"] == "0000 123456"
    assert "phone" in referral.request["shared"]


def test_an_answer_in_words_makes_none(town: Town) -> None:
    referral = asked(town)
    town.factory.move(town.advisor, referral.id, "answer")
    assert latest(referral).number == 1


@pytest.mark.parametrize("how", ["revoked and renewed too narrow", "expired"])
def test_adding_data_checks_the_consent_again(town: Town, how: str) -> None:
    f = town.factory
    referral = town.factory.sent(
        town.advisor, town.client, town.service, withheld=["phone", "municipality"]
    )
    f.move(town.partner, referral.id, "ask")
    assert referral.consent is not None
    if how == "expired":
        f = f.at(NOW + timedelta(days=200))
    else:
        # As if the first had never named contact data.
        referral.consent.categories = ["request", "person", "communication"]
    with pytest.raises(Invalid) as caught:
        f.move(town.advisor, referral.id, "answer", {"release": ["phone"]})
    assert set(caught.value.errors) == {"consent"}
    assert latest(referral).number == 1


@pytest.mark.parametrize("key", ["family_name", "address", "made_up"])
def test_only_what_was_held_back_can_be_added(town: Town, key: str) -> None:
    referral = asked(town)
    with pytest.raises(Invalid) as caught:
        town.factory.move(town.advisor, referral.id, "answer", {"release": [key]})
    assert set(caught.value.errors) == {"release"}


# --- who reads it when ------------------------------------------------------------------
def test_before_the_answer_nobody_is_named(town: Town) -> None:
    client = town.factory.client(town.advisor, **FULL)
    referral = town.factory.sent(town.advisor, client, town.service)
    shown = readable(town, referral)
    preview = registry().referral_type(referral.type).preview
    assert preview is not None
    assert {"municipality", "contact_language"} <= set(shown) <= set(preview)
    assert "zz" not in " ".join(shown.values()).casefold()
    town.factory.move(town.partner, referral.id, "waitlist")
    assert readable(town, referral) == shown
    town.factory.move(town.partner, referral.id, "accept")
    assert readable(town, referral)["given_name"] == "Zzvorname"


def test_a_preview_names_nobody_even_if_its_plugin_lists_names(town: Town) -> None:
    client = town.factory.client(town.advisor, **FULL)
    referral = town.factory.sent(town.advisor, client, town.service)
    kind = registry().referral_type(referral.type)
    greedy = replace(kind, discloses=tuple(CLIENT_FIELDS), preview=tuple(CLIENT_FIELDS))
    shown = packages.preview_items(greedy, {**client.profile, **latest(referral).content})
    keys = {item.field.key for item in shown}
    assert "contact_language" in keys
    assert not keys & {"given_name", "family_name", "birth_date", "phone", "email", "address"}


def test_after_the_end_the_data_closes_but_not_the_referral(town: Town) -> None:
    referral = town.factory.sent(town.advisor, town.client, town.service)
    town.factory.move(town.partner, referral.id, "accept")
    town.factory.move(town.partner, referral.id, "complete")
    assert "given_name" in readable(town, referral, days=GRACE_DAYS - 1)
    assert readable(town, referral, days=GRACE_DAYS) == {}
    assert readable(town, referral, days=300) == {}


def test_who_declines_on_the_preview_never_learns_the_name(town: Town) -> None:
    referral = town.factory.sent(town.advisor, town.client, town.service)
    town.factory.move(town.partner, referral.id, "decline")
    assert readable(town, referral) == {}


def test_an_expired_consent_closes_the_view_and_nothing_else(town: Town) -> None:
    referral = town.factory.sent(town.advisor, town.client, town.service)
    town.factory.move(town.partner, referral.id, "accept")
    actor = town.factory.at(NOW + timedelta(days=183)).actor(town.partner)
    assert readable(town, referral, days=182) != {}
    assert readable(town, referral, days=183) == {}
    assert policy.possible_actions(actor, policy.get_visible(actor, referral.id)) == []
    assert referral.status == "accepted"


def test_a_sender_reads_what_was_shared(town: Town) -> None:
    f = town.factory
    referral = f.draft(town.advisor, town.client, town.service, withheld=["phone"])
    actor = f.actor(town.advisor)
    mine = policy.get_visible(actor, referral.id)
    before = {item.field.key for item in packages.readable(actor, mine)}
    f.consent(town.advisor, town.client, town.service.unit)
    f.move(town.advisor, referral.id, "send")
    mine = policy.get_visible(actor, referral.id)
    after = {item.field.key for item in packages.readable(actor, mine)}
    assert before == after
    assert "phone" not in after


def test_that_nobody_may_make_contact_is_kept(town: Town) -> None:
    referral = town.factory.sent(town.advisor, town.client, town.service, contact_forbidden=True)
    town.factory.move(town.partner, referral.id, "accept")
    assert referral.contact_forbidden


# --- revoking ---------------------------------------------------------------------------
def test_revoking_ends_everything_that_rests_on_the_consent(town: Town) -> None:
    f = town.factory
    waiting = f.sent(town.advisor, town.client, town.service)
    consent = waiting.consent
    assert consent is not None
    accepted = f.draft(town.advisor, town.client, town.service)
    f.move(town.advisor, accepted.id, "send")
    f.move(town.partner, accepted.id, "accept")
    done = f.draft(town.advisor, town.client, town.service)
    f.move(town.advisor, done.id, "send")
    f.move(town.partner, done.id, "decline")
    elsewhere = f.sent(town.advisor, town.client, town.other_service)
    later = f.at(NOW + timedelta(days=1))
    endings.revoke_consent(later.actor(town.advisor), consent.id)
    db.session.flush()
    assert {r.consent_id for r in (waiting, accepted, done)} == {consent.id}
    for ended in (waiting, accepted):
        assert (ended.status, ended.code) == ("cancelled", "consent_withdrawn")
        assert ended.closed_at == later.now
    assert (done.status, elsewhere.status) == ("declined", "sent")
    actor = later.actor(town.partner)
    for seen in (waiting, accepted, done):
        mine = policy.get_visible(actor, seen.id)
        assert policy.grant(actor, mine) == "ended"
        assert packages.readable(actor, mine) == []
        assert policy.possible_actions(actor, mine) == []


def test_a_consent_is_revoked_once(town: Town) -> None:
    referral = town.factory.sent(town.advisor, town.client, town.service)
    actor = town.factory.actor(town.advisor)
    assert referral.consent_id is not None
    endings.revoke_consent(actor, referral.consent_id)
    with pytest.raises(commands.Conflict):
        endings.revoke_consent(actor, referral.consent_id)


def test_no_plugin_can_stop_a_revocation(town: Town) -> None:
    class Stubborn:
        @hookimpl
        def portal_action_check(self, referral: Referral, action: str) -> str:
            return "Das geht jetzt nicht."

    registry().manager.register(Stubborn())
    referral = town.factory.draft(town.advisor, town.client, town.service)
    consent = town.factory.consent(town.advisor, town.client, town.service.unit)
    referral.consent_id, referral.sent_at = consent.id, NOW
    referral.state = referral.status = "sent"
    with pytest.raises(Invalid, match="Das geht jetzt nicht"):
        town.factory.move(town.partner, referral.id, "accept")
    endings.revoke_consent(town.factory.actor(town.advisor), consent.id)
    assert referral.status == "cancelled"


def test_a_consent_can_be_revoked_when_the_plugin_is_gone(town: Town, app: Flask) -> None:
    referral = town.factory.sent(town.advisor, town.client, town.service)
    other = town.factory.sent(town.advisor, town.client, town.service)
    other.state = "andere_stelle.own"  # a state that only the plugin knew
    other.status = "accepted"
    assert referral.consent_id is not None
    assert other.consent_id is not None
    db.session.flush()
    del registry().referral_types["andere_stelle"]
    actor = town.factory.actor(town.advisor)
    offered = [a.key for a in policy.possible_actions(actor, policy.get_visible(
        actor, referral.id))]  # fmt: skip
    assert offered == ["withdraw"]
    for consent_id in {referral.consent_id, other.consent_id}:
        endings.revoke_consent(actor, consent_id)
    assert (referral.status, other.status) == ("cancelled", "cancelled")
    assert referral.turn == ""


def test_closing_a_case_ends_what_is_open(town: Town) -> None:
    f = town.factory
    sent, draft = (
        f.sent(town.advisor, town.client, town.service),
        f.draft(town.advisor, town.client, town.service),
    )
    endings.close_client(f.actor(town.advisor), town.client.id)
    assert (sent.status, sent.code) == ("cancelled", "case_closed")
    assert draft.status == "cancelled"
    assert town.client.closed_on == NOW.date()
    assert db.session.scalar(select(func.count()).select_from(Package)) == 1
    with pytest.raises(commands.Conflict):
        endings.close_client(f.actor(town.advisor), town.client.id)
