"""Seats that a level can really use: within the workplaces' limits of day, week and term, when all others stay."""

from __future__ import annotations

import datetime as dt
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from booking.domain.ids import SlotId
from booking.domain.seats import Moment, Place, bare_seats, usable_seats
from booking.domain.vocabulary import Level

MONDAY = dt.date(2027, 3, 15)
#: ten slots of a week, morning and afternoon, and a Monday morning of the next
MOMENTS = {
    SlotId(n): Moment(MONDAY + dt.timedelta(days=n // 2), "2027-W11") for n in range(10)
} | {SlotId(10): Moment(MONDAY + dt.timedelta(days=7), "2027-W12")}  # fmt: skip
ALL = tuple(MOMENTS)


def place(**values: Any) -> Place:
    given_values: dict[str, Any] = {
        "levels": frozenset({"middle"}),
        "size": 6,
        "groups": 1,
        "per_day": None,
        "per_week": None,
        "per_term": None,
        "open": ALL,
        "taken": {},
    }
    return Place(**{**given_values, **values})


def middle(places: list[Place], waiting: dict[tuple[Level, SlotId], int] | None = None) -> list[int]:
    seats = usable_seats(places, MOMENTS, waiting or {}, [Level.MIDDLE])
    return [seats[Level.MIDDLE, slot] for slot in ALL]


def test_without_limits_they_are_the_seats_of_what_is_open() -> None:
    assert middle([place(), place(size=4, groups=2, open=ALL[:1])]) == [14, *[6] * 10]
    assert bare_seats([place(), place(size=4, groups=2, open=ALL[:1])])[ALL[0]] == 14


def test_a_place_for_others_has_no_seat() -> None:
    assert middle([place(levels=frozenset({"high"}))]) == [0] * 11


def test_a_day_s_limit_leaves_nothing_in_the_other_half_of_a_day_that_is_taken() -> None:
    assert middle([place(per_day=1, taken={ALL[0]: 1})])[:3] == [6, 0, 6]


def test_a_week_s_limit_ends_with_the_week() -> None:
    assert middle([place(per_week=1, taken={ALL[3]: 1})]) == [0, 0, 0, 6, *[0] * 6, 6]


def test_a_term_s_limit_does_not_end() -> None:
    assert middle([place(per_term=2, groups=2, taken={ALL[3]: 1})]) == [6, 6, 6, 12, *[6] * 7]


def test_those_who_wait_take_parts_of_the_places_that_they_could_use() -> None:
    """Six pupils wait at the first slot, where two equal places are open: each is half taken in this week."""
    seats = middle([place(per_week=1), place(per_week=1)], {(Level.MIDDLE, ALL[0]): 6})
    assert seats == [12, *[6] * 9, 12]


def test_more_than_fit_take_no_more_than_there_is() -> None:
    seats = middle([place(per_week=3)], {(Level.MIDDLE, ALL[0]): 600})
    assert seats == [6] * 11


def test_those_of_another_level_take_only_places_that_they_can_use() -> None:
    both, own = place(levels=frozenset({"middle", "high"}), per_day=1), place(per_day=1)
    assert middle([both, own], {(Level.HIGH, ALL[0]): 6})[:2] == [12, 6]


@given(
    st.integers(1, 3),
    *[st.none() | st.integers(1, 4) for _ in range(3)],
    st.dictionaries(st.sampled_from(ALL), st.integers(0, 40), max_size=6),
)
def test_never_more_than_is_open_and_never_less_than_nothing(
    groups: int, day: int | None, week: int | None, term: int | None, asked: dict[SlotId, int]
) -> None:
    one = place(groups=groups, per_day=day, per_week=week, per_term=term)
    seats = middle([one], {(Level.MIDDLE, slot): pupils for slot, pupils in asked.items() if pupils})
    assert all(0 <= found <= 6 * groups for found in seats)
