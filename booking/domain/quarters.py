"""분기: the quarters of calendar years, by which the centre reports."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass

MONTHS = 3


@dataclass(frozen=True, slots=True, order=True)
class Quarter:
    """A quarter of a calendar year; ``number`` is 1 to 4."""

    year: int
    number: int

    @classmethod
    def of(cls, day: dt.date) -> Quarter:
        """The quarter in which a day lies."""
        return cls(day.year, (day.month - 1) // MONTHS + 1)

    @classmethod
    def named(cls, text: str) -> Quarter | None:
        """The quarter that ``2018-1`` names; anything else is none."""
        found = re.fullmatch(r"(2[01]\d\d)-([1-4])", text, re.ASCII)
        return cls(int(found[1]), int(found[2])) if found else None

    @property
    def name(self) -> str:
        """``2018-1``, as addresses and documents write it."""
        return f"{self.year}-{self.number}"

    @property
    def in_korean(self) -> str:
        """``2018년 1분기``, as the district writes it; its forms are Korean in every language."""
        return f"{self.year}년 {self.number}분기"

    @property
    def months(self) -> str:
        """``01~03월``, likewise."""
        return f"{self.first.month:02d}~{self.last.month:02d}월"

    @property
    def first(self) -> dt.date:
        """Its first day."""
        return dt.date(self.year, MONTHS * (self.number - 1) + 1, 1)

    @property
    def last(self) -> dt.date:
        """Its last day."""
        return self.after.first - dt.timedelta(days=1)

    @property
    def after(self) -> Quarter:
        """The next one."""
        return Quarter(self.year + self.number // 4, self.number % 4 + 1)

    @property
    def before(self) -> Quarter:
        """The one before."""
        return Quarter.of(self.first - dt.timedelta(days=1))


def year_of(year: int) -> tuple[Quarter, ...]:
    """The four quarters of a year."""
    return tuple(Quarter(year, number) for number in range(1, 5))
