"""The calendar of a plan: numbers in weeks and weekdays, in steps that its legend names."""

from __future__ import annotations

import datetime as dt

import pytest

from booking.queries.planning import DayLoad
from booking.web.console.heat import STEPS, heat, step_of

TUESDAY = dt.date(2027, 3, 16)


def load(days: int, total: int, before: int = 0) -> DayLoad:
    return DayLoad(TUESDAY + dt.timedelta(days=days), total, 0, before, 0)


@pytest.mark.parametrize("most", [1, 3, 7, 120, 598])
def test_every_number_of_pupils_lies_within_what_the_legend_says_of_its_step(most: int) -> None:
    drawn = heat([load(0, most)])
    assert drawn is not None
    steps = sorted({step_of(pupils, most) for pupils in range(1, most + 1)})
    for pupils in range(1, most + 1):
        low, high = drawn.legend[steps.index(step_of(pupils, most))]
        assert low <= pupils <= high


def test_nobody_is_no_step_and_the_busiest_day_the_last() -> None:
    assert step_of(0, 100) == 0
    assert step_of(1, 100) == 1
    assert step_of(100, 100) == STEPS


def test_days_stand_under_their_weekday_and_both_sides_have_the_same_steps() -> None:
    drawn = heat([load(0, 20, 100), load(3, 100, 20), load(7, 50)])
    assert drawn is not None
    first, second = drawn.weeks
    assert drawn.weekdays == (0, 1, 2, 3, 4)
    assert first.monday == TUESDAY - dt.timedelta(days=1)
    assert [day and day.load.total for day in first.days] == [None, 20, None, None, 100]
    tuesday, friday = first.days[1], first.days[4]
    assert tuesday is not None
    assert friday is not None
    assert (tuesday.step, tuesday.step_before) == (1, 5)
    assert (friday.step, friday.step_before) == (5, 1)
    assert second.days[1] is not None


def test_a_term_that_goes_out_on_saturdays_has_a_column_for_them() -> None:
    drawn = heat([load(4, 10)])
    assert drawn is not None
    assert drawn.weekdays == (0, 1, 2, 3, 4, 5)
    assert heat([]) is None
