"""Whatever goes wrong, people get a page in German with a way on, and nothing is half done."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, abort
from sqlalchemy import func, select, text
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.orm.exc import StaleDataError
from werkzeug.exceptions import TooManyRequests

from portal.clients.models import Client
from portal.config import MAX_BODY_BYTES
from portal.demo.factory import Factory
from portal.extensions import csrf, db
from portal.problems import Conflict, Forbidden, Invalid, NotFound, TooMany
from portal.referrals.models import Referral
from portal.testing.client import PortalClient
from portal.testing.town import NOW, Town, build_town, fresh_app
from portal.web.access import PUBLIC, access
from tests.databases import drop_database

SECRET = "Oksana Pryklad"
HTMX = {"HX-Request": "true"}
FAULTS: dict[str, Callable[[], Exception]] = {
    "not-found": NotFound,
    "forbidden": Forbidden,
    "conflict": lambda: Conflict("Paula Partner war schneller."),
    "stale": StaleDataError,
    "twice": lambda: IntegrityError("INSERT", {}, ValueError(SECRET)),
    "invalid": lambda: Invalid({"phone": "Die Nummer ist zu lang."}),
    "too-many": TooMany,
    "throttled": lambda: TooManyRequests(retry_after=900),
    "away": lambda: OperationalError("SELECT 1", {}, ConnectionError(SECRET)),
    "broken": lambda: RuntimeError(SECRET),
}


def made(fault: str) -> Exception:
    return FAULTS[fault]()


@access(PUBLIC)
def fail(fault: str) -> str:
    raise made(fault)


@access(PUBLIC)
def write_and_fail(fault: str) -> str:
    """Half of a change, and then something happens."""
    client = db.session.scalar(select(Client))
    assert client is not None
    f = Factory(NOW)
    f.client(client.advisor, given_name="Halb")
    client.closed_on = NOW.date()
    db.session.flush()
    raise made(fault)


def with_faults(app: Flask) -> Flask:
    app.add_url_rule("/fail/<fault>", view_func=fail)
    app.add_url_rule("/write/<fault>", view_func=csrf.exempt(write_and_fail), methods=["POST"])
    return app


@pytest.fixture
def app(sqlite_url: str, tmp_path: Path) -> Iterator[Flask]:
    """As in production: what is not foreseen is not passed on to the test."""
    for portal in fresh_app(sqlite_url, tmp_path, TESTING=False):
        yield with_faults(portal)


@pytest.fixture
def browser(app: Flask) -> PortalClient:
    client: PortalClient = app.test_client()  # type: ignore[assignment]
    return client


def is_page(text: str) -> bool:
    return text.lstrip().startswith("<!DOCTYPE html>") and "</html>" in text


CASES = [
    ("not-found", 404, "Hier ist nichts für Sie"),
    ("forbidden", 403, "Das ist mit Ihrer Rolle nicht möglich"),
    ("conflict", 409, "Paula Partner war schneller."),
    ("stale", 409, "Inzwischen hat sich etwas geändert"),
    ("twice", 409, "Inzwischen hat sich etwas geändert"),
    ("invalid", 422, "Die Nummer ist zu lang."),
    ("too-many", 429, "Zu viele Versuche"),
    ("throttled", 429, "Zu viele Versuche"),
    ("away", 503, "Das Portal ist gerade nicht erreichbar"),
    ("broken", 500, "Bei uns ist etwas schiefgegangen"),
]


@pytest.mark.parametrize(("fault", "status", "said"), CASES)
def test_a_fault_is_a_page_with_a_way_on(
    browser: PortalClient, capsys: pytest.CaptureFixture[str], fault: str, status: int, said: str
) -> None:
    answer = browser.get(f"/fail/{fault}")
    assert answer.status_code == status
    assert is_page(answer.text)
    assert said in answer.text
    assert 'href="/"' in answer.text
    assert "Traceback" not in answer.text
    # Neither the page nor the technical log tells what the exception knew.
    written = capsys.readouterr()
    assert SECRET not in answer.text + written.out + written.err
    assert answer.headers["Cache-Control"] == "no-store"
    assert "default-src 'self'" in answer.headers["Content-Security-Policy"]


@pytest.mark.parametrize(("fault", "status", "said"), CASES)
def test_htmx_gets_a_part_that_can_be_put_into_the_page(
    browser: PortalClient, fault: str, status: int, said: str
) -> None:
    answer = browser.get(f"/fail/{fault}", headers=HTMX)
    assert answer.status_code == status
    assert said in answer.text
    assert not is_page(answer.text)
    assert 'role="alert"' in answer.text


def test_whom_is_told_to_wait_is_told_how_long(browser: PortalClient) -> None:
    assert browser.get("/fail/throttled").headers["Retry-After"] == "900"


def test_an_unknown_address_is_not_found(browser: PortalClient) -> None:
    for path in ("/nowhere", "/clients/../../etc/passwd", "/%00", "/static/nothing.css"):
        answer = browser.get(path)
        assert answer.status_code == 404, path
        assert is_page(answer.text)


def test_a_wrong_method_says_which_ones_there_are(browser: PortalClient) -> None:
    answer = browser.open("/login", method="DELETE")
    assert answer.status_code == 405
    assert {"GET", "POST"} <= set(answer.headers["Allow"].split(", "))
    assert is_page(answer.text)


@pytest.mark.parametrize("token", [None, "", "wrong"])
def test_a_form_without_its_token_changes_nothing_and_says_what_to_do(
    browser: PortalClient, town: Town, token: str | None
) -> None:
    browser.sign_in(town.advisor)
    db.session.rollback()
    data = {"given_name": "Neu", "family_name": "Neu", "municipality": "08317041",
            "contact_language": "uk"}  # fmt: skip
    answer = browser.post("/clients/new", data=data | ({"csrf_token": token} if token else {}))
    assert answer.status_code == 400
    assert "Diese Seite war zu lange offen" in answer.text
    assert db.session.scalar(select(func.count()).select_from(Client)) == 1
    part = browser.post("/clients/new", data=data, headers=HTMX)
    assert (part.status_code, is_page(part.text)) == (400, False)


@pytest.mark.parametrize("signed_in", [False, True])
def test_too_much_at_once_is_refused(browser: PortalClient, town: Town, signed_in: bool) -> None:
    if signed_in:
        browser.sign_in(town.advisor)
        db.session.rollback()
    path = "/clients/new" if signed_in else "/login"
    for body in (
        {"data": {"given_name": "x" * (MAX_BODY_BYTES + 1)}},
        {"data": b"x" * (MAX_BODY_BYTES + 1), "content_type": "multipart/form-data; boundary=y"},
    ):
        answer = browser.post(path, **body)
        assert answer.status_code == 413
        assert "Das war zu viel auf einmal" in answer.text
        assert is_page(answer.text)


@pytest.mark.parametrize("fault", FAULTS)
def test_nothing_is_half_written(browser: PortalClient, town: Town, fault: str) -> None:
    db.session.rollback()
    assert browser.post(f"/write/{fault}").status_code >= 400
    db.session.rollback()
    clients = db.session.scalars(select(Client)).all()
    assert [(client.name, client.closed_on) for client in clients] == [("Oksana Pryklad", None)]


# --- without a database ----------------------------------------------------------------
@pytest.fixture
def gone(database_url: str, tmp_path: Path) -> Iterator[tuple[PortalClient, Any]]:
    """A signed-in browser, and what takes the database away."""
    for app in fresh_app(database_url, tmp_path, TESTING=False):
        town = build_town(Factory(NOW))
        referral = town.factory.sent(town.advisor, town.client, town.service)
        db.session.commit()
        client: PortalClient = with_faults(app).test_client()  # type: ignore[assignment]
        client.sign_in(town.advisor)
        address = f"/referrals/{referral.id}"
        db.session.rollback()
        assert client.get(address).status_code == 200

        def take_away(address: str = address) -> str:
            db.session.remove()
            db.engine.dispose()
            if database_url.startswith("sqlite"):
                file = Path(database_url.removeprefix("sqlite:///"))
                file.rename(file.with_suffix(".away"))
                file.mkdir()
            else:
                drop_database(database_url)
            return address

        yield client, take_away


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_without_a_database_the_portal_says_so(
    gone: tuple[PortalClient, Any], headers: dict[str, str]
) -> None:
    browser, take_away = gone
    address = take_away()
    for attempt in (
        lambda: browser.get(address, headers=headers),
        lambda: browser.post(f"{address}/withdraw", data={}, headers=headers),
        lambda: browser.get("/", headers=headers),
        lambda: browser.post("/login", data={"email": "x", "password": "y"}, headers=headers),
    ):
        answer = attempt()
        assert answer.status_code == 503
        assert "Das Portal ist gerade nicht erreichbar" in answer.text
        assert is_page(answer.text) == (not headers)
    probe = browser.application.test_client()
    assert probe.get("/healthz").status_code == 200
    assert probe.get("/readyz").status_code == 503


def test_a_failed_statement_is_logged_without_what_it_was_about(
    browser: PortalClient, town: Town, capsys: pytest.CaptureFixture[str]
) -> None:
    @access(PUBLIC)
    def break_down() -> None:
        db.session.execute(text("SELECT :name FROM nowhere"), {"name": SECRET})

    browser.application.add_url_rule("/break-down", view_func=break_down)
    answer = browser.get("/break-down")
    assert answer.status_code == 503
    written = capsys.readouterr()
    assert SECRET not in answer.text + written.out + written.err
    with pytest.raises(OperationalError) as caught:
        db.session.execute(text("SELECT :name FROM nowhere"), {"name": SECRET})
    assert SECRET not in str(caught.value)


def test_a_log_that_cannot_be_written_shows_nothing(
    app: Flask, browser: PortalClient, town: Town
) -> None:
    """A reading that is not kept does not happen."""
    referral = town.factory.sent(town.advisor, town.client, town.service)
    db.session.commit()
    browser.sign_in(town.advisor)
    address = f"/referrals/{referral.id}"
    assert "Pryklad" in browser.get(address).text
    db.session.rollback()
    db.session.connection(execution_options={"writing": True}).exec_driver_sql(
        "CREATE TRIGGER full BEFORE INSERT ON audit_entry BEGIN SELECT RAISE(FAIL, 'full'); END"
    )
    db.session.commit()
    answer = browser.get(address)
    assert answer.status_code >= 409
    assert "Pryklad" not in answer.text
    assert db.session.scalar(select(func.count()).select_from(Referral)) == 1


def test_what_a_view_refuses_is_no_fault(browser: PortalClient, app: Flask) -> None:
    @access(PUBLIC)
    def refuse() -> None:
        abort(410)

    app.add_url_rule("/refuse", view_func=refuse)
    answer = browser.get("/refuse")
    assert answer.status_code == 410
    assert is_page(answer.text)
