"""Stage 1: which visit at which slot. Fewest pupils unplaced, then the smallest date cost and crowding, proven."""

import math
from array import array
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from scheduler.children import Call, Children, Stopped
from scheduler.dates_model import Cut, DateModel, DateProblem, build
from scheduler.fairness import FairnessPass, Question
from scheduler.mip import Mip, MipResult

NEAR = (-40, -25, -15, -8, -3, 0, 3, 8, 15, 25, 40)
"""Pupils beside the relaxation's load of a slot at which its crowding is made exact before the search."""


LARGE = 15_000
"""Choices of party and slot from which on the search begins among each party's most promising slots alone."""

PROMISING = 2
"""Slots of a party kept for that search: so many of the cheapest at the relaxation's loads, beside those it uses."""


@dataclass(frozen=True, slots=True)
class DatePlan:
    """What the date stage found.

    `chosen` the slot of each party, None where nothing was found; `cost` its exact cost; bounds hold over all
    allocations (`cost_bound` over those that leave no more pupils unplaced than `unplaced`). `finished`: no pass ended
    on the clock. `locks_hold` False: it is proven that the locks contradict each other.
    """

    chosen: tuple[str | None, ...] | None
    unplaced: int
    unplaced_bound: int
    cost: float
    cost_bound: float
    finished: bool
    locks_hold: bool = True


class DateStage:
    """The passes of the date stage, each a program solved in a child process."""

    def __init__(
        self,
        problem: DateProblem,
        children: Children,
        deadline: float,
        gap: float,
        on_wait: Callable[[], None] | None = None,
    ) -> None:
        self._problem = problem
        self._children = children
        self._deadline = deadline
        self._gap = gap
        self._on_wait = on_wait
        self._exact: dict[str, tuple[int, ...]] = {}

    def solve(self, cuts: Sequence[Cut] = ()) -> DatePlan:
        """Everybody placed if that can be, else as many pupils as can be; then the cheapest slots."""
        plan = self._cheapest(0, 0, cuts)
        if plan is not None:
            return plan
        fewest = self._run(build(self._problem, unplaced=None, cuts=cuts).mip, gap=0.0, absolute=0.99)
        if fewest is None or fewest.values is None:
            contradictory = fewest is not None and fewest.infeasible
            return DatePlan(None, sum(self._problem.pupils), 0, math.inf, 0.0, contradictory, not contradictory)
        unplaced = round(fewest.objective)
        bound = min(unplaced, max(0, math.ceil(fewest.bound - 1e-6)))
        plan = self._cheapest(unplaced, bound, cuts)
        if plan is not None:
            return plan
        model = build(self._problem, unplaced=None, cuts=cuts)
        chosen = model.chosen(fewest.values)
        return DatePlan(chosen, self._problem.unplaced(chosen), bound, self._problem.cost(chosen), 0.0, False)

    def _cheapest(self, unplaced: int, unplaced_bound: int, cuts: Sequence[Cut]) -> DatePlan | None:
        """The cheapest slots with at most so many pupils unplaced; None where none were found."""
        relaxed = build(self._problem, unplaced=unplaced, cuts=cuts, levels_at=self._exact)
        relaxed.mip.integer = array("b", bytes(relaxed.mip.variables))
        first = self._run(relaxed.mip, gap=self._gap)
        if first is None or first.values is None:
            return None
        for slot, variable in relaxed.loads.items():
            load = round(first.values[variable])
            self._exact[slot] = tuple(max(0, load + beside) for beside in NEAR)
        model = build(self._problem, unplaced=unplaced, cuts=cuts, levels_at=self._exact)
        result = self._search(model)
        if result is None or result.values is None:
            return None
        chosen = model.chosen(result.values)
        cost = self._problem.cost(chosen)
        left = self._problem.unplaced(chosen)
        bound = min(cost, max(first.bound, result.bound, 0.0))
        return DatePlan(chosen, left, min(left, unplaced_bound), cost, bound, result.finished)

    def _search(self, model: DateModel) -> MipResult | None:
        """Solve a pass; a large one first among few slots of each party, which is the answer where it is near enough.

        The bound is that of the relaxation over all slots then. Where the few are not near enough, the whole program
        is solved from there, and what was found is kept should the clock end that.
        """
        if len(model.places) < LARGE:
            return self._run(model.mip, gap=self._gap)
        whole = model.mip.integer
        model.mip.integer = array("b", bytes(model.mip.variables))
        relaxed = self._run(model.mip, gap=self._gap)
        model.mip.integer = whole
        if relaxed is None or relaxed.values is None:
            return relaxed
        upper = model.mip.upper
        model.mip.upper = self._promising(model, relaxed.values)
        few = self._run(model.mip, gap=self._gap / 2)
        model.mip.upper = upper
        if few is None or few.values is None:
            return self._run(model.mip, gap=self._gap)
        found = MipResult(few.values, few.objective, relaxed.bound, few.finished)
        if few.objective - relaxed.bound <= self._gap * few.objective:
            return found
        hint = {place: few.values[place] for place in model.places.values()}
        better = self._run(model.mip, gap=self._gap, hint=hint)
        return found if better is None or better.values is None else better

    def _promising(self, model: DateModel, values: Sequence[float]) -> "array[float]":
        """Upper bounds of the variables that leave each party the slots it uses in `values`, and its cheapest ones."""
        policy, seats = self._problem.instance.policy, self._problem.instance.seats_by_slot
        upper = array("d", model.mip.upper)
        for party, slots in enumerate(self._problem.candidates):
            # one more class at a slot costs its price and what it adds to the crowding of everybody there
            costs = {
                slot: self._problem.price(party, slot)
                + 2 * policy.crowding_price * values[model.loads[slot]] / seats[slot] * self._problem.pupils[party]
                for slot in slots
            }
            cheapest = set(sorted(slots, key=lambda slot: costs[slot])[:PROMISING])
            for slot in slots:
                place = model.places[party, slot]
                if slot not in cheapest and values[place] < 1e-7:
                    upper[place] = 0.0
        return upper

    def bound(self, unplaced: int, cuts: Sequence[Cut] = ()) -> float:
        """A lower bound of the cost over all allocations with at most so many pupils unplaced."""
        model = build(self._problem, unplaced=unplaced, cuts=cuts, levels_at=self._exact)
        result = self._run(model.mip, gap=self._gap)
        return max(0.0, result.bound) if result is not None else 0.0

    def fairest(
        self, plan: DatePlan, slack: float, cuts: Sequence[Cut] = ()
    ) -> tuple[tuple[str | None, ...] | None, bool]:
        """Slots within `slack` of the plan's cost, for the same parties, whose worst-off school is best off.

        None where nothing better was found; and whether the search did not end on the clock.
        """
        if plan.chosen is None:
            return None, False
        fairness = FairnessPass(self._problem, plan.chosen, slack, cuts, self._exact, self._ask)
        return fairness.go(), fairness.finished

    def _ask(self, questions: Sequence[Question]) -> list[MipResult] | None:
        """Solve programs side by side; None where the clock or the caller ended it."""
        left = self._deadline - self._children.now()
        if left <= 0:
            return None
        tasks = [(q.mip, q.gap, 0.0, left, q.target, q.cutoff) for q in questions]
        calls = [lambda task=task: Call("scheduler.mip_solving", "solve_mip", task) for task in tasks]
        try:
            answers = self._children.run(calls, self._deadline + 1.0, on_wait=self._on_wait)
        except Stopped:
            return None
        return cast(list[MipResult], answers)

    def _run(
        self, mip: Mip, *, gap: float, absolute: float = 0.0, hint: Mapping[int, float] | None = None
    ) -> MipResult | None:
        """Solve in a child; None where the clock or the caller ended it."""
        left = self._deadline - self._children.now()
        if left <= 0:
            return None
        call = Call("scheduler.mip_solving", "solve_mip", (mip, gap, absolute, left, None, None, hint))
        try:
            answer = self._children.run([lambda: call], self._deadline + 1.0, on_wait=self._on_wait)[0]
        except Stopped:
            return None
        return cast(MipResult, answer)
