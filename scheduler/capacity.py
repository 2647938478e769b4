"""What must hold before anything is placed: where each party could go at all, and how many pupils each slot can take.

Pupils of one school level at one slot are exchangeable, so that the workplaces' limits become a transportation
problem in pupils: *sources* (one workplace, or several that are alike) give seats at slots within limits by day, week
and term; *demands* are the levels at a slot. It leaves open only what is truly of the second stage (smallest groups,
whole groups, distance, exclusions). Plain Python.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from scheduler.costs import accepted_slots, sizes, why_not
from scheduler.instance import Instance
from scheduler.knapsack import reachable
from scheduler.parts import Visit, Workplace


@dataclass(frozen=True, slots=True)
class Source:
    """Seats that one workplace, or several alike, can give to pupils.

    `seats` by slot; `limits` are sets of slots with the pupils that they can take together (a day, a week, the term).
    `levels` are the school levels served.
    """

    levels: frozenset[str]
    seats: Mapping[str, int]
    limits: tuple[tuple[tuple[str, ...], int], ...]


def candidate_slots(instance: Instance) -> tuple[tuple[str, ...], ...]:
    """For every party of the instance, the slots at which it could stand if it were alone in the term.

    Left out are slots whose coaches do not suffice (H5), at which some visit finds no groups that add up (H2, H4), and
    every slot of a bundle in which one class stands twice (H8). Locked visits keep their slot whatever it costs.
    """
    ranges: dict[tuple[str, str], list[tuple[int, int]]] = {}
    return tuple(
        tuple(slot for slot in accepted_slots(party) if _could_stand(instance, party, slot, ranges))
        for party in instance.parties
    )


def _could_stand(
    instance: Instance, party: Sequence[Visit], slot: str, ranges: dict[tuple[str, str], list[tuple[int, int]]]
) -> bool:
    if any(visit.locked is not None for visit in party):
        return True
    school = instance.school_by_id[party[0].school]
    needed = sum(visit.chaperones_needed for visit in party) - school.own_chaperones_per_slot
    classes = [visit.class_ for visit in party if visit.class_ is not None]
    if needed > instance.coaches.get(slot, 0) or len(set(classes)) < len(classes):
        return False
    for visit in party:
        if visit.max_travel_km is None and not visit.excluded_workplaces and not visit.largest_groups:
            # Without wishes of its own a visit sees what every visit of its level sees.
            key = (slot, school.level)
            if key not in ranges:
                ranges[key] = _ranges(w for w in instance.open_at[slot] if school.level in w.levels)
            usable = ranges[key]
        else:
            usable = [sizes(visit, w) for w in instance.open_at[slot] if why_not(school, visit, w) is None]
        if not reachable(usable, visit.pupils):
            return False
    return True


def _ranges(workplaces: Iterable[Workplace]) -> list[tuple[int, int]]:
    return [(workplace.min_group, workplace.max_group) for workplace in workplaces]


def largest_visits(instance: Instance, candidates: Sequence[Sequence[str]]) -> dict[tuple[str, str], int]:
    """Pupils of the largest visit that could stand at each (slot, level): no group there can be larger."""
    largest: dict[tuple[str, str], int] = defaultdict(int)
    for party, slots in zip(instance.parties, candidates, strict=True):
        level = instance.school_by_id[party[0].school].level
        pupils = max(visit.pupils for visit in party)
        for slot in slots:
            largest[slot, level] = max(largest[slot, level], pupils)
    return dict(largest)


def sources(instance: Instance, candidates: Sequence[Sequence[str]]) -> tuple[Source, ...]:
    """The sources of seats at the slots in play.

    Workplaces are merged where that loses nothing: with the same levels, the same open slots and the same limits in
    groups, their pupils scale with their largest group, so that the sum of them is one workplace of the summed size.
    A limit that others imply is left out, and what has no limit across weeks falls apart into weeks before merging.
    """
    largest = largest_visits(instance, candidates)
    merged: dict[tuple[frozenset[str], tuple[tuple[str, int], ...], tuple[tuple[tuple[str, ...], int], ...]], int] = {}
    for workplace in instance.workplaces:
        levels = [
            level
            for level in dict.fromkeys(workplace.levels)
            if any((slot, level) in largest for slot in workplace.open_slots)
        ]
        most = max((largest.get((s, level), 0) for s in workplace.open_slots for level in levels), default=0)
        size = min(workplace.max_group, most)
        if size < workplace.min_group:
            continue
        slots = [s for s in workplace.open_slots if any((s, level) in largest for level in levels)]
        for seats, limits in _independent(instance, workplace, slots):
            key = (frozenset(levels), seats, limits)
            merged[key] = merged.get(key, 0) + size
    return tuple(
        Source(
            levels,
            {slot: groups * size for slot, groups in seats},
            tuple((slots, groups * size) for slots, groups in limits),
        )
        for (levels, seats, limits), size in merged.items()
    )


def _independent(
    instance: Instance, workplace: Workplace, slots: Sequence[str]
) -> Iterable[tuple[tuple[tuple[str, int], ...], tuple[tuple[tuple[str, ...], int], ...]]]:
    """The groups and limits of a workplace in parts that no limit joins: the term, or else weeks, days, slots."""
    whole = _Tree(workplace.visits_per_term, [])
    weeks: dict[str, _Tree] = {}
    days: dict[object, _Tree] = {}
    for name in sorted(slots):
        slot = instance.slot_by_id[name]
        if slot.week not in weeks:
            weeks[slot.week] = _Tree(workplace.visits_per_week, [])
            whole.parts.append(weeks[slot.week])
        if slot.date not in days:
            days[slot.date] = _Tree(workplace.visits_per_day, [])
            weeks[slot.week].parts.append(days[slot.date])
        days[slot.date].parts.append((name, workplace.groups_per_slot))
    return whole.split()


@dataclass(slots=True)
class _Tree:
    """A limit in groups over parts: slots with their groups, or smaller periods."""

    limit: int | None
    parts: "list[_Tree | tuple[str, int]]"

    def most(self) -> int:
        """Groups that the parts can take together, by this limit too."""
        inner = sum(part.most() if isinstance(part, _Tree) else part[1] for part in self.parts)
        return inner if self.limit is None else min(self.limit, inner)

    def binds(self) -> bool:
        return self.limit is not None and self.limit < sum(
            part.most() if isinstance(part, _Tree) else part[1] for part in self.parts
        )

    def slots(self) -> Iterable[tuple[str, int]]:
        for part in self.parts:
            if isinstance(part, _Tree):
                yield from part.slots()
            else:
                yield part

    def limits(self) -> Iterable[tuple[tuple[str, ...], int]]:
        if self.limit is not None and self.binds():
            yield tuple(name for name, _ in self.slots()), self.limit
        for part in self.parts:
            if isinstance(part, _Tree):
                yield from part.limits()

    def split(self) -> Iterable[tuple[tuple[tuple[str, int], ...], tuple[tuple[tuple[str, ...], int], ...]]]:
        if self.binds():
            yield tuple(self.slots()), tuple(self.limits())
            return
        for part in self.parts:
            if isinstance(part, _Tree):
                yield from part.split()
            else:
                yield (part,), ()
