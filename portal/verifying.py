"""Reads the sealed access log anew, and names what is not as it was written.

One batch is held at a time, however long the log is. What it cannot find: an entry that was
removed before it was sealed, and whatever somebody does who has the key file too and reaches the
copy of the last seal outside of the database.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Generator, Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import groupby, islice
from typing import Any

from sqlalchemy import Connection, Executable, func, select, type_coerce
from sqlalchemy.types import NullType

from portal import digests
from portal.audit import AuditEntry
from portal.extensions import db
from portal.sealing import FIRST, KEPT_OUTSIDE, Seal, dropped_hash, kept_outside, seal_hash
from portal.workflow import LOCAL

MOST = 10  # findings; where everything is wrong, more tell nothing new
AT_ONCE = 1000  # rows
LATE = timedelta(days=1)

Row = Mapping[Any, Any]
Batch = list[tuple[Row, bytes]]  # entries in order, each with the hash of what it says


@dataclass
class Report:
    """What was read, and what is wrong with it (at most MOST sentences)."""

    sealed: int = 0
    seals: int = 0
    waiting: int = 0
    blanked: int = 0
    late: int = 0  # entries that were sealed more than a day after their date
    last: str = ""
    compared: bool = False  # whether a copy of the last seal was found outside
    findings: list[str] = field(default_factory=list)

    def lines(self) -> Iterator[str]:
        """What was read and what was not, in plain sentences."""
        yield f"{self.sealed} entries in {self.seals} seals were read; {self.waiting} wait for one."
        if self.blanked:
            yield f"{self.blanked} of them were blanked because a client was erased."
        if self.late:
            yield f"{self.late} of them were sealed more than a day after their date."
        if self.last:
            yield f"The last is {self.last}."
        if not self.compared:
            yield f"There is no {KEPT_OUTSIDE}: whether the end was cut off cannot be told."
        if len(self.findings) == MOST:
            yield f"It was stopped after {MOST} findings. Is the key file the right one?"


def verify() -> Report:
    report = Report()
    with db.engine.connect() as connection:
        if connection.dialect.name == "postgresql":
            # One picture of everything, while the worker goes on sealing.
            connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        with closing(_Reading(connection, report).findings()) as found:
            report.findings = list(islice(found, MOST))
    return report


class _Reading:
    def __init__(self, connection: Connection, report: Report) -> None:
        self.connection = connection
        self.report = report
        self.secret = digests.key()
        self.previous: Row | None = None  # the last entry of the seal before

    def findings(self) -> Generator[str]:
        yield from self._outside()
        yield from self._seals()
        yield from self._waiting()

    def _rows(self, statement: Executable) -> Iterator[Row]:
        streaming = statement.execution_options(stream_results=True, yield_per=AT_ONCE)
        with self.connection.execute(streaming) as result:
            yield from result.mappings()

    def _seals(self) -> Iterator[str]:
        entries = self._rows(
            _entries()
            .where(AuditEntry.seal_number.is_not(None))
            .order_by(AuditEntry.seal_number, AuditEntry.position, AuditEntry.id)
        )
        groups = groupby(entries, key=lambda entry: entry["seal_number"])
        group = next(groups, None)
        before: bytes | None = FIRST
        expected = 1
        for seal in self._rows(select(Seal.__table__).order_by(Seal.number)):
            number = seal["number"]
            while group and group[0] < number:
                yield from _strays(group[1])
                group = next(groups, None)
            entries_of_it: Iterable[Row] = ()
            if group and group[0] == number:
                entries_of_it, group = list(group[1]), next(groups, None)
            if expected == 1 and self._is_dropped(seal):
                yield from _strays(entries_of_it)
            else:
                if number != expected:
                    yield f"seals were removed before {_seal(seal)}: {expected} to {number - 1}"
                    before = None
                yield from self._seal(seal, self._read(entries_of_it), before)
            before, expected = seal["hash"], number + 1
        while group:
            yield from _strays(group[1])
            group = next(groups, None)

    def _is_dropped(self, seal: Row) -> bool:
        day = seal["dropped_on"]
        if day is None:
            return False
        return bool(seal["dropped_hash"] == dropped_hash(self.secret, seal["hash"], day))

    def _read(self, entries: Iterable[Row]) -> Batch:
        return [_opened(self.secret, entry) for entry in entries]

    def _seal(self, seal: Row, batch: Batch, before: bytes | None) -> Iterator[str]:
        intact = all(
            entry["position"] == position and self._fits(entry, content)
            for position, (entry, content) in enumerate(batch, start=1)
        )
        if not intact or len(batch) < seal["count"]:
            yield from self._diagnosis(seal, batch)
        elif before is not None:
            places = [entry["digest"] for entry, _ in batch]
            sealed = (before, seal["number"], seal["sealed_at"], places)
            if len(batch) != seal["count"] or seal["hash"] != seal_hash(self.secret, *sealed):
                yield (f"{_seal(seal)} does not match its entries or the seal before it: "
                       "the seal was changed, or its last entries were removed")  # fmt: skip
        self._count(seal, batch)
        self.previous = batch[-1][0] if batch else None

    def _count(self, seal: Row, batch: Batch) -> None:
        self.report.seals += 1
        self.report.sealed += len(batch)
        self.report.blanked += sum(entry["salt"] is None for entry, _ in batch)
        dates = [entry["at"] for entry, _ in batch if isinstance(entry["at"], datetime)]
        self.report.late += sum(seal["sealed_at"] - moment > LATE for moment in dates)
        self.report.last = f"{_seal(seal)}, {seal['hash'].hex()}"

    def _fits(self, entry: Row, content: bytes, position: int = 0) -> bool:
        """Whether an entry is what was sealed at its place (at another one of its seal)."""
        place = entry["seal_number"], position or entry["position"]
        try:
            found = digests.place_digest(self.secret, content, entry["id"], *place)
        except struct.error:  # SQLite keeps whatever was put there
            return False
        return bool(found == entry["digest"])

    def _diagnosis(self, seal: Row, batch: Batch) -> Iterator[str]:
        """What was done to a batch: who does not belong where, and which places are empty."""
        if not batch:
            yield f"all {seal['count']} entries of {_seal(seal)} were removed"
            return
        homes: dict[int, Row] = {}
        strangers: Batch = []
        for entry, content in batch:
            home = self._home(seal, entry, content)
            if home is None or home in homes:
                strangers.append((entry, content))
            else:
                homes[home] = entry
        empty = {place for place in range(1, seal["count"] + 1) if place not in homes}
        surplus = len(batch) - seal["count"]
        if surplus == 0:
            yield from _moves(seal, homes)
        for entry, content in strangers:
            if twin := self._twin(entry, content):
                yield f"{_name(entry)} and {_name(twin)} were swapped"
            elif surplus > 0:
                surplus -= 1
                yield f"{_name(entry)} was inserted into {_seal(seal)}"
                continue
            else:
                where = f"number {entry['position']} of {_seal(seal)}"
                yield f"{_name(entry)} was changed; it is {where}"
            empty.discard(entry["position"])
        for place in sorted(empty):
            yield self._removal(seal, homes, place)

    def _home(self, seal: Row, entry: Row, content: bytes) -> int | None:
        if self._fits(entry, content):
            return int(entry["position"])
        places = range(1, seal["count"] + 1)
        return next((place for place in places if self._fits(entry, content, place)), None)

    def _twin(self, entry: Row, content: bytes) -> Row | None:
        """The other of two that changed places: whole, or only their numbers or what they say."""
        place = (entry["seal_number"], entry["position"])
        others = select(
            AuditEntry.id, AuditEntry.seal_number, AuditEntry.position, AuditEntry.digest
        ).where(AuditEntry.seal_number.is_not(None), AuditEntry.id != entry["id"])
        for other in self._rows(others):
            there = (other["seal_number"], other["position"])
            marks = {entry["digest"], other["digest"]}
            tries = ((other["id"], there), (entry["id"], there), (other["id"], place))
            if any(digests.place_digest(self.secret, content, number, *at) in marks
                   for number, at in tries):  # fmt: skip
                return self._if_broken(other["id"])
        return None

    def _if_broken(self, entry_id: int) -> Row | None:
        """An entry that is not at its place itself; of an intact one there is only a copy."""
        whole = _entries().where(AuditEntry.id == entry_id)
        ((other, content),) = self._read(self.connection.execute(whole).mappings())
        return None if self._fits(other, content) else other

    def _removal(self, seal: Row, homes: dict[int, Row], place: int) -> str:
        before = homes.get(place - 1) if place > 1 else self.previous
        after = homes.get(place + 1)
        which = "an entry"
        if before and after and after["id"] - before["id"] == 2:
            which = f"entry {before['id'] + 1}"
        around = [f"after {_name(before)}"] if before else []
        around += [f"before {_name(after)}"] if after else []
        return ", ".join((f"{which} was removed: number {place} of {_seal(seal)}", *around))

    def _waiting(self) -> Iterator[str]:
        unsealed = _entries().where(AuditEntry.seal_number.is_(None)).order_by(AuditEntry.id)
        for raw in self._rows(unsealed):
            entry, content = _opened(self.secret, raw)
            self.report.waiting += 1
            if content != entry["digest"]:
                yield f"{_name(entry)}, not sealed yet, was inserted or changed"

    def _outside(self) -> Iterator[str]:
        """The end of the chain, which nothing in the database itself can vouch for."""
        try:
            kept = kept_outside()
        except ValueError:
            yield f"{KEPT_OUTSIDE} cannot be read"
            return
        self.report.compared = kept is not None
        if kept is None:
            return
        number, hash_ = kept
        found = self.connection.scalar(select(Seal.hash).where(Seal.number == number))
        first = self.connection.scalar(select(func.min(Seal.number)))
        last = self.connection.scalar(select(func.max(Seal.number)))
        if found is None and (first is None or number >= first):
            yield (f"the last entries were removed: {KEPT_OUTSIDE} tells of seal {number}, and the "
                   f"database ends with seal {last or 0} (if a backup was restored, delete that "
                   "file)")  # fmt: skip
        elif found is not None and found != hash_:
            yield f"seal {number} is not the one that {KEPT_OUTSIDE} tells of"


def _entries() -> Any:
    """Columns as the database has them: a value that is none of its type must not end this."""
    table: Any = AuditEntry.__table__
    return select(*(type_coerce(column, NullType()).label(column.name) for column in table.c))


def _opened(secret: bytes, raw: Row) -> tuple[Row, bytes]:
    """An entry as it was written, and the hash of what it says; b"" for none of the portal's."""
    try:
        moment = raw["at"] if isinstance(raw["at"], datetime) else datetime.fromisoformat(raw["at"])
        entry = {
            **raw,
            "at": moment if moment.tzinfo else moment.replace(tzinfo=UTC),
            "data": json.loads(raw["data"]) if isinstance(raw["data"], str) else raw["data"],
        }
        return entry, digests.content_digest(secret, entry)
    except (ValueError, TypeError, AttributeError):
        return raw, b""


def _moves(seal: Row, homes: dict[int, Row]) -> Iterator[str]:
    """Entries of one seal that do not stand where they were put."""
    now = {entry["position"]: (home, entry) for home, entry in homes.items()}
    for home, entry in sorted(homes.items()):
        there, other = now.get(home, (None, entry))
        if entry["position"] == home:
            continue
        if there != entry["position"]:
            yield f"{_name(entry)} was moved; it was number {home} of {_seal(seal)}"
        elif entry["position"] > home:
            yield f"{_name(entry)} and {_name(other)} were swapped"


def _strays(entries: Iterable[Row]) -> Iterator[str]:
    for entry in entries:
        yield (f"{_name(entry)} was inserted, or its seal was removed: there is no seal "
               f"{entry['seal_number']}")  # fmt: skip


def _name(entry: Row) -> str:
    return f"entry {entry['id']} of {_moment(entry['at'])} ({entry['kind']})"


def _seal(seal: Row) -> str:
    return f"seal {seal['number']} of {_moment(seal['sealed_at'])}"


def _moment(moment: Any) -> str:
    if isinstance(moment, datetime):
        return f"{moment.astimezone(LOCAL):%d.%m.%Y %H:%M}"
    return str(moment)
