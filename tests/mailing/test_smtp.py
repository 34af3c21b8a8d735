"""Letters leave through a real mail server, however difficult it is."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from portal import doctor, outbox
from portal.accounts.models import Membership
from portal.config import ConfigError, load
from portal.crypto import Keyring
from portal.extensions import db
from portal.mailing.letters import Letter
from portal.mailing.sending import (
    ConsoleTransport,
    Refused,
    Unreachable,
    deliver_due,
)
from portal.mailing.smtp import SmtpTransport, transport_of
from portal.outbox import Mail, OutboxMessage
from portal.testing.town import NOW, Town
from tests.mailing.mailserver import PASSWORD, USER, MailServer, running

LETTER = Letter(("reader@portal.example",), "Fällig", "Grüße", "<p>Grüße</p>", "token")


@pytest.fixture
def app(sqlite_app: Flask) -> Flask:
    return sqlite_app


@pytest.fixture(scope="module")
def one_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MailServer]:
    with running(tmp_path_factory.mktemp("mail")) as found:
        yield found


@pytest.fixture
def server(one_server: MailServer) -> MailServer:
    """With nothing in it yet."""
    one_server.forget()
    return one_server


def carrier(port: int, **other: Any) -> SmtpTransport:
    settings: dict[str, Any] = {
        "host": "localhost", "port": port, "security": "none", "user": "", "password": "",
        "sender": "portal@county.example", "county": "Landratsamt Ortenaukreis (Demo)",
    }  # fmt: skip
    return SmtpTransport(**{**settings, **other})


def alone(town: Town, **to: Any) -> None:
    """One message and no other."""
    db.session.query(OutboxMessage).delete()
    outbox.enqueue(town.factory.actor(town.advisor), "referral.sent",
                   reference="VM-2026-000001", **to)  # fmt: skip
    db.session.commit()


def desk_of(town: Town, *names: str) -> list[Membership]:
    """A partner without a mailbox, and these people in it."""
    unit = town.factory.unit(town.factory.organisation("Anlaufstelle (Demo)", "other_office"))
    found = [town.factory.member(name, unit, "partner") for name in names]
    db.session.commit()
    return found


def waiting() -> list[Mail]:
    db.session.rollback()
    return list(db.session.scalars(select(Mail).where(Mail.delivered_at.is_(None))))


def test_a_letter_as_it_arrives(server: MailServer, app: Flask, town: Town) -> None:
    app.config |= {"COUNTY": "Landratsamt Ortenaukreis (Demo)", "CONTACT": "0000 99"}
    referral = town.factory.sent(town.advisor, town.client, town.service)
    db.session.commit()
    assert deliver_due(carrier(server.port), NOW) == (1, 0)
    (letter,) = server.taken()
    assert letter["Subject"] == f"{referral.reference}: Neue Anfrage"
    assert letter["From"].addresses[0].addr_spec == "portal@county.example"
    assert "Ortenaukreis" in letter["From"].addresses[0].display_name
    assert letter["To"] == "kita@portal.example"
    assert letter["Auto-Submitted"] == "auto-generated"
    assert letter["Message-ID"].endswith("@county.example>")
    assert letter["Date"] is not None
    assert letter.get_content_type() == "multipart/alternative"
    text, html = letter.iter_parts()
    link = f"http://localhost/referrals/{referral.id}"
    for part in (text, html):
        told = part.get_content()
        assert link in told
        # Whom to ring up, when it looks like fraud.
        assert "Landratsamt Ortenaukreis (Demo), Team Kinzigtal" in told
        assert "Katrin Demowald, Telefon 0000 1000" in told
        assert "Pryklad" not in told
    assert f'<a href="{link}">' in html.get_content()
    # Nothing is fetched from anywhere: nobody learns when it was opened.
    assert "src=" not in html.get_content()
    assert "url(" not in html.get_content()
    ways_in = text.get_content().count("http")
    assert ways_in == 3  # without an account, with one, and the portal itself
    assert html.get_content().count("http") == 2 * ways_in - 1


def test_a_letter_in_the_reader_s_language(server: MailServer, town: Town) -> None:
    town.advisor.person.language = "en"
    alone(town, person_id=town.advisor.person_id)
    assert deliver_due(carrier(server.port), NOW) == (1, 0)
    (letter,) = server.taken()
    _text, html = letter.iter_parts()
    assert '<html lang="en">' in html.get_content()
    assert "Bitte melden Sie sich an" not in html.get_content()


def test_starttls_and_a_log_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with running(tmp_path / "mail", "tls") as server:
        known = {"user": USER, "password": PASSWORD}
        stranger = carrier(server.port, security="starttls", **known)
        with pytest.raises(Unreachable) as unknown:  # nobody vouches for the certificate yet
            stranger.send(LETTER)
        assert type(unknown.value.__cause__).__name__ == "SSLCertVerificationError"
        monkeypatch.setenv("SSL_CERT_FILE", server.certificate)
        for wrong in (
            carrier(server.port, security="starttls", user=USER, password="guessed"),
            carrier(server.port, **known),  # in the open
            carrier(server.port, security="starttls", host="127.0.0.1", **known),  # another name
        ):
            with pytest.raises(Unreachable):
                wrong.check()
        stranger.send(LETTER)
        assert server.read_by() == ["reader@portal.example"]


def test_tls_from_the_first_byte_is_asked_for(server: MailServer) -> None:
    with pytest.raises(Unreachable):
        carrier(server.port, security="tls").send(LETTER)
    assert server.taken() == []


def test_one_of_several_is_refused(server: MailServer, town: Town) -> None:
    members = desk_of(town, "Ada Auch", "Unknown Longer", "Zoe Zuletzt")
    admin = town.factory.member("Ada Verwaltung", town.advisor.unit, "admin")
    alone(town, unit_id=members[0].unit_id)
    assert deliver_due(carrier(server.port), NOW, limit=3) == (2, 1)
    assert server.read_by() == ["ada.auch@portal.example", "zoe.zuletzt@portal.example"]
    (held,) = waiting()
    assert held.person is not None
    assert (held.person_id, held.error) == (members[1].person_id, "Refused 550")
    assert held.person.suspect_since == NOW
    # The administration is told, once; nobody gets anything twice.
    assert deliver_due(carrier(server.port), NOW + timedelta(days=1)) == (1, 0)
    assert deliver_due(carrier(server.port), NOW + timedelta(days=2)) == (0, 0)
    assert server.read_by().count(admin.person.email) == 1
    assert len(server.taken()) == 3
    # With another address it arrives by itself.
    held = waiting()[0]
    assert held.person is not None
    held.person.email, held.person.suspect_since = "found@portal.example", None
    db.session.commit()
    assert deliver_due(carrier(server.port), NOW + timedelta(days=2)) == (1, 0)
    assert server.read_by().count("found@portal.example") == 1


def test_a_mailbox_that_refuses_gives_way_to_the_people(server: MailServer, town: Town) -> None:
    town.partner.unit.email = "unknown.office@portal.example"
    alone(town, unit_id=town.partner.unit_id)
    assert deliver_due(carrier(server.port), NOW) == (0, 1)
    assert deliver_due(carrier(server.port), NOW) == (1, 0)
    assert server.read_by() == ["paula.partner@portal.example"]
    db.session.refresh(town.partner.unit)
    assert town.partner.unit.suspect_since == NOW
    assert waiting() == []


def test_a_mailbox_with_nobody_behind_it_keeps_what_it_refused(
    server: MailServer, town: Town
) -> None:
    town.partner.unit.email, town.partner.ended_on = "unknown.office@portal.example", NOW.date()
    alone(town, unit_id=town.partner.unit_id)
    assert deliver_due(carrier(server.port), NOW) == (0, 1)
    assert deliver_due(carrier(server.port), NOW + timedelta(days=2)) == (0, 0)
    assert [mail.unit_id for mail in waiting()] == [town.partner.unit_id]


def test_greylisting(server: MailServer, town: Town) -> None:
    town.partner.unit.email = "grey.office@portal.example"
    alone(town, unit_id=town.partner.unit_id)
    assert deliver_due(carrier(server.port), NOW) == (0, 1)
    (mail,) = waiting()
    assert (mail.error, mail.attempts) == ("SMTPResponseException 451", 1)
    assert town.partner.unit.suspect_since is None
    assert deliver_due(carrier(server.port), NOW) == (0, 0)
    assert deliver_due(carrier(server.port), mail.due_at) == (1, 0)
    assert server.read_by() == ["grey.office@portal.example"]


def test_a_server_that_takes_no_text_now(server: MailServer, town: Town) -> None:
    town.partner.unit.email = "later.office@portal.example"
    alone(town, unit_id=town.partner.unit_id)
    assert deliver_due(carrier(server.port), NOW) == (0, 1)
    assert [mail.error for mail in waiting()] == ["SMTPDataError 452"]


def test_a_slow_server_keeps_nobody_longer_than_the_lease(server: MailServer, town: Town) -> None:
    town.partner.unit.email = "slow.office@portal.example"
    alone(town, unit_id=town.partner.unit_id)
    assert deliver_due(carrier(server.port, step_seconds=0.3), NOW) == (0, 1)
    (mail,) = waiting()
    assert (mail.error, mail.leased_until) == ("SMTPServerDisconnected", None)
    assert mail.due_at > NOW


@contextmanager
def dribbling() -> Iterator[int]:
    """A server that greets, a byte at a time, and never comes to an end."""
    listener = socket.create_server(("127.0.0.1", 0))
    over = threading.Event()

    def greet() -> None:
        connection, _ = listener.accept()
        while not over.wait(0.05):
            try:
                connection.sendall(b"2")
            except OSError:
                break
        connection.close()

    thread = threading.Thread(target=greet)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        over.set()
        thread.join()
        listener.close()


def test_a_server_that_dribbles_is_hung_up_on() -> None:
    with dribbling() as port, pytest.raises(Unreachable):
        carrier(port, seconds=0.5).send(LETTER)


def dead_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    return port


def test_a_dead_server_costs_one_letter_an_attempt_and_not_all(town: Town) -> None:
    alone(town, unit_id=desk_of(town, "Ada Auch", "Zoe Zuletzt")[0].unit_id)
    assert deliver_due(carrier(dead_port()), NOW) == (0, 1)
    assert sorted((mail.attempts, mail.error) for mail in waiting()) == [
        (0, ""), (1, "ConnectionRefusedError"),
    ]  # fmt: skip


def test_a_refusal_says_its_code(server: MailServer) -> None:
    unknown = Letter(("unknown.one@portal.example",), "", "", "", "token")
    with pytest.raises(Refused) as refused:
        carrier(server.port).send(unknown)
    assert refused.value.code == 550


# --- settings -----------------------------------------------------------------------------------
def settings(**given: Any) -> dict[str, Any]:
    named = {f"SMTP_{key.upper()}": value for key, value in given.items()}
    return load({"KEYS": Keyring.generate().dumps(), "SECRET_KEY": "x", **named})


def test_without_a_host_letters_are_printed(capsys: pytest.CaptureFixture[str]) -> None:
    transport = transport_of(settings())
    assert isinstance(transport, ConsoleTransport)
    transport.send(LETTER)
    assert "Betreff: Fällig" in capsys.readouterr().out


def test_the_settings_reach_the_server() -> None:
    found = transport_of(settings(host="mail.example", sender="portal@county.example", port="465",
                                  security="tls", user="u", password="secret words"))  # fmt: skip
    assert isinstance(found, SmtpTransport)
    assert (found.port, found.security, found.user) == (465, "tls", "u")
    assert "secret words" not in repr(found)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"port": "mail"}, "is no port"),
        ({"port": "70000"}, "is no port"),
        ({"security": "ssl"}, "is not starttls"),
        ({"security": "none"}, "for everybody to read"),
        ({"sender": ""}, "is no mail address"),
        ({"sender": "a@b\nBcc: c@d"}, "is no mail address"),
    ],
)
def test_settings_that_cannot_work_stop_the_start(wrong: dict[str, str], said: str) -> None:
    right = {"host": "mail.example", "sender": "portal@county.example"}
    with pytest.raises(ConfigError, match=said):
        settings(**{**right, **wrong})


def test_the_doctor_looks_at_the_server(server: MailServer, app: Flask) -> None:
    assert "prints messages" in doctor._mail(app).sentence
    app.config |= {"SMTP_HOST": "localhost", "SMTP_PORT": server.port, "SMTP_SECURITY": "none",
                   "SMTP_SENDER": "portal@county.example"}  # fmt: skip
    assert doctor._mail(app).good
    app.config["SMTP_PORT"] = dead_port()
    finding = doctor._mail(app)
    assert not finding.good
    assert "ConnectionRefusedError" in finding.sentence
