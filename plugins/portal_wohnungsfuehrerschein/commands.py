"""What a move means for a workshop: which ones are refused, and what they leave behind."""

from __future__ import annotations

from typing import Any

from sqlalchemy import delete, select

from portal.api import LANGUAGES, N_, Actor, Client, Referral, db
from portal_wohnungsfuehrerschein import policy, workflow
from portal_wohnungsfuehrerschein.models import Certificate, Registration

TYPE = "wohnungsfuehrerschein"
_AFTER_IT_BEGAN = ("complete", "no_show")


def objection(referral: Referral, action: str, actor: Actor) -> str | None:
    """Why this move is not possible for a workshop, as a sentence; None if it is."""
    if referral.type != TYPE:
        return None
    place = policy.registration_of(referral)
    if action in _AFTER_IT_BEGAN and place is not None and place.starts_at > actor.now:
        return N_("Der Workshop hat noch nicht begonnen.")
    return None


def record(referral: Referral, action: str, actor: Actor, data: dict[str, Any]) -> None:
    """Keep the place or the certificate that came with this move."""
    if referral.type != TYPE:
        return
    place = policy.registration_of(referral)
    if action == "register":
        number = place.number + 1 if place else 1
        db.session.add(_registration(referral, data, number))
    elif action == "complete" and data["code"] == "certificate_issued":
        title = place.workshop["title"] if place else ""
        db.session.add(
            Certificate(
                referral_id=referral.id,
                issued_on=actor.today,
                hours=data["hours"],
                modules=data["modules"],
                stated={"number": data["certificate_number"], "title": title},
            )
        )


def _registration(referral: Referral, data: dict[str, Any], number: int) -> Registration:
    return Registration(
        referral_id=referral.id,
        number=number,
        starts_at=data["appointment_at"],
        language=data["language"],
        sessions=data["sessions"],
        workshop={"title": data["workshop"], "place": data["place"]},
    )


def language_label(place: Registration) -> str:
    return dict(LANGUAGES).get(place.language, place.language)


def module_labels(certificate: Certificate) -> list[str]:
    labels = dict(workflow.MODULES)
    return [labels.get(key, key) for key in certificate.modules]


def export(client: Client) -> dict[str, Any]:
    """All places and certificates of a client, in words, for the client's dossier."""
    theirs = select(Referral.id).where(Referral.client_id == client.id)
    places = db.session.scalars(
        select(Registration)
        .where(Registration.referral_id.in_(theirs))
        .order_by(Registration.starts_at, Registration.id)
    ).all()
    certificates = db.session.scalars(
        select(Certificate)
        .where(Certificate.referral_id.in_(theirs))
        .order_by(Certificate.issued_on, Certificate.id)
    ).all()
    found = {
        "Workshops": [_exported_place(place) for place in places],
        "Zertifikate": [_exported_certificate(certificate) for certificate in certificates],
    }
    return {title: rows for title, rows in found.items() if rows}


def _exported_place(place: Registration) -> dict[str, Any]:
    return {
        "Workshop": place.workshop["title"],
        "Erster Termin": place.starts_at.isoformat(),
        "Ort": place.workshop["place"],
        "Sprache": language_label(place),
        "Anzahl der Termine": place.sessions,
    }


def _exported_certificate(certificate: Certificate) -> dict[str, Any]:
    return {
        "Nummer": certificate.stated["number"],
        "Titel": certificate.stated["title"],
        "Ausgestellt am": certificate.issued_on.isoformat(),
        "Stunden": certificate.hours,
        "Themen": module_labels(certificate),
    }


def erase(client: Client) -> None:
    """Remove every place and certificate of a client."""
    theirs = select(Referral.id).where(Referral.client_id == client.id)
    for table in (Certificate, Registration):
        db.session.execute(delete(table).where(table.referral_id.in_(theirs)))
