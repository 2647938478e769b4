"""The seats that schools of a level can really use at a slot: what the workplaces' limits leave when all others stay.

A workplace that takes two visits a week and has them on Tuesday has no seat on Wednesday, although it is open. Groups
that stand in the plan are counted at their workplaces. Where the plan has nothing yet, a class that waits is spread
over the workplaces that its level can use at the slot, in parts of groups: nobody knows which of them it will get.
"""

from __future__ import annotations

import datetime as dt
import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from booking.domain.ids import SlotId
from booking.domain.vocabulary import Level

#: parts of groups add up to a hair less than a whole one
HAIR = 1e-6


@dataclass(frozen=True, slots=True)
class Moment:
    """When a slot is: its day and its week."""

    date: dt.date
    week: str


@dataclass(frozen=True, slots=True)
class Place:
    """A workplace as far as its seats go: groups of at most ``size``, limits in groups (None does not bind)."""

    levels: frozenset[str]
    size: int
    groups: int
    per_day: int | None
    per_week: int | None
    per_term: int | None
    open: tuple[SlotId, ...]
    #: groups that stand in the plan, by slot
    taken: Mapping[SlotId, int]


Waiting = Mapping[tuple[Level, SlotId], int]


def bare_seats(places: Iterable[Place]) -> dict[SlotId, int]:
    """Return the seats of each slot without any limit, for all levels together: those of the congestion price."""
    seats: defaultdict[SlotId, int] = defaultdict(int)
    for place in places:
        for slot in place.open:
            seats[slot] += place.size * place.groups
    return dict(seats)


def usable_seats(
    places: Sequence[Place], moments: Mapping[SlotId, Moment], waiting: Waiting, levels: Iterable[Level]
) -> dict[tuple[Level, SlotId], int]:
    """Return the seats of each slot for each of ``levels``; ``waiting`` are pupils without a place, where they wish.

    Those who are at the slot itself stay on their seats: asked pupils over these seats is how full the slot is.
    """
    used = _used(places, waiting)
    seats: defaultdict[tuple[Level, SlotId], float] = defaultdict(float)
    wanted = tuple(levels)
    for place, here in zip(places, used, strict=True):
        mine = [level for level in wanted if level in place.levels]
        if not mine:
            continue
        days, weeks, term = _totals(here, moments)
        for slot in place.open:
            at_slot, when = here.get(slot, 0.0), moments[slot]
            free = float(place.groups)
            for limit, total in (
                (place.per_day, days.get(when.date, 0.0)),
                (place.per_week, weeks.get(when.week, 0.0)),
                (place.per_term, term),
            ):
                if limit is not None:
                    free = min(free, limit - (total - at_slot))
            for level in mine:
                seats[level, slot] += place.size * max(0.0, free)
    return {(level, slot): math.floor(seats[level, slot] + HAIR) for level in wanted for slot in moments}


def _used(places: Sequence[Place], waiting: Waiting) -> list[dict[SlotId, float]]:
    """Groups of each place by slot: those of the plan, and the parts of those who wait, at most as many as fit."""
    free: defaultdict[tuple[Level, SlotId], int] = defaultdict(int)
    for place in places:
        for slot in place.open:
            left = place.groups - place.taken.get(slot, 0)
            for level in Level:
                if level in place.levels and (level, slot) in waiting:
                    free[level, slot] += max(0, left) * place.size
    shares = {at: pupils / free[at] for at, pupils in waiting.items() if free.get(at)}
    # many places take the same levels: what they are asked for at a slot is the same
    asked_at: dict[tuple[frozenset[str], SlotId], float] = {}
    found = []
    for place in places:
        here: dict[SlotId, float] = {slot: float(groups) for slot, groups in place.taken.items()}
        for slot in place.open:
            left = max(0, place.groups - place.taken.get(slot, 0))
            asked = asked_at.get((place.levels, slot))
            if asked is None:
                asked = sum(shares.get((level, slot), 0.0) for level in Level if level in place.levels)
                asked_at[place.levels, slot] = asked
            if left and asked:
                here[slot] = here.get(slot, 0.0) + left * min(1.0, asked)
        found.append(here)
    return found


def _totals(
    used: Mapping[SlotId, float], moments: Mapping[SlotId, Moment]
) -> tuple[dict[dt.date, float], dict[str, float], float]:
    days: defaultdict[dt.date, float] = defaultdict(float)
    weeks: defaultdict[str, float] = defaultdict(float)
    for slot, groups in used.items():
        days[moments[slot].date] += groups
        weeks[moments[slot].week] += groups
    return days, weeks, math.fsum(used.values())
