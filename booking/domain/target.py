"""확보 인원: how far the year's visits come towards its target, in attendances (연인원)."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Secured:
    """A calendar year: pupils who came, pupils whose visits stand, and what was to be reached (None: nothing set)."""

    year: int
    attended: int
    planned: int
    target: int | None

    @property
    def total(self) -> int:
        """What has been reached, or will be where everything that stands takes place."""
        return self.attended + self.planned

    @property
    def missing(self) -> int:
        """What is short of the target; 0 where it is reached or none was set."""
        return max(0, (self.target or 0) - self.total)

    @property
    def share(self) -> float | None:
        """The part of the target that is secured; may be above 1."""
        return self.total / self.target if self.target else None

    def weekly(self, today: dt.date) -> int | None:
        """How many more each week that is left of the year would need; None where it is over or nothing misses."""
        first, last = dt.date(self.year, 1, 1), dt.date(self.year, 12, 31)
        days = (last - max(today, first)).days + 1
        if days <= 0 or not self.missing:
            return None
        return -(-self.missing * 7 // days)
