"""One week of the workplace stage: column generation, a dive to whole columns, then neighbourhoods."""

import random
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from scheduler.mip import Mip
from scheduler.mip_solving import solve_mip
from scheduler.workplaces_master import Column, Effort, Generated, Pool, generate
from scheduler.workplaces_problem import Floats, Integers, WeekProblem

SMALLEST, LARGEST, PART = 26, 46, 0.45
"""Visits of a neighbourhood: a part of a heavy week, for which few large ones find more than many small ones."""


@dataclass(frozen=True, slots=True)
class WeekTask:
    """A week to be solved.

    `prices` of the rows to begin with; `charge` the term's price of a group at each row (0 but for term rows);
    `shares` the groups of each term row that this week may have. `seconds` is the backstop; the rest is counted.
    `hint` are groups of all its visits that go together, for where the dive leaves somebody out.
    """

    problem: WeekProblem
    prices: Floats
    charge: Floats
    shares: Integers
    seed: int
    seconds: float = 60.0
    hint: Mapping[str, tuple[tuple[str, int], ...]] = field(default_factory=dict)
    gap: float = 0.004
    rounds_per_visit: float = 0.25


@dataclass(frozen=True, slots=True)
class WeekAnswer:
    """Groups by visit id (absent: none were found), their cost, and the bound.

    `bound` is below cost + charge · groups of every way to seat all visits of the week; `prices` those that gave it.
    """

    groups: Mapping[str, tuple[tuple[str, int], ...]]
    cost: float
    bound: float
    relaxed: float
    finished: bool


class _Clock:
    """The backstop: `over` once the seconds are gone, and remembers that it was asked in vain."""

    def __init__(self, seconds: float, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._end = clock() + seconds
        self.rang = False

    def over(self) -> bool:
        self.rang = self.rang or self._clock() >= self._end
        return self.rang


class _Plan:
    """Whole columns for some of the visits, and what they leave of the limits."""

    def __init__(self, limits: Integers) -> None:
        self.columns: dict[int, Column] = {}
        self.left = limits.copy()

    def take(self, column: Column) -> bool:
        """Take a column where it still fits."""
        if any(self.left[row] < 1 for row in column.rows):
            return False
        self.columns[column.visit] = column
        for row in column.rows:
            self.left[row] -= 1
        return True

    def drop(self, visit: int) -> Column | None:
        """Give a visit's column back."""
        column = self.columns.pop(visit, None)
        for row in column.rows if column is not None else ():
            self.left[row] += 1
        return column


def solve_week(task: WeekTask, clock: Callable[[], float] = time.monotonic) -> WeekAnswer:
    """Seat a week's visits at the least cost; deterministic unless the backstop rings (`finished` False)."""
    problem = task.problem
    wall = _Clock(task.seconds, clock)
    visits = list(range(len(problem.names)))
    penalties = _penalties(problem)
    pool = Pool.of(problem)
    limits = problem.limits.copy()
    term = list(problem.term_rows)
    limits[term] = 10**6
    prices = task.prices.copy()
    prices[term] = 0.0
    free = generate(
        pool, visits, limits, prices, penalties, charge=task.charge, effort=Effort(task.gap / 2, 200, wall.over)
    )
    reached = free
    if term:
        limits[term] = task.shares
        prices = free.prices + task.charge
        reached = generate(
            pool,
            visits,
            limits,
            prices,
            penalties,
            charge=np.zeros(len(limits)),
            effort=Effort(task.gap, 60, wall.over),
        )
    plan = _dive(problem, pool, limits, reached, penalties, wall)
    if task.hint and len(plan.columns) < len(visits):
        plan = _hinted(task, pool, problem.limits) or plan
    _improve(task, pool, plan, reached, penalties, wall)
    return WeekAnswer(
        groups={problem.names[visit]: column.groups for visit, column in sorted(plan.columns.items())},
        cost=float(sum(column.cost for column in plan.columns.values())),
        bound=free.bound,
        relaxed=reached.bound,
        finished=not wall.rang,
    )


def _penalties(problem: WeekProblem) -> dict[int, float]:
    """What leaving a visit without groups costs: more than any groups of it could."""
    dearest = max(
        (float(block.rate[np.isfinite(block.rate)].max(initial=0.0)) for block in problem.blocks), default=0.0
    )
    pupil = 10.0 * (dearest + problem.group_cost + problem.change_cost + 1.0)
    return {visit: pupil * pupils for visit, pupils in enumerate(problem.pupils)}


def _dive(
    problem: WeekProblem, pool: Pool, limits: Integers, start: Generated, penalties: Mapping[int, float], wall: _Clock
) -> _Plan:
    """Take the heaviest columns of the relaxation, price again for who is left, until nobody is."""
    plan = _Plan(limits)
    waiting = set(range(len(problem.names)))
    state = start
    while waiting:
        least = max(1, round(0.06 * len(problem.names)))
        taken = 0
        for weight, column in sorted(state.weights, key=lambda pair: (-pair[0], pair[1].visit)):
            if weight < 0.7 and taken >= least:
                break
            if column.visit in waiting and plan.take(column):
                waiting.discard(column.visit)
                taken += 1
        if not taken or wall.over():
            break
        state = generate(
            pool,
            sorted(waiting),
            plan.left,
            state.prices,
            penalties,
            charge=np.zeros(len(limits)),
            effort=Effort(0.002, 6),
        )
    for column in sorted(pool.fitting(sorted(waiting), plan.left), key=lambda c: (c.cost, c.visit)):
        if column.visit not in plan.columns:
            plan.take(column)
    return plan


def _hinted(task: WeekTask, pool: Pool, limits: Integers) -> _Plan | None:
    """The plan that the hint says, where it holds within the limits of the term."""
    plan = _Plan(limits)
    for column in pool.columns_of(task.problem, task.hint):
        pool.add(column)
        if not plan.take(column):
            return None
    return plan


def _improve(
    task: WeekTask, pool: Pool, plan: _Plan, start: Generated, penalties: Mapping[int, float], wall: _Clock
) -> None:
    """Free neighbourhoods of visits one after the other and seat each again as well as can be."""
    count = len(task.problem.names)
    picked = random.Random(task.seed)
    rounds = max(0, round(task.rounds_per_visit * count))
    idle = 0
    for number in range(rounds):
        cost = _cost(plan, penalties, count)
        if cost - start.bound <= task.gap * cost or wall.over() or idle > rounds // 2 + 2:
            return
        some = _neighbourhood(task, plan, start, penalties, number, picked)
        idle = 0 if _reseat(task, pool, plan, some, start.prices, penalties) else idle + 1
        if len(some) == count and idle:
            return


def _cost(plan: _Plan, penalties: Mapping[int, float], count: int) -> float:
    return sum(plan.columns[visit].cost if visit in plan.columns else penalties[visit] for visit in range(count))


def _neighbourhood(
    task: WeekTask,
    plan: _Plan,
    start: Generated,
    penalties: Mapping[int, float],
    number: int,
    picked: random.Random,
) -> list[int]:
    """In turn: those who paid most above their worth with the visits of their days, a day, and any visits."""
    count = len(task.problem.names)
    size = min(count, max(SMALLEST, min(LARGEST, round(PART * count))))
    dates = task.problem.dates
    regret = {
        visit: (plan.columns[visit].cost if visit in plan.columns else penalties[visit]) - start.worth[visit]
        for visit in range(count)
    }
    visits = list(range(count))
    if number % 3 == 0:
        worst = sorted(visits, key=lambda v: (-regret[v] * (0.5 + picked.random()), v))
        return sorted(worst[:size])
    if number % 3 == 1:
        date = picked.choice(sorted(set(dates)))
        near = sorted(visits, key=lambda v: (abs((dates[v] - date).days), -regret[v] * (0.5 + picked.random()), v))
        return sorted(near[:size])
    return sorted(picked.sample(visits, size))


def _reseat(
    task: WeekTask, pool: Pool, plan: _Plan, visits: Sequence[int], prices: Floats, penalties: Mapping[int, float]
) -> bool:
    """Seat some visits again in what the others leave; True where that is cheaper."""
    before = {visit: plan.drop(visit) for visit in visits}
    paid = sum(c.cost if c is not None else penalties[v] for v, c in before.items())
    generate(
        pool,
        visits,
        plan.left,
        prices,
        penalties,
        charge=np.zeros(len(plan.left)),
        effort=Effort(0.001, 5),
    )
    found = _whole(pool.fitting(visits, plan.left), visits, plan.left, penalties)
    cost = sum(found[v].cost if v in found else penalties[v] for v in visits)
    better = cost < paid - 1e-6
    for column in found.values() if better else filter(None, before.values()):
        plan.take(column)
    return better


def _whole(
    columns: Sequence[Column], visits: Sequence[int], left: Integers, penalties: Mapping[int, float]
) -> dict[int, Column]:
    """The cheapest whole columns, one or none for each visit, within what is left."""
    mip = Mip()
    by_visit: dict[int, list[int]] = {visit: [mip.variable(penalties[visit])] for visit in visits}
    by_row: dict[int, list[int]] = {}
    variables: dict[int, Column] = {}
    for column in columns:
        variable = mip.binary(column.cost)
        variables[variable] = column
        by_visit[column.visit].append(variable)
        for row in column.rows:
            by_row.setdefault(row, []).append(variable)
    for members in by_visit.values():
        mip.row(members, lower=1.0, upper=1.0)
    for row, members in by_row.items():
        if len(members) > left[row]:
            mip.row(members, upper=float(left[row]))
    result = solve_mip(mip, gap=5e-4)
    if result.values is None:  # pragma: no cover - everybody may go without groups: only a failing solver says this
        return {}
    return {column.visit: column for variable, column in variables.items() if result.values[variable] > 0.5}
