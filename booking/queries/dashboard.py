"""한눈에: classes and the days they wished for and got, under one scope that every figure and its entries share.

A figure is a sum over rows, and what opens behind it are the rows of that sum: both are asked by the same
:class:`Scope` and the same :class:`Part`, so that they cannot differ. Attendances are read from the books
(:mod:`booking.queries.ledger`).
"""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from booking.domain.ids import ProgrammeId, RequestId, SchoolId, TermId, VisitId
from booking.domain.programmes import VISIT_CODE
from booking.domain.states import LIVE_VISITS, OPEN_REQUESTS, RequestStatus
from booking.domain.vocabulary import Level, SlotWish
from booking.models.programmes import Programme
from booking.models.requests import Request, RequestSlot
from booking.models.schools import School
from booking.models.terms import Slot, Term
from booking.models.visits import Visit
from booking.queries.ledger import Filter
from booking.queries.planning import DayLoad, Outcome


@dataclass(frozen=True, slots=True)
class Scope:
    """What all figures of the page are narrowed to; a field that is None narrows nothing. Both days are included.

    ``written`` are the days in which messages were written, where they are others: a term is told of before it begins.
    """

    first: dt.date | None = None
    last: dt.date | None = None
    term_id: TermId | None = None
    programme_id: ProgrammeId | None = None
    school_id: SchoolId | None = None
    level: Level | None = None
    written: tuple[dt.date, dt.date] | None = None

    def holds(self, day: dt.date | None) -> bool:
        """Whether a day lies in the scope; no day lies nowhere."""
        if day is None:
            return False
        return (self.first is None or day >= self.first) and (self.last is None or day <= self.last)

    def holds_or_open(self, day: dt.date | None) -> bool:
        """Whether a day lies in the scope; without a period, what has no day does as well."""
        return self.holds(day) or (day is None and self.first is None and self.last is None)

    @property
    def books(self) -> Filter:
        """The same scope over the entries of the books."""
        return Filter(self.first, self.last, programme_id=self.programme_id, school_id=self.school_id, level=self.level)


class Part(StrEnum):
    """Which classes of a scope a figure counts: by the day they wished for, by the day they got, or by what came."""

    WISHED = "wished"
    GIVEN = "given"
    FIRST = "first"
    LATER = "later"
    SHIFTED = "shifted"
    UNPLACED = "unplaced"
    PLACED = "placed"
    ALL = "all"


#: the ways in which a request can be served, in the order in which they are drawn
WAYS = (Part.FIRST, Part.LATER, Part.SHIFTED, Part.UNPLACED)


@dataclass(frozen=True, slots=True)
class ClassRow:
    """One class's request: the day of its first wish, the day it got, and the rank of that wish (0 the first)."""

    request_id: RequestId
    visit_id: VisitId | None
    term_id: TermId
    school_id: SchoolId
    school: str
    level: Level
    label: str
    pupils: int
    wished: Slot | None
    given: Slot | None
    rank: int | None

    @property
    def outcome(self) -> Outcome:
        """What the plan that stands gives the class."""
        if self.given is None:
            return Outcome.UNPLACED
        if self.rank is None:
            return Outcome.SHIFTED
        return Outcome.FIRST if self.rank == 0 else Outcome.LATER

    @property
    def day(self) -> dt.date | None:
        """The day by which the class belongs to a period: the one it got, else the one it wished for."""
        slot = self.given or self.wished
        return slot.date if slot is not None else None

    def belongs(self, scope: Scope, part: Part) -> bool:
        """Whether the class is counted by a figure."""
        if part is Part.WISHED:
            return scope.holds(self.wished.date if self.wished else None)
        if part is Part.GIVEN:
            return scope.holds(self.given.date if self.given else None)
        if not scope.holds_or_open(self.day):
            return False
        if part is Part.ALL:
            return True
        if part is Part.PLACED:
            return self.given is not None
        return self.outcome.value == part.value


def class_rows(session: Session, scope: Scope) -> list[ClassRow]:
    """Return every class that asked and did not withdraw, in the scope's school, level and term, on whatever day.

    Classes go to workplaces: of another kind of programme there are none. A request that was served without a visit
    here was brought over from former records: what it got is not known, so that it is not held against its wish.
    """
    if scope.programme_id is not None and scope.programme_id != visit_programme(session):
        return []
    first, got = aliased(RequestSlot), aliased(RequestSlot)
    wished, given = aliased(Slot), aliased(Slot)
    statement = (
        sa.select(
            Request.id, Visit.id, Request.term_id, School.id, School.name, School.level, Request.label, Request.pupils,
            wished, given, got.position,
        )
        .join(School, School.id == Request.school_id)
        .outerjoin(Visit, sa.and_(Visit.request_id == Request.id, Visit.status.in_(LIVE_VISITS)))
        .outerjoin(given, given.id == Visit.slot_id)
        .outerjoin(
            first,
            sa.and_(first.request_id == Request.id, first.wish == SlotWish.REQUESTED, first.position == 0),
        )
        .outerjoin(wished, wished.id == first.slot_id)
        .outerjoin(
            got,
            sa.and_(got.request_id == Request.id, got.slot_id == Visit.slot_id, got.wish == SlotWish.REQUESTED),
        )
        .where(
            sa.or_(
                Request.status.in_(OPEN_REQUESTS),
                sa.and_(Request.status == RequestStatus.SERVED, Visit.id.is_not(None)),
            )
        )
        .order_by(School.name, School.id, Request.label, Request.id)
    )  # fmt: skip
    if scope.term_id is not None:
        statement = statement.where(Request.term_id == scope.term_id)
    if scope.school_id is not None:
        statement = statement.where(School.id == scope.school_id)
    if scope.level is not None:
        statement = statement.where(School.level == scope.level)
    return [ClassRow(*row) for row in session.execute(statement)]


def visit_programme(session: Session) -> ProgrammeId | None:
    """Return the kind under which visits to workplaces stand in the books."""
    return session.scalar(sa.select(Programme.id).where(Programme.code == VISIT_CODE))


def counted(rows: Iterable[ClassRow], scope: Scope, part: Part) -> list[ClassRow]:
    """Return the classes that a figure counts: what opens behind it."""
    return [row for row in rows if row.belongs(scope, part)]


def pupils_of(rows: Iterable[ClassRow], scope: Scope, part: Part) -> int:
    """Return the figure: the pupils of those classes."""
    return sum(row.pupils for row in rows if row.belongs(scope, part))


def days_of(rows: Iterable[ClassRow], scope: Scope) -> list[DayLoad]:
    """Return the days of the scope with their pupils as wished and as given, in order."""
    before: Counter[tuple[dt.date, str]] = Counter()
    after: Counter[tuple[dt.date, str]] = Counter()
    for row in rows:
        for slot, sums in ((row.wished, before), (row.given, after)):
            if slot is not None and scope.holds(slot.date):
                sums[slot.date, slot.block] += row.pupils
    return [
        DayLoad(date, after[date, "AM"], after[date, "PM"], before[date, "AM"], before[date, "PM"])
        for date in sorted({date for date, _ in (*before, *after)})
    ]


@dataclass(frozen=True, slots=True)
class SchoolTerm:
    """What a school got in a term: its pupils by the way in which they were served."""

    school_id: SchoolId
    school: str
    term_id: TermId
    pupils: dict[Part, int]

    @property
    def first_share(self) -> float | None:
        """Pupils at their first choice among those who have a place."""
        return first_share(self.pupils)


def first_share(pupils: dict[Part, int]) -> float | None:
    """Return the share of first choices among the pupils who have a place; None where nobody has."""
    placed = sum(pupils[way] for way in WAYS if way is not Part.UNPLACED)
    return pupils[Part.FIRST] / placed if placed else None


def ways_of(rows: Iterable[ClassRow], scope: Scope) -> dict[Part, int]:
    """Return the pupils of the scope by the way in which they were served, read once."""
    found = dict.fromkeys(WAYS, 0)
    for row in rows:
        if row.belongs(scope, Part.ALL):
            found[Part(row.outcome.value)] += row.pupils
    return found


def by_school_and_term(rows: Iterable[ClassRow], scope: Scope) -> list[SchoolTerm]:
    """Return what each school got in each term of the scope, by school; a school's terms follow each other."""
    found: defaultdict[tuple[SchoolId, TermId], list[ClassRow]] = defaultdict(list)
    for row in rows:
        if row.belongs(scope, Part.ALL):
            found[row.school_id, row.term_id].append(row)
    return [
        SchoolTerm(school, mine[0].school, term, ways_of(mine, scope))
        for (school, term), mine in sorted(found.items(), key=lambda item: (item[1][0].school, item[0]))
    ]


@dataclass(frozen=True, slots=True)
class TermDays:
    """A term and the days on which classes can go out in it."""

    id: TermId
    name: str
    name_en: str
    is_current: bool
    first: dt.date
    last: dt.date
    opens_on: dt.date
    closes_on: dt.date

    @property
    def written(self) -> tuple[dt.date, dt.date]:
        """The days in which messages of the term are written: from its first phase to its last, visits included."""
        return min(self.opens_on, self.first), max(self.closes_on, self.last)


def term_days(session: Session) -> Sequence[TermDays]:
    """Return the terms that have days, the newest first."""
    rows = session.execute(
        sa.select(
            Term.id,
            Term.name,
            Term.name_en,
            Term.is_current,
            sa.func.min(Slot.date),
            sa.func.max(Slot.date),
            Term.opens_on,
            Term.closes_on,
        )
        .join(Slot, Slot.term_id == Term.id)
        .group_by(Term.id)
        .order_by(sa.func.min(Slot.date).desc(), Term.id.desc())
    )
    return [TermDays(*row) for row in rows]
