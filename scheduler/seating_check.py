"""Whether visits can be seated at their slots at all, exactly, and if not a smallest set of them that cannot.

Sizes stay out of the model: a choice of workplaces holds every total between its smallest and its largest groups.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from ortools.sat.python import cp_model

from scheduler.workplaces_problem import Integers, WeekProblem

Groups = tuple[tuple[str, int], ...]
"""Groups of one visit: workplace and pupils of each."""


@dataclass(frozen=True, slots=True)
class SeatingCheck:
    """`groups` by visit id where everybody can be seated; else `conflict`, the parties that cannot be together.

    Both None: not decided within the work allowed. A conflict is minimal: without any one of its parties the rest was
    seated or not decided.
    """

    groups: dict[str, Groups] | None
    conflict: tuple[int, ...] | None


def check_seating(weeks: Sequence[WeekProblem], parties: Sequence[Sequence[int]], work: float = 4.0) -> SeatingCheck:
    """Seat the visits of some weeks, or find a minimal set of parties that cannot be seated together.

    Args:
        weeks: the weeks; their term rows bound them together.
        parties: for each week, the number of the party of each of its visits.
        work: deterministic time for each question asked of the solver.
    """
    everybody = sorted({party for week in parties for party in week})
    answer, groups = _seat(weeks, parties, set(everybody), work)
    if answer is None:
        return SeatingCheck(None, None)
    if answer:
        return SeatingCheck(groups, None)
    conflict = _narrowed(weeks, parties, set(everybody), work)
    for party in sorted(conflict, key=lambda p: (_pupils(weeks, parties, p), p)):
        rest = conflict - {party}
        if rest and _seat(weeks, parties, rest, work)[0] is False:
            conflict = rest
    return SeatingCheck(None, tuple(sorted(conflict)))


def _pupils(weeks: Sequence[WeekProblem], parties: Sequence[Sequence[int]], party: int) -> int:
    pairs = (zip(week.pupils, mine, strict=True) for week, mine in zip(weeks, parties, strict=True))
    return sum(pupils for listed in pairs for pupils, mine in listed if mine == party)


def _narrowed(
    weeks: Sequence[WeekProblem], parties: Sequence[Sequence[int]], everybody: set[int], work: float
) -> set[int]:
    """The parties of one slot, or of one week, if these alone cannot be seated."""
    for week, mine in zip(weeks, parties, strict=True):
        for block in week.blocks:
            here = {mine[visit] for visit in block.visits.tolist()}
            if _seat(weeks, parties, here, work)[0] is False:
                return here
    for mine in parties:
        if _seat(weeks, parties, set(mine), work)[0] is False:
            return set(mine)
    return everybody


def _seat(
    weeks: Sequence[WeekProblem], parties: Sequence[Sequence[int]], some: set[int], work: float
) -> tuple[bool | None, dict[str, Groups]]:
    """Whether some parties can be seated together (None: not decided), and how."""
    model = cp_model.CpModel()
    sent: dict[tuple[int, str, int], tuple[cp_model.IntVar, int, int]] = {}
    term: dict[str, tuple[list[cp_model.IntVar], int]] = {}
    for k, (week, mine) in enumerate(zip(weeks, parties, strict=True)):
        rows: dict[int, list[cp_model.IntVar]] = {}
        for block in week.blocks:
            for i, visit in enumerate(block.visits.tolist()):
                if mine[visit] not in some:
                    continue
                here = []
                for j in np.flatnonzero(np.isfinite(block.rate[i])).tolist():
                    least, most = int(block.least[j]), min(int(block.most[j]), week.pupils[visit])
                    if least > most:
                        continue
                    variable = model.new_bool_var("")
                    here.append((variable, least, most))
                    sent[k, block.names[j], visit] = (variable, least, most)
                    for row in block.rows[j].tolist():
                        rows.setdefault(row, []).append(variable)
                pupils = week.pupils[visit]
                model.add(sum(variable * most for variable, _, most in here) >= pupils)
                model.add(sum(variable * least for variable, least, _ in here) <= pupils)
        _limit(model, week.limits, rows, {*week.term_rows, len(week.limits) - 1})
        for row, workplace in week.term_rows.items():
            term.setdefault(workplace, ([], int(week.limits[row])))[0].extend(rows.get(row, ()))
    for variables, limit in term.values():
        if len(variables) > limit:
            model.add(sum(variables) <= limit)
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.random_seed = 1
    solver.parameters.max_deterministic_time = work
    status = solver.solve(model)
    if status == cp_model.INFEASIBLE:
        return False, {}
    if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return None, {}
    taken: dict[tuple[int, int], list[tuple[str, int, int]]] = {}
    for (k, workplace, visit), (variable, least, most) in sent.items():
        if solver.boolean_value(variable):
            taken.setdefault((k, visit), []).append((workplace, least, most))
    return True, {weeks[k].names[v]: _sized(listed, weeks[k].pupils[v]) for (k, v), listed in taken.items()}


def _limit(
    model: cp_model.CpModel, limits: Integers, rows: dict[int, list[cp_model.IntVar]], without: set[int]
) -> None:
    for row, variables in rows.items():
        if row not in without and len(variables) > limits[row]:
            model.add(sum(variables) <= int(limits[row]))


def _sized(listed: Sequence[tuple[str, int, int]], pupils: int) -> tuple[tuple[str, int], ...]:
    """Sizes between the smallest and the largest that add up: from the smallest up, the first ones filled first."""
    left = pupils - sum(least for _, least, _ in listed)
    sized = []
    for workplace, least, most in listed:
        more = min(left, most - least)
        sized.append((workplace, least + more))
        left -= more
    return tuple(sized)
