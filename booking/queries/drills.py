"""Drills with what their codes stand for, and the mark by which a plan is known again."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload, selectinload

from booking.domain.ids import TermId
from booking.domain.states import LIVE_GROUPS, LIVE_VISITS, DrillStatus, RunStatus
from booking.models.drills import PlanDrill
from booking.models.requests import Request
from booking.models.runs import AllocationRun, Proposal, ProposalGroup
from booking.models.terms import Slot
from booking.models.visits import Visit, VisitGroup
from booking.models.workplaces import Workplace

#: runs whose plan can be rehearsed
REHEARSABLE = frozenset({RunStatus.PROPOSED, RunStatus.PUBLISHED})


def plan_mark(session: Session, run: AllocationRun) -> str:
    """Return what tells where everybody is in the plan of a run; empty where that plan is no longer of use."""
    if run.status is RunStatus.PUBLISHED:
        standing = (
            sa.select(Visit.request_id, Visit.slot_id, VisitGroup.workplace_id, VisitGroup.pupils)
            .join(Request, Request.id == Visit.request_id)
            .outerjoin(VisitGroup, sa.and_(VisitGroup.visit_id == Visit.id, VisitGroup.status.in_(LIVE_GROUPS)))
            .where(Request.term_id == run.term_id, Visit.status.in_(LIVE_VISITS))
        )
        found = [str(tuple(row)) for row in session.execute(standing)]
    elif run.status is RunStatus.PROPOSED:
        proposed = (
            sa.select(Proposal.request_id, Proposal.slot_id, ProposalGroup.workplace_id, ProposalGroup.pupils)
            .outerjoin(ProposalGroup, ProposalGroup.proposal_id == Proposal.id)
            .where(Proposal.run_id == run.id, Proposal.slot_id.is_not(None))
        )
        found = [str(tuple(row)) for row in session.execute(proposed)]
    else:
        return ""
    return hashlib.sha256("\n".join(sorted(found)).encode()).hexdigest()


def days_with_visits(session: Session, run: AllocationRun) -> list[dt.date]:
    """Return the days on which the plan of a run has visits, in order."""
    if run.status is RunStatus.PUBLISHED:
        days = (
            sa.select(Slot.date)
            .join(Visit, Visit.slot_id == Slot.id)
            .where(Slot.term_id == run.term_id, Visit.status.in_(LIVE_VISITS))
        )
    else:
        days = sa.select(Slot.date).join(Proposal, Proposal.slot_id == Slot.id).where(Proposal.run_id == run.id)
    return list(session.scalars(days.distinct().order_by(Slot.date)))


def newest_drill(session: Session, term_id: TermId) -> PlanDrill | None:
    """Return the last drill of a term, whatever became of it."""
    return session.scalar(
        sa.select(PlanDrill).where(PlanDrill.term_id == term_id).order_by(PlanDrill.id.desc()).limit(1)
    )


def past_drills(session: Session, term_id: TermId, most: int = 20) -> Sequence[PlanDrill]:
    """Return the drills of a term that have a result, the newest first."""
    found = sa.select(PlanDrill).where(PlanDrill.term_id == term_id, PlanDrill.status == DrillStatus.DONE)
    wanted = found.order_by(PlanDrill.id.desc()).limit(most)
    return session.scalars(wanted.options(joinedload(PlanDrill.run), joinedload(PlanDrill.created_by))).all()


@dataclass(frozen=True, slots=True)
class DrillResult:
    """What came of a drill, with the rows for which its codes stand; what has gone since is left out."""

    days: tuple[dict[str, Any], ...]
    fragile: tuple[tuple[dict[str, Any], Request], ...]
    worst: tuple[tuple[dict[str, Any], Workplace], ...]
    reserve: tuple[tuple[dict[str, Any], Workplace], ...]
    cut_short: bool

    def trials(self, date: str) -> int:
        """How many losses were tried on a day."""
        return next(int(day["trials"]) for day in self.days if day["date"] == date)


def drill_result(session: Session, drill: PlanDrill) -> DrillResult | None:
    """Return the result of a drill as a page shows it; None where it has none."""
    result = drill.result
    if result is None:
        return None
    codes = {row["workplace"] for row in (*result["worst"], *result["reserve"])}
    places = {place.code: place for place in session.scalars(sa.select(Workplace).where(Workplace.code.in_(codes)))}
    visits = {
        request.code: request
        for request in session.scalars(
            sa.select(Request)
            .where(Request.term_id == drill.term_id, Request.code.in_({row["visit"] for row in result["fragile"]}))
            .options(selectinload(Request.school))
        )
    }
    return DrillResult(
        days=tuple(_dated(row) for row in result["days"]),
        fragile=tuple((_dated(row), visits[row["visit"]]) for row in result["fragile"] if row["visit"] in visits),
        worst=tuple((row, places[row["workplace"]]) for row in result["worst"] if row["workplace"] in places),
        reserve=tuple(
            (_dated(row), places[row["workplace"]]) for row in result["reserve"] if row["workplace"] in places
        ),
        cut_short=result["cut_short"],
    )


def _dated(row: dict[str, Any]) -> dict[str, Any]:
    return {**row, "day": dt.date.fromisoformat(row["date"])}
