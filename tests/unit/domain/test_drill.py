"""What is rehearsed: one day or what is left of its week, with visits, and not past."""

from __future__ import annotations

import datetime as dt

import pytest

from booking.domain.drill import DrillAsked, read_drill
from booking.domain.errors import InvalidForm

MONDAY, WEDNESDAY, FRIDAY = (dt.date(2027, 3, day) for day in (15, 17, 19))
DAYS = [MONDAY, FRIDAY]


def asked(*, today: dt.date = MONDAY, **given: str) -> DrillAsked:
    entered = {"date": "2027-03-19", "span": "day", "losses": "2", **given}
    return read_drill({name: [value] for name, value in entered.items()}, DAYS, today)


def test_one_day_or_the_week_from_today_on() -> None:
    assert asked() == DrillAsked(FRIDAY, FRIDAY, 2)
    assert asked(span="week") == DrillAsked(MONDAY, dt.date(2027, 3, 21), 2)
    assert asked(today=WEDNESDAY, span="week") == DrillAsked(WEDNESDAY, dt.date(2027, 3, 21), 2)


@pytest.mark.parametrize(
    ("given", "fault"),
    [
        ({"date": ""}, ("date", "required")),
        ({"date": "2027-03-12"}, ("date", "past")),
        ({"date": "2027-03-17"}, ("date", "no_visits")),
        ({"date": "2027-04-19", "span": "week"}, ("date", "no_visits")),
        ({"date": "2027-03-19", "losses": "0"}, ("losses", "between")),
        ({"date": "2027-03-19", "losses": "21"}, ("losses", "between")),
        ({"date": "2027-03-19", "losses": "many"}, ("losses", "number")),
        ({"date": "2027-03-19", "span": "year"}, ("span", "unknown")),
    ],
)
def test_what_cannot_be_rehearsed(given: dict[str, str], fault: tuple[str, str]) -> None:
    with pytest.raises(InvalidForm) as refused:
        read_drill({"date": [""], "span": ["day"], "losses": ["2"]} | {n: [v] for n, v in given.items()}, DAYS, MONDAY)
    assert [(one.field, one.reason) for one in refused.value.faults] == [fault]
