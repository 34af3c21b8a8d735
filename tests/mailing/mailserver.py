"""A mail server in a process of its own, on loopback, that can be as difficult as real ones.

What it does with a letter depends on whom it is for: `unknown.…@` is refused for good,
`grey.…@` at the first try, `later.…@` after the text, `slow.…@` gets no answer.
"""

from __future__ import annotations

import asyncio
import json
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any, TextIO

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

ROOT = Path(__file__).parents[2]
USER, PASSWORD = "portal", "only on loopback"


class Handler:
    """Writes down what it takes, before it says so."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.seen: set[str] = set()

    async def handle_RCPT(  # noqa: N802 - a name of the library
        self, _server: Any, _session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        if address.startswith("unknown."):
            return "550 5.1.1 nobody of that name"
        if address.startswith("slow."):
            await asyncio.sleep(3600)
        if address.startswith("grey.") and address not in self.seen:
            self.seen.add(address)
            return "451 4.7.1 come back later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 - a name of the library
        if envelope.rcpt_tos[0].startswith("later."):
            return "452 4.3.1 no room"
        told = {"to": envelope.rcpt_tos, "from": envelope.mail_from,
                "content": envelope.content.decode("ascii")}  # fmt: skip
        with (self.folder / "taken").open("a") as file:
            file.write(json.dumps(told) + "\n")
        say("taken")
        return "250 OK"


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


@dataclass
class MailServer:
    """As the test sees it."""

    folder: Path
    port: int
    told: TextIO  # a line for every letter

    def lines(self) -> list[str]:
        file = self.folder / "taken"
        return file.read_text().splitlines() if file.exists() else []

    def wait_for(self, count: int) -> None:
        """Until so many more letters were taken than were waited for before."""
        for _ in range(count):
            self.told.readline()

    def taken(self) -> list[EmailMessage]:
        read = (json.loads(line)["content"].encode() for line in self.lines())
        return [message_from_bytes(each, policy=policy.default) for each in read]

    def forget(self) -> None:
        (self.folder / "taken").unlink(missing_ok=True)

    def read_by(self) -> list[str]:
        return sorted(letter["To"] for letter in self.taken())

    @property
    def certificate(self) -> str:
        return str(self.folder / "certificate.pem")


@contextmanager
def running(folder: Path, *options: str, port: int = 0) -> Iterator[MailServer]:
    """`options`: "tls" (STARTTLS and a log-in are asked for)."""
    folder.mkdir(exist_ok=True)
    command = [sys.executable, "-m", "tests.mailing.mailserver", str(folder), str(port), *options]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield MailServer(folder, int(process.stdout.readline()), process.stdout)
    finally:
        process.kill()
        process.communicate()


def make_certificate(folder: Path) -> None:
    """Self-made, for localhost."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(1).not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    (folder / "certificate.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption(),
    ))  # fmt: skip


def _authenticate(_server: Any, _session: Any, _envelope: Any, _how: str, data: Any) -> AuthResult:
    right = LoginPassword(USER.encode(), PASSWORD.encode())
    return AuthResult(success=data == right, handled=False)


async def _serve(folder: Path, port: int, options: list[str]) -> None:
    settings: dict[str, Any] = {}
    if "tls" in options:
        make_certificate(folder)
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(folder / "certificate.pem", folder / "key.pem")
        settings = {"tls_context": context, "require_starttls": True,
                    "authenticator": _authenticate, "auth_required": True}  # fmt: skip
    handler, loop = Handler(folder), asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(handler, **settings), "127.0.0.1", port)
    say(str(server.sockets[0].getsockname()[1]))
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_serve(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3:]))
