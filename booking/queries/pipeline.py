"""발굴·종료·순증: how many workplaces came into the register and left it, by quarter, from the days of their steps."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.domain.vocabulary import WorkplaceStatus
from booking.models.workplaces import Workplace, WorkplaceStep

QUARTERS = range(1, 5)


@dataclass(frozen=True, slots=True)
class Quarter:
    """A quarter of a calendar year: workplaces found (or found again) and ended in it."""

    number: int
    found: int
    ended: int

    @property
    def net(self) -> int:
        """By how much the register has grown."""
        return self.found - self.ended


def quarter_of(day: dt.date) -> int:
    """The quarter of a day, from 1."""
    return (day.month - 1) // 3 + 1


def quarters(session: Session, year: int) -> list[Quarter]:
    """Return the four quarters of a year; steps of days that were never entered are in none of them."""
    number = sa.extract("quarter", WorkplaceStep.since)
    came = sa.or_(WorkplaceStep.status_before.is_(None), WorkplaceStep.status == WorkplaceStatus.FOUND)
    rows = session.execute(
        sa.select(
            number,
            sa.func.count().filter(came),
            sa.func.count().filter(WorkplaceStep.status == WorkplaceStatus.ENDED),
        )
        # an entry that was merged into another was no workplace of its own
        .join(Workplace, Workplace.id == WorkplaceStep.workplace_id)
        .where(sa.extract("year", WorkplaceStep.since) == year, Workplace.merged_into_id.is_(None))
        .group_by(number)
    )
    found = {int(quarter): (came_in, ended) for quarter, came_in, ended in rows}
    return [Quarter(quarter, *found.get(quarter, (0, 0))) for quarter in QUARTERS]


def by_status(session: Session) -> Counter[WorkplaceStatus]:
    """Return how many workplaces stand at each step today."""
    rows = session.execute(
        sa.select(Workplace.status, sa.func.count())
        .where(Workplace.merged_into_id.is_(None))
        .group_by(Workplace.status)
    )
    return Counter(dict(rows.all()))
