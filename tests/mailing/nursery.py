"""Starts many workers quickly: what takes seconds, reading the program, is done once for all.

Each line on the standard input starts one, a process of its own that runs `portal worker`; its
number is printed. They are killed by whoever asked for them.
"""

from __future__ import annotations

import os
import signal
import sys

from portal.app import create_app
from portal.cli import main


def hatch() -> int:
    number = os.fork()
    if number:
        return number
    null = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(null, stream)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    main(["worker"])
    os._exit(0)


if __name__ == "__main__":
    create_app()  # whatever is set up once for a process; no connection is opened
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody asks how they ended
    for _ in sys.stdin:
        sys.stdout.write(f"{hatch()}\n")
        sys.stdout.flush()
