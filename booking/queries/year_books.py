"""Years against their targets and budgets, the press and volunteers' hours of a period."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.domain.year_books import Pace
from booking.models.ledger import LedgerEntry
from booking.models.programmes import Programme
from booking.models.terms import Centre
from booking.models.year_books import PressItem, VolunteerWork, YearPlan
from booking.queries.ledger import Filter, total, years

#: the kind in which a shortfall is said
LECTURE = "lecture"


@dataclass(frozen=True, slots=True)
class Year:
    """A calendar year: what was to be reached and was, and its money in thousands of won (None: not known)."""

    year: int
    target: int | None
    in_books: int
    reached_before: int
    agreed_share: int | None
    city: int | None
    district: int | None
    spent: int | None
    version: int

    @property
    def reached(self) -> int:
        """Attendances of the year: those in the books and those from before them."""
        return self.in_books + self.reached_before

    @property
    def share(self) -> float | None:
        """The part of the target that was reached; may be above 1."""
        return self.reached / self.target if self.target else None

    @property
    def budget(self) -> int | None:
        """목표예산: both shares together."""
        return None if self.city is None and self.district is None else (self.city or 0) + (self.district or 0)


@dataclass(frozen=True, slots=True)
class Money:
    """Sums over several years, in thousands of won."""

    budget: int
    city: int
    district: int
    spent: int


def target_of(session: Session, year: int) -> int | None:
    """Return the target of a year: its own, else that of the settings."""
    own = session.scalar(sa.select(YearPlan.target).where(YearPlan.year == year))
    return own if own is not None else session.scalar(sa.select(Centre.yearly_target))


def in_books(session: Session, year: int) -> int:
    """Return the attendances that count towards the target in a year's books."""
    return total(session, Filter(dt.date(year, 1, 1), dt.date(year, 12, 31), counted=True)).people


def the_year(session: Session, year: int) -> Year:
    """Return one year; of one that nobody has entered, what the books and the settings say."""
    plan = session.get(YearPlan, year)
    plan = plan or YearPlan(year=year, reached_before=0, version=0)
    return Year(
        year, target_of(session, year), in_books(session, year), plan.reached_before, plan.agreed_share, plan.city,
        plan.district, plan.spent, plan.version,
    )  # fmt: skip


def all_years(session: Session, today: dt.date) -> list[Year]:
    """Return every year that was entered or has something in the books, and this one, in their order."""
    entered = session.scalars(sa.select(YearPlan.year)).all()
    return [the_year(session, year) for year in sorted({*entered, *years(session), today.year})]


def money(found: Sequence[Year]) -> Money:
    """Return the sums of these years."""
    return Money(
        sum(year.budget or 0 for year in found),
        sum(year.city or 0 for year in found),
        sum(year.district or 0 for year in found),
        sum(year.spent or 0 for year in found),
    )


def pace(session: Session, today: dt.date) -> Pace | None:
    """Return how this year goes on as it did so far; None where it has no target."""
    year = the_year(session, today.year)
    if year.target is None:
        return None
    lectures = session.execute(
        sa.select(sa.func.sum(LedgerEntry.people), sa.func.sum(LedgerEntry.sessions))
        .join(Programme)
        .where(*Filter(today - dt.timedelta(days=365), today).conditions(), Programme.code == LECTURE)
    ).one()
    average = float(lectures[0] / lectures[1]) if lectures[1] and lectures[0] else None
    return Pace(year.year, year.reached, year.target, today, average)


def press(session: Session, first: dt.date, last: dt.date) -> Sequence[PressItem]:
    """Return what was written between two days, in the order of the days."""
    found = sa.select(PressItem).where(PressItem.date.between(first, last)).order_by(PressItem.date, PressItem.id)
    return session.scalars(found).all()


def volunteers(session: Session, first: dt.date, last: dt.date) -> Sequence[VolunteerWork]:
    """Return what volunteers did between two days, the newest first."""
    found = sa.select(VolunteerWork).where(VolunteerWork.date.between(first, last))
    return session.scalars(found.order_by(VolunteerWork.date.desc(), VolunteerWork.id.desc())).all()


def hours_by_group(session: Session, first: dt.date, last: dt.date) -> list[tuple[str, int, int, Decimal]]:
    """Return for each group how often it came, how many people that were, and their hours, the most hours first."""
    hours = sa.func.sum(VolunteerWork.hours)
    rows = session.execute(
        sa.select(VolunteerWork.group, sa.func.count(), sa.func.sum(VolunteerWork.people), hours)
        .where(VolunteerWork.date.between(first, last))
        .group_by(VolunteerWork.group)
        .order_by(hours.desc(), VolunteerWork.group)
    )
    return [(group, times, int(people), given) for group, times, people, given in rows]
