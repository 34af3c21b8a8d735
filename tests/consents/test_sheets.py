"""One talk, one sheet: what is shown, what is signed, what was only said, and what was refused."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask

from portal.clients.limits import counselling_ends_on
from portal.consents import commands, terms
from portal.consents.models import Consent
from portal.consents.sheet import consent_sheet, recorded_sheet, refusal_slip
from portal.consents.terms import Talk, Terms
from portal.documents.record import as_data, from_data
from portal.documents.sheet import Code, Facts, Heading, Paragraph, Sheet, Signature, Ticks
from portal.extensions import db
from portal.problems import Conflict, Invalid
from portal.testing.town import NOW, Town

TODAY = NOW.date()
LINE = [[[n * 10, 100 + n] for n in range(20)]]
TALK: dict[str, Any] = {
    "form": "paper_signed", "language": "ar", "explained": True, "copy_given": True,
}  # fmt: skip
TERMS: dict[str, Any] = {
    "purpose": "Damit das Kita-Büro einen Platz für das Kind ab Januar suchen kann.",
    "categories": ["person", "contact"],
    "valid_until": TODAY + timedelta(days=90),
}


@pytest.fixture
def app(sqlite_app: Flask) -> Flask:
    return sqlite_app


def record(
    town: Town, talk: dict[str, Any], *answers: dict[str, Any], **how: str
) -> list[Consent]:  # fmt: skip
    """A talk about one recipient, or about both."""
    units = (town.service.unit, town.other_service.unit)
    given = [
        terms.terms_of(town.client, unit, {**TERMS, **answer}, TODAY)
        for unit, answer in zip(units, answers or ({},), strict=False)
    ]
    actor = town.factory.actor(town.advisor)
    return commands.record_answers(actor, town.client, spoken(**talk), given, **how)


def spoken(**talk: Any) -> Talk:
    return terms.talk_of({**TALK, **talk}, TODAY)


def text_of(sheet: Sheet) -> str:
    return json.dumps(as_data(sheet), ensure_ascii=False)


def shown(town: Town, talk: Talk, *answers: Terms) -> Sheet:
    actor = town.factory.actor(town.advisor)
    return consent_sheet(actor, town.client, talk, answers, "EW-7K3M-9QXD")


def the_terms(town: Town, **changed: Any) -> Terms:
    return terms.terms_of(town.client, town.service.unit, {**TERMS, **changed}, TODAY)


def blocks(sheet: Sheet, kind: type) -> Sequence[Any]:
    return [block for block in sheet.blocks if isinstance(block, kind)]


def test_the_sheet_says_what_a_consent_needs(town: Town) -> None:
    sheet = shown(town, spoken(interpreter="Sprachmittler-Pool (Demo)"), the_terms(town))
    text = text_of(sheet)
    for needed in (
        "Oksana Pryklad", "Landratsamt Ortenaukreis (Demo), Team Kinzigtal", "Kita-Büro Hausach",
        TERMS["purpose"], "Name und Geburtsdatum", "21.02.2027", "freiwillig", "widerrufen",
        "Begleitblatt", "Art. 6 Abs. 1", "0000 1000", "Sprachmittler-Pool (Demo)",
    ):  # fmt: skip
        assert needed in text
    assert (sheet.language, sheet.direction, sheet.reference) == ("ar", "rtl", "EW-7K3M-9QXD")
    assert blocks(sheet, Code) == [Code("EW-7K3M-9QXD")]
    # The German leads, and says that nobody has checked the translation yet.
    assert "noch nicht von einer Übersetzerin" in text
    for paragraph in blocks(sheet, Paragraph):
        assert paragraph.words.other, paragraph.words.de
    assert from_data(json.loads(text)) == sheet


@pytest.mark.parametrize(
    ("regime", "law"),
    [("gdpr", "Art. 7 DSGVO"), ("sgb10", "§ 67b SGB X"), ("kdg", "KDG"), ("dsg_ekd", "DSG-EKD")],
)
def test_the_text_follows_the_law_of_the_recipient(town: Town, regime: str, law: str) -> None:
    town.service.unit.organisation.data_protection_regime = regime
    assert law in text_of(shown(town, spoken(), the_terms(town)))


def test_kind_and_direction_are_said(town: Town) -> None:
    plain = text_of(shown(town, spoken(), the_terms(town, direction="outgoing")))
    assert "nur in eine Richtung" in plain
    assert "Schweigepflicht" not in plain
    both = text_of(shown(town, spoken(), the_terms(town, kind="both", direction="mutual")))
    assert "untereinander austauschen" in both
    assert "entbinde ich beide Stellen" in both
    release = text_of(shown(town, spoken(), the_terms(town, kind="secrecy_release")))
    assert "Angaben über mich an" not in release


def test_health_is_a_category_of_its_own_and_needs_an_explicit_yes(town: Town) -> None:
    with pytest.raises(Invalid) as caught:
        the_terms(town, categories=["person", "health"])
    assert set(caught.value.errors) == {"health"}
    explicit = the_terms(town, categories=["person", "health"], health=True)
    assert "besonders geschützt" in text_of(shown(town, spoken(), explicit))
    assert "besonders geschützt" not in text_of(shown(town, spoken(), the_terms(town)))


def test_one_refusal_on_a_sheet_for_two_costs_no_second_meeting(town: Town) -> None:
    given, refused = record(town, {}, {}, {"answer": "refused"})
    db.session.commit()
    assert given.sheet_id == refused.sheet_id
    assert (given.refused, refused.refused) == (False, True)
    assert not given.state_on(TODAY).expired
    assert refused.state_on(TODAY).expired  # never holds
    sheet = recorded_sheet(given.sheet)
    assert [row[1] for tick in blocks(sheet, Ticks) for row in tick.rows] == [
        True, False, False, True,
    ]  # fmt: skip
    assert len(blocks(sheet, Heading)) == 2
    assert "mehrere Stellen" in text_of(sheet)
    slip = text_of(refusal_slip(refused))
    assert town.other_service.unit.full_name in slip
    assert TERMS["purpose"] in slip
    assert "Oksana" not in slip  # the client shows it, or not


def test_two_answers_for_one_recipient_are_none(town: Town) -> None:
    actor = town.factory.actor(town.advisor)
    twice = [the_terms(town), the_terms(town)]
    with pytest.raises(Invalid):
        commands.record_answers(actor, town.client, spoken(), twice)


def test_a_signature_on_the_screen_is_bound_to_the_text(town: Town) -> None:
    drawn = {"form": "screen_signed", "strokes": json.dumps(LINE)}
    talk = spoken(**drawn)
    signed = shown(town, talk, the_terms(town))
    digest = commands.digest_of(signed)
    how = {"reference": "EW-7K3M-9QXD", "signed_digest": digest}
    with pytest.raises(Invalid) as other_text:
        record(town, drawn, {"valid_until": TODAY + timedelta(days=91)}, **how)
    assert set(other_text.value.errors) == {"form"}
    (consent,) = record(town, drawn, {}, **how)
    db.session.commit()
    sheet = consent.sheet
    assert sheet.signature == {"digest": digest, "strokes": LINE}
    assert commands.digest_of(from_data(sheet.content)) == sheet.digest == digest
    assert b"[[0, 100]" not in (sheet.signature_sealed or b"")
    (line,) = blocks(recorded_sheet(sheet), Signature)
    assert len(line.strokes[0]) == 20
    with pytest.raises(Conflict):  # a second press of the button
        record(town, drawn, {}, **how)


@pytest.mark.parametrize(
    "strokes",
    [
        None, "", "[]", "[[]]", "null", "{}", "x", "[[[1,2]]]", json.dumps([[[-1, 5]] * 20]),
        json.dumps([[[5, 1001]] * 20]), json.dumps([[[1, 1]] * 7000]), "[" * 100_000,
        "[[[Infinity, 1]]]", '[[["a", 1]]]', json.dumps([[[1, 2, 3]] * 20]),
    ],
)  # fmt: skip
def test_what_is_no_signature_is_said_at_the_form(town: Town, strokes: Any) -> None:
    with pytest.raises(Invalid) as caught:
        spoken(form="screen_signed", strokes=strokes)
    assert set(caught.value.errors) == {"form"}


def test_what_was_only_said_holds_ten_days_until_it_is_signed(town: Town) -> None:
    said = {"form": "oral_documented", "occasion": "telephone", "copy_given": False}
    (consent,) = record(town, said)
    db.session.commit()
    assert consent.valid_until == TODAY + timedelta(days=10)
    assert consent.agreed_until == TERMS["valid_until"]
    assert "mündlich" in text_of(recorded_sheet(consent.sheet))
    actor = town.factory.actor(town.advisor)
    commands.confirm_consent(actor, consent.id)
    assert consent.valid_until == TERMS["valid_until"]
    with pytest.raises(Conflict):
        commands.confirm_consent(actor, consent.id)


def test_why_only_said_is_asked(town: Town) -> None:
    with pytest.raises(Invalid) as caught:
        spoken(form="oral_documented")
    assert set(caught.value.errors) == {"occasion"}


def test_no_consent_outlives_the_counselling(town: Town) -> None:
    town.client.counselling_started_on = TODAY - timedelta(days=3 * 365 - 20)
    ends_on = counselling_ends_on(town.client.counselling_started_on, TODAY)
    assert ends_on is not None
    assert the_terms(town, valid_until=ends_on).valid_until == ends_on
    with pytest.raises(Invalid) as caught:
        the_terms(town, valid_until=ends_on + timedelta(days=1))
    assert set(caught.value.errors) == {"valid_until"}


@pytest.mark.parametrize(
    ("started", "today", "ends"),
    [
        (date(2024, 2, 29), date(2026, 11, 23), date(2027, 2, 28)),
        (date(2023, 3, 4), date(2026, 3, 4), date(2026, 3, 4)),
        (date(2023, 3, 4), date(2026, 3, 5), date(2027, 3, 4)),  # the extended limit
        (date(2020, 1, 1), date(2026, 11, 23), None),
    ],
)
def test_how_long_counselling_lasts(started: date, today: date, ends: date | None) -> None:
    assert counselling_ends_on(started, today) == ends


def test_a_release_alone_passes_nothing_on(town: Town) -> None:
    draft = town.factory.draft(town.advisor, town.client, town.service)
    everything = [key for key, _ in terms.DATA_CATEGORIES if key != "health"]
    record(town, {}, {"kind": "secrecy_release", "categories": everything})
    with pytest.raises(Invalid):
        town.factory.move(town.advisor, draft.id, "send")


def test_a_talk_is_said_in_the_language_that_is_read(town: Town) -> None:
    dari = shown(town, spoken(language="prs"), the_terms(town))
    assert dari.language == "fa"
    assert "Für Dari gibt es noch keine eigene Übersetzung" in text_of(dari)
    german = shown(town, replace(spoken(), language=""), the_terms(town))
    assert (german.language, "geprüft" in text_of(german)) == ("", False)
    assert not any(words.other for block in blocks(german, Facts) for row in block.rows
                   for words in row)  # fmt: skip
