"""What a move means at a Jobcenter: which ones are refused, and what they leave behind."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import delete, select

from portal.api import N_, Actor, Client, Field, Kind, Referral, audit, db
from portal_jobcenter import courses, workflow
from portal_jobcenter.models import (
    APPOINTMENT_ONLY,
    COURSE_OBLIGATION,
    MEASURE_OFFERED,
    Decision,
)

RECORDED = "jobcenter.decision_recorded"
PRINTED = "jobcenter.checklist_printed"

KINDS: dict[str, str] = {
    COURSE_OBLIGATION: N_("Verpflichtung zum Kurs"),
    MEASURE_OFFERED: N_("Förderung angeboten"),
    APPOINTMENT_ONLY: N_("Gespräch ohne weitere Entscheidung"),
}
_SUBJECTS = Field(key="subject", label="", kind=Kind.CHOICE,
                  choices=courses.CHOICES + workflow.MEASURES)  # fmt: skip


def objection(referral: Referral, action: str, actor: Actor, data: dict[str, Any]) -> str | None:
    """Why this office does not take the move, as a sentence for its form; None if it does."""
    if referral.type != "jobcenter":
        return None
    asked = referral.request["form"]
    reporting_on = date.fromisoformat(asked.get("reporting_on", "9999-12-31"))
    if action == "send" and reporting_on < actor.today:
        return N_("Der Meldetermin ist inzwischen vorbei. Bitte den Entwurf anpassen.")
    unasked = action == "issue_obligation" and asked["request"] != COURSE_OBLIGATION
    if unasked and not data["explanation"]:
        return "explanation: " + N_(
            "Die Beratung hat nicht darum gebeten. Bitte sagen Sie in einem Satz, warum."
        )
    return None


def record_decision(referral: Referral, action: str, actor: Actor, data: dict[str, Any]) -> None:
    """Keep what was decided with this move, if anything was."""
    if referral.type != "jobcenter":
        return
    if action == "issue_obligation":
        decision = Decision(
            referral_id=referral.id,
            kind=COURSE_OBLIGATION,
            subject=data["course_kind"],
            decided_on=data["decided_on"],
            next_review_on=data["next_on"],
            note=data["explanation"] or "",
        )
    elif action == "complete":
        decision = Decision(
            referral_id=referral.id,
            kind=MEASURE_OFFERED if data["measure"] else APPOINTMENT_ONLY,
            subject=data["measure"],
            decided_on=actor.today,
            note=data["note"] or "",
        )
    else:
        return
    db.session.add(decision)
    audit.record(actor, RECORDED, subject=decision, client_id=referral.client_id,
                 decision=decision.kind)  # fmt: skip


def subject_label(decision: Decision) -> str:
    """The course or measure in words; "" where there is none."""
    return _SUBJECTS.label_of(decision.subject)


def export(client: Client) -> dict[str, Any]:
    """All decisions about a client, in words, for the client's dossier."""
    decisions = db.session.scalars(
        select(Decision)
        .join(Referral, Referral.id == Decision.referral_id)
        .where(Referral.client_id == client.id)
        .order_by(Decision.decided_on, Decision.id)
    ).all()
    rows = [
        {
            "Entscheidung": KINDS[decision.kind],
            "Was": subject_label(decision),
            "Datum": decision.decided_on.isoformat(),
            "Nächste Prüfung": decision.next_review_on and decision.next_review_on.isoformat(),
            "Mitteilung": decision.note,
        }
        for decision in decisions
    ]
    return {"Entscheidungen des Jobcenters": rows} if rows else {}


def erase(client: Client) -> None:
    """Remove every decision about a client."""
    theirs = select(Referral.id).where(Referral.client_id == client.id)
    db.session.execute(delete(Decision).where(Decision.referral_id.in_(theirs)))
