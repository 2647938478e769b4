"""The term as a calendar of weeks and weekdays, each day with its pupils and a step of crowding: number and pattern."""

from __future__ import annotations

import datetime as dt
import itertools
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from booking.queries.planning import DayLoad

#: a day without anybody is step 0; the others share what lies between nobody and the busiest day
STEPS = 5
WORKDAYS = 5


@dataclass(frozen=True, slots=True)
class HeatDay:
    """One date: pupils in the plan and before it, each with its step."""

    load: DayLoad
    step: int
    step_before: int


@dataclass(frozen=True, slots=True)
class HeatWeek:
    """One week: its Monday, and a day for every weekday; None: the term has no such day."""

    monday: dt.date
    days: tuple[HeatDay | None, ...]


@dataclass(frozen=True, slots=True)
class Heat:
    """The calendar; ``legend`` are the pupils from which and to which a day has each step, from the first on."""

    weekdays: tuple[int, ...]
    weeks: tuple[HeatWeek, ...]
    legend: tuple[tuple[int, int], ...]


def step_of(pupils: int, most: int) -> int:
    """Return 0 where nobody goes, else the step from 1 to :data:`STEPS` between nobody and ``most``."""
    return 0 if pupils <= 0 else min(STEPS, 1 + (pupils - 1) * STEPS // max(1, most))


def heat(days: Sequence[DayLoad]) -> Heat | None:
    """Return the calendar of ``days``; both sides of it have the same steps, so that they can be compared."""
    if not days:
        return None
    most = max(1, *(max(day.total, day.before) for day in days))
    weekdays = tuple(sorted({day.date.weekday() for day in days} | set(range(WORKDAYS))))
    weeks: defaultdict[dt.date, dict[int, HeatDay]] = defaultdict(dict)
    for day in days:
        monday = day.date - dt.timedelta(days=day.date.weekday())
        weeks[monday][day.date.weekday()] = HeatDay(day, step_of(day.total, most), step_of(day.before, most))
    bounds = [-(-most * number // STEPS) for number in range(STEPS + 1)]
    return Heat(
        weekdays=weekdays,
        weeks=tuple(
            HeatWeek(monday, tuple(week.get(number) for number in weekdays)) for monday, week in sorted(weeks.items())
        ),
        legend=tuple((low + 1, high) for low, high in itertools.pairwise(bounds) if low < high),
    )
