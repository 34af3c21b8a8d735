"""The timeline: who did what when, as far as each side may know."""

from __future__ import annotations

import pytest
from flask import Flask

from portal.grants import Grant
from portal.referrals import commands, endings, history, policy
from portal.referrals.models import Referral
from portal.testing.town import NOW, Town
from portal.workflow import Side


@pytest.fixture
def app(sqlite_app: Flask) -> Flask:
    """On one database: a timeline is read in its order, nothing more."""
    return sqlite_app


def lines(town: Town, referral: Referral, side: Side) -> list[history.Entry]:
    member = town.advisor if side is Side.SENDER else town.partner
    actor = town.factory.actor(member)
    mine = policy.get_visible(actor, referral.id)
    return history.timeline(mine, side, policy.grant(actor, mine))


def said(entries: list[history.Entry]) -> str:
    return " ".join(text for entry in entries for _, text in entry.details)


def whole_story(town: Town) -> Referral:
    f = town.factory
    referral = f.sent(town.advisor, town.client, town.service)
    f.move(town.partner, referral.id, "ask", {"question": "Welche Kita?"})
    f.move(town.advisor, referral.id, "answer", {"answer": "Die in Hausach."})
    f.move(town.advisor, referral.id, "accept", {"note": "Am Telefon."}, recorded_source="phone")
    f.move(town.partner, referral.id, "complete", {"code": "enrolled", "note": "Ab Januar."})
    f.move(town.advisor, referral.id, "review", {"plan_change": "Ziel Kita erreicht."})
    return referral


def test_the_sender_reads_everything_in_its_order_even_of_one_moment(town: Town) -> None:
    entries = lines(town, whole_story(town), Side.SENDER)
    assert [entry.label for entry in entries] == [
        "Vermittlung angelegt", "Gesendet", "Rückfrage gestellt", "Rückfrage beantwortet",
        "Zugesagt", "Abgeschlossen", "Ergebnis geprüft",
    ]  # fmt: skip
    assert {entry.event.at for entry in entries} == {NOW}
    assert [entry.who for entry in entries] == [
        "Katrin Demowald", "Katrin Demowald", "Paula Partner", "Katrin Demowald",
        "Katrin Demowald", "Paula Partner", "Katrin Demowald",
    ]  # fmt: skip
    assert entries[2].where == "Kita-Büro Hausach (Demo)"
    assert [entry.recorded for entry in entries if entry.recorded] == ["telefonisch von der Stelle"]
    assert entries[2].details == [("Ihre Frage", "Welche Kita?")]
    assert ("Ergebnis", "Platz erhalten") in entries[5].details
    assert ("Was ändert sich im Integrationsplan?", "Ziel Kita erreicht.") in entries[6].details


def test_the_receiver_reads_neither_the_beginning_nor_the_review(town: Town) -> None:
    entries = lines(town, whole_story(town), Side.RECEIVER)
    assert [entry.event.action for entry in entries] == [
        "send", "ask", "answer", "accept", "complete",
    ]  # fmt: skip
    assert "Ziel Kita" not in said(entries)
    assert "Die in Hausach." in said(entries)


def test_an_answer_can_be_read_before_the_decision_it_is_for(town: Town) -> None:
    f = town.factory
    referral = f.sent(town.advisor, town.client, town.service)
    f.move(town.partner, referral.id, "ask", {"question": "Welche Kita?"})
    f.move(town.advisor, referral.id, "answer", {"answer": "Die in Hausach."})
    assert policy.grant(f.actor(town.partner), referral) is Grant.PREVIEW
    assert "Die in Hausach." in said(lines(town, referral, Side.RECEIVER))


def test_after_the_end_a_receiver_keeps_its_own_words_only(town: Town) -> None:
    f = town.factory
    referral = f.sent(town.advisor, town.client, town.service)
    f.move(town.partner, referral.id, "ask", {"question": "Welche Kita?"})
    f.move(town.advisor, referral.id, "answer", {"answer": "Die in Hausach."})
    f.move(town.partner, referral.id, "decline", {"code": "no_capacity"})
    text = said(lines(town, referral, Side.RECEIVER))
    assert "Welche Kita?" in text
    assert "Keine freien Plätze" in text
    assert "Hausach" not in text


def test_why_a_sender_withdrew_is_the_senders_matter(town: Town) -> None:
    f = town.factory
    referral = f.sent(town.advisor, town.client, town.service)
    data = {"code": "moved_away", "explanation": "Nach Köln."}
    f.move(town.advisor, referral.id, "withdraw", data)
    theirs = lines(town, referral, Side.RECEIVER)
    assert theirs[-1].label == "Zurückgezogen"
    assert said(theirs) == ""
    assert "Weggezogen Nach Köln." in said(lines(town, referral, Side.SENDER))


def test_after_a_revocation_a_receiver_reads_nothing_not_even_that(town: Town) -> None:
    f = town.factory
    referral = f.sent(town.advisor, town.client, town.service)
    assert referral.consent_id is not None
    endings.revoke_consent(f.actor(town.advisor), referral.consent_id)
    assert lines(town, referral, Side.RECEIVER) == []
    ours = lines(town, referral, Side.SENDER)
    assert (ours[-1].label, ours[-1].who) == ("Zurückgezogen", "Hand in Hand")


def test_a_mistake_keeps_its_reason_for_the_sender(town: Town) -> None:
    f = town.factory
    referral = f.sent(town.advisor, town.client, town.service)
    commands.void(f.actor(town.lead), referral.id, {"reason": "Falsche Person"})
    last = lines(town, referral, Side.SENDER)[-1]
    assert (last.label, last.details) == (
        "Als Irrtum gekennzeichnet", [("Grund", "Falsche Person")],
    )  # fmt: skip


def test_a_handler_and_added_fields_are_kept_in_words(town: Town) -> None:
    f = town.factory
    referral = f.sent(town.advisor, town.client, town.service, withheld=["phone"])
    f.move(town.partner, referral.id, "ask")
    f.move(town.advisor, referral.id, "answer", {"release": ["phone"]})
    f.move(town.partner, referral.id, "accept", {"handler": str(town.partner.id)})
    entries = lines(town, referral, Side.SENDER)
    town.partner.person.name = "Anders Heißend"
    assert ("Zusätzlich weitergeben", "Telefon") in entries[-2].details
    assert ("Wer kümmert sich?", "Paula Partner") in entries[-1].details


def test_states_are_named_in_the_words_of_who_reads(town: Town) -> None:
    referral = town.factory.sent(town.advisor, town.client, town.service)
    assert history.state_label(referral) == "Gesendet, Antwort offen"
    assert history.state_label(referral, Side.RECEIVER) == "Neu"
    referral.state, referral.status = "plugin.gone", "accepted"
    assert history.state_label(referral, Side.RECEIVER) == "Zugesagt"
