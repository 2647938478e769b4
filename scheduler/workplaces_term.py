"""The whole term in pupils alone: prices of every limit, and each week's share of the limits that run over the term."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from scheduler.mip import Mip
from scheduler.mip_solving import solve_lp
from scheduler.workplaces_problem import Block, Floats, Integers, WeekProblem

NEAREST = 40
"""Workplaces of each visit in this relaxation: its prices only guide, so that the cheapest are enough."""


@dataclass(frozen=True, slots=True)
class TermPrices:
    """What the weeks begin with, in their order.

    `prices` of the rows of each week; `charges` the term's price at each row (0 but for term rows); `shares` the groups
    of each term row for the week; `constant` what the term limits take off the sum of the weeks' bounds.
    """

    prices: tuple[Floats, ...]
    charges: tuple[Floats, ...]
    shares: tuple[Integers, ...]
    constant: float


def price_term(weeks: Sequence[WeekProblem]) -> TermPrices:
    """Solve the relaxation: pupils of each visit at its cheapest workplaces, a group for every full group of them."""
    mip = Mip()
    rows: list[dict[int, tuple[list[int], list[float]]]] = []
    for week in weeks:
        entries: dict[int, tuple[list[int], list[float]]] = defaultdict(lambda: ([], []))
        for block in week.blocks:
            _add_block(mip, week, block, entries)
        rows.append(entries)
    numbers = [_add_rows(mip, week, entries) for week, entries in zip(weeks, rows, strict=True)]
    term: dict[str, tuple[list[int], list[float], int]] = {}
    for week, entries in zip(weeks, rows, strict=True):
        for row, workplace in week.term_rows.items():
            variables, values, _ = term.setdefault(workplace, ([], [], int(week.limits[row])))
            variables += entries[row][0]
            values += entries[row][1]
    term_number = {name: mip.row(vs, xs, upper=float(limit)) for name, (vs, xs, limit) in term.items() if vs}
    solution = solve_lp(mip)
    price = {name: max(0.0, -solution.duals[row]) for name, row in term_number.items()}
    prices, charges, used = [], [], []
    for week, entries, mine in zip(weeks, rows, numbers, strict=True):
        here, charge = np.zeros(len(week.limits)), np.zeros(len(week.limits))
        for row, number in mine.items():
            here[row] = max(0.0, -solution.duals[number])
        for row, workplace in week.term_rows.items():
            charge[row] = price.get(workplace, 0.0)
        prices.append(here)
        charges.append(charge)
        used.append(
            {
                workplace: sum(solution.values[v] * x for v, x in zip(*entries.get(row, ((), ())), strict=True))
                for row, workplace in week.term_rows.items()
            }
        )
    limits = {workplace: int(week.limits[row]) for week in weeks for row, workplace in week.term_rows.items()}
    return TermPrices(
        tuple(prices),
        tuple(charges),
        _shares(weeks, used, limits),
        -sum(price.get(workplace, 0.0) * limit for workplace, limit in limits.items()),
    )


def _add_block(mip: Mip, week: WeekProblem, block: Block, entries: dict[int, tuple[list[int], list[float]]]) -> None:
    pad = len(week.limits) - 1
    for i, pupils in enumerate(block.pupils.tolist()):
        size = np.minimum(block.most, pupils)
        stood = block.before[i]
        moved = np.where((stood >= 0) & (stood < size), week.change_cost, 0.0)
        rate = block.rate[i] + week.group_cost / np.maximum(1, size) + moved
        rate = np.where(block.least <= pupils, rate, np.inf)
        nearest = [j for j in np.argsort(rate, kind="stable")[:NEAREST].tolist() if np.isfinite(rate[j])]
        # Who finds no seat here is dear, so that the prices say where it is tight, yet the program has a solution.
        variables = [mip.variable(10.0 * (float(rate[nearest].max(initial=0.0)) + 1.0))]
        for j in nearest:
            variable = mip.variable(float(rate[j]), upper=float(size[j]))
            variables.append(variable)
            for row in block.rows[j].tolist():
                if row != pad:
                    entries[row][0].append(variable)
                    entries[row][1].append(1.0 / float(size[j]))
        mip.row(variables, lower=float(pupils), upper=float(pupils))


def _add_rows(mip: Mip, week: WeekProblem, entries: dict[int, tuple[list[int], list[float]]]) -> dict[int, int]:
    """The week's own rows, numbered in the program; term rows join the whole term's instead."""
    return {
        row: mip.row(variables, values, upper=float(week.limits[row]))
        for row, (variables, values) in sorted(entries.items())
        if row not in week.term_rows
    }


def _shares(
    weeks: Sequence[WeekProblem], used: Sequence[dict[str, float]], limits: dict[str, int]
) -> tuple[Integers, ...]:
    """Groups of each term row by week: the relaxation's use by largest remainder, what is over spread evenly."""
    given: list[dict[str, int]] = [{} for _ in weeks]
    for workplace, limit in limits.items():
        mine = [k for k, use in enumerate(used) if workplace in use]
        for k in mine:
            given[k][workplace] = int(used[k][workplace] + 1e-6)
        left = limit - sum(given[k][workplace] for k in mine)
        order = sorted(mine, key=lambda k: (given[k][workplace] - used[k][workplace], k))
        while left > 0:
            for k in order[:left]:
                given[k][workplace] += 1
            left -= len(order)
    return tuple(
        np.array([given[k][workplace] for workplace in week.term_rows.values()], dtype=np.int64)
        for k, week in enumerate(weeks)
    )
