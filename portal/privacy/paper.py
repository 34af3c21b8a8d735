"""The dossier on paper: the same that stands in its JSON, section by section."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from flask import current_app

from portal.accounts.models import Unit
from portal.actor import Actor
from portal.clients.fields import GROUPS
from portal.clients.models import Client
from portal.consents import texts
from portal.consents.sheet import standing
from portal.documents.sheet import Block, Facts, Heading, Paragraph, Sheet, Table, Words
from portal.extensions import db
from portal.privacy.disclosure import recipients, sent_referrals
from portal.privacy.dossier import Told
from portal.workflow import LOCAL

# What Art. 15 par. 1 asks to be told beside the data itself, a sentence a line.
INFORMATION = """\
Zweck: Beratung im Integrationsmanagement und, nur mit Ihrer Einwilligung, die Weitergabe an die \
oben genannten Stellen.
Herkunft: Die Angaben stammen von Ihnen, von der Beratung und, wo es dabeisteht, von der Stelle, \
die geantwortet hat.
Speicherdauer: Wie lange was gespeichert bleibt, steht in den Informationen zum Datenschutz: \
{base_url}/documents/information
Es gibt keine automatische Entscheidung und keine Bewertung durch einen Computer.
Andere Stellen führen auch eigene Unterlagen. Auskunft darüber geben diese Stellen.
Kontakt der oder des Datenschutzbeauftragten: {officer}"""
LABELS = {
    "answer": "Antwort", "kind": "Art", "direction": "Richtung", "purpose": "Zweck",
    "categories": "Angaben", "valid_from": "Gilt ab", "valid_until": "Gilt bis",
    "revoked_at": "Widerrufen am", "revoked_via": "Widerrufen", "form": "Form",
    "explained_on": "Erklärt am", "explained_by": "Erklärt von", "interpreter": "Gedolmetscht von",
    "reference": "Kennung", "signature_kept": "Unterschrift gespeichert", "concern": "Anliegen",
    "recipient": "An", "service": "Angebot", "state": "Stand", "created_at": "Angelegt",
    "sent_at": "Gesendet", "closed_at": "Beendet", "contact_forbidden": "Kontakt nur über uns",
    "received_on": "Eingegangen am", "due_on": "Frist", "note": "Anliegen im Wortlaut",
    "answered_on": "Beantwortet am", "outcome": "Ergebnis", "reason": "Begründung",
    "office": "Beratungsstelle", "started_on": "Beratung seit", "ended_on": "Beratung beendet am",
    "restricted_on": "Verarbeitung eingeschränkt seit",
    "own_link_since": "Eigener Link seit",
}  # fmt: skip


def dossier_sheet(actor: Actor, client: Client, told: Told) -> Sheet:
    """What `dossier` told, to be read by the client."""
    spoken = client.profile.get("contact_language", "")
    language = texts.language_for(spoken)

    def say(key: str) -> Words:
        return texts.words(key, language)

    unit = db.session.get_one(Unit, client.unit_id)
    officer = current_app.config["DATA_PROTECTION_OFFICER"] or unit.full_name
    base_url = current_app.config["BASE_URL"].rstrip("/")
    blocks: list[Block] = [Paragraph(say("dossier.intro")), _facts(told["counselling"])]
    blocks += [Heading(say("dossier.data")), *_person(told["person"])]
    blocks += [Heading(say("dossier.recipients"))]
    blocks += recipients(actor, language, sent_referrals(actor, client), level=3)
    blocks += [Heading(say("dossier.consents")), *_each(told["consents"], "recipient")]
    blocks += [Heading(Words("Vermittlungen")), *_referrals(told["referrals"])]
    for partner in told["partners"]:
        blocks += [Heading(Words(partner["title"])), *_free(partner["entries"])]
    blocks += [Heading(Words("Anliegen zum Datenschutz")),
               *_each(told["privacy_requests"], "kind")]  # fmt: skip
    blocks += [Heading(Words("Benachrichtigungen")),
               *_table(told["messages"], {"at": "Wann", "reference": "Zu", "subject": "Betreff",
                                          "to": "An"})]  # fmt: skip
    blocks += [Heading(say("dossier.access_log")),
               *_table(told["access_log"], {"at": "Wann", "who": "Wer", "what": "Was",
                                            "purpose": "Wofür"})]  # fmt: skip
    blocks += [Heading(Words("Hinweise"))]
    information = INFORMATION.format(base_url=base_url, officer=officer)
    blocks += [Paragraph(Words(sentence)) for sentence in information.splitlines()]
    blocks += [Paragraph(say("disclosure.rights")), *standing(spoken)]
    footer = Words(f"{unit.full_name} · {actor.today:%d.%m.%Y}")
    return Sheet(title=say("dossier.title"), blocks=tuple(blocks), language=language,
                 footer=footer)  # fmt: skip


NOTHING = Paragraph(Words("Nichts gespeichert."))


def _facts(told: Told, *left_out: str) -> Facts:
    """What has a label and holds something."""
    return Facts(tuple(
        (Words(label), Words(readable(told[key])))
        for key, label in LABELS.items()
        if key in told and key not in left_out and told[key] not in (None, "", [])
    ))  # fmt: skip


def _person(told: Told) -> list[Block]:
    groups = [[told[field.key] for field in fields if field.key in told] for _, fields in GROUPS]
    return [_named(group) for group in groups if group]


def _named(fields: Iterable[Told]) -> Facts:
    return Facts(tuple((Words(each["label"]), Words(each["text"])) for each in fields))


def _each(rows: list[Told], title: str) -> list[Block]:
    blocks: list[Block] = []
    for row in rows:
        blocks += [Heading(Words(row[title]), 3), _facts(row, title)]
    return blocks or [NOTHING]


def _referrals(rows: list[Told]) -> list[Block]:
    blocks: list[Block] = []
    for row in rows:
        blocks += [Heading(Words(f"{row['reference']}: {row['recipient']}"), 3),
                   _facts(row, "reference")]  # fmt: skip
        for package in row["shared"]:
            day = readable(package["at"])
            blocks += [Paragraph(Words(f"Weitergegeben am {day}"), strong=True),
                       _named(package["fields"].values())]  # fmt: skip
        if not row["shared"] and row["request"]:
            blocks.append(_named(row["request"].values()))
        blocks.append(Paragraph(Words("Verlauf"), strong=True))
        blocks += [_event(event) for event in row["history"]]
        for appointment in row["appointments"]:
            parts = [readable(appointment[key]) for key in ("at", "place", "state")]
            blocks.append(Paragraph(Words("Termin: " + ", ".join(filter(None, parts)))))
        if row["deletion"]:
            answer = [row["deletion"]["answer"], row["deletion"]["basis"]]
            blocks.append(Paragraph(Words("Löschung: " + ": ".join(filter(None, answer)))))
    return blocks or [NOTHING]


def _event(event: Told) -> Facts:
    said = [event["what"], event["who"], event["recorded"]]
    lines = [", ".join(filter(None, said))]
    lines += [f"{each['label']}: {each['text']}" for each in event["details"]]
    return Facts(((Words(readable(event["at"])), Words("\n".join(lines))),))


def _table(rows: list[Told], columns: dict[str, str]) -> list[Block]:
    if not rows:
        return [NOTHING]
    cells = tuple(tuple(Words(readable(row[key])) for key in columns) for row in rows)
    return [Table(tuple(map(Words, columns.values())), cells)]


def _free(entries: Any) -> list[Block]:
    """What a plugin told, of whatever shape: lists, values under a label, or a plain value."""
    if isinstance(entries, list):
        return [block for entry in entries for block in _free(entry)]
    if isinstance(entries, dict):
        return [
            Facts(tuple((Words(str(k)), Words(readable(v) or "–")) for k, v in entries.items()))
        ]
    return [Paragraph(Words(readable(entries)))]


def readable(value: Any) -> str:
    """A value of the JSON as it is said in German."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "Ja" if value else "Nein"
    if isinstance(value, list):
        return ", ".join(map(readable, value))
    if isinstance(value, dict):
        return "; ".join(f"{key}: {readable(each)}" for key, each in value.items())
    return _day_or_moment(str(value))


def _day_or_moment(text: str) -> str:
    try:
        if len(text) == len("2026-11-23"):
            return f"{date.fromisoformat(text):%d.%m.%Y}"
        return f"{datetime.fromisoformat(text).astimezone(LOCAL):%d.%m.%Y, %H:%M}"
    except ValueError:
        return text
