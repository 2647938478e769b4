"""What the coordinator reads of the register: workplaces, schools, and the one search over both."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import InstrumentedAttribute, Session, selectinload

from booking.domain.ids import TermId, WorkplaceId
from booking.domain.states import LIVE_GROUPS, LIVE_VISITS, RequestStatus
from booking.domain.vocabulary import SlotWish
from booking.models.requests import Request, RequestSlot
from booking.models.schools import School
from booking.models.terms import Slot
from booking.models.visits import Visit, VisitGroup
from booking.models.workplaces import Workplace

WORKPLACES_PER_PAGE = 50


@dataclass(frozen=True, slots=True)
class WorkplaceRow:
    """A workplace in the list, with how many groups it has this term."""

    workplace: Workplace
    groups: int


@dataclass(frozen=True, slots=True)
class SchoolRow:
    """A school in the list: what it asked for this term, and what it has in the published plan, in pupils."""

    school: School
    requests: int
    asked: int
    placed: int
    first: int

    @property
    def first_share(self) -> float | None:
        """Pupils at their first choice among those placed; None where nobody is."""
        return self.first / self.placed if self.placed else None


def holds(column: InstrumentedAttribute[str], text: str) -> sa.ColumnElement[bool]:
    """Whether a column holds ``text`` anywhere, whatever its case."""
    return column.ilike(_like(text))


def _like(text: str) -> str:
    """A pattern that finds ``text`` anywhere, with the wildcards in it taken literally."""
    plain = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{plain}%"


def merged_into(session: Session, workplace_id: WorkplaceId) -> list[Workplace]:
    """Return the entries that were merged into a workplace, with the days of their pipelines."""
    return list(
        session.scalars(
            sa.select(Workplace)
            .where(Workplace.merged_into_id == workplace_id)
            .options(selectinload(Workplace.steps))
            .order_by(Workplace.id)
        )
    )


def workplace(session: Session, workplace_id: WorkplaceId) -> Workplace | None:
    """Return one workplace with its weekly pattern, exceptions and contact."""
    return session.scalar(
        sa.select(Workplace)
        .where(Workplace.id == workplace_id)
        .options(
            selectinload(Workplace.hours),
            selectinload(Workplace.exceptions),
            selectinload(Workplace.contact),
            selectinload(Workplace.steps),
        )
    )


def groups_at(session: Session, workplace_id: WorkplaceId, term_id: TermId) -> Sequence[VisitGroup]:
    """Return the groups that a workplace has in the term's plan, in the order of the calendar."""
    return list(
        session.scalars(
            sa.select(VisitGroup)
            .join(Slot, Slot.id == VisitGroup.slot_id)
            .where(
                VisitGroup.workplace_id == workplace_id,
                Slot.term_id == term_id,
                VisitGroup.status.in_(LIVE_GROUPS),
            )
            .options(
                selectinload(VisitGroup.visit).selectinload(Visit.slot),
                selectinload(VisitGroup.visit).selectinload(Visit.request).selectinload(Request.school),
            )
            .order_by(Slot.date, Slot.block)
        )
    )


def busiest_week(groups: Sequence[VisitGroup]) -> int:
    """Return the most groups that fall into one ISO week, to be held against the weekly limit."""
    weeks: dict[tuple[int, int], int] = {}
    for group in groups:
        year, week, _ = group.visit.slot.date.isocalendar()
        weeks[year, week] = weeks.get((year, week), 0) + 1
    return max(weeks.values(), default=0)


def schools(session: Session, term_id: TermId, text: str = "") -> list[SchoolRow]:
    """Return schools by name with what they asked for and got."""
    asked = {
        school: (count, pupils)
        for school, count, pupils in session.execute(
            sa.select(Request.school_id, sa.func.count(), sa.func.sum(Request.pupils))
            .where(Request.term_id == term_id, Request.status != RequestStatus.WITHDRAWN)
            .group_by(Request.school_id)
        )
    }
    first = sa.case((RequestSlot.position == 0, Request.pupils), else_=0)
    got = {
        school: (pupils, at_first)
        for school, pupils, at_first in session.execute(
            sa.select(Request.school_id, sa.func.sum(Request.pupils), sa.func.sum(first))
            .join(Visit, sa.and_(Visit.request_id == Request.id, Visit.status.in_(LIVE_VISITS)))
            .outerjoin(
                RequestSlot,
                sa.and_(
                    RequestSlot.request_id == Request.id,
                    RequestSlot.slot_id == Visit.slot_id,
                    RequestSlot.wish == SlotWish.REQUESTED,
                ),
            )
            .where(Request.term_id == term_id)
            .group_by(Request.school_id)
        )
    }
    statement = sa.select(School).order_by(School.name)
    if text:
        statement = statement.where(School.name.ilike(_like(text)))
    return [
        SchoolRow(school, *map(int, asked.get(school.id, (0, 0))), *map(int, got.get(school.id, (0, 0))))
        for school in session.scalars(statement)
    ]


@dataclass(frozen=True, slots=True)
class TermFigures:
    """The figures of a term without anybody's name, in pupils counted every time they go (연인원)."""

    asked: int
    planned: int
    confirmed: int
    completed: int
    first: int
    schools: int
    workplaces: int

    @property
    def first_share(self) -> float | None:
        """Pupils at their first choice among those planned."""
        return self.first / self.planned if self.planned else None


def term_figures(session: Session, term_id: TermId, today: dt.date) -> TermFigures:
    """Return what was asked for, planned and confirmed in a term, and what has taken place until ``today``."""
    rows = schools(session, term_id)
    confirmed, completed = (
        session.scalar(
            sa.select(sa.func.coalesce(sa.func.sum(Request.pupils), 0))
            .join(Visit, Visit.request_id == Request.id)
            .join(Slot, Slot.id == Visit.slot_id)
            .where(Request.term_id == term_id, Visit.status.in_(statuses), *more)
        )
        or 0
        for statuses, more in (
            (("confirmed", "completed"), ()),
            (("confirmed", "completed"), (Slot.date < today,)),
        )
    )
    used = session.scalar(
        sa.select(sa.func.count(sa.distinct(VisitGroup.workplace_id)))
        .join(Slot, Slot.id == VisitGroup.slot_id)
        .where(Slot.term_id == term_id, VisitGroup.status.in_(LIVE_GROUPS))
    )
    return TermFigures(
        asked=sum(row.asked for row in rows),
        planned=sum(row.placed for row in rows),
        confirmed=confirmed,
        completed=completed,
        first=sum(row.first for row in rows),
        schools=sum(1 for row in rows if row.requests),
        workplaces=used or 0,
    )
