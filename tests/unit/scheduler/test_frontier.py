"""The frontier: its ends, its order, its own plan, its knee."""

from __future__ import annotations

import itertools

import pytest

from scheduler.allocate import Limits
from scheduler.frontier import Point, columns, frontier
from scheduler.instance import Instance
from scheduler.verifier import verify
from tests.unit.scheduler.terms import MONDAY, MONDAY_PM, NEXT, TUESDAY, read, term, visit, workplace

HERE = Limits(workers=0)


def crowded(price: float = 2.0) -> Instance:
    """Six classes who all want Monday morning, where there is room for all."""
    wishes = {"requested_slots": [MONDAY, MONDAY_PM, TUESDAY], "negotiable_slots": [NEXT]}
    document = term(
        visits=[visit(f"V{i}", **wishes) for i in range(6)],
        workplaces=[workplace(f"W{i}") for i in range(6)],
    )
    document["policy"]["crowding_price"] = price
    return read(document)


@pytest.fixture(scope="module")
def points() -> tuple[Point, ...]:
    return frontier(crowded(), HERE)


def test_from_first_choices_to_level_days(points: tuple[Point, ...]) -> None:
    assert points[0].kpis.first_choice_share == 1.0
    assert points[-1].kpis.peak_load <= 12
    assert 3 <= len(points) <= 7
    for before, after in itertools.pairwise(points):
        assert before.date_cost < after.date_cost
        assert before.spread > after.spread


def test_figures_are_under_the_terms_own_policy(points: tuple[Point, ...]) -> None:
    instance = crowded()
    for point in points:
        verdict = verify(instance, point.plan)
        assert verdict.clean
        assert verdict.kpis == point.kpis
        assert point.kpis.crowding == pytest.approx(2.0 * point.spread, abs=0.02)
        assert columns(point)["date_stage"] == point.kpis.date_stage


def test_own_and_knee_are_marked(points: tuple[Point, ...]) -> None:
    assert sum(point.knee for point in points) == 1
    assert not points[0].knee
    assert not points[-1].knee
    own = [point for point in points if point.own]
    assert [point.crowding_price for point in own] in ([], [2.0])
    best = min(point.kpis.date_stage for point in points)
    assert all(point.kpis.date_stage == pytest.approx(best) for point in own)


def test_one_plan_where_nothing_is_to_choose() -> None:
    (point,) = frontier(read(term(visits=[visit("V0")])), HERE)
    assert not point.knee
    assert point.kpis.first_choice_share == 1.0


def test_a_free_price_has_a_frontier_too() -> None:
    assert len(frontier(crowded(0.0), HERE, 5)) >= 3


def test_what_was_found_when_it_was_stopped() -> None:
    assert len(frontier(crowded(), HERE, should_stop=lambda: True)) == 1


@pytest.mark.parametrize("points", [4, 10])
def test_five_to_nine(points: int) -> None:
    with pytest.raises(ValueError, match="must be 5 to 9"):
        frontier(crowded(), HERE, points)
