"""What a plan asks of each workplace, held against what it is ready to give: its budget of the term."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.domain.ids import RunId, WorkplaceId
from booking.domain.vocabulary import JobField, WorkplaceStatus
from booking.models.runs import Proposal, ProposalGroup
from booking.models.terms import Slot
from booking.models.workplaces import Workplace

#: from which share of its budget a workplace is asked often
OFTEN = 0.8
#: without a budget: from how many times the mean of those that are asked at all
TIMES_MEAN = 2.0


class Burden(StrEnum):
    """How much a plan asks of a workplace: nothing, its fair share, much of its budget, or all of it."""

    DORMANT = "dormant"
    FAIR = "fair"
    OFTEN = "often"
    FULL = "full"


@dataclass(frozen=True, slots=True)
class PlaceBurden:
    """One workplace in a plan: groups (each is a visit to it), pupils, and its budgets; None: no limit."""

    workplace_id: WorkplaceId
    name: str
    field: JobField
    visits: int
    pupils: int
    busiest_week: int
    per_week: int | None
    per_term: int | None
    burden: Burden

    @property
    def share(self) -> float | None:
        """Its visits against its budget of the term; None where it has none."""
        return self.visits / self.per_term if self.per_term else None


def burden_of(visits: int, per_term: int | None, mean: float) -> Burden:
    """Say how much ``visits`` are for a workplace; ``mean`` is that of all that are asked at all."""
    if not visits:
        return Burden.DORMANT
    if per_term is None:
        return Burden.OFTEN if visits > TIMES_MEAN * mean else Burden.FAIR
    if visits >= per_term:
        return Burden.FULL
    return Burden.OFTEN if visits >= OFTEN * per_term else Burden.FAIR


def burdens(session: Session, run_id: RunId) -> list[PlaceBurden]:
    """Return what a plan asks of every active workplace, and of others that have a group in it, by name."""
    week = sa.func.date_trunc("week", Slot.date)
    weekly = (
        sa.select(
            ProposalGroup.workplace_id,
            sa.func.count().label("visits"),
            sa.func.sum(ProposalGroup.pupils).label("pupils"),
        )
        .join(Proposal, Proposal.id == ProposalGroup.proposal_id)
        .join(Slot, Slot.id == Proposal.slot_id)
        .where(Proposal.run_id == run_id)
        .group_by(ProposalGroup.workplace_id, week)
        .subquery()
    )
    asked = (
        sa.select(
            weekly.c.workplace_id,
            sa.func.sum(weekly.c.visits).label("visits"),
            sa.func.sum(weekly.c.pupils).label("pupils"),
            sa.func.max(weekly.c.visits).label("busiest"),
        )
        .group_by(weekly.c.workplace_id)
        .subquery()
    )
    rows = session.execute(
        sa.select(
            Workplace.id,
            Workplace.name,
            Workplace.field,
            Workplace.visits_per_week,
            Workplace.visits_per_term,
            sa.func.coalesce(asked.c.visits, 0),
            sa.func.coalesce(asked.c.pupils, 0),
            sa.func.coalesce(asked.c.busiest, 0),
        )
        .outerjoin(asked, asked.c.workplace_id == Workplace.id)
        .where(sa.or_(Workplace.status == WorkplaceStatus.ACTIVE, asked.c.visits > 0))
        .order_by(sa.func.length(Workplace.name), Workplace.name)
    ).all()
    used = [int(visits) for *_, visits, _pupils, _busiest in rows if visits]
    mean = sum(used) / len(used) if used else 0.0
    return [
        PlaceBurden(
            workplace_id=place,
            name=name,
            field=field,
            visits=int(visits),
            pupils=int(pupils),
            busiest_week=int(busiest),
            per_week=per_week,
            per_term=per_term,
            burden=burden_of(int(visits), per_term, mean),
        )
        for place, name, field, per_week, per_term, visits, pupils, busiest in rows
    ]
