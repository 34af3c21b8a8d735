"""The contract of a plugin's forms: whatever is sent, nothing breaks, and people are told why."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import product

from flask import Flask
from markupsafe import escape
from werkzeug.test import TestResponse

from portal.accounts.models import Membership
from portal.codes import GOAL_AREAS
from portal.extensions import db
from portal.problems import Problem
from portal.referrals import commands, policy, questions
from portal.referrals.models import Referral
from portal.testing import pages
from portal.testing.alone import PluginAlone
from portal.testing.client import PortalClient
from portal.testing.forms import TYPED, Control, Form, forms_of
from portal.testing.journeys import Office, ways
from portal.testing.odd_input import WRONG, at_limits
from portal.workflow import Action, Side

Page = tuple[Membership, str]  # who opens which address


class FormsContract(PluginAlone):
    """Of its questions, its moves, and the forms on its own pages and panels."""

    def test_odd_input_is_refused_at_its_field(self, portal: Flask) -> None:
        for office in self._offices():
            asking = [*pages_of_questions(office), *pages_of_moves(office)]
            found = [*asking, *self._own_pages(portal, office)]
            for number, (member, path) in enumerate(found):
                visitor = pages.browser(portal, member)
                db.session.rollback()
                for form in forms_of(visitor.get(path).text, path):
                    if form.path == path or form.path.startswith(f"/{self._key}/"):
                        self._refuses(visitor, form, number)

    def _refuses(self, visitor: PortalClient, form: Form, number: int) -> None:
        """Every form gets some of the wrong values; all forms together, all."""
        asked = [control for control in form.asked if control.kind in WRONG]
        if not asked:
            return
        typed = {
            control.name: WRONG[control.kind][(number + place) % len(WRONG[control.kind])]
            for place, control in enumerate(asked)
        }
        try:
            answer = form.send(visitor, {name: [value] for name, value in typed.items()})
        except Exception as error:  # noqa: BLE001 - whatever it is, it is the fault
            self._fault(f"{form.path} fails on odd input: {type(error).__name__}: {error}")
        if answer.status_code != 422:
            self._fault(f"{form.path} answers {answer.status_code} to odd input, not 422")
        self._none(f"{form.path} {fault}" for fault in untold(asked, typed, answer))

    def _own_pages(self, portal: Flask, office: Office) -> Iterator[Page]:
        """Its pages, and those of the core that have its panels."""
        longest = max(ways(office.kind.workflow).values(), key=len)
        referral = office.referral(office.client(), longest)
        db.session.commit()
        ids = [referral.id, referral.client_id, *pages.row_ids(self._key)]
        own = [path for rule in pages.routes(portal, self._key) if "GET" in pages.methods(rule)
               for path in pages.paths(portal, rule, ids)]  # fmt: skip
        core = ["/", f"/referrals/{referral.id}", f"/clients/{referral.client_id}"]
        for member in (*office.senders, *office.receivers):
            yield from ((member, path) for path in (*core, *own))

    def test_values_at_their_limits_break_nothing(self, portal: Flask) -> None:
        for office, upper in product(self._offices(), (False, True)):
            client, today = office.client(), office.now.date()
            with self._survived("send"):
                office.sent_with(client, at_limits(office.kind.form, today, upper=upper))
            for state, way in ways(office.kind.workflow).items():
                referral = office.referral(client, way)
                for action in office.kind.workflow.actions_from(state):
                    with self._survived(action.key):
                        at_the_limit(office, referral, action, upper)

    @contextmanager
    def _survived(self, move: str) -> Iterator[None]:
        """Made and taken back; a rule may refuse it, in words."""
        with db.session.begin_nested() as one_try:
            try:
                yield
            except Problem:
                pass
            except Exception as error:  # noqa: BLE001 - whatever it is, it is the fault
                reason = f"{type(error).__name__}: {error}"
                self._fault(f"{move!r} fails on values at their limits: {reason}")
            one_try.rollback()


def pages_of_questions(office: Office) -> Iterator[Page]:
    """The form of the referral, new and as a draft."""
    client = office.client()
    draft = office.referral(client)
    db.session.commit()
    need, _ = GOAL_AREAS[0]
    share = f"/clients/{client.id}/handover/{need}/share?service={office.service.id}"
    yield from ((office.advisor, path) for path in (share, f"/referrals/{draft.id}/draft"))


def pages_of_moves(office: Office) -> Iterator[Page]:
    """The form of every move in every state."""
    client = office.client()
    for state, way in ways(office.kind.workflow).items():
        referral = office.referral(client, way)
        found = moves_with_forms(office, state, referral)
        db.session.commit()
        yield from ((office.member_for(a), f"/referrals/{referral.id}/{a.key}") for a in found)


def moves_with_forms(office: Office, state: str, referral: Referral) -> list[Action]:
    """The moves of a referral in this state that a person can make and that ask for something."""
    return [
        action
        for action in office.kind.workflow.actions_from(state)
        if action.fields and action.side in (Side.SENDER, Side.RECEIVER)
        if office.is_possible(referral, action)
    ]


def at_the_limit(office: Office, referral: Referral, action: Action, upper: bool) -> None:
    actor = office.actor_for(action)
    fields = questions.fields_of(policy.get_visible(actor, referral.id), action)
    values = at_limits(fields, office.now.date(), upper=upper)
    commands.perform(actor, referral.id, action.key, values)


def untold(asked: Iterable[Control], typed: dict[str, str], answer: TestResponse) -> Iterator[str]:
    """What is missing on the page of a refused form."""
    for control in asked:
        if f'id="{control.id}-error"' not in answer.text:
            yield f"says nothing at the field {control.name!r}"
        if control.kind in TYPED and str(escape(typed[control.name])) not in answer.text:
            yield f"loses what was typed into {control.name!r}"
