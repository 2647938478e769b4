"""What the home page says of the year and of last week: attendances secured, days lighter or heavier than before."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.domain.ids import TermId
from booking.domain.states import LIVE_GROUPS, LIVE_VISITS, RunStatus, VisitStatus
from booking.domain.target import Secured
from booking.models.afterwards import Attendance
from booking.models.requests import Request
from booking.models.runs import AllocationRun, Proposal
from booking.models.terms import Slot
from booking.models.visits import Visit, VisitGroup
from booking.queries.programmes import still_planned
from booking.queries.year_books import the_year

#: a visit that stands and whose figures have not all come
_STANDS = (VisitStatus.PUBLISHED, VisitStatus.CONFIRMED)
WEEK = dt.timedelta(days=7)


def secured(session: Session, year: int) -> Secured:
    """Return what a calendar year has in its books and will have by what stands, against its target.

    Sessions of programmes are counted beside visits; what was reached before there were books counts as well.
    """
    first, last = dt.date(year, 1, 1), dt.date(year, 12, 31)
    known = the_year(session, year)
    planned = _planned(session, Slot.date.between(first, last)) + still_planned(session, first, last)
    return Secured(year, known.reached, planned, known.target)


def secured_in_term(session: Session, term_id: TermId) -> int:
    """Return the same sum for one term."""
    inside = Slot.term_id == term_id
    return _attended(session, inside) + _planned(session, inside)


def _attended(session: Session, inside: sa.ColumnElement[bool]) -> int:
    """Pupils who came to visits whose figures are complete."""
    return (
        session.scalar(
            sa.select(sa.func.coalesce(sa.func.sum(Attendance.attended), 0))
            .join(VisitGroup, VisitGroup.id == Attendance.group_id)
            .join(Visit, Visit.id == VisitGroup.visit_id)
            .join(Slot, Slot.id == Visit.slot_id)
            .where(inside, Visit.status == VisitStatus.COMPLETED, VisitGroup.status.in_(LIVE_GROUPS))
        )
        or 0
    )


def _planned(session: Session, inside: sa.ColumnElement[bool]) -> int:
    return (
        session.scalar(
            sa.select(sa.func.coalesce(sa.func.sum(Request.pupils), 0))
            .join(Visit, Visit.request_id == Request.id)
            .join(Slot, Slot.id == Visit.slot_id)
            .where(inside, Visit.status.in_(_STANDS))
        )
        or 0
    )


@dataclass(frozen=True, slots=True)
class Shift:
    """A day whose pupils are not as many as a week ago."""

    date: dt.date
    before: int
    now: int

    @property
    def more(self) -> int:
        """How many more than a week ago; negative where it has become lighter."""
        return self.now - self.before


def shifts_since(session: Session, term_id: TermId, moment: dt.datetime) -> list[Shift] | None:
    """Return the days that differ from the plan that was published at ``moment``, the largest change first.

    None where nothing had been published then: there is nothing to compare with.
    """
    run_id = session.scalar(
        sa.select(AllocationRun.id)
        .where(
            AllocationRun.term_id == term_id,
            AllocationRun.published_at <= moment,
            AllocationRun.status.in_([RunStatus.PUBLISHED, RunStatus.SUPERSEDED]),
        )
        .order_by(AllocationRun.published_at.desc())
        .limit(1)
    )
    if run_id is None:
        return None
    before = _by_date(
        session,
        sa.select(Slot.date, Request.pupils)
        .join(Proposal, Proposal.slot_id == Slot.id)
        .join(Request, Request.id == Proposal.request_id)
        .where(Proposal.run_id == run_id),
    )
    now = _by_date(
        session,
        sa.select(Slot.date, Request.pupils)
        .join(Visit, Visit.slot_id == Slot.id)
        .join(Request, Request.id == Visit.request_id)
        .where(Slot.term_id == term_id, Visit.status.in_(LIVE_VISITS)),
    )
    found = [Shift(date, before[date], now[date]) for date in {*before, *now} if before[date] != now[date]]
    return sorted(found, key=lambda shift: (-abs(shift.more), shift.date))


def _by_date(session: Session, rows: sa.Select[dt.date, int]) -> Counter[dt.date]:
    found: Counter[dt.date] = Counter()
    for date, pupils in session.execute(rows):
        found[date] += pupils
    return found
