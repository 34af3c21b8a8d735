"""Serving the portal: waitress inside this process, or gunicorn in its place."""

from __future__ import annotations

import errno
import gc
import os
import signal
import socket
import sys
from types import FrameType

import click
import waitress
from flask import Flask

from portal.app import create_app

THREADS = 8  # of waitress: requests are short, and SQLite writes one at a time
ALLOCATIONS = 20_000  # between two looks for what can be thrown away; Python's own 700 suit scripts


class CannotServe(Exception):
    """The address cannot be served; the message says what to do."""


def address(host: str, port: int) -> str:
    """Host and port as they stand in a URL."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def require_free(host: str, port: int) -> None:
    """Raises CannotServe if somebody else serves there, or nobody may."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        socket.create_server((host, port), family=family).close()
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise CannotServe(
                f"Port {port} is taken by another program. Choose another one: --port {port + 1}"
            ) from error
        raise CannotServe(f"Cannot serve at {host}:{port}: {error.strerror}") from error


def serve_here(app: Flask, host: str, port: int, greeting: str) -> None:
    """Serve from this process until SIGTERM or Ctrl+C; greet when people can come in."""

    def stop(_signal: int, _frame: FrameType | None) -> None:
        raise SystemExit

    signal.signal(signal.SIGTERM, stop)
    _settle()
    server = waitress.create_server(
        app, host=host, port=port, threads=THREADS, ident=None,
        # Otherwise waitress removes the headers that PORTAL_TRUSTED_PROXIES speaks of.
        clear_untrusted_proxy_headers=not app.config["TRUSTED_PROXIES"],
    )  # fmt: skip
    click.echo(greeting)
    server.run()


def application() -> Flask:
    """What each worker of gunicorn serves."""
    app = create_app()
    _settle()
    return app


def _settle() -> None:
    """What is loaded by now stays: the collector need not go through it again and again. It took
    a fifteenth of the time of a page."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(ALLOCATIONS, 10, 10)


def become_gunicorn(host: str, port: int) -> None:
    """Turn this process into gunicorn with its own workers."""
    sys.stdout.flush()
    os.execv(  # noqa: S606 - no shell, and nothing in it comes from elsewhere
        sys.executable,
        [sys.executable, "-m", "gunicorn", "portal.serving:application()", "--bind",
         address(host, port),
         "--workers", "2", "--threads", "4", "--no-control-socket"],
    )  # fmt: skip
