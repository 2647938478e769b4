"""The stages in order, the feedback between them, the time budget, progress and bounds."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import cast

from scheduler.allocation import Allocation, Assignment, gap
from scheduler.baseline import first_come_first_served, seated_in_haste
from scheduler.children import Call, Children, Stopped
from scheduler.dates import DatePlan, DateStage
from scheduler.dates_model import Cut, DateProblem
from scheduler.insertion import insert_parties
from scheduler.instance import Instance
from scheduler.limits import Limits, Progress
from scheduler.locks import LockConflict, contradictory_locks
from scheduler.record import Judged, Record
from scheduler.seating_check import Groups, SeatingCheck
from scheduler.workplaces import SeatPlan, WorkplaceStage
from scheduler.workplaces_problem import WeekProblem, build_weeks

__all__ = ["Limits", "LockConflict", "Progress", "allocate"]

AS_GOOD_DATES, AS_GOOD_WORKPLACES = 0.003, 0.01
"""Gaps of a previous plan within which the passes cannot tell it from a better one: it is kept."""

FAIR_ROUNDS = 3
"""How often the fairness pass is asked again after its plan could not be seated."""


def allocate(
    instance: Instance,
    limits: Limits = Limits(),  # noqa: B008  (frozen)
    *,
    sha256: str = "",
    on_progress: Callable[[Progress], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> Allocation:
    """The best verified plan within the limits, with its bounds and reasons; never nothing.

    Args:
        instance: the term.
        limits: seconds (a backstop), seed, workers, gap.
        sha256: hash of the instance file's bytes, written into the plan.
        on_progress: told where the run stands, about four times a second.
        should_stop: asked about ten times a second; once true, the best plan so far is returned.
        clock: a monotonic clock in seconds.

    Raises:
        LockConflict: the locks contradict each other, or no plan that keeps them was found within the limit.
    """
    record = Record(instance, limits, clock, on_progress)
    with Children(limits.workers, clock, should_stop) as children:
        children.warm()
        best = _Run(instance, limits, children, record).go()
        return record.allocation(best, sha256)


class _Run:
    """One run: the steps that improve its record."""

    def __init__(self, instance: Instance, limits: Limits, children: Children, record: Record) -> None:
        self._instance = instance
        self._limits = limits
        self._children = children
        self._record = record
        # What is left at the end is for judging and explaining the plan.
        self._deadline = record.began + max(0.0, limits.seconds * 0.97 - 0.3)
        self._previous = _previous(instance)
        self._cuts: list[Cut] = []
        self._slots_tried: dict[str, str] = {}
        self._problem = DateProblem.of(instance)
        # The second stage needs its part of the time: what dates take longer is cut off.
        until = record.began + (self._deadline - record.began) * 0.6
        wanted = limits.mip_gap or (0.001 if len(instance.parties) <= 200 else 0.002)
        self._dates = DateStage(self._problem, children, until, wanted, record.tell)
        self._seats = WorkplaceStage(instance, children, self._deadline, limits.seed, record.tell)

    def go(self) -> Judged:
        """Every step in order; a step that is cut short leaves the best plan as it was."""
        before = self._children.now()
        self._record.offer(first_come_first_served(self._instance))
        # As long again is kept in reserve for seating in haste what the clock leaves standing, and for explaining.
        self._seats.deadline -= min(2 * (self._children.now() - before), 0.2 * self._limits.seconds)
        self._record.offer(self._previous)
        self._record.tell(force=True)
        try:
            self._record.finished = self._solve()
        except Stopped:
            self._record.finished = False
            self._save()
        if self._record.best is None:
            raise LockConflict((), decided=False)
        self._record.stage = "done"
        self._record.tell(force=True)
        return self._record.best

    def _save(self) -> None:
        """Make a plan of the slots whose workplaces the clock or the caller did not let be chosen."""
        seated = self._seats.so_far(self._slots_tried)
        self._record.offer(seated_in_haste(self._instance, self._slots_tried, seated))

    def _solve(self) -> bool:
        """All stages; whether every pass ended on its gap or its work."""
        if not self._instance.visits:
            self._record.prove(0, 0.0, 0)
            return True
        self._record.stage = "dates"
        plan = self._dates.solve()
        if plan.chosen is None:
            self._no_dates(plan)
            return False
        self._prove(plan)
        self._slots_tried = self._slots(plan.chosen)
        before = self._still_good(plan)
        if before is not None:
            return self._stay(before) and plan.finished
        fair = self._fair(plan)
        if fair is not None:
            return fair
        agreed, finished = self._agree(plan)
        fair = self._fair(agreed) if agreed is not plan and finished else None
        return finished if fair is None else fair

    def _no_dates(self, plan: DatePlan) -> None:
        """No slots keep the locks: say which locks contradict each other, if any can be named."""
        if plan.locks_hold and self._record.best is not None:
            return
        found = contradictory_locks(self._instance, self._children, self._deadline)
        raise LockConflict(found, decided=bool(found) or not plan.locks_hold)

    def _still_good(self, plan: DatePlan) -> Judged | None:
        """The plan before, where it is clean, places as many, and has dates as good as the passes can tell."""
        before = self._record.judge(self._previous)
        if before is None:
            return None
        chosen = self._chosen(self._previous)
        most = AS_GOOD_DATES + self._instance.policy.fairness_slack
        as_many = self._problem.unplaced(chosen) <= plan.unplaced
        return before if as_many and gap(self._problem.cost(chosen), plan.cost_bound) <= most else None

    def _stay(self, before: Judged) -> bool:
        """Keep the plan before, with other groups only where these are better by more than the passes can tell."""
        self._record.stage = "workplaces"
        self._record.best = before
        slots = _slots_of(self._previous)
        seated = self._seats.seat(slots, _groups_of(self._previous))
        self._record.best = replace(before, workplace_bound=seated.bound)
        if gap(before.kpis.workplace_stage, seated.bound) > AS_GOOD_WORKPLACES and len(seated.groups) == len(slots):
            self._record.offer(self._assigned(slots, seated), seated.bound)
        return seated.finished

    def _agree(self, plan: DatePlan) -> tuple[DatePlan, bool]:
        """Seat the visits at their slots; what cannot be seated comes back as cuts on the visits concerned."""
        rounds = max(2, min(25, 2500 // max(1, len(self._problem.pupils))))
        while True:
            slots = self._slots_tried = self._slots(plan.chosen)
            self._prove(plan)
            self._record.stage = "workplaces"
            seated = self._seats.seat(slots)
            if len(seated.groups) < len(slots) and seated.finished:
                self._record.stage = "feedback"
                cuts, hints = self._learn(slots, seated)
                if hints and not cuts:
                    seated = self._seats.seat(slots, hints)
            else:
                cuts = []
            if len(seated.groups) == len(slots):
                self._accept(slots, seated)
                return plan, plan.finished and seated.finished
            again = None
            if cuts and rounds:
                rounds -= 1
                self._cuts += cuts
                again = self._dates.solve(self._cuts)
                if again.chosen is None:
                    self._no_dates(again)
            if again is None or again.chosen is None:
                return self._insert(plan, seated), plan.finished and seated.finished and again is None
            plan = again

    def _learn(self, slots: Mapping[str, str], seated: SeatPlan) -> tuple[list[Cut], dict[str, Groups]]:
        """Why visits found no groups: cuts that are proven, or groups of whole weeks that were missed."""
        number = {visit.id: p for p, party in enumerate(self._instance.parties) for visit in party}
        weeks = {week.week: week for week in build_weeks(self._instance, slots)}
        unseated = [name for name in slots if name not in seated.groups]
        cuts: list[Cut] = []
        hints: dict[str, Groups] = {}
        for name in dict.fromkeys(self._instance.slot_by_id[slots[visit]].week for visit in unseated):
            week = weeks[name]
            check = self._check(week, [number[visit] for visit in week.names])
            if check.conflict is not None:
                choices = tuple((p, slots[self._instance.parties[p][0].id]) for p in check.conflict)
                cuts.append(Cut(choices, len(choices) - 1))
            elif check.groups is not None:
                hints |= check.groups
        return cuts, hints

    def _check(self, week: WeekProblem, parties: list[int]) -> SeatingCheck:
        call = Call("scheduler.seating_check", "check_seating", ([week], [parties]))
        return cast(SeatingCheck, self._children.run([lambda: call], self._deadline, None, self._record.tell)[0])

    def _insert(self, plan: DatePlan, seated: SeatPlan) -> DatePlan:
        """Keep who is seated, put the others where they fit as things stand, and prove what is then left."""
        slots = self._slots(plan.chosen)
        parties = [party for party in self._instance.parties if all(v.id in seated.groups for v in party)]
        kept = {v.id: Assignment(v.id, slots[v.id], seated.groups[v.id]) for p in parties for v in p}
        given = insert_parties(self._instance, kept)
        self._record.offer(given)
        chosen = self._chosen(given)
        left, cost = self._problem.unplaced(chosen), self._problem.cost(chosen)
        bound = plan.cost_bound if left <= plan.unplaced else self._dates.bound(left, self._cuts)
        plan = replace(plan, chosen=chosen, unplaced=left, cost=cost, cost_bound=min(cost, bound))
        self._prove(plan)
        self._record.stage = "workplaces"
        slots = _slots_of(given)
        final = self._seats.seat(slots, _groups_of(given))
        if len(final.groups) == len(slots):
            self._accept(slots, final)
        return plan

    def _fair(self, plan: DatePlan) -> bool | None:
        """Seat the plan whose worst-off school is best off, within the slack; None where there is none to be seated.

        Comes before the cheapest plan is seated, so that the workplaces of a term are looked for once.
        """
        slack = self._instance.policy.fairness_slack
        if not slack or not plan.finished:
            return None
        for _ in range(FAIR_ROUNDS):
            self._record.stage = "fairness"
            chosen, finished = self._dates.fairest(plan, slack, self._cuts)
            if chosen is None:
                return None
            slots = self._slots_tried = self._slots(chosen)
            self._record.stage = "workplaces"
            seated = self._seats.seat(slots)
            if len(seated.groups) == len(slots):
                fair = self._record.judge(self._assigned(slots, seated), seated.bound)
                return finished and seated.finished if self._settled(plan, fair) else None
            cuts = self._learn(slots, seated)[0] if seated.finished else []
            if not cuts:
                return None
            self._cuts += cuts
        return None

    def _settled(self, plan: DatePlan, fair: Judged | None) -> bool:
        """Take a plan that is within the slack, unless the best so far is too and fairer; False where it is not."""
        before = self._record.best
        most = plan.cost * (1 + self._instance.policy.fairness_slack) + 0.005
        if fair is None or fair.kpis.date_stage > most:
            return False
        ranks = [
            (judged.kpis.unplaced_pupils, judged.kpis.worst_school_cost, judged.kpis.workplace_stage)
            for judged in (before, fair)
            if judged is not None and judged.kpis.date_stage <= most
        ]
        if ranks[-1] == min(ranks):
            self._record.best = fair
        return True

    def _prove(self, plan: DatePlan) -> None:
        self._record.prove(plan.unplaced_bound, plan.cost_bound, plan.unplaced)

    def _accept(self, slots: Mapping[str, str], seated: SeatPlan) -> None:
        """Take a plan of both stages where it is clean and better, and say so."""
        self._record.offer(self._assigned(slots, seated), seated.bound)
        self._record.tell(force=True)

    def _slots(self, chosen: Sequence[str | None] | None) -> dict[str, str]:
        """The slot of each placed visit, by id."""
        pairs = zip(self._instance.parties, chosen or (), strict=True)
        return {visit.id: slot for party, slot in pairs if slot is not None for visit in party}

    def _chosen(self, visits: Sequence[Assignment]) -> tuple[str | None, ...]:
        """The slot of each party in a plan."""
        slots = _slots_of(visits)
        return tuple(slots.get(party[0].id) for party in self._instance.parties)

    def _assigned(self, slots: Mapping[str, str], seated: SeatPlan) -> tuple[Assignment, ...]:
        """The plan that both stages make together."""
        return tuple(
            Assignment(visit.id, slots[visit.id], seated.groups[visit.id])
            if visit.id in slots
            else Assignment(visit.id, None)
            for visit in self._instance.visits
        )


def _slots_of(visits: Sequence[Assignment]) -> dict[str, str]:
    return {assignment.id: assignment.slot for assignment in visits if assignment.slot is not None}


def _groups_of(visits: Sequence[Assignment]) -> dict[str, Groups]:
    return {a.id: tuple((g.workplace, g.pupils) for g in a.groups) for a in visits if a.slot is not None}


def _previous(instance: Instance) -> tuple[Assignment, ...]:
    """The plan before, as the visits tell it; a visit without a known place is not placed in it."""
    assignments = []
    for visit in instance.visits:
        before = visit.previous
        if before is None or before.slot is None or before.groups is None:
            assignments.append(Assignment(visit.id, None))
        else:
            assignments.append(Assignment(visit.id, before.slot, before.groups))
    return tuple(assignments)
