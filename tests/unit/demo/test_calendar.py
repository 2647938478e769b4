"""The demo is always now: its dates move to the semester that comes next."""

from __future__ import annotations

import datetime as dt

import holidays
from hypothesis import given
from hypothesis import strategies as st

from booking.demo.calendar import move_dates, move_instance
from booking.domain.terms import next_semester
from scheduler.instance import Instance, parse_instance
from scheduler.samples import sample_bytes

GURO = Instance.from_json(sample_bytes("guro-2018-spring"))


@given(st.dates(dt.date(2024, 1, 1), dt.date(2027, 6, 30)))
def test_dates_move_in_order_to_open_days_of_the_same_weekday(today: dt.date) -> None:
    start = next_semester(today)
    closed = holidays.country_holidays("KR", years=range(start.year, start.year + 3))
    moved = move_dates([slot.date for slot in GURO.slots], start)

    assert len(set(moved.values())) == len(moved)
    assert all(
        old.weekday() == new.weekday() and new not in closed and new >= start > today for old, new in moved.items()
    )
    by_weekday = sorted(moved.items(), key=lambda pair: (pair[0].weekday(), pair[0]))
    assert by_weekday == sorted(moved.items(), key=lambda pair: (pair[1].weekday(), pair[1]))


def test_a_moved_term_is_a_term() -> None:
    moved = move_instance(GURO, dt.date(2027, 3, 8))

    assert parse_instance(moved.to_document()) == moved
    assert len(moved.visits) == 287
    assert sum(moved.coaches.values()) == sum(GURO.coaches.values())
    assert {len(w.open_slots) for w in moved.workplaces} == {len(w.open_slots) for w in GURO.workplaces}
