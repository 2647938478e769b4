"""When an announcement may leave, what it says at its beginning and end, and what its form takes."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from booking.clock import SEOUL
from booking.domain.announcements import (
    CLOSES,
    OPENS,
    Audience,
    Group,
    opens_after,
    read_announcement,
    read_moment,
    sms_words,
)
from booking.domain.errors import InvalidForm
from booking.domain.sms import SmsKind, measure

NOON = dt.datetime(2027, 3, 10, 12, tzinfo=SEOUL)
FORM = {"subject": ["캠프"], "text": ["오세요"], "channels": ["sms"], "readers": ["teachers"], "levels": ["middle"]}


@given(st.integers(0, 15 * 365 * 24 * 3600))
def test_it_leaves_by_day_alone_and_next_at_eight(seconds: int) -> None:
    moment = NOON + dt.timedelta(seconds=seconds)
    local = moment.astimezone(SEOUL)
    opens = opens_after(moment)
    if opens is None:
        assert OPENS <= local.time() < CLOSES
    else:
        assert not OPENS <= local.time() < CLOSES
        assert opens > moment
        assert opens.astimezone(SEOUL).time() == OPENS
        assert opens - moment < dt.timedelta(hours=12)
        assert opens_after(opens) is None


def test_advertising_says_so_first_and_how_to_refuse_it_last() -> None:
    words = sms_words("[구로진로]", "캠프에 오세요", "080-000-0000")
    assert words.startswith("(광고)[구로진로]")
    assert words.endswith("\n무료수신거부 080-000-0000")
    assert measure(words).kind is SmsKind.SMS
    assert sms_words("[구로진로]", "캠프에 오세요", None) == "[구로진로]캠프에 오세요"


def test_a_form_becomes_an_announcement_and_an_audience_is_kept_as_it_is() -> None:
    entry = read_announcement(FORM)
    assert entry.audience.groups == (Group.TEACHERS,)
    assert Audience.of(entry.audience.document()) == entry.audience
    assert not entry.advertising


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"subject": [""]}, "subject"),
        ({"text": [" "]}, "text"),
        ({"channels": []}, "channels"),
        ({"readers": []}, "readers"),
        ({"subject_en": ["Camp"]}, "text_en"),
        ({"text_en": ["Come"]}, "subject_en"),
    ],
)
def test_what_is_missing_is_named(changed: dict[str, list[str]], field: str) -> None:
    with pytest.raises(InvalidForm) as refused:
        read_announcement({**FORM, **changed})
    assert [fault.field for fault in refused.value.faults] == [field]


@pytest.mark.parametrize(
    ("date", "time", "fault"),
    [
        ("2027-03-11", "08:00", None),
        ("2027-03-11", "07:59", "time"),
        ("2027-03-11", "20:50", "time"),
        ("2027-03-10", "11:59", "date"),
        ("2027-06-10", "10:00", "date"),
    ],
)
def test_it_is_scheduled_by_day_in_the_next_two_months(date: str, time: str, fault: str | None) -> None:
    form = {"when": ["later"], "date": [date], "time": [time]}
    if fault is None:
        assert read_moment(form, NOON).isoformat() == f"{date}T{time}:00+09:00"
        return
    with pytest.raises(InvalidForm) as refused:
        read_moment(form, NOON)
    assert [one.field for one in refused.value.faults] == [fault]


def test_now_is_now() -> None:
    assert read_moment({"when": ["now"]}, NOON) == NOON
