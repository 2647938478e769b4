"""실적 장부: what is entered, how a difference becomes entries, and what proves a frozen quarter.

Everything is counted in attendances (연인원): whoever comes twice counts twice. An entry is never changed: what was
wrong is put right by a later one that refers to it and says why. Each stage is counted by itself: how many were
planned, how many confirmed, how many came.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from booking.domain.ids import EntryId, ProgrammeId, SchoolId, SessionId, UserId, VisitId
from booking.domain.quarters import Quarter
from booking.domain.vocabulary import Level

_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
LONGEST_REASON = 300


class Stage(StrEnum):
    """How far a count has come."""

    PLANNED = "planned"
    CONFIRMED = "confirmed"
    ATTENDED = "attended"


@dataclass(frozen=True, slots=True)
class Amount:
    """How often something took place, and how many attendances that were."""

    sessions: int = 0
    people: int = 0

    def __add__(self, other: Amount) -> Amount:
        return Amount(self.sessions + other.sessions, self.people + other.people)

    def __sub__(self, other: Amount) -> Amount:
        return Amount(self.sessions - other.sessions, self.people - other.people)

    def __bool__(self) -> bool:
        return bool(self.sessions or self.people)


@dataclass(frozen=True, slots=True)
class Key:
    """What an amount is counted under. ``counted``: its attendances count towards the year's target."""

    programme_id: ProgrammeId
    counted: bool
    stage: Stage
    school_id: SchoolId | None
    level: Level | None
    date: dt.date


def changes(posted: Mapping[Key, Amount], wanted: Mapping[Key, Amount]) -> list[tuple[Key, Amount]]:
    """Return what has to be entered so that ``posted`` becomes ``wanted``: what is taken back first."""
    found = []
    for key in {**posted, **wanted}:
        more = wanted.get(key, Amount()) - posted.get(key, Amount())
        if more:
            found.append((key, more))
    return sorted(found, key=_order)


def _order(change: tuple[Key, Amount]) -> tuple[bool, int]:
    key, more = change
    return min(more.sessions, more.people) >= 0, list(Stage).index(key.stage)


def counting_day(date: dt.date, today: dt.date, frozen: Collection[Quarter]) -> dt.date:
    """Return the day on which an entry counts: its own, or today where its own quarter is frozen already."""
    return today if Quarter.of(date) in frozen else date


@dataclass(frozen=True, slots=True)
class Line:
    """One entry as the proof of a quarter reads it."""

    id: EntryId
    key: Key
    amount: Amount
    session_id: SessionId | None
    visit_id: VisitId | None
    corrects_id: EntryId | None
    reason: str | None
    counts_on: dt.date
    by_id: UserId
    at: dt.datetime

    @property
    def text(self) -> str:
        """Every column of the entry, so that none can be other than it was without another proof.

        ``booking/services/audit.py`` writes the same line in SQL.
        """
        key = self.key
        return "|".join(
            "" if value is None else str(value)
            for value in (
                self.id,
                key.stage.value,
                key.programme_id,
                int(key.counted),
                key.school_id,
                key.level.value if key.level else None,
                key.date,
                self.amount.sessions,
                self.amount.people,
                self.session_id,
                self.visit_id,
                self.corrects_id,
                (self.reason or "").encode().hex(),
                self.counts_on,
                self.by_id,
                (self.at - _EPOCH) // dt.timedelta(microseconds=1),
            )
        )


def proof(document: str, lines: Iterable[Line]) -> str:
    """Return the hash that proves a frozen quarter: its figures and every entry behind them, in their order."""
    text = "\n".join([document, *(line.text for line in lines)])
    return hashlib.sha256(text.encode()).hexdigest()
