"""What can go wrong in a command, as exceptions that know nothing of HTTP.

`portal.web.errors` is the only place that turns them into status codes.
"""

from __future__ import annotations


class Problem(Exception):
    """Something a person can be told. `message` is German and ends up on a page."""

    def __init__(self, message: str = "") -> None:
        super().__init__(message)
        self.message = message


class NotFound(Problem):
    """Does not exist, or exists and is not the actor's: the two must look alike."""


class Forbidden(Problem):
    """Visible to the actor, but this move is for somebody else."""


class Conflict(Problem):
    """The move does not exist in this state, or somebody else was faster."""


class TooMany(Problem):
    """Too many attempts in a short time; waiting helps."""


class Invalid(Problem):
    """The input breaks a rule. `errors` maps a field's key ("" for the whole) to its message."""

    def __init__(self, errors: dict[str, str]) -> None:
        super().__init__(" ".join(errors.values()))
        self.errors = errors
