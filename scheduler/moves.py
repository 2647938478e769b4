"""Visits moved by hand: free seats, best groups, what a change breaks and costs, ranked suggestions. Plain Python."""

import dataclasses
import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import permutations

from scheduler.allocation import Allocation, Assignment, Kpis
from scheduler.bills import Bill, bill
from scheduler.costs import accepted_slots, groups_price, rank_of
from scheduler.instance import Instance
from scheduler.parts import Group, Visit
from scheduler.placing import cheapest_groups, place_party
from scheduler.usage import Usage
from scheduler.verifier import Verdict, Violation, verify

#: up to so many visits are seated in every order, and the cheapest is kept; more of them the largest first
EVERY_ORDER = 3

Places = Mapping[str, tuple[Group, ...]]


@dataclass(frozen=True, slots=True)
class Change:
    """Where one visit is to go: `slot` None takes it out; `groups` None are the best that are free there."""

    visit: str
    slot: str | None
    groups: tuple[Group, ...] | None = None


@dataclass(frozen=True, slots=True)
class MovePreview:
    """A plan with visits moved: the rules it would break and the figures before and after.

    `cost_delta` is the change of date_stage plus workplace_stage, `effect` the same by who bears it, `by_school` what
    the schools of the moved visits bear of it themselves. `violations` are those of the whole plan after it, `caused`
    those that the plan did not have before.
    """

    allocation: Allocation
    violations: tuple[Violation, ...]
    caused: tuple[Violation, ...]
    before: Kpis
    after: Kpis
    cost_delta: float
    effect: Bill
    by_school: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A slot to which one visit, with the visits that go with it, could go with nothing else changed.

    `rank` None is a negotiable slot (a shift); `cost_delta` the change of both stages' costs; `congestion_price` the
    price of the slot as it stands without them; `groups` are those of the visit that was asked about.
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


def party_changes(instance: Instance, visit_id: str, slot: str | None) -> tuple[Change, ...]:
    """A visit to a slot with all that go with it (H6), each in its best groups.

    Raises:
        KeyError: an unknown visit.
    """
    return tuple(Change(visit.id, slot) for visit in instance.party_by_visit[visit_id])


def swap_changes(instance: Instance, allocation: Allocation, one: str, other: str) -> tuple[Change, ...]:
    """Two visits change slots, each with all that go with it; who is not placed takes the other's place.

    Raises:
        KeyError: an unknown visit.
    """
    slots = {visit: allocation.by_visit.get(visit, Assignment(visit, None)).slot for visit in (one, other)}
    return party_changes(instance, one, slots[other]) + party_changes(instance, other, slots[one])


def preview_move(
    instance: Instance,
    allocation: Allocation,
    visit_id: str,
    slot: str | None,
    groups: tuple[Group, ...] | None = None,
) -> MovePreview:
    """The plan with one visit alone at another slot (None takes it out): `preview_changes` of one change.

    Raises:
        KeyError: an unknown visit, slot or workplace.
    """
    return preview_changes(instance, allocation, (Change(visit_id, slot, groups),))


def preview_changes(
    instance: Instance, allocation: Allocation, changes: Sequence[Change], *, judged: Verdict | None = None
) -> MovePreview:
    """The plan with several visits changed at once, each taken out before any is put back.

    Nothing is refused: the preview says which rules would break, so that a person may decide with open eyes. Where no
    groups fit, a visit stands there without groups and the verifier says so. Groups that are not given are the best
    free ones, exact for one visit; several are seated one after the other, those with given groups first. `judged` is
    the verdict on the plan as it stands, for who looks at many changes of it.

    Raises:
        KeyError: an unknown visit, slot or workplace.
    """
    changed = {change.visit: change for change in changes}
    visits = [instance.visit_by_id[name] for name in changed]
    usage = Usage.of(instance, (assignment for assignment in allocation.visits if assignment.id not in changed))
    others = dict(usage.loads)
    seated = _seated(instance, usage, [(visit, changed[visit.id]) for visit in visits])
    present = {name: allocation.by_visit.get(name, Assignment(name, None)) for name in changed}
    moved = {
        visit.id: Assignment(
            visit.id,
            changed[visit.id].slot,
            seated[visit.id],
            None if visit.requested_slots[:1] == (changed[visit.id].slot,) else present[visit.id].why,
        )
        for visit in visits
    }
    standing = tuple(moved.get(assignment.id, assignment) for assignment in allocation.visits)
    added = tuple(assignment for name, assignment in moved.items() if name not in allocation.by_visit)
    now = judged or verify(instance, allocation)
    then = verify(instance, dataclasses.replace(allocation, visits=standing + added))
    bills = [bill(instance, others, visits, given) for given in (present, moved)]
    effect = Bill(
        *(round(getattr(bills[1], field.name) - getattr(bills[0], field.name), 2) for field in dataclasses.fields(Bill))
    )
    return MovePreview(
        allocation=dataclasses.replace(allocation, visits=standing + added, kpis=then.kpis),
        violations=then.violations,
        caused=tuple(violation for violation in then.violations if violation not in now.violations),
        before=now.kpis,
        after=then.kpis,
        cost_delta=round(bills[1].total - bills[0].total, 2),
        effect=effect,
        by_school=_by_school(instance, visits, present, moved),
    )


def suggest(instance: Instance, allocation: Allocation, visit_id: str, limit: int = 5) -> tuple[Suggestion, ...]:
    """Slots to which a visit could go without breaking a rule, cheapest first, at most `limit`.

    A visit of a bundle goes with its bundle. Its present slot is not suggested, and a locked one stays. The cost is
    exact to the cent for one visit as the plan stands; the change against a visit that is not placed counts its whole
    cost.

    Raises:
        KeyError: an unknown visit.
    """
    party = instance.party_by_visit[visit_id]
    names = {visit.id for visit in party}
    if any(visit.locked is not None for visit in party):
        return ()
    present = {name: allocation.by_visit.get(name, Assignment(name, None)) for name in names}
    usage = Usage.of(instance, (assignment for assignment in allocation.visits if assignment.id not in names))
    loads: Counter[str] = Counter(usage.loads)
    now = bill(instance, loads, party, present).total
    found: list[Suggestion] = []
    for slot in accepted_slots(party):
        if all(assignment.slot == slot for assignment in present.values()):
            continue
        placed = place_party(instance, usage, party, slot)
        if placed is not None:
            there = {name: Assignment(name, slot, groups) for name, groups in placed.items()}
            delta = bill(instance, loads, party, there).total - now
            price = congestion_price(instance, loads, slot)
            rank = rank_of(instance.visit_by_id[visit_id], slot)
            found.append(Suggestion(slot, rank, round(delta, 2), round(price, 2), placed[visit_id]))
    found.sort(key=lambda suggestion: (suggestion.cost_delta, suggestion.slot))
    return tuple(found[:limit])


def _seated(instance: Instance, usage: Usage, changes: Sequence[tuple[Visit, Change]]) -> Places:
    """Groups of each changed visit: those given, and the best for the others in the cheapest of a few orders."""
    placed: dict[str, tuple[Group, ...]] = {}
    free: list[tuple[Visit, str]] = []
    for visit, change in changes:
        if change.slot is None:
            placed[visit.id] = ()
        elif change.groups is None:
            free.append((visit, change.slot))
        else:
            placed[visit.id] = change.groups
            usage.add(visit, change.slot, change.groups)
    free.sort(key=lambda pair: (-pair[0].pupils, pair[0].id))
    orders: Iterable[Sequence[tuple[Visit, str]]] = permutations(free) if len(free) <= EVERY_ORDER else (free,)
    best = min((_in_order(instance, usage, order) for order in orders), key=lambda found: found[:2])
    return placed | best[2]


def _in_order(
    instance: Instance, usage: Usage, order: Sequence[tuple[Visit, str]]
) -> tuple[int, float, dict[str, tuple[Group, ...]]]:
    """Pupils that found no groups, the cost of the others, and the groups; `usage` is left as it was."""
    placed: dict[str, tuple[Group, ...]] = {}
    left, costs = 0, []
    for visit, slot in order:
        groups = cheapest_groups(instance, usage, visit, slot)
        left += visit.pupils if groups is None else 0
        placed[visit.id] = groups or ()
        costs.append(groups_price(instance, visit, placed[visit.id]))
        usage.add(visit, slot, placed[visit.id])
    for visit, slot in order:
        usage.add(visit, slot, placed[visit.id], -1)
    return left, math.fsum(costs), placed


def _by_school(
    instance: Instance, visits: Iterable[Visit], present: Mapping[str, Assignment], moved: Mapping[str, Assignment]
) -> Mapping[str, float]:
    """What each school bears itself of a change of its visits, by school id."""
    mine: dict[str, list[Visit]] = {}
    for visit in visits:
        mine.setdefault(visit.school, []).append(visit)
    bills = {
        school: [bill(instance, {}, listed, given) for given in (present, moved)] for school, listed in mine.items()
    }
    return {
        school: round(then.dates + then.workplaces - now.dates - now.workplaces, 2)
        for school, (now, then) in bills.items()
    }
