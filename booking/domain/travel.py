"""How long a group is on its way from school to a workplace: an estimate by rule of thumb, and said to be one."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass
from enum import StrEnum

#: the way along streets against the straight line, in a town
DETOUR = 1.3
#: up to this way (km along streets) a group walks
WALK_KM = 1.2
#: a class walks slower than a grown-up alone
WALK_KMH = 4.0
#: bus or underground in town, stops and changes included
RIDE_KMH = 15.0
#: to the stop, waiting, and from the stop
RIDE_EXTRA_MINUTES = 12.0
#: estimates are rounded up to this
STEP_MINUTES = 5


class Mode(StrEnum):
    """How a group gets there."""

    WALK = "walk"
    TRANSIT = "transit"


@dataclass(frozen=True, slots=True)
class Journey:
    """A way: how, how far along streets (km), how long (minutes, rounded up to five)."""

    mode: Mode
    km: float
    minutes: int


def journey(straight_km: float) -> Journey:
    """Return the way to a place that is ``straight_km`` away as the crow flies: on foot below 1.2 km, else by bus.

    Raises:
        ValueError: a distance below 0, or none at all.
    """
    if not math.isfinite(straight_km) or straight_km < 0:
        raise ValueError(f"{straight_km} is no distance")
    km = straight_km * DETOUR
    if km < WALK_KM:
        mode, minutes = Mode.WALK, km / WALK_KMH * 60
    else:
        mode, minutes = Mode.TRANSIT, RIDE_EXTRA_MINUTES + km / RIDE_KMH * 60
    # what floating point adds to a whole number of minutes is no minute
    rounded = STEP_MINUTES * math.ceil(round(minutes, 6) / STEP_MINUTES)
    return Journey(mode, round(km, 2), max(STEP_MINUTES, rounded))


def leave_at(starts: dt.time, way: Journey) -> dt.time:
    """Return when to leave school so as to be there when the visit starts.

    Visits start hours after midnight; a way that would begin the day before begins at midnight.
    """
    minutes = max(0, starts.hour * 60 + starts.minute - way.minutes)
    return dt.time(minutes // 60, minutes % 60)
