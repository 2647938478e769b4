"""Until when a workplace is asked to answer: the centre's days; working days, and fewer, for one in another's stead."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from functools import cached_property

from sqlalchemy.orm import Session

from booking.domain.states import SILENT_GROUPS
from booking.domain.visit_days import working_day_from
from booking.models.visits import VisitGroup
from booking.services.school_year import free_days
from booking.services.terms import the_centre

_DAY = dt.timedelta(days=1)
#: no run of days off is longer
HORIZON = dt.timedelta(days=14)


class AnswerDeadlines:
    """The last days to answer for questions that are asked today: the settings are read once for all of them."""

    def __init__(self, session: Session, today: dt.date) -> None:
        centre = the_centre(session)
        self._session, self._today = session, today
        self._answer_days, self._reserve_days = centre.answer_days, centre.reserve_days

    def of(self, date: dt.date, groups: Collection[VisitGroup]) -> dt.date:
        """Return the last day to answer for these groups of a date: never later than its eve, never past."""
        last = self._today + dt.timedelta(days=self._answer_days)
        if any(group.reserve and group.status in SILENT_GROUPS for group in groups):
            last = self._for_reserves
        return max(self._today, min(last, date - _DAY))

    @cached_property
    def _for_reserves(self) -> dt.date:
        free = free_days(self._session, self._today, self._today + HORIZON)
        last = self._today
        for _ in range(self._reserve_days):
            last = working_day_from(last + _DAY, free)
        return last
