"""Tables that leave the house: read by office programs, reckoned by none."""

from __future__ import annotations

import datetime as dt

import pytest

from booking.exchange.tables import csv_table, harmless


@pytest.mark.parametrize("text", ["=1+1", "+82 10", "-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_what_would_be_reckoned_is_text(text: str) -> None:
    assert harmless(text) == f"'{text}"


def test_numbers_dates_and_words_stay_as_they_are() -> None:
    cells = [harmless(value) for value in (-3, 1.5, dt.date(2027, 3, 1), None, "a=b")]

    assert cells == ["-3", "1.5", "2027-03-01", "", "a=b"]


def test_the_table_has_its_mark_and_quotes_what_has_commas() -> None:
    text = csv_table(["일터"], [['가, "나"'], ["=x"]]).decode()

    assert text == '\ufeff일터\r\n"가, ""나"""\r\n\'=x\r\n'
