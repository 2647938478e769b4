"""One visit moved: free seats, best groups, what a move breaks and costs, ranked suggestions. Plain Python."""

import dataclasses
import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from scheduler.allocation import Allocation, Assignment, Kpis
from scheduler.costs import accepted_slots, groups_price, rank_of, slot_price
from scheduler.instance import Instance
from scheduler.parts import Group, Visit
from scheduler.placing import cheapest_groups
from scheduler.usage import Usage
from scheduler.verifier import Violation, verify


@dataclass(frozen=True, slots=True)
class MovePreview:
    """A plan with one visit moved: the rules it would break and the figures before and after.

    `cost_delta` is the change of date_stage plus workplace_stage; `violations` are those of the whole plan after it.
    """

    allocation: Allocation
    violations: tuple[Violation, ...]
    before: Kpis
    after: Kpis
    cost_delta: float


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A slot to which one visit could go with nothing else changed.

    `rank` None is a negotiable slot (a shift); `cost_delta` the change of both stages' costs; `congestion_price` the
    price of the slot as it stands without the visit.
    """

    slot: str
    rank: int | None
    cost_delta: float
    congestion_price: float
    groups: tuple[Group, ...]


def seats_by_slot(instance: Instance) -> Mapping[str, int]:
    """Seats of every slot, of any level: `max_group × groups_per_slot` of the workplaces open at it."""
    return instance.seats_by_slot


def load_by_slot(instance: Instance, allocation: Allocation) -> dict[str, int]:
    """Pupils of the visits placed at each slot of the instance, 0 where nobody is."""
    loads = {slot.id: 0 for slot in instance.slots}
    for assignment in allocation.visits:
        if assignment.slot in loads and assignment.id in instance.visit_by_id:
            loads[assignment.slot] += instance.visit_by_id[assignment.id].pupils
    return loads


def congestion_price(instance: Instance, loads: Mapping[str, int], slot: str) -> float:
    """What one more pupil at a slot adds to everybody's crowding, about: 2 × crowding_price × load / seats.

    Infinite at a slot without seats, which takes nobody.
    """
    seats = instance.seats_by_slot[slot]
    return 2 * instance.policy.crowding_price * loads.get(slot, 0) / seats if seats else math.inf


def free_seats(instance: Instance, allocation: Allocation, slot: str) -> dict[str, int]:
    """Seats still free at each workplace open at a slot: its free groups, by every limit, times its largest group.

    Workplaces without a free seat are left out.
    """
    usage = Usage.of(instance, allocation.visits)
    free = {w.id: usage.free_groups(w, slot) * w.max_group for w in instance.open_at[slot]}
    return {name: seats for name, seats in free.items() if seats > 0}


def best_groups(instance: Instance, allocation: Allocation, visit_id: str, slot: str) -> tuple[Group, ...] | None:
    """The cheapest groups of one visit at a slot with everybody else where they are; None where no groups fit.

    Exact: a knapsack over its pupils with the costs of the workplace stage. Coaches, bundles and classes are not asked
    about here (`preview_move` says what a move breaks). Locked groups are kept.

    Raises:
        KeyError: an unknown visit or slot.
    """
    others = [assignment for assignment in allocation.visits if assignment.id != visit_id]
    return cheapest_groups(instance, Usage.of(instance, others), instance.visit_by_id[visit_id], slot)


def preview_move(
    instance: Instance,
    allocation: Allocation,
    visit_id: str,
    slot: str | None,
    groups: tuple[Group, ...] | None = None,
) -> MovePreview:
    """The plan with one visit at another slot (None takes it out), with the given groups or its best ones.

    Nothing is refused: the preview says which rules would break, so that a person may decide with open eyes. Where no
    groups fit, the visit stands there without groups and the verifier says so.

    Raises:
        KeyError: an unknown visit, slot or workplace.
    """
    visit = instance.visit_by_id[visit_id]
    chosen: tuple[Group, ...] = ()
    if slot is not None:
        chosen = groups if groups is not None else best_groups(instance, allocation, visit_id, slot) or ()
    why = allocation.by_visit[visit_id].why if visit_id in allocation.by_visit else None
    if slot is not None and visit.requested_slots[:1] == (slot,):
        why = None
    moved = Assignment(visit_id, slot, chosen, why)
    visits = tuple(moved if assignment.id == visit_id else assignment for assignment in allocation.visits)
    if visit_id not in allocation.by_visit:
        visits = (*visits, moved)
    verdict = verify(instance, dataclasses.replace(allocation, visits=visits))
    present = allocation.by_visit.get(visit_id, Assignment(visit_id, None))
    others = Usage.of(instance, (assignment for assignment in allocation.visits if assignment.id != visit_id)).loads
    delta = _cost_at(instance, others, visit, slot, chosen) - _cost_at(
        instance, others, visit, present.slot, present.groups
    )
    return MovePreview(
        allocation=dataclasses.replace(allocation, visits=visits, kpis=verdict.kpis),
        violations=verdict.violations,
        before=verify(instance, allocation).kpis,
        after=verdict.kpis,
        cost_delta=round(delta, 2),
    )


def suggest(instance: Instance, allocation: Allocation, visit_id: str, limit: int = 5) -> tuple[Suggestion, ...]:
    """Slots to which one visit alone could go without breaking a rule, cheapest first, at most `limit`.

    Its present slot is not suggested. A visit of a bundle goes only with its bundle, and a locked one stays: both have
    no suggestions unless the bundle is the visit alone. The cost is exact to the cent for the plan as it stands; the
    change against a visit that is not placed counts its whole cost.

    Raises:
        KeyError: an unknown visit.
    """
    visit = instance.visit_by_id[visit_id]
    party = instance.party_by_visit[visit_id]
    present = allocation.by_visit.get(visit_id, Assignment(visit_id, None))
    if len(party) > 1 or visit.locked is not None:
        return ()
    others = [assignment for assignment in allocation.visits if assignment.id != visit_id]
    usage = Usage.of(instance, others)
    loads: Counter[str] = Counter(usage.loads)
    now = _cost_at(instance, loads, visit, present.slot, present.groups)
    found: list[Suggestion] = []
    for slot in accepted_slots(party):
        if slot == present.slot or not usage.admits(party, slot):
            continue
        groups = cheapest_groups(instance, usage, visit, slot)
        if groups is not None:
            delta = _cost_at(instance, loads, visit, slot, groups) - now
            price = congestion_price(instance, loads, slot)
            found.append(Suggestion(slot, rank_of(visit, slot), round(delta, 2), round(price, 2), groups))
    found.sort(key=lambda suggestion: (suggestion.cost_delta, suggestion.slot))
    return tuple(found[:limit])


def _cost_at(
    instance: Instance, loads: Mapping[str, int], visit: Visit, slot: str | None, groups: tuple[Group, ...]
) -> float:
    """What a visit at a slot adds to both stages, with the others' loads given; nothing where it is not placed."""
    if slot is None:
        return 0.0
    seats = instance.seats_by_slot[slot]
    more = (loads.get(slot, 0) + visit.pupils) ** 2 - loads.get(slot, 0) ** 2
    crowding = instance.policy.crowding_price * more / seats if seats else 0.0
    return visit.pupils * slot_price(instance.policy, visit, slot) + crowding + groups_price(instance, visit, groups)
