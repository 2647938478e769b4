"""A quarter of a calendar year: its days, its neighbours, and how the district writes it."""

from __future__ import annotations

import calendar
import datetime as dt
import re
from dataclasses import dataclass

_CODE = re.compile(r"(\d{4})q([1-4])")
FIRST_YEAR, LAST_YEAR = 2000, 2199


@dataclass(frozen=True, slots=True, order=True)
class Quarter:
    """``Quarter(2018, 1)`` is January to March of 2018."""

    year: int
    number: int

    @property
    def first(self) -> dt.date:
        """Its first day."""
        return dt.date(self.year, self.number * 3 - 2, 1)

    @property
    def last(self) -> dt.date:
        """Its last day."""
        month = self.number * 3
        return dt.date(self.year, month, calendar.monthrange(self.year, month)[1])

    @property
    def before(self) -> Quarter:
        """The quarter before."""
        return Quarter(self.year, self.number - 1) if self.number > 1 else Quarter(self.year - 1, 4)

    @property
    def code(self) -> str:
        """``2018q1``, for addresses and file names."""
        return f"{self.year}q{self.number}"

    @property
    def name(self) -> str:
        """``2018년 1분기``."""
        return f"{self.year}년 {self.number}분기"

    @property
    def months(self) -> str:
        """``01~03월``."""
        return f"{self.first.month:02d}~{self.last.month:02d}월"


def quarter_of(day: dt.date) -> Quarter:
    """The quarter in which a day lies."""
    return Quarter(day.year, (day.month - 1) // 3 + 1)


def read_quarter(text: str) -> Quarter | None:
    """Read ``2018q1``; None where it says no quarter."""
    found = _CODE.fullmatch(text)
    if found is None or not FIRST_YEAR <= int(found[1]) <= LAST_YEAR:
        return None
    return Quarter(int(found[1]), int(found[2]))
