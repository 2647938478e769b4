"""What first choices would have cost everybody: a visit is locked to its own and the term solved again."""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from scheduler.allocate import LockConflict, allocate
from scheduler.allocation import Allocation, Assignment
from scheduler.capacity import candidate_slots
from scheduler.explain import reasons
from scheduler.explain_changes import locked_to
from scheduler.explain_estimate import IMPOSSIBLE
from scheduler.instance import Instance
from scheduler.limits import Limits

FINE_GAP = 1e-4
"""Relative gap of the date stage where plans are compared: the cost of one visit is small beside the whole."""


@dataclass(frozen=True, slots=True)
class FirstChoiceCost:
    """What everybody pays for one visit's (and its bundle's) first choice: the best plan with it less that without.

    `unplaced_pupils` more pupils left out, `date_stage` more cost (where fewer are left out it may be less). The true
    difference of `date_stage` lies between `at_least` and `at_most`, where the numbers left out are proven; elsewhere
    these are None. `possible` False: it cannot be had at any price; None: that was
    not decided; every figure is then None. `cut_short`: the clock
    ended a solve. `plan` is the plan with the first choice.
    """

    visit: str
    slot: str | None
    possible: bool | None
    unplaced_pupils: int | None = None
    date_stage: float | None = None
    at_least: float | None = None
    at_most: float | None = None
    cut_short: bool = False
    plan: Allocation | None = None


def solve_anew(
    instance: Instance,
    limits: Limits,
    *,
    should_stop: Callable[[], bool] | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> Allocation:
    """A plan to be compared with others: a fine gap, and no fairness pass, whose slack would blur the difference.

    Raises:
        LockConflict: as `allocate`.
    """
    sharp = replace(instance, policy=replace(instance.policy, fairness_slack=0.0))
    fine = replace(limits, mip_gap=limits.mip_gap or FINE_GAP)
    return allocate(sharp, fine, should_stop=should_stop, clock=clock)


def cost_of_first_choice(
    instance: Instance,
    allocation: Allocation,
    visit_id: str,
    limits: Limits = Limits(),  # noqa: B008  (frozen)
    *,
    base: Allocation | None = None,
    should_stop: Callable[[], bool] | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> FirstChoiceCost:
    """Lock a visit (with its bundle) to its first requested slot, solve again, and compare.

    Args:
        instance: the term.
        allocation: its plan, whose reasons say what is impossible.
        visit_id: who is asked about.
        limits: of each solve.
        base: `solve_anew` of the term as it is, where several visits are asked about; by default it is solved here.
        should_stop: as for `allocate`.
        clock: a monotonic clock in seconds.

    Raises:
        KeyError: an unknown visit.
        LockConflict: the term's own locks contradict each other.
    """
    visit = instance.visit_by_id[visit_id]
    slot = visit.requested_slots[0] if visit.requested_slots else None
    given = tuple(allocation.by_visit.get(v.id, Assignment(v.id, None)) for v in instance.visits)
    why = next(assignment.why for assignment in reasons(instance, given) if assignment.id == visit_id)
    impossible = FirstChoiceCost(visit_id, slot, False)
    if slot is None or (why is not None and (why.code in IMPOSSIBLE or why.facts.get("alone") is True)):
        return impossible
    if why is None:
        return FirstChoiceCost(visit_id, slot, True, 0, 0.0, 0.0, 0.0, plan=allocation)
    party = instance.party_by_visit[visit_id]
    if slot not in candidate_slots(replace(instance, visits=party))[0]:
        return impossible
    asked = locked_to(instance, {v.id: slot for v in party})
    try:
        plan = solve_anew(asked, limits, should_stop=should_stop, clock=clock)
    except LockConflict as conflict:
        return impossible if conflict.decided else replace(impossible, possible=None)
    if base is None:
        base = solve_anew(instance, limits, should_stop=should_stop, clock=clock)
    return _difference(visit_id, slot, plan, base, allocation)


def _difference(
    visit_id: str, slot: str, plan: Allocation, base: Allocation, allocation: Allocation
) -> FirstChoiceCost:
    """Every plan with the first choice is one of the term as it is: the best of all that are known is the base."""
    out, cost = min((p.kpis.unplaced_pupils, p.kpis.date_stage) for p in (base, allocation, plan))
    proven = plan.bounds.unplaced_pupils == plan.kpis.unplaced_pupils and base.bounds.unplaced_pupils == out
    return FirstChoiceCost(
        visit=visit_id,
        slot=slot,
        possible=True,
        unplaced_pupils=plan.kpis.unplaced_pupils - out,
        date_stage=round(plan.kpis.date_stage - cost, 2),
        at_least=round(max(0.0, plan.bounds.date_stage - cost), 2) if proven else None,
        at_most=round(plan.kpis.date_stage - base.bounds.date_stage, 2) if proven else None,
        cut_short=plan.solver.cut_short or base.solver.cut_short,
        plan=plan,
    )
