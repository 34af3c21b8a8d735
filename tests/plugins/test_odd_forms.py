"""Forms of every installed plugin, filled in as nobody should: an answer in words, never an error.

The contract sends each form what is wrong in every field; here it is any values, and the longest
ones on a database that minds the length of a column.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from markupsafe import escape
from werkzeug.test import TestResponse

from portal.demo.factory import Factory
from portal.extensions import db
from portal.problems import Problem
from portal.registry import load, registry
from portal.testing.forms import TYPED, Control, Form, forms_of
from portal.testing.forms_contract import at_the_limit, moves_with_forms, pages_of_questions
from portal.testing.journeys import Office, ways
from portal.testing.odd_input import WRONG, at_limits
from portal.testing.pages import UNAVAILABLE, browser
from portal.testing.town import NOW

KINDS = sorted(load().referral_types)
# What ends a workshop is entered when it has begun.
ANSWERS: dict[str, Any] = {
    "jobcenter": {"issue_obligation": {"explanation": "Der Kurs ist vereinbart."}},
    "wohnungsfuehrerschein": {
        "register": {"appointment_at": NOW}, "complete": {"code": "help_received"},
    },
}  # fmt: skip


def offices(*keys: str) -> list[Office]:
    factory = Factory(NOW)
    return [
        Office(factory, registry().referral_types[key], {}, ANSWERS.get(key, {})) for key in keys
    ]


# --- anything -----------------------------------------------------------------------------

FOREIGN = ("00000000-0000-4000-8000-000000000000", "1", "../../etc", "' OR 1=1 --")
TEXTS = st.one_of(
    st.text(max_size=30),
    st.sampled_from(
        (*WRONG["text"], "", " ", "\ud800", "\ufffe", "%s%n%(x)s", "{{ 7*7 }}", "<script>", "\r\n",
         "\u2028", "a\u0301" * 90, "\U0001f600" * 150, "=1+1", "0", "None", "\u202ctext")
    ),
)  # fmt: skip
DAYS = ("2028-02-29", "29.02.2028", "2027-02-29", "0000-00-00", "-1", "2026-12-1", "+2026-12-01",
        "2026-12-01T10:00", "1.12.26", "9999-12-31", "0001-01-01", "2026-12-24")  # fmt: skip
NUMBERS = ("-1", "0", "1e9", "1_0", "0x10", "NaN", "1.5", "1,5", "٣", " 7 ", "9" * 4301, "--1")


def value_of(control: Control) -> st.SearchStrategy[str]:
    offered = control.options or [""]
    by_kind: dict[str, st.SearchStrategy[str]] = {
        "date": st.dates().map(str) | st.sampled_from(DAYS),
        "datetime-local": st.datetimes().map(lambda moment: moment.isoformat(timespec="minutes")),
        "number": st.integers().map(str) | st.sampled_from(NUMBERS),
        "select": st.sampled_from((*offered, *FOREIGN)),
        "choices": st.sampled_from((*offered, *FOREIGN)),
        "checkbox": st.sampled_from(("y", "false", "", "\x00")),
    }
    return by_kind.get(control.kind, TEXTS) | TEXTS


PLAIN = {"text": "Beispiel", "textarea": "Ein Beispiel.", "date": "2026-11-30",
         "datetime-local": "2026-11-30T10:00", "number": "1"}  # fmt: skip


def filled(form: Form) -> dict[str, list[str]]:
    """A plain answer wherever the form proposes none."""
    return {
        control.name: [PLAIN.get(control.kind) or control.options[-1]]
        for control in form.asked
        if control.kind in WRONG and control.sends in ([], [""])
    }


class Desk:
    """Hands out forms; whatever was accepted, the next form is in the state it should be."""

    def __init__(self, app: Flask, office: Office) -> None:
        self.app, self.office = app, office
        self.ways = ways(office.kind.workflow)
        self.client = office.client()
        self.referrals = {
            state: office.referral(self.client, way) for state, way in self.ways.items()
        }
        moves = [(state, action.key) for state, referral in self.referrals.items()
                 for action in moves_with_forms(office, state, referral)]  # fmt: skip
        db.session.commit()
        # The questions are what a plugin adds most to.
        self.places = [*moves, *[(office.kind.workflow.initial, "")] * (len(moves) // 3)]

    def form(self, state: str, key: str) -> tuple[Any, Form]:
        db.session.rollback()
        if state not in self.referrals:
            self.referrals[state] = self.office.referral(self.client, self.ways[state])
            db.session.commit()
        if key:
            member = self.office.member_for(self.office.kind.workflow.action(key))
            path = f"/referrals/{self.referrals[state].id}/{key}"
        else:
            member, path = next(pages_of_questions(self.office))
        visitor = browser(self.app, member)
        page = visitor.get(path)
        assert page.status_code == 200, path
        return visitor, next(form for form in forms_of(page.text, path) if form.path == path)

    def accepted(self, state: str) -> None:
        """Both sides' pages can show what was taken."""
        referral_id = self.referrals.pop(state).id
        for member in (self.office.advisor, self.office.partner):
            visitor = browser(self.app, member)
            for path in ("/", f"/referrals/{referral_id}"):
                page = visitor.get(path)
                assert page.status_code in (200, 404)
                assert UNAVAILABLE not in page.text


def lost(asked: list[Control], sent: dict[str, list[str]], answer: TestResponse) -> list[str]:
    """Controls of a refused form that do not show what was typed into them."""

    def shown(control: Control) -> str:
        values = sent[control.name]
        text = " ".join(values) if control.kind.startswith("date") else values[0]
        # Half a character never arrives as one: what is left of it stands there as it was sent.
        received = text.encode(errors="surrogatepass").decode(errors="werkzeug.url_quote")
        return str(escape(received))

    return [control.name for control in asked
            if control.kind in TYPED and sent[control.name]
            and shown(control) not in answer.text]  # fmt: skip


@pytest.mark.parametrize("key", KINDS)
def test_whatever_is_sent_is_taken_or_refused_in_words(sqlite_app: Flask, key: str) -> None:
    sqlite_app.config["WTF_CSRF_ENABLED"] = False
    (office,) = offices(key)
    desk = Desk(sqlite_app, office)
    seen: set[int] = set()

    @settings(max_examples=20, derandomize=True, database=None, deadline=None,
              suppress_health_check=list(HealthCheck))  # fmt: skip
    @given(st.data())
    def try_once(data: st.DataObject) -> None:
        state, key = data.draw(st.sampled_from(desk.places))
        visitor, form = desk.form(state, key)
        # The rest is right: a form that is wrong everywhere never gets past the first check.
        names = [control.name for control in form.asked]
        drawn = data.draw(st.sets(st.sampled_from(names), min_size=1))
        changed = [control for control in form.asked if control.name in drawn]
        sent = {
            control.name: data.draw(st.lists(value_of(control), max_size=2)) for control in changed
        }
        answer = form.send(visitor, filled(form) | sent)
        seen.add(answer.status_code)
        assert answer.status_code in (303, 422), (form.path, sent)
        if answer.status_code == 303:
            desk.accepted(state)
        else:
            assert 'id="error-summary"' in answer.text
            assert lost(changed, sent, answer) == [], (form.path, sent)

    try_once()
    assert seen == {303, 422}


# --- right, at the limits -----------------------------------------------------------------


@pytest.mark.postgres
def test_the_longest_text_fits_its_column(postgresql_app: Flask) -> None:
    """SQLite takes any length, and the contract runs on it."""
    tried: dict[str, set[str]] = {}
    for key in KINDS:
        (office,) = offices(key)
        tried[key] = set()
        client = office.client()
        for state, way in ways(office.kind.workflow).items():
            referral = office.referral(client, way)
            for action in moves_with_forms(office, state, referral):
                if action.key not in tried[key]:
                    with db.session.begin_nested() as one_try, suppress(Problem):
                        at_the_limit(office, referral, action, upper=True)
                        tried[key].add(action.key)
                        one_try.rollback()
        with db.session.begin_nested(), suppress(Problem):
            form = at_limits(office.kind.form, NOW.date(), upper=True)
            office.sent_with(client, form)
            tried[key].add("send")
    assert {"accept", "decline", "fail", "send", "withdraw"} <= set.intersection(*tried.values())
