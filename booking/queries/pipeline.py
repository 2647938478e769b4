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
#: steps by which a workplace comes into the register, or comes back, and by which it leaves; an entry that was merged
#: into another was no workplace of its own
_CAME = sa.func.count().filter(
    sa.or_(WorkplaceStep.status_before.is_(None), WorkplaceStep.status == WorkplaceStatus.FOUND)
)
_ENDED = sa.func.count().filter(WorkplaceStep.status == WorkplaceStatus.ENDED)
_OF_A_WORKPLACE = (Workplace, Workplace.id == WorkplaceStep.workplace_id)


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


def quarters(session: Session, year: int) -> list[Quarter]:
    """Return the four quarters of a year; steps of days that were never entered are in none of them."""
    number = sa.extract("quarter", WorkplaceStep.since)
    rows = session.execute(
        sa.select(number, _CAME, _ENDED)
        .join(*_OF_A_WORKPLACE)
        .where(sa.extract("year", WorkplaceStep.since) == year, Workplace.merged_into_id.is_(None))
        .group_by(number)
    )
    found = {int(quarter): (came_in, ended) for quarter, came_in, ended in rows}
    return [Quarter(quarter, *found.get(quarter, (0, 0))) for quarter in QUARTERS]


def registered(session: Session, day: dt.date) -> int:
    """Return how many workplaces stood in the register at the end of a day: all but those that had ended.

    One without any step was there before steps were kept; before its first step it stood as that step found it.
    """
    of_it = WorkplaceStep.workplace_id == Workplace.id
    newest = (
        sa.select(WorkplaceStep.status)
        .where(of_it, WorkplaceStep.since <= day)
        .order_by(WorkplaceStep.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    before_all = (
        sa.select(WorkplaceStep.status_before).where(of_it).order_by(WorkplaceStep.id).limit(1).scalar_subquery()
    )
    stood = sa.case(
        (sa.exists().where(of_it, WorkplaceStep.since <= day), newest),
        (sa.exists().where(of_it), before_all),
        else_=Workplace.status,
    )
    counted = sa.select(sa.func.count()).select_from(Workplace).where(stood != WorkplaceStatus.ENDED)
    return session.scalar(counted) or 0


def by_status(session: Session) -> Counter[WorkplaceStatus]:
    """Return how many workplaces stand at each step today."""
    rows = session.execute(
        sa.select(Workplace.status, sa.func.count())
        .where(Workplace.merged_into_id.is_(None))
        .group_by(Workplace.status)
    )
    return Counter(dict(rows.all()))


@dataclass(frozen=True, slots=True)
class Found:
    """Workplaces found and ended between two days, and how many stood in the register on the last of them."""

    found: int
    ended: int
    register: int


def found_in(session: Session, first: dt.date, last: dt.date) -> Found:
    """Return what came into the register and left it from ``first`` to ``last``, and what stood there at the end."""
    row = session.execute(
        sa.select(_CAME, _ENDED)
        .join(*_OF_A_WORKPLACE)
        .where(WorkplaceStep.since.between(first, last), Workplace.merged_into_id.is_(None))
    ).one()
    return Found(int(row[0]), int(row[1]), registered(session, last))
