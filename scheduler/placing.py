"""Placing a visit, or a party that goes out together, into what a plan leaves free. Plain Python."""

from collections.abc import Mapping, Sequence

from scheduler.costs import group_price, may_use, sizes, slot_price
from scheduler.instance import Instance
from scheduler.knapsack import cheapest_split, reachable
from scheduler.parts import Group, Visit
from scheduler.usage import Usage


def cheapest_groups(instance: Instance, usage: Usage, visit: Visit, slot: str) -> tuple[Group, ...] | None:
    """The cheapest groups of a visit at a slot in what `usage` leaves free; None where none add up.

    Locked groups are kept.
    """
    lock = visit.locked
    free = [w for w in instance.open_at[slot] if usage.free_groups(w, slot) > 0 and may_use(instance, visit, w)]
    if lock is not None and lock.groups is not None and lock.slot == slot:
        names = {workplace.id for workplace in free}
        return lock.groups if all(group.workplace in names for group in lock.groups) else None
    ranges = [sizes(visit, workplace) for workplace in free]
    if not reachable(ranges, visit.pupils):
        return None
    split = cheapest_split(ranges, visit.pupils, lambda i, pupils: group_price(instance, visit, free[i], pupils))
    return None if split is None else tuple(Group(free[i].id, pupils) for i, pupils in split[1])


def place_party(
    instance: Instance, usage: Usage, party: Sequence[Visit], slot: str
) -> Mapping[str, tuple[Group, ...]] | None:
    """Groups for every visit of a party at a slot, by visit id, or None; `usage` is left as it was.

    One visit is placed exactly. Several are placed one after the other, in a few orders, so that None is no proof.
    """
    if not usage.admits(party, slot):
        return None
    by_size = sorted(party, key=lambda visit: (-visit.pupils, visit.id))
    for order in (list(party), by_size, by_size[::-1]) if len(party) > 1 else (list(party),):
        placed: dict[str, tuple[Group, ...]] = {}
        for visit in sorted(order, key=lambda visit: visit.locked is None or visit.locked.groups is None):
            groups = cheapest_groups(instance, usage, visit, slot)
            if groups is None:
                break
            usage.add(visit, slot, groups)
            placed[visit.id] = groups
        for visit in order:
            if visit.id in placed:
                usage.add(visit, slot, placed[visit.id], -1)
        if len(placed) == len(party):
            return placed
    return None


def date_cost_at(instance: Instance, loads: Mapping[str, int], party: Sequence[Visit], slot: str) -> float:
    """What a party at a slot adds to the date stage, with the loads of all others given."""
    price = sum(visit.pupils * slot_price(instance.policy, visit, slot) for visit in party)
    seats = instance.seats_by_slot[slot]
    if not seats:
        return price
    load, more = loads.get(slot, 0), sum(visit.pupils for visit in party)
    return price + instance.policy.crowding_price * (2 * load + more) * more / seats
