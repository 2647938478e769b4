"""The rules of the books: quarters, differences, days on which entries count, recurrences, and the pace of a year."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from booking.domain.errors import InvalidForm
from booking.domain.ids import ProgrammeId
from booking.domain.ledger import Amount, Key, Stage, changes, counting_day
from booking.domain.programmes import MOST_COPIES, Every, recurring
from booking.domain.quarters import Quarter, year_of
from booking.domain.vocabulary import Level
from booking.domain.year_books import Pace, read_volunteers, read_year

DAYS = st.dates(dt.date(2001, 1, 1), dt.date(2098, 12, 31))
AMOUNTS = st.builds(Amount, st.integers(-3, 3), st.integers(-500, 500))


def key(stage: Stage, date: dt.date, level: Level | None = None) -> Key:
    return Key(ProgrammeId(1), True, stage, None, level, date)


KEYS = st.builds(key, st.sampled_from(Stage), st.dates(dt.date(2018, 1, 1), dt.date(2018, 1, 5)), st.none())
BOOKS = st.dictionaries(KEYS, AMOUNTS, max_size=6)


@given(DAYS)
def test_a_day_lies_in_its_quarter_and_the_quarters_follow_each_other(day: dt.date) -> None:
    quarter = Quarter.of(day)
    assert quarter.first <= day <= quarter.last
    assert quarter in year_of(day.year)
    assert quarter.after.first == quarter.last + dt.timedelta(days=1)
    assert quarter.after.before == quarter
    assert Quarter.named(quarter.name) == quarter


@pytest.mark.parametrize("text", ["", "2018", "2018-0", "2018-5", "1999-1", "2018-1 ", "2018-01", "２０１８-1"])
def test_whatever_names_no_quarter_is_none(text: str) -> None:
    assert Quarter.named(text) is None


@given(BOOKS, BOOKS)
def test_what_is_entered_makes_the_books_what_they_should_be(
    posted: dict[Key, Amount], wanted: dict[Key, Amount]
) -> None:
    now = dict(posted)
    found = changes(posted, wanted)
    for where, more in found:
        assert more
        now[where] = now.get(where, Amount()) + more
    assert {where: amount for where, amount in now.items() if amount} == {
        where: amount for where, amount in wanted.items() if amount
    }
    given_back = [min(more.sessions, more.people) < 0 for _, more in found]
    assert given_back == sorted(given_back, reverse=True)
    assert changes(now, wanted) == []


def test_an_entry_of_a_frozen_quarter_counts_today() -> None:
    today, frozen = dt.date(2018, 5, 2), {Quarter(2018, 1)}
    assert counting_day(dt.date(2018, 3, 31), today, frozen) == today
    assert counting_day(dt.date(2018, 4, 1), today, frozen) == dt.date(2018, 4, 1)
    assert counting_day(dt.date(2017, 12, 31), today, frozen) == dt.date(2017, 12, 31)


@pytest.mark.parametrize(
    ("every", "until", "days"),
    [
        (Every.WEEK, "2018-01-24", ["01-17", "01-24"]),
        (Every.TWO_WEEKS, "2018-02-08", ["01-24", "02-07"]),
        # the second Wednesday
        (Every.MONTH, "2018-04-30", ["02-14", "03-14", "04-11"]),
        (Every.WEEK, "2018-01-10", []),
    ],
)
def test_recurrences(every: Every, until: str, days: list[str]) -> None:
    found = recurring(dt.date(2018, 1, 10), every, dt.date.fromisoformat(until))
    assert [day.strftime("%m-%d") for day in found] == days


def test_a_fifth_week_is_left_out_where_a_month_has_none_and_nothing_goes_on_for_ever() -> None:
    found = recurring(dt.date(2018, 1, 31), Every.MONTH, dt.date(2018, 8, 31))
    assert [day.isoformat() for day in found] == ["2018-05-30", "2018-08-29"]
    assert len(recurring(dt.date(2018, 1, 1), Every.WEEK, dt.date(2100, 1, 1))) == MOST_COPIES


def pace(reached: int, today: str, *, target: int = 12_000, lecture: float | None = 100.0) -> Pace:
    return Pace(2018, reached, target, dt.date.fromisoformat(today), lecture)


def test_the_pace_goes_straight_on() -> None:
    # 7,606 in 247 days are 11,240 in 365
    sentence = pace(7_606, "2018-09-04", lecture=95.0)
    assert (sentence.projected, sentence.short, sentence.lectures) == (11_240, 760, 8)
    reached = pace(12_000, "2018-12-31")
    assert (reached.projected, reached.short, reached.lectures) == (12_000, 0, None)
    assert pace(11_000, "2019-06-01").projected == 11_000


def test_the_pace_says_nothing_too_early_and_no_lectures_where_none_are_known() -> None:
    assert pace(400, "2018-01-30").projected is None
    assert pace(400, "2018-01-30").short == 0
    assert pace(100, "2018-06-30", lecture=None).lectures is None


def test_shares_and_their_sum_have_to_agree() -> None:
    money = {"city": ["105000"], "district": ["100000"], "reached_before": [""]}
    assert read_year({**money, "total": ["205000"]}).city == 105_000
    assert read_year(money).district == 100_000
    with pytest.raises(InvalidForm) as refused:
        read_year({**money, "total": ["200000"]})
    assert [(fault.field, fault.reason) for fault in refused.value.faults] == [("total", "sum")]


@pytest.mark.parametrize("hours", ["0", "-1", "1.25", "1e3", "100000", "반나절", "0.0"])
def test_hours_are_halves_and_more_than_none(hours: str) -> None:
    work = {"date": ["2018-03-01"], "group": ["퇴직시니어"], "volunteers": ["3"]}
    today = dt.date(2018, 3, 2)
    assert read_volunteers({**work, "hours": ["4.5"]}, today).hours == Decimal("4.5")
    with pytest.raises(InvalidForm):
        read_volunteers({**work, "hours": [hours]}, today)
