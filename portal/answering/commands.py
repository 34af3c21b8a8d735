"""What is done by link: an answer, which is confirmed by mail, a code, another link."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from portal import outbox
from portal.accounts import commands as accounts
from portal.accounts.credentials import RESETS_PER_MAIL, begin_guess, send_link
from portal.accounts.links import INVITATION
from portal.accounts.models import Membership
from portal.actor import Actor
from portal.answering.visits import Visit
from portal.links import commands as links
from portal.links.addresses import CODE_TOPIC
from portal.links.commands import Attempt
from portal.links.tokens import Holder
from portal.problems import Conflict, Invalid, NotFound
from portal.referrals import commands, policy
from portal.referrals.models import Referral
from portal.referrals.questions import Question
from portal.workflow import N_

WRONG_CODE = N_("Dieser Code stimmt nicht. Nach zehn falschen Codes ist für 24 Stunden zu.")
LOCKED = N_("Nach zehn falschen Codes ist dieser Zugang für 24 Stunden gesperrt. Rufen Sie bitte "
            "bei der Beratung an, wenn es eilt.")  # fmt: skip


def answer(
    actor: Actor, question: Question, data: Mapping[str, Any], seen_version: int | None
) -> Referral:
    """Make a move by link, and confirm it to where the link was sent: whoever did not answer
    notices. Raises what `referrals.commands.make` raises."""
    referral = commands.make(actor, question, data, seen_version)
    _tell_visitor(actor, referral, "link.answered", urgent=True)
    return referral


def enter_code(visit: Visit, typed: str, of: Sequence[Holder] | None = None) -> Holder:
    """Whose code it was; `of` says whose are asked for, if not all that open it. Raises Invalid;
    the caller commits all the same, since it was counted."""
    attempt, holder = links.try_code(visit.actor, typed, visit.codes_of if of is None else of)
    if attempt is Attempt.RIGHT and holder is not None:
        return holder
    if attempt is Attempt.LOCKED_NOW:
        tell_of_lock(visit, urgent=of is None)  # numbers of slips can be counted up by anybody
    raise Invalid({"code": WRONG_CODE if attempt is Attempt.WRONG else LOCKED})


def tell_of_lock(visit: Visit, *, urgent: bool) -> None:
    """The office learns that somebody guesses. Nothing here may fail: it was counted already."""
    found = policy.named(Referral.id == visit.link.subject_id)
    reference, path = (found.reference, f"/referrals/{found.id}") if found else ("", "/")
    outbox.enqueue(visit.actor, "link.locked", unit_id=visit.unit.id, reference=reference,
                   path=path, urgent=urgent)  # fmt: skip


def choose_code(visit: Visit, data: Mapping[str, Any]) -> None:
    """The office's own code, and a letter about it: whoever did not choose it notices. Raises
    Invalid."""
    links.set_code(visit.actor, visit.unit, data)
    outbox.enqueue(visit.actor, "link.code_set", unit_id=visit.unit.id, urgent=True)


def ask_for_code(visit: Visit) -> None:
    """Send the office the link under which it chooses its code: to the registered address alone.

    Raises Conflict for an office without one, TooMany.
    """
    if not visit.unit.email:
        raise Conflict(N_("Zu Ihrer Stelle ist keine E-Mail-Adresse hinterlegt. Bitte rufen Sie "
                          "bei der Beratung an."))  # fmt: skip
    begin_guess(visit.actor, "code link", visit.unit.email, RESETS_PER_MAIL)
    outbox.enqueue(visit.actor, CODE_TOPIC, unit_id=visit.unit.id)


def send_again(visit: Visit) -> None:
    """Another link to where the old one went, for as long as there is something to answer.

    Raises NotFound, TooMany.
    """
    referral = policy.get_visible(visit.actor, visit.link.subject_id)
    begin_guess(visit.actor, "another link", str(referral.id), RESETS_PER_MAIL)
    if not referral.is_final:
        _tell_visitor(visit.actor, referral, "link.again")


def open_account(visit: Visit, data: Mapping[str, Any]) -> None:
    """Turn the link into an account: of a volunteer the one that waits to be opened, of an office
    one whose invitation goes to the registered address.

    Raises NotFound for whoever has not entered the holder's own code, Invalid, TooMany.
    """
    if visit.proof is None or visit.proof.id != visit.holder.id:
        raise NotFound  # a slip is in the client's hands: it opens one referral, and no office
    if isinstance(visit.holder, Membership):
        begin_guess(visit.actor, "account", str(visit.holder.id), RESETS_PER_MAIL)
        send_link(visit.actor, visit.holder.person, INVITATION)
        return
    of_volunteers = visit.unit.organisation.kind == "volunteer_group"
    role = "volunteer_coordinator" if of_volunteers else "partner"
    accounts.open_for_office(visit.actor, visit.unit, data, role)


def _tell_visitor(actor: Actor, referral: Referral, topic: str, *, urgent: bool = False) -> None:
    """A volunteer is told as a person; everybody else as the office."""
    outbox.enqueue(
        actor, topic, unit_id=referral.receiver_unit_id, person_id=actor.person_id,
        membership_id=actor.membership_id, reference=referral.reference,
        path=f"/referrals/{referral.id}", urgent=urgent,
    )  # fmt: skip
