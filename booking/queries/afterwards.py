"""What has been reported of visits: attendance by group, what pupils said, who ticked what, and what is missing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session, contains_eager, selectinload

from booking.domain.ids import GroupId, SchoolId, TermId, UserId, VisitId
from booking.domain.states import LIVE_GROUPS, VisitStatus
from booking.domain.visit_days import ANSWERS, due_on
from booking.models.afterwards import Attendance, Satisfaction
from booking.models.people import User
from booking.models.requests import Request
from booking.models.terms import Slot
from booking.models.visits import Visit, VisitGroup

#: counts of each question by its code, from answer 1 to answer 5
Counts = Mapping[str, Sequence[int]]
#: visits that took place, or will, and of which not everything has been reported
UNREPORTED = (VisitStatus.PUBLISHED, VisitStatus.CONFIRMED)


def attendance_of(session: Session, groups: Iterable[VisitGroup]) -> dict[GroupId, Attendance]:
    """Return what has been reported of these groups, as the database has it now."""
    rows = session.scalars(
        sa.select(Attendance)
        .where(Attendance.group_id.in_([group.id for group in groups]))
        .execution_options(populate_existing=True)
    )
    return {row.group_id: row for row in rows}


def satisfaction_of(session: Session, visit_id: VisitId) -> dict[str, list[int]]:
    """Return the counts of each question that was asked, from answer 1 to answer 5."""
    found: dict[str, list[int]] = {}
    for row in session.scalars(sa.select(Satisfaction).where(Satisfaction.visit_id == visit_id)):
        found.setdefault(row.question, [0] * len(ANSWERS))[row.answer - 1] = row.pupils
    return found


def seen(counts: Counts) -> str:
    """Return what tells one state of the counts from another: a form that saw an older one is refused."""
    return ".".join(f"{question}-{'-'.join(map(str, counts[question]))}" for question in sorted(counts))


def names_of(session: Session, ids: Iterable[UserId | None]) -> dict[UserId, str]:
    """Return the names of people by their numbers."""
    wanted = {number for number in ids if number is not None}
    return dict(session.execute(sa.select(User.id, User.name).where(User.id.in_(wanted))).all()) if wanted else {}


@dataclass(frozen=True, slots=True)
class MissingVisit:
    """A visit whose day is over and of which a school has not reported everything."""

    visit: Visit
    today: dt.date

    @property
    def overdue(self) -> int:
        """How many days ago the report was due; 0 or less where it is not yet."""
        return (self.today - due_on(self.visit.slot.date)).days


def missing_statement(first: dt.date, before: dt.date) -> sa.Select[Visit]:
    """Visits from ``first`` on and before ``before`` with a group of which nothing has been reported."""
    unreported = sa.exists().where(
        VisitGroup.visit_id == Visit.id,
        VisitGroup.status.in_(LIVE_GROUPS),
        ~sa.exists().where(Attendance.group_id == VisitGroup.id),
    )
    return (
        sa.select(Visit)
        .join(Visit.slot)
        .join(Visit.request)
        .where(Visit.status.in_(UNREPORTED), Slot.date >= first, Slot.date < before, unreported)
    )


def _loaded(session: Session, statement: sa.Select[Visit]) -> list[Visit]:
    return list(
        session.scalars(
            statement.options(
                contains_eager(Visit.slot), contains_eager(Visit.request).selectinload(Request.school)
            ).order_by(Slot.date, Request.school_id, Request.label)
        )
    )


def missing_between(session: Session, first: dt.date, before: dt.date) -> list[Visit]:
    """Return the visits from ``first`` on and before ``before`` of which attendance is missing, of every term."""
    return _loaded(session, missing_statement(first, before))


def missing_attendance(session: Session, term_id: TermId, today: dt.date) -> list[MissingVisit]:
    """Return the visits of a term of which attendance is missing, the longest overdue first."""
    rows = _loaded(session, missing_statement(dt.date.min, today).where(Request.term_id == term_id))
    return [MissingVisit(visit, today) for visit in rows]


def count_missing_attendance(term_id: TermId, today: dt.date, *, overdue: bool = False) -> sa.Select[int]:
    """Count the visits of which attendance is missing, or is overdue."""
    before = today - (due_on(today) - today) if overdue else today
    return missing_statement(dt.date.min, before).where(Request.term_id == term_id).with_only_columns(sa.func.count())


def standing_on(session: Session, dates: Iterable[dt.date]) -> list[Visit]:
    """Return the visits of these dates that stand and are not over, by school and class."""
    return list(
        session.scalars(
            sa.select(Visit)
            .join(Visit.slot)
            .join(Visit.request)
            .where(Visit.status.in_(UNREPORTED), Slot.date.in_(list(dates)))
            .options(
                contains_eager(Visit.slot),
                contains_eager(Visit.request).selectinload(Request.school),
                selectinload(Visit.groups),
            )
            .order_by(Slot.date, Request.school_id, Request.label)
        )
    )


def missing_on(session: Session, school_id: SchoolId, date: dt.date) -> list[Visit]:
    """Return a school's visits of one date of which attendance is missing."""
    statement = missing_statement(date, date + dt.timedelta(days=1)).where(Request.school_id == school_id)
    return _loaded(session, statement)
