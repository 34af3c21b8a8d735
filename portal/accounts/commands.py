"""What an administrator changes: organisations, units, people, and who serves where as what."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import ColumnElement, func, select

from portal import audit
from portal.accounts import policy
from portal.accounts.credentials import normalised_mail, renew_sessions, send_link
from portal.accounts.links import INVITATION, RESET
from portal.accounts.models import REGIMES, Membership, Organisation, Person, Unit
from portal.accounts.roles import ROLES
from portal.actor import Actor
from portal.codes import PARTNER_KINDS
from portal.extensions import db
from portal.problems import Conflict, Forbidden, Invalid
from portal.workflow import N_, Field, Kind, clean

_MAIL = re.compile(r"[^@\s<>\"']+@[^@\s<>\"']+\.[^@\s<>\"'.]+")
_IN_USE = N_("Diesen Namen gibt es schon.")

ORGANISATION_FIELDS = (
    Field(key="name", label=N_("Name")),
    Field(key="kind", label=N_("Art"), kind=Kind.CHOICE, choices=tuple(PARTNER_KINDS.items())),
    Field(key="data_protection_regime", label=N_("Datenschutzrecht"), kind=Kind.CHOICE,
          choices=REGIMES, default="gdpr"),
)  # fmt: skip
UNIT_FIELDS = (
    Field(key="name", label=N_("Name der Stelle"),
          hint=N_("Anfragen gehen an die Stelle, nicht an einzelne Personen.")),
    Field(key="phone", label=N_("Telefon"), required=False, max_length=50),
    Field(key="email", label=N_("E-Mail-Adresse der Stelle"), required=False,
          hint=N_("Ohne gemeinsame Adresse gehen Nachrichten an alle, die hier arbeiten.")),
    Field(key="address", label=N_("Anschrift"), required=False),
)  # fmt: skip
ACTIVE = Field(key="active", label=N_("In Betrieb"), kind=Kind.YES_NO, required=False)
PERSON_FIELDS = (
    Field(key="name", label=N_("Name")),
    Field(key="email", label=N_("E-Mail-Adresse"), hint=N_("Damit meldet sich die Person an.")),
)


def membership_fields(actor: Actor) -> tuple[Field, ...]:
    units = db.session.scalars(policy.open_units(actor))
    return (
        Field(key="unit_id", label=N_("Stelle"), kind=Kind.CHOICE,
              choices=tuple((str(unit.id), unit.full_name) for unit in units)),
        Field(key="role", label=N_("Rolle"), kind=Kind.CHOICE,
              choices=tuple((role.key, role.label) for role in ROLES.values())),
    )  # fmt: skip


def create_organisation(actor: Actor, data: Mapping[str, Any]) -> Organisation:
    """Raises Forbidden, Invalid."""
    policy.require_admin(actor)
    organisation = Organisation(**_organisation_values(actor, ORGANISATION_FIELDS, data, None))
    db.session.add(organisation)
    db.session.flush()
    audit.record(actor, "organisation.changed", subject=organisation, created=True)
    return organisation


def change_organisation(
    actor: Actor, organisation_id: UUID, data: Mapping[str, Any]
) -> Organisation:
    """Raises Forbidden, NotFound, Invalid."""
    policy.require_admin(actor)
    organisation = policy.get_organisation(actor, organisation_id)
    fields = (*ORGANISATION_FIELDS, ACTIVE)
    values = _organisation_values(actor, fields, data, organisation.id)
    if not values["active"] and organisation.id == actor.organisation_id:
        raise Invalid({"active": N_("Hier arbeiten Sie gerade selbst.")})
    changed = _assign(organisation, values)
    audit.record(actor, "organisation.changed", subject=organisation, fields=changed)
    return organisation


def create_unit(actor: Actor, organisation_id: UUID, data: Mapping[str, Any]) -> Unit:
    """Raises Forbidden, NotFound, Invalid."""
    policy.require_admin(actor)
    organisation = policy.get_organisation(actor, organisation_id)
    unit = Unit(
        organisation_id=organisation.id,
        **_unit_values(actor, UNIT_FIELDS, data, organisation.id, None),
    )
    db.session.add(unit)
    db.session.flush()
    audit.record(actor, "unit.changed", subject=unit, created=True)
    return unit


def change_unit(actor: Actor, unit_id: UUID, data: Mapping[str, Any]) -> Unit:
    """Raises Forbidden, NotFound, Invalid."""
    policy.require_admin(actor)
    unit = policy.get_unit(actor, unit_id)
    fields = (*UNIT_FIELDS, ACTIVE)
    values = _unit_values(actor, fields, data, unit.organisation_id, unit.id)
    if not values["active"] and unit.id == actor.unit_id:
        raise Invalid({"active": N_("Hier arbeiten Sie gerade selbst.")})
    changed = _assign(unit, values)
    if "email" in changed:
        unit.suspect_since = None
    audit.record(actor, "unit.changed", subject=unit, fields=changed)
    return unit


def invite_person(actor: Actor, data: Mapping[str, Any]) -> Person:
    """A new account without a password, its first role, and a link on its way.

    Raises Forbidden, Invalid.
    """
    policy.require_admin(actor)
    fields = (*PERSON_FIELDS, *membership_fields(actor))
    values = _person_values(actor, fields, data, None)
    person = Person(name=values["name"], email=values["email"], fs_uniquifier=uuid4().hex)
    db.session.add(person)
    db.session.flush()
    audit.record(actor, "account.created", subject=person)
    _join(actor, person, values)
    send_link(actor, person, INVITATION)
    return person


def open_for_office(actor: Actor, unit: Unit, data: Mapping[str, Any], role: str) -> Person:
    """An account for an office that answered by link so far. The caller has checked that somebody
    of it asks; the invitation goes to its registered address and nowhere else. Raises Invalid."""
    values = _person_values(actor, PERSON_FIELDS, {**data, "email": unit.email}, None)
    person = Person(name=values["name"], email=values["email"], fs_uniquifier=uuid4().hex)
    db.session.add(person)
    db.session.flush()
    audit.record(actor, "account.created", subject=person)
    _join(actor, person, {"unit_id": str(unit.id), "role": role})
    send_link(actor, person, INVITATION)
    return person


def send_link_again(actor: Actor, person_id: UUID) -> None:
    """Another one-time link: the first got lost, or the password did. Raises Conflict."""
    policy.require_admin(actor)
    person = policy.get_person(actor, person_id)
    if not person.active:
        raise Conflict(N_("Dieses Konto ist stillgelegt."))
    send_link(actor, person, RESET if person.password else INVITATION)


def change_person(actor: Actor, person_id: UUID, data: Mapping[str, Any]) -> Person:
    """Raises Forbidden, NotFound, Invalid."""
    policy.require_admin(actor)
    person = policy.get_person(actor, person_id)
    changed = _assign(person, _person_values(actor, PERSON_FIELDS, data, person.id))
    if "email" in changed:
        person.suspect_since = None
        _shut(person)  # a link sent to the wrong address must not open the account
        if person.password is not None and person.id != actor.person_id:
            # Whoever could name an address of one's own would take over the account with it.
            person.active, person.held_by_id = False, actor.person_id
    audit.record(actor, "account.changed", subject=person, fields=changed)
    return person


def add_membership(actor: Actor, person_id: UUID, data: Mapping[str, Any]) -> Membership:
    """Raises Forbidden, NotFound, Invalid."""
    policy.require_admin(actor)
    person = policy.get_person(actor, person_id)
    values = clean(membership_fields(actor), data, actor.today)
    if person.id == actor.person_id:
        # Whoever runs the accounts sees no content, and cannot grant it to oneself.
        raise Invalid({"role": N_("Eigene Rollen vergibt jemand anderes aus der Administration.")})
    return _join(actor, person, values)


def end_membership(actor: Actor, membership_id: UUID) -> Membership:
    """From now on the person does not act there. Referrals stay with the unit.

    Raises Forbidden, NotFound, Conflict.
    """
    policy.require_admin(actor)
    membership = policy.get_membership(actor, membership_id)
    if membership.person_id == actor.person_id and not _administers_elsewhere(membership):
        raise Conflict(N_("Ihre letzte Rolle als Administration können Sie nicht selbst beenden."))
    membership.ended_on = actor.today
    audit.record(actor, "membership.ended", subject=membership, role=membership.role)
    return membership


def deactivate_person(actor: Actor, person_id: UUID) -> Person:
    """Nobody signs in with this account any more. Its referrals go on: they are the unit's.

    Raises Forbidden, NotFound, Conflict.
    """
    policy.require_admin(actor)
    person = policy.get_person(actor, person_id)
    if person.id == actor.person_id:
        raise Conflict(N_("Ihr eigenes Konto können Sie nicht stilllegen."))
    person.active = False
    _shut(person)
    audit.record(actor, "account.deactivated", subject=person)
    return person


def reactivate_person(actor: Actor, person_id: UUID) -> Person:
    """Raises Forbidden (also for whoever changed its address), NotFound."""
    policy.require_admin(actor)
    person = policy.get_person(actor, person_id)
    if person.held_by_id is not None and person.held_by_id == actor.person_id:
        raise Forbidden(N_("Nach einer neuen Adresse gibt eine zweite Person das Konto frei."))
    person.active, person.held_by_id = True, None
    audit.record(actor, "account.reactivated", subject=person)
    return person


def _shut(person: Person) -> None:
    """End every way in that was open: sessions, and the address of the calendar."""
    renew_sessions(person)
    person.calendar_digest = person.calendar_made_at = None


def _organisation_values(
    actor: Actor, fields: tuple[Field, ...], data: Mapping[str, Any], own_id: UUID | None
) -> dict[str, Any]:
    values = clean(fields, data, actor.today)
    same = select(Organisation.id).where(_same_text(Organisation.name, values["name"]))
    if db.session.scalar(same) not in (None, own_id):
        raise Invalid({"name": _IN_USE})
    return values


def _unit_values(
    actor: Actor, fields: tuple[Field, ...], data: Mapping[str, Any], organisation_id: UUID,
    own_id: UUID | None,
) -> dict[str, Any]:  # fmt: skip
    values = {key: value or "" for key, value in clean(fields, data, actor.today).items()}
    if "active" in values:
        values["active"] = bool(values["active"])
    same = select(Unit.id).where(
        Unit.organisation_id == organisation_id, _same_text(Unit.name, values["name"])
    )
    if db.session.scalar(same) not in (None, own_id):
        raise Invalid({"name": _IN_USE})
    if values["email"] and not _MAIL.fullmatch(values["email"]):
        raise Invalid({"email": N_("Das ist keine vollständige E-Mail-Adresse.")})
    return values


def _person_values(
    actor: Actor, fields: tuple[Field, ...], data: Mapping[str, Any], own_id: UUID | None
) -> dict[str, Any]:
    values = clean(fields, data, actor.today)
    values["email"] = normalised_mail(values["email"])
    if not _MAIL.fullmatch(values["email"]):
        raise Invalid({"email": N_("Das ist keine vollständige E-Mail-Adresse.")})
    same = select(Person.id).where(Person.email == values["email"])
    if db.session.scalar(same) not in (None, own_id):
        raise Invalid({"email": N_("Zu dieser Adresse gibt es schon ein Konto.")})
    return values


def _same_text(column: Any, text: str) -> ColumnElement[bool]:
    # Both sides by the database: SQLite's lower() knows only A to Z.
    return func.lower(column) == func.lower(text)


def _join(actor: Actor, person: Person, values: Mapping[str, Any]) -> Membership:
    unit_id, role = UUID(values["unit_id"]), values["role"]
    same = select(Membership.id).where(
        Membership.person_id == person.id,
        Membership.unit_id == unit_id,
        Membership.role == role,
        Membership.ended_on.is_(None),
    )
    if db.session.scalar(same) is not None:
        raise Invalid({"role": N_("Diese Rolle hat die Person dort schon.")})
    membership = Membership(person_id=person.id, unit_id=unit_id, role=role)
    db.session.add(membership)
    db.session.flush()
    audit.record(actor, "membership.added", subject=membership, role=role)
    return membership


def _administers_elsewhere(membership: Membership) -> bool:
    others = select(Membership).where(
        Membership.person_id == membership.person_id,
        Membership.id != membership.id,
        Membership.ended_on.is_(None),
        Membership.role == "admin",
    )
    return membership.role != "admin" or any(
        other.unit.in_operation for other in db.session.scalars(others)
    )


def _assign(row: Any, values: Mapping[str, Any]) -> list[str]:
    """Set what differs; returns the names of what was changed."""
    changed = [key for key, value in values.items() if getattr(row, key) != value]
    for key in changed:
        setattr(row, key, values[key])
    return changed
