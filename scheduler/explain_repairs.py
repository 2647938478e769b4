"""The cheapest repair for a visit that stands nowhere, or not where it wished to: the fewest favours to be asked for.

Every repair was tried: with its changes made, the verifier finds a clean plan in which the visit (with its bundle) is
placed and everybody else is where they are, so that solving the changed term places it as well. Plain Python.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from statistics import median_low

from scheduler.allocation import Allocation, Assignment
from scheduler.children import Stopped
from scheduler.costs import accepted_slots, distance_km, may_use
from scheduler.explain_changes import (
    AcceptSlot,
    Change,
    MoreCoaches,
    MoreSeats,
    RaiseTravelLimit,
    Remedy,
    SplitBundle,
    apply_changes,
)
from scheduler.instance import Instance
from scheduler.parts import Visit
from scheduler.placing import date_cost_at, place_party
from scheduler.usage import Usage
from scheduler.verifier import verify

SLOTS_TRIED = 40
"""Slots at which a repair is tried out: those that promise the fewest favours, then the smallest cost."""


def cheapest_repair(
    instance: Instance,
    allocation: Allocation,
    visit_id: str,
    *,
    slots: Iterable[str] | None = None,
    should_stop: Callable[[], bool] = lambda: False,
) -> Remedy | None:
    """The repair with the fewest favours, then the smallest cost, that places a visit with its bundle.

    Args:
        instance: the term.
        allocation: its plan, clean; everybody else stays where they are in it.
        visit_id: who is asked about.
        slots: where it may stand, as those that the school could be asked for; by default every slot of the term.
        should_stop: asked between slots; once true, the search is given up.

    Returns:
        None where nothing of this kind helps (its class is out on every date in question, or its lock is elsewhere).

    Raises:
        KeyError: an unknown visit or slot.
        Stopped: it was given up.
    """
    party = instance.party_by_visit[visit_id]
    mine = {visit.id for visit in party}
    others = [assignment for assignment in allocation.visits if assignment.id not in mine]
    allowed = [instance.slot_by_id[slot].id for slot in (slots if slots is not None else instance.slot_by_id)]
    found = [_together(instance, others, party, allowed, should_stop)]
    if len(party) > 1 and not any(visit.locked for visit in party):
        found.append(_apart(instance, others, party, allowed, should_stop))
    ranked = sorted((remedy for remedy in found if remedy is not None), key=lambda remedy: remedy.rank)
    return next((remedy for remedy in ranked if _holds(instance, allocation, remedy)), None)


def _holds(instance: Instance, allocation: Allocation, remedy: Remedy) -> bool:
    """Whether the plan with these visits at their slots, and nobody else moved, is clean in the changed term."""
    changed = apply_changes(instance, remedy.changes)
    given = {a.id: a for a in allocation.visits if a.id not in remedy.slots}
    usage = Usage.of(changed, given.values())
    for party in dict.fromkeys(changed.party_by_visit[name] for name in remedy.slots):
        slot = remedy.slots[party[0].id]
        placed = place_party(changed, usage, party, slot)
        if placed is None:
            return False
        for visit in party:
            usage.add(visit, slot, placed[visit.id])
            given[visit.id] = Assignment(visit.id, slot, placed[visit.id])
    visits = tuple(given.get(visit.id, Assignment(visit.id, None)) for visit in changed.visits)
    return verify(changed, replace(allocation, visits=visits)).clean


def _together(
    instance: Instance,
    others: Sequence[Assignment],
    party: Sequence[Visit],
    allowed: Sequence[str],
    should_stop: Callable[[], bool],
) -> Remedy | None:
    """The cheapest repair with the whole party at one slot."""
    usage = Usage.of(instance, others)
    accepted = set(accepted_slots(party))
    locked = any(visit.locked is not None for visit in party)
    tries = []
    for slot in allowed:
        if (locked and slot not in accepted) or not _classes_admit(instance, usage, party, slot):
            continue
        asked = tuple(_asked_first(instance, usage, party, slot))
        least = sum(change.effort for change in asked) + _groups_short(instance, usage, party, slot)
        tries.append((least, date_cost_at(instance, usage.loads, party, slot), slot, asked))
    tries.sort(key=lambda entry: entry[:3])
    best: Remedy | None = None
    for least, cost, slot, asked in tries[:SLOTS_TRIED]:
        if best is not None and (least, cost) >= best.rank:
            break
        if should_stop():
            raise Stopped
        changes = _seated(apply_changes(instance, asked), others, party, slot)
        if changes is not None:
            remedy = Remedy({visit.id: slot for visit in party}, (*asked, *changes), cost)
            best = remedy if best is None or remedy.rank < best.rank else best
    return best


def _apart(
    instance: Instance,
    others: Sequence[Assignment],
    party: Sequence[Visit],
    allowed: Sequence[str],
    should_stop: Callable[[], bool],
) -> Remedy | None:
    """The bundle split: its visits one after the other, the largest first, each with the fewest favours."""
    split = SplitBundle(party[0].bundle or "", tuple(visit.id for visit in party))
    changed = split.apply(instance)
    given = list(others)
    remedy = Remedy({}, (split,), 0.0)
    for visit in sorted(party, key=lambda visit: (-visit.pupils, visit.id)):
        alone = changed.party_by_visit[visit.id]
        mine = _together(changed, given, alone, allowed, should_stop)
        if mine is None:
            return None
        changed = apply_changes(changed, mine.changes)
        slot = mine.slots[visit.id]
        groups = place_party(changed, Usage.of(changed, given), changed.party_by_visit[visit.id], slot) or {}
        given.append(Assignment(visit.id, slot, groups[visit.id]))
        total = remedy.date_stage + mine.date_stage
        remedy = Remedy({**remedy.slots, visit.id: slot}, (*remedy.changes, *mine.changes), total)
    return remedy


def _classes_admit(instance: Instance, usage: Usage, party: Sequence[Visit], slot: str) -> bool:
    """H8: no class of the party twice, none out on the date already."""
    date = instance.slot_by_id[slot].date.isoformat()
    names = [visit.class_ for visit in party if visit.class_ is not None]
    return len(set(names)) == len(names) and not any(usage.class_on(name, date) for name in names)


def _asked_first(instance: Instance, usage: Usage, party: Sequence[Visit], slot: str) -> Iterator[Change]:
    """What a slot takes whatever its seats: the school's consent, and coaches."""
    against = tuple(v.id for v in party if slot not in v.requested_slots and slot not in v.negotiable_slots)
    if against:
        yield AcceptSlot(slot, against)
    needed, there = usage.coaches_needed(slot, party), instance.coaches.get(slot, 0)
    if needed > max(there, usage.coaches_needed(slot)):
        yield MoreCoaches(slot, needed - there)


def _groups_short(instance: Instance, usage: Usage, party: Sequence[Visit], slot: str) -> int:
    """Groups that are missing even if every free seat at a workplace for the level could be used: a lower bound."""
    level = instance.school_by_id[party[0].school].level
    free = sum(w.max_group * usage.free_groups(w, slot) for w in instance.open_at[slot] if level in w.levels)
    return -(-max(0, sum(visit.pupils for visit in party) - free) // _typical_group(instance, party))


def _typical_group(instance: Instance, party: Sequence[Visit]) -> int:
    """The median largest group of the workplaces for the party's level, pupils; a whole visit where there are none."""
    level = instance.school_by_id[party[0].school].level
    sizes = [workplace.max_group for workplace in instance.workplaces if level in workplace.levels]
    return median_low(sizes or [visit.pupils for visit in party])


def _seated(
    instance: Instance, others: Sequence[Assignment], party: Sequence[Visit], slot: str
) -> tuple[Change, ...] | None:
    """What it takes to seat a party at a slot whose other rules admit it: nothing, a longer way, or more groups."""
    names = {visit.id for visit in party}

    def fits(change: Change | None = None) -> bool:
        changed = instance if change is None else change.apply(instance)
        mine = [visit for visit in changed.visits if visit.id in names]
        return place_party(changed, Usage.of(changed, others), mine, slot) is not None

    if fits():
        return ()
    farther = _farther(instance, party, slot)
    if farther and fits(farther[-1]):
        low, high = 0, len(farther) - 1
        while low < high:
            middle = (low + high) // 2
            low, high = (low, middle) if fits(farther[middle]) else (middle + 1, high)
        return (farther[low],)
    school = instance.school_by_id[party[0].school]
    size = _typical_group(instance, party)
    field = next((field for visit in party for field in visit.fields), "")
    least = max(1, _groups_short(instance, Usage.of(instance, others), party, slot))
    # With as many groups as each visit fills by itself every visit fits.
    for count in range(least, sum(-(-visit.pupils // size) for visit in party) + 1):
        more = MoreSeats(slot, school.level, count, size, school.id, field)
        if fits(more):
            return (more,)
    return None


def _farther(instance: Instance, party: Sequence[Visit], slot: str) -> list[RaiseTravelLimit]:
    """Longer ways that bring another workplace within reach, the shortest first."""
    limits = [visit.max_travel_km for visit in party if visit.max_travel_km is not None]
    if not limits:
        return []
    names = tuple(visit.id for visit in party if visit.max_travel_km is not None)
    school = instance.school_by_id[party[0].school]
    reached = {
        -(-distance_km(school, workplace) // 0.1) / 10
        for workplace in instance.open_at[slot]
        if any(may_use(instance, replace(visit, max_travel_km=None), workplace) for visit in party)
    }
    return [RaiseTravelLimit(names, km) for km in sorted(reached) if km > min(limits)]
