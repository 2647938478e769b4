"""What a plan breaks under a changed term: which visits must change; and what a mended plan is worth."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace

from scheduler.allocation import Allocation, Assignment, Bounds, Kpis, SolverInfo, Status
from scheduler.costs import may_use, sizes
from scheduler.instance import Instance
from scheduler.parts import Group, Visit
from scheduler.usage import Usage
from scheduler.verifier import verify

Given = dict[str, Assignment]


def sound_groups(instance: Instance, visit: Visit, given: Assignment) -> tuple[Group, ...]:
    """The groups of a visit that may stay as they are by themselves: open, suitable, of a right size."""
    kept = []
    for group in given.groups:
        workplace = instance.workplace_by_id.get(group.workplace)
        if workplace is None or given.slot not in workplace.open_slots or not may_use(instance, visit, workplace):
            continue
        least, most = sizes(visit, workplace)
        if least <= group.pupils <= most:
            kept.append(group)
    return tuple(kept)


def damaged_visits(instance: Instance, given: Mapping[str, Assignment]) -> set[str]:
    """Placed visits that must change: those broken by themselves, then as few as can be found of those that clash."""
    placed = {v.id: (v, given[v.id]) for v in instance.visits if v.id in given and given[v.id].slot is not None}
    damaged = broken_visits(instance, given) | _split_bundles(instance, given)
    sound = {name: pair for name, pair in placed.items() if name not in damaged}
    damaged |= _over_limits(instance, sound)
    sound = {name: pair for name, pair in sound.items() if name not in damaged}
    return damaged | _clashing(instance, sound)


def broken_visits(instance: Instance, given: Mapping[str, Assignment]) -> set[str]:
    """Placed visits that are broken by themselves: whatever the others do, these must change."""
    placed = [(v, given[v.id]) for v in instance.visits if v.id in given and given[v.id].slot is not None]
    return {visit.id for visit, assignment in placed if _broken(instance, visit, assignment)}


def _broken(instance: Instance, visit: Visit, given: Assignment) -> bool:
    """H1, H2, H4, H7 within one visit."""
    if given.slot not in visit.requested_slots and given.slot not in visit.negotiable_slots:
        return True
    lock = visit.locked
    if lock is not None and (lock.slot != given.slot or (lock.groups and sorted(lock.groups) != sorted(given.groups))):
        return True
    if len({group.workplace for group in given.groups}) < len(given.groups):
        return True
    if sum(group.pupils for group in given.groups) != visit.pupils:
        return True
    return len(sound_groups(instance, visit, given)) < len(given.groups)


def _split_bundles(instance: Instance, given: Mapping[str, Assignment]) -> set[str]:
    """H6: visits that joined a bundle placed elsewhere; all of a bundle where it is placed at several slots."""
    split: set[str] = set()
    for party in instance.parties:
        slots = {given[visit.id].slot for visit in party if visit.id in given} - {None}
        if len(slots) > 1 or (slots and any(visit.id not in given or given[visit.id].slot is None for visit in party)):
            split |= {visit.id for visit in party}
    return split


def _over_limits(instance: Instance, placed: Mapping[str, tuple[Visit, Assignment]]) -> set[str]:
    """H3: from each workplace with too many groups in a period, visits until the rest fits; unlocked ones first."""
    users: dict[tuple[str, str, int], list[Visit]] = defaultdict(list)
    for visit, given in placed.values():
        slot = instance.slot_by_id[given.slot or ""]
        for group in given.groups:
            workplace = instance.workplace_by_id[group.workplace]
            for period, limit in (
                (slot.id, workplace.groups_per_slot),
                (slot.date.isoformat(), workplace.visits_per_day),
                (slot.week, workplace.visits_per_week),
                ("", workplace.visits_per_term),
            ):
                if limit is not None:
                    users[workplace.id, period, limit].append(visit)
    gone: set[str] = set()
    # Who stands in several crowded places is taken out once.
    crowded = {key: visits for key, visits in users.items() if len(visits) > key[2]}
    times = Counter(visit.id for visits in crowded.values() for visit in visits)
    for (_, _, limit), visits in crowded.items():
        left = [visit for visit in visits if visit.id not in gone]
        left.sort(key=lambda visit: (visit.locked is not None, -times[visit.id], visit.pupils, visit.id))
        gone |= {visit.id for visit in left[: max(0, len(left) - limit)]}
    return gone


def _clashing(instance: Instance, placed: Mapping[str, tuple[Visit, Assignment]]) -> set[str]:
    """H5 and H8: parties that do not fit beside the others at their slot; locked and large ones stay first."""
    usage = Usage(instance)
    gone: set[str] = set()
    for party in sorted(instance.parties, key=_stays_first):
        mine = [visit for visit in party if visit.id in placed]
        if not mine:
            continue
        slot = placed[mine[0].id][1].slot or ""
        if usage.admits(mine, slot):
            for visit in mine:
                usage.add(visit, slot, ())
        else:
            gone |= {visit.id for visit in mine}
    return gone


def _stays_first(party: Sequence[Visit]) -> tuple[bool, int, int]:
    return not any(v.locked for v in party), -len(party), -sum(v.chaperones_needed for v in party)


def in_order(instance: Instance, given: Mapping[str, Assignment]) -> tuple[Assignment, ...]:
    """The assignments of every visit, in the order of the instance, without reasons."""
    return tuple(
        replace(given[visit.id], why=None) if visit.id in given else Assignment(visit.id, None)
        for visit in instance.visits
    )


def changed_groups(before: Assignment, now: Assignment | None) -> int | None:
    """Groups of a visit that were not there before; None where nothing of it changed, 0 where it lost its place."""
    if now is None:
        return 0
    if now.slot != before.slot:
        return len(now.groups)
    return None if sorted(now.groups) == sorted(before.groups) else len(set(now.groups) - set(before.groups))


def worth(instance: Instance, before: Mapping[str, Assignment], given: Mapping[str, Assignment]) -> tuple[float, ...]:
    """Rules broken, pupils not placed, visits changed, groups changed, costs of both stages: smaller is better."""
    info = SolverInfo("", "", 0.0, 0, False, {})
    plan = Allocation("", "", Status.FEASIBLE, in_order(instance, given), Kpis(), Bounds(), info)
    verdict = verify(instance, plan)
    changes = [changed_groups(stood, given.get(name)) for name, stood in before.items() if stood.slot is not None]
    counted = [change for change in changes if change is not None]
    cost = verdict.kpis.date_stage + verdict.kpis.workplace_stage
    return len(verdict.violations), verdict.kpis.unplaced_pupils, len(counted), sum(counted), cost
