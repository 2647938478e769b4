"""Whom a visit could change slots with: pairs that break no rule, the cheapest first. Plain Python."""

from collections.abc import Iterator
from dataclasses import dataclass

from scheduler.allocation import Allocation
from scheduler.costs import accepted_slots, rank_of
from scheduler.instance import Instance
from scheduler.moves import preview_changes, swap_changes
from scheduler.parts import Visit
from scheduler.placing import date_cost_at
from scheduler.usage import Usage
from scheduler.verifier import verify


@dataclass(frozen=True, slots=True)
class Swap:
    """A visit to change slots with; `rank` is what its slot is to the visit that was asked about (None: a shift)."""

    visit: str
    slot: str
    rank: int | None
    cost_delta: float


def suggest_swaps(
    instance: Instance, allocation: Allocation, visit_id: str, limit: int = 3, tries: int = 6
) -> tuple[Swap, ...]:
    """Visits with which one could change slots without breaking a rule, cheapest first, at most `limit`.

    Each goes with its bundle. Only `tries` pairs are judged whole, those with the cheapest dates: the others might be
    cheaper in their workplaces, which is no promise of this list.

    Raises:
        KeyError: an unknown visit.
    """
    found = []
    now = verify(instance, allocation)
    for _, other in sorted(_promising(instance, allocation, visit_id))[:tries]:
        changes = swap_changes(instance, allocation, visit_id, other)
        preview = preview_changes(instance, allocation, changes, judged=now)
        slot = allocation.by_visit[other].slot
        if not preview.caused and slot is not None:
            found.append(Swap(other, slot, rank_of(instance.visit_by_id[visit_id], slot), preview.cost_delta))
    found.sort(key=lambda swap: (swap.cost_delta, swap.visit))
    return tuple(found[:limit])


def _promising(instance: Instance, allocation: Allocation, visit_id: str) -> Iterator[tuple[float, str]]:
    """Visits that may stand where this one stands, and it where they do, with the change of the date stage."""
    party = instance.party_by_visit[visit_id]
    here = allocation.by_visit[visit_id].slot if visit_id in allocation.by_visit else None
    if here is None or _kept(party):
        return
    wanted = set(accepted_slots(party)) - {here}
    loads = Usage.of(instance, allocation.visits).loads
    for others in instance.parties:
        there = allocation.by_visit[others[0].id].slot if others[0].id in allocation.by_visit else None
        if there is None or there not in wanted or here not in accepted_slots(others) or _kept(others):
            continue
        mine, theirs = (sum(visit.pupils for visit in some) for some in (party, others))
        alone = {**loads, here: loads[here] - mine, there: loads[there] - theirs}
        delta = (
            date_cost_at(instance, alone, party, there)
            + date_cost_at(instance, alone, others, here)
            - date_cost_at(instance, alone, party, here)
            - date_cost_at(instance, alone, others, there)
        )
        yield delta, others[0].id


def _kept(party: tuple[Visit, ...]) -> bool:
    return any(visit.locked is not None for visit in party)
