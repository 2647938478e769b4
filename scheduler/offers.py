"""Date shifts worth asking a school for: counter-slots, each with what the school gains and what everybody gains.

An offer's promise is kept by solving again: with the offer accepted, `allocate` leaves no more pupils out than
promised and, where it leaves out just as many, its date_stage is no more than promised.
"""

import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from scheduler.allocate import LockConflict
from scheduler.allocation import Allocation, gap
from scheduler.explain_changes import accepting, locked_to
from scheduler.explain_cost import solve_anew
from scheduler.instance import Instance
from scheduler.limits import Limits
from scheduler.offers_candidates import (
    Calendar,
    Candidate,
    OfferKind,
    SchoolSide,
    candidates,
    rearranged,
    school_side,
    slots_open_to,
)

__all__ = ["Calendar", "Offer", "OfferKind", "accept", "offers"]

PER_SCHOOL = 3
"""Counter-slots that one school is asked about at most."""

COARSE = 0.003
"""Relative gap at which the date stage of a whole solve may end: so much above a known plan it may come out."""


@dataclass(frozen=True, slots=True)
class Offer:
    """One question to a school: would these visits go out at this slot?

    `unplaced_pupils` and `date_stage` are promised of the plan solved anew after it was accepted: at most these.
    `pupils_gained` fewer pupils left out, `date_stage_gained` less cost, against the best plan known without it (of a
    KEEP: against what is proven if the school declines); below 0 where placing more pupils costs more.
    `solved`: the promise and what is gained come from solving again with and without it; else from the plan at hand
    with everybody else unmoved, where that plan is proven to be near the best.
    """

    kind: OfferKind
    school: str
    visits: tuple[str, ...]
    slot: str
    unplaced_pupils: int
    date_stage: float
    pupils_gained: int
    date_stage_gained: float
    for_school: SchoolSide
    solved: bool

    @property
    def rank(self) -> tuple[float, ...]:
        """Most gained first."""
        return -self.pupils_gained, -self.date_stage_gained


def accept(instance: Instance, offer: Offer) -> Instance:
    """The term with an offer accepted: the slot negotiable for its visits where it was not, and they locked to it.

    Raises:
        KeyError: an unknown visit or slot.
        ValueError: a visit is locked to another slot.
    """
    slot = instance.slot_by_id[offer.slot].id
    for name in offer.visits:
        lock = instance.visit_by_id[name].locked
        if lock is not None and lock.slot != slot:
            raise ValueError(f"{name} is locked to {lock.slot}, not to {slot}")
    return locked_to(accepting(instance, offer.visits, slot), dict.fromkeys(offer.visits, slot))


def offers(
    instance: Instance,
    allocation: Allocation,
    limits: Limits = Limits(),  # noqa: B008  (frozen)
    *,
    calendar: Calendar | None = None,
    threshold: float | None = None,
    on_progress: Callable[[int, int, int], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> tuple[Offer, ...]:
    """Shifts worth asking for, the most gained first, at most three for each school.

    Every unplaced visit or bundle whose placing gains everybody something, every shift that lowers date_stage by more
    than `threshold`, and every visit that the plan has at a negotiable slot already.

    Args:
        instance: the term.
        allocation: its plan, clean.
        limits: `seconds` are for all solving together. What is not solved in time is offered only where the plan is
            proven to be near the best, so that what the offer gains is not what solving again would gain anyhow.
        calendar: more slots that the schools' calendars allow, by visit id; negotiable slots need not be named.
        threshold: least gain of a shift of a placed visit, in date_stage; by default 0.5 % of the plan's.
        on_progress: called with how many candidates there are, have been weighed, and are worth asking for so far.
        should_stop: asked about ten times a second; once true, no time is left.
        clock: a monotonic clock in seconds.

    Raises:
        KeyError: the calendar names an unknown slot.
    """
    least = threshold if threshold is not None else 0.005 * allocation.kpis.date_stage
    work = _Offers(instance, allocation, limits, least, on_progress, should_stop, clock)
    return work.offers(calendar)


class _Offers:
    """One search: solves while there is time."""

    def __init__(
        self,
        instance: Instance,
        allocation: Allocation,
        limits: Limits,
        threshold: float,
        on_progress: Callable[[int, int, int], None] | None,
        should_stop: Callable[[], bool] | None,
        clock: Callable[[], float],
    ) -> None:
        self._instance, self._allocation, self._limits = instance, allocation, limits
        self._threshold, self._on_progress, self._should_stop, self._clock = threshold, on_progress, should_stop, clock
        self._deadline = clock() + limits.seconds
        self._margin = 1.0 + COARSE + instance.policy.fairness_slack
        kpis, bounds = allocation.kpis, allocation.bounds
        near = gap(kpis.date_stage, bounds.date_stage) <= COARSE + instance.policy.fairness_slack
        self._proven = near and kpis.unplaced_pupils <= bounds.unplaced_pupils
        self._without = allocation.kpis.unplaced_pupils, allocation.kpis.date_stage

    def offers(self, calendar: Calendar | None) -> tuple[Offer, ...]:
        """Candidates, the best of each school, their promises."""
        found = candidates(self._instance, self._allocation, calendar, self._threshold)
        found += self._rearranged(found, calendar)
        if not found:
            return ()
        self._tell(len(found), 0, 0)
        base = self._solve(self._instance)
        if base is not None:
            self._without = min(self._without, (base.kpis.unplaced_pupils, base.kpis.date_stage))
        elif not self._proven:
            # What the plan lacks, solving again might bring by itself: nothing that an offer gains is known.
            return ()
        asked: Counter[str] = Counter()
        made: list[Offer] = []
        for number, candidate in enumerate(sorted(found, key=lambda c: (c.rank, c.visits, c.slot)), 1):
            if asked[candidate.school] < PER_SCHOOL:
                offer = self._keep(candidate) if candidate.kind is OfferKind.KEEP else self._shift(candidate)
                if offer is not None:
                    asked[candidate.school] += 1
                    made.append(offer)
            self._tell(len(found), number, len(made))
        return tuple(sorted(made, key=lambda offer: (offer.rank, offer.visits, offer.slot)))

    def _tell(self, of_all: int, weighed: int, made: int) -> None:
        if self._on_progress is not None:
            self._on_progress(of_all, weighed, made)

    def _solve(self, instance: Instance) -> Allocation | None:
        """A plan solved anew, None where the time or the caller ended it."""
        left = self._deadline - self._clock()
        if left <= 0.0 or (self._should_stop is not None and self._should_stop()):
            return None
        limits = replace(self._limits, seconds=left)
        try:
            plan = solve_anew(instance, limits, should_stop=self._should_stop, clock=self._clock)
        except LockConflict:
            return None
        return None if plan.solver.cut_short else plan

    def _rearranged(self, found: Sequence[Candidate], calendar: Calendar | None) -> list[Candidate]:
        """For who is left out and fits nowhere as things stand: where they go if others may move."""
        placed = {name for candidate in found for name in candidate.visits}
        widened, waiting = self._instance, []
        for party in self._instance.parties:
            stands = self._allocation.by_visit.get(party[0].id)
            if party[0].id in placed or (stands is not None and stands.slot is not None):
                continue
            more = slots_open_to(self._instance, party, calendar)
            names = [visit.id for visit in party]
            before = widened
            for slot in more:
                if any(slot not in v.requested_slots and slot not in v.negotiable_slots for v in party):
                    widened = accepting(widened, names, slot)
            if widened is not before:
                waiting.append(party)
        plan = self._solve(widened) if waiting else None
        return rearranged(self._instance, plan, waiting) if plan is not None else []

    def _shift(self, candidate: Candidate) -> Offer | None:
        """The promise of a shift, where it is worth asking for."""
        offer = self._promised(candidate)
        if offer is None:
            return None
        worth = offer.pupils_gained > 0 or (offer.pupils_gained == 0 and offer.date_stage_gained > self._threshold)
        return offer if worth else None

    def _promised(self, candidate: Candidate) -> Offer | None:
        """What is promised of the plan with the offer accepted; None where nothing can be.

        A whole solve may end a gap above the best plan that there is: so much is kept back.
        """
        plan = self._solve(accept(self._instance, self._offer(candidate, 0, 0.0, solved=False)))
        pupils, cost = candidate.unplaced_pupils, candidate.date_stage
        if plan is not None:
            pupils, cost = plan.kpis.unplaced_pupils, plan.kpis.date_stage
        elif not self._proven:
            # Solving again might end as far from the best as this plan.
            return None
        if pupils is None or cost is None:
            return None
        return self._offer(candidate, pupils, round(cost * self._margin + 0.01, 2), solved=plan is not None)

    def _keep(self, candidate: Candidate) -> Offer | None:
        """The promise of a shift that the plan counts on, against what is proven if the school declines."""
        offer = self._promised(candidate)
        if offer is None:
            return None
        kept = set(candidate.visits)
        declined = replace(
            self._instance,
            visits=tuple(replace(v, negotiable_slots=()) if v.id in kept else v for v in self._instance.visits),
        )
        plan = self._solve(declined)
        promised = (offer.unplaced_pupils, offer.date_stage)
        without = promised if plan is None else max(promised, (plan.bounds.unplaced_pupils, plan.bounds.date_stage))
        return replace(
            offer,
            pupils_gained=without[0] - promised[0],
            date_stage_gained=round(without[1] - promised[1], 2),
            solved=offer.solved and plan is not None,
        )

    def _offer(self, candidate: Candidate, pupils: int, cost: float, *, solved: bool) -> Offer:
        return Offer(
            kind=candidate.kind,
            school=candidate.school,
            visits=candidate.visits,
            slot=candidate.slot,
            unplaced_pupils=pupils,
            date_stage=cost,
            pupils_gained=self._without[0] - pupils,
            date_stage_gained=round(self._without[1] - cost, 2),
            for_school=school_side(self._instance, self._allocation, candidate.visits, candidate.slot),
            solved=solved,
        )
