"""Several drafts side by side: what each gives each school and each visit, and where they differ."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.domain.ids import RequestId, SchoolId
from booking.models.schools import School
from booking.queries.planning import Outcome, PlanRow


@dataclass(frozen=True, slots=True)
class SchoolStanding:
    """How a plan treats a school: pupils by what they got, and the mean date cost of a placed pupil with its credit.

    ``cost`` is the engine's measure of who is worst off (``worst_school_cost`` is the largest); None: nobody is placed.
    """

    school_id: SchoolId
    name: str
    credit: float
    pupils: int
    classes: int
    first: int
    second: int
    shifted: int
    unplaced: int
    cost: float | None

    def share(self, pupils: int) -> float | None:
        """A share of the pupils who have a place."""
        placed = self.pupils - self.unplaced
        return pupils / placed if placed else None


@dataclass(frozen=True, slots=True)
class VisitDifference:
    """One request that the plans treat differently: its row in each of them (None: not in that plan)."""

    rows: tuple[PlanRow | None, ...]

    @property
    def head(self) -> PlanRow:
        """The first row there is, for names."""
        return next(row for row in self.rows if row is not None)


def date_cost(row: PlanRow, policy: Mapping[str, Any]) -> float:
    """What a pupil of a placed request pays for its date: by the rank got, or the price of a shift."""
    if row.rank is None:
        return float(policy["shift_cost"])
    ranks = policy["date_cost"]
    return float(ranks[min(row.rank, len(ranks) - 1)])


def standings(session: Session, rows: Sequence[PlanRow], policy: Mapping[str, Any]) -> list[SchoolStanding]:
    """Return what each school got, worst-off first: most pupils unplaced, then the highest mean cost."""
    by_school: defaultdict[SchoolId, list[PlanRow]] = defaultdict(list)
    for row in rows:
        by_school[row.school_id].append(row)
    credits = dict(session.execute(sa.select(School.id, School.fairness_credit).where(School.id.in_(by_school))).all())
    found = []
    for school_id, mine in by_school.items():
        placed = [row for row in mine if row.slot is not None]
        seated = sum(row.pupils for row in placed)
        paid = sum(row.pupils * date_cost(row, policy) for row in placed)
        found.append(
            SchoolStanding(
                school_id=school_id,
                name=mine[0].school,
                credit=credits[school_id],
                pupils=sum(row.pupils for row in mine),
                classes=len(mine),
                first=sum(row.pupils for row in placed if row.rank == 0),
                second=sum(row.pupils for row in placed if row.rank == 1),
                shifted=sum(row.pupils for row in placed if row.outcome is Outcome.SHIFTED),
                unplaced=sum(row.pupils for row in mine) - seated,
                cost=paid / seated + credits[school_id] if seated else None,
            )
        )
    return sorted(found, key=lambda school: (-school.unplaced, -(school.cost or 0.0), school.name))


def worst_off(schools: Sequence[SchoolStanding]) -> SchoolStanding | None:
    """Return the school that pays most per placed pupil, as the engine reckons it; None where nobody pays anything."""
    return max((school for school in schools if school.cost), key=lambda school: school.cost or 0.0, default=None)


def schools_that_differ(
    plans: Sequence[Sequence[SchoolStanding]],
) -> list[tuple[str, tuple[SchoolStanding | None, ...]]]:
    """Return the schools that do not get the same in every plan, those first for whom most pupils are at stake."""
    tables = [{school.school_id: school for school in schools} for schools in plans]
    names = {school.school_id: school.name for schools in plans for school in schools}

    def figures(school: SchoolStanding | None) -> tuple[int, ...] | None:
        return None if school is None else (school.first, school.second, school.shifted, school.unplaced, school.pupils)

    def stake(row: tuple[SchoolStanding | None, ...]) -> int:
        firsts = [school.first - school.unplaced if school else 0 for school in row]
        return max(firsts) - min(firsts)

    found = [(names[school_id], tuple(table.get(school_id) for table in tables)) for school_id in names]
    differing = [(name, row) for name, row in found if len({figures(school) for school in row}) > 1]
    return sorted(differing, key=lambda pair: (-stake(pair[1]), pair[0]))


def visits_that_differ(plans: Sequence[Sequence[PlanRow]]) -> list[VisitDifference]:
    """Return the requests that are not at the same slot in every plan, in the order of schools and classes."""
    tables = [{row.request_id: row for row in rows} for rows in plans]
    ids: dict[RequestId, None] = {row.request_id: None for rows in plans for row in rows}
    found = []
    for request_id in ids:
        mine = tuple(table.get(request_id) for table in tables)
        if len({row.slot.id if row and row.slot else None for row in mine}) > 1 or None in mine:
            found.append(VisitDifference(mine))
    return sorted(found, key=lambda visit: (visit.head.school, visit.head.label))
