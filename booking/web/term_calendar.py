"""The term as months of weeks of days, each slot with how crowded it is."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from booking.domain.chances import Chance
from booking.domain.ids import SlotId
from booking.domain.school_year import public_holidays
from booking.domain.vocabulary import Block
from booking.queries.load import SlotLoad
from booking.web.formats import crowding

#: how far away a day is still "nearby", and how empty it has to be to be worth naming
NEARBY_DAYS = 14
EMPTY_ENOUGH = 0.6
WORKDAYS = 5


@dataclass(frozen=True, slots=True)
class Cell:
    """One slot in the calendar: its load, whether it can be chosen, and what the teacher has chosen so far."""

    load: SlotLoad
    choice: str
    past: bool
    #: why the chosen classes are not free then, in words; empty where they are
    why: str = ""
    #: what a first choice has to expect; None where nothing can be chosen
    chance: Chance | None = None
    #: far emptier slots near a full one
    near: tuple[SlotLoad, ...] = ()

    @property
    def how(self) -> str:
        """The name of its crowding."""
        return "off" if self.past or self.why else crowding(self.load.share)


@dataclass(frozen=True, slots=True)
class Day:
    """One working day; without cells it is a holiday or lies outside the term."""

    date: dt.date
    holiday: str | None
    cells: tuple[Cell, ...]
    #: what else the school has on that day, which keeps nobody at school
    hints: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Month:
    """The weeks that show a month: each a list of Monday to Friday, None where the day belongs to another month."""

    first: dt.date
    weeks: tuple[tuple[Day | None, ...], ...]
    #: full slots of this month with less crowded ones near them
    alternatives: tuple[tuple[SlotLoad, tuple[SlotLoad, ...]], ...]


def better_nearby(full: SlotLoad, loads: Iterable[SlotLoad], after: dt.date, count: int = 2) -> tuple[SlotLoad, ...]:
    """Return the slots near ``full`` that are far emptier: the same half of the day first, then the nearest."""
    near = [
        load
        for load in loads
        if load.share is not None
        and load.share < EMPTY_ENOUGH
        and load.date > after
        and load.date != full.date
        and abs((load.date - full.date).days) <= NEARBY_DAYS
    ]
    near.sort(key=lambda load: (load.block is not full.block, abs((load.date - full.date).days), load.share))
    return tuple(near[:count])


def _working_days(first: dt.date, last: dt.date, weekdays: Sequence[int]) -> list[dt.date]:
    span = [first + dt.timedelta(days=n) for n in range((last - first).days + 1)]
    return [day for day in span if day.weekday() in weekdays]


def build_months(
    loads: Sequence[SlotLoad],
    choices: dict[SlotId, str],
    today: dt.date,
    language: str,
    blocked: Mapping[SlotId, str] | None = None,
    hints: Mapping[dt.date, tuple[str, ...]] | None = None,
    chances: Mapping[SlotId, Chance] | None = None,
) -> tuple[Month, ...]:
    """Return the months from today to the end of the term (all of them where every slot is past).

    ``blocked`` says in words why slots cannot be chosen; none of them is named as a better day.
    """
    whys, told, odds = blocked or {}, hints or {}, chances or {}
    free = [load for load in loads if load.slot_id not in whys]
    if not loads:
        return ()
    ahead = [load for load in loads if load.date > today] or list(loads)
    weekdays = sorted({load.date.weekday() for load in loads} | set(range(WORKDAYS)))
    by_day: defaultdict[dt.date, list[SlotLoad]] = defaultdict(list)
    for load in loads:
        by_day[load.date].append(load)
    free_days = public_holidays({load.date.year for load in ahead}, language)

    def cell_of(load: SlotLoad) -> Cell:
        why, past = whys.get(load.slot_id, ""), load.date <= today
        if why or past:
            return Cell(load, choices.get(load.slot_id, ""), past, why)
        near = better_nearby(load, free, today) if crowding(load.share) == "full" else ()
        return Cell(load, choices.get(load.slot_id, ""), past, why, odds.get(load.slot_id), near)

    def day_of(date: dt.date) -> Day:
        blocks = sorted(by_day.get(date, ()), key=lambda load: list(Block).index(load.block))
        cells = tuple(cell_of(load) for load in blocks)
        return Day(date, None if cells else free_days.get(date), cells, told.get(date, ()))

    months = []
    for first in sorted({load.date.replace(day=1) for load in ahead}):
        last_of_month = (first + dt.timedelta(days=31)).replace(day=1) - dt.timedelta(days=1)
        weeks: defaultdict[int, dict[int, Day]] = defaultdict(dict)
        # days without slots are shown between the term's first and last day alone
        for date in _working_days(max(first, ahead[0].date), min(last_of_month, ahead[-1].date), weekdays):
            weeks[date.isocalendar().week][date.weekday()] = day_of(date)
        rows = [tuple(week.get(number) for number in weekdays) for week in weeks.values()]
        cells = [cell for row in rows for day in row if day is not None for cell in day.cells]
        months.append(Month(first, tuple(rows), tuple((cell.load, cell.near) for cell in cells if cell.near)))
    return tuple(months)
