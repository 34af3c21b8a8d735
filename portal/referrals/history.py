"""The timeline of a referral: written with every move, read by both sides."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from portal.actor import LINK, SOURCES, Actor
from portal.clients.fields import CLIENT_FIELDS
from portal.codes import CANCEL, POSTPONED, choices
from portal.declarations import ReferralType
from portal.extensions import db
from portal.grants import Grant
from portal.lifecycle import LABELS, LONGEST_SILENCE_DAYS, Status
from portal.referrals.models import Event, Referral
from portal.registry import registry
from portal.wording import Phrase
from portal.workflow import LOCAL, N_, Action, Field, Kind, Side, jsonable


def remember(
    actor: Actor, referral: Referral, action: Action, before: str | None,
    fields: Iterable[Field] = (), values: Mapping[str, Any] | None = None,
) -> None:  # fmt: skip
    """Add a move to the timeline. Members are kept by name: they may be gone when it is read."""
    entered = jsonable(values or {})
    for field in fields:
        if field.key in entered and field.kind is Kind.MEMBER:
            entered[field.key] = field.label_of(entered[field.key])
    db.session.add(
        Event(
            referral_id=referral.id,
            number=select(func.count() + 1)
            .where(Event.referral_id == referral.id)
            .scalar_subquery(),
            at=actor.now,
            action=action.key,
            side=action.side,
            from_state=before,
            to_state=referral.state,
            membership_id=actor.membership_id,
            source=actor.source,
            data=entered,
        )
    )


# The sender's step outside of every workflow that both sides read in full.
RECTIFY = Action(
    key="rectify", label=N_("Berichtigung weitergeben"), sources=(), target=None,
    side=Side.SENDER, done=N_("Angaben berichtigt"),
    fields=(Field(key="rectified", label=N_("Angaben"), kind=Kind.CHOICES),),
)  # fmt: skip

# The coordinator's steps, outside of every workflow too: the state stays as it is.
CALLED = Action(
    key="coordinator_call", label=N_("Angerufen"), sources=(), target=None, side=Side.SYSTEM,
    done=N_("Am Telefon erinnert durch die Koordination"),
    fields=(
        Field(key="whom", label=N_("Angerufen")),
        Field(key="reached", label=N_("Ergebnis"), kind=Kind.CHOICE,
              choices=(("yes", N_("erreicht")), ("no", N_("nicht erreicht")))),
    ),
)  # fmt: skip
POSTPONE = Action(
    key="coordinator_postpone", label=N_("Frist verschieben"), sources=(), target=None,
    side=Side.SYSTEM, done=N_("Frist verschoben durch die Koordination"),
    fields=(
        Field(key="next_on", label=N_("Neue Frist"), kind=Kind.DATE,
              days=(1, LONGEST_SILENCE_DAYS),
              hint=N_("Ein Arbeitstag, höchstens 30 Tage von heute an.")),
        Field(key="reason", label=N_("Grund"), kind=Kind.CHOICE, choices=POSTPONED),
        Field(key="note", label=N_("In wenigen Worten"), max_length=120, required=False,
              required_if=("reason", "other"),
              hint=N_("Bei „Anderer Grund“ nötig. Beide Seiten lesen es: bitte keine Namen, "
                      "nichts zur Person.")),
    ),
)  # fmt: skip
SUGGEST = Action(
    key="coordinator_suggest", label=N_("Anderes Angebot vorschlagen"), sources=(), target=None,
    side=Side.SYSTEM, done=N_("Anderes Angebot vorgeschlagen durch die Koordination"),
    fields=(Field(key="service", label=N_("Angebot"), kind=Kind.CHOICE),),
)  # fmt: skip
COORDINATED = (CALLED, POSTPONE, SUGGEST)


@dataclass(frozen=True)
class Entry:
    """One line of the timeline as a page shows it."""

    event: Event
    label: str
    who: str
    where: str
    recorded: str  # how it became known, "" for a direct answer
    details: list[tuple[str, str]]  # label, text


# What the system did by itself while nobody moved, by the key it is kept under.
NOTICES: dict[str, str] = {
    "remind_receiver": N_("Stelle erinnert"),
    "remind_sender": N_("Beratung erinnert"),
    "overdue": N_("Beratung informiert: Frist verstrichen"),
    "escalate_lead": N_("Teamleitung informiert"),
    "escalate_coordinator": N_("Koordination im Landkreis informiert"),
}
_OF_THE_SENDERS_OFFICE = ("remind_sender", "escalate_lead")
_NOBODYS_MOVE = (*NOTICES, *(action.key for action in COORDINATED))


def note(system: Actor, referral: Referral, key: str) -> None:
    """Add a notice, a key of NOTICES, to the timeline."""
    action = Action(key=key, label=NOTICES[key], sources=(), target=None, side=Side.SYSTEM)
    remember(system, referral, action, referral.state)


# What a side wrote for itself: the other side sees that it happened, not what was written.
_OWN = {"create", "review", "withdraw", "void", "discard"}


def timeline(
    referral: Referral, side: Side, grant: Grant, only_of: UUID | None = None
) -> list[Entry]:
    """Who did what when, oldest first, as far as `side` may know; a volunteer (`only_of`) what
    he or she did."""
    if side is Side.RECEIVER and grant in (Grant.ENDED, Grant.NOTHING):
        return []
    events = db.session.scalars(
        select(Event).where(Event.referral_id == referral.id).order_by(Event.number)
    )
    hidden = () if side is Side.SENDER else (
        "create", "review", SUGGEST.key, *_OF_THE_SENDERS_OFFICE,
    )  # fmt: skip
    shown = [
        event
        for event in events
        if event.action not in hidden and (only_of is None or event.membership_id == only_of)
    ]
    found: list[Entry] = []
    for noticed, group in groupby(shown, lambda event: event.action in NOTICES):
        if noticed:
            found.append(_reminders(list(group)))
        else:
            found += [
                _entry(referral, event, with_details=_may_read(event, side, grant))
                for event in group
            ]
    return found


def _reminders(events: list[Event]) -> Entry:
    """All that the system did while nobody moved is one line of the timeline."""
    return Entry(
        event=events[-1],
        label=N_("Erinnert"),
        who="Hand in Hand",
        where="",
        recorded="",
        details=[
            (Phrase("%(day)s", day=event.at.astimezone(LOCAL).date()),
             Phrase(NOTICES[event.action]))
            for event in events
        ],
    )  # fmt: skip


def _may_read(event: Event, side: Side, grant: Grant) -> bool:
    if side is Side.SENDER:
        return True
    if event.side == Side.RECEIVER:
        return True
    # An answer is what a receiver decides by, so it must be readable before the decision.
    return event.action not in _OWN and grant in (Grant.PREVIEW, Grant.PACKAGE)


def _entry(referral: Referral, event: Event, *, with_details: bool) -> Entry:
    kind = registry().referral_type(referral.type)
    actions = (*kind.workflow.actions, RECTIFY, *COORDINATED)
    action = next((a for a in actions if a.key == event.action), None)
    fields = {field.key: field for field in action.fields} if action else {}
    details = [
        (field.label, _as_kept(field, kind).label_of(event.data[key]))
        for key, field in fields.items()
        if with_details and event.data.get(key) not in (None, "", [], False)
    ]
    if with_details and event.action == "void":
        details = [(N_("Grund"), event.data.get("reason", ""))]
    member, by_link = event.membership, event.source == LINK
    nobody = referral.receiver.full_name if by_link else "Hand in Hand"
    return Entry(
        event=event,
        label=_label(action, event),
        who=member.person.name if member else nobody,
        where=member.unit.full_name if member else "",
        recorded=N_("per Link") if by_link else dict(SOURCES).get(event.source or "", ""),
        details=details,
    )


def _as_kept(field: Field, kind: ReferralType) -> Field:
    """The field as its value in the timeline is to be read, see `remember`."""
    if field.key == "code":
        # The system withdraws for a reason that no form offers.
        return replace(field, choices=(*choices(CANCEL), *field.choices))
    if field.key in ("release", "rectified"):
        every = (*CLIENT_FIELDS.values(), *kind.form)
        return replace(field, choices=tuple((one.key, one.label) for one in every))
    return replace(field, kind=Kind.TEXT) if field.kind is Kind.MEMBER else field


_PAST = {
    "create": N_("Vermittlung angelegt"),
    "send": N_("Gesendet"),
    "discard": N_("Entwurf gelöscht"),
    "acknowledge": N_("Eingang bestätigt"),
    "ask": N_("Rückfrage gestellt"),
    "answer": N_("Rückfrage beantwortet"),
    "waitlist": N_("Auf die Warteliste gesetzt"),
    "accept": N_("Zugesagt"),
    "accept_with_appointment": N_("Zugesagt mit Termin"),
    "decline": N_("Abgesagt"),
    "redirect": N_("Andere Stelle vorgeschlagen"),
    "expire": N_("Ohne Antwort beendet"),
    "schedule": N_("Termin eingetragen"),
    "no_show": N_("Nicht erschienen"),
    "event_cancelled": N_("Termin ausgefallen"),
    "start": N_("Begonnen"),
    "pause": N_("Unterbrochen"),
    "resume": N_("Fortgesetzt"),
    "confirm": N_("Stand bestätigt"),
    "complete": N_("Abgeschlossen"),
    "fail": N_("Ohne Abschluss beendet"),
    "withdraw": N_("Zurückgezogen"),
    "review": N_("Ergebnis geprüft"),
    "void": N_("Als Irrtum gekennzeichnet"),
}


def _label(action: Action | None, event: Event) -> str:
    if action and action.done:
        return action.done
    if event.action in _PAST:
        return _PAST[event.action]
    return action.label if action else event.action


def state_label(referral: Referral, side: Side | None = None) -> str:
    """The state in the words of the side that reads it."""
    workflow = registry().referral_type(referral.type).workflow
    for state in workflow.states:
        if state.key == referral.state:
            return state.receiver_label if side is Side.RECEIVER and state.receiver_label else (
                state.label
            )  # fmt: skip
    return LABELS[Status(referral.status)]


def what_happened(actor: Actor, referral: Referral) -> str:
    """For the slower of two: who did what in the meantime. Often it was oneself: a double tap."""
    last = db.session.scalar(
        select(Event)
        .where(Event.referral_id == referral.id, Event.action.not_in(_NOBODYS_MOVE))
        .order_by(Event.number.desc())
        .limit(1)
    )
    mine = (actor.membership_id, actor.source == LINK)
    if last and (last.membership_id, last.source == LINK) == mine:
        again = N_("Sie haben hier schon etwas eingetragen. Der Stand ist jetzt: %(state)s.")
        return Phrase(again, state=Phrase(state_label(referral)))
    named = last.membership if last and actor.proven else None
    who = named.person.name if named else Phrase(N_("Jemand"))
    faster = N_("%(who)s war schneller. Der Stand ist jetzt: %(state)s.")
    return Phrase(faster, who=who, state=Phrase(state_label(referral)))
