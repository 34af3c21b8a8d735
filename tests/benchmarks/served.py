"""The two applications, served as the portal ships, and the visitors that call on them."""

from __future__ import annotations

import http.client
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from html import unescape
from pathlib import Path
from urllib.parse import urlencode

import brotli

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

ROOT = Path(__file__).parents[2]
PATIENCE_SECONDS = 60
_TOKEN = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')


@dataclass(frozen=True)
class Server:
    process: subprocess.Popen[bytes]
    port: int

    def peak_megabytes(self) -> float | None:
        """The largest of its processes that answer requests, at its largest; None off Linux."""
        own = self.process.pid
        with suppress(OSError):
            peaks = {pid: _peak_megabytes(pid) for pid in (own, *_children(own))}
            # gunicorn's first process only looks after its workers.
            return max(peaks[pid] for pid in peaks if pid != own or len(peaks) == 1)
        return None


def _children(pid: int) -> list[int]:
    listed = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    return [int(each) for each in listed.split()]


def _peak_megabytes(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    found = re.search(r"^VmHWM:\s+(\d+) kB", status, re.MULTILINE)
    assert found
    return int(found[1]) / 1024


@contextmanager
def serving(what: str, instance: Path, database_url: str) -> Iterator[Server]:
    """`what` is "portal" or "bare"; both with the server that `portal serve` would take."""
    port = _free_port()
    environment = {
        **{k: v for k, v in os.environ.items() if not k.startswith("PORTAL_")},
        "PORTAL_INSTANCE": str(instance),
        "PORTAL_DATABASE_URL": database_url,
        "PYTHONPATH": f"{ROOT}:{ROOT}/plugins",
    }
    command = [sys.executable, *_arguments(what, port, database_url.startswith("sqlite"))]
    with (instance / f"{what}.log").open("ab") as log:
        process = subprocess.Popen(
            command, cwd=instance, env=environment, stdout=log, stderr=log,
            stdin=subprocess.DEVNULL,
        )  # fmt: skip
    try:
        _wait_for(process, port, instance / f"{what}.log")
        yield Server(process, port)
    finally:
        process.terminate()
        process.wait(timeout=PATIENCE_SECONDS)


def _arguments(what: str, port: int, embedded: bool) -> list[str]:
    if what == "portal":
        return ["-m", "portal.cli", "serve", "--port", str(port)]
    if embedded:
        return ["-m", "tests.benchmarks.bare", str(port)]
    # The same as portal.serving.become_gunicorn.
    return ["-m", "gunicorn", "tests.benchmarks.bare:create_app()", "--bind", f"127.0.0.1:{port}",
            "--workers", "2", "--threads", "4", "--no-control-socket"]  # fmt: skip


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


def _wait_for(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    last = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < last and process.poll() is None:
        with suppress(OSError):
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        time.sleep(0.05)
    raise RuntimeError(f"does not serve:\n{log.read_text()}")


@dataclass(frozen=True)
class Answer:
    status: int
    text: str
    bytes_sent: int
    milliseconds: float


def token_in(html: str) -> str:
    found = _TOKEN.search(html)
    assert found, "a page without a form"
    return unescape(found[1])


@dataclass
class Visitor:
    """A browser as far as it matters here: cookies, and compressed answers welcome."""

    port: int
    cookies: dict[str, str] = field(default_factory=dict)
    _token: str = ""

    def get(self, path: str) -> Answer:
        return self._ask("GET", path, None)

    def post(self, path: str, data: dict[str, str]) -> Answer:
        return self._ask("POST", path, urlencode(data))

    def token(self, path: str) -> str:
        """For every form of the session; a page is asked for it once."""
        if not self._token:
            self._token = token_in(self.get(path).text)
        return self._token

    def _ask(self, method: str, path: str, body: str | None) -> Answer:
        headers = {"Accept-Encoding": "gzip, deflate, br, zstd"}
        if self.cookies:
            headers["Cookie"] = "; ".join(f"{k}={v}" for k, v in self.cookies.items())
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_SECONDS)
        connection.connect()
        try:
            begun = time.perf_counter()
            connection.request(method, path, body, headers)
            response = connection.getresponse()
            content = response.read()
            took = time.perf_counter() - begun
        finally:
            connection.close()
        for line in response.msg.get_all("Set-Cookie", []):
            name, _, value = line.partition(";")[0].partition("=")
            self.cookies[name] = value
        plain = _unpacked(content, response.getheader("Content-Encoding", ""))
        return Answer(response.status, plain.decode(), len(content), took * 1000)


def _unpacked(content: bytes, encoding: str) -> bytes:
    unpack = {"": bytes, "br": brotli.decompress, "zstd": zstd.decompress}[encoding]
    return bytes(unpack(content))
