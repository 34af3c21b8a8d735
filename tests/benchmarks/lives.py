"""The courses that the loaded referrals have taken, and how often each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from portal.lifecycle import FINAL, Status

# action: the side, the state after it (None: unchanged), what was entered
STEPS: dict[str, tuple[str, str | None, dict[str, Any]]] = {
    "create": ("sender", "draft", {}),
    "send": ("sender", "sent", {}),
    "ask": ("receiver", "info_needed", {"question": "Welche Unterlagen liegen schon vor?"}),
    "answer": ("sender", "sent", {"answer": "Pass und Mietvertrag."}),
    "waitlist": ("receiver", "waitlisted", {"position": 3, "note": "Voraussichtlich im Frühjahr."}),
    "accept": ("receiver", "accepted", {"note": "Wir melden uns bis Ende der Woche."}),
    "accept_with_appointment": ("receiver", "scheduled", {"place": "Zimmer 12"}),
    "start": ("receiver", "in_progress", {}),
    "pause": ("receiver", "paused", {"reason": "Krankheit"}),
    "complete": ("receiver", "completed", {"code": "help_received"}),
    "fail": ("receiver", "not_completed", {"code": "no_show"}),
    "decline": ("receiver", "declined", {"code": "no_capacity"}),
    "redirect": ("receiver", "redirected", {"suggestion": "Eine andere Stelle"}),
    "withdraw": ("sender", "cancelled", {"code": "solved_otherwise"}),
    "expire": ("system", "expired", {}),
    "review": ("sender", None, {}),
}
LONG_AGO = (60, 700)  # days since it was created, of what is over


@dataclass(frozen=True)
class Life:
    """`steps` as they happened; `turn` and `ages` in days fit the status they led to."""

    weight: int
    steps: tuple[str, ...]
    turn: str
    ages: tuple[int, int] = (2, 60)

    @property
    def status(self) -> str:
        return next(after for step in reversed(self.steps) if (after := STEPS[step][1]))

    @property
    def code(self) -> str | None:
        return next((code for step in self.steps if (code := STEPS[step][2].get("code"))), None)

    @property
    def closes(self) -> bool:
        return Status(self.status) in FINAL


_ANSWERED = ("create", "send", "accept")
# The consents hold for 182 days: some of those that have run for long end soon.
_RUNNING = (10, 178)
SENT = Life(8, ("create", "send"), "receiver", (1, 30))
ACCEPTED = Life(7, _ANSWERED, "receiver", _RUNNING)
SCHEDULED = Life(5, ("create", "send", "accept_with_appointment"), "receiver")
LIVES = (
    Life(2, ("create",), "sender", (1, 10)),
    SENT,
    Life(3, ("create", "send", "ask"), "sender", (2, 20)),
    Life(4, ("create", "send", "ask", "answer", "waitlist"), "receiver", _RUNNING),
    ACCEPTED,
    SCHEDULED,
    Life(8, (*_ANSWERED, "start"), "receiver", _RUNNING),
    Life(2, (*_ANSWERED, "start", "pause"), "receiver", _RUNNING),
    Life(5, (*_ANSWERED, "start", "complete"), "sender"),
    Life(26, (*_ANSWERED, "start", "complete", "review"), ""),
    Life(9, (*_ANSWERED, "fail", "review"), ""),
    Life(9, ("create", "send", "decline", "review"), ""),
    Life(3, ("create", "send", "redirect", "review"), ""),
    Life(4, ("create", "send", "expire", "review"), ""),
    Life(5, ("create", "send", "withdraw"), ""),
)
WEIGHTS = tuple(life.weight for life in LIVES)
