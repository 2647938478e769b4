"""프로그램 신청: a session's places, who of a waiting list is offered some, until when, and what people enter."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Container, Sequence
from dataclasses import dataclass
from enum import StrEnum

from booking.clock import SEOUL, seoul_date, seoul_time
from booking.domain.entered import Entered, Given
from booking.domain.ids import PartyId
from booking.domain.programmes import MOST_PLACES
from booking.domain.visit_days import is_working_day, next_waking
from booking.domain.vocabulary import Level

LONGEST_LABEL, LONGEST_PARTY_NOTE = 20, 200
MOST_GROUP, MOST_GRADE = 1000, 6
#: an offered place is kept for at most so many working days, or hours
MOST_KEPT = {"working_days": 20, "hours": 240}
#: until this time of day something is answered, on the last day that there is for it
END_OF_DAY = dt.time(18, 0)
_DAY = dt.timedelta(days=1)


class KeepUnit(StrEnum):
    """In what the time is counted for which an offered place is kept."""

    WORKING_DAYS = "working_days"
    HOURS = "hours"


class Window(StrEnum):
    """접수 상태: whether schools may register for a session now."""

    OPEN = "open"
    SOON = "soon"
    OVER = "over"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Keep:
    """For how long an offered place is kept."""

    number: int
    unit: KeepUnit


#: the habit of the centre
HABIT = Keep(3, KeepUnit.WORKING_DAYS)


@dataclass(frozen=True, slots=True)
class Waiting:
    """One party of a waiting list."""

    number: PartyId
    pupils: int
    #: the office gathers places for it: nobody behind it goes first
    gathers: bool = False


@dataclass(frozen=True, slots=True)
class Walk:
    """What one walk through the list came to: who is offered places, and who was passed over by one of them."""

    offered: tuple[PartyId, ...]
    passed: tuple[PartyId, ...]


def walk(free: int, line: Sequence[Waiting]) -> Walk:
    """Go through a waiting list in the order of arrival and offer to each party what fits into the free places.

    A class of 28 does not keep a class of 20 behind it from the 20 places that are free: it could not use them, keeps
    its turn, and is looked at first again whenever a place comes free. A party for which the office gathers places
    ends the walk where it does not fit: what is free stays free for it.
    """
    offered: list[PartyId] = []
    skipped: list[PartyId] = []
    passed: list[PartyId] = []
    for party in line:
        if party.pupils <= free:
            offered.append(party.number)
            free -= party.pupils
            passed = list(skipped)
        elif party.gathers:
            break
        else:
            skipped.append(party.number)
    return Walk(tuple(offered), tuple(passed))


def last_moment(date: dt.date) -> dt.datetime:
    """Return the moment until which places of a session are given: the end of the day before it."""
    return seoul_time(date - _DAY, END_OF_DAY)


def answer_until(now: dt.datetime, keep: Keep, date: dt.date, free: Container[dt.date]) -> dt.datetime | None:
    """Return until when a place that is offered now is kept, or None where it is too late for an offer.

    Working days are counted from the day after, ``free`` being the holidays, and end at :data:`END_OF_DAY`; hours are
    counted from when the message may leave. Never past the end of the day before the session.
    """
    last = last_moment(date)
    if now >= last:
        return None
    if keep.unit is KeepUnit.HOURS:
        until = next_waking(now) + dt.timedelta(hours=keep.number)
    else:
        day = seoul_date(now)
        for _ in range(keep.number):
            day += _DAY
            while not is_working_day(day, free):
                day += _DAY
        until = seoul_time(day, END_OF_DAY)
    return min(until, last)


def window(
    now: dt.datetime, opens_at: dt.datetime, closes_at: dt.datetime, closed_at: dt.datetime | None, date: dt.date
) -> Window:
    """Return whether schools may register now: never once places of the session are no longer given."""
    if now >= min(closes_at, last_moment(date)):
        return Window.OVER
    if closed_at is not None:
        return Window.CLOSED
    return Window.SOON if now < opens_at else Window.OPEN


@dataclass(frozen=True, slots=True)
class OpeningEntry:
    """How a session is opened for registration, as entered. ``grades`` empty: every grade of the levels."""

    places: int
    levels: tuple[Level, ...]
    grades: tuple[int, ...]
    opens_at: dt.datetime
    closes_at: dt.datetime
    smallest: int
    largest: int
    keep: Keep


@dataclass(frozen=True, slots=True)
class PartyEntry:
    """A class or a group, as a school enters it: a head count, and nothing about any pupil."""

    label: str
    grade: int | None
    pupils: int
    note: str


def read_opening(given: Given, date: dt.date) -> OpeningEntry:
    """Return how a session on ``date`` is opened.

    Raises:
        InvalidForm: every field that cannot be accepted; registration ends before it begins (``closes_on``, ``order``),
            or after the session (``after_session``); a group larger than the places or smaller than the smallest.
    """
    entered = Entered(given)
    places = entered.number("places", 1, MOST_PLACES)
    levels = tuple(Level(text) for text in entered.several("levels", [one.value for one in Level], required=True))
    grades = tuple(int(text) for text in entered.several("grades", [str(n) for n in range(1, MOST_GRADE + 1)]))
    opens_at = _moment(entered, "opens")
    closes_at = _moment(entered, "closes")
    smallest = entered.number("smallest", 1, MOST_GROUP, default=1)
    largest = entered.number("largest", 1, MOST_GROUP)
    unit = entered.one_of(KeepUnit, "unit")
    keep = Keep(entered.number("keep", 1, MOST_KEPT[unit]), unit)
    if not entered.faults:
        if closes_at <= opens_at:
            entered.fault("closes_on", "order_closes")
        elif closes_at.astimezone(SEOUL).date() > date:
            entered.fault("closes_on", "after_session")
        if largest > places:
            entered.fault("largest", "above_places")
        elif largest < smallest:
            entered.fault("largest", "below_smallest")
    entered.finish()
    return OpeningEntry(places, levels, grades, opens_at, closes_at, smallest, largest, keep)


def _moment(entered: Entered, name: str) -> dt.datetime:
    day = entered.required_date(f"{name}_on")
    time = entered.time(f"{name}_at")
    return seoul_time(day, time) if day > dt.date.min else dt.datetime.min.replace(tzinfo=dt.UTC)


def grades_for(level: Level, grades: Collection[int]) -> list[int]:
    """Return the grades of a school that may come: those named, or all of its level."""
    return [grade for grade in level.grades if not grades or grade in grades]


def read_party(given: Given, grades: Collection[int], *, smallest: int, largest: int) -> PartyEntry:
    """Return the entered class or group; its size within the limits of the session.

    Raises:
        InvalidForm: every field that cannot be accepted.
    """
    entered = Entered(given)
    label = entered.line("label", LONGEST_LABEL)
    text = entered.text("grade")
    grade = int(text) if text.isascii() and text.isdigit() and len(text) == 1 and int(text) in grades else None
    if text and grade is None:
        entered.fault("grade", "not_for_grade")
    elif not text:
        entered.fault("grade", "required")
    pupils = read_size(entered, smallest, largest)
    note = entered.lines("note", LONGEST_PARTY_NOTE)
    entered.finish()
    return PartyEntry(label, grade, pupils, note)


def read_size(entered: Entered, smallest: int, largest: int) -> int:
    """Return the entered head count; what is wrong with it is noted as ``pupils``, ``group_size``."""
    if not entered.text("pupils"):
        entered.fault("pupils", "group_size")
        return smallest
    found = entered.number("pupils", 1, MOST_PLACES)
    if not entered.faults and not smallest <= found <= largest:
        entered.fault("pupils", "group_size")
    return found
