"""Distances and prices of single decisions, shared by the stages (never by the verifier, which reckons for itself)."""

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING

from scheduler.parts import Group, Policy, School, Visit, Workplace

if TYPE_CHECKING:
    from scheduler.instance import Instance

EARTH_RADIUS_KM = 6371.0088


def distance_km(school: School, workplace: Workplace) -> float:
    """Great-circle distance between a school and a workplace, km (haversine on the mean Earth radius)."""
    lat1, lon1, lat2, lon2 = map(math.radians, (school.lat, school.lon, workplace.lat, workplace.lon))
    h = math.sin((lat2 - lat1) / 2) ** 2 + math.cos(lat1) * math.cos(lat2) * math.sin((lon2 - lon1) / 2) ** 2
    return 2 * EARTH_RADIUS_KM * math.asin(min(1.0, math.sqrt(h)))


def rank_of(visit: Visit, slot: str) -> int | None:
    """The rank of a slot among the requested ones, 0 the first choice; None where it was not requested."""
    return visit.requested_slots.index(slot) if slot in visit.requested_slots else None


def date_price(policy: Policy, visit: Visit, slot: str) -> float:
    """Date cost per pupil of a slot that the visit accepts: by its rank, or the price of a shift."""
    rank = rank_of(visit, slot)
    return policy.shift_cost if rank is None else policy.date_cost[min(rank, len(policy.date_cost) - 1)]


def slot_price(policy: Policy, visit: Visit, slot: str) -> float:
    """Date cost per pupil, plus the price of a change where the visit stood at another slot before."""
    before = visit.previous
    changed = before is not None and before.slot is not None and before.slot != slot
    return date_price(policy, visit, slot) + (policy.change_cost if changed else 0.0)


def accepted_slots(party: Iterable[Visit]) -> tuple[str, ...]:
    """The slots that every visit of a party accepts and its locks leave, in the order of the first visit's lists."""
    visits = tuple(party)
    slots: tuple[str, ...] = visits[0].requested_slots + visits[0].negotiable_slots
    for visit in visits:
        mine = {*visit.requested_slots, *visit.negotiable_slots}
        if visit.locked is not None:
            mine &= {visit.locked.slot or ""}
        slots = tuple(slot for slot in dict.fromkeys(slots) if slot in mine)
    return slots


def sizes(visit: Visit, workplace: Workplace) -> tuple[int, int]:
    """The smallest and the largest group of a visit at a workplace (H2), as it says of all visits and of this one."""
    said = [group.pupils for group in visit.largest_groups if group.workplace == workplace.id]
    return workplace.min_group, min([workplace.max_group, *said])


def why_not(school: School, visit: Visit, workplace: Workplace) -> str | None:
    """Why a visit may send no group to a workplace at any slot (H4: level, exclusion, travel); None where it may."""
    if school.level not in workplace.levels:
        return f"not for level {school.level}"
    if workplace.id in visit.excluded_workplaces:
        return "excluded by this visit"
    least, most = sizes(visit, workplace)
    if least > most:
        return f"at most {most} pupils of this visit"
    if visit.max_travel_km is None:
        return None
    km = distance_km(school, workplace)
    return f"{km:.2f} km away, at most {visit.max_travel_km:g}" if km > visit.max_travel_km + 1e-9 else None


def may_use(instance: "Instance", visit: Visit, workplace: Workplace) -> bool:
    """Whether a visit may send a group to a workplace at all (H4, apart from its open slots)."""
    return why_not(instance.school_by_id[visit.school], visit, workplace) is None


def pupil_price(instance: "Instance", visit: Visit, workplace: Workplace) -> float:
    """Cost of one pupil of a visit at a workplace: off its fields, and the kilometres."""
    policy = instance.policy
    off_field = 0.0 if workplace.field in visit.fields else policy.off_field_cost
    return off_field + policy.travel_cost * distance_km(instance.school_by_id[visit.school], workplace)


def pupils_before(visit: Visit) -> dict[str, int] | None:
    """Pupils of the visit at each workplace before; None where that is not known and costs nothing to change."""
    if visit.previous is None or visit.previous.groups is None:
        return None
    return {group.workplace: group.pupils for group in visit.previous.groups}


def group_price(instance: "Instance", visit: Visit, workplace: Workplace, pupils: int) -> float:
    """Cost of a group of `pupils` at a workplace, in the terms of the workplace stage."""
    policy = instance.policy
    before = pupils_before(visit)
    moved = 0 if before is None else max(0, pupils - before.get(workplace.id, 0))
    return pupils * pupil_price(instance, visit, workplace) + policy.group_cost + policy.change_cost * moved


def groups_price(instance: "Instance", visit: Visit, groups: Iterable[Group]) -> float:
    """Cost of all groups of a visit in the workplace stage."""
    return math.fsum(
        group_price(instance, visit, instance.workplace_by_id[group.workplace], group.pupils) for group in groups
    )
