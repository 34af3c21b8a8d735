"""What a move means for a course: which ones are refused, and what they leave behind."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import delete, select

from portal.api import N_, Actor, Client, Referral, add_working_days, db, visible
from portal_sprachkurs import courses, entitlements, policy, workflow
from portal_sprachkurs.models import FINAL, OPEN, PLACEMENT_TEST, PROGRESS, TAKEN, Offer, Result

TYPES = ("sprachkurs", "sprachkurs.vwv")

ANSWERS: dict[str, str] = {
    OPEN: N_("Antwort offen"),
    TAKEN: N_("angenommen"),
    "refused": N_("nicht angenommen"),
    "lapsed": N_("Frist verstrichen"),
    "replaced": N_("durch ein anderes Angebot ersetzt"),
    "withdrawn": N_("zurückgenommen"),
}
# Every move that ends an open offer, and what it says about it.
_ANSWERED_BY = {
    "take_seat": TAKEN,
    "refuse_seat": "refused",
    "lapse_seat": "lapsed",
    "offer_seat": "replaced",
    "decline": "withdrawn",
    "withdraw": "withdrawn",
}


def objection(referral: Referral, action: str, actor: Actor, data: dict[str, Any]) -> str | None:
    """Why this move is not possible for a course, as a sentence for its form; None if it is."""
    if referral.type not in TYPES:
        return None
    asked = referral.request["form"]
    if action == "send":
        return _not_entitled(asked, actor.today)
    if action == "offer_seat":
        return _held_wrongly(data, actor.today)
    if action == "take_seat":
        return _no_longer_held(referral, actor.today)
    if action == "report_progress" and data["attendance"] and not asked.get("attendance_agreed"):
        return "attendance: " + N_(
            "Dafür liegt kein Einverständnis der Person vor. Bitte leer lassen."
        )
    if action == "complete" and data["code"] == "certificate_issued":
        return _contradicts_certificate(data)
    return None


def _not_entitled(asked: dict[str, Any], today: date) -> str | None:
    issued_on = date.fromisoformat(asked.get("issued_on", today.isoformat()))
    if freeze := entitlements.freeze_on(asked.get("route", ""), issued_on):
        return freeze.says
    if date.fromisoformat(asked.get("entitled_until", "9999-12-31")) < today:
        return N_("Die Berechtigung ist inzwischen abgelaufen. Bitte den Entwurf anpassen.")
    return None


def _held_wrongly(data: dict[str, Any], today: date) -> str | None:
    if data["next_on"] > add_working_days(today, courses.OFFER_LASTS):
        return "next_on: " + N_("Bitte eine Frist von höchstens zehn Arbeitstagen wählen.")
    if data["next_on"] > data["starts_on"]:
        return "next_on: " + N_("Die Frist endet erst nach dem Beginn des Kurses.")
    return None


def _no_longer_held(referral: Referral, today: date) -> str | None:
    offer = policy.offer_of(referral)
    if offer is not None and offer.answer_until < today:
        return N_("Die Frist für diesen Platz ist abgelaufen. Bitte beim Kursträger nachfragen.")
    return None


def lapsed(actor: Actor) -> list[tuple[Referral, str]]:
    """Seats for which nobody answered in time: the system lets them go."""
    over = (
        visible(actor)
        .join(Offer, Offer.referral_id == Referral.id)
        .where(Referral.state == workflow.SEAT_OFFERED.key)
        .where(Offer.answer == OPEN, Offer.answer_until < actor.today)
    )
    return [(referral, workflow.LAPSE) for referral in db.session.scalars(over)]


def _contradicts_certificate(data: dict[str, Any]) -> str | None:
    if data["exam"] != "passed":
        return "exam: " + N_("Ein Zertifikat gibt es nur nach bestandener Prüfung.")
    if data["level"] in ("below_a2", "not_tested"):
        return "level: " + N_("Bitte das Niveau angeben, das auf dem Zertifikat steht.")
    return None


def record(referral: Referral, action: str, actor: Actor, data: dict[str, Any]) -> None:
    """Keep the offer, its answer, or the report that came with this move."""
    if referral.type not in TYPES:
        return
    offer = policy.offer_of(referral) if action in _ANSWERED_BY else None
    if offer is not None and offer.answer == OPEN:
        offer.answer, offer.answered_on = _ANSWERED_BY[action], actor.today
    if action == "offer_seat":
        db.session.add(_offer(referral, data, offer.number + 1 if offer else 1))
    if data.get("test_level"):
        _report(referral, actor, PLACEMENT_TEST, level=data["test_level"])
    if action == "report_progress":
        _report(referral, actor, PROGRESS, level=data["level"], module=data["module"],
                attendance=data["attendance"])  # fmt: skip
    if action == "complete":
        _report(referral, actor, FINAL, level=data["level"], exam=data["exam"])


def _offer(referral: Referral, data: dict[str, Any], number: int) -> Offer:
    return Offer(
        referral_id=referral.id,
        number=number,
        kind=data["course_kind"],
        level=data["course_level"],
        starts_on=data["starts_on"],
        answer_until=data["next_on"],
        course={key: data[f"course_{key}"] for key in ("name", "times", "place")},
    )


def _report(referral: Referral, actor: Actor, kind: str, **said: Any) -> None:
    db.session.add(Result(referral_id=referral.id, kind=kind, reported_on=actor.today, **said))


def offered_in_words(offer: Offer) -> dict[str, str]:
    """Kind, level and answer of an offer as German source strings."""
    return {
        "kind": dict(courses.KINDS).get(offer.kind, offer.kind),
        "level": dict(courses.LEVELS).get(offer.level, offer.level),
        "answer": ANSWERS[offer.answer],
    }


def reported_in_words(result: Result) -> dict[str, str]:
    """Level, attendance and exam of a report as German source strings; "" where nothing is."""
    levels = dict((*courses.LEVELS, *workflow.RESULT_LEVELS))
    return {
        "level": levels.get(result.level or "", ""),
        "attendance": dict(workflow.ATTENDANCE).get(result.attendance or "", ""),
        "exam": dict(workflow.EXAMS).get(result.exam or "", ""),
    }


def export(client: Client) -> dict[str, Any]:
    """All offers and reports about a client, in words, for the client's dossier."""
    theirs = select(Referral.id).where(Referral.client_id == client.id)
    offers = db.session.scalars(
        select(Offer).where(Offer.referral_id.in_(theirs)).order_by(Offer.referral_id, Offer.number)
    ).all()
    results = db.session.scalars(
        select(Result).where(Result.referral_id.in_(theirs)).order_by(Result.reported_on, Result.id)
    ).all()
    found = {
        "Angebotene Kursplätze": [_exported_offer(offer) for offer in offers],
        "Meldungen der Kursträger": [_exported_result(result) for result in results],
    }
    return {title: rows for title, rows in found.items() if rows}


def _exported_offer(offer: Offer) -> dict[str, Any]:
    words = offered_in_words(offer)
    return {
        "Kurs": offer.course["name"],
        "Kursart": words["kind"],
        "Niveau": words["level"],
        "Beginn": offer.starts_on.isoformat(),
        "Zeiten": offer.course["times"],
        "Ort": offer.course["place"],
        "Antwort bis": offer.answer_until.isoformat(),
        "Antwort": words["answer"],
    }


def _exported_result(result: Result) -> dict[str, Any]:
    words = reported_in_words(result)
    return {
        "Datum": result.reported_on.isoformat(),
        "Modul": result.module,
        "Niveau": words["level"],
        "Teilnahme": words["attendance"],
        "Prüfung": words["exam"],
    }


def erase(client: Client) -> None:
    """Remove every offer and report about a client."""
    theirs = select(Referral.id).where(Referral.client_id == client.id)
    for table in (Offer, Result):
        db.session.execute(delete(table).where(table.referral_id.in_(theirs)))
