"""The plan of a run as it stands now, with the instance by which it is judged."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, replace
from threading import Lock
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, selectinload

from booking.domain.errors import NotFound
from booking.domain.ids import RequestId, RunId, SlotId, WorkplaceId
from booking.models.requests import Request
from booking.models.runs import AllocationRun, Proposal
from booking.models.terms import Slot
from booking.models.workplaces import Workplace
from booking.services.allocations import find_run
from booking.services.published_plan import unproven
from scheduler.allocation import Allocation, Assignment
from scheduler.instance import Group, Instance, parse_instance
from scheduler.parts import Visit


@dataclass(frozen=True, slots=True)
class LoadedPlan:
    """A run's plan as it stands now, changes by hand included, with the instance that it was made for.

    ``by_code``, ``slots`` and ``places`` lead from the codes of the instance to our rows.
    """

    run: AllocationRun
    instance: Instance
    allocation: Allocation
    proposals: dict[RequestId, Proposal]
    slots: dict[str, SlotId]
    places: dict[str, WorkplaceId]
    by_code: dict[str, Proposal]


#: the instances of the runs that were looked at last, each with the document that it was read from
_READ: OrderedDict[RunId, tuple[dict[str, Any], Instance]] = OrderedDict()
_MOST_READ = 4
_READING = Lock()


def _parsed(run_id: RunId, document: dict[str, Any]) -> Instance:
    """The instance of a run; the same document is read once, because every step of a change by hand asks for it."""
    with _READING:
        kept = _READ.get(run_id)
    if kept is not None and kept[0] == document:
        return kept[1]
    instance = parse_instance(document)
    with _READING:
        _READ[run_id] = document, instance
        _READ.move_to_end(run_id)
        while len(_READ) > _MOST_READ:
            _READ.popitem(last=False)
    return instance


def plan_of(session: Session, run_id: RunId) -> LoadedPlan:
    """Return the plan of a run; what a person has pinned or excluded since it was solved binds it as it is now.

    Raises:
        NotFound: there is no such run, or it has no plan (yet).
    """
    run = find_run(session, run_id)
    if run.instance is None:
        raise NotFound(f"run {run_id} has no plan")
    instance = _parsed(run_id, run.instance)
    slot_codes = dict(session.execute(sa.select(Slot.id, Slot.code).where(Slot.term_id == run.term_id)).all())
    place_codes = dict(session.execute(sa.select(Workplace.id, Workplace.code)).all())
    proposals = session.scalars(
        sa.select(Proposal)
        .where(Proposal.run_id == run_id)
        .options(selectinload(Proposal.groups), selectinload(Proposal.request).selectinload(Request.exclusions))
    ).all()
    by_code = {proposal.request.code: proposal for proposal in proposals}
    if not by_code and instance.visits:
        raise NotFound(f"run {run_id} has no plan")
    instance = _as_decided(instance, by_code, place_codes)
    allocation = unproven(
        instance,
        (
            _assignment(visit.id, by_code[visit.id], slot_codes, place_codes)
            for visit in instance.visits
            if visit.id in by_code
        ),
        "plan",
    )
    return LoadedPlan(
        run=run,
        instance=instance,
        allocation=allocation,
        proposals={proposal.request_id: proposal for proposal in proposals},
        slots={code: number for number, code in slot_codes.items()},
        places={code: number for number, code in place_codes.items()},
        by_code=by_code,
    )


def _as_decided(instance: Instance, proposals: dict[str, Proposal], places: dict[WorkplaceId, str]) -> Instance:
    """The instance under the exclusions of now, and without the locks of pins that have been loosened since.

    A lock without a previous placement comes from a pin alone.
    """
    known = {number: code for number, code in places.items() if code in instance.workplace_by_id}
    visits = (
        _bound(visit, proposals[visit.id].request, known) if visit.id in proposals else visit
        for visit in instance.visits
    )
    return replace(instance, visits=tuple(visits))


def _bound(visit: Visit, request: Request, places: dict[WorkplaceId, str]) -> Visit:
    excluded = sorted(places[row.workplace_id] for row in request.exclusions if row.workplace_id in places)
    lock = visit.locked
    loosened = lock is not None and lock.groups is None and visit.previous is None and request.pinned_slot_id is None
    return replace(visit, excluded_workplaces=tuple(excluded), locked=None if loosened else lock)


def _assignment(code: str, proposal: Proposal, slots: dict[SlotId, str], places: dict[WorkplaceId, str]) -> Assignment:
    groups = tuple(sorted(Group(places[group.workplace_id], group.pupils) for group in proposal.groups))
    return Assignment(code, slots[proposal.slot_id] if proposal.slot_id is not None else None, groups)


def code_of(plan: LoadedPlan, request_id: RequestId) -> str:
    """Return the code of a request of this plan.

    Raises:
        NotFound: it is not in the plan.
    """
    try:
        return plan.proposals[request_id].request.code
    except KeyError:
        raise NotFound(f"request {request_id} is not in run {plan.run.id}") from None
