"""How handoffs usually go, kind by kind: so often, by these moves, with so many days between them.

Together with the worked week every status occurs, and every kind of partner.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class In:
    """A date so many working days after the move."""

    days: int


@dataclass(frozen=True)
class At:
    """A time of day, so many working days after the move."""

    days: int
    hour: int
    minute: int = 0


@dataclass(frozen=True)
class Pick:
    """One of these, by chance."""

    values: tuple[Any, ...]


NINE_MONTHS = 187  # working days
ELSEWHERE = "elsewhere"  # another service of the same kind
VOLUNTEER = "volunteer"  # somebody of the circle


@dataclass(frozen=True)
class Move:
    """`after` so many working days, at least and at most, since the move before."""

    after: tuple[int, int]
    action: str
    data: dict[str, Any]


def after(least: int, most: int, action: str, **data: Any) -> Move:
    return Move((least, most), action, data)


@dataclass(frozen=True)
class Journey:
    """`moves` follow the draft; the last of them was `ago` working days before the worked Monday.

    `open` ones still wait for somebody. `need`: only for this one.
    """

    count: int
    moves: tuple[Move, ...]
    ago: tuple[int, int] = (2, NINE_MONTHS)
    open: bool = False
    need: str = ""

    @property
    def stirs(self) -> bool:
        """Whether it comes up on the advisor's start page: as a task, or as overdue."""
        last = self.moves[-1].action if self.moves else ""
        return self.open and last in ("", "send", "acknowledge", "ask", "offer_seat", "complete")

    @property
    def mistaken(self) -> bool:
        """Whether a team lead is needed, who marks it so."""
        return any(move.action == "void" for move in self.moves)

    @property
    def goes_elsewhere(self) -> bool:
        return any(ELSEWHERE in move.data.values() for move in self.moves)


def waiting(count: int, *moves: Move, ago: tuple[int, int] = (1, 7), need: str = "") -> Journey:
    return Journey(count, moves, ago, open=True, need=need)


def done(count: int, *moves: Move, need: str = "") -> Journey:
    """Over, and the advisor has looked at the result."""
    return Journey(count, (*moves, after(1, 4, "review")), need=need)


SEND = after(0, 1, "send")
READ = after(1, 3, "acknowledge")
ACCEPT = after(1, 7, "accept", next_on=In(10))
MEET = after(1, 6, "accept_with_appointment", appointment_at=At(6, 10))
MET = after(7, 8, "start")
WAIT = after(2, 7, "waitlist", position=Pick((2, 4, 5, 8, 11)), next_on=In(19))
EXPIRE = after(25, 25, "expire")
HELPED = Pick(("help_received", "help_received", "advised_only", "help_partly_received"))
RESULT = after(4, 16, "complete", code=HELPED)
NO_ROOM = after(2, 8, "decline", code=Pick(("no_capacity", "outside_area", "not_responsible")))
WITHDRAW = after(3, 12, "withdraw", code=Pick(("solved_otherwise", "moved_away", "wrong_partner",
                                               "client_no_longer_interested")))  # fmt: skip
LOST = after(6, 20, "fail", code=Pick(("could_not_contact", "no_show", "dropped_out")))
MISTAKE = after(1, 3, "void", reason=Pick(("Doppelt angelegt.", "Falsche Person ausgewählt.")))
SENT_AGAIN = (
    SEND, after(2, 5, "redirect", suggestion="Eine andere Stelle im Landkreis, sie ist näher."),
    after(1, 3, "review"), after(0, 0, "again", offer=ELSEWHERE), SEND,
)  # fmt: skip

OTHER_OFFICES = (
    done(17, SEND, ACCEPT, RESULT),
    done(9, SEND, MEET, MET, RESULT),
    done(4, SEND, WAIT, after(12, 18, "accept", next_on=In(10)),
         after(3, 9, "complete", code="enrolled"), need="childcare"),
    done(3, SEND, MEET, after(7, 8, "no_show", excused=True, next_on=In(5)),
         after(2, 4, "schedule", appointment_at=At(6, 14)), MET, RESULT),
    done(5, SEND, NO_ROOM),
    done(1, *SENT_AGAIN, ACCEPT, RESULT, need="childcare"),
    done(1, *SENT_AGAIN, ACCEPT, RESULT, need="work"),
    done(2, SEND, EXPIRE),
    done(1, SEND, EXPIRE, after(1, 2, "review"), after(0, 0, "again"), SEND, ACCEPT, RESULT),
    done(3, SEND, ACCEPT, LOST),
    Journey(3, (SEND, WITHDRAW)),
    Journey(2, (SEND, MISTAKE)),
    waiting(4, SEND, ago=(1, 8)),
    waiting(3, SEND, ago=(13, 22)),
    waiting(1, SEND, after(2, 4, "ask", question="Welche Unterlagen liegen schon vor?"),
            ago=(1, 2)),
    waiting(2, SEND, WAIT, need="childcare"),
    waiting(3, SEND, ACCEPT),
    waiting(2, SEND, MEET, ago=(1, 5)),
    waiting(4, SEND, ACCEPT, after(2, 6, "start"), ago=(2, 14)),
    waiting(2, SEND, ACCEPT, after(3, 6, "pause", reason="Unterlagen fehlen noch", next_on=In(15))),
    waiting(2, ago=(1, 2)),
    waiting(2, SEND, ACCEPT, RESULT, ago=(1, 3)),
)  # fmt: skip

JOBCENTER = (
    done(12, SEND, ACCEPT, after(4, 16, "complete", code=Pick(("advised_only", "help_received")))),
    done(4, SEND, ACCEPT, after(4, 16, "complete", code="help_received",
                                measure=Pick(("avgs", "mag", "fbw", "eq"))), need="work"),
    done(10, SEND, MEET, after(6, 9, "issue_obligation", next_on=In(15),
                               course_kind=Pick(("integration_course", "literacy_course",
                                                 "vocational_course"))),
         after(10, 16, "complete", code="help_received"), need="language"),
    done(3, SEND, after(2, 4, "ask", question="Liegt der letzte Bescheid vor?"),
         after(1, 2, "answer", answer="Ja, er liegt bei der Beratung und wird mitgebracht."),
         ACCEPT, after(5, 12, "complete", code="application_filed"), need="benefits_finance"),
    done(6, SEND, after(2, 8, "decline", code=Pick(("missing_documents", "already_served",
                                                    "not_responsible")))),
    done(2, *SENT_AGAIN, ACCEPT, after(4, 12, "complete", code="advised_only")),
    done(2, SEND, READ, EXPIRE),
    done(3, SEND, ACCEPT, LOST),
    Journey(3, (SEND, WITHDRAW)),
    Journey(1, (SEND, READ, WITHDRAW)),
    waiting(3, SEND, ago=(1, 6)),
    waiting(2, SEND, READ, ago=(12, 18)),
    waiting(1, SEND, after(2, 5, "ask", question="Wer wohnt noch im Haushalt?"), ago=(1, 2)),
    waiting(3, SEND, ACCEPT),
    waiting(3, SEND, MEET, ago=(1, 5)),
    waiting(2, SEND, MEET, MET, ago=(2, 12)),
    waiting(3, SEND, ACCEPT, after(4, 8, "issue_obligation", next_on=In(18),
                                   course_kind="integration_course"), need="language"),
    waiting(1, SEND, ACCEPT, after(3, 6, "pause", reason="Wartet auf den Bescheid einer anderen "
                                   "Behörde", next_on=In(15))),
    waiting(1, ago=(1, 2)),
    waiting(1, SEND, ACCEPT, RESULT, ago=(1, 3)),
)  # fmt: skip

# Courses that were offered; the provider's title, its kind, days and times.
SEAT = {"course_name": Pick(("Integrationskurs 3", "Integrationskurs 5", "Integrationskurs 8",
                             "Alphabetisierungskurs 2", "Zweitschriftkurs 1")),
        "course_kind": Pick(("general", "general", "literacy", "second_script")),
        "course_level": Pick(("a1", "a1", "a2")), "course_place": "Probering 14, Raum 2",
        "course_times": Pick(("Montag bis Freitag, 8:30 bis 12 Uhr",
                              "Montag bis Donnerstag, 13 bis 16:15 Uhr"))}  # fmt: skip
STATE_SEAT = {"course_name": Pick(("Abendkurs 2", "Abendkurs 4")), "course_kind": "state_evening",
              "course_level": Pick(("a2", "b1")), "course_place": "Beispielplatz 2, Raum 11",
              "course_times": "Dienstag und Donnerstag, 18 bis 20:15 Uhr"}  # fmt: skip
OFFERED = after(2, 6, "offer_seat", starts_on=In(14), next_on=In(6), **SEAT)
STATE_OFFERED = after(4, 15, "offer_seat", starts_on=In(14), next_on=In(6), **STATE_SEAT)
TEST = after(2, 6, "set_placement_test", appointment_at=At(5, 9), place="Probering 14, Raum 1")
TAKEN, BEGUN = after(2, 4, "take_seat"), after(11, 12, "start")
MODULE = after(18, 22, "report_progress", module=1, level="a1")

COURSES = (
    done(7, SEND, TEST, after(6, 9, "offer_seat", starts_on=In(14), next_on=In(6), **SEAT), TAKEN,
         BEGUN, MODULE, after(18, 22, "report_progress", module=2, level="a2"),
         after(20, 40, "complete", code="certificate_issued", level=Pick(("b1", "a2")),
               exam="passed")),
    done(2, SEND, WAIT, after(8, 18, "offer_seat", starts_on=In(14), next_on=In(6), **SEAT), TAKEN,
         BEGUN, MODULE, after(5, 15, "fail", code="dropped_out")),
    done(2, SEND, OFFERED, after(2, 4, "refuse_seat", reason="times"),
         after(4, 9, "decline", code="time_conflict")),
    # Nobody answered in time, the system let the offer go; the second one was taken.
    done(2, SEND, OFFERED, after(7, 7, "lapse_seat"), OFFERED, TAKEN, BEGUN,
         after(40, 60, "complete", code="help_received", level="a2", exam="not_taken")),
    done(4, SEND, after(3, 8, "decline", code=Pick(("level_mismatch", "entitlement_missing",
                                                    "childcare_missing")))),
    done(1, *SENT_AGAIN, OFFERED, TAKEN, BEGUN,
         after(40, 50, "complete", code="certificate_issued", level="a2", exam="passed")),
    Journey(1, (SEND, WITHDRAW)),
    waiting(2, SEND, ago=(1, 5)),
    waiting(1, SEND, after(2, 4, "ask", question="Wurde schon ein Kurs besucht, und wo?"),
            ago=(1, 2)),
    waiting(4, SEND, WAIT, ago=(1, 9)),
    waiting(2, SEND, TEST, ago=(1, 4)),
    waiting(2, SEND, OFFERED, ago=(1, 2)),
    waiting(2, SEND, OFFERED, TAKEN, ago=(1, 5)),
    waiting(4, SEND, OFFERED, TAKEN, BEGUN, ago=(2, 14)),
    waiting(1, SEND, OFFERED, TAKEN, BEGUN,
            after(8, 11, "report_progress", module=1), ago=(2, 5)),
)  # fmt: skip

STATE_COURSES = (
    done(4, SEND, WAIT, STATE_OFFERED, TAKEN, BEGUN,
         after(30, 50, "complete", code="help_received", level=Pick(("b1", "b2")),
               exam="not_taken")),
    done(1, SEND, after(3, 8, "decline", code="time_conflict")),
    waiting(1, SEND, ago=(1, 4)),
    waiting(2, SEND, WAIT, ago=(1, 8)),
    waiting(2, SEND, STATE_OFFERED, TAKEN, BEGUN, ago=(2, 14)),
)  # fmt: skip

LOOK = after(1, 4, "accept", next_on=In(8))
PROPOSE = after(1, 5, "propose", handler=VOLUNTEER, clearance_until=In(300), client_agrees=True,
                next_on=In(4))  # fmt: skip
TAKE_ON = after(1, 3, "take_on")
CIRCLES = (
    done(8, SEND, LOOK, PROPOSE, TAKE_ON,
         after(5, 25, "task_done", code=Pick(("help_received", "help_partly_received")),
               result="Hat sich mehrmals getroffen, das Ziel ist erreicht.")),
    done(2, SEND, LOOK, PROPOSE, after(1, 2, "not_this_time"), PROPOSE, TAKE_ON,
         after(5, 20, "task_done", code="help_received", result="Erledigt an zwei Nachmittagen.")),
    done(2, SEND, after(2, 6, "decline", code=Pick(("no_capacity", "time_conflict")))),
    done(2, SEND, LOOK, after(8, 18, "fail", code="no_capacity_found")),
    Journey(1, (SEND, WITHDRAW)),
    waiting(1, SEND, ago=(1, 4)),
    waiting(2, SEND, LOOK, ago=(1, 5)),
    waiting(2, SEND, LOOK, PROPOSE, ago=(1, 2)),
    waiting(4, SEND, LOOK, PROPOSE, TAKE_ON, ago=(2, 14)),
)  # fmt: skip

TALKED = Pick(("advised_only", "advised_only", "help_received"))
ADVICE = (
    done(7, SEND, ACCEPT, after(3, 8, "start"), after(8, 30, "complete", code=TALKED)),
    done(4, SEND, after(1, 5, "accept_with_appointment", appointment_at=At(7, 11)),
         after(8, 9, "start"), after(8, 30, "complete", code=TALKED)),
    done(3, SEND, after(2, 6, "waitlist", expected_on=In(25), next_on=In(19)),
         after(12, 18, "schedule", appointment_at=At(5, 15)), after(6, 7, "start"),
         after(10, 25, "complete", code=TALKED)),
    done(1, SEND, after(1, 3, "ask", question="interpreting"),
         after(1, 2, "answer", answer="Ja, eine Bekannte kommt mit."), ACCEPT,
         after(3, 8, "start"), after(8, 20, "complete", code=TALKED)),
    done(2, SEND, after(1, 6, "decline", code=Pick(("no_capacity", "already_served")))),
    done(1, SEND, after(1, 4, "accept_with_appointment", appointment_at=At(5, 9)),
         after(6, 7, "no_show", excused=False, next_on=In(8)),
         after(6, 9, "fail", code="could_not_contact")),
    Journey(1, (SEND, WITHDRAW)),
    waiting(2, SEND, ago=(1, 5)),
    waiting(1, SEND, after(1, 3, "ask", question="reachable"), ago=(1, 2)),
    waiting(3, SEND, after(2, 6, "waitlist", expected_on=In(30), next_on=In(19)), ago=(1, 9)),
    waiting(1, SEND, ACCEPT),
    waiting(2, SEND, after(1, 5, "accept_with_appointment", appointment_at=At(8, 11)), ago=(1, 5)),
    waiting(5, SEND, ACCEPT, after(3, 8, "start"), ago=(2, 14)),
)  # fmt: skip

REGISTER = after(1, 6, "register", workshop=Pick(("Gut wohnen im Frühjahr", "Gut wohnen im Herbst",
                                                  "Mieten verstehen", "Wohnen von A bis Z")),
                 appointment_at=At(9, 17, 30), place="Musterhof 6, Saal", language="de",
                 sessions=2)  # fmt: skip
CERTIFIED = after(12, 14, "complete", code="certificate_issued",
                  certificate_number=Pick(("WF-0021", "WF-0034", "WF-0035", "WF-0052", "WF-0060")),
                  hours=6, modules=["tenant", "heating", "waste", "neighbours"])  # fmt: skip
WORKSHOPS = (
    done(6, SEND, REGISTER, CERTIFIED),
    done(1, SEND, REGISTER, after(11, 12, "complete", code="help_partly_received")),
    done(1, SEND, REGISTER, after(4, 6, "event_cancelled", reason="too_few", next_on=In(15)),
         after(6, 12, "register", workshop="Mieten verstehen", appointment_at=At(9, 17, 30),
               place="Musterhof 6, Saal", language="de", sessions=2), CERTIFIED),
    done(2, SEND, after(2, 6, "decline", code=Pick(("language_not_available", "time_conflict")))),
    done(1, SEND, REGISTER, after(11, 12, "fail", code="no_show")),
    Journey(1, (SEND, WITHDRAW)),
    waiting(2, SEND, ago=(1, 4)),
    waiting(4, SEND, REGISTER, ago=(1, 6)),
    waiting(1, SEND, WAIT),
)  # fmt: skip

JOURNEYS = {
    "andere_stelle": OTHER_OFFICES,
    "jobcenter": JOBCENTER,
    "sprachkurs": COURSES,
    "sprachkurs.vwv": STATE_COURSES,
    "helferkreis": CIRCLES,
    "wohlfahrt": ADVICE,
    "wohnungsfuehrerschein": WORKSHOPS,
}
