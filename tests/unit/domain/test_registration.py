"""Who of a waiting list is offered what, and until when."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from booking.clock import SEOUL, seoul_time
from booking.domain.errors import InvalidForm
from booking.domain.ids import PartyId
from booking.domain.party_states import HOLDING_PARTIES, LIVE_PARTIES, PARTY_STEPS, PartyStatus
from booking.domain.registration import (
    HABIT,
    Keep,
    KeepUnit,
    Waiting,
    Window,
    answer_until,
    grades_for,
    last_moment,
    read_opening,
    read_party,
    walk,
    window,
)
from booking.domain.visit_days import is_working_day
from booking.domain.vocabulary import Level

LINES = st.lists(st.tuples(st.integers(1, 40), st.integers(0, 9)), max_size=12).map(
    lambda found: [Waiting(PartyId(number), pupils, mark == 0) for number, (pupils, mark) in enumerate(found, start=1)]
)
DAY = dt.date(2027, 3, 17)
FREE = {dt.date(2027, 3, 1)}
FORM = {
    "places": "60",
    "levels": "middle",
    "opens_on": "2027-02-22",
    "opens_at": "09:00",
    "closes_on": "2027-03-10",
    "closes_at": "18:00",
    "smallest": "1",
    "largest": "30",
    "keep": "3",
    "unit": "working_days",
}


def line(*sizes: int, gathers: int | None = None) -> list[Waiting]:
    return [Waiting(PartyId(at), pupils, at == gathers) for at, pupils in enumerate(sizes, start=1)]


def form(**changes: str) -> dict[str, list[str]]:
    return {name: [text] for name, text in {**FORM, **changes}.items() if text}


def faults(error: InvalidForm) -> list[tuple[str | None, str | None]]:
    return [(fault.field, fault.reason) for fault in error.faults]


def test_a_class_of_28_does_not_block_a_class_of_20_that_fits() -> None:
    found = walk(20, line(28, 20))
    assert (found.offered, found.passed) == ((2,), (1,))


def test_whoever_comes_first_and_fits_is_offered_first() -> None:
    assert walk(30, line(28, 20, 2)).offered == (1, 3)


def test_only_who_was_really_overtaken_was_passed() -> None:
    assert walk(20, line(28, 20, 30)).passed == (1,)


def test_gathered_places_stay_free() -> None:
    assert walk(20, line(28, 20, gathers=1)).offered == ()
    assert walk(30, line(28, 2, gathers=1)).offered == (1, 2)


@given(free=st.integers(0, 100), waiting=LINES)
def test_whatever_is_free_and_whoever_waits(free: int, waiting: list[Waiting]) -> None:
    found = walk(free, waiting)
    by_number = {party.number: party for party in waiting}
    left = free - sum(by_number[number].pupils for number in found.offered)
    assert left >= 0
    assert list(found.offered) == sorted(found.offered)
    rest = [party for party in waiting if party.number not in found.offered]
    # a second walk finds nobody: nobody waits for places that are free to be had
    assert walk(left, rest).offered == ()
    gathering = next((party.number for party in rest if party.gathers), None)
    for party in rest:
        if gathering is None or party.number < gathering:
            assert party.pupils > left
    assert all(number < max(found.offered) for number in found.passed)
    assert not set(found.passed) & set(found.offered)
    if waiting and waiting[0].pupils <= free:
        assert found.offered[0] == waiting[0].number


@given(
    now=st.builds(seoul_time, st.dates(dt.date(2027, 2, 1), dt.date(2027, 3, 20)), st.times()),
    keep=st.builds(Keep, st.integers(1, 20), st.sampled_from(KeepUnit)),
)
def test_an_offer_is_open_for_a_while_and_never_past_the_day_before(now: dt.datetime, keep: Keep) -> None:
    until = answer_until(now, keep, DAY, FREE)
    if until is None:
        assert now >= last_moment(DAY)
        return
    assert now < until <= last_moment(DAY)
    if keep.unit is KeepUnit.WORKING_DAYS and until < last_moment(DAY):
        here = until.astimezone(SEOUL)
        assert is_working_day(here.date(), FREE)
        days = (here.date() - now.astimezone(SEOUL).date()).days
        assert days >= keep.number


@pytest.mark.parametrize(
    ("now", "keep", "until"),
    [
        ((dt.date(2027, 2, 22), dt.time(9)), HABIT, (dt.date(2027, 2, 25), dt.time(18))),
        # over a weekend and the first of March
        ((dt.date(2027, 2, 25), dt.time(17)), HABIT, (dt.date(2027, 3, 3), dt.time(18))),
        ((dt.date(2027, 3, 15), dt.time(9)), HABIT, (dt.date(2027, 3, 16), dt.time(18))),
        ((dt.date(2027, 2, 22), dt.time(9)), Keep(24, KeepUnit.HOURS), (dt.date(2027, 2, 23), dt.time(9))),
        # the hours of the night do not count: nobody is told before nine
        ((dt.date(2027, 2, 22), dt.time(23)), Keep(2, KeepUnit.HOURS), (dt.date(2027, 2, 23), dt.time(11))),
    ],
)
def test_until_when(now: tuple[dt.date, dt.time], keep: Keep, until: tuple[dt.date, dt.time]) -> None:
    assert answer_until(seoul_time(*now), keep, DAY, FREE) == seoul_time(*until)


def test_when_schools_may_register() -> None:
    opens, closes = seoul_time(dt.date(2027, 3, 1), dt.time(9)), seoul_time(dt.date(2027, 3, 10), dt.time(18))
    assert window(opens - dt.timedelta(seconds=1), opens, closes, None, DAY) is Window.SOON
    assert window(opens, opens, closes, None, DAY) is Window.OPEN
    assert window(opens, opens, closes, opens, DAY) is Window.CLOSED
    assert window(closes, opens, closes, None, DAY) is Window.OVER
    early = dt.date(2027, 3, 5)
    assert window(last_moment(early), opens, closes, None, early) is Window.OVER


def test_a_session_is_opened_as_entered() -> None:
    entry = read_opening(form(grades="1"), DAY)
    assert (entry.places, entry.levels, entry.grades, entry.keep) == (60, (Level.MIDDLE,), (1,), HABIT)
    assert entry.opens_at == seoul_time(dt.date(2027, 2, 22), dt.time(9))


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"places": ""}, ("places", "required")),
        ({"levels": ""}, ("levels", "required")),
        ({"closes_on": "2027-02-22", "closes_at": "09:00"}, ("closes_on", "order_closes")),
        ({"closes_on": "2027-03-18"}, ("closes_on", "after_session")),
        ({"largest": "61"}, ("largest", "above_places")),
        ({"smallest": "31"}, ("largest", "below_smallest")),
        ({"keep": "21"}, ("keep", "between")),
        ({"grades": "7"}, ("grades", "unknown")),
    ],
)
def test_what_makes_no_sense_is_refused(changes: dict[str, str], fault: tuple[str, str]) -> None:
    with pytest.raises(InvalidForm) as refused:
        read_opening(form(**changes), DAY)
    assert faults(refused.value) == [fault]


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"label": ""}, ("label", "required")),
        ({"label": "가" * 21}, ("label", "too_long")),
        ({"grade": ""}, ("grade", "required")),
        ({"grade": "3"}, ("grade", "not_for_grade")),
        ({"pupils": ""}, ("pupils", "group_size")),
        ({"pupils": "31"}, ("pupils", "group_size")),
        ({"pupils": "x"}, ("pupils", "number")),
        ({"note": "가" * 201}, ("note", "too_long")),
    ],
)
def test_a_class_is_read_within_the_limits(changes: dict[str, str], fault: tuple[str, str]) -> None:
    typed = {"label": "1-3", "grade": "1", "pupils": "28", "note": "", **changes}
    with pytest.raises(InvalidForm) as refused:
        read_party({name: [text] for name, text in typed.items()}, [1, 2], smallest=1, largest=30)
    assert faults(refused.value) == [fault]


def test_grades_are_those_named_or_all_of_a_level() -> None:
    assert grades_for(Level.MIDDLE, ()) == [1, 2, 3]
    assert grades_for(Level.ELEMENTARY, (5, 6)) == [5, 6]


def test_the_states_of_a_class_are_complete_and_what_has_ended_stays_so() -> None:
    assert set(PARTY_STEPS) == set(PartyStatus)
    assert set().union(*PARTY_STEPS.values()) == set(PartyStatus) - {PartyStatus.WAITING}
    assert {status for status, steps in PARTY_STEPS.items() if steps} == LIVE_PARTIES
    assert HOLDING_PARTIES < LIVE_PARTIES
