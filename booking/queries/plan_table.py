"""A plan as a table, a row for each group: a draft as it is proposed, or what is published as it stands today."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session, selectinload

from booking.domain.ids import TermId
from booking.domain.states import LIVE_GROUPS, LIVE_VISITS, GroupStatus, RunStatus
from booking.models.requests import Request
from booking.models.runs import AllocationRun, Proposal, ProposalGroup
from booking.models.terms import Slot, Term
from booking.models.visits import Visit, VisitGroup


@dataclass(frozen=True, slots=True)
class GroupRow:
    """A group of a plan; a request without a place has one row without a slot. ``status`` None: a draft's."""

    code: str
    school: str
    label: str
    slot: Slot | None
    place_code: str
    place: str
    pupils: int
    status: GroupStatus | None


def draft_rows(session: Session, run: AllocationRun) -> list[GroupRow]:
    """Return the groups of a run's plan, by school, class and workplace."""
    slots = {slot.id: slot for slot in session.scalars(sa.select(Slot).where(Slot.term_id == run.term_id))}
    proposals = session.scalars(
        sa.select(Proposal)
        .where(Proposal.run_id == run.id)
        .options(
            selectinload(Proposal.groups).selectinload(ProposalGroup.workplace),
            selectinload(Proposal.request).selectinload(Request.school),
        )
    )
    rows: list[GroupRow] = []
    for proposal in proposals:
        request, slot = proposal.request, slots[proposal.slot_id] if proposal.slot_id is not None else None
        head = (request.code, request.school.name, request.label, slot)
        rows += [
            GroupRow(*head, group.workplace.code, group.workplace.name, group.pupils, None)
            for group in proposal.groups
        ] or [GroupRow(*head, "", "", request.pupils, None)]  # fmt: skip
    return sorted(rows, key=_order)


def published_rows(session: Session, term_id: TermId) -> list[GroupRow]:
    """Return the groups that stand today, with how far each workplace's answer is."""
    visits = session.scalars(
        sa.select(Visit)
        .join(Request, Request.id == Visit.request_id)
        .where(Request.term_id == term_id, Visit.status.in_(LIVE_VISITS))
        .options(
            selectinload(Visit.slot),
            selectinload(Visit.groups).selectinload(VisitGroup.workplace),
            selectinload(Visit.request).selectinload(Request.school),
        )
    )
    return sorted(
        (
            GroupRow(
                visit.request.code, visit.request.school.name, visit.request.label, visit.slot,
                group.workplace.code, group.workplace.name, group.pupils, group.status,
            )
            for visit in visits
            for group in visit.groups
            if group.status in LIVE_GROUPS
        ),
        key=_order,
    )  # fmt: skip


def _order(row: GroupRow) -> tuple[str, str, str, str]:
    return row.school, row.label, row.code, row.place_code


def open_drafts(session: Session) -> list[AllocationRun]:
    """Return the proposals of the current term that a table can change, the newest first."""
    return list(
        session.scalars(
            sa.select(AllocationRun)
            .join(Term, Term.id == AllocationRun.term_id)
            .where(Term.is_current, AllocationRun.status == RunStatus.PROPOSED)
            .order_by(AllocationRun.id.desc())
        )
    )
