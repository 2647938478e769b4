"""What a plan changes against the published one: which visits move, and which workplaces leave or join them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session, selectinload

from booking.domain.ids import RequestId, WorkplaceId
from booking.domain.states import LIVE_GROUPS, LIVE_VISITS, GroupStatus
from booking.models.runs import AllocationRun, Proposal, ProposalGroup
from booking.models.terms import Slot
from booking.models.visits import Visit, VisitGroup
from booking.models.workplaces import Workplace
from booking.queries.planning import PlanRow

Sizes = dict[WorkplaceId, int]


@dataclass(frozen=True, slots=True)
class Change:
    """One visit that a plan changes; ``left`` and ``joined`` are workplaces with their pupils, ``was`` its old slot.

    ``told`` are the workplaces for which something changes: all of a visit whose date does, else those of its groups.
    """

    row: PlanRow
    was: Slot | None
    left: tuple[tuple[str, int], ...]
    joined: tuple[tuple[str, int], ...]
    told: frozenset[str]

    @property
    def kind(self) -> str:
        """``new``, ``moved``, ``regrouped`` or ``cancelled``."""
        if self.was is None:
            return "new"
        if self.row.slot is None:
            return "cancelled"
        return "moved" if self.moved else "regrouped"

    @property
    def moved(self) -> bool:
        """Whether the date or the block changes."""
        return (self.was.id if self.was else None) != (self.row.slot.id if self.row.slot else None)


def _proposed(session: Session, run: AllocationRun) -> dict[RequestId, Sizes]:
    found: defaultdict[RequestId, Sizes] = defaultdict(dict)
    rows = session.execute(
        sa.select(Proposal.request_id, ProposalGroup.workplace_id, ProposalGroup.pupils)
        .join(ProposalGroup, ProposalGroup.proposal_id == Proposal.id)
        .where(Proposal.run_id == run.id)
    )
    for request, place, pupils in rows:
        found[request][place] = pupils
    return found


def changes(session: Session, run: AllocationRun, rows: Sequence[PlanRow]) -> list[Change]:
    """Return the visits of a plan that stand otherwise in the published one; who declined counts as left."""
    wanted = _proposed(session, run)
    names = dict(session.execute(sa.select(Workplace.id, Workplace.name)).all())
    standing = {
        visit.request_id: visit
        for visit in session.scalars(
            sa.select(Visit)
            .where(Visit.request_id.in_([row.request_id for row in rows]), Visit.status.in_(LIVE_VISITS))
            .options(selectinload(Visit.groups), selectinload(Visit.slot))
        )
    }
    found = []
    for row in rows:
        visit = standing.get(row.request_id)
        groups: Sequence[VisitGroup] = visit.groups if visit is not None else ()
        held: Sizes = {group.workplace_id: group.pupils for group in groups if group.status in LIVE_GROUPS}
        new = wanted.get(row.request_id, {})
        slot = visit.slot if visit is not None else None
        if held == new and (slot.id if slot else None) == (row.slot.id if row.slot else None):
            continue
        before = held | {group.workplace_id: group.pupils for group in groups if group.status is GroupStatus.DECLINED}
        at_other_date = (slot.id if slot else None) != (row.slot.id if row.slot else None)
        places = {*held, *new} if at_other_date else {p for p in {*held, *new} if held.get(p) != new.get(p)}
        found.append(
            Change(
                row=row,
                was=slot,
                left=tuple((names[place], pupils) for place, pupils in before.items() if new.get(place) != pupils),
                joined=tuple((names[place], pupils) for place, pupils in new.items() if held.get(place) != pupils),
                told=frozenset(names[place] for place in places),
            )
        )
    return found
