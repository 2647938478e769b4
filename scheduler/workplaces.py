"""Stage 2: which groups at which workplaces, for visits with their slots; week by week, in child processes."""

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import cast

import numpy as np

from scheduler.children import Call, Children
from scheduler.costs import groups_price
from scheduler.instance import Instance
from scheduler.parts import Group
from scheduler.workplaces_problem import WeekProblem, build_weeks
from scheduler.workplaces_term import TermPrices, price_term
from scheduler.workplaces_week import WeekAnswer, WeekTask


@dataclass(frozen=True, slots=True)
class SeatPlan:
    """Groups by visit id (absent where none were found), their cost, and a lower bound for seating all these visits."""

    groups: Mapping[str, tuple[Group, ...]]
    cost: float
    bound: float
    finished: bool


@dataclass(frozen=True, slots=True)
class _Kept:
    """A week as it was last solved."""

    names: tuple[str, ...]
    slots: tuple[str, ...]
    answer: WeekAnswer


class WorkplaceStage:
    """Seats visits; weeks whose visits did not change since the last time keep their groups."""

    def __init__(
        self,
        instance: Instance,
        children: Children,
        deadline: float,
        seed: int,
        on_wait: Callable[[], None] | None = None,
    ) -> None:
        self._instance = instance
        self._children = children
        self.deadline = deadline
        self._seed = seed
        self._on_wait = on_wait
        self._kept: dict[str, _Kept] = {}
        self._charges: dict[str, float] | None = None

    def seat(self, slots: Mapping[str, str], hints: Mapping[str, Sequence[tuple[str, int]]] | None = None) -> SeatPlan:
        """Groups for visits with their slots (by visit id).

        `hints` are groups of all visits of some weeks that are known to go together: these weeks are solved again.

        Raises:
            Stopped: the limit or the caller ended it; weeks already solved are kept for the next call.
        """
        weeks = build_weeks(self._instance, slots)
        tasks = self._tasks(weeks, slots, hints or {})
        # The longest first, so that the last child to finish is not alone for long.
        order = sorted(tasks, key=lambda k: (-len(weeks[k].names), k))
        calls = [self._call([tasks[later] for later in order[i:]]) for i in range(len(order))]

        def keep(number: int, answer: object) -> None:
            week = weeks[order[number]]
            mine = tuple(slots[name] for name in week.names)
            self._kept[week.week] = _Kept(week.names, mine, cast(WeekAnswer, answer))

        self._children.run(calls, self.deadline, keep, self._on_wait)
        for gone in self._kept.keys() - {week.week for week in weeks}:
            del self._kept[gone]
        return self._plan(weeks, slots)

    def so_far(self, slots: Mapping[str, str]) -> dict[str, tuple[Group, ...]]:
        """Groups of the visits in those weeks that are solved for just these slots: what is left of a call cut short.

        Locked groups stand as well.
        """
        locks = {visit.id: visit.locked for visit in self._instance.visits if visit.locked is not None}
        groups = {name: lock.groups for name, lock in locks.items() if name in slots and lock.groups is not None}
        for week in build_weeks(self._instance, slots):
            if self._still_good(week, slots):
                for name, listed in self._kept[week.week].answer.groups.items():
                    groups[name] = tuple(Group(workplace, pupils) for workplace, pupils in listed)
        return groups

    def _call(self, tasks: Sequence[WeekTask]) -> Callable[[], Call]:
        """The first of these tasks when its turn comes, with its part of the time that is left for all of them."""
        sizes = [len(task.problem.names) ** 1.5 for task in tasks]
        part = min(1.0, max(1, self._children.workers) * sizes[0] / sum(sizes))

        def call() -> Call:
            seconds = (self.deadline - self._children.now()) * part - 0.2
            return Call("scheduler.workplaces_week", "solve_week", (replace(tasks[0], seconds=seconds),))

        return call

    def _tasks(
        self,
        weeks: Sequence[WeekProblem],
        slots: Mapping[str, str],
        hints: Mapping[str, Sequence[tuple[str, int]]],
    ) -> dict[int, WeekTask]:
        """The weeks to be solved: all at first, with prices of the whole term; later those that changed."""
        if self._charges is None:
            prices = price_term(weeks)
            self._charges = {
                workplace: float(charge[row])
                for week, charge in zip(weeks, prices.charges, strict=True)
                for row, workplace in week.term_rows.items()
            }
            return {k: self._hinted(self._task(week, prices, k), hints) for k, week in enumerate(weeks)}
        changed = [k for k, week in enumerate(weeks) if not self._still_good(week, slots) or week.names[0] in hints]
        if 2 * len(changed) > len(weeks):
            # Prices of another term altogether: begin afresh.
            self._charges = None
            return self._tasks(weeks, slots, hints)
        used = self._used({weeks[k].week for k in changed})
        some = [self._with_left(weeks[k], used) for k in changed]
        prices = price_term(some)
        tasks = {k: self._task(week, prices, i) for i, (k, week) in enumerate(zip(changed, some, strict=True))}
        for k, task in tasks.items():
            # The bound of the term needs one price of a workplace for all its weeks.
            charge = np.zeros(len(task.charge))
            for row, workplace in task.problem.term_rows.items():
                charge[row] = self._charges.get(workplace, 0.0)
            tasks[k] = self._hinted(replace(task, charge=charge), hints)
        return tasks

    @staticmethod
    def _hinted(task: WeekTask, hints: Mapping[str, Sequence[tuple[str, int]]]) -> WeekTask:
        told = {name: tuple(hints[name]) for name in task.problem.names if name in hints}
        return replace(task, hint=told) if len(told) == len(task.problem.names) else task

    @staticmethod
    def _with_left(week: WeekProblem, used: Mapping[str, int]) -> WeekProblem:
        """A week with what the weeks kept leave of the term's limits."""
        limits = week.limits.copy()
        for row, workplace in week.term_rows.items():
            limits[row] = max(0, limits[row] - used.get(workplace, 0))
        return replace(week, limits=limits)

    def _task(self, week: WeekProblem, prices: TermPrices, k: int) -> WeekTask:
        return WeekTask(week, prices.prices[k], prices.charges[k], prices.shares[k], self._seed)

    def _still_good(self, week: WeekProblem, slots: Mapping[str, str]) -> bool:
        kept = self._kept.get(week.week)
        mine = tuple(slots[name] for name in week.names)
        return kept is not None and (kept.names, kept.slots) == (week.names, mine)

    def _used(self, without: set[str]) -> Counter[str]:
        """Groups of each workplace in the weeks kept, but for some."""
        return Counter(
            workplace
            for week, kept in self._kept.items()
            if week not in without
            for groups in kept.answer.groups.values()
            for workplace, _ in groups
        )

    def _plan(self, weeks: Sequence[WeekProblem], slots: Mapping[str, str]) -> SeatPlan:
        groups: dict[str, tuple[Group, ...]] = {}
        bounds: list[float] = []
        taken: Counter[str] = Counter()
        for visit in self._instance.visits:
            if visit.id in slots and visit.locked is not None and visit.locked.groups is not None:
                taken.update(group.workplace for group in visit.locked.groups)
                groups[visit.id] = visit.locked.groups
                bounds.append(groups_price(self._instance, visit, visit.locked.groups))
        for week in weeks:
            answer = self._kept[week.week].answer
            groups |= {name: tuple(Group(w, n) for w, n in listed) for name, listed in answer.groups.items()}
            bounds.append(answer.bound)
        # A week kept from before still counts the charge of a workplace whose term limit no longer binds.
        for name, charge in (self._charges or {}).items():
            limit = self._instance.workplace_by_id[name].visits_per_term or 0
            bounds.append(-charge * max(0, limit - taken[name]))
        cost = math.fsum(
            groups_price(self._instance, self._instance.visit_by_id[name], listed) for name, listed in groups.items()
        )
        finished = all(self._kept[week.week].answer.finished for week in weeks)
        return SeatPlan(groups, cost, min(cost, max(0.0, math.fsum(bounds))), finished)
