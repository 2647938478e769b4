"""Column generation for one week: a linear program over whole sets of groups, and the prices that ask for new ones."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from ortools.glop import parameters_pb2
from ortools.math_opt.python import mathopt

from scheduler.workplaces_pricing import BlockPricer
from scheduler.workplaces_problem import Floats, Integers, WeekProblem


@dataclass(frozen=True, slots=True)
class Column:
    """One visit's whole set of groups: (workplace, pupils), its cost and the rows it counts against."""

    visit: int
    groups: tuple[tuple[str, int], ...]
    cost: float
    rows: tuple[int, ...]


@dataclass(slots=True)
class Pool:
    """All columns found so far for a week, by visit, each once; and what finds new ones."""

    pricers: tuple[BlockPricer, ...]
    columns: dict[int, list[Column]] = field(default_factory=dict)
    known: set[tuple[int, tuple[tuple[str, int], ...]]] = field(default_factory=set)

    @classmethod
    def of(cls, week: WeekProblem) -> "Pool":
        """An empty pool for a week."""
        return cls(tuple(BlockPricer(block, week.group_cost, week.change_cost) for block in week.blocks))

    def add(self, column: Column) -> bool:
        """Keep a column; False where it was known."""
        key = (column.visit, column.groups)
        if key in self.known:
            return False
        self.known.add(key)
        self.columns.setdefault(column.visit, []).append(column)
        return True

    def columns_of(self, week: WeekProblem, groups: Mapping[str, tuple[tuple[str, int], ...]]) -> Iterable[Column]:
        """The columns of given groups (by visit id, as workplace and pupils)."""
        pad = len(week.limits) - 1
        for pricer in self.pricers:
            block = pricer.block
            place = {name: j for j, name in enumerate(block.names)}
            for i, visit in enumerate(block.visits.tolist()):
                mine = sorted((place[name], pupils) for name, pupils in groups[week.names[visit]])
                cost = sum(float(pricer.costs[pupils - 1, j, i]) for j, pupils in mine)
                rows = tuple(r for j, _ in mine for r in block.rows[j].tolist() if r != pad)
                yield Column(visit, tuple((block.names[j], pupils) for j, pupils in mine), cost, rows)

    def fitting(self, visits: Iterable[int], left: Integers) -> list[Column]:
        """The columns of some visits that fit by themselves into what is left of the limits."""
        return [c for v in visits for c in self.columns.get(v, ()) if all(left[row] >= 1 for row in c.rows)]


class Master:
    """The linear program over the columns of some visits within what is left of the limits.

    A visit may go without groups at a penalty, so that there always is a solution.
    """

    def __init__(self, left: Integers, penalties: Mapping[int, float], charge: Floats) -> None:
        """Args: what is left of each row, the penalty of each visit, and what each row adds to a column's cost."""
        self._left = left
        self._charge = charge
        self._model = mathopt.Model()
        self._rows: dict[int, mathopt.LinearConstraint] = {}
        self._visits: dict[int, mathopt.LinearConstraint] = {}
        self._columns: list[tuple[mathopt.Variable, Column]] = []
        self._solver: mathopt.IncrementalSolver | None = None
        for visit, penalty in penalties.items():
            row = self._model.add_linear_constraint(lb=1.0, ub=1.0)
            out = self._model.add_variable(lb=0.0)
            row.set_coefficient(out, 1.0)
            self._model.objective.set_linear_coefficient(out, penalty)
            self._visits[visit] = row

    def add(self, column: Column) -> None:
        """Offer a column."""
        variable = self._model.add_variable(lb=0.0)
        cost = column.cost + float(self._charge[list(column.rows)].sum())
        self._model.objective.set_linear_coefficient(variable, cost)
        self._visits[column.visit].set_coefficient(variable, 1.0)
        for row in column.rows:
            if row not in self._rows:
                self._rows[row] = self._model.add_linear_constraint(ub=float(self._left[row]))
            self._rows[row].set_coefficient(variable, 1.0)
        self._columns.append((variable, column))

    def solve(self) -> tuple[float, dict[int, float], Floats]:
        """The cost, the value of each visit, and the price of each row (0 where nothing presses)."""
        if self._solver is None:
            self._solver = mathopt.IncrementalSolver(self._model, mathopt.SolverType.GLOP)
        # Any prices give a valid bound, so that a slightly imprecise optimum is as good as an exact one.
        params = mathopt.SolveParameters(glop=parameters_pb2.GlopParameters(change_status_to_imprecise=False))
        self._result = self._solver.solve(params=params)
        if not self._result.has_dual_feasible_solution():
            # Columns added one by one can lead the simplex astray: begin afresh, with the other solver.
            self._solver = None
            self._result = mathopt.solve(self._model, mathopt.SolverType.HIGHS)
        duals = self._result.dual_values()
        prices = np.zeros(len(self._left))
        for row, constraint in self._rows.items():
            prices[row] = max(0.0, -duals[constraint])
        worth = {visit: duals[constraint] for visit, constraint in self._visits.items()}
        return self._result.objective_value(), worth, prices

    def weights(self) -> list[tuple[float, Column]]:
        """How much of each column the last solution takes, without those it does not take."""
        values = self._result.variable_values()
        # Columns offered after the last solution are not in it.
        taken = [(values.get(variable, 0.0), column) for variable, column in self._columns]
        return [(weight, column) for weight, column in taken if weight > 1e-6]


@dataclass(slots=True)
class Generated:
    """Where column generation ended: its cost, the best Lagrangian bound and the prices that gave it."""

    cost: float
    bound: float
    prices: Floats
    weights: list[tuple[float, Column]]
    worth: Mapping[int, float]


def _never() -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Effort:
    """How far column generation goes: to within `gap` of its bound, for so many `passes`, until `over` says stop.

    What was found and proven by then holds wherever it ends.
    """

    gap: float
    passes: int
    over: Callable[[], bool] = _never


def generate(
    pool: Pool,
    visits: Sequence[int],
    left: Integers,
    prices: Floats,
    penalties: Mapping[int, float],
    *,
    charge: Floats,
    effort: Effort,
) -> Generated:
    """Price and solve in turn until the linear program is near enough to its bound, or the effort is spent.

    `charge` is added to the cost of every group by its rows (the price of the term limits, where they are priced
    instead of bounded); rows with a charge must not be bounded in `left`.
    """
    chosen = set(visits)
    master = Master(left, {visit: penalties[visit] for visit in visits}, charge)
    for column in pool.fitting(visits, left):
        master.add(column)
    best, bound = prices, -np.inf
    for column, _ in _priced(pool, chosen, left, best + charge):
        if pool.add(column):
            master.add(column)
    pricing = _Pricing(pool, master, chosen, left, charge, penalties)
    cost, worth, now = master.solve()
    for _ in range(effort.passes):
        smooth = 0.6 * best + 0.4 * now
        added, lower = pricing.once(smooth, worth, now)
        if lower > bound:
            best, bound = smooth, lower
        if not added:
            # Smoothed prices can miss: only the true ones prove that nothing is left to add.
            added, lower = pricing.once(now, worth, now)
            if lower > bound:
                best, bound = now, lower
        if not added or cost - bound <= effort.gap * abs(cost) or effort.over():
            break
        cost, worth, now = master.solve()
    return Generated(cost, bound, best, master.weights(), worth)


@dataclass(slots=True)
class _Pricing:
    """What the passes of one column generation share."""

    pool: Pool
    master: Master
    visits: set[int]
    left: Integers
    charge: Floats
    penalties: Mapping[int, float]

    def once(self, prices: Floats, worth: Mapping[int, float], now: Floats) -> tuple[int, float]:
        """One pricing at `prices`: columns added that the solution at prices `now` would take, and the bound."""
        added, total, seen = 0, -float(prices[:-1] @ self.left[:-1]), set()
        for column, price in _priced(self.pool, self.visits, self.left, prices + self.charge):
            seen.add(column.visit)
            total += min(price, self.penalties[column.visit])
            rows = list(column.rows)
            reduced = column.cost + float((now + self.charge)[rows].sum()) - worth[column.visit]
            if reduced < -1e-7 and self.pool.add(column):
                self.master.add(column)
                added += 1
        return added, total + sum(self.penalties[visit] for visit in self.visits if visit not in seen)


def _priced(pool: Pool, visits: set[int], left: Integers, prices: Floats) -> Iterable[tuple[Column, float]]:
    """The cheapest column of each visit at the given prices of rows."""
    prices = prices.copy()
    pad = len(left) - 1
    prices[pad] = 0.0
    for pricer in pool.pricers:
        block = pricer.block
        wanted = [i for i, visit in enumerate(block.visits.tolist()) if visit in visits]
        if not wanted:
            continue
        usable = left[block.rows].min(axis=1, initial=10**6) >= 1
        found = pricer.cheapest(prices[block.rows].sum(axis=1), usable, wanted)
        for i, priced in zip(wanted, found, strict=True):
            if priced is not None:
                rows = tuple(r for j, _ in priced.groups for r in block.rows[j].tolist() if r != pad)
                groups = tuple((block.names[j], pupils) for j, pupils in sorted(priced.groups))
                yield Column(int(block.visits[i]), groups, priced.cost, rows), priced.price
