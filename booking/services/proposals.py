"""Changes by hand: look at what a move would do, save it, pin it; judged by the verifier like the solver's answer."""

from __future__ import annotations

from dataclasses import asdict, dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session, selectinload
from sqlalchemy.orm.attributes import flag_modified

from booking.clock import Clock
from booking.domain.errors import Conflict, IllegalTransition, NotFound, RuleBroken
from booking.domain.ids import RequestId, RunId, SlotId, WorkplaceId
from booking.domain.person import Person
from booking.domain.states import RunStatus
from booking.models.runs import AllocationRun, Proposal, ProposalGroup
from booking.models.terms import Slot
from booking.models.workplaces import Workplace
from booking.services.allocations import STAFF, find_run
from booking.services.history import record_change
from booking.services.published_plan import unproven
from scheduler.allocation import Allocation, Assignment
from scheduler.instance import Group, Instance, parse_instance
from scheduler.moves import preview_move


@dataclass(frozen=True, slots=True)
class LoadedPlan:
    """A run's plan as it stands now, changes by hand included, with the instance that it was made for."""

    run: AllocationRun
    instance: Instance
    allocation: Allocation
    proposals: dict[RequestId, Proposal]


def plan_of(session: Session, run_id: RunId) -> LoadedPlan:
    """Return the plan of a run.

    Raises:
        NotFound: there is no such run, or it has no plan (yet).
    """
    run = find_run(session, run_id)
    if run.instance is None:
        raise NotFound(f"run {run_id} has no plan")
    instance = parse_instance(run.instance)
    slot_codes = dict(session.execute(sa.select(Slot.id, Slot.code).where(Slot.term_id == run.term_id)).all())
    place_codes = dict(session.execute(sa.select(Workplace.id, Workplace.code)).all())
    proposals = session.scalars(
        sa.select(Proposal)
        .where(Proposal.run_id == run_id)
        .options(selectinload(Proposal.groups), selectinload(Proposal.request))
    ).all()
    by_code = {proposal.request.code: proposal for proposal in proposals}
    if not by_code and instance.visits:
        raise NotFound(f"run {run_id} has no plan")
    allocation = unproven(
        instance,
        (
            _assignment(visit.id, by_code[visit.id], slot_codes, place_codes)
            for visit in instance.visits
            if visit.id in by_code
        ),
        "plan",
    )
    return LoadedPlan(run, instance, allocation, {proposal.request_id: proposal for proposal in proposals})


def _assignment(code: str, proposal: Proposal, slots: dict[SlotId, str], places: dict[WorkplaceId, str]) -> Assignment:
    groups = tuple(sorted(Group(places[group.workplace_id], group.pupils) for group in proposal.groups))
    return Assignment(code, slots[proposal.slot_id] if proposal.slot_id is not None else None, groups)


def _code_of(plan: LoadedPlan, request_id: RequestId) -> str:
    try:
        return plan.proposals[request_id].request.code
    except KeyError:
        raise NotFound(f"request {request_id} is not in run {plan.run.id}") from None


def _slot_code(session: Session, plan: LoadedPlan, slot_id: SlotId | None) -> str | None:
    if slot_id is None:
        return None
    slot = session.get(Slot, slot_id)
    if slot is None or slot.term_id != plan.run.term_id:
        raise NotFound(f"slot {slot_id}")
    return slot.code


def _lock_for_change(session: Session, run_id: RunId, version: int) -> AllocationRun:
    run = find_run(session, run_id, lock=True)
    if run.status is not RunStatus.PROPOSED:
        raise IllegalTransition("only a proposal is changed by hand", old=run.status.value, new=run.status.value)
    if run.version != version:
        raise Conflict("the plan was changed meanwhile", yours=version, now=run.version)
    return run


def move(
    session: Session,
    clock: Clock,
    person: Person,
    run_id: RunId,
    version: int,
    request_id: RequestId,
    slot_id: SlotId | None,
) -> None:
    """Put a request at another slot (None: out of the plan), with the best groups that are free there.

    Raises:
        RuleBroken: a hard rule would not hold (``facts['violations']`` in the verifier's words); nothing is saved.
        Conflict: somebody changed the plan since ``version``.
        IllegalTransition: the run is no longer a proposal.
    """
    person.require_role(*STAFF)
    run = _lock_for_change(session, run_id, version)
    plan = plan_of(session, run_id)
    code = _code_of(plan, request_id)
    found = preview_move(plan.instance, plan.allocation, code, _slot_code(session, plan, slot_id))
    if found.violations:
        raise RuleBroken("the move breaks a rule", violations=[str(violation) for violation in found.violations])
    places = dict(session.execute(sa.select(Workplace.code, Workplace.id)).all())
    proposal = plan.proposals[request_id]
    before = proposal.slot_id
    proposal.groups.clear()
    session.flush()
    proposal.slot_id = slot_id
    proposal.by_hand = True
    proposal.remedy = None
    proposal.why = None if slot_id == _first_wish(proposal) else {"code": "by_hand"}
    proposal.groups.extend(
        ProposalGroup(workplace_id=places[group.workplace], pupils=group.pupils)
        for group in found.allocation.by_visit[code].groups
    )
    run.kpis = asdict(found.after)
    flag_modified(run, "kpis")
    record_change(
        session, person.actor, "proposal_moved", "request", request_id, run=run_id, slot_before=before, slot=slot_id
    )
    session.flush()


def _first_wish(proposal: Proposal) -> SlotId | None:
    wishes = proposal.request.requested
    return wishes[0].slot_id if wishes else None


def set_pin(
    session: Session, clock: Clock, person: Person, run_id: RunId, version: int, request_id: RequestId, pinned: bool
) -> None:
    """Keep a request at its proposed slot in every later run, or let it go again.

    Raises:
        Conflict, IllegalTransition: as for ``move``.
        NotFound: the request has no slot in this plan that could be kept.
    """
    person.require_role(*STAFF)
    run = _lock_for_change(session, run_id, version)
    proposal = session.scalar(
        sa.select(Proposal)
        .where(Proposal.run_id == run_id, Proposal.request_id == request_id)
        .options(selectinload(Proposal.request))
    )
    if proposal is None or (pinned and proposal.slot_id is None):
        raise NotFound(f"request {request_id} has no slot in run {run_id}")
    proposal.request.pinned_slot_id = proposal.slot_id if pinned else None
    flag_modified(run, "kpis")
    record_change(
        session,
        person.actor,
        "pinned" if pinned else "unpinned",
        "request",
        request_id,
        run=run_id,
        slot=proposal.slot_id,
    )
    session.flush()
