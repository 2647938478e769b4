"""A map without tiles: school and workplaces by their position, numbered like the list, with scale and north.

It is drawn on the server as a picture of a few shapes, so that it prints, needs no network, and is readable in grey.
North is up. Numbers that would cover each other are moved apart, with a line to where they belong.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 640, 400
#: room at the edges for the numbers, and below for the scale
MARGIN, FOOT = 34, 34
#: radius of a number, and the least distance between two
RADIUS, APART = 13, 29
#: never closer than this, so that places next door are not torn apart: km across the picture
LEAST_SPAN_KM = 0.8
KM_PER_DEGREE = 111.195
BARS_KM = (10.0, 5.0, 2.0, 1.0, 0.5, 0.2, 0.1)
ROUNDS = 200


@dataclass(frozen=True, slots=True)
class Mark:
    """A workplace: where it is, and where its number stands."""

    number: int
    place_x: float
    place_y: float
    x: float
    y: float

    @property
    def moved(self) -> bool:
        """Whether the number had to be moved away from its place."""
        return math.hypot(self.x - self.place_x, self.y - self.place_y) > 1.0


@dataclass(frozen=True, slots=True)
class PlaceMap:
    """The picture: all lengths in its own units."""

    school_x: float
    school_y: float
    marks: tuple[Mark, ...]
    bar_km: float
    bar_width: float
    width: int = WIDTH
    height: int = HEIGHT


def place_map(school: tuple[float, float], places: Sequence[tuple[int, float, float]]) -> PlaceMap:
    """Return the map of a school (latitude, longitude) and workplaces (number, latitude, longitude)."""
    points = [_flat(school, (lat, lon)) for lat, lon in [school, *((lat, lon) for _, lat, lon in places)]]
    xs, ys = [x for x, _ in points], [y for _, y in points]
    span_x, span_y = max(max(xs) - min(xs), LEAST_SPAN_KM), max(max(ys) - min(ys), LEAST_SPAN_KM)
    scale = min((WIDTH - 2 * MARGIN) / span_x, (HEIGHT - 2 * MARGIN - FOOT) / span_y)
    middle_x, middle_y = (max(xs) + min(xs)) / 2, (max(ys) + min(ys)) / 2
    drawn = [(WIDTH / 2 + (x - middle_x) * scale, (HEIGHT - FOOT) / 2 - (y - middle_y) * scale) for x, y in points]
    spread = _spread(drawn)
    marks = tuple(
        Mark(number, round(here[0], 1), round(here[1], 1), round(shown[0], 1), round(shown[1], 1))
        for (number, _, _), here, shown in zip(places, drawn[1:], spread[1:], strict=True)
    )
    bar = next((km for km in BARS_KM if km * scale <= WIDTH / 4), BARS_KM[-1])
    return PlaceMap(round(drawn[0][0], 1), round(drawn[0][1], 1), marks, bar, round(bar * scale, 1))


def _flat(origin: tuple[float, float], point: tuple[float, float]) -> tuple[float, float]:
    """Kilometres east and north of the origin: over a town the earth is flat."""
    east = (point[1] - origin[1]) * KM_PER_DEGREE * math.cos(math.radians(origin[0]))
    return east, (point[0] - origin[0]) * KM_PER_DEGREE


def _spread(points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """Push apart what would overlap; the first point, the school, stays."""
    shown = [list(point) for point in points]
    for _ in range(ROUNDS):
        still = True
        for i in range(len(shown)):
            for j in range(max(1, i + 1), len(shown)):
                still = _push(shown[i], shown[j], j, fixed=i == 0) and still
        for point in shown[1:]:
            point[0] = min(max(point[0], RADIUS + 2), WIDTH - RADIUS - 2)
            point[1] = min(max(point[1], RADIUS + 2), HEIGHT - FOOT - 2)
        if still:
            break
    return [(x, y) for x, y in shown]


def _push(one: list[float], other: list[float], number: int, *, fixed: bool) -> bool:
    """Move two points apart where they are too close; returns whether they were far enough already."""
    dx, dy = other[0] - one[0], other[1] - one[1]
    distance = math.hypot(dx, dy)
    if distance >= APART:
        return True
    if distance < 1e-6:
        # at the very same place: each in its own direction, always the same one
        dx, dy, distance = math.cos(number * 2.4), math.sin(number * 2.4), 1.0
    gap = APART - min(distance, APART) + 0.5
    share = 0.0 if fixed else 0.5
    for axis, part in enumerate((dx / distance, dy / distance)):
        one[axis] -= part * gap * share
        other[axis] += part * gap * (1 - share)
    return False
