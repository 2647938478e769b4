"""The verifier by mutation: a good plan broken one rule at a time, and exactly that rule is named."""

from __future__ import annotations

import importlib.util
import json
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from scheduler.allocation import Allocation, Assignment, Kpis
from scheduler.baseline import first_come_first_served
from scheduler.instance import Group, Instance, parse_instance
from scheduler.samples import sample_bytes, sample_names
from scheduler.verifier import verify
from tests.unit.scheduler.terms import (
    MONDAY,
    MONDAY_PM,
    NEXT,
    TUESDAY,
    allocation,
    plan,
    read,
    school,
    term,
    visit,
    workplace,
)


def full_term() -> dict[str, Any]:
    """A term in which every rule is at work and exactly kept by `full_plan`."""
    return term(
        schools=[school("S0", own_chaperones_per_slot=1), school("S1")],
        workplaces=[
            workplace("W0", visits_per_day=1, visits_per_week=2, visits_per_term=3),
            workplace("W1", groups_per_slot=2),
            workplace("W2", levels=["high"]),
            workplace("W3", open_slots=[NEXT]),
            workplace("W4", lat=38.5),
        ],
        visits=[
            visit("V0", bundle="B", **{"class": "1-1"}),
            visit("V1", bundle="B", **{"class": "1-2"}),
            visit("V2", school="S1", max_travel_km=5, excluded_workplaces=["W0"]),
            visit("V3", school="S1", requested_slots=[TUESDAY, NEXT], negotiable_slots=[MONDAY_PM], **{"class": "1-1"}),
            visit("V4", school="S1", locked={"slot": NEXT, "groups": [{"workplace": "W3", "pupils": 6}]}),
        ],
        coaches={MONDAY: 1},
    )


def full_plan(instance: Instance) -> Allocation:
    return plan(
        instance,
        V0=(MONDAY, {"W0": 6}),
        V1=(MONDAY, {"W1": 6}),
        V2=(MONDAY, {"W1": 6}),
        V3=(TUESDAY, {"W0": 6}),
        V4=(NEXT, {"W3": 6}),
    )


def put(name: str, slot: str | None, **groups: int) -> Callable[[tuple[Assignment, ...]], tuple[Assignment, ...]]:
    """Puts one visit elsewhere."""
    listed = tuple(Group(workplace, pupils) for workplace, pupils in groups.items())
    return lambda visits: tuple(Assignment(name, slot, listed) if a.id == name else a for a in visits)


def test_the_good_plan_is_clean() -> None:
    instance = read(full_term())
    verdict = verify(instance, full_plan(instance))
    assert verdict.clean
    assert not verdict.differences


@pytest.mark.parametrize(
    ("mutate", "rule", "subject"),
    [
        (put("V3", "2026-10-20/AM", W1=6), "H1", "V3"),
        (put("V2", MONDAY_PM, W1=6), "H1", "V2"),
        (put("V3", None, W0=6), "H1", "V3"),
        (lambda visits: visits[:-1], "H1", "V4"),
        (lambda visits: (*visits, visits[3]), "H1", "V3"),
        (lambda visits: (*visits, Assignment("V9", None)), "H1", "V9"),
        (put("V3", TUESDAY, W0=5), "H2", "V3"),
        (put("V3", TUESDAY, W0=1, W1=5), "H2", "V3"),
        (put("V3", TUESDAY, W0=4, W1=3), "H2", "V3"),
        (put("V3", NEXT, W3=6), "H3", "W3"),
        (put("V3", TUESDAY, W2=6), "H4", "V3"),
        (put("V3", TUESDAY, W3=6), "H4", "V3"),
        (put("V3", TUESDAY, W9=6), "H4", "V3"),
        (put("V2", TUESDAY, W4=6), "H4", "V2"),
        (put("V2", NEXT, W0=6), "H4", "V2"),
        (put("V1", TUESDAY, W1=6), "H6", "B"),
        (put("V1", None), "H6", "B"),
        (put("V4", TUESDAY, W1=6), "H7", "V4"),
        (put("V4", None), "H7", "V4"),
        (put("V4", NEXT, W1=6), "H7", "V4"),
    ],
)
def test_exactly_the_broken_rule_is_named(
    mutate: Callable[[tuple[Assignment, ...]], tuple[Assignment, ...]], rule: str, subject: str
) -> None:
    instance = read(full_term())
    broken = replace(full_plan(instance), visits=mutate(full_plan(instance).visits))
    found = {(violation.rule, violation.subject) for violation in verify(instance, broken).violations}
    assert found == {(rule, subject)}


def test_what_a_workplace_said_of_one_visit_binds_that_visit_alone() -> None:
    document = full_term()
    document["visits"][0]["largest_groups"] = [{"workplace": "W0", "pupils": 5}, {"workplace": "W1", "pupils": 2}]
    instance = read(document)
    violations = verify(instance, full_plan(instance)).violations
    assert [str(violation) for violation in violations] == ["H2 V0: 6 pupils at W0, outside 2..5"]


def test_a_workplace_twice_in_one_visit() -> None:
    document = full_term()
    document["workplaces"][1]["min_group"] = 1
    instance = read(document)
    broken = full_plan(instance)
    doubled = Assignment("V3", TUESDAY, (Group("W1", 3), Group("W1", 3)))
    visits = tuple(doubled if a.id == "V3" else a for a in broken.visits)
    violations = verify(instance, replace(broken, visits=visits)).violations
    assert [str(violation) for violation in violations] == ["H2 V3: W1 stands twice"]


@pytest.mark.parametrize("limit", ["visits_per_day", "visits_per_week", "visits_per_term"])
def test_each_period_of_a_workplace(limit: str) -> None:
    document = term()
    document["workplaces"][0][limit] = 1
    second = {"visits_per_day": MONDAY_PM, "visits_per_week": TUESDAY, "visits_per_term": NEXT}[limit]
    document["visits"][1]["requested_slots"], document["visits"][1]["negotiable_slots"] = [second], []
    instance = read(document)
    violations = verify(instance, plan(instance, V0=(MONDAY, {"W0": 6}), V1=(second, {"W0": 6}))).violations
    assert [(violation.rule, violation.facts["limit"]) for violation in violations] == [("H3", limit)]
    assert verify(instance, plan(instance, V0=(MONDAY, {"W0": 6}), V1=(second, {"W1": 6}))).clean


def test_coaches() -> None:
    document = full_term()
    document["coaches"] = {}
    instance = read(document)
    violations = verify(instance, full_plan(instance)).violations
    assert [str(violation) for violation in violations] == [f"H5 {MONDAY}: 1 coaches needed, 0 there"]


def test_a_class_twice_on_a_date() -> None:
    instance = read(full_term())
    mutate = put("V3", MONDAY_PM, W1=6)
    violations = verify(instance, replace(full_plan(instance), visits=mutate(full_plan(instance).visits))).violations
    assert [str(violation) for violation in violations] == ["H8 1-1: goes out 2 times on 2026-10-12"]


def test_figures_of_a_plan_reckoned_by_hand() -> None:
    document = term()
    document["workplaces"][0] |= {"lat": 37.49, "lon": 126.85, "field": "health"}
    document["workplaces"][1] |= {"lat": 37.49, "lon": 126.85}
    document["visits"][0]["previous"] = {"slot": TUESDAY, "groups": [{"workplace": "W0", "pupils": 2}]}
    instance = read(document)
    kpis = plan(instance, V0=(MONDAY, {"W0": 3, "W1": 3}), V1=(NEXT, {"W1": 6})).kpis
    assert kpis == Kpis(
        unplaced_pupils=0,
        placed_pupils=12,
        shifted_visits=1,
        first_choice_share=0.5,
        peak_load=6,
        bunching=2.0,
        date_cost=90,
        crowding=60.0,
        date_stage=162.0,
        worst_school_cost=7.5,
        off_field_pupils=3,
        travel_pupil_km=0.0,
        groups=3,
        workplace_stage=41.0,
        changed_visits=1,
    )


def test_claimed_figures_are_compared() -> None:
    instance = read(full_term())
    good = full_plan(instance)
    lied = replace(good, kpis=replace(good.kpis, groups=4))
    assert [str(difference) for difference in verify(instance, lied).differences] == ["kpis.groups says 4.0, is 5.0"]


def test_a_term_without_visits() -> None:
    instance = read(term(visits=[]))
    assert plan(instance).kpis == Kpis()


def _checker() -> ModuleType | None:
    root = Path(__file__).resolve().parents[3]
    path = Path(os.environ.get("ILTEO_CHECKER", root.parent / "shared" / "tools" / "check_allocation.py"))
    spec = importlib.util.spec_from_file_location("check_allocation", path) if path.exists() else None
    if spec is None or spec.loader is None:
        return None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", sample_names())
def test_figures_agree_with_the_independent_checker(name: str) -> None:
    checker = _checker()
    if checker is None:
        pytest.skip("the independent checker is not here (ILTEO_CHECKER)")
    document = json.loads(sample_bytes(name))
    instance = parse_instance(document)
    found = allocation(instance, first_come_first_served(instance))
    violations, kpis = checker.check(document, found.to_document())
    assert violations == []
    assert kpis == found.to_document()["kpis"]
