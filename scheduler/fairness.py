"""The fairness pass: among date plans within the slack of the cheapest, the one whose worst-off school is best off."""

from array import array
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from scheduler.costs import date_price
from scheduler.dates_model import Cut, DateModel, DateProblem, build
from scheduler.mip import Mip, MipResult

COARSE, FINE = 0.04, 2e-5
"""The search ends when this part of the worst school's cost is still open; fine for small terms."""

SMALL = 400
"""Variables of a program that is small: its search goes on until the best attainable level is told apart."""

ROUNDS, MORE_ROUNDS = 3, 20
"""Rounds of two questions each; more for small terms."""

BESIDE = (-40, -25, -12, 0, 12, 25, 40)
"""Pupils beside the plan's load of a slot at which its crowding is made exact."""


@dataclass(frozen=True, slots=True)
class Question:
    """A program to be solved to a relative `gap`.

    Solutions dearer than `cutoff` are of no interest; one of at most `target` ends the search.
    """

    mip: Mip
    gap: float
    cutoff: float | None = None
    target: float | None = None


Ask = Callable[[Sequence[Question]], "list[MipResult] | None"]
"""Solves programs side by side; None where the clock or the caller ended it."""

Chosen = tuple[str | None, ...]


@dataclass
class FairnessPass:
    """Asks, for falling levels, whether a plan within the slack keeps every school's cost at or below the level.

    That is a program of the cheapest slots with a ceiling on each school, cut off at the dearest cost allowed, which
    solvers refute or fill in a fraction of the time that the best level itself takes to find. Two levels a round
    are asked side by side whatever the number of workers, so that the answer does not depend on it.

    Attributes:
        problem: the instance and what it can take.
        chosen: the cheapest plan found, the slot of each party; which parties are placed stays as it is.
        slack: how much dearer a plan may be, relative.
        cuts: what the second stage could not do.
        levels_at: loads by slot at which the crowding was made exact before.
        ask: solves programs.
        finished: no question was left open by the clock.
    """

    problem: DateProblem
    chosen: Chosen
    slack: float
    cuts: Sequence[Cut]
    levels_at: Mapping[str, Sequence[int]]
    ask: Ask
    finished: bool = field(init=False, default=True)
    _most: float = field(init=False)
    _exact: dict[str, tuple[int, ...]] = field(init=False)

    def __post_init__(self) -> None:
        self._most = self.problem.cost(self.chosen) * (1.0 + self.slack)
        self._exact = {slot: tuple(levels) for slot, levels in self.levels_at.items()}
        self._add_exact(self.chosen, BESIDE)

    def _add_exact(self, plan: Chosen, beside: Sequence[int]) -> None:
        """Make the crowding exact at the loads of a plan, and at so many pupils beside them."""
        loads = dict.fromkeys(self._exact, 0)
        for pupils, slot in zip(self.problem.pupils, plan, strict=True):
            if slot is not None:
                loads[slot] = loads.get(slot, 0) + pupils
        for slot, load in loads.items():
            self._exact[slot] = (*self._exact.get(slot, ()), *(max(0, load + n) for n in beside))

    def go(self) -> Chosen | None:
        """Slots of the fairest plan found within the slack; None where none is fairer than the plan given."""
        high = worst_school(self.problem, self.chosen)
        ends = self._ends()
        if ends is None:
            return None
        (low, guess), variables = ends
        small = variables <= SMALL
        open_part = FINE if small else COARSE
        levels = (guess, (guess + high) / 2)
        best: Chosen | None = None
        for _ in range(MORE_ROUNDS if small else ROUNDS):
            if high - low <= open_part * high:
                break
            found = self._round([level for level in levels if low < level < high] or [(low + high) / 2])
            if found is None:
                break
            refuted, plans = found
            low = max([low, *(level for level in refuted if level < high)])
            for plan in plans:
                if worst_school(self.problem, plan) < high:
                    best, high = plan, worst_school(self.problem, plan)
            if small:
                levels = ((low + high) / 2, high * (1 - open_part / 2))
            else:
                levels = (low + (high - low) / 3, low + (high - low) * 2 / 3)
        return best

    def _ends(self) -> tuple[tuple[float, float], int] | None:
        """From relaxations: a level below which nothing is, a guess of the best one, and the size of the programs.

        The guess allows the relaxation as much above its own cheapest as the slack allows the plan.
        """
        model, _ = self._model()
        answers = self._answers([Question(_relaxed(model.mip), 1e-6)])
        if answers is None or answers[0].values is None:
            return None
        levels: list[float] = []
        for most in (self._most, min(self._most, answers[0].objective * (1.0 + self.slack))):
            model, worst = self._model()
            costs = model.mip.costs
            paid = [variable for variable, cost in enumerate(costs) if cost]
            model.mip.row(paid, [costs[variable] for variable in paid], upper=most + 1e-6 * abs(most))
            for variable in range(model.mip.variables):
                costs[variable] = float(variable == worst)
            answers = self._answers([Question(_relaxed(model.mip), 1e-6)])
            if answers is None or answers[0].values is None:
                return None
            levels.append(answers[0].objective)
        return (levels[0] * (1 - 1e-7), levels[1]), model.mip.variables

    def _round(self, levels: Sequence[float]) -> tuple[list[float], list[Chosen]] | None:
        """Ask for some levels: those at which no plan within the slack was found, and the plans found."""
        models = [self._model() for _ in levels]
        for (model, worst), level in zip(models, levels, strict=True):
            model.mip.upper[worst] = level
        # The crowding in the program is a little below the true one, so the target is as well.
        target = self._most * (1 - 0.1 * self.slack)
        cutoff = self._most + 1e-6 * max(1.0, self._most)
        answers = self._answers([Question(model.mip, self.slack / 2, cutoff, target) for model, _ in models])
        if answers is None:
            return None
        refuted: list[float] = []
        plans: list[Chosen] = []
        for (model, _), level, answer in zip(models, levels, answers, strict=True):
            plan = model.chosen(answer.values) if answer.values is not None else None
            if plan is not None and self.problem.cost(plan) <= self._most:
                plans.append(plan)
            elif plan is not None and answer.objective <= self._most:
                # Only the crowding of the program was too low: exact there from now on, the level stays open.
                self._add_exact(plan, (0,))
            else:
                refuted.append(level)
        return refuted, plans

    def _answers(self, questions: Sequence[Question]) -> list[MipResult] | None:
        answers = self.ask(questions)
        self.finished = self.finished and answers is not None and all(answer.finished for answer in answers)
        return answers

    def _model(self) -> tuple[DateModel, int]:
        """The program of the cheapest slots for the same parties, and the number of its worst school's variable."""
        unplaced = self.problem.unplaced(self.chosen)
        model = build(self.problem, unplaced=unplaced, cuts=self.cuts, levels_at=self._exact)
        return model, add_worst_school(model, self.chosen)


def _relaxed(mip: Mip) -> Mip:
    mip.integer = array("b", bytes(mip.variables))
    return mip


def add_worst_school(model: DateModel, chosen: Sequence[str | None]) -> int:
    """Add the worst school's cost to a program of the cheapest slots and return the number of its variable.

    Which parties are placed stays as it is, so that the mean cost of a school's placed pupils is linear.
    """
    problem, mip = model.problem, model.mip
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
