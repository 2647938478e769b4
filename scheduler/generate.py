"""Realistic terms from a seed: what a centre sees, from one school to a region, with nobody's data in it.

Shaped after the sample terms: exam weeks of the schools coincide, so that grades ask for the same days after them; a
seventh of the workplaces is dormant; the others are open by a weekly pattern with exceptions; a third of the grades
go out as one bundle; coaches are few. The schools and workplaces depend on the seed and their number alone: another
span of dates is another term of the same centre.
"""

import datetime
import math
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

from scheduler.forecast_calendar import Calendar, Classes
from scheduler.generate_requests import make_visits, term_entries
from scheduler.generate_town import make_grades, make_schools, make_workplaces
from scheduler.instance import Instance
from scheduler.parts import BLOCKS, Policy, Slot

POLICY = Policy((0, 1, 3, 6, 10), 15, 10, 10, 1, 1, 2, 0.005)
"""The prices of the sample terms."""

MOST = 100_000
"""Schools, workplaces or visits of the largest term that can be asked for."""


@dataclass(frozen=True, slots=True)
class Span:
    """The dates of a term: weekdays from `first` to `last` without those `closed` to everybody."""

    first: datetime.date
    last: datetime.date
    closed: tuple[datetime.date, ...] = ()

    def dates(self) -> Iterator[datetime.date]:
        """The dates in order."""
        for number in range((self.last - self.first).days + 1):
            date = self.first + datetime.timedelta(days=number)
            if date.weekday() < 5 and date not in self.closed:
                yield date


def _date(text: str) -> datetime.date:
    return datetime.date.fromisoformat(text)


_SPRING_HOLIDAYS = ("2026-05-01", "2026-05-05", "2026-05-25", "2026-06-03")
_FALL_HOLIDAYS = ("2026-09-24", "2026-09-25", "2026-10-05", "2026-10-09")

SPRING = Span(_date("2026-03-09"), _date("2026-07-10"), tuple(map(_date, _SPRING_HOLIDAYS)))
FALL = Span(_date("2026-09-01"), _date("2026-12-18"), tuple(map(_date, _FALL_HOLIDAYS)))
"""The school terms of 2026 with their public holidays."""


@dataclass(frozen=True, slots=True)
class Generated:
    """A term and the calendars of its schools, by which they chose their dates."""

    instance: Instance
    calendar: Calendar


def generate(
    *, schools: int, workplaces: int, visits: int, seed: int, span: Span = FALL, name: str | None = None
) -> Generated:
    """A term of so many schools, workplaces and visits; the same arguments give the same term, byte for byte.

    Raises:
        ValueError: no school or no slot for the visits, or more than `MOST` of anything.
    """
    if not all(0 <= number <= MOST for number in (schools, workplaces, visits)):
        raise ValueError(f"schools, workplaces and visits must be within 0..{MOST}")
    slots = tuple(_slots(span))
    if visits and (not schools or len(slots) < 20):
        raise ValueError("visits need at least one school, and two weeks to choose from")
    town = make_schools(schools, seed)
    grades = make_grades(town, visits, seed)
    chance = Random(f"{seed}/{span.first}/{span.last}")
    entries = term_entries(grades, list(span.dates()), chance)
    low, high = math.ceil(0.3 * schools), math.ceil(0.6 * schools) + 2
    instance = Instance(
        name=name if name is not None else f"generated-{schools}-{workplaces}-{visits}-{seed}",
        slots=slots,
        schools=tuple(town),
        workplaces=make_workplaces(workplaces, schools, slots, seed),
        visits=make_visits(grades, entries, slots, chance),
        coaches={slot.id: chance.randint(low, high) for slot in slots},
        policy=POLICY,
    )
    expected = tuple(Classes(g.school.id, g.number, len(g.sizes), sum(g.sizes)) for g in grades)
    return Generated(instance, Calendar(tuple(entries), expected))


def _slots(span: Span) -> Iterator[Slot]:
    for date in span.dates():
        year, week, _ = date.isocalendar()
        for block in BLOCKS:
            yield Slot(f"{date}/{block}", date, block, f"{year}-W{week:02d}")
