"""A class on its day: where each group goes, how far, when it leaves, who comes along, and the map of the places."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from booking.domain.travel import Journey, journey, leave_at
from booking.models.schools import School
from booking.models.terms import Slot
from booking.models.visits import VisitGroup
from booking.queries.distance import great_circle_km
from booking.queries.outings import Escorts, escorts
from booking.queries.teacher import RequestRow
from booking.web.database import read
from booking.web.place_map import PlaceMap, place_map


@dataclass(frozen=True, slots=True)
class GroupWay:
    """One group by its number on the list: the distance as the crow flies (km), the way, and when it leaves school."""

    number: int
    group: VisitGroup
    km: float
    way: Journey
    leaves: dt.time


@dataclass(frozen=True, slots=True)
class Outing:
    """One class that has a date."""

    row: RequestRow
    school: School
    slot: Slot
    starts: dt.time
    ends: dt.time
    ways: tuple[GroupWay, ...]
    escorts: Escorts
    map: PlaceMap

    @property
    def first_leaves(self) -> dt.time | None:
        """When the first group leaves school."""
        return min((way.leaves for way in self.ways), default=None)

    @property
    def same_time(self) -> bool:
        """Whether all groups leave at the same time."""
        return len({way.leaves for way in self.ways}) == 1


def _ways(row: RequestRow, school: School, starts: dt.time) -> tuple[GroupWay, ...]:
    found = []
    for number, group in enumerate(row.groups, 1):
        place = group.workplace
        km = great_circle_km(school.lat, school.lon, place.lat, place.lon)
        way = journey(km)
        found.append(GroupWay(number, group, km, way, leave_at(starts, way)))
    return tuple(found)


def outings_of(school: School, rows: Sequence[RequestRow]) -> list[Outing]:
    """Return the outings of the rows that have a date; an offered date has none before the school has agreed."""
    given = [(row, row.visit.slot) for row in rows if row.visit is not None and row.given]
    along = escorts(read(), school, [slot.id for _, slot in given])
    found = []
    for row, slot in given:
        starts, ends = school.hours(slot.block)
        ways = _ways(row, school, starts)
        places = [(way.number, way.group.workplace.lat, way.group.workplace.lon) for way in ways]
        found.append(
            Outing(row, school, slot, starts, ends, ways, along[slot.id], place_map((school.lat, school.lon), places))
        )
    return found
