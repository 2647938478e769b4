"""What the coordinator reads of a run: its plan row by row, the load by day, and what each school got."""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from booking.domain.ids import BundleId, RequestId, RunId, SchoolId, TermId
from booking.domain.states import ACTIVE_RUNS, RunKind, RunStatus
from booking.domain.vocabulary import Block, Level, SlotWish
from booking.models.people import User
from booking.models.requests import Request, RequestSlot
from booking.models.runs import AllocationRun, Proposal, ProposalGroup, RunProgress
from booking.models.schools import School
from booking.models.terms import Slot
from booking.queries.openings import slots_of


class Outcome(StrEnum):
    """What a plan gives a request: its first choice, a later one, a slot it did not ask for, or nothing."""

    FIRST = "first"
    LATER = "later"
    SHIFTED = "shifted"
    UNPLACED = "unplaced"


@dataclass(frozen=True, slots=True)
class PlanRow:
    """One request in a plan. ``rank`` 0 is the first choice; None: unplaced, or a slot the school did not ask for."""

    request_id: RequestId
    school_id: SchoolId
    school: str
    label: str
    pupils: int
    bundle_id: BundleId | None
    pinned: bool
    by_hand: bool
    slot: Slot | None
    first: Slot | None
    rank: int | None
    groups: int
    why: dict[str, Any] | None
    #: soft rules that a person decided against, and why
    overrides: dict[str, Any] | None

    @property
    def outcome(self) -> Outcome:
        """In which of the four ways the request was served."""
        if self.slot is None:
            return Outcome.UNPLACED
        if self.rank is None:
            return Outcome.SHIFTED
        return Outcome.FIRST if self.rank == 0 else Outcome.LATER


@dataclass(frozen=True, slots=True)
class Party:
    """Requests that go out together (one, or the classes of a bundle) and got the same."""

    rows: tuple[PlanRow, ...]

    @property
    def head(self) -> PlanRow:
        """The first of them, which speaks for all."""
        return self.rows[0]

    @property
    def pupils(self) -> int:
        """Pupils of all its classes."""
        return sum(row.pupils for row in self.rows)


@dataclass(frozen=True, slots=True)
class DayLoad:
    """Pupils of one date by block, in a plan and as they were before it."""

    date: dt.date
    am: int
    pm: int
    am_before: int
    pm_before: int

    @property
    def total(self) -> int:
        """Pupils of the day in the plan."""
        return self.am + self.pm

    @property
    def before(self) -> int:
        """Pupils of the day before it."""
        return self.am_before + self.pm_before


@dataclass(frozen=True, slots=True)
class SchoolOutcome:
    """What a plan gives one school, in pupils, and the credit it had."""

    school_id: SchoolId
    name: str
    level: Level
    credit: float
    pupils: int
    first: int
    shifted: int
    unplaced: int

    @property
    def first_share(self) -> float | None:
        """Pupils at their first choice among those placed."""
        placed = self.pupils - self.unplaced
        return self.first / placed if placed else None


@dataclass(frozen=True, slots=True)
class RunRow:
    """A run in the list, with who started it (None: the weekly clock)."""

    run: AllocationRun
    started_by: str | None


def runs_of(session: Session, term_id: TermId, limit: int = 40) -> list[RunRow]:
    """Return the newest runs of a term first; searches and trials belong to what they look at."""
    rows = session.execute(
        sa.select(AllocationRun, User.name)
        .outerjoin(User, User.id == AllocationRun.created_by_id)
        .where(AllocationRun.term_id == term_id, AllocationRun.kind.in_((RunKind.TERM, RunKind.REPAIR)))
        .order_by(AllocationRun.id.desc())
        .limit(limit)
    )
    return [RunRow(run, name) for run, name in rows]


def drafts_of(session: Session, term_id: TermId) -> list[AllocationRun]:
    """Return the drafts of a term, newest first: what can be compared, and published."""
    return list(
        session.scalars(
            sa.select(AllocationRun)
            .where(
                AllocationRun.term_id == term_id,
                AllocationRun.kind == RunKind.TERM,
                AllocationRun.status == RunStatus.PROPOSED,
            )
            .order_by(AllocationRun.id.desc())
        )
    )


def newest_run(
    session: Session, term_id: TermId, statuses: Iterable[RunStatus], kind: RunKind | None = None
) -> AllocationRun | None:
    """Return the newest run of a term in one of ``statuses``."""
    found = sa.select(AllocationRun).where(AllocationRun.term_id == term_id, AllocationRun.status.in_(set(statuses)))
    if kind is not None:
        found = found.where(AllocationRun.kind == kind)
    return session.scalar(found.order_by(AllocationRun.id.desc()).limit(1))


def active_run(session: Session, term_id: TermId, kind: RunKind | None = None) -> AllocationRun | None:
    """Return the run that somebody is waiting for, if there is one."""
    return newest_run(session, term_id, ACTIVE_RUNS, kind)


def last_progress(session: Session, run_id: RunId) -> RunProgress | None:
    """Return the last that the solver said."""
    return session.scalar(
        sa.select(RunProgress).where(RunProgress.run_id == run_id).order_by(RunProgress.id.desc()).limit(1)
    )


def last_load(session: Session, run_id: RunId) -> dict[str, int]:
    """Return the load by slot code of the last plan that the solver told of; empty before the first."""
    found = session.scalar(
        sa.select(RunProgress.load)
        .where(RunProgress.run_id == run_id, RunProgress.load.is_not(None))
        .order_by(RunProgress.id.desc())
        .limit(1)
    )
    return dict(found or {})


def plan_rows(session: Session, run: AllocationRun) -> list[PlanRow]:
    """Return every request of a run's plan, by school and class."""
    slots = {slot.id: slot for slot in slots_of(session, run.term_id)}
    first, got = aliased(RequestSlot), aliased(RequestSlot)
    groups = (
        sa.select(ProposalGroup.proposal_id, sa.func.count().label("number"))
        .join(Proposal, Proposal.id == ProposalGroup.proposal_id)
        .where(Proposal.run_id == run.id)
        .group_by(ProposalGroup.proposal_id)
        .subquery()
    )
    found = session.execute(
        sa.select(Request, School.name, Proposal, first.slot_id, got.position, groups.c.number)
        .join(Request, Request.id == Proposal.request_id)
        .join(School, School.id == Request.school_id)
        .outerjoin(
            first,
            sa.and_(first.request_id == Request.id, first.wish == SlotWish.REQUESTED, first.position == 0),
        )
        .outerjoin(
            got,
            sa.and_(got.request_id == Request.id, got.wish == SlotWish.REQUESTED, got.slot_id == Proposal.slot_id),
        )
        .outerjoin(groups, groups.c.proposal_id == Proposal.id)
        .where(Proposal.run_id == run.id)
        .order_by(School.name, Request.code)
    )
    return [
        PlanRow(
            request_id=request.id,
            school_id=request.school_id,
            school=school,
            label=request.label,
            pupils=request.pupils,
            bundle_id=request.bundle_id,
            pinned=request.pinned_slot_id is not None,
            by_hand=proposal.by_hand,
            slot=slots.get(proposal.slot_id),
            first=slots.get(wanted),
            rank=rank,
            groups=number or 0,
            why=proposal.why,
            overrides=proposal.overrides,
        )
        for request, school, proposal, wanted, rank, number in found
    ]


def parties(rows: Iterable[PlanRow]) -> list[Party]:
    """Return the rows, those of one bundle together."""
    found: defaultdict[tuple[str, int], list[PlanRow]] = defaultdict(list)
    for row in rows:
        key = ("request", int(row.request_id)) if row.bundle_id is None else ("bundle", int(row.bundle_id))
        found[key].append(row)
    return [Party(tuple(together)) for together in found.values()]


_URGENCY = {Outcome.UNPLACED: 0, Outcome.SHIFTED: 1, Outcome.LATER: 2, Outcome.FIRST: 3}


def without_first_choice(rows: Iterable[PlanRow]) -> list[Party]:
    """Return who did not get the first choice: unplaced, then shifted, then the lowest ranks, the largest first."""
    found = parties(row for row in rows if row.outcome is not Outcome.FIRST)
    return sorted(
        found,
        key=lambda party: (_URGENCY[party.head.outcome], -(party.head.rank or 0), -party.pupils, party.head.school),
    )


def loads_of(rows: Iterable[PlanRow]) -> dict[str, int]:
    """Return pupils by slot code in a plan."""
    loads: Counter[str] = Counter()
    for row in rows:
        if row.slot is not None:
            loads[row.slot.code] += row.pupils
    return dict(loads)


def by_day(slots: Iterable[Slot], after: Mapping[str, int], before: Mapping[str, int]) -> list[DayLoad]:
    """Return the load of every date of the term, from loads by slot code."""
    dates: defaultdict[dt.date, dict[Block, str]] = defaultdict(dict)
    for slot in slots:
        dates[slot.date][slot.block] = slot.code
    return [
        DayLoad(
            date,
            *(
                int(loads.get(codes.get(block, ""), 0) or 0)
                for loads in (after, before)
                for block in (Block.AM, Block.PM)
            ),
        )
        for date, codes in sorted(dates.items())
    ]


def by_school(session: Session, rows: Iterable[PlanRow]) -> list[SchoolOutcome]:
    """Return what each school got, worst-off first: most pupils unplaced, then the smallest share of first choices."""
    counted: defaultdict[SchoolId, Counter[str]] = defaultdict(Counter)
    for row in rows:
        counted[row.school_id]["pupils"] += row.pupils
        counted[row.school_id][row.outcome.value] += row.pupils
    schools = session.scalars(sa.select(School).where(School.id.in_(counted)).order_by(School.name))
    outcomes = [
        SchoolOutcome(
            school_id=school.id,
            name=school.name,
            level=school.level,
            credit=school.fairness_credit,
            pupils=counted[school.id]["pupils"],
            first=counted[school.id][Outcome.FIRST.value],
            shifted=counted[school.id][Outcome.SHIFTED.value],
            unplaced=counted[school.id][Outcome.UNPLACED.value],
        )
        for school in schools
    ]
    return sorted(outcomes, key=lambda school: (-school.unplaced, school.first_share or 0.0, school.name))


def requests_by_code(session: Session, term_id: TermId, codes: Iterable[str]) -> set[RequestId]:
    """Return the requests of a term by their codes in an instance."""
    return set(session.scalars(sa.select(Request.id).where(Request.term_id == term_id, Request.code.in_(set(codes)))))
