"""Who sees which referral, on which side they stand, and what they may do or read."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    False_,
    Select,
    and_,
    bindparam,
    case,
    false,
    or_,
    select,
    true,
)
from sqlalchemy.orm import lazyload, with_expression

from portal.actor import Actor, ActorKind
from portal.clients.models import Client
from portal.clients.policy import in_charge
from portal.extensions import db
from portal.grants import NAMELESS, Grant, receiver_grant
from portal.lifecycle import FINAL, UNANSWERED, Status
from portal.problems import Forbidden, NotFound
from portal.referrals import loading
from portal.referrals.models import Referral
from portal.registry import registry
from portal.workflow import N_, Action, Side, Workflow

# What a member needs for a move that names no right of its own.
USUAL_RIGHT = {
    Side.SENDER: "referral.send",
    Side.RECEIVER: "referral.answer",
    Side.CLIENT: "referral.send",  # recorded by the sender
    Side.SYSTEM: "",
}

# Made once, and without a client: that one is loaded already.
_OF_CLIENT = (
    select(Referral)
    .where(Referral.client_id == bindparam("client_id"))
    .options(
        *loading.AS_SENDER, *loading.NO_FURTHER, *loading.IN_OUTGOING, lazyload(Referral.client)
    )
    .order_by(Referral.turn == "", Referral.created_at.desc())
    .limit(100)
    .execution_options(populate_existing=True)
)

# What an office may say by a link alone, as long as it has said nothing: whoever reads its mail
# can do no harm by it that the letter of confirmation does not tell of.
WITHOUT_CODE = ("decline", "waitlist")

TASK = "task.answer"  # the right to answer what one was asked for oneself
GONE = N_("Diese Aufgabe ist nicht mehr für Sie offen. Vielleicht hat sie inzwischen jemand "
          "anderes übernommen.")  # fmt: skip


def as_sender(actor: Actor) -> ColumnElement[bool]:
    """The actor is in charge of the client. Stands alone: no join is needed beside it."""
    if not actor.may("client.read"):
        return false()  # said here, or the database looks through all clients to find nobody
    return Referral.client_id.in_(select(Client.id).where(in_charge(actor)))


def as_client(actor: Actor) -> ColumnElement[bool]:
    """What was sent about the client who asks: of a draft nobody was told."""
    mine = Referral.client_id.in_(select(Client.id).where(in_charge(actor)))
    return and_(mine, Referral.sent_at.is_not(None))


def as_receiver(actor: Actor) -> ColumnElement[bool]:
    """Sent to the actor's unit, of that for a volunteer the own tasks; plugins may narrow this,
    never widen it."""
    if not (actor.may("referral.answer") or actor.may(TASK)) or actor.unit_id is None:
        return false()
    criterion = and_(
        Referral.receiver_unit_id == actor.unit_id,
        Referral.sent_at.is_not(None),
        Referral.status != Status.ENTERED_IN_ERROR,
    )
    if actor.only is not None:
        criterion = and_(criterion, Referral.id == actor.only)
    if is_volunteer(actor):
        criterion = and_(criterion, _own_task(actor))
    for kind in registry().referral_types.values():
        narrowed = kind.narrow(actor) if kind.narrow else None
        if narrowed is not None:
            criterion = and_(criterion, or_(Referral.type != kind.key, narrowed))
    return criterion


def is_volunteer(actor: Actor) -> bool:
    """Sees own tasks only, whatever the unit has accepted."""
    return actor.may(TASK) and not actor.may("referral.answer")


def _own_task(actor: Actor) -> ColumnElement[bool]:
    """Assigned to this very person and not ended; after a revocation the page says so."""
    kinds = registry().referral_types.values()
    return and_(
        Referral.handler_id == actor.membership_id,
        Referral.type.in_([kind.key for kind in kinds if kind.task is not None]),
        or_(Referral.status.not_in(FINAL), Referral.code == "consent_withdrawn"),
    )


def visible_to(actor: Actor) -> ColumnElement[bool]:
    """Which referrals the actor sees: for counting and for what hangs on them."""
    if actor.kind is ActorKind.SYSTEM:
        return true()
    if actor.kind is ActorKind.CLIENT:
        return as_client(actor)
    return or_(as_sender(actor), as_receiver(actor))


def visible(actor: Actor) -> Select[Referral]:
    """Every referral the actor sees, each telling in `seen_as` why.

    The list and the single referral come from this one query, so they cannot disagree.
    """
    if actor.kind is ActorKind.SYSTEM:
        return select(Referral).execution_options(populate_existing=True)
    if actor.kind is ActorKind.CLIENT:
        theirs, seen_as = as_client(actor), loading.AS_CLIENT
    else:
        sender, receiver = as_sender(actor), as_receiver(actor)
        theirs = or_(sender, receiver)
        # Whoever can be on one side alone is not asked again for every row.
        if isinstance(receiver, False_):
            seen_as = loading.AS_SENDER
        elif isinstance(sender, False_):
            seen_as = loading.AS_RECEIVER
        else:
            either = case((sender, Side.SENDER.value), else_=Side.RECEIVER.value)
            seen_as = (with_expression(Referral.seen_as, either),)
    return (
        select(Referral)
        .where(theirs)
        .options(*seen_as, *loading.NO_FURTHER)
        # One session may serve several actors (the worker, the demo): never show what an
        # earlier query found out for somebody else.
        .execution_options(populate_existing=True)
    )


def overseen(actor: Actor) -> Select[Referral]:
    """What a coordinator may look at: metadata of everything sent. Never hand these rows to
    anything that opens a client, a package or an event; `seen_as` stays empty."""
    if not actor.may("referral.oversee"):
        return select(Referral).where(false())
    return (
        select(Referral)
        .where(Referral.sent_at.is_not(None), Referral.status != Status.ENTERED_IN_ERROR)
        .execution_options(populate_existing=True)
    )


def outgoing(statement: Select[Referral], *, with_advisor: bool = False) -> Select[Referral]:
    """For lists on the sender's side: only with what their rows show, the clients too, and with
    their advisors for a list of the team."""
    return statement.options(
        *loading.IN_OUTGOING, loading.CLIENT_AND_ADVISOR if with_advisor else loading.CLIENT
    )


def of_client(client: Client) -> Sequence[Referral]:
    """For the page of a client whom the actor sees, and so is in charge of: what runs first, the
    newest first. Whoever is in charge sees all of it, as its sender; nobody is asked twice."""
    return db.session.scalars(_OF_CLIENT, {"client_id": client.id}).all()


def incoming(statement: Select[Referral]) -> Select[Referral]:
    """For lists on the receiver's side: only with what their rows show."""
    return statement.options(*loading.IN_INCOMING)


def get_visible(actor: Actor, referral_id: UUID, *, lock: bool = False) -> Referral:
    """Raises NotFound, also for a referral that exists and is not the actor's.

    `lock` makes a second writer wait until the first is done (SQLite's writers always wait).
    """
    statement = visible(actor).where(Referral.id == referral_id)
    if lock:
        statement = statement.options(*loading.FOR_A_MOVE)
        statement = statement.with_for_update(of=Referral, key_share=True)
    referral = db.session.scalar(statement)
    if referral is None:
        # The same for what was never one's own: a volunteer learns no more from it.
        raise NotFound(GONE if is_volunteer(actor) else "")
    return referral


def named(*criteria: ColumnElement[bool]) -> Referral | None:
    """What a link or a sheet of paper names, before it is known who asks: to try its code and to
    write to its office. Nothing of it is shown; whoever may see it asks `get_visible`."""
    sent = select(Referral).where(Referral.sent_at.is_not(None), *criteria)
    found: Referral | None = db.session.scalar(sent)
    return found


def speaks_for(actor: Actor, referral: Referral) -> Side | None:
    """The side an actor moves for: the own one, or the one whose answer is recorded."""
    if actor.kind is ActorKind.SYSTEM:
        return actor.recorded_for or Side.SYSTEM
    if actor.recorded_for is not None:
        recordable = actor.recorded_for in (Side.RECEIVER, Side.CLIENT)
        return actor.recorded_for if recordable and referral.seen_as == Side.SENDER else None
    return Side(referral.seen_as) if referral.seen_as else None


def may_act(actor: Actor, referral: Referral, action: Action) -> bool:
    """Right side and right permission. Recording needs the sender's permission."""
    if speaks_for(actor, referral) is not action.side:
        return False
    if not actor.proven and not (action.key in WITHOUT_CODE and referral.status in UNANSWERED):
        return False
    if actor.kind is ActorKind.SYSTEM:
        return True
    needed = action.permission or USUAL_RIGHT[action.side]
    return actor.may("referral.send" if actor.recorded_for else needed)


def require_act(actor: Actor, referral: Referral, action: Action) -> None:
    if not may_act(actor, referral, action):
        raise Forbidden(N_("Dieser Schritt ist Sache der anderen Seite."))


def state_in(workflow: Workflow, referral: Referral) -> str:
    """The referral's state as the workflow knows it: of a plugin that is gone, its status."""
    known = {state.key for state in workflow.states}
    return referral.state if referral.state in known else referral.status


def possible_actions(actor: Actor, referral: Referral) -> list[Action]:
    """The moves possible now for this actor, in the order of the workflow."""
    workflow = registry().referral_type(referral.type).workflow
    if referral.seen_as == Side.RECEIVER and grant(actor, referral) is Grant.ENDED:
        return []
    here = workflow.actions_from(state_in(workflow, referral))
    moves = [action for action in here if may_act(actor, referral, action)]
    if is_restricted(referral) and actor.kind is not ActorKind.SYSTEM:
        moves = [action for action in moves if action.key == "withdraw"]
    done = {
        "review": referral.loop_closed_at is not None,
        "acknowledge": referral.acknowledged_at is not None,
    }
    return [action for action in moves if not done.get(action.key)]


def is_restricted(referral: Referral) -> bool:
    """Whether what was sent is only to be kept for now: its receiver sees nothing, and its sender
    can do nothing but withdraw."""
    return referral.consent is not None and referral.consent.suspended_on is not None


def recordable_actions(actor: Actor, referral: Referral) -> list[Action]:
    """What the sender can record for a receiver who answered by telephone or letter."""
    if referral.seen_as != Side.SENDER:
        return []
    return possible_actions(actor.recording(Side.RECEIVER, "phone"), referral)


def grant(actor: Actor, referral: Referral) -> Grant:
    """What a receiver may read of this referral now; a sender reads the client record."""
    kind = registry().referral_type(referral.type)
    allowed = receiver_grant(
        referral.status,
        closed_at=referral.closed_at,
        now=actor.now,
        consent=referral.consent.state_on(actor.today) if referral.consent else None,
        preview_only=kind.preview is not None,
        volunteer=is_volunteer(actor),
    )
    return allowed if actor.proven else NAMELESS.get(allowed, allowed)


def pulse(actor: Actor, referral: Referral) -> str:
    """Changes whenever this actor may see something else of the referral than before."""
    shown = grant(actor, referral) if referral.seen_as == Side.RECEIVER else Grant.PACKAGE
    return f"{shown}-{referral.version}"
