"""The eight roles and what each may do. Read this file and you know who can do what.

What a right reaches (which clients, which referrals) is decided by the `policy` modules.
"""

from __future__ import annotations

from dataclasses import dataclass

from portal.workflow import N_

CORE_PERMISSIONS: dict[str, str] = {
    "client.read": N_("Personen in eigener Zuständigkeit sehen und suchen"),
    "client.write": N_("Personen anlegen und ändern"),
    "client.assign": N_("Zuständigkeit und Vertretung im Team regeln"),
    "client.erase": N_("Angaben einer Person endgültig löschen"),
    "consent.write": N_("Einwilligungen aufnehmen und Widerrufe eintragen"),
    "referral.send": N_("Vermitteln, Rückfragen beantworten, Ergebnisse prüfen"),
    "referral.answer": N_("Anfragen an die eigene Stelle beantworten"),
    "referral.void": N_("Vermittlungen als Irrtum kennzeichnen"),
    "referral.oversee": N_("Eskalationen und Kennzahlen ohne Namen sehen"),
    "consent_text.check": N_("Übersetzungen für Ratsuchende als geprüft vermerken"),
    "service.edit": N_("Angebote der eigenen Stelle pflegen"),
    "task.invite": N_("Ehrenamtlichen der eigenen Stelle eine PIN für Links geben"),
    "task.answer": N_("Eigene Aufgaben annehmen oder absagen"),
    "emergency.request": N_("Notzugriff beantragen"),
    "emergency.approve": N_("Notzugriff anderer freigeben"),
    "document.read": N_("Dokumente zum Datenschutz lesen"),
    "audit.read": N_("Zugriffsprotokoll einsehen"),
    "audit.approve": N_("Auswertungen des Zugriffsprotokolls freigeben"),
    "admin.manage": N_("Organisationen, Angebote und Konten verwalten"),
}


@dataclass(frozen=True)
class Role:
    key: str
    label: str
    permissions: frozenset[str]


def _role(key: str, label: str, *permissions: str) -> Role:
    if unknown := set(permissions) - set(CORE_PERMISSIONS):
        raise ValueError(f"role {key!r} has unknown permissions: {unknown}")
    return Role(key, label, frozenset(permissions))


_ADVISOR = ("client.read", "client.write", "consent.write", "referral.send")

ROLES: dict[str, Role] = {
    role.key: role
    for role in (
        # Own clients, and those of a colleague while deputising.
        _role("advisor", N_("Integrationsmanagement"), *_ADVISOR),
        # The clients of the own unit; keeps absences from stopping anything.
        _role("team_lead", N_("Teamleitung"), *_ADVISOR, "client.assign", "client.erase",
              "referral.void"),
        # Never a name: dates, statuses, escalations.
        _role("coordinator", N_("Koordination im Landkreis"), "referral.oversee",
              "audit.approve", "document.read", "consent_text.check", "emergency.request",
              "emergency.approve"),
        # Only what is addressed to the own unit.
        _role("partner", N_("Partnerstelle"), "referral.answer", "service.edit"),
        _role("volunteer_coordinator", N_("Ehrenamtskoordination"), "referral.answer",
              "service.edit", "task.invite"),
        # Only tasks given to this very person.
        _role("volunteer", N_("Ehrenamtliche/r"), "task.answer"),
        # The log, never the content.
        _role("auditor", N_("Datenschutz und Revision"), "audit.read", "audit.approve",
              "document.read", "emergency.approve"),
        # Accounts and settings, never the content.
        _role("admin", N_("Administration"), "admin.manage", "document.read",
              "emergency.request", "emergency.approve"),
    )
}  # fmt: skip
