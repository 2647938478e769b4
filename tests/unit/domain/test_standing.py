"""Which groups a changed workplace can no longer receive."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

import pytest

from booking.domain.standing import Hit, Limits, Standing, caused, unfit
from booking.domain.vocabulary import Block, Level, WorkplaceStatus

TODAY = dt.date(2027, 3, 15)
TUESDAY, WEDNESDAY = dt.date(2027, 3, 16), dt.date(2027, 3, 17)
FAR = dt.date(2027, 12, 31)
OPEN = Limits(
    status=WorkplaceStatus.ACTIVE,
    checks=(FAR, FAR, None),
    hours=frozenset((day, block) for day in range(5) for block in Block),
    exceptions={},
    sizes=(2, 6),
    levels=frozenset({"middle"}),
    per_slot=1,
    per_day=None,
    per_week=None,
    per_term=None,
)


def group(key: str, date: dt.date = TUESDAY, **changes: Any) -> Standing[str]:
    given: dict[str, Any] = {"block": Block.AM, "pupils": 5, "level": Level.MIDDLE, "accepted": False, **changes}
    return Standing(key, date, **given)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"status": WorkplaceStatus.PAUSED}, Hit.NOT_ACTIVE),
        ({"checks": (TODAY, FAR, None)}, Hit.EXPIRED),
        ({"checks": (FAR, None, None)}, Hit.EXPIRED),
        ({"checks": (FAR, FAR, TODAY)}, Hit.EXPIRED),
        ({"hours": frozenset({(1, Block.PM), (2, Block.AM)})}, Hit.CLOSED),
        ({"exceptions": {(TUESDAY, Block.AM): False}}, Hit.CLOSED),
        ({"sizes": (2, 4)}, Hit.SIZE),
        ({"sizes": (6, 9)}, Hit.SIZE),
        ({"levels": frozenset({"high"})}, Hit.LEVEL),
    ],
)
def test_a_change_that_speaks_against_a_group_says_why(change: dict[str, Any], why: Hit) -> None:
    assert caused(OPEN, replace(OPEN, **change), [group("one")], TODAY) == {"one": why}


@pytest.mark.parametrize(
    "change",
    [
        {"checks": (TUESDAY, TUESDAY, TUESDAY)},
        {"hours": frozenset(), "exceptions": {(TUESDAY, Block.AM): True}},
        {"exceptions": {(TUESDAY, Block.PM): False}},
        {"sizes": (5, 5)},
        {"per_day": 1, "per_week": 1, "per_term": 1},
    ],
)
def test_a_change_up_to_the_edge_leaves_the_group_where_it_is(change: dict[str, Any]) -> None:
    assert caused(OPEN, replace(OPEN, **change), [group("one")], TODAY) == {}


def test_a_budget_goes_first_to_what_was_then_to_what_was_accepted() -> None:
    groups = [
        group("later", WEDNESDAY, accepted=True),
        group("sooner", TUESDAY),
        group("been", TODAY),
    ]

    assert unfit(replace(OPEN, per_week=2), groups, TODAY) == {"sooner": Hit.BUDGET}
    assert unfit(replace(OPEN, per_term=1), groups, TODAY) == {"later": Hit.BUDGET, "sooner": Hit.BUDGET}
    assert unfit(replace(OPEN, per_day=1), groups, TODAY) == {}


def test_pupils_who_have_been_there_are_not_undone_by_a_closure_but_count_against_a_smaller_size() -> None:
    been = [group("been", TODAY)]

    assert caused(OPEN, replace(OPEN, status=WorkplaceStatus.ENDED, hours=frozenset()), been, TODAY) == {}
    assert caused(OPEN, replace(OPEN, sizes=(2, 4)), been, TODAY) == {"been": Hit.SIZE}


def test_what_did_not_fit_before_is_not_laid_to_the_change() -> None:
    closed = replace(OPEN, exceptions={(TUESDAY, Block.AM): False})

    assert caused(closed, replace(closed, per_day=3), [group("one")], TODAY) == {}
