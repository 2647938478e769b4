"""목표와 예산, 언론보도, 자원봉사: what a person enters of a year, a piece in the press, and volunteers' hours."""

from __future__ import annotations

import datetime as dt
import math
import re
from dataclasses import dataclass
from decimal import Decimal

from booking.domain.entered import Entered, Given

LONGEST_OUTLET, LONGEST_HEADLINE, LONGEST_ADDRESS = 60, 200, 300
LONGEST_GROUP, LONGEST_WORK = 60, 200
MOST_TARGET, MOST_MONEY, MOST_SHARE = 1_000_000, 99_999_999, 999
MOST_VOLUNTEERS, MOST_HOURS = 10_000, Decimal(99_999)


@dataclass(frozen=True, slots=True)
class YearEntry:
    """A year, as entered. Money is in thousands of won; what is not known is None."""

    target: int | None
    reached_before: int
    agreed_share: int | None
    city: int | None
    district: int | None
    spent: int | None


@dataclass(frozen=True, slots=True)
class PressEntry:
    """A piece in the press, as entered."""

    date: dt.date
    outlet: str
    headline: str
    address: str


@dataclass(frozen=True, slots=True)
class VolunteerEntry:
    """What a group of volunteers did on a day, as entered: ``hours`` of all of them together."""

    date: dt.date
    group: str
    people: int
    hours: Decimal
    work: str


def read_year(given: Given) -> YearEntry:
    """Return the entered year.

    Raises:
        InvalidForm: every field that cannot be accepted; a sum that is not that of its shares (``total``, ``sum``).
    """
    entered = Entered(given)
    entry = YearEntry(
        target=entered.number_or_none("target", 1, MOST_TARGET),
        reached_before=entered.number("reached_before", 0, MOST_TARGET, default=0),
        agreed_share=entered.number_or_none("agreed_share", 0, MOST_SHARE),
        city=entered.number_or_none("city", 0, MOST_MONEY),
        district=entered.number_or_none("district", 0, MOST_MONEY),
        spent=entered.number_or_none("spent", 0, MOST_MONEY),
    )
    total = entered.number_or_none("total", 0, 2 * MOST_MONEY)
    if not entered.faults and total is not None and total != (entry.city or 0) + (entry.district or 0):
        entered.fault("total", "sum")
    entered.finish()
    return entry


def read_press(given: Given, today: dt.date) -> PressEntry:
    """Return the entered piece.

    Raises:
        InvalidForm: every field that cannot be accepted.
    """
    entered = Entered(given)
    date = _past(entered, today)
    outlet = entered.line("outlet", LONGEST_OUTLET)
    headline = entered.line("headline", LONGEST_HEADLINE, required=False)
    address = entered.line("address", LONGEST_ADDRESS, required=False)
    if address and not re.fullmatch(r"https?://[^\s<>\"']+", address):
        entered.fault("address", "web_address")
    entered.finish()
    return PressEntry(date, outlet, headline, address)


def read_volunteers(given: Given, today: dt.date) -> VolunteerEntry:
    """Return what volunteers did.

    Raises:
        InvalidForm: every field that cannot be accepted; hours in halves (``hours``, ``halves``).
    """
    entered = Entered(given)
    date = _past(entered, today)
    group = entered.line("group", LONGEST_GROUP)
    people = entered.number("volunteers", 1, MOST_VOLUNTEERS)
    text = entered.text("hours")
    hours = Decimal(text) if re.fullmatch(r"\d{1,5}(\.[05])?", text, re.ASCII) else Decimal(0)
    if not text:
        entered.fault("hours", "required")
    elif not 0 < hours <= MOST_HOURS:
        entered.fault("hours", "halves")
    work = entered.line("work", LONGEST_WORK, required=False)
    entered.finish()
    return VolunteerEntry(date, group, people, hours, work)


def _past(entered: Entered, today: dt.date) -> dt.date:
    date = entered.required_date("date")
    if date > today:
        entered.fault("date", "future")
    return date


@dataclass(frozen=True, slots=True)
class Pace:
    """Where a year ends if it goes on as it did so far: ``reached`` until ``today``, straight on to its end."""

    year: int
    reached: int
    target: int
    today: dt.date
    #: attendances of an average lecture; None where none took place yet
    lecture: float | None

    @property
    def projected(self) -> int | None:
        """What the year would end with; None before it began, or in its first month, when a day decides too much."""
        first, last = dt.date(self.year, 1, 1), dt.date(self.year, 12, 31)
        days = (min(self.today, last) - first).days + 1
        if days < MONTH:
            return None
        return round(self.reached * ((last - first).days + 1) / days)

    @property
    def short(self) -> int:
        """What would be missing; 0 where nothing would."""
        return max(0, self.target - (self.projected or 0)) if self.projected is not None else 0

    @property
    def lectures(self) -> int | None:
        """How many average lectures would make up for it."""
        return math.ceil(self.short / self.lecture) if self.lecture and self.short else None


MONTH = 31
