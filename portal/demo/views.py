"""Demo only: sign in as anybody with one click, and the mailbox of what would have been sent."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

from flask import (
    Blueprint,
    Flask,
    Response,
    abort,
    current_app,
    flash,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from flask_babel import gettext as _
from itsdangerous import BadData, URLSafeTimedSerializer
from sqlalchemy import select

from portal import audit
from portal.accounts.login import sign_in
from portal.accounts.models import Membership, Person, Unit
from portal.accounts.roles import ROLES
from portal.accounts.session import active_memberships, now
from portal.actor import Actor
from portal.config import LOOPBACK, is_loopback
from portal.demo import clock, windows
from portal.demo.accounts import ACCOUNTS, PASSWORD
from portal.extensions import csrf, db
from portal.mailing import letters
from portal.mailing.letters import Letter
from portal.outbox import OutboxMessage
from portal.problems import NotFound
from portal.web.access import PUBLIC, access
from portal.web.htmx import go
from portal.web.paging import PAGE, Page

bp = Blueprint("demo", __name__, url_prefix="/demo")

TICKET_SECONDS = 30
TRY_THIS = {account.email: account.try_this for account in ACCOUNTS}


@dataclass(frozen=True)
class Entry:
    """An account as the page lists it; `window` is the number of a window of its own."""

    person: Person
    places: list[str]
    try_this: str
    window: int


@bp.before_app_request
def only_on_this_machine() -> None:
    """Somebody else's request must not even learn that there is a demo."""
    if request.remote_addr not in LOOPBACK or not is_loopback(request.host):
        abort(404)


@bp.get("/")
@access(PUBLIC)
def accounts() -> str:
    return render_template("demo/accounts.html", groups=_groups(), password=PASSWORD,
                           today=now(), days_ahead=clock.days_ahead())  # fmt: skip


@bp.post("/later")
@access(PUBLIC)
def later() -> Response:
    """Let five working days pass."""
    db.session.rollback()  # every day is a transaction, or several, of its own
    clock.turn_forward()
    flash(_("Fünf Arbeitstage sind vergangen."), "success")
    return go(url_for("demo.accounts"))


def _groups() -> list[tuple[str, list[Entry]]]:
    """The accounts by the role in which they first serve, in the order of the roles."""
    rows = db.session.scalars(
        select(Membership)
        .join(Person, Person.id == Membership.person_id)
        .where(Membership.ended_on.is_(None), Person.active)
        .order_by(Person.name, Membership.id)
    ).unique()
    serving: dict[Person, list[Membership]] = {}
    for membership in rows:
        serving.setdefault(membership.person, []).append(membership)
    groups: dict[str, list[Entry]] = {role: [] for role in ROLES}
    for number, (person, memberships) in enumerate(serving.items(), start=1):
        places = [membership.unit.full_name for membership in memberships]
        entry = Entry(person, places, TRY_THIS.get(person.email, ""), number)
        groups[memberships[0].role].append(entry)
    return [(ROLES[role].label, entries) for role, entries in groups.items() if entries]


@bp.post("/sign-in/<uuid:person_id>")
@access(PUBLIC)
def enter(person_id: UUID) -> Response:
    """Be this person in this window, or with `window` in another one."""
    person = _account(person_id)
    number = request.form.get("window", default=0, type=int)
    if number:
        ticket = _tickets().dumps([person.id.hex, number])
        path = url_for("demo.enter_window", ticket=ticket)
        # 307: the browser repeats the POST there, with the cookie of that window.
        return redirect(windows.path_in(number, path), 307)  # type: ignore[return-value]
    return _signed_in(person)


@bp.post("/arrive")
@csrf.exempt  # type: ignore[untyped-decorator]  # the ticket proves that `enter` sent the browser here
@access(PUBLIC)
def enter_window() -> Response:
    """Arrive in another window, with the ticket from `enter`."""
    try:
        person_id, number = _tickets().loads(request.args.get("ticket", ""), max_age=TICKET_SECONDS)
    except BadData:
        abort(400)
    if number != windows.window():
        abort(400)
    return _signed_in(_account(UUID(person_id)))


def _account(person_id: UUID) -> Person:
    person = db.session.get(Person, person_id)
    if person is None or not person.active or not active_memberships(person):
        raise NotFound
    return person


def _signed_in(person: Person) -> Response:
    sign_in(person)
    audit.record(Actor.system(now()), "login.succeeded", subject=person)
    db.session.commit()
    return go(url_for("dashboard.start"))


def _tickets() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(current_app.config["SECRET_KEY"], salt="demo window")


@bp.get("/mailbox")
@access(PUBLIC)
def mailbox() -> str:
    """Every message that would have been sent, the newest first."""
    page = _messages(request.args.get("after", ""))
    known = _addressees(page.rows)  # the session forgets rows that nobody holds
    written = [(message, letter, _links(letter)) for message, letter in _letters(page.rows)]
    del known
    return render_template("demo/mailbox.html", page=page, letters=written)


@bp.get("/mailbox/<number>")
@access(PUBLIC)
def letter(number: str) -> Response:
    """One letter's HTML as a mail program would show it, for the frame in the mailbox."""
    found = db.session.get(OutboxMessage, int(number)) if _is_number(number) else None
    if found is None:
        raise NotFound
    response = make_response(next(_letters([found]))[1].html)
    # It brings its own looks, as a letter must, and may do nothing else.
    response.headers["Content-Security-Policy"] = (
        "default-src 'none'; style-src 'unsafe-inline'; sandbox; frame-ancestors 'self'"
    )
    response.headers["X-Frame-Options"] = "SAMEORIGIN"
    return response


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 19


def _messages(after: str) -> Page[OutboxMessage]:
    statement = select(OutboxMessage).order_by(OutboxMessage.id.desc()).limit(PAGE + 1)
    if after:
        if not _is_number(after):
            raise NotFound
        statement = statement.where(OutboxMessage.id < int(after))
    rows = list(db.session.scalars(statement))
    return Page(rows[:PAGE], str(rows[PAGE - 1].id) if len(rows) > PAGE else None)


def _addressees(messages: list[OutboxMessage]) -> list[Person | Unit]:
    """Everybody a page of messages goes to, in two queries and not in one for each."""
    people = {message.person_id for message in messages}
    units = {message.unit_id for message in messages}
    return [
        *db.session.scalars(select(Person).where(Person.id.in_(people))),
        *db.session.scalars(select(Unit).where(Unit.id.in_(units))),
    ]


def _letters(messages: list[OutboxMessage]) -> Iterator[tuple[OutboxMessage, Letter]]:
    for message in messages:
        try:
            yield message, letters.render(message)
        except KeyError:
            yield message, Letter((), message.topic, "")  # of a plugin that was uninstalled


def _links(letter: Letter) -> list[str]:
    """Where the links in a letter lead, for a reader in this window."""
    base = re.escape(str(current_app.config["BASE_URL"]).rstrip("/"))
    found = re.findall(base + r"(/\S*)", letter.text)
    return [windows.path_in(windows.window(), path) for path in found]


def init_app(app: Flask) -> None:
    windows.init_app(app)
    clock.init_app(app)
    app.register_blueprint(bp)
