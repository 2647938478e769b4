"""First come, first served, as by telephone: each party in the order of the file takes its best free slot."""

from collections.abc import Callable, Iterable, Mapping, Sequence

from scheduler.allocation import Assignment
from scheduler.costs import accepted_slots, may_use, pupil_price, sizes
from scheduler.instance import Instance
from scheduler.knapsack import cheapest_split, reachable
from scheduler.parts import Group, Visit, Workplace
from scheduler.usage import Usage


def first_come_first_served(instance: Instance) -> tuple[Assignment, ...]:
    """A plan by the rules: locked groups first, then locked parties, then everybody in the order of the file.

    Each party takes the first of its slots (requested before negotiable) where all its visits find groups; who finds
    none is not placed. The plan breaks no rule, except where locks contradict each other.
    """
    usage = Usage(instance)
    given: dict[str, Assignment] = {}
    for visit in instance.visits:
        lock = visit.locked
        if lock is not None and lock.slot is not None and lock.groups is not None:
            usage.add(visit, lock.slot, lock.groups)
            given[visit.id] = Assignment(visit.id, lock.slot, lock.groups)
    for party in sorted(instance.parties, key=lambda party: not any(visit.locked for visit in party)):
        _place(instance, usage, party, given, accepted_slots(party))
    return tuple(given.get(visit.id, Assignment(visit.id, None)) for visit in instance.visits)


def seated_in_haste(
    instance: Instance, slots: Mapping[str, str], groups: Mapping[str, tuple[Group, ...]]
) -> tuple[Assignment, ...]:
    """A plan by the rules near one whose workplaces nobody had the time to choose well.

    Parties all of whose visits have groups keep them; the others stand at their slot among the free workplaces that
    are cheapest for them; who finds none there goes where there is room, as by telephone.

    Args:
        instance: the term.
        slots: the slot of each visit of the plan, by visit id; one slot for all of a party.
        groups: groups that go together at these slots, by visit id.
    """
    usage = Usage(instance)
    given: dict[str, Assignment] = {}
    kept = [party for party in instance.parties if all(visit.id in groups for visit in party)]
    for visit in (visit for party in kept for visit in party):
        usage.add(visit, slots[visit.id], groups[visit.id])
        given[visit.id] = Assignment(visit.id, slots[visit.id], groups[visit.id])
    waiting = [party for party in instance.parties if party[0].id not in given]
    waiting.sort(key=lambda party: (not any(v.locked for v in party), -sum(v.pupils for v in party)))
    for party in waiting:
        _place(instance, usage, party, given, [slots[party[0].id]] if party[0].id in slots else [])
    for party in waiting:
        _place(instance, usage, party, given, accepted_slots(party))
    return tuple(given.get(visit.id, Assignment(visit.id, None)) for visit in instance.visits)


def _place(
    instance: Instance, usage: Usage, party: Sequence[Visit], given: dict[str, Assignment], slots: Iterable[str]
) -> None:
    """Put a party at the first of these slots where all its visits find groups."""
    waiting = [visit for visit in party if visit.id not in given]
    if not waiting:
        return
    for slot in slots:
        if not usage.admits(waiting, slot):
            continue
        placed: list[tuple[Visit, tuple[Group, ...]]] = []
        for visit in waiting:
            groups = quick_groups(instance, usage, visit, slot, instance.open_at[slot])
            if groups is None:
                break
            usage.add(visit, slot, groups)
            placed.append((visit, groups))
        if len(placed) == len(waiting):
            given.update({visit.id: Assignment(visit.id, slot, groups) for visit, groups in placed})
            return
        for visit, groups in placed:
            usage.add(visit, slot, groups, -1)


def quick_groups(
    instance: Instance, usage: Usage, visit: Visit, slot: str, workplaces: Iterable[Workplace]
) -> tuple[Group, ...] | None:
    """Groups for a visit among the free workplaces that are cheapest for it; None where no groups add up.

    Asks the twelve cheapest first and twice as many each time that they do not suffice, as one does by telephone.
    """
    free = [w for w in workplaces if may_use(instance, visit, w) and usage.free_groups(w, slot) > 0]
    free.sort(key=lambda workplace: (pupil_price(instance, visit, workplace), workplace.id))
    asked = 12
    while True:
        near = free[:asked]
        ranges = [sizes(visit, workplace) for workplace in near]
        if reachable(ranges, visit.pupils):
            split = cheapest_split(ranges, visit.pupils, _prices(instance, visit, near))
            return None if split is None else tuple(Group(near[i].id, pupils) for i, pupils in split[1])
        if asked >= len(free):
            return None
        asked *= 2


def _prices(instance: Instance, visit: Visit, workplaces: Sequence[Workplace]) -> Callable[[int, int], float]:
    """Cost of a group at each of the workplaces; what a change costs is left to the stages."""
    rates = [pupil_price(instance, visit, workplace) for workplace in workplaces]
    return lambda i, pupils: rates[i] * pupils + instance.policy.group_cost
