"""Pupils by day as bars: geometry in per cent, so that one drawing fills a desk screen and a telephone alike."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from booking.queries.planning import DayLoad
from booking.web.formats import day, month, number
from booking.web.marking import gettext

#: the drawing's upper and lower edge, in per cent of its height; words stand below
TOP, BOTTOM = 10.0, 88.0
#: a number above a bar and one beside a line stand clear of each other from here on, on a telephone too
NEAR_X, NEAR_Y = 18.0, 8.0
_STEPS = (1, 1.2, 1.6, 2, 2.4, 3, 4, 5, 6, 8, 10)


@dataclass(frozen=True, slots=True)
class Bar:
    """One date: the bar is the plan, the tick what it was before. All lengths in per cent."""

    id: str
    title: str
    x: float
    width: float
    y: float
    height: float
    tick: float | None
    tick_x1: float
    tick_x2: float


@dataclass(frozen=True, slots=True)
class Mark:
    """A word in the drawing."""

    x: float
    y: float
    text: str
    anchor: str = "start"


@dataclass(frozen=True, slots=True)
class Chart:
    """Everything that the drawing needs; ``summary`` says in a sentence what it shows."""

    bars: tuple[Bar, ...]
    grid: tuple[Mark, ...]
    months: tuple[Mark, ...]
    peak: Mark | None
    peak_before: Mark | None
    summary: str
    has_ticks: bool


def _round_up(value: int) -> int:
    """The next number whose half is round too, so that the line half-way up has a round number."""
    if value <= 10:
        return 10
    power = 10 ** math.floor(math.log10(value))
    return int(next(step * power for step in _STEPS if step * power >= value))


def _anchor(x: float) -> str:
    if x < 6:
        return "start"
    return "end" if x > 94 else "middle"


def chart(days: Sequence[DayLoad], *, before: bool = True, repair: bool = False, most: int = 0) -> Chart | None:
    """Return the drawing of ``days``, or None where there are none.

    ``before`` False leaves out what it was before; ``repair`` says that this was the published plan, not the wishes.
    ``most`` is how many pupils the drawing has room for at least, so that several can be compared.
    """
    if not days:
        return None
    most = max(most, *(max(load.total, load.before if before else 0) for load in days))
    ceiling = _round_up(max(most, 1))
    unit = 100 / len(days)

    def height(pupils: int) -> float:
        return round(pupils / ceiling * (BOTTOM - TOP), 2)

    bars = tuple(
        Bar(
            id=f"day-{load.date.isoformat()}",
            title=_title(load, before, repair),
            x=round(unit * (index + 0.12), 3),
            width=round(unit * 0.76, 3),
            y=round(BOTTOM - height(load.total), 2),
            height=height(load.total),
            tick=round(BOTTOM - height(load.before), 2) if before and load.before else None,
            tick_x1=round(unit * index, 3),
            tick_x2=round(unit * (index + 1), 3),
        )
        for index, load in enumerate(days)
    )
    peak = max(range(len(days)), key=lambda index: days[index].total)
    peak_before = max(range(len(days)), key=lambda index: days[index].before)
    above = _mark(bars[peak], bars[peak].y, days[peak].total)
    above_before = _mark(bars[peak_before], bars[peak_before].tick, days[peak_before].before) if before else None
    return Chart(
        bars=bars,
        grid=_beside(
            [Mark(0, round(BOTTOM - height(value), 2), number(value)) for value in (ceiling // 2, ceiling) if value],
            [mark for mark in (above, above_before) if mark is not None],
        ),
        months=tuple(
            Mark(round(unit * index, 3), 98, month(load.date))
            for index, load in enumerate(days)
            if index == 0 or load.date.month != days[index - 1].date.month
        ),
        peak=above,
        peak_before=above_before,
        summary=_summary(days[peak], days[peak_before], before, repair),
        has_ticks=before,
    )


def _mark(bar: Bar, y: float | None, pupils: int) -> Mark | None:
    if not pupils or y is None:
        return None
    x = round(bar.x + bar.width / 2, 3)
    return Mark(x, round(y - 1.5, 2), number(pupils), _anchor(x))


def _beside(lines: Sequence[Mark], numbers: Sequence[Mark]) -> tuple[Mark, ...]:
    """The words of the lines at the end where no number stands; where one stands at both, those that it leaves free."""
    first = [mark for mark in numbers if mark.x < NEAR_X]
    last = [mark for mark in numbers if mark.x > 100 - NEAR_X]
    if first and not last:
        return tuple(Mark(100, line.y, line.text, "end") for line in lines)
    return tuple(line for line in lines if all(abs(line.y - mark.y) > NEAR_Y for mark in first))


def _title(load: DayLoad, before: bool, repair: bool) -> str:
    words = {"day": day(load.date), "n": number(load.total), "before": number(load.before)}
    if not before:
        return gettext("%(day)s %(n)s명", **words)
    if repair:
        return gettext("%(day)s %(n)s명, 게시된 계획은 %(before)s명", **words)
    return gettext("%(day)s %(n)s명, 희망대로라면 %(before)s명", **words)


def _summary(peak: DayLoad, peak_before: DayLoad, before: bool, repair: bool) -> str:
    text = gettext("날짜별 인원. 가장 붐비는 날은 %(day)s %(n)s명입니다.", day=day(peak.date), n=number(peak.total))
    if not before:
        return text
    words = {"day": day(peak_before.date), "n": number(peak_before.before)}
    if repair:
        return f"{text} " + gettext("게시된 계획에서는 %(day)s %(n)s명입니다.", **words)
    return f"{text} " + gettext("희망대로라면 %(day)s %(n)s명입니다.", **words)


def peaks(days: Sequence[DayLoad]) -> tuple[int, int]:
    """Return the pupils of the busiest day before and in the plan."""
    return max((day.before for day in days), default=0), max((day.total for day in days), default=0)
