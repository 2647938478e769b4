"""미세먼지: for which half-days somebody means to keep everybody indoors, checked once."""

from __future__ import annotations

import datetime as dt

from booking.domain.entered import Entered, Given
from booking.domain.school_year import DayBlocks


def read_half(given: Given, today: dt.date) -> tuple[dt.date, DayBlocks]:
    """Return the day and the part of it. The visits of today stand as they are: they can only be called off.

    Raises:
        InvalidForm: no date, one that is not ahead (``not_ahead``), or an unknown part of the day.
    """
    entered = Entered(given)
    date = entered.required_date("date")
    blocks = entered.one_of(DayBlocks, "blocks")
    if not entered.faults and date <= today:
        entered.fault("date", "not_ahead")
    entered.finish()
    return date, blocks
