"""Placing who is left over: each party at its cheapest slot where it fits beside those who keep their places."""

from collections.abc import Mapping, Sequence

from scheduler.allocation import Assignment
from scheduler.costs import accepted_slots
from scheduler.instance import Instance
from scheduler.parts import Visit
from scheduler.placing import date_cost_at, place_party
from scheduler.usage import Usage


def insert_parties(instance: Instance, kept: Mapping[str, Assignment]) -> tuple[Assignment, ...]:
    """A plan with the kept assignments as they are and every other party where it fits, if anywhere.

    Locked parties come first, then the largest; a party whose visits are not all kept loses the kept ones as well.
    """
    given = dict(kept)
    usage = Usage.of(instance, given.values())
    waiting = [party for party in instance.parties if any(visit.id not in given for visit in party)]
    for party in waiting:
        for visit in party:
            before = given.pop(visit.id, None)
            if before is not None and before.slot is not None:
                usage.add(visit, before.slot, before.groups, -1)
    waiting.sort(key=lambda party: (not any(v.locked for v in party), -sum(v.pupils for v in party)))
    for party in waiting:
        _insert(instance, usage, party, given)
    return tuple(given.get(visit.id, Assignment(visit.id, None)) for visit in instance.visits)


def _insert(instance: Instance, usage: Usage, party: Sequence[Visit], given: dict[str, Assignment]) -> None:
    slots = accepted_slots(party)
    for slot in sorted(slots, key=lambda slot: date_cost_at(instance, usage.loads, party, slot)):
        placed = place_party(instance, usage, party, slot)
        if placed is not None:
            for visit in party:
                usage.add(visit, slot, placed[visit.id])
                given[visit.id] = Assignment(visit.id, slot, placed[visit.id])
            return
