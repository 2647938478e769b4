"""What a change by hand touches of a plan, as a document: taken before and after, and put back whole."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import flag_modified

from booking.models.requests import ExcludedWorkplace
from booking.models.runs import ProposalGroup
from booking.services.proposals import LoadedPlan

State = dict[str, Any]
#: written by the worker for whoever has not been changed by hand, at any time
_NOT_COMPARED = "remedy"


def state_of(plan: LoadedPlan, codes: Iterable[str]) -> State:
    """The run's figures, and all that can be changed by hand of these requests."""
    return {"kpis": plan.run.kpis, "visits": {code: _visit(plan, code) for code in sorted(codes)}}


def _visit(plan: LoadedPlan, code: str) -> State:
    proposal = plan.by_code[code]
    slots = {number: name for name, number in plan.slots.items()}
    places = {number: name for name, number in plan.places.items()}
    request = proposal.request
    return {
        "slot": slots[proposal.slot_id] if proposal.slot_id is not None else None,
        "groups": sorted([places[group.workplace_id], group.pupils] for group in proposal.groups),
        "by_hand": proposal.by_hand,
        "why": proposal.why,
        "remedy": proposal.remedy,
        "overrides": proposal.overrides,
        "pinned": slots[request.pinned_slot_id] if request.pinned_slot_id is not None else None,
        "excluded": {places[row.workplace_id]: row.reason for row in request.exclusions if row.by_hand},
    }


def same(one: State, other: State) -> bool:
    """Whether two states of visits are the same, but for what the worker writes."""
    return _bare(one) == _bare(other)


def _bare(state: State) -> State:
    return {
        code: {key: value for key, value in visit.items() if key != _NOT_COMPARED}
        for code, visit in state["visits"].items()
    }


def put_back(session: Session, plan: LoadedPlan, state: State) -> None:
    """Make the plan what it was: exactly the state, figures included."""
    for code, visit in state["visits"].items():
        set_groups(session, plan, code, visit["slot"], dict(visit["groups"]))
        proposal = plan.by_code[code]
        proposal.by_hand = visit["by_hand"]
        proposal.why = visit["why"]
        proposal.remedy = visit["remedy"]
        proposal.overrides = visit["overrides"]
        proposal.request.pinned_slot_id = plan.slots[visit["pinned"]] if visit["pinned"] is not None else None
        set_excluded(plan, code, visit["excluded"])
    touch(plan, state["kpis"])
    session.flush()


def set_groups(session: Session, plan: LoadedPlan, code: str, slot: str | None, groups: dict[str, int]) -> None:
    """Put a request at a slot with these groups."""
    proposal = plan.by_code[code]
    proposal.groups.clear()
    session.flush()
    proposal.slot_id = plan.slots[slot] if slot is not None else None
    proposal.groups.extend(
        ProposalGroup(workplace_id=plan.places[name], pupils=pupils) for name, pupils in groups.items()
    )


def set_excluded(plan: LoadedPlan, code: str, excluded: dict[str, str]) -> None:
    """Let the workplaces that a person excludes for a request be these, each with its reason; declines stay."""
    request = plan.by_code[code].request
    wanted = {plan.places[name]: reason for name, reason in excluded.items()}
    for row in [row for row in request.exclusions if row.by_hand and row.workplace_id not in wanted]:
        request.exclusions.remove(row)
    known = {row.workplace_id for row in request.exclusions}
    request.exclusions.extend(
        ExcludedWorkplace(workplace_id=number, reason=reason, by_hand=True)
        for number, reason in wanted.items()
        if number not in known
    )


def touch(plan: LoadedPlan, kpis: dict[str, Any] | None) -> None:
    """Give the run its figures, and with them a new version: a page that was opened before is refused."""
    plan.run.kpis = kpis
    flag_modified(plan.run, "kpis")
