"""Carries letters to a mail server: a connection for each, and never longer than so."""

from __future__ import annotations

import smtplib
import socket
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import localtime, make_msgid
from threading import Timer
from typing import Any

from portal.mailing.letters import Letter
from portal.mailing.sending import ConsoleTransport, Refused, Transport, Unreachable

GREETING = 220
STEP_SECONDS = 20  # for one answer of the server
SECONDS = 120  # for all of a letter, also where the server dribbles; far below sending.LEASE


def transport_of(config: Mapping[str, Any]) -> Transport:
    """The server of the settings; without one, letters are printed."""
    if not config["SMTP_HOST"]:
        return ConsoleTransport()
    return SmtpTransport(
        host=config["SMTP_HOST"], port=config["SMTP_PORT"], security=config["SMTP_SECURITY"],
        user=config["SMTP_USER"], password=config["SMTP_PASSWORD"],
        sender=config["SMTP_SENDER"], county=config["COUNTY"],
    )  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class SmtpTransport:
    """`security` is starttls, tls (from the first byte) or none."""

    host: str
    port: int
    security: str
    user: str
    password: str = field(repr=False)
    sender: str
    county: str
    step_seconds: float = STEP_SECONDS
    seconds: float = SECONDS

    def send(self, letter: Letter) -> None:
        """Raises Refused for an address that takes nothing; Unreachable without a server; what
        smtplib raises when the server does not want this letter now."""
        message = mime(letter, self.sender, self.county)
        with self._session() as server:
            try:
                server.send_message(message)
            except smtplib.SMTPRecipientsRefused as error:
                code = next(iter(error.recipients.values()))[0]
                if code >= 500:
                    raise Refused(code) from error
                raise smtplib.SMTPResponseException(code, "not now") from error

    def check(self) -> None:
        """Talk to the server as before a letter. Raises Unreachable."""
        with self._session():
            pass

    @contextmanager
    def _session(self) -> Iterator[smtplib.SMTP]:
        server = self._server()
        # The time-outs of smtplib begin anew with every byte.
        watch = Timer(self.seconds, _hang_up, [server])
        watch.daemon = True
        watch.start()
        try:
            try:
                self._greet(server)
            except OSError as error:  # smtplib's own are of this kind, too
                raise Unreachable from error
            yield server
            _say_goodbye(server)
        finally:
            watch.cancel()
            server.close()

    def _server(self) -> smtplib.SMTP:
        """Not connected yet: that is done while somebody watches the clock."""
        server: smtplib.SMTP
        if self.security == "tls":
            context = ssl.create_default_context()
            server = smtplib.SMTP_SSL(timeout=self.step_seconds, context=context)
        else:
            server = smtplib.SMTP(timeout=self.step_seconds)
        # For the certificate: set only by a constructor that connects at once.
        server._host = self.host  # type: ignore[attr-defined]  # noqa: SLF001 - see above
        return server

    def _greet(self, server: smtplib.SMTP) -> None:
        code, words = server.connect(self.host, self.port)
        if code != GREETING:
            raise smtplib.SMTPConnectError(code, words)
        server.ehlo_or_helo_if_needed()
        if self.security == "starttls":
            server.starttls(context=ssl.create_default_context())
        if self.user:
            server.login(self.user, self.password)


def _hang_up(server: smtplib.SMTP) -> None:
    with suppress(OSError):  # it may have ended by itself at this moment
        if server.sock is not None:
            server.sock.shutdown(socket.SHUT_RDWR)


def _say_goodbye(server: smtplib.SMTP) -> None:
    """The letter is the server's by now: nothing that follows may make us send it again."""
    with suppress(OSError):
        server.quit()


def mime(letter: Letter, sender: str, county: str) -> EmailMessage:
    """Text and HTML, from the county's own address; nothing in it is fetched from anywhere."""
    message = EmailMessage()
    message["From"] = Address(display_name=_name(county), addr_spec=sender)
    message["To"] = ", ".join(letter.to)
    message["Subject"] = letter.subject
    message["Date"] = localtime()
    domain = sender.rpartition("@")[2]
    message["Message-ID"] = f"<{letter.token}@{domain}>" if letter.token else make_msgid("", domain)
    # No out-of-office notes: nobody would read them.
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = "All"
    message.set_content(letter.text, cte="quoted-printable")
    message.add_alternative(letter.html, subtype="html", cte="quoted-printable")
    return message


def _name(county: str) -> str:
    return f"{county}: Hand in Hand" if county else "Hand in Hand"
