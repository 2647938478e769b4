"""Stores a judged plan as the proposals of a run: codes of the instance become our rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.domain.ids import RequestId, RunId, SlotId, TermId, WorkplaceId
from booking.models.requests import Request
from booking.models.runs import Proposal, ProposalGroup
from booking.models.terms import Slot
from booking.models.workplaces import Workplace
from scheduler.allocation import Allocation


@dataclass(frozen=True, slots=True)
class Numbers:
    """The way from the codes of an instance to our rows."""

    requests: Mapping[str, RequestId]
    slots: Mapping[str, SlotId]
    workplaces: Mapping[str, WorkplaceId]


def numbers_of(session: Session, term_id: TermId) -> Numbers:
    """Return the codes of a term as they stand in the tables, for an instance that was stored with a run."""
    return Numbers(
        requests=dict(session.execute(sa.select(Request.code, Request.id).where(Request.term_id == term_id)).all()),
        slots=dict(session.execute(sa.select(Slot.code, Slot.id).where(Slot.term_id == term_id)).all()),
        workplaces=dict(session.execute(sa.select(Workplace.code, Workplace.id)).all()),
    )


def store_proposals(session: Session, run_id: RunId, plan: Allocation, numbers: Numbers) -> None:
    """Add a proposal for every visit of the plan; the caller has had the plan judged."""
    for assignment in plan.visits:
        session.add(
            Proposal(
                run_id=run_id,
                request_id=numbers.requests[assignment.id],
                slot_id=numbers.slots[assignment.slot] if assignment.slot is not None else None,
                why={"code": assignment.why.code, **assignment.why.facts} if assignment.why else None,
                groups=[
                    ProposalGroup(workplace_id=numbers.workplaces[group.workplace], pupils=group.pupils)
                    for group in assignment.groups
                ],
            )
        )


def solver_facts(document: Mapping[str, object]) -> dict[str, Any]:
    """What a run remembers of how its plan was made, from the document of the plan."""
    solver = document["solver"]
    return {**(solver if isinstance(solver, dict) else {}), "status": document["status"]}
