"""The year's target: what is secured, what misses, and what each week that is left would need."""

from __future__ import annotations

import datetime as dt

import pytest

from booking.domain.target import Secured


def test_what_stands_counts_beside_what_has_been() -> None:
    year = Secured(2027, 1200, 6800, 12_000)
    assert (year.total, year.missing, year.share) == (8000, 4000, 8000 / 12_000)


@pytest.mark.parametrize(
    ("today", "weekly"),
    [
        # seven days are left, today among them
        (dt.date(2027, 12, 25), 4000),
        (dt.date(2027, 12, 24), 3500),
        # before the year begins all of it is left
        (dt.date(2026, 11, 26), 77),
        (dt.date(2027, 1, 1), 77),
        (dt.date(2028, 1, 1), None),
    ],
)
def test_each_week_that_is_left_takes_its_part(today: dt.date, weekly: int | None) -> None:
    assert Secured(2027, 1200, 6800, 12_000).weekly(today) == weekly


def test_nothing_misses_where_the_target_is_reached_or_was_never_set() -> None:
    today = dt.date(2027, 6, 1)
    reached, free = Secured(2027, 9000, 4000, 12_000), Secured(2027, 9000, 4000, None)
    assert (reached.missing, reached.weekly(today)) == (free.missing, free.weekly(today)) == (0, None)
    assert free.share is None
    assert reached.share is not None
    assert reached.share > 1
