"""The list of workplaces as the office looks at it: narrowed, sorted by any column, read by the page or as a whole."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, selectinload

from booking.domain.ids import TermId, WorkplaceId
from booking.domain.states import LIVE_GROUPS
from booking.domain.vocabulary import JobField, Level, Setting, WorkplaceStatus
from booking.models.terms import Slot
from booking.models.visits import VisitGroup
from booking.models.workplaces import Workplace
from booking.queries.paging import Page, paged
from booking.queries.register import WORKPLACES_PER_PAGE, WorkplaceRow, holds

#: a check that ends within so many days is worth a call now
SOON_DAYS = 60
#: a workplace is asked too often with more than so many times the average of those that are active, and a few at least
TOO_OFTEN, FEW = 2.0, 4
_GOING = tuple(status for status in WorkplaceStatus if status is not WorkplaceStatus.ENDED)


class Mark(StrEnum):
    """What a workplace stands out by."""

    EXPIRING = "expiring"
    EXPIRED = "expired"
    DORMANT = "dormant"
    BUSY = "busy"


@dataclass(frozen=True, slots=True)
class Narrowed:
    """Which workplaces are looked at; whatever is empty narrows nothing."""

    text: str = ""
    field: JobField | None = None
    status: WorkplaceStatus | None = None
    level: Level | None = None
    setting: Setting | None = None
    mark: Mark | None = None


#: the first day on which one of the checks no longer holds, of those that are known
EXPIRES = sa.func.least(Workplace.safety_valid_until, Workplace.insurance_valid_until, Workplace.certified_until)
#: what a column sorts by; a minus before its name turns the order round
COLUMNS = ("name", "field", "status", "size", "levels", "groups", "expires")


def _groups(term_id: TermId) -> sa.Subquery:
    return (
        sa.select(VisitGroup.workplace_id, sa.func.count().label("number"))
        .join(Slot, Slot.id == VisitGroup.slot_id)
        .where(Slot.term_id == term_id, VisitGroup.status.in_(LIVE_GROUPS))
        .group_by(VisitGroup.workplace_id)
        .subquery()
    )


def _marked(mark: Mark, groups: sa.Subquery, number: sa.ColumnElement[int], today: dt.date) -> list[Any]:
    active = Workplace.status == WorkplaceStatus.ACTIVE
    if mark is Mark.EXPIRING:
        return [EXPIRES.between(today, today + dt.timedelta(days=SOON_DAYS)), Workplace.status.in_(_GOING)]
    if mark is Mark.EXPIRED:
        missing = sa.or_(Workplace.safety_valid_until.is_(None), Workplace.insurance_valid_until.is_(None))
        return [sa.or_(today > EXPIRES, missing), active]
    if mark is Mark.DORMANT:
        return [active, number == 0]
    counted = (
        sa.select(sa.func.coalesce(groups.c.number, 0).label("number"))
        .select_from(Workplace)
        .outerjoin(groups, groups.c.workplace_id == Workplace.id)
        .where(active)
        .subquery()
    )
    average = sa.select(sa.func.coalesce(sa.func.avg(counted.c.number), 0)).scalar_subquery()
    return [number >= FEW, number > TOO_OFTEN * average]


def marked_counts(session: Session, term_id: TermId, today: dt.date) -> dict[Mark, int]:
    """Return how many workplaces stand out by each mark, as the list narrowed by it would show."""
    groups = _groups(term_id)
    number = sa.func.coalesce(groups.c.number, 0)
    counted = (
        sa.select(*(sa.func.count().filter(*_marked(mark, groups, number, today)) for mark in Mark))
        .select_from(Workplace)
        .outerjoin(groups, groups.c.workplace_id == Workplace.id)
    )
    return dict(zip(Mark, session.execute(counted).one(), strict=True))


def _order(sort: str, number: sa.ColumnElement[int]) -> list[Any]:
    by_name = [sa.func.length(Workplace.name), Workplace.name, Workplace.id]
    columns: dict[str, Any] = {
        "name": by_name[0],
        "field": Workplace.field,
        "status": sa.case({status: place for place, status in enumerate(WorkplaceStatus)}, value=Workplace.status),
        "size": Workplace.max_group,
        "levels": sa.func.array_to_string(Workplace.levels, ","),
        "groups": number,
        "expires": EXPIRES,
    }
    name, turned = sort.removeprefix("-"), sort.startswith("-")
    if name not in columns:
        return by_name
    if name == "name":
        return [column.desc() for column in by_name] if turned else by_name
    return [(columns[name].desc() if turned else columns[name].asc()).nulls_last(), *by_name]


def _statement(term_id: TermId, today: dt.date, narrowed: Narrowed, sort: str) -> sa.Select[Workplace, int]:
    groups = _groups(term_id)
    number = sa.func.coalesce(groups.c.number, 0)
    statement = (
        sa.select(Workplace, number)
        .outerjoin(groups, groups.c.workplace_id == Workplace.id)
        .where(Workplace.merged_into_id.is_(None))
    )
    if narrowed.text:
        text = narrowed.text
        statement = statement.where(sa.or_(holds(Workplace.name, text), holds(Workplace.address, text)))
    if narrowed.field is not None:
        statement = statement.where(Workplace.field == narrowed.field)
    if narrowed.status is not None:
        statement = statement.where(Workplace.status == narrowed.status)
    if narrowed.level is not None:
        statement = statement.where(sa.literal(narrowed.level.value) == sa.any_(Workplace.levels))
    if narrowed.setting is not None:
        statement = statement.where(Workplace.setting == narrowed.setting)
    if narrowed.mark is not None:
        statement = statement.where(*_marked(narrowed.mark, groups, number, today))
    return statement.order_by(*_order(sort, number))


def workplaces(
    session: Session, term_id: TermId, today: dt.date, narrowed: Narrowed, *, sort: str, number: int
) -> Page[WorkplaceRow]:
    """Return one page of the list."""
    return paged(
        session,
        _statement(term_id, today, narrowed, sort),
        number,
        WORKPLACES_PER_PAGE,
        lambda selected: [WorkplaceRow(place, count) for place, count in session.execute(selected)],
    )


def all_workplaces(
    session: Session, term_id: TermId, today: dt.date, narrowed: Narrowed, *, sort: str
) -> list[WorkplaceRow]:
    """Return the whole list with contacts, to be written down."""
    statement = _statement(term_id, today, narrowed, sort).options(selectinload(Workplace.contact))
    return [WorkplaceRow(place, count) for place, count in session.execute(statement)]


def chosen_workplaces(session: Session, ids: Collection[WorkplaceId]) -> list[Workplace]:
    """Return these workplaces with what a change looks at, by name; those that do not exist are left out."""
    return list(
        session.scalars(
            sa.select(Workplace)
            .where(Workplace.id.in_(ids))
            .options(
                selectinload(Workplace.hours),
                selectinload(Workplace.exceptions),
                selectinload(Workplace.contact),
                selectinload(Workplace.steps),
            )
            .order_by(sa.func.length(Workplace.name), Workplace.name)
        )
    )
