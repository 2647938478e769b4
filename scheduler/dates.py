"""Stage 1: which visit at which slot. Fewest pupils unplaced, then the smallest date cost and crowding, proven."""

import math
from array import array
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import cast

from scheduler.children import Call, Children, Stopped
from scheduler.costs import date_price
from scheduler.dates_model import Cut, DateModel, DateProblem, build
from scheduler.mip import Mip, MipResult

NEAR = (-40, -25, -15, -8, -3, 0, 3, 8, 15, 25, 40)
"""Pupils beside the relaxation's load of a slot at which its crowding is made exact before the search."""

HALVINGS = 5
"""Steps of the fairness pass: the range of the worst school's cost shrinks to a thirty-second."""


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
        result = self._run(model.mip, gap=self._gap)
        if result is None or result.values is None:
            return None
        chosen = model.chosen(result.values)
        cost = self._problem.cost(chosen)
        left = self._problem.unplaced(chosen)
        bound = min(cost, max(first.bound, result.bound, 0.0))
        return DatePlan(chosen, left, min(left, unplaced_bound), cost, bound, result.finished)

    def bound(self, unplaced: int, cuts: Sequence[Cut] = ()) -> float:
        """A lower bound of the cost over all allocations with at most so many pupils unplaced."""
        model = build(self._problem, unplaced=unplaced, cuts=cuts, levels_at=self._exact)
        result = self._run(model.mip, gap=self._gap)
        return max(0.0, result.bound) if result is not None else 0.0

    def fairest(self, plan: DatePlan, slack: float, cuts: Sequence[Cut] = ()) -> tuple[str | None, ...] | None:
        """Slots within `slack` of the plan's cost, for the same parties, whose worst-off school is best off.

        Halves the range between the relaxation's worst school and the plan's: that a level cannot be had is proven in a
        fraction of the time that the best one takes to find. None where nothing better was found.
        """
        if plan.chosen is None:
            return None
        most = plan.cost * (1.0 + slack)
        relaxed, worst = self._fair_model(plan, most, cuts)
        relaxed.mip.integer = array("b", bytes(relaxed.mip.variables))
        for variable in range(relaxed.mip.variables):
            relaxed.mip.costs[variable] = float(variable == worst)
        first = self._run(relaxed.mip, gap=self._gap)
        if first is None or first.values is None:
            return None
        low, high = first.values[worst], worst_school(self._problem, plan.chosen)
        best: tuple[str | None, ...] | None = None
        for _ in range(HALVINGS):
            if high - low <= 0.02 * high:
                break
            level = (low + high) / 2
            model, worst = self._fair_model(plan, most, cuts)
            model.mip.upper[worst] = level
            result = self._run(model.mip, gap=slack / 2, target=most)
            if result is None or (result.values is None and not result.infeasible):
                break
            chosen = model.chosen(result.values) if result.values is not None else None
            if chosen is None or self._problem.cost(chosen) > most:
                low = level
            else:
                best, high = chosen, worst_school(self._problem, chosen)
        return best

    def _fair_model(self, plan: DatePlan, most: float, cuts: Sequence[Cut]) -> tuple[DateModel, int]:
        model = build(self._problem, unplaced=plan.unplaced, cuts=cuts, levels_at=self._exact)
        return model, add_worst_school(model, plan.chosen or (), most)

    def _run(self, mip: Mip, *, gap: float, absolute: float = 0.0, target: float | None = None) -> MipResult | None:
        """Solve in a child; None where the clock or the caller ended it."""
        left = self._deadline - self._children.now()
        if left <= 0:
            return None
        call = Call("scheduler.mip_solving", "solve_mip", (mip, gap, absolute, left, target))
        try:
            answer = self._children.run([lambda: call], self._deadline + 1.0, on_wait=self._on_wait)[0]
        except Stopped:
            return None
        return cast(MipResult, answer)


def add_worst_school(model: DateModel, chosen: Sequence[str | None], most: float) -> int:
    """Add the worst school's cost to a program of the cheapest slots, and hold its cost within `most`.

    Which parties are placed stays as it is, so that the mean cost of a school's placed pupils is linear. Returns the
    number of the variable.
    """
    problem, mip = model.problem, model.mip
    used = [variable for variable in range(mip.variables) if mip.costs[variable]]
    mip.row(used, [mip.costs[variable] for variable in used], upper=most)
    worst = mip.variable()
    policy = problem.instance.policy
    by_school: dict[str, tuple[list[int], list[float]]] = {}
    pupils: dict[str, int] = {}
    for party, slot in enumerate(chosen):
        here = [model.places[party, candidate] for candidate in problem.candidates[party]]
        if slot is None:
            mip.row(here, upper=0.0)
            continue
        mip.row(here, lower=1.0)
        visits = problem.instance.parties[party]
        school = visits[0].school
        variables, prices = by_school.setdefault(school, ([], []))
        pupils[school] = pupils.get(school, 0) + problem.pupils[party]
        for candidate, variable in zip(problem.candidates[party], here, strict=True):
            variables.append(variable)
            prices.append(sum(date_price(policy, visit, candidate) * visit.pupils for visit in visits))
    for school, (variables, prices) in by_school.items():
        credit = problem.instance.school_by_id[school].fairness_credit
        means = [-price / pupils[school] for price in prices]
        mip.row([worst, *variables], [1.0, *means], lower=credit)
    return worst


def worst_school(problem: DateProblem, chosen: Sequence[str | None]) -> float:
    """The largest mean date cost per placed pupil plus credit, over the schools with a placed visit."""
    instance = problem.instance
    paid: dict[str, float] = {}
    pupils: dict[str, int] = {}
    for party, slot in zip(instance.parties, chosen, strict=True):
        for visit in party if slot is not None else ():
            cost = date_price(instance.policy, visit, slot or "") * visit.pupils
            paid[visit.school] = paid.get(visit.school, 0.0) + cost
            pupils[visit.school] = pupils.get(visit.school, 0) + visit.pupils
    credit = {school.id: school.fairness_credit for school in instance.schools}
    return max((paid[school] / pupils[school] + credit[school] for school in paid), default=0.0)
