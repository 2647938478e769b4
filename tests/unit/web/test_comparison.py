"""What plans give schools and visits, and where they differ; how much is asked of a workplace."""

from __future__ import annotations

import datetime as dt

import pytest

from booking.domain.ids import RequestId, SchoolId, SlotId
from booking.domain.vocabulary import Block
from booking.models.terms import Slot
from booking.queries.burdens import Burden, burden_of
from booking.queries.comparison import SchoolStanding, date_cost, schools_that_differ, visits_that_differ, worst_off
from booking.queries.planning import PlanRow

POLICY = {"date_cost": [0, 1, 3], "shift_cost": 15}


def slot(number: int) -> Slot:
    return Slot(id=SlotId(number), code=str(number), date=dt.date(2027, 3, number), block=Block.AM)


def row(request: int, at: Slot | None, rank: int | None = 0) -> PlanRow:
    return PlanRow(
        request_id=RequestId(request),
        school_id=SchoolId(1),
        school="가람중",
        label=f"1-{request}",
        pupils=20,
        bundle_id=None,
        pinned=False,
        by_hand=False,
        overrides=None,
        slot=at,
        first=slot(1),
        rank=rank,
        groups=3,
        why=None,
    )


def school(number: int, first: int, unplaced: int = 0, cost: float | None = 0.0) -> SchoolStanding:
    return SchoolStanding(SchoolId(number), f"{number}중", 0.0, 40, 2, first, 40 - first - unplaced, 0, unplaced, cost)


@pytest.mark.parametrize(("rank", "cost"), [(0, 0), (1, 1), (2, 3), (5, 3), (None, 15)])
def test_a_date_costs_by_its_rank_and_the_last_price_serves_every_later_one(rank: int | None, cost: float) -> None:
    assert date_cost(row(1, slot(2), rank), POLICY) == cost


def test_visits_differ_where_their_slots_do_or_where_one_plan_does_not_know_them() -> None:
    here, there = slot(2), slot(3)
    one = [row(1, here), row(2, here), row(3, None, None), row(4, here)]
    two = [row(1, here), row(2, there), row(3, None, None)]
    found = visits_that_differ([one, two])
    assert [visit.head.request_id for visit in found] == [2, 4]
    assert [got.slot if got else None for got in found[0].rows] == [here, there]
    assert found[1].rows[1] is None


def test_schools_differ_by_what_they_got_and_the_most_at_stake_comes_first() -> None:
    same, little, much = 1, 2, 3
    one = [school(same, 40), school(little, 40), school(much, 40)]
    two = [school(same, 40, cost=0.5), school(little, 20), school(much, 0, unplaced=20)]
    assert [name for name, _ in schools_that_differ([one, two])] == ["3중", "2중"]


def test_the_worst_off_school_pays_most_and_is_none_where_nobody_pays() -> None:
    assert worst_off([school(1, 40), school(2, 40, cost=None)]) is None
    found = worst_off([school(1, 20, cost=0.5), school(2, 0, cost=1.5), school(3, 0, cost=None)])
    assert found is not None
    assert found.school_id == 2


@pytest.mark.parametrize(
    ("visits", "budget", "burden"),
    [
        (0, 10, Burden.DORMANT),
        (0, None, Burden.DORMANT),
        (7, 10, Burden.FAIR),
        (8, 10, Burden.OFTEN),
        (10, 10, Burden.FULL),
        (8, None, Burden.FAIR),
        (9, None, Burden.OFTEN),
    ],
)
def test_a_workplace_is_asked_often_by_its_budget_or_else_by_the_mean_of_all(
    visits: int, budget: int | None, burden: Burden
) -> None:
    assert burden_of(visits, budget, mean=4.0) is burden
