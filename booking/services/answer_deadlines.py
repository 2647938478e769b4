"""Until when a workplace is asked to answer: the centre's days; working days, and fewer, for one in another's stead."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection

from sqlalchemy.orm import Session

from booking.domain.states import SILENT_GROUPS
from booking.domain.visit_days import working_day_from
from booking.models.visits import VisitGroup
from booking.services.school_year import free_days
from booking.services.terms import the_centre

_DAY = dt.timedelta(days=1)
#: no run of days off is longer
HORIZON = dt.timedelta(days=14)


def answer_deadline(session: Session, today: dt.date, date: dt.date, groups: Collection[VisitGroup]) -> dt.date:
    """Return the last day to answer for these groups of a date: never after the day before it, never in the past."""
    centre = the_centre(session)
    last = today + dt.timedelta(days=centre.answer_days)
    if any(group.reserve and group.status in SILENT_GROUPS for group in groups):
        free = free_days(session, today, today + HORIZON)
        last = today
        for _ in range(centre.reserve_days):
            last = working_day_from(last + _DAY, free)
    return max(today, min(last, date - _DAY))
