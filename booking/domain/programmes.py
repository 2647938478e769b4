"""프로그램과 회차: what a person enters of a kind of programme and of a session, checked once."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

from booking.domain.entered import Entered, Given
from booking.domain.ids import ProgrammeId, SchoolId, UserId
from booking.domain.states import SessionStatus
from booking.domain.vocabulary import Level

#: the kind under which visits of the plan are entered; it is there from the first migration on
VISIT_CODE = "workplace_visit"
LONGEST_TITLE, LONGEST_PLACE, LONGEST_NOTES, LONGEST_KIND = 120, 120, 1000, 60
LONGEST_REASON = 300
#: one count; a fair of 4,025 visitors fits many times
MOST_PEOPLE, MOST_COST, MOST_PLACES = 100_000, 999_999_999, 10_000
#: rows of quick entry, copies of a recurrence, counts of one session
MOST_MONTHS = 120
MOST_ROWS, MOST_COPIES, MOST_COUNTS = 100, 60, 60


class Section(StrEnum):
    """The part of the quarterly report in which a kind stands."""

    PROGRAMME = "programme"
    TRAINING = "training"
    MEETING = "meeting"


class ToldTo(StrEnum):
    """주민소통실적: the row of it in which a kind stands, beside or instead of the quarter's results."""

    PARENTS = "parents"
    DONORS = "donors"


@dataclass(frozen=True, slots=True)
class KindEntry:
    """A kind of programme, as entered."""

    name: str
    name_en: str
    section: Section
    counted: bool
    #: it stands among the quarter's results
    listed: bool
    told_to: ToldTo | None
    #: how 주민소통실적 calls it; empty: by its name
    report_name: str
    #: who came, as the results print it behind the count
    report_note: str
    active: bool
    position: int
    valid_months: int | None


@dataclass(frozen=True, slots=True)
class CountEntry:
    """One row of a session's head counts: of a school, of a level, or of nobody's pupils."""

    school_id: SchoolId | None
    level: Level | None
    planned: int
    attended: int | None


@dataclass(frozen=True, slots=True)
class SessionEntry:
    """A session, as entered. ``cost`` is in won."""

    programme_id: ProgrammeId
    title: str
    date: dt.date
    starts_at: dt.time | None
    place: str
    people: tuple[UserId, ...]
    cost: int | None
    notes: str
    status: SessionStatus
    counts: tuple[CountEntry, ...]
    reason: str


def read_kind(given: Given) -> KindEntry:
    """Return the entered kind.

    Raises:
        InvalidForm: every field that cannot be accepted; a kind that would stand nowhere in the report (``listed``,
            ``nowhere``).
    """
    entered = Entered(given)
    listed = entered.text("listed") == "1"
    told_to = entered.one_of(ToldTo, "told_to") if entered.text("told_to") else None
    if not listed and told_to is None:
        entered.fault("listed", "nowhere")
    entry = KindEntry(
        name=entered.line("name", LONGEST_KIND),
        name_en=entered.line("name_en", LONGEST_KIND),
        section=entered.one_of(Section, "section"),
        counted=entered.text("counted") == "1",
        listed=listed,
        told_to=told_to,
        report_name=entered.line("report_name", LONGEST_KIND, required=False),
        report_note=entered.line("report_note", LONGEST_KIND, required=False),
        active=entered.text("active") == "1",
        position=entered.number("position", 1, 999),
        valid_months=entered.number_or_none("valid_months", 1, MOST_MONTHS),
    )
    entered.finish()
    return entry


@dataclass(frozen=True, slots=True)
class Known:
    """What a form may choose from: kinds, schools with their level, and people of the office."""

    programmes: Collection[int]
    schools: dict[int, Level]
    people: Collection[int]


def _chosen(entered: Entered, field: str, known: Collection[int], *, required: bool) -> int | None:
    text = entered.text(field)
    if not text:
        if required:
            entered.fault(field, "required")
        return None
    if not re.fullmatch(r"\d{1,9}", text, re.ASCII) or int(text) not in known:
        entered.fault(field, "unknown")
        return None
    return int(text)


def _count(entered: Entered, row: int, known: Known) -> CountEntry | None:
    """One row of the table of counts; an empty one is none."""
    names = [f"{name}-{row}" for name in ("who", "planned", "attended")]
    if not any(entered.text(name) for name in names):
        return None
    who = entered.text(names[0])
    school: SchoolId | None = None
    level: Level | None = None
    if who in set(Level):
        level = Level(who)
    elif re.fullmatch(r"\d{1,9}", who, re.ASCII) and int(who) in known.schools:
        school, level = SchoolId(int(who)), known.schools[int(who)]
    elif who:
        entered.fault(names[0], "unknown")
    attended = entered.number_or_none(names[2], 0, MOST_PEOPLE)
    planned = entered.number_or_none(names[1], 0, MOST_PEOPLE)
    return CountEntry(school, level, planned if planned is not None else attended or 0, attended)


def counts_of(entered: Entered, rows: Collection[int], known: Known, *, held: bool) -> tuple[CountEntry, ...]:
    """Return the head counts; nobody stands there twice, and what was held says how many came."""
    found: list[CountEntry] = []
    for row in rows:
        one = _count(entered, row, known)
        if one is None:
            continue
        if any((one.school_id, one.level) == (other.school_id, other.level) for other in found):
            entered.fault(f"who-{row}", "twice")
        if held and one.attended is None:
            entered.fault(f"attended-{row}", "required")
        found.append(one)
    if not found:
        entered.fault(f"planned-{next(iter(rows), 0)}", "required")
    return tuple(found)


def read_session(given: Given, known: Known, today: dt.date, *, rows: Collection[int]) -> SessionEntry:
    """Return the entered session.

    Raises:
        InvalidForm: every field that cannot be accepted; a session that was held lies not in the future (``date``,
            ``held_later``).
    """
    entered = Entered(given)
    programme = _chosen(entered, "programme", known.programmes, required=True)
    title = entered.line("topic", LONGEST_TITLE)
    date = entered.required_date("date")
    starts_at = entered.time("starts_at") if entered.text("starts_at") else None
    status = entered.one_of(SessionStatus, "status")
    place = entered.line("place", LONGEST_PLACE, required=False)
    people = tuple(UserId(int(text)) for text in entered.several("people", map(str, sorted(known.people))))
    cost = entered.number_or_none("cost", 0, MOST_COST)
    notes = entered.lines("notes", LONGEST_NOTES)
    counts = counts_of(entered, rows, known, held=status is SessionStatus.HELD)
    reason = entered.line("reason", LONGEST_REASON, required=False)
    if status is SessionStatus.HELD and date > today:
        entered.fault("date", "held_later")
    entered.finish()
    return SessionEntry(
        ProgrammeId(programme or 0), title, date, starts_at, place, people, cost, notes, status, counts, reason
    )


def read_quick(given: Given, known: Known, today: dt.date, *, rows: Collection[int]) -> list[SessionEntry]:
    """Return the sessions of a table of quick entry: a line each, empty lines left out.

    Raises:
        InvalidForm: every field that cannot be accepted, by its row (``topic-3``), or nothing entered at all.
    """
    entered = Entered(given)
    found = []
    for row in rows:
        # a state and a kind are chosen from the start: only what was typed makes a line
        if not any(entered.text(f"{name}-{row}") for name in ("topic", "date", "planned", "attended", "who")):
            continue
        programme = _chosen(entered, f"programme-{row}", known.programmes, required=True)
        date = entered.required_date(f"date-{row}")
        attended = entered.text(f"attended-{row}")
        status = SessionStatus.HELD if attended else SessionStatus.PLANNED
        if attended and date > today:
            entered.fault(f"date-{row}", "held_later")
        counts = counts_of(entered, [row], known, held=bool(attended))
        title = entered.line(f"topic-{row}", LONGEST_TITLE)
        found.append(SessionEntry(ProgrammeId(programme or 0), title, date, None, "", (), None, "", status, counts, ""))
    if not found and not entered.faults:
        entered.fault(f"date-{next(iter(rows), 0)}", "required")
    entered.finish()
    return found


class Every(StrEnum):
    """How far apart the copies of a recurrence lie."""

    WEEK = "week"
    TWO_WEEKS = "two_weeks"
    MONTH = "month"


_DAYS = {Every.WEEK: 7, Every.TWO_WEEKS: 14}


def recurring(first: dt.date, every: Every, until: dt.date) -> list[dt.date]:
    """Return the days after ``first`` up to ``until``, at most :data:`MOST_COPIES`.

    A month keeps the weekday and which one of the month it is: the second Tuesday stays the second Tuesday; a month
    without a fifth one is left out.
    """
    found: list[dt.date] = []
    number = 1
    while len(found) < MOST_COPIES:
        day = _nth(first, number) if every is Every.MONTH else first + dt.timedelta(days=_DAYS[every] * number)
        number += 1
        if day is None:
            continue
        if day > until:
            break
        found.append(day)
    return found


def _nth(first: dt.date, months: int) -> dt.date | None:
    year, month = divmod(first.month - 1 + months, 12)
    start = dt.date(first.year + year, month + 1, 1)
    offset = (first.weekday() - start.weekday()) % 7 + 7 * ((first.day - 1) // 7)
    day = start + dt.timedelta(days=offset)
    return day if day.month == start.month else None
