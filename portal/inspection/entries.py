"""Entries of the log ready to be shown: found by what is asked for, with names or without."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, false, or_, select, union_all

from portal import audit
from portal.accounts.models import Membership, Organisation, Person, Unit
from portal.accounts.roles import ROLES
from portal.audit import AuditEntry
from portal.extensions import db
from portal.inspection.models import Evaluation
from portal.referrals.models import Referral
from portal.registry import registry
from portal.workflow import LOCAL, N_

SUBJECTS = {
    "client": N_("Person"),
    "consent": N_("Einwilligung"),
    "consent_sheet": N_("Einwilligungsblatt"),
    "consent_text_check": N_("Übersetzung"),
    "deletion_request": N_("Löschung"),
    "delivery": N_("Zuständigkeit"),
    "deputy": N_("Vertretung"),
    "emergency_access": N_("Notzugriff"),
    "log_evaluation": N_("Auswertung"),
    "membership": N_("Rolle"),
    "organisation": N_("Organisation"),
    "person": N_("Konto"),
    "privacy_request": N_("Anliegen zum Datenschutz"),
    "referral": N_("Vermittlung"),
    "service": N_("Angebot"),
    "unit": N_("Stelle"),
}
_REFERENCE = re.compile(r"[A-Z]{2}-\d{4}-\d{4,8}")
_KEY = re.compile(r"[0-9a-f]{8,32}")
KEY_LETTERS = 8  # of a client's id; enough to tell one from another


Members = dict[UUID | None, tuple[str, str, str]]  # name, role and organisation
NOBODYS = {
    "system": "Hand in Hand",
    "client": N_("Die Person selbst"),
    "link": N_("Über einen Link"),
}  # who acted without an office
ACCOUNT = N_("Ein Konto")


@dataclass(frozen=True)
class Line:
    """An entry in words. `name` is that of a person only where it may be; `keys` find more."""

    at: datetime
    name: str
    role: str
    organisation: str
    kind: str
    detail: str
    purpose: str
    subject: str
    keys: tuple[str, ...]
    listed: int  # how many rows it stands for, if it is that of a list


def about_key(text: str) -> str | None:
    """A reference or a client's key as it is kept; None if it is neither."""
    plain = text.strip().replace("-", "").lower()
    if _REFERENCE.fullmatch(text.strip().upper()):
        return text.strip().upper()
    return plain if _KEY.fullmatch(plain) else None


def matching(asked: Mapping[str, Any]) -> Select[AuditEntry]:
    """What meets all that is asked: `from_on`, `until_on`, `kind`, `organisation`, `about`."""
    statement = select(AuditEntry)
    if day := asked.get("from_on"):
        statement = statement.where(AuditEntry.at >= _midnight(day))
    if day := asked.get("until_on"):
        statement = statement.where(AuditEntry.at < _midnight(day + timedelta(days=1)))
    if kind := asked.get("kind"):
        statement = statement.where(AuditEntry.kind == kind)
    if organisation := asked.get("organisation"):
        statement = statement.where(AuditEntry.organisation_id == UUID(organisation))
    if about := asked.get("about"):
        statement = statement.where(_about(about))
    return statement


def of_evaluation(evaluation: Evaluation) -> Select[AuditEntry]:
    statement = matching({"from_on": evaluation.from_on, "until_on": evaluation.until_on,
                          "about": evaluation.about})  # fmt: skip
    if evaluation.person_id is None:
        return statement
    own = select(Membership.id).where(Membership.person_id == evaluation.person_id)
    # Whoever signs in does so as a person, not yet as a member of an office.
    account = and_(
        AuditEntry.subject_table == Person.__tablename__,
        AuditEntry.subject_id == evaluation.person_id,
    )
    return statement.where(or_(AuditEntry.membership_id.in_(own), account))


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), LOCAL)


def _about(about: str) -> ColumnElement[bool]:
    """Entries of a referral or of a client, lists in which it stood included.

    As a set, so that each part of it finds its own index.
    """
    if "-" in about:
        referral = db.session.scalar(select(Referral.id).where(Referral.reference == about))
        if referral is None:
            return false()
        own, named = AuditEntry.subject_id == referral, [referral.hex]
    else:
        first, last = (UUID(about.ljust(32, filling)) for filling in "0f")
        of_client = select(Referral.id).where(Referral.client_id.between(first, last))
        named = [about, *(referral.hex for referral in db.session.scalars(of_client))]
        own = AuditEntry.client_id.between(first, last)
    listed = select(AuditEntry.id).where(audit.lists_naming(*named))
    return AuditEntry.id.in_(union_all(select(AuditEntry.id).where(own), listed))


def lines(entries: Iterable[AuditEntry], *, named: bool) -> list[Line]:
    """In words; the names of staff only with `named`, those of clients never."""
    found = list(entries)
    who = _members(found)
    people = _people(found) if named else {}
    references = _references(found)
    types = registry().referral_types.values()
    steps = {action.key: action.label for kind in types for action in kind.workflow.actions}
    return [
        Line(
            at=entry.at,
            kind=audit.kind_label(entry.kind),
            detail=steps.get(step, step) if (step := str(entry.data.get("action", ""))) else "",
            purpose=audit.purpose_label(entry.purpose),
            subject=SUBJECTS.get(entry.subject_table or "", entry.subject_table or ""),
            keys=_keys(entry, references),
            listed=len(entry.data.get("ids", ())),
            **_who(entry, who, people, named=named),
        )
        for entry in found
    ]


def _who(
    entry: AuditEntry, who: Members, people: dict[UUID, str], *, named: bool
) -> dict[str, str]:
    name, role, organisation = who.get(entry.membership_id, ("", "", ""))
    if role:
        return {"name": name if named else "", "role": role, "organisation": organisation}
    somebody = entry.subject_id if entry.subject_table == Person.__tablename__ else None
    # Whoever signs in has chosen no role yet.
    account = people.get(somebody, ACCOUNT) if somebody else NOBODYS.get(entry.actor_kind, "")
    return {"name": account, "role": "", "organisation": ""}


def _keys(entry: AuditEntry, references: dict[UUID, str]) -> tuple[str, ...]:
    reference = references.get(entry.subject_id, "") if entry.subject_id else ""
    client = entry.client_id.hex[:KEY_LETTERS] if entry.client_id else ""
    return tuple(key for key in (reference, client) if key)


def _members(entries: list[AuditEntry]) -> Members:
    """Name, role and organisation of whoever acted."""
    ids = {entry.membership_id for entry in entries if entry.membership_id}
    rows = db.session.execute(
        select(Membership.id, Person.name, Membership.role, Organisation.name)
        .join(Person, Person.id == Membership.person_id)
        .join(Unit, Unit.id == Membership.unit_id)
        .join(Organisation, Organisation.id == Unit.organisation_id)
        .where(Membership.id.in_(ids))
    )
    return {
        member: (name, ROLES[role].label if role in ROLES else role, organisation)
        for member, name, role, organisation in rows
    }


def _people(entries: list[AuditEntry]) -> dict[UUID, str]:
    ids = {e.subject_id for e in entries if e.subject_table == Person.__tablename__}
    rows = db.session.execute(select(Person.id, Person.name).where(Person.id.in_(ids)))
    return {row.id: row.name for row in rows}


def _references(entries: list[AuditEntry]) -> dict[UUID, str]:
    ids = {e.subject_id for e in entries if e.subject_table == Referral.__tablename__}
    rows = db.session.execute(select(Referral.id, Referral.reference).where(Referral.id.in_(ids)))
    return {row.id: row.reference for row in rows}
