"""After a loss: a plan that keeps every placed visit placed if that can be found, with the fewest changes.

In this order: fewest pupils that lose their place, fewest changed visits, fewest changed groups, smallest cost.
Whatever is not concerned stays as it is. Plain Python on the verifier's data: milliseconds for one lost workplace;
where that changed more than was broken, an exact program for each slot concerned takes a second look, and for who lost
their place one for each other slot with room. What only changes at two slots together would save can be missed.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from scheduler.allocation import Allocation, Assignment, Bounds, Kpis, SolverInfo, Status
from scheduler.costs import accepted_slots, group_price, groups_price, may_use, sizes
from scheduler.explain import reasons
from scheduler.insertion import insert_parties
from scheduler.instance import Instance
from scheduler.knapsack import cheapest_split
from scheduler.limits import Limits, Progress
from scheduler.parts import Group, Visit
from scheduler.placing import date_cost_at, place_party
from scheduler.repair_damage import Given, broken_visits, changed_groups, damaged_visits, in_order, sound_groups, worth
from scheduler.repair_exact import Away, SlotProgram
from scheduler.usage import Usage
from scheduler.verifier import verify
from scheduler.version import NAME, VERSION

CHANGED_GROUP = 1e7
"""Price of a changed group in the knapsack: above every cost, so that changes are fewest first."""


LOST_TRIED, SLOTS_TRIED = 6, 4
"""Parties without a place for whom others are given other groups at other slots, and slots of each at most."""

_NOWHERE = Assignment("", None)


@dataclass(frozen=True, slots=True)
class _Option:
    """One way to mend a party: new assignments, and what they are worth (smaller is better)."""

    rank: tuple[float, ...]
    given: Given


def repair(
    instance: Instance,
    broken: Allocation,
    limits: Limits = Limits(),  # noqa: B008  (frozen)
    *,
    place_unplaced: bool = False,
    sha256: str = "",
    on_progress: Callable[[Progress], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> Allocation:
    """A clean plan for `instance` with the fewest changes against `broken`.

    Args:
        instance: the truth now: a workplace closed, an exclusion added, a class grown, a coach or a visit gone.
        broken: the plan before, for the term as it was.
        limits: the seed is written down; `seconds` ends the search for better mends, not the mending.
        place_unplaced: also place visits that `broken` left out, where they fit beside all others.
        sha256: hash of the instance file's bytes, written into the plan.
        on_progress: told once at the end.
        should_stop: asked between parties; once true, what is left is mended in the quickest way.
        clock: a monotonic clock in seconds.

    The bounds of the plan are 0: nothing is proven anew about the changed term.
    """
    began = clock()
    work = _Repair(instance, broken)

    def hurry() -> bool:
        return clock() - began > limits.seconds or (should_stop is not None and should_stop())

    work.mend(hurry)
    work.refine(hurry)
    visits = work.visits()
    if place_unplaced:
        visits = insert_parties(instance, {a.id: a for a in visits if a.slot is not None})
    info = SolverInfo(NAME, VERSION, round(clock() - began, 2), limits.seed, work.hurried, {})
    plan = Allocation(instance.name, sha256, Status.FEASIBLE, reasons(instance, visits), Kpis(), Bounds(), info)
    plan = replace(plan, kpis=verify(instance, plan).kpis)
    if on_progress is not None:
        placed = plan.kpis.placed_pupils
        on_progress(Progress("done", plan.kpis.date_stage, None, None, round(clock() - began, 2), placed, None))
    return plan


class _Repair:
    """The plan as it is mended, party by party."""

    def __init__(self, instance: Instance, broken: Allocation) -> None:
        self._instance = instance
        self.hurried = False
        before = broken.by_visit
        self._before: Given = {
            visit.id: before[visit.id]
            for visit in instance.visits
            if visit.id in before and before[visit.id].slot in instance.slot_by_id
        }
        # Groups that are locked are taken first: who stands in their way has to give way.
        stands = self._before | {
            visit.id: Assignment(visit.id, visit.locked.slot, visit.locked.groups)
            for visit in instance.visits
            if visit.locked is not None and visit.locked.groups is not None
        }
        self._damaged = damaged_visits(instance, stands)
        # A visit locked to a slot has to be there, even where the plan before did not know it.
        self._damaged |= {v.id for v in instance.visits if v.locked is not None and v.id not in stands}
        self._given: Given = {name: a for name, a in stands.items() if name not in self._damaged}
        self._usage = Usage.of(instance, self._given.values())

    def visits(self) -> tuple[Assignment, ...]:
        """The assignments as they stand, in the order of the instance, without reasons."""
        return in_order(self._instance, self._given)

    def mend(self, hurry: Callable[[], bool]) -> None:
        """Mend every party with a damaged visit; locked ones first, then the largest."""
        parties = [party for party in self._instance.parties if any(visit.id in self._damaged for visit in party)]
        parties.sort(key=lambda party: (not any(v.locked for v in party), -sum(v.pupils for v in party)))
        for party in parties:
            self.hurried = self.hurried or hurry()
            option = self._in_place(party)
            if option is None and len(party) == 1:
                option = self._elsewhere(party)
            if option is None and not self.hurried:
                option = min(filter(None, (self._elsewhere(party), self._displacing(party))), key=_rank, default=None)
            self._take(party, option)

    def refine(self, hurry: Callable[[], bool]) -> None:
        """Look again at each slot where more visits changed than had to, or somebody lost their place."""
        broken = broken_visits(self._instance, self._before)
        slots: dict[str, list[str]] = {}
        for name, stood in self._before.items():
            if stood.slot is not None and changed_groups(stood, self._given.get(name)) is not None:
                slots.setdefault(stood.slot, []).append(name)
        for slot, changed in slots.items():
            least = max(1, sum(1 for name in changed if name in broken))
            if len(changed) <= least and all(name in self._given for name in changed):
                continue
            self.hurried = self.hurried or hurry()
            if not self.hurried:
                self._look_again(slot)
        for party in self._lost():
            for slot in self._others(party)[:SLOTS_TRIED]:
                self.hurried = self.hurried or hurry()
                if self.hurried or party[0].id in self._given:
                    break
                self._look_again(slot, (party,))

    def _lost(self) -> Sequence[Sequence[Visit]]:
        """Parties that lost their place, the largest first, as many as are looked at again."""
        lost = [
            party
            for party in self._instance.parties
            if party[0].id not in self._given and self._before.get(party[0].id, _NOWHERE).slot is not None
        ]
        return sorted(lost, key=lambda party: -sum(visit.pupils for visit in party))[:LOST_TRIED]

    def _others(self, party: Sequence[Visit]) -> list[str]:
        """Other slots of a party: those with seats enough if the groups there were others first, then the cheapest."""
        stood, pupils = self._before[party[0].id].slot, sum(visit.pupils for visit in party)
        seats, loads = self._instance.seats_by_slot, self._usage.loads

        def rank(slot: str) -> tuple[bool, float]:
            return seats[slot] < loads[slot] + pupils, date_cost_at(self._instance, loads, party, slot)

        return sorted((s for s in accepted_slots(party) if s != stood and seats[s] >= pupils), key=rank)

    def _look_again(self, slot: str, newcomers: Sequence[Sequence[Visit]] = ()) -> None:
        """Solve one slot exactly, with everybody else where they are, and keep what comes out if it is better.

        `newcomers` are parties of other slots who would come to this one.
        """
        parties = [*(party for party in self._instance.parties if self._stood(party, slot)), *newcomers]
        away: dict[int, Away] = {}
        for p, party in enumerate(parties):
            now = {visit.id: self._given[visit.id] for visit in party if visit.id in self._given}
            if any(visit.locked is not None for visit in party):
                if not now:
                    away[p] = Away({})
            elif all(assignment.slot == slot for assignment in now.values()) and now:
                option = self._elsewhere(party, besides=slot)
                away[p] = Away(option.given if option is not None else {})
            else:
                away[p] = Away(now)
        mine = {visit.id for party in parties for visit in party}
        others = {name: assignment for name, assignment in self._given.items() if name not in mine}
        found = SlotProgram(self._instance, others.values(), slot, parties, self._before, away).solve()
        if found is None:
            return
        given = {**others, **found}
        if worth(self._instance, self._before, given) < worth(self._instance, self._before, self._given):
            self._given = given
            self._usage = Usage.of(self._instance, given.values())

    def _stood(self, party: Sequence[Visit], slot: str) -> bool:
        """Whether a whole party stood at a slot that it may still have."""
        slots = {self._before[visit.id].slot if visit.id in self._before else None for visit in party}
        return slots == {slot} and slot in accepted_slots(party)

    def _take(self, party: Sequence[Visit], option: _Option | None) -> None:
        """Put a mend into the plan; without one the party is not placed."""
        given: Given = option.given if option is not None else {}
        for name in given or [visit.id for visit in party]:
            self._count(name, -1)
            self._given.pop(name, None)
        for name, assignment in given.items():
            self._given[name] = assignment
            self._count(name, 1)

    def _count(self, name: str, sign: int) -> None:
        assignment = self._given.get(name)
        if assignment is not None and assignment.slot is not None:
            self._usage.add(self._instance.visit_by_id[name], assignment.slot, assignment.groups, sign)

    def _in_place(self, party: Sequence[Visit]) -> _Option | None:
        """Every damaged visit of the party at the party's slot, with as many of its groups as can stay."""
        slots = {self._before[visit.id].slot for visit in party if visit.id in self._before}
        slot = next(iter(slots)) if len(slots) == 1 else None
        if slot is None or slot not in accepted_slots(party):
            return None
        waiting = [visit for visit in party if visit.id not in self._given]
        if not self._usage.admits(waiting, slot):
            return None
        return self._regrouped(waiting, slot)

    def _regrouped(self, waiting: Sequence[Visit], slot: str) -> _Option | None:
        """Groups for visits at a slot, one after the other, in a few orders; the fewest changed groups win."""
        orders = [list(waiting), list(waiting)[::-1], sorted(waiting, key=lambda visit: -visit.pupils)]
        found = [self._in_order(order, slot) for order in (orders if len(waiting) > 1 else orders[:1])]
        return min(filter(None, found), key=_rank, default=None)

    def _in_order(self, order: Sequence[Visit], slot: str) -> _Option | None:
        given: Given = {}
        changed, cost = 0, 0.0
        for visit in order:
            groups = self._kept_groups(visit, slot)
            if groups is None:
                break
            given[visit.id] = Assignment(visit.id, slot, groups)
            self._usage.add(visit, slot, groups)
            before = self._before.get(visit.id)
            changed += len(set(groups) - set(before.groups if before is not None else ()))
            cost += groups_price(self._instance, visit, groups)
        for name, assignment in given.items():
            self._usage.add(self._instance.visit_by_id[name], slot, assignment.groups, -1)
        return _Option((len(order), changed, cost), given) if len(given) == len(order) else None

    def _kept_groups(self, visit: Visit, slot: str) -> tuple[Group, ...] | None:
        """Groups of a visit at a slot with the fewest that differ from before, then the cheapest; exact."""
        instance, usage = self._instance, self._usage
        lock = visit.locked
        free = [w for w in instance.open_at[slot] if usage.free_groups(w, slot) > 0 and may_use(instance, visit, w)]
        if lock is not None and lock.groups is not None:
            names = {workplace.id for workplace in free}
            return lock.groups if all(group.workplace in names for group in lock.groups) else None
        before = self._before.get(visit.id)
        sound = sound_groups(instance, visit, before) if before is not None and before.slot == slot else ()
        stood = {group.workplace: group.pupils for group in sound}
        split = cheapest_split(
            [sizes(visit, workplace) for workplace in free],
            visit.pupils,
            lambda i, n: group_price(instance, visit, free[i], n) + CHANGED_GROUP * (stood.get(free[i].id) != n),
        )
        return None if split is None else tuple(Group(free[i].id, pupils) for i, pupils in split[1])

    def _elsewhere(self, party: Sequence[Visit], besides: str | None = None) -> _Option | None:
        """The whole party at the cheapest slot where it fits, `besides` left aside."""
        held = [visit for visit in party if visit.id in self._given]
        for visit in held:
            self._count(visit.id, -1)
        best: _Option | None = None
        for slot in accepted_slots(party):
            if slot == besides:
                continue
            placed = place_party(self._instance, self._usage, party, slot)
            if placed is None:
                continue
            cost = date_cost_at(self._instance, self._usage.loads, party, slot)
            cost += sum(groups_price(self._instance, visit, placed[visit.id]) for visit in party)
            groups = sum(len(placed[visit.id]) for visit in party)
            given = {visit.id: Assignment(visit.id, slot, placed[visit.id]) for visit in party}
            option = _Option((len(party), groups, cost), given)
            best = option if best is None or option.rank < best.rank else best
        for visit in held:
            self._count(visit.id, 1)
        return best

    def _displacing(self, party: Sequence[Visit]) -> _Option | None:
        """The party where it was, with one other visit of that slot given other groups there."""
        slots = {self._before[visit.id].slot for visit in party if visit.id in self._before}
        slot = next(iter(slots)) if len(slots) == 1 else None
        if slot is None or slot not in accepted_slots(party):
            return None
        waiting = [visit for visit in party if visit.id not in self._given]
        best: _Option | None = None
        for name in [name for name, assignment in self._given.items() if assignment.slot == slot]:
            other = self._instance.visit_by_id[name]
            if other.locked is not None and other.locked.groups is not None:
                continue
            self._count(name, -1)
            if self._usage.admits([*waiting, other], slot):
                option = self._in_order([*waiting, other], slot)
                if option is not None and (best is None or option.rank < best.rank):
                    best = option
            self._count(name, 1)
        return best


def _rank(option: _Option | None) -> tuple[float, ...]:
    return option.rank if option is not None else (float("inf"),)
