"""Small terms for the tests of the scheduler, as documents to be changed and read."""

from __future__ import annotations

import copy
import itertools
import math
from collections.abc import Iterator, Mapping
from typing import Any

from scheduler.allocation import Allocation, Assignment, Bounds, Kpis, SolverInfo, Status
from scheduler.instance import Group, Instance, Visit, parse_instance
from scheduler.verifier import verify

Document = dict[str, Any]

DATES = ("2026-10-12", "2026-10-13", "2026-10-19")
WEEKS = {"2026-10-12": "2026-W42", "2026-10-13": "2026-W42", "2026-10-19": "2026-W43"}
MONDAY, MONDAY_PM, TUESDAY, NEXT = "2026-10-12/AM", "2026-10-12/PM", "2026-10-13/AM", "2026-10-19/AM"
SLOTS = (MONDAY, MONDAY_PM, TUESDAY, NEXT)


def slot(identifier: str) -> Document:
    date, block = identifier.split("/")
    return {"id": identifier, "date": date, "block": block, "week": WEEKS[date]}


def school(identifier: str = "S0", **changes: Any) -> Document:
    return {
        "id": identifier,
        "name": "구로중",
        "level": "middle",
        "lat": 37.49,
        "lon": 126.85,
        "own_chaperones_per_slot": 9,
        "fairness_credit": 0,
        **changes,
    }


def workplace(identifier: str, **changes: Any) -> Document:
    return {
        "id": identifier,
        "name": f"일터 {identifier}",
        "field": "arts",
        "lat": 37.5,
        "lon": 126.86,
        "min_group": 2,
        "max_group": 6,
        "groups_per_slot": 1,
        "visits_per_day": None,
        "visits_per_week": None,
        "visits_per_term": None,
        "levels": ["middle"],
        "open_slots": list(SLOTS),
        **changes,
    }


def visit(identifier: str, **changes: Any) -> Document:
    return {
        "id": identifier,
        "school": "S0",
        "label": "1-1",
        "pupils": 6,
        "chaperones_needed": 1,
        "fields": ["arts"],
        "requested_slots": [MONDAY, TUESDAY],
        "negotiable_slots": [NEXT],
        "bundle": None,
        "max_travel_km": None,
        "locked": None,
        "previous": None,
        **changes,
    }


def term(**changes: Any) -> Document:
    """Two visits of six, two workplaces of six, four slots in two weeks."""
    return copy.deepcopy(
        {
            "format": "wx-instance/1",
            "name": "작은 학기",
            "slots": [slot(identifier) for identifier in SLOTS],
            "schools": [school()],
            "workplaces": [workplace("W0"), workplace("W1")],
            "visits": [visit("V0"), visit("V1", label="1-2")],
            "coaches": {},
            "policy": {
                "date_cost": [0, 1, 3],
                "shift_cost": 15,
                "crowding_price": 10,
                "off_field_cost": 10,
                "travel_cost": 1,
                "group_cost": 1,
                "change_cost": 2,
                "fairness_slack": 0,
            },
            **changes,
        }
    )


def read(document: Document) -> Instance:
    return parse_instance(document)


def plan(instance: Instance, **placed: tuple[str, Mapping[str, int]] | None) -> Allocation:
    """A plan of given visits (`V0=(slot, {workplace: pupils})`); the others are not placed. Figures are right."""
    assignments = []
    for each in instance.visits:
        given = placed.get(each.id)
        if given is None:
            assignments.append(Assignment(each.id, None))
        else:
            groups = tuple(Group(name, pupils) for name, pupils in given[1].items())
            assignments.append(Assignment(each.id, given[0], groups))
    return allocation(instance, tuple(assignments))


def allocation(instance: Instance, assignments: tuple[Assignment, ...]) -> Allocation:
    info = SolverInfo("test", "1", 0.0, 0, False, {})
    draft = Allocation(instance.name, "", Status.FEASIBLE, assignments, Kpis(), Bounds(), info)
    kpis = verify(instance, draft).kpis
    return Allocation(instance.name, "", Status.FEASIBLE, assignments, kpis, Bounds(), info)


def all_groups(instance: Instance, each: Visit, where: str) -> Iterator[tuple[Group, ...]]:
    """Every way to split a visit at a slot by the workplaces' sizes alone."""
    places = [w for w in instance.workplaces if where in w.open_slots]
    sizes = [(0, *range(w.min_group, min(w.max_group, each.pupils) + 1)) for w in places]
    for chosen in itertools.product(*sizes):
        if sum(chosen) == each.pupils:
            yield tuple(Group(w.id, n) for w, n in zip(places, chosen, strict=True) if n)


def every_plan(instance: Instance) -> Iterator[Allocation]:
    """Every clean plan of a tiny term, by trying everything."""

    def choices(each: Visit) -> list[Assignment]:
        slots = [*each.requested_slots, *each.negotiable_slots]
        placed = [Assignment(each.id, s, g) for s in slots for g in all_groups(instance, each, s)]
        return [Assignment(each.id, None), *placed]

    for assignments in itertools.product(*(choices(each) for each in instance.visits)):
        found = allocation(instance, assignments)
        if verify(instance, found).clean:
            yield found


def best_by_trying(instance: Instance, slots: Mapping[str, str | None]) -> tuple[float, float, float]:
    """Fewest unplaced pupils, then the smallest date stage; and the smallest workplace stage at the given slots."""
    dates = (math.inf, math.inf)
    workplaces = math.inf
    for found in every_plan(instance):
        dates = min(dates, (found.kpis.unplaced_pupils, found.kpis.date_stage))
        if all(slots[assignment.id] == assignment.slot for assignment in found.visits):
            workplaces = min(workplaces, found.kpis.workplace_stage)
    return (*dates, workplaces)
