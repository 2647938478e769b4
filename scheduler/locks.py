"""Locks that contradict each other only together, and a smallest set of them that does."""

from collections.abc import Callable, Sequence
from typing import cast

from scheduler.children import Call, Children, Stopped
from scheduler.instance import Instance
from scheduler.parts import Visit
from scheduler.seating_check import SeatingCheck
from scheduler.usage import Usage
from scheduler.workplaces_problem import build_weeks


class LockConflict(Exception):
    """No plan keeps all locks.

    `visits` are locked visits (ids) that contradict each other together, and not without any one of them; empty where
    none could be named. `decided` False: whether the locks contradict each other was not decided within the limit.
    """

    def __init__(self, visits: tuple[str, ...], *, decided: bool) -> None:
        self.visits = visits
        self.decided = decided
        if decided:
            super().__init__(f"locked visits contradict each other: {', '.join(visits) or 'all together'}")
        else:
            super().__init__("no plan that keeps the locks was found; whether one exists is not decided")


def contradictory_locks(instance: Instance, children: Children, deadline: float) -> tuple[str, ...]:
    """A minimal set of locked visits that contradict each other, or nothing where none was found in time."""
    parties = [party for party in instance.parties if any(visit.locked is not None for visit in party)]
    found = _minimal(instance, parties, lambda some: not _admitted(instance, some))
    if not found:
        found = _unseatable(instance, parties, children, deadline)
    return tuple(visit.id for party in found for visit in party if visit.locked is not None)


def _minimal(
    instance: Instance, parties: Sequence[Sequence[Visit]], contradict: Callable[[Sequence[Sequence[Visit]]], bool]
) -> list[Sequence[Visit]]:
    """Drop parties, the smallest first, as long as the rest still contradicts itself."""
    kept = list(parties)
    if not contradict(kept):
        return []
    for party in sorted(parties, key=lambda party: (sum(v.chaperones_needed for v in party), len(party))):
        rest = [other for other in kept if other is not party]
        if contradict(rest):
            kept = rest
    return kept


def _slot(party: Sequence[Visit]) -> str:
    return next(visit.locked.slot for visit in party if visit.locked is not None and visit.locked.slot is not None)


def _admitted(instance: Instance, parties: Sequence[Sequence[Visit]]) -> bool:
    """Whether coaches (H5) and classes (H8) allow all the parties at the slots of their locks."""
    usage = Usage(instance)
    for party in parties:
        if not usage.admits(party, _slot(party)):
            return False
        for visit in party:
            usage.add(visit, _slot(party), ())
    return True


def _unseatable(
    instance: Instance, parties: Sequence[Sequence[Visit]], children: Children, deadline: float
) -> list[Sequence[Visit]]:
    """Parties that cannot all be seated at the slots of their locks, their locked groups given."""
    slots = {visit.id: _slot(party) for party in parties for visit in party}
    number = {visit.id: p for p, party in enumerate(parties) for visit in party}
    weeks = build_weeks(instance, slots)
    call = Call(
        "scheduler.seating_check", "check_seating", (weeks, [[number[name] for name in week.names] for week in weeks])
    )
    try:
        answer = children.run([lambda: call], deadline)[0]
    except Stopped:
        return []
    return [parties[p] for p in cast(SeatingCheck, answer).conflict or ()]
