"""The drawing of the alternatives: from first choices at the upper left to level days at the lower right."""

from __future__ import annotations

from booking.models.runs import FrontierPoint
from booking.web.console.alternatives import BOTTOM, LEFT, RIGHT, TOP, dots


def point(position: int, date_cost: float, spread: float, knee: bool = False) -> FrontierPoint:
    return FrontierPoint(position=position, date_cost=date_cost, spread=spread, own=False, knee=knee)


def test_the_ends_stand_in_the_corners_and_the_others_in_proportion() -> None:
    drawn = dots([point(1, 100, 50), point(2, 200, 20, knee=True), point(3, 500, 10)])
    assert [(dot.x, dot.y) for dot in (drawn[0], drawn[2])] == [(LEFT, TOP), (RIGHT, BOTTOM)]
    assert drawn[1].x == round(LEFT + (RIGHT - LEFT) / 4, 2)
    assert drawn[1].y == round(BOTTOM + (TOP - BOTTOM) / 4, 2)
    assert [dot.knee for dot in drawn] == [False, True, False]


def test_a_single_plan_stands_in_the_middle_and_none_draws_nothing() -> None:
    (alone,) = dots([point(1, 100, 50)])
    assert (alone.x, alone.y) == ((LEFT + RIGHT) / 2, (TOP + BOTTOM) / 2)
    assert dots([]) == ()
