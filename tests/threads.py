"""Several people at once: each in a thread with its own application context and session."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from flask import Flask

from portal.extensions import db


def at_once(app: Flask, *jobs: Callable[[], Any]) -> list[Any]:
    """Start all `jobs` together; returns what each returned or raised, in their order."""
    start = threading.Barrier(len(jobs))

    def run(job: Callable[[], Any]) -> Any:
        with app.app_context():
            start.wait()
            try:
                return job()
            except Exception as error:  # noqa: BLE001 - handed to the test
                db.session.rollback()
                return error

    db.session.rollback()  # the test itself holds nothing
    with ThreadPoolExecutor(len(jobs)) as pool:
        return [future.result() for future in [pool.submit(run, job) for job in jobs]]
