"""Solving a `Mip` with the solvers inside MathOpt: HiGHS for whole numbers, GLOP for linear programs."""

import datetime
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from ortools.math_opt import model_pb2
from ortools.math_opt.python import mathopt
from ortools.math_opt.solvers import highs_pb2

from scheduler.mip import Mip, MipResult


def solve_mip(
    mip: Mip,
    gap: float = 1e-4,
    absolute_gap: float = 0.0,
    seconds: float | None = None,
    target: float | None = None,
    cutoff: float | None = None,
    hint: Mapping[int, float] | None = None,
) -> MipResult:
    """Solve with HiGHS until the relative or absolute gap, a cost of at most `target` or, as a backstop, the time.

    Solutions dearer than `cutoff` are of no interest: what can only lead to them is left out, and a program without
    cheaper ones may come back as infeasible. `hint` are values of variables from which to begin.

    HiGHS cannot be interrupted: call this in a child process where it may take long.
    """
    if mip.variables == 0:
        return _without_variables(mip)
    options = highs_pb2.HighsOptionsProto()
    if target is not None:
        options.double_options["objective_target"] = target
    if cutoff is not None:
        options.double_options["objective_bound"] = cutoff
    params = mathopt.SolveParameters(
        relative_gap_tolerance=gap,
        absolute_gap_tolerance=absolute_gap,
        time_limit=datetime.timedelta(seconds=seconds) if seconds is not None else None,
        highs=options,
    )
    model = _model(mip)
    start = mathopt.ModelSolveParameters()
    if hint is not None:
        values = {model.get_variable(number): value for number, value in hint.items()}
        start.solution_hints.append(mathopt.SolutionHint(variable_values=values))
    try:
        result = mathopt.solve(model, mathopt.SolverType.HIGHS, params=params, model_params=start)
    except (AttributeError, RuntimeError):
        # HiGHS fails with an internal error on a few tiny programs, and MathOpt then on reporting it: ask SCIP.
        params.highs = highs_pb2.HighsOptionsProto()
        result = mathopt.solve(model, mathopt.SolverType.GSCIP, params=params)
    return _result(result)


@dataclass(frozen=True, slots=True)
class LpResult:
    """An optimal solution of a linear program: its cost, the values of the variables, the duals of the rows."""

    objective: float
    values: Sequence[float]
    duals: Sequence[float]


def solve_lp(mip: Mip) -> LpResult:
    """Solve a program with GLOP, whole numbers or not.

    Raises:
        ArithmeticError: it has no optimal solution, or the solver does not find it.
    """
    if mip.variables == 0:
        return LpResult(0.0, [], [0.0] * mip.rows)
    result = mathopt.solve(_model(mip, relaxed=True), mathopt.SolverType.GLOP)
    if result.termination.reason != mathopt.TerminationReason.OPTIMAL:
        raise ArithmeticError(f"linear program: {result.termination.reason}")
    values = [value for _, value in sorted((v.id, x) for v, x in result.variable_values().items())]
    duals = [value for _, value in sorted((c.id, x) for c, x in result.dual_values().items())]
    return LpResult(result.objective_value(), values, duals)


def _result(result: mathopt.SolveResult) -> MipResult:
    reason = result.termination.reason
    bound = result.termination.objective_bounds.dual_bound
    infeasible = reason in (
        mathopt.TerminationReason.INFEASIBLE,
        mathopt.TerminationReason.INFEASIBLE_OR_UNBOUNDED,
    )
    on_clock = result.termination.limit is mathopt.Limit.TIME
    if not result.has_primal_feasible_solution():
        return MipResult(None, math.inf, math.inf if infeasible else bound, not on_clock, infeasible)
    values = [value for _, value in sorted((v.id, x) for v, x in result.variable_values().items())]
    return MipResult(values, result.objective_value(), bound, not on_clock)


def _without_variables(mip: Mip) -> MipResult:
    """HiGHS refuses an empty model; its rows are all 0."""
    holds = all(low <= 1e-9 and high >= -1e-9 for low, high in zip(mip.row_lower, mip.row_upper, strict=True))
    return MipResult([], 0.0, 0.0, True) if holds else MipResult(None, math.inf, math.inf, True, True)


def _model(mip: Mip, *, relaxed: bool = False) -> mathopt.Model:
    """The program as MathOpt takes it, filled by whole arrays rather than term by term."""
    proto = model_pb2.ModelProto()
    count, rows = mip.variables, mip.rows
    proto.variables.ids.extend(range(count))
    proto.variables.lower_bounds.extend(mip.lower)
    proto.variables.upper_bounds.extend(mip.upper)
    proto.variables.integers.extend(([False] * count) if relaxed else np.asarray(mip.integer, dtype=bool).tolist())
    costs = np.asarray(mip.costs)
    used = np.flatnonzero(costs)
    proto.objective.linear_coefficients.ids.extend(used.tolist())
    proto.objective.linear_coefficients.values.extend(costs[used].tolist())
    proto.linear_constraints.ids.extend(range(rows))
    proto.linear_constraints.lower_bounds.extend(mip.row_lower)
    proto.linear_constraints.upper_bounds.extend(mip.row_upper)
    entry_row = np.asarray(mip.entry_row, dtype=np.int64)
    entry_variable = np.asarray(mip.entry_variable, dtype=np.int64)
    order = np.lexsort((entry_variable, entry_row))
    proto.linear_constraint_matrix.row_ids.extend(entry_row[order].tolist())
    proto.linear_constraint_matrix.column_ids.extend(entry_variable[order].tolist())
    proto.linear_constraint_matrix.coefficients.extend(np.asarray(mip.entry_value)[order].tolist())
    return mathopt.Model.from_model_proto(proto)
