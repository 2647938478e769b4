"""What can befall a published term: workplaces close, coaches drop out, visits are cancelled, classes grow or shrink.

Each damage makes a new term out of a term, for `repair` to mend its plan for. Pure functions; every fault is named.
"""

import re
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace

from scheduler.costs import may_use, sizes
from scheduler.faults import MOST_COUNT, Fault, InputError
from scheduler.instance import Instance
from scheduler.instance_reading import MOST_PUPILS
from scheduler.knapsack import reachable
from scheduler.parts import Placement, Visit
from scheduler.usage import Usage


@dataclass(frozen=True, slots=True)
class Damages:
    """What happened, all of it at once.

    Attributes:
        closed: WORKPLACE (for good), WORKPLACE@DATE or WORKPLACE@SLOT.
        coaches: by slot id, how many coaches are there now.
        cancelled: visit ids.
        pupils: by visit id, how many pupils the class has now; its chaperones are as before.
    """

    closed: Sequence[str] = ()
    coaches: Mapping[str, int] = field(default_factory=dict)
    cancelled: Sequence[str] = ()
    pupils: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def read(
        cls, closed: Sequence[str], coaches: Sequence[str], cancelled: Sequence[str], pupils: Sequence[str]
    ) -> "Damages":
        """The damages as the command line says them: `SLOT=N` for coaches, `VISIT=N` for pupils.

        Raises:
            InputError: no number, or two for one slot or visit.
        """
        faults: list[Fault] = []
        read = cls(closed, _numbers("--coaches", coaches, faults), cancelled, _numbers("--pupils", pupils, faults))
        if faults:
            raise InputError(tuple(faults))
        return read


def damage(instance: Instance, damages: Damages) -> Instance:
    """The term after the damages.

    A cancelled visit stays in the term, accepts no slot, and leaves its bundle, whose others go out without it. Locked
    groups that cannot stay are loosened to their slot, and a lock to a slot where its visit (or bundle) could not be
    even if it were alone is dropped (H7).

    Raises:
        InputError: an unknown workplace, slot, date or visit; a number out of range; a cancelled visit given pupils.
    """
    faults = _faults(instance, damages)
    if faults:
        raise InputError(tuple(faults))
    gone = {
        (name, slot.id)
        for name, _, when in (closure.partition("@") for closure in damages.closed)
        for slot in instance.slots
        if when in ("", slot.id, slot.date.isoformat())
    }
    workplaces = tuple(
        replace(w, open_slots=tuple(slot for slot in w.open_slots if (w.id, slot) not in gone))
        for w in instance.workplaces
    )
    visits = tuple(
        replace(visit, pupils=damages.pupils.get(visit.id, visit.pupils))
        for party in instance.parties
        for visit in _without(party, set(damages.cancelled))
    )
    by_id = {visit.id: visit for visit in visits}
    return _unlocked(
        replace(
            instance,
            workplaces=workplaces,
            visits=tuple(by_id[visit.id] for visit in instance.visits),
            coaches={**instance.coaches, **damages.coaches},
        )
    )


def _without(party: Sequence[Visit], cancelled: Set[str]) -> Iterable[Visit]:
    """A party some of whose visits are cancelled; a lock on one of these still binds the others."""
    slot = next((visit.locked.slot for visit in party if visit.locked is not None), None)
    for visit in party:
        if visit.id in cancelled:
            yield replace(visit, requested_slots=(), negotiable_slots=(), bundle=None, locked=None)
        elif slot is not None and visit.locked is None:
            yield replace(visit, locked=Placement(slot, None))
        else:
            yield visit


def _faults(instance: Instance, damages: Damages) -> list[Fault]:
    faults: list[Fault] = []
    dates = {slot.date.isoformat() for slot in instance.slots}
    for closure in damages.closed:
        name, _, when = closure.partition("@")
        if name not in instance.workplace_by_id:
            faults.append(Fault("--close", f"unknown workplace {name}"))
        elif when and when not in instance.slot_by_id and when not in dates:
            faults.append(Fault("--close", f"unknown slot or date {when}"))
    for slot, number in damages.coaches.items():
        if slot not in instance.slot_by_id:
            faults.append(Fault("--coaches", f"unknown slot {slot}"))
        elif not 0 <= number <= MOST_COUNT:
            faults.append(Fault("--coaches", f"{slot}={number}, must be 0..{MOST_COUNT}"))
    for name in damages.cancelled:
        if name not in instance.visit_by_id:
            faults.append(Fault("--cancel", f"unknown visit {name}"))
    for name, number in damages.pupils.items():
        if name not in instance.visit_by_id:
            faults.append(Fault("--pupils", f"unknown visit {name}"))
        elif not 1 <= number <= MOST_PUPILS:
            faults.append(Fault("--pupils", f"{name}={number}, must be 1..{MOST_PUPILS}"))
        elif name in damages.cancelled:
            faults.append(Fault("--pupils", f"{name} is cancelled"))
    return faults


def _numbers(option: str, settings: Sequence[str], faults: list[Fault]) -> dict[str, int]:
    """Numbers by id from ID=N; an id may hold an equals sign itself."""
    found: dict[str, int] = {}
    for setting in settings:
        name, _, number = setting.rpartition("=")
        if not name or not re.fullmatch(r"-?[0-9]{1,9}", number):
            faults.append(Fault(option, f"{setting!r}, must be ID=NUMBER"))
        elif found.setdefault(name, int(number)) != int(number):
            faults.append(Fault(option, f"{name} stands twice, as {found[name]} and as {number}"))
    return found


def _unlocked(instance: Instance) -> Instance:
    """The term without what its locks can no longer keep."""
    loosened = {visit.id: _loosened(instance, visit) for visit in instance.visits}
    for party in instance.parties:
        members = [loosened[visit.id] for visit in party]
        if not _can_stay(instance, members):
            loosened |= {visit.id: replace(visit, locked=None) for visit in members}
    return replace(instance, visits=tuple(loosened.values()))


def _loosened(instance: Instance, visit: Visit) -> Visit:
    """A visit whose locked groups are open and add up, or else are left to the repair."""
    lock = visit.locked
    if lock is None or lock.groups is None:
        return visit
    there = {workplace.id for workplace in instance.open_at[lock.slot or ""]}
    stays = sum(group.pupils for group in lock.groups) == visit.pupils
    if stays and all(group.workplace in there for group in lock.groups):
        return visit
    return replace(visit, locked=Placement(lock.slot, None))


def _can_stay(instance: Instance, party: Sequence[Visit]) -> bool:
    """Whether a party could be at the slot that it is locked to, if it were alone in the term."""
    slot = next((visit.locked.slot for visit in party if visit.locked is not None), None)
    if slot is None:
        return True
    if Usage(instance).coaches_needed(slot, party) > instance.coaches.get(slot, 0):
        return False
    return all(
        reachable([sizes(visit, w) for w in instance.open_at[slot] if may_use(instance, visit, w)], visit.pupils)
        for visit in party
    )


def lost_locks(before: Instance, after: Instance) -> Mapping[str, str]:
    """Visits whose lock the damages loosened, by id: the slot that they were locked to. Cancelled ones are not told."""
    return {
        visit.id: visit.locked.slot or ""
        for visit in before.visits
        if visit.locked is not None
        and after.visit_by_id[visit.id].locked != visit.locked
        and (after.visit_by_id[visit.id].requested_slots or after.visit_by_id[visit.id].negotiable_slots)
    }
