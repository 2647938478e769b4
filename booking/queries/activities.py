"""What the centre has done, as its entries say: rows of activities with sessions and attendances (연인원)."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.domain.quarterly_report import ActivityRow, Section
from booking.domain.quarters import Quarter
from booking.domain.states import LIVE_GROUPS, VisitStatus
from booking.models.afterwards import Attendance
from booking.models.requests import Request
from booking.models.terms import Slot
from booking.models.visits import Visit, VisitGroup

#: what visits to workplaces are called in the report
VISITS = "일터체험"


def reported_activities(session: Session, quarter: Quarter) -> tuple[ActivityRow, ...]:
    """Return what a quarter's report counts, a row for each kind, in the order in which they are printed.

    These are the visits to workplaces whose attendance is complete. The classes of one school that go out on the same
    half day are one session, as the district counts them.
    """
    sessions, attendances = _visits(session, quarter.first, quarter.last)
    return (ActivityRow(Section.PROGRAMME, VISITS, sessions, attendances),) if sessions else ()


def attendances(session: Session, first: dt.date, last: dt.date) -> int:
    """Return how many came from one day to another, everybody counted every time."""
    return _visits(session, first, last)[1]


def _visits(session: Session, first: dt.date, last: dt.date) -> tuple[int, int]:
    outing = sa.tuple_(Request.school_id, Visit.slot_id)
    counted = (
        sa.select(sa.func.count(sa.distinct(outing)), sa.func.coalesce(sa.func.sum(Attendance.attended), 0))
        .select_from(Attendance)
        .join(VisitGroup, VisitGroup.id == Attendance.group_id)
        .join(Visit, Visit.id == VisitGroup.visit_id)
        .join(Request, Request.id == Visit.request_id)
        .join(Slot, Slot.id == Visit.slot_id)
        .where(
            Slot.date.between(first, last),
            Visit.status == VisitStatus.COMPLETED,
            VisitGroup.status.in_(LIVE_GROUPS),
        )
    )
    sessions, came = session.execute(counted).one()
    return int(sessions), int(came)
