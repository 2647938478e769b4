"""The cheapest groups of every visit of a slot at given prices: an exact knapsack over pupils, for all visits at once.

Most workplaces cannot be part of a cheapest set of groups. A Lagrangian bound on the pupils (each at a price of its own
visit) says which could: only these enter the knapsack, so that the answer stays exact at a fraction of the work.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import as_strided
from numpy.typing import NDArray

from scheduler.workplaces_problem import Block, Floats, Integers

FIRST = 14
"""Workplaces of each visit in the first, restricted knapsack, whose answer bounds the exact one from above."""


@dataclass(frozen=True, slots=True)
class Priced:
    """The cheapest groups of one visit: their price (cost and prices of the limits), their cost, (place, pupils)."""

    price: float
    cost: float
    groups: tuple[tuple[int, int], ...]


class BlockPricer:
    """Prices the visits of one slot; `costs[n - 1, j, i]` is the cost of a group of n pupils of visit i at place j."""

    def __init__(self, block: Block, group_cost: float, change_cost: float) -> None:
        self.block = block
        most = int(block.most.max(initial=1))
        sizes = np.arange(1, most + 1)
        rate = block.rate.T[None, :, :]
        costs = np.asarray(rate * sizes[:, None, None] + group_cost)
        stood = block.before.T[None, :, :]
        if change_cost and (stood >= 0).any():
            costs += np.where(stood >= 0, change_cost * np.maximum(0, sizes[:, None, None] - stood), 0.0)
        fits = (sizes[:, None] >= block.least[None, :]) & (sizes[:, None] <= block.most[None, :])
        costs[~fits] = np.inf
        self.costs = costs
        self._sizes = sizes.astype(float)

    def cheapest(self, entry: Floats, usable: NDArray[np.bool_], wanted: Sequence[int]) -> list[Priced | None]:
        """The cheapest groups of some visits, None where none add up.

        Args:
            entry: price of sending a group to each workplace, beside its cost, shape (w,).
            usable: workplaces that may be used at all, shape (w,).
            wanted: which visits of the block.
        """
        if not usable.any():
            return [None] * len(wanted)
        chosen = np.asarray(wanted, dtype=np.int64)
        pupils = self.block.pupils[chosen]
        costs = self.costs[:, :, chosen] + np.where(usable, entry, np.inf)[None, :, None]
        marginal = self._marginal(costs, pupils)
        with np.errstate(invalid="ignore"):
            saving = (costs - marginal[None, None, :] * self._sizes[:, None, None]).min(axis=0)
        lower = marginal * pupils + np.minimum(saving, 0.0).sum(axis=0)
        order = np.argsort(saving, axis=0, kind="stable")
        first = min(FIRST, len(order))
        table, upper = self._knapsack(costs, pupils, order[:first])
        survive = lower[None, :] + np.maximum(saving, 0.0) < upper[None, :] - 1e-9
        needed = int(survive.sum(axis=0).max(initial=0))
        if needed > first:
            table, upper = self._knapsack(costs, pupils, order[:needed])
        return [
            self._traced(costs, table, order, int(i), at, int(pupils[at]), float(upper[at]))
            for at, i in enumerate(chosen)
        ]

    def _marginal(self, costs: Floats, pupils: Integers) -> Floats:
        """A price per pupil for each visit: that of its last pupil where groups could be split."""
        unit = (costs / self._sizes[:, None, None]).min(axis=0)
        order = np.argsort(unit, axis=0, kind="stable")
        room = np.cumsum(self.block.most[order], axis=0)
        last = np.minimum((room < pupils[None, :]).sum(axis=0), len(order) - 1)
        columns = np.arange(len(pupils))
        marginal = unit[order[last, columns], columns]
        return np.where(np.isfinite(marginal), marginal, 0.0)

    def _knapsack(self, costs: Floats, pupils: Integers, order: Integers) -> tuple[Floats, Floats]:
        """Cheapest prices of every total, place after place in each visit's own order, and the final prices."""
        k, largest, most = len(pupils), int(pupils.max()), len(self._sizes)
        width = most + largest + 1
        buffer = np.full((k, width), np.inf)
        step = buffer.strides[1]
        # shifted[i, n - 1, total] is the price of total - n pupils
        shifted = as_strided(
            buffer[:, most - 1 :], shape=(k, most, largest + 1), strides=(buffer.strides[0], -step, step)
        )
        table = np.full((len(order) + 1, k, largest + 1), np.inf)
        table[0, :, 0] = 0.0
        columns = np.arange(k)
        for at, places in enumerate(order):
            group = costs[:, places, columns]
            sizes = np.flatnonzero(np.isfinite(group).any(axis=1))
            if not len(sizes):
                table[at + 1] = table[at]
                continue
            low, high = int(sizes[0]), int(sizes[-1]) + 1
            buffer[:, most:] = table[at]
            reached = (shifted[:, low:high, :] + group.T[:, low:high, None]).min(axis=1)
            np.minimum(table[at], reached, out=table[at + 1])
        return table, table[-1, columns, pupils]

    def _traced(
        self, costs: Floats, table: Floats, order: Integers, visit: int, at: int, pupils: int, price: float
    ) -> Priced | None:
        """The groups behind the last cell of a visit's tables."""
        if not np.isfinite(price):
            return None
        groups: list[tuple[int, int]] = []
        cost, left, step = 0.0, pupils, len(table) - 1
        while left:
            column = table[: step + 1, at, left]
            # The first table that has the final price is the one whose place was used.
            step = int(np.argmax(column <= column[step])) - 1
            place = int(order[step, at])
            most = min(left, len(self._sizes))
            totals = table[step, at, left - most : left][::-1] + costs[:most, place, at]
            size = int(np.argmin(totals)) + 1
            groups.append((place, size))
            cost += float(self.costs[size - 1, place, visit])
            left -= size
        return Priced(price, cost, tuple(reversed(groups)))
