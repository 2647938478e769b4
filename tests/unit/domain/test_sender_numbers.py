"""From which numbers text messages may leave."""

from __future__ import annotations

import datetime as dt

import pytest

from booking.domain.errors import InvalidInput
from booking.domain.sender_numbers import NumberState, clean_sender_number, number_state

DAY = dt.date(2027, 5, 10)


@pytest.mark.parametrize(
    ("written", "digits"),
    [
        ("02-0000-0000", "0200000000"),
        ("02) 000-0000", "020000000"),
        ("031-000-0000", "0310000000"),
        ("010-0000-0000", "01000000000"),
        ("1588-0000", "15880000"),
        ("070-0000-0000", "07000000000"),
    ],
)
def test_numbers_that_can_be_registered(written: str, digits: str) -> None:
    assert clean_sender_number(written) == digits


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ("", "required"),
        ("0000-0000", "sender_number"),  # no area code
        ("050-0000-0000", "sender_number"),  # forwards calls
        ("0505-000-0000", "sender_number"),
        ("02-1588-0000-00", "sender_number"),
        ("02-1588", "sender_number"),
        ("119", "sender_number"),
        ("센터", "sender_number"),
    ],
)
def test_numbers_that_cannot(written: str, reason: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        clean_sender_number(written)
    assert refused.value.reason == reason


@pytest.mark.parametrize(
    ("expires_on", "state"),
    [
        (None, NumberState.VALID),
        (DAY, NumberState.VALID),
        (DAY - dt.timedelta(days=1), NumberState.EXPIRED),
    ],
)
def test_the_last_day_still_counts(expires_on: dt.date | None, state: NumberState) -> None:
    assert number_state(expires_on, DAY) is state
