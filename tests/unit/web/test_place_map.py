"""The map of the places: true to scale, north up, no number on another, everything inside the picture."""

from __future__ import annotations

import math

import pytest

from booking.web.place_map import APART, HEIGHT, WIDTH, place_map

SCHOOL = (37.49, 126.86)


def test_north_is_up_east_is_right_and_the_scale_is_true() -> None:
    drawn = place_map(SCHOOL, [(1, 37.51, 126.86), (2, 37.49, 126.90)])
    north, east = drawn.marks
    assert north.place_y < drawn.school_y
    assert north.place_x == pytest.approx(drawn.school_x, abs=0.2)
    assert east.place_x > drawn.school_x
    per_km = drawn.bar_width / drawn.bar_km
    assert (drawn.school_y - north.place_y) / per_km == pytest.approx(2.224, abs=0.02)
    assert (east.place_x - drawn.school_x) / per_km == pytest.approx(3.529, abs=0.02)


def test_numbers_never_cover_each_other_nor_leave_the_picture() -> None:
    """Ten workplaces in one building, one of them the school's neighbour, and one far away."""
    places = [(n, 37.495, 126.865) for n in range(1, 11)] + [(11, 37.49, 126.86), (12, 37.55, 126.99)]
    drawn = place_map(SCHOOL, places)
    points = [(drawn.school_x, drawn.school_y), *((mark.x, mark.y) for mark in drawn.marks)]
    for i, one in enumerate(points):
        for other in points[i + 1 :]:
            assert math.dist(one, other) >= APART - 3
    assert all(0 < x < WIDTH and 0 < y < HEIGHT for x, y in points)
    assert [mark.number for mark in drawn.marks] == list(range(1, 13))
    assert drawn.marks[0].moved
    assert not drawn.marks[-1].moved


def test_a_class_at_one_place_has_a_map_as_well() -> None:
    drawn = place_map(SCHOOL, [(1, *SCHOOL)])
    assert 0 < drawn.bar_width < WIDTH / 4 + 1
    assert place_map(SCHOOL, []).marks == ()


def test_the_same_class_gives_the_same_map() -> None:
    places = [(n, 37.495, 126.865) for n in range(1, 6)]
    assert place_map(SCHOOL, places) == place_map(SCHOOL, places)
