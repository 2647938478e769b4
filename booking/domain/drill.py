"""비상 연습: what is rehearsed before it happens, checked once."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

from booking.domain.entered import Entered, Given

#: workplaces lost on a day; more is a day that is called off
MOST_LOSSES = 20


class Span(StrEnum):
    """Which days: one, or every day of its week."""

    DAY = "day"
    WEEK = "week"


@dataclass(frozen=True, slots=True)
class DrillAsked:
    """What is rehearsed: from which day to which, and how many workplaces are lost on a day."""

    first: dt.date
    last: dt.date
    losses: int


def read_drill(given: Given, days: Collection[dt.date], today: dt.date) -> DrillAsked:
    """Return what was entered; ``days`` are those on which the plan has visits.

    A week begins on Monday; of the week in which we are, the days that are left.

    Raises:
        InvalidForm: no date, one that is past (``past``), days without a visit (``no_visits``), or no number.
    """
    entered = Entered(given)
    date = entered.required_date("date")
    span = entered.one_of(Span, "span")
    losses = entered.number("losses", 1, MOST_LOSSES)
    entered.finish()
    if date < today:
        entered.fault("date", "past")
    first = last = date
    if span is Span.WEEK:
        monday = date - dt.timedelta(days=date.weekday())
        first, last = max(monday, today), monday + dt.timedelta(days=6)
    if not entered.faults and not any(first <= day <= last for day in days):
        entered.fault("date", "no_visits")
    entered.finish()
    return DrillAsked(first, last, losses)
