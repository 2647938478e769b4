"""One CP-SAT model of everything, in whole numbers; crowding as squares."""

import math
import time

from ortools.sat.python import cp_model

from scheduler.allocation import Assignment
from scheduler.baseline import first_come_first_served
from scheduler.instance import Instance
from scheduler.peers.whole import DATE_WEIGHT, Whole, build_whole

SCALE = 100
"""Costs are whole hundredths."""

WORKERS = 2


def cpsat(instance: Instance, seconds: float) -> tuple[Assignment, ...]:
    """The best plan found within the limit, building included; it starts from first come, first served."""
    began = time.monotonic()
    whole = build_whole(instance)
    model, variables = _model(whole)
    start = first_come_first_served(instance)
    for number, value in whole.values(start).items():
        model.add_hint(variables[number], round(value))
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = WORKERS
    solver.parameters.max_time_in_seconds = max(0.1, seconds - (time.monotonic() - began))
    if solver.solve(model) not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return start
    return whole.assignments([float(solver.value(variable)) for variable in variables])


def _model(whole: Whole) -> tuple[cp_model.CpModel, list[cp_model.IntVar]]:
    mip, model = whole.mip, cp_model.CpModel()
    variables = [model.new_int_var(round(low), round(high), "") for low, high in zip(mip.lower, mip.upper, strict=True)]
    rows: list[tuple[list[cp_model.IntVar], list[int]]] = [([], []) for _ in range(mip.rows)]
    for row, variable, value in zip(mip.entry_row, mip.entry_variable, mip.entry_value, strict=True):
        rows[row][0].append(variables[variable])
        rows[row][1].append(round(value))
    for (used, values), low, high in zip(rows, mip.row_lower, mip.row_upper, strict=True):
        expression = cp_model.LinearExpr.weighted_sum(used, values)
        if math.isinf(low):
            model.add(expression <= round(high))
        elif math.isinf(high):
            model.add(expression >= round(low))
        else:
            model.add(expression == round(low))
    priced = [(variables[v], round(SCALE * cost)) for v, cost in enumerate(mip.costs) if cost]
    for slot, load in whole.loads.items():
        most = round(mip.upper[load])
        square = model.new_int_var(0, most * most, "")
        model.add_multiplication_equality(square, [variables[load], variables[load]])
        price = whole.instance.policy.crowding_price / whole.instance.seats_by_slot[slot]
        priced.append((square, round(SCALE * DATE_WEIGHT * price)))
    model.minimize(cp_model.LinearExpr.weighted_sum([v for v, _ in priced], [cost for _, cost in priced]))
    return model, variables
