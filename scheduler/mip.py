"""A mixed-integer program as flat arrays: built without a solver, sent between processes, solved by `mip_solving`."""

import math
from array import array
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class MipResult:
    """What a solver said. `values` is None where no solution was found; `bound` holds for every solution (minimising).

    `finished` says that the pass ended on its gap, its proof or its counted work, and not on the clock;
    `infeasible` that it is proven that there is no solution.
    """

    values: Sequence[float] | None
    objective: float
    bound: float
    finished: bool
    infeasible: bool = False


class Mip:
    """Minimise cost · x subject to row bounds and variable bounds; rows and variables are numbered from 0."""

    def __init__(self) -> None:
        self.costs = array("d")
        self.lower = array("d")
        self.upper = array("d")
        self.integer = array("b")
        self.row_lower = array("d")
        self.row_upper = array("d")
        self.entry_row = array("q")
        self.entry_variable = array("q")
        self.entry_value = array("d")

    @property
    def variables(self) -> int:
        """How many variables there are."""
        return len(self.costs)

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return len(self.row_lower)

    def variable(self, cost: float = 0.0, lower: float = 0.0, upper: float = math.inf, *, integer: bool = False) -> int:
        """Add a variable and return its number."""
        self.costs.append(cost)
        self.lower.append(lower)
        self.upper.append(upper)
        self.integer.append(integer)
        return len(self.costs) - 1

    def binary(self, cost: float = 0.0) -> int:
        """Add a variable that is 0 or 1 and return its number."""
        return self.variable(cost, 0.0, 1.0, integer=True)

    def row(
        self,
        variables: Sequence[int],
        values: Sequence[float] | None = None,
        lower: float = -math.inf,
        upper: float = math.inf,
    ) -> int:
        """Add `lower <= values · variables <= upper` (values 1 where not given) and return its number.

        A variable may stand once in a row: solvers do not add up entries.
        """
        row = len(self.row_lower)
        self.row_lower.append(lower)
        self.row_upper.append(upper)
        self.entry_row.extend([row] * len(variables))
        self.entry_variable.extend(variables)
        self.entry_value.extend(values if values is not None else [1.0] * len(variables))
        return row
