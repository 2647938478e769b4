"""The books, read: sums under any filter, broken down, and the entries behind every figure.

Every function takes the same :class:`Filter`; what it narrows to is decided in one place, so that the entries behind a
figure always add up to it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from booking.domain.ids import ProgrammeId, SchoolId, SessionId, VisitId
from booking.domain.ledger import Amount, Key, Line, Stage
from booking.domain.programmes import Section
from booking.domain.quarters import Quarter
from booking.domain.vocabulary import Level
from booking.models.ledger import FrozenQuarter, LedgerEntry
from booking.models.programmes import Programme
from booking.models.requests import Request
from booking.models.schools import School
from booking.models.visits import Visit
from booking.queries.paging import Page, paged


@dataclass(frozen=True, slots=True)
class Filter:
    """What of the books is looked at; a field that is None narrows nothing.

    ``first`` and ``last`` are days on which entries count (``counts_on``), both included.
    """

    first: dt.date | None = None
    last: dt.date | None = None
    stage: Stage | None = Stage.ATTENDED
    counted: bool | None = None
    section: Section | None = None
    programme_id: ProgrammeId | None = None
    school_id: SchoolId | None = None
    level: Level | None = None
    #: entries of people who are no pupils: mentors, parents, visitors
    no_level: bool = False
    #: entries of no school: of such people, or of a level alone
    no_school: bool = False
    #: entries of a quarter that had been frozen when they were made
    late: bool | None = None

    @classmethod
    def of(cls, quarter: Quarter) -> Filter:
        """A whole quarter."""
        return cls(quarter.first, quarter.last)

    def conditions(self) -> list[sa.ColumnElement[bool]]:
        """The conditions of this filter, over entries joined with their programme."""
        found: list[sa.ColumnElement[bool]] = []
        columns: list[tuple[Any, Any]] = [
            (LedgerEntry.stage, self.stage),
            (LedgerEntry.counted, self.counted),
            (Programme.section, self.section),
            (LedgerEntry.programme_id, self.programme_id),
            (LedgerEntry.school_id, self.school_id),
            (LedgerEntry.level, self.level),
        ]
        found += [column == value for column, value in columns if value is not None]
        if self.first is not None:
            found.append(LedgerEntry.counts_on >= self.first)
        if self.last is not None:
            found.append(LedgerEntry.counts_on <= self.last)
        if self.no_level:
            found.append(LedgerEntry.level.is_(None))
        if self.no_school:
            found.append(LedgerEntry.school_id.is_(None))
        if self.late is not None:
            found.append((LedgerEntry.counts_on != LedgerEntry.date) == sa.literal(self.late))
        return found


_SUMS = (
    sa.func.coalesce(sa.func.sum(LedgerEntry.sessions), 0),
    sa.func.coalesce(sa.func.sum(LedgerEntry.people), 0),
)


def total(session: Session, what: Filter) -> Amount:
    """Return the sum of everything that the filter lets through."""
    row = session.execute(sa.select(*_SUMS).select_from(LedgerEntry).join(Programme).where(*what.conditions())).one()
    return Amount(int(row[0]), int(row[1]))


def _grouped(session: Session, what: Filter, column: Any) -> dict[Any, Amount]:
    rows = session.execute(
        sa.select(column, *_SUMS).select_from(LedgerEntry).join(Programme).where(*what.conditions()).group_by(column)
    )
    return {key: Amount(int(sessions), int(people)) for key, sessions, people in rows}


def by_programme(session: Session, what: Filter) -> list[tuple[Programme, Amount]]:
    """Return the sums by kind of programme, in the order of the kinds; kinds without an entry are left out."""
    sums = _grouped(session, what, LedgerEntry.programme_id)
    order = (Programme.position, Programme.id)
    kinds = session.scalars(sa.select(Programme).where(Programme.id.in_(sums)).order_by(*order))
    return [(kind, sums[kind.id]) for kind in kinds]


def by_school(session: Session, what: Filter) -> list[tuple[School | None, Amount]]:
    """Return the sums by school, by name; what is of no school comes last."""
    sums = _grouped(session, what, LedgerEntry.school_id)
    schools = session.scalars(sa.select(School).where(School.id.in_(sums)).order_by(School.name))
    found: list[tuple[School | None, Amount]] = [(school, sums[school.id]) for school in schools]
    return found + ([(None, sums[None])] if None in sums else [])


def by_level(session: Session, what: Filter) -> list[tuple[Level | None, Amount]]:
    """Return the sums by school level; people who are no pupils come last."""
    sums = _grouped(session, what, LedgerEntry.level)
    return [(level, sums[level]) for level in (*Level, None) if level in sums]


def by_month(session: Session, what: Filter) -> list[tuple[dt.date, Amount]]:
    """Return the sums by month (its first day) in which entries count."""
    month = sa.cast(sa.func.date_trunc("month", LedgerEntry.counts_on), sa.Date)
    return sorted(_grouped(session, what, month).items())


def entries(session: Session, what: Filter, number: int, size: int) -> Page[LedgerEntry]:
    """Return page ``number`` of the entries that the filter lets through, the newest first."""
    statement = (
        sa.select(LedgerEntry)
        .join(LedgerEntry.programme)
        .where(*what.conditions())
        .order_by(LedgerEntry.counts_on.desc(), LedgerEntry.id.desc())
        .options(
            joinedload(LedgerEntry.programme),
            joinedload(LedgerEntry.school),
            joinedload(LedgerEntry.session),
            joinedload(LedgerEntry.visit).joinedload(Visit.request).joinedload(Request.school),
            joinedload(LedgerEntry.by),
        )
    )
    read: Callable[[sa.Select[Any]], Sequence[LedgerEntry]] = lambda rows: session.scalars(rows).all()  # noqa: E731
    return paged(session, statement, number, size, read)


def entries_of(
    session: Session, *, session_id: SessionId | None = None, visit_id: VisitId | None = None
) -> Sequence[LedgerEntry]:
    """Return what one session or visit has in the books, in the order in which it was entered."""
    statement = sa.select(LedgerEntry).order_by(LedgerEntry.id).options(joinedload(LedgerEntry.by))
    if session_id is not None:
        return session.scalars(statement.where(LedgerEntry.session_id == session_id)).all()
    return session.scalars(statement.where(LedgerEntry.visit_id == visit_id)).all()


def lines_of(session: Session, quarter: Quarter) -> list[Line]:
    """Return every entry that counts in a quarter, of every stage, as its proof reads it."""
    rows = session.scalars(
        sa.select(LedgerEntry)
        .where(LedgerEntry.counts_on.between(quarter.first, quarter.last))
        .order_by(LedgerEntry.id)
    )
    return [
        Line(
            row.id,
            Key(row.programme_id, row.counted, row.stage, row.school_id, row.level, row.date),
            Amount(row.sessions, row.people),
            row.session_id,
            row.visit_id,
            row.corrects_id,
            row.reason,
            row.counts_on,
            row.by_id,
            row.at,
        )
        for row in rows
    ]


def frozen_quarters(session: Session) -> set[Quarter]:
    """Return the quarters that are frozen."""
    rows = session.execute(sa.select(FrozenQuarter.year, FrozenQuarter.number))
    return {Quarter(year, number) for year, number in rows}


def years(session: Session) -> list[int]:
    """Return the years in which something counts, the newest first."""
    year = sa.cast(sa.extract("year", LedgerEntry.counts_on), sa.Integer)
    return list(session.scalars(sa.select(year).distinct().order_by(year.desc())))
