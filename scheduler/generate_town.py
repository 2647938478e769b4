"""The lasting part of a generated centre: its schools with their grades, and its workplaces."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import TypeVar

from scheduler.parts import LEVELS, School, Slot, Workplace

T = TypeVar("T")

CENTRE = (37.495, 126.86)
"""Latitude and longitude around which a centre lies."""

FIELDS = {
    "arts": 17,
    "engineering": 15,
    "public-service": 14,
    "personal-service": 13,
    "business": 11,
    "health": 10,
    "sales-transport": 8,
    "production": 6,
    "construction": 4,
    "agriculture": 2,
}
"""Kinds of work with how many workplaces in a hundred offer them."""

SIZES = {
    (2, 3): 11,
    (2, 4): 21,
    (2, 5): 19,
    (2, 6): 10,
    (3, 8): 5,
    (3, 10): 5,
    (3, 12): 5,
    (4, 8): 4,
    (4, 10): 5,
    (4, 12): 5,
    (6, 16): 1,
    (6, 20): 2,
    (6, 25): 1,
    (8, 25): 1,
    (8, 30): 2,
    (10, 20): 1,
    (10, 30): 2,
}
"""Smallest and largest group of a workplace, and how many in a hundred take such."""

SERVED = {("middle", "high"): 50, LEVELS: 34, ("middle",): 11, ("high",): 5}
"""School levels that workplaces receive, in a hundred."""


@dataclass(frozen=True, slots=True)
class Grade:
    """One grade of a school that goes out: its classes' pupils, whether as a bundle, and the block that it likes."""

    school: School
    number: int
    sizes: tuple[int, ...]
    bundled: bool
    block: str


def weighted(chance: Random, weights: "dict[T, int]") -> T:
    """One of the keys, by weight."""
    return chance.choices(list(weights), list(weights.values()))[0]


def make_schools(count: int, seed: int) -> list[School]:
    """Schools around the centre, spread wider the more there are."""
    chance = Random(f"{seed}/schools")
    wide = math.sqrt(max(1.0, count / 30))
    schools = []
    for number in range(count):
        level = weighted(chance, {"middle": 58, "high": 25, "elementary": 17})
        lat, lon = _somewhere(chance, wide)
        own, credit = chance.randint(6, 16), weighted(chance, {0.0: 60, 0.5: 22, 1.0: 18})
        schools.append(School(f"S{number:0{_digits(count)}d}", f"학교 {number + 1}", level, lat, lon, own, credit))
    return schools


def make_grades(schools: Sequence[School], visits: int, seed: int) -> list[Grade]:
    """Grades of five to nine classes, one for every school before a school has a second one; `visits` classes in all.

    The last grade has what is left.
    """
    chance = Random(f"{seed}/grades")
    grades: list[Grade] = []
    left = visits
    while left:
        school = schools[len(grades) % len(schools)]
        classes = min(left, chance.randint(5, 9))
        sizes = tuple(chance.randint(18, 29) for _ in range(classes))
        number = len(grades) // len(schools) % 3 + 1
        block = weighted(chance, {"AM": 58, "PM": 42})
        grades.append(Grade(school, number, sizes, classes > 1 and chance.random() < 0.3, block))
        left -= classes
    return sorted(grades, key=lambda grade: grade.school.id)


def make_workplaces(count: int, schools: int, slots: Sequence[Slot], seed: int) -> tuple[Workplace, ...]:
    """Workplaces with their sizes, limits and weekly patterns; a seventh of them is dormant."""
    chance = Random(f"{seed}/workplaces")
    wide = math.sqrt(max(1.0, schools / 30))
    workplaces = []
    for number in range(count):
        least, most = weighted(chance, SIZES)
        lat, lon = _somewhere(chance, wide)
        workplaces.append(
            Workplace(
                id=f"W{number:0{_digits(count)}d}",
                name=f"일터 {number + 1}",
                field=weighted(chance, FIELDS),
                lat=lat,
                lon=lon,
                min_group=least,
                max_group=most,
                groups_per_slot=weighted(chance, {1: 92, 2: 8}),
                visits_per_day=weighted(chance, {1: 71, 2: 29}),
                visits_per_week=weighted(chance, {1: 40, 2: 40, 3: 20}),
                visits_per_term=weighted(chance, {None: 61, **dict.fromkeys(range(6, 17), 4)}),
                levels=weighted(chance, SERVED),
                open_slots=_open(slots, Random(f"{seed}/workplaces/{number}")),
            )
        )
    return tuple(workplaces)


def _open(slots: Sequence[Slot], chance: Random) -> tuple[str, ...]:
    """Open by a weekly pattern of weekdays and blocks, with a free week or single days off now and then."""
    if chance.random() < 0.15:
        return ()
    days = chance.sample(range(5), weighted(chance, {1: 15, 2: 29, 3: 30, 4: 12, 5: 14}))
    blocks = weighted(chance, {("AM", "PM"): 42, ("AM",): 31, ("PM",): 27})
    weeks = sorted({slot.week for slot in slots})
    away = {chance.choice(weeks)} if weeks and chance.random() < 0.3 else set()
    off = {slot.date for slot in slots[::2] if chance.random() < 0.03}
    return tuple(
        slot.id
        for slot in slots
        if slot.date.weekday() in days and slot.block in blocks and slot.week not in away and slot.date not in off
    )


def _somewhere(chance: Random, wide: float) -> tuple[float, float]:
    """A place about the centre: within a few kilometres, farther where the centre is `wide`."""
    lat, lon = chance.gauss(CENTRE[0], 0.015 * wide), chance.gauss(CENTRE[1], 0.025 * wide)
    return round(lat, 5), round(lon, 5)


def _digits(count: int) -> int:
    return max(2, len(str(max(0, count - 1))))
