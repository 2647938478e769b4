"""Time is injected: aware UTC inside, Asia/Seoul at the edges. Leases and links take the database's clock instead."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Protocol
from zoneinfo import ZoneInfo

SEOUL = ZoneInfo("Asia/Seoul")


class Clock(Protocol):
    """What a service asks for the time."""

    def now(self) -> dt.datetime:
        """Return the present moment, aware, in UTC."""
        ...


@dataclass(frozen=True, slots=True)
class SystemClock:
    """The machine's clock."""

    def now(self) -> dt.datetime:
        """Return the present moment, aware, in UTC."""
        return dt.datetime.now(dt.UTC)


@dataclass(slots=True)
class FixedClock:
    """A clock that stands where it was set, for tests and for replaying a day."""

    moment: dt.datetime

    def now(self) -> dt.datetime:
        """Return the moment at which this clock stands."""
        return self.moment

    def advance(self, by: dt.timedelta) -> None:
        """Move the clock forward (or back) by ``by``."""
        self.moment += by


def seoul_date(moment: dt.datetime) -> dt.date:
    """Return the calendar day in Seoul on which ``moment`` (aware) falls."""
    return moment.astimezone(SEOUL).date()


def seoul_time(day: dt.date, time: dt.time) -> dt.datetime:
    """Return the aware moment of ``time`` on ``day`` in Seoul."""
    return dt.datetime.combine(day, time, tzinfo=SEOUL)
