"""조용한 시간: the hours of the night in which nothing leaves that can wait for the morning."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from booking.clock import SEOUL, seoul_time

HOURS = range(24)


@dataclass(frozen=True, slots=True)
class QuietHours:
    """From one full hour in Seoul to another; 20 to 8 goes over midnight."""

    begins: int
    ends: int

    def end_after(self, moment: dt.datetime) -> dt.datetime | None:
        """Return when these hours end, where the moment lies within them; else None."""
        local = moment.astimezone(SEOUL)
        over_midnight = self.begins > self.ends
        evening, morning = local.hour >= self.begins, local.hour < self.ends
        if not (evening or morning if over_midnight else evening and morning):
            return None
        day = local.date() + dt.timedelta(days=1) if over_midnight and evening else local.date()
        return seoul_time(day, dt.time(self.ends))


def next_morning(moment: dt.datetime, quiet: QuietHours | None) -> dt.datetime:
    """Return when the working day after a moment begins for messages: at the end of the quiet hours, else at 8."""
    tomorrow = moment.astimezone(SEOUL).date() + dt.timedelta(days=1)
    morning = seoul_time(tomorrow, dt.time(8))
    return morning if quiet is None else quiet.end_after(morning) or morning
