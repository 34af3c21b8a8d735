"""What changes a referral. `perform` is the one way from state to state.

A command never commits: the view, the CLI or the worker does, once.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

from portal import audit
from portal.actor import SOURCES, Actor, ActorKind
from portal.clients import policy as clients
from portal.clients.models import Client
from portal.codes import GOAL_AREAS, URGENCIES
from portal.declarations import ReferralType
from portal.extensions import db
from portal.lifecycle import DRAFT_WAITS, FINAL, Status, whose_turn
from portal.network.models import CLOSED, Service
from portal.problems import Conflict, Forbidden, Invalid, NotFound
from portal.referrals import effects, history, messages, packages, policy, questions, references
from portal.referrals.models import Referral
from portal.referrals.questions import Question
from portal.registry import registry
from portal.wording import Phrase
from portal.workflow import N_, Action, Choice, Field, Side, clean, jsonable
from portal.working_days import add_working_days

# The two moves outside every workflow: the first, and the correction of a mistake.
CREATE = Action(key="create", label=N_("Angelegt"), sources=(), target=Status.DRAFT,
                side=Side.SENDER)  # fmt: skip
VOID = Action(
    key="void", label=N_("Als Irrtum kennzeichnen"), sources=(), target=Status.ENTERED_IN_ERROR,
    side=Side.SENDER, permission="referral.void",
    fields=(Field(key="reason", label=N_("Warum ist das ein Irrtum?")),),
)  # fmt: skip


def create_referral(
    actor: Actor, client_id: UUID, service_id: UUID, *, goal_area: str,
    form: Mapping[str, Any], withheld: list[str] | None = None, urgency: str = "normal",
    contact_forbidden: bool = False, follow_up_of: Referral | None = None,
) -> Referral:  # fmt: skip
    """A draft to the service's unit. Raises NotFound, Forbidden, Invalid.

    `form` answers the questions of the service's referral type; `withheld` names the fields
    that are not to be passed on.
    """
    clients.require(actor, "referral.send")
    client = clients.get_visible(actor, client_id)
    clients.require_unrestricted(client)
    service = open_service(actor, service_id)
    kind = registry().referral_type(service.type)
    referral = Referral(
        reference=references.next_reference(actor.today.year),
        type=kind.key,
        client_id=client.id,
        sender_unit_id=client.unit_id,
        service_id=service.id,
        receiver_unit_id=service.unit_id,
        municipality_ags=client.municipality_ags,
        follow_up_of_id=follow_up_of.id if follow_up_of else None,
        goal_area=_known("goal_area", goal_area, GOAL_AREAS),
        urgency=_known("urgency", urgency, URGENCIES),
        contact_forbidden=contact_forbidden,
        request=_request(actor, kind, client, form, withheld or ()),
        state=kind.workflow.initial,
        status=Status.DRAFT,
        turn=whose_turn(Status.DRAFT, reviewed=False) or "",
        next_on=add_working_days(actor.today, DRAFT_WAITS),
        created_at=actor.now,
    )
    db.session.add(referral)
    db.session.flush()
    history.remember(actor, referral, CREATE, None)
    audit.record(actor, "referral.created", subject=referral, client_id=client.id)
    return referral


def change_draft(
    actor: Actor, referral_id: UUID, *, form: Mapping[str, Any], withheld: list[str],
    urgency: str = "normal", contact_forbidden: bool = False,
) -> Referral:  # fmt: skip
    """Change what a draft asks and passes on. Raises NotFound, Forbidden, Conflict, Invalid."""
    clients.require(actor, "referral.send")
    referral = policy.get_visible(actor, referral_id, lock=True)
    if referral.status != Status.DRAFT:
        raise Conflict(N_("Diese Vermittlung ist bereits gesendet."))
    kind = registry().referral_type(referral.type)
    client = clients.get_visible(actor, referral.client_id)
    clients.require_unrestricted(client)
    referral.request = _request(actor, kind, client, form, withheld)
    referral.urgency = _known("urgency", urgency, URGENCIES)
    referral.contact_forbidden = contact_forbidden
    return referral


def _known(key: str, code: str, choices: tuple[Choice, ...]) -> str:
    if code not in dict(choices):
        raise Invalid({key: N_("Bitte eine der angebotenen Möglichkeiten wählen.")})
    return code


def _request(
    actor: Actor, kind: ReferralType, client: Client, form: Mapping[str, Any],
    withheld: Collection[str],
) -> dict[str, Any]:  # fmt: skip
    answers = jsonable(clean(kind.form, form, actor.today))
    offered = {item.field.key for item in packages.offered_items(kind, client, answers)}
    shared = offered - (set(withheld) - packages.ALWAYS)
    return {"form": answers, "shared": sorted(shared)}


def known_service(service_id: UUID) -> Service:
    """A service of a kind that can be referred to, open or not. Raises NotFound."""
    service = db.session.get(Service, service_id)
    if service is None or service.type not in registry().referral_types:
        raise NotFound
    return service


def open_service(actor: Actor, service_id: UUID) -> Service:
    """A service that may receive referrals. Raises NotFound, Invalid with the reason."""
    service = known_service(service_id)
    if not service.exists_still:
        raise Invalid({"service": N_("Dieses Angebot besteht nicht mehr. Bitte neu auswählen.")})
    if service.capacity_on(actor.today) == CLOSED:
        raise Invalid({"service": N_("Dieses Angebot nimmt zurzeit keine neuen Anfragen an.")})
    return service


def perform(
    actor: Actor, referral_id: UUID, action_key: str, data: Mapping[str, Any],
    seen_version: int | None = None,
) -> Referral:  # fmt: skip
    """Make a move: `questions.ask` and `make` in one.

    Raises NotFound (not yours), and what `make` raises.
    """
    question = questions.ask(actor, referral_id, action_key, lock=True)
    return make(actor, question, data, seen_version)


def make(
    actor: Actor, question: Question, data: Mapping[str, Any], seen_version: int | None = None
) -> Referral:
    """Make the move that was asked about, locked. `seen_version`: what the actor decided on.

    Raises Conflict (no such move now, or somebody was faster), Forbidden (the other side's
    move), Invalid (input, or a plugin's own rule).
    """
    referral, action = question.referral, question.action
    stale = seen_version is not None and seen_version != referral.version
    if stale and policy.may_act(actor, referral, action):
        # Who was faster is told to those alone who could have been.
        raise Conflict(history.what_happened(actor, referral))
    workflow = registry().referral_type(referral.type).workflow
    workflow.step(policy.state_in(workflow, referral), action.key)
    policy.require_act(actor, referral, action)
    if actor.recorded_for is not None:
        _known("source", actor.source or "", SOURCES)
    if action not in policy.possible_actions(actor, referral):
        restricted = policy.is_restricted(referral)
        raise Conflict(clients.RESTRICTED if restricted else history.what_happened(actor, referral))
    values = clean(question.fields, data, actor.today)
    return _move(actor, referral, action, question.fields, values)


def _move(
    actor: Actor, referral: Referral, action: Action, fields: tuple[Field, ...],
    values: dict[str, Any],
) -> Referral:  # fmt: skip
    """The transition itself: the only place that assigns a referral's state.

    `fields` are the questions as they were asked: what is held back may be passed on by now.
    """
    if actor.kind is not ActorKind.SYSTEM:
        _ask_plugins(actor, referral, action, values)
    if action.key == "send":
        open_service(actor, referral.service_id)
        packages.share(actor, referral)
    elif values.get("release"):
        packages.share(actor, referral, values["release"])
    before, holder = referral.state, messages.task_holder(referral)
    status = Status(referral.status)
    if action.target is not None:
        referral.state = action.target
        referral.status = registry().referral_type(referral.type).workflow.status(action.target)
        referral.version += 1
    with db.session.no_autoflush:  # written in one go
        effects.apply(actor, referral, action, values, status)
        history.remember(actor, referral, action, before, fields, values)
        audit.record(actor, "referral.moved", subject=referral, client_id=referral.client_id,
                     action=action.key, to=referral.state, recorded=actor.source)  # fmt: skip
        messages.tell(actor, referral, action)
        messages.tell_volunteers(actor, referral, holder)
    db.session.flush()
    registry().hook.portal_action_performed(
        referral=referral, action=action.key, actor=actor, data=values
    )
    db.session.flush()
    return referral


def _ask_plugins(actor: Actor, referral: Referral, action: Action, values: dict[str, Any]) -> None:
    reasons = registry().hook.portal_action_check(
        referral=referral, action=action.key, actor=actor, data=values
    )
    if found := [reason for reason in reasons if reason]:
        raise Invalid(_by_field(found, action))


def _by_field(reasons: list[str], action: Action) -> dict[str, str]:
    errors: dict[str, str] = {}
    keys = {field.key for field in action.fields}
    for reason in reasons:
        key, colon, sentence = reason.partition(": ")
        if not (colon and key in keys):
            key, sentence = "", reason
        before = errors.get(key)
        errors[key] = sentence if before is None else Phrase(
            "%(first)s %(then)s", first=Phrase(before), then=Phrase(sentence)
        )  # fmt: skip
    return errors


def send_again(actor: Actor, referral_id: UUID, service_id: UUID | None = None) -> Referral:
    """A successor of an ended referral, as a draft; its consent is checked when it is sent.

    `service_id` sends it somewhere else. Raises NotFound, Forbidden, Conflict, Invalid.
    """
    old = policy.get_visible(actor, referral_id)
    if old.seen_as != Side.SENDER:
        raise Forbidden(N_("Dieser Schritt ist Sache der anderen Seite."))
    if Status(old.status) not in FINAL:
        raise Conflict(N_("Diese Vermittlung läuft noch."))
    service = open_service(actor, service_id or old.service_id)
    same_kind = service.type == old.type
    return create_referral(
        actor,
        old.client_id,
        service.id,
        goal_area=old.goal_area,
        form=_answers(old) if same_kind else {},
        withheld=[key for key, _ in packages.held_back(old)] if same_kind else [],
        urgency=old.urgency,
        contact_forbidden=old.contact_forbidden,
        follow_up_of=old,
    )


def _answers(referral: Referral) -> dict[str, Any]:
    form = referral.request.get("form", {})
    questions = registry().referral_type(referral.type).form
    return {field.key: field.revived(form.get(field.key)) for field in questions}


def void(actor: Actor, referral_id: UUID, data: Mapping[str, Any]) -> Referral:
    """Mark a referral as entered in error (team lead): out of lists and statistics, not of the
    audit. Raises NotFound, Forbidden, Conflict, Invalid."""
    clients.require(actor, "referral.void")
    referral = policy.get_visible(actor, referral_id, lock=True)
    if referral.status == Status.ENTERED_IN_ERROR:
        raise Conflict(N_("Diese Vermittlung ist bereits als Irrtum gekennzeichnet."))
    values = clean(VOID.fields, data, actor.today)
    before, was_sent = referral.state, referral.sent_at is not None
    status = Status(referral.status)
    holder = messages.task_holder(referral)
    referral.state = referral.status = Status.ENTERED_IN_ERROR
    referral.version += 1
    effects.apply(actor, referral, VOID, values, status)
    history.remember(actor, referral, VOID, before, VOID.fields, values)
    audit.record(actor, "referral.voided", subject=referral, client_id=referral.client_id)
    if was_sent:
        messages.tell(actor, referral, VOID)
        messages.tell_volunteers(actor, referral, holder)
    return referral


def withdraw(system: Actor, referral: Referral, code: str) -> None:
    """The system withdraws what is open; a draft is discarded.

    Not `make`: the plugin whose state this is may be gone, and this must not fail.
    """
    workflow = registry().referral_type(referral.type).workflow
    key = "discard" if referral.status == Status.DRAFT else "withdraw"
    _move(system, referral, workflow.action(key), (), {"code": code})
