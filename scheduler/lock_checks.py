"""Locks that contradict a rule by themselves: within one visit, one bundle or one workplace (H7)."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from scheduler.costs import sizes, why_not
from scheduler.faults import Reader, shown
from scheduler.instance_reading import Contents
from scheduler.knapsack import reachable
from scheduler.parts import School, Slot, Visit, Workplace


@dataclass(slots=True)
class _Term:
    """The term by id."""

    slots: dict[str, Slot]
    schools: dict[str, School]
    workplaces: dict[str, Workplace]
    open_at: dict[str, list[Workplace]]
    coaches: dict[str, int]


def check_locks(contents: Contents, reader: Reader) -> None:
    """Note every lock that cannot hold whatever the other visits do; expects references that are all known."""
    open_at: dict[str, list[Workplace]] = {}
    for workplace in contents.workplaces:
        for slot in workplace.open_slots:
            open_at.setdefault(slot, []).append(workplace)
    term = _Term(
        slots={slot.id: slot for slot in contents.slots},
        schools={school.id: school for school in contents.schools},
        workplaces={workplace.id: workplace for workplace in contents.workplaces},
        open_at=open_at,
        coaches=contents.coaches,
    )
    bundles: dict[str, list[tuple[int, Visit]]] = {}
    for i, visit in enumerate(contents.visits):
        if visit.bundle is not None:
            bundles.setdefault(visit.bundle, []).append((i, visit))
        elif visit.locked is not None and visit.locked.slot is not None:
            _check_party(term, [(i, visit)], reader)
    for members in bundles.values():
        _check_party(term, members, reader)
    _check_workplaces(term, contents.visits, reader)


def _check_party(term: _Term, members: list[tuple[int, Visit]], reader: Reader) -> None:
    """One visit, or the visits of a bundle: a lock on one of them binds all."""
    held = [(i, visit.locked.slot) for i, visit in members if visit.locked is not None and visit.locked.slot]
    if not held:
        return
    at, slot = held[0]
    for i, other in held[1:]:
        if other != slot:
            reader.fault(
                f"visits[{i}].locked.slot", f"{shown(other)}, but visits[{at}] of its bundle is locked to {shown(slot)}"
            )
            return
    good = True
    for i, visit in members:
        good = _check_visit(term, i, visit, slot, at, reader) and good
    path = f"visits[{at}].locked.slot"
    doubled = [name for name, n in Counter(visit.class_ for _, visit in members).items() if name and n > 1]
    for name in doubled:
        reader.fault(path, f"class {shown(name)} stands twice in the bundle: it would go out twice on one date")
    school = term.schools[members[0][1].school]
    needed = sum(visit.chaperones_needed for _, visit in members) - school.own_chaperones_per_slot
    there = term.coaches.get(slot, 0)
    if good and needed > there:
        reader.fault(path, f"{shown(slot)} needs {needed} coaches beyond the school's own chaperones, {there} there")


def _check_visit(term: _Term, i: int, visit: Visit, slot: str, at: int, reader: Reader) -> bool:
    """Whether one visit can be at the slot by itself; `at` is the place of the visit whose lock says so."""
    path = f"visits[{at}].locked.slot"
    who = "" if at == i else f" by visits[{i}] of its bundle"
    if slot not in visit.requested_slots and slot not in visit.negotiable_slots:
        reader.fault(path, f"{shown(slot)} is neither requested nor negotiable{who}")
        return False
    if visit.locked is not None and visit.locked.groups is not None:
        return _check_groups(term, i, visit, slot, reader)
    school = term.schools[visit.school]
    usable = [w for w in term.open_at.get(slot, ()) if why_not(school, visit, w) is None]
    ranges = [sizes(visit, workplace) for workplace in usable]
    if not reachable(ranges, visit.pupils):
        what = "its" if at == i else f"the {visit.pupils} of visits[{i}]"
        reader.fault(path, f"no groups for {what} pupils at {shown(slot)}, even with every workplace free")
        return False
    return True


def _check_groups(term: _Term, i: int, visit: Visit, slot: str, reader: Reader) -> bool:
    path = f"visits[{i}].locked.groups"
    groups = visit.locked.groups if visit.locked is not None and visit.locked.groups is not None else ()
    before = len(reader.faults)
    school = term.schools[visit.school]
    for j, group in enumerate(groups):
        workplace = term.workplaces[group.workplace]
        least, most = sizes(visit, workplace)
        if not least <= group.pupils <= most:
            reader.fault(f"{path}[{j}].pupils", f"{group.pupils}, must be {least}..{most}")
        reason = "closed at the locked slot" if slot not in workplace.open_slots else why_not(school, visit, workplace)
        if reason is not None:
            reader.fault(f"{path}[{j}].workplace", f"{shown(workplace.id)}: {reason}")
    total = sum(group.pupils for group in groups)
    if total != visit.pupils:
        reader.fault(path, f"hold {total} pupils of {visit.pupils}")
    return len(reader.faults) == before


def _check_workplaces(term: _Term, visits: Iterable[Visit], reader: Reader) -> None:
    """Locked groups beyond the limits of one workplace (H3)."""
    counts: Counter[tuple[str, str, str]] = Counter()
    for i, visit in enumerate(visits):
        lock = visit.locked
        if lock is None or lock.slot is None:
            continue
        slot = term.slots[lock.slot]
        for j, group in enumerate(lock.groups or ()):
            workplace = term.workplaces[group.workplace]
            for limit, key, most in (
                ("groups_per_slot", slot.id, workplace.groups_per_slot),
                ("visits_per_day", slot.date.isoformat(), workplace.visits_per_day),
                ("visits_per_week", slot.week, workplace.visits_per_week),
                ("visits_per_term", "the term", workplace.visits_per_term),
            ):
                counts[workplace.id, limit, key] += 1
                if most is not None and counts[workplace.id, limit, key] == most + 1:
                    reader.fault(
                        f"visits[{i}].locked.groups[{j}].workplace",
                        f"{shown(workplace.id)} has more locked groups in {key} than its {limit}, {most}",
                    )
