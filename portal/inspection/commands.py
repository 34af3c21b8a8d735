"""Asking for an evaluation of the log, and the decision of a second person."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import select

from portal import audit, outbox
from portal.accounts.models import Membership, Organisation, Person, Unit
from portal.actor import Actor
from portal.extensions import db
from portal.inspection import policy
from portal.inspection.entries import about_key
from portal.inspection.models import Evaluation
from portal.problems import Conflict, Forbidden, Invalid
from portal.registry import registry
from portal.workflow import N_, Field, Kind, clean

SHORTEST_REASON = 20
LONGEST_DAYS = 366

REASON = Field(
    key="reason", label=N_("Anlass"), kind=Kind.LONG_TEXT, max_length=600,
    hint=N_("Warum müssen Sie Namen sehen? Die zweite Person entscheidet danach."),
)  # fmt: skip
FROM = Field(key="from_on", label=N_("Von"), kind=Kind.DATE, days=(None, 0), default_days=-7)
UNTIL = Field(key="until_on", label=N_("Bis"), kind=Kind.DATE, days=(None, 0), default_days=0)
ABOUT = Field(
    key="about", label=N_("Vorgang oder Person"), required=False, max_length=40,
    hint=N_("Nur Einträge dazu. Eine Vorgangsnummer wie VM-2026-004711 oder die Kennung aus dem "
            "Protokoll, nie ein Name."),
)  # fmt: skip
NO_KEY = N_("Bitte eine Vorgangsnummer wie VM-2026-004711 oder eine Kennung aus dem Protokoll.")


def fields() -> tuple[Field, ...]:
    """What is asked, with everybody who has an account to choose from."""
    rows = db.session.execute(
        select(Person.id, Person.name, Organisation.name)
        .join(Membership, Membership.person_id == Person.id)
        .join(Unit, Unit.id == Membership.unit_id)
        .join(Organisation, Organisation.id == Unit.organisation_id)
        .order_by(Person.name)
        .distinct()
    )
    people = {person.hex: f"{name}, {organisation}" for person, name, organisation in rows}
    person = Field(key="person_id", label=N_("Wer gehandelt hat"), kind=Kind.MEMBER,
                   required=False, choices=tuple(people.items()),
                   hint=N_("Nur Einträge dieser Person."))  # fmt: skip
    return (REASON, FROM, UNTIL, person, ABOUT)


def request_evaluation(actor: Actor, data: Mapping[str, Any]) -> Evaluation:
    """Ask, and tell those who may approve. Raises Forbidden, Invalid."""
    if not actor.may(policy.READ) or actor.membership_id is None:
        raise Forbidden
    values = clean(fields(), data, actor.today)
    errors = {}
    if len(values["reason"]) < SHORTEST_REASON:
        errors["reason"] = N_("Bitte etwas genauer: mindestens 20 Zeichen.")
    if values["until_on"] < values["from_on"]:
        errors["until_on"] = N_("Das Ende liegt vor dem Beginn.")
    elif (values["until_on"] - values["from_on"]).days > LONGEST_DAYS:
        errors["until_on"] = N_("Bitte höchstens ein Jahr auf einmal.")
    about = about_key(values["about"]) if values["about"] else ""
    if about is None:
        errors["about"] = NO_KEY
    if errors:
        raise Invalid(errors)
    evaluation = Evaluation(
        requested_by_id=actor.membership_id, requested_at=actor.now, reason=values["reason"],
        from_on=values["from_on"], until_on=values["until_on"], about=about,
        person_id=UUID(values["person_id"]) if values["person_id"] else None,
    )  # fmt: skip
    db.session.add(evaluation)
    db.session.flush()
    audit.record(actor, "evaluation.requested", subject=evaluation, purpose="evaluation")
    for person_id in db.session.scalars(_approvers(actor)):
        _tell(actor, "evaluation.requested", evaluation, person_id)
    return evaluation


def decide(actor: Actor, evaluation_id: UUID, *, approve: bool) -> Evaluation:
    """Raises NotFound, Forbidden for one's own request, Conflict if it was decided meanwhile."""
    evaluation = policy.get_visible(actor, evaluation_id, lock=True)
    if policy.is_own(actor, evaluation):
        raise Forbidden(N_("Über den eigenen Antrag entscheidet eine andere Person."))
    if evaluation.decided_at is not None:
        raise Conflict(N_("Über diesen Antrag ist schon entschieden."))
    evaluation.decided_by_id = actor.membership_id
    evaluation.decided_at = actor.now
    evaluation.approved = approve
    kind = "evaluation.approved" if approve else "evaluation.rejected"
    audit.record(actor, kind, subject=evaluation, purpose="evaluation")
    _tell(actor, "evaluation.decided", evaluation, evaluation.requested_by.person_id)
    return evaluation


def _approvers(actor: Actor) -> Any:
    """Everybody else who may decide."""
    return (
        select(Person.id)
        .join(Membership, Membership.person_id == Person.id)
        .where(
            Membership.role.in_(registry().roles_with(policy.APPROVE)),
            Membership.ended_on.is_(None),
            Person.active,
            Person.id != actor.person_id,
        )
        .distinct()
    )


def _tell(actor: Actor, topic: str, evaluation: Evaluation, person_id: UUID) -> None:
    path = f"/log/evaluations/{evaluation.id}"
    outbox.enqueue(actor, topic, person_id=person_id, path=path)
