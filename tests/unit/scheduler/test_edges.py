"""Rare turns of single parts, each with the rule that it keeps."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from ortools.math_opt.python import mathopt
from ortools.sat.python import cp_model

from scheduler import benchmark_scaling, fairness
from scheduler.allocate import Limits, LockConflict, allocate
from scheduler.allocation import AllocationError, Assignment, Bounds, Kpis, SolverInfo, Status, parse_allocation
from scheduler.baseline import first_come_first_served, quick_groups
from scheduler.benchmark import US, Result
from scheduler.benchmark_scaling import nation
from scheduler.drill import drill
from scheduler.frontier import Point, _between
from scheduler.insertion import insert_parties
from scheduler.instance import InstanceError
from scheduler.mip import Mip
from scheduler.mip_solving import solve_lp, solve_mip
from scheduler.moves import preview_move
from scheduler.offers import offers
from scheduler.parts import Group
from scheduler.peers.cpsat import cpsat
from scheduler.usage import Usage
from scheduler.verifier import verify
from tests.unit.scheduler.terms import (
    MONDAY,
    NEXT,
    SLOTS,
    TUESDAY,
    allocation,
    plan,
    read,
    term,
    visit,
    workplace,
)
from tests.unit.scheduler.test_fairness import contended

HERE = Limits(workers=0)


def one_of_two() -> Mip:
    """A choice of two, the second dearer."""
    mip = Mip()
    mip.row([mip.binary(1.0), mip.binary(2.0)], lower=1.0, upper=1.0)
    return mip


def test_where_one_solver_fails_the_other_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    solve = mathopt.solve
    asked: list[mathopt.SolverType] = []

    def failing(model: mathopt.Model, kind: mathopt.SolverType, **ways: Any) -> mathopt.SolveResult:
        asked.append(kind)
        if kind == mathopt.SolverType.HIGHS:
            raise RuntimeError("internal error")
        return solve(model, kind, **ways)

    monkeypatch.setattr(mathopt, "solve", failing)
    result = solve_mip(one_of_two(), gap=0.0)
    assert (result.values, result.objective) == ([1.0, 0.0], 1.0)
    assert asked == [mathopt.SolverType.HIGHS, mathopt.SolverType.GSCIP]


def test_a_linear_program_without_a_solution_is_an_error() -> None:
    mip = one_of_two()
    mip.row([0, 1], upper=0.5)
    with pytest.raises(ArithmeticError, match="linear program"):
        solve_lp(mip)


def test_as_many_places_are_asked_as_it_takes() -> None:
    # Fifteen places for one each: the twelve nearest do not suffice.
    places = [workplace(f"W{i:02d}", min_group=1, max_group=1, lat=37.49 + i / 1000) for i in range(15)]
    instance = read(term(visits=[visit("V0", pupils=14)], workplaces=places))
    groups = quick_groups(instance, Usage(instance), instance.visits[0], MONDAY, instance.workplaces)
    assert groups == tuple(Group(f"W{i:02d}", 1) for i in range(14))


def test_a_bundle_that_was_not_kept_whole_gives_back_what_it_took() -> None:
    visits = [visit(f"V{i}", bundle="B", requested_slots=[MONDAY], negotiable_slots=[]) for i in range(2)]
    visits.append(visit("V2", pupils=12, requested_slots=[MONDAY], negotiable_slots=[]))
    instance = read(term(visits=visits))
    found = insert_parties(instance, {"V0": Assignment("V0", MONDAY, (Group("W0", 6),))})
    assert verify(instance, allocation(instance, found)).clean
    assert [a.slot for a in found] == [MONDAY, MONDAY, None]
    held = insert_parties(instance, {"V0": Assignment("V0", None)})
    assert [a.slot for a in held] == [MONDAY, MONDAY, None]


def test_a_plan_says_its_bounds() -> None:
    instance = read(term())
    document: dict[str, Any] = dict(plan(instance).to_document())
    del document["bounds"]
    with pytest.raises(AllocationError, match="bounds: is missing"):
        parse_allocation(document)


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (lambda d: d["visits"][0].update(requested_slots=[""]), r"visits\[0\].requested_slots\[0\]: is empty"),
        (lambda d: d["visits"][0].update(pupils=10**5000), r"visits\[0\].pupils"),
        (lambda d: d["visits"][0].update(label=10**5000), r"visits\[0\].label: int, must be"),
        (lambda d: d["policy"].update(shift_cost=float("inf")), "policy.shift_cost: must be a finite number"),
        (
            lambda d: d["visits"][0].update(locked={"slot": MONDAY, "groups": [{"workplace": "W0", "pupils": 3}] * 2}),
            r"visits\[0\].locked.groups\[1\].workplace: workplace \"W0\" stands twice",
        ),
    ],
)
def test_faults_of_rare_kinds(change: Any, fault: str) -> None:
    document = term()
    change(document)
    with pytest.raises(InstanceError, match=fault):
        read(document)


def test_two_locks_of_a_bundle_may_agree() -> None:
    held = {"bundle": "B", "locked": {"slot": MONDAY, "groups": None}}
    instance = read(term(visits=[visit("V0", **held), visit("V1", **held)]))
    assert {a.slot for a in allocate(instance, HERE).visits} == {MONDAY}


def test_a_visit_that_the_plan_does_not_know_can_be_moved_into_it() -> None:
    instance = read(term())
    known = plan(instance, V0=(MONDAY, {"W0": 6}))
    without = replace(known, visits=known.visits[:1])
    preview = preview_move(instance, without, "V1", TUESDAY)
    assert preview.allocation.by_visit["V1"].slot == TUESDAY
    assert verify(instance, preview.allocation).clean


def test_points_that_are_as_level_have_no_price_between_them() -> None:
    instance = read(term())
    found = plan(instance, V0=(MONDAY, {"W0": 6}))
    level, same = (Point(price, found.kpis, price, 3.0, False, False, found) for price in (1.0, 2.0))
    assert _between((level, same)) == []


def test_the_nation_is_measured_without_anybody_listening(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        benchmark_scaling, "_solved", lambda _, visits, *__: Result(str(visits), US, 2.0, 100.0, Kpis(), Bounds())
    )
    found, seconds, at_a_time = nation(tmp_path, 10.0, 2)
    assert sum(each.stands_for for each in found) == benchmark_scaling.CENTRES
    assert seconds == pytest.approx(2.0 * benchmark_scaling.CENTRES / at_a_time)


def test_one_model_of_everything_that_finds_nothing_keeps_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    instance = read(term())
    monkeypatch.setattr(cp_model.CpSolver, "solve", lambda *_: cp_model.UNKNOWN)
    assert cpsat(instance, 1.0) == first_come_first_served(instance)


def test_the_nearest_reserve_of_a_kind_that_suits_somebody() -> None:
    # W2 and W3 are of a kind, W3 nearer; W4 is excluded, W5 is not for the level: nobody would come.
    out = {"open_slots": [TUESDAY]}
    places = [
        workplace("W0"),
        workplace("W2", lat=37.7, **out),
        workplace("W3", **out),
        workplace("W6", lat=37.8, **out),
    ]
    places += [workplace("W4", max_group=8, **out), workplace("W5", max_group=9, levels=["high"], **out)]
    instance = read(term(visits=[visit("V0", excluded_workplaces=["W4"])], workplaces=places))
    result = drill(instance, plan(instance, V0=(MONDAY, {"W0": 6})))
    assert [(each.workplace, each.chance_after) for each in result.reserve] == [("W3", 1.0)]
    # Lost with nobody to turn to, though a place is open that may not be used.
    places = [workplace("W0"), workplace("W1", lat=37.7)]
    near = read(term(visits=[visit("V0", max_travel_km=5)], workplaces=places))
    assert drill(near, plan(near, V0=(MONDAY, {"W0": 6}))).chance == 0.0


def test_fairness_that_runs_out_of_rounds_stays_within_the_slack(monkeypatch: pytest.MonkeyPatch) -> None:
    document = contended()
    document["policy"]["fairness_slack"] = 0.2
    instance = read(document)
    free = allocate(instance.with_policy(fairness_slack=0), HERE)
    monkeypatch.setattr(fairness, "MORE_ROUNDS", 1)
    found = allocate(instance, HERE)
    assert verify(instance, found).clean
    assert found.kpis.date_stage <= free.kpis.date_stage * 1.2 + 0.01
    assert found.kpis.worst_school_cost <= free.kpis.worst_school_cost


def test_a_school_is_asked_about_three_slots_at_most_and_never_about_locks() -> None:
    wishes: dict[str, Any] = {"requested_slots": [MONDAY], "negotiable_slots": []}
    visits = [visit(f"V{i}", **wishes) for i in range(4)]
    visits[0]["locked"] = {"slot": MONDAY, "groups": None}
    instance = read(term(visits=visits, workplaces=[workplace("W0")]))
    found = allocate(instance, HERE)
    calendar = {each.id: SLOTS for each in instance.visits}
    made = offers(instance, found, HERE, calendar=calendar)
    assert len(made) == 3
    assert not any("V0" in offer.visits for offer in made)


def test_an_offer_whose_locks_time_did_not_decide_is_not_solved(monkeypatch: pytest.MonkeyPatch) -> None:
    wishes: dict[str, Any] = {"requested_slots": [MONDAY], "negotiable_slots": [NEXT]}
    instance = read(term(visits=[visit("V0", **wishes)]))
    keeps = plan(instance, V0=(NEXT, {"W0": 6}))

    def undecided(*_: Any, **__: Any) -> Any:
        raise LockConflict((), decided=False)

    monkeypatch.setattr("scheduler.offers.solve_anew", undecided)
    assert offers(instance, keeps, HERE) == ()
    info = SolverInfo("", "", 0.0, 0, False, {})
    proven = replace(keeps, bounds=Bounds(0, keeps.kpis.date_stage, 0.0), solver=info, status=Status.FEASIBLE)
    assert [(offer.slot, offer.solved) for offer in offers(instance, proven, HERE)] == [(NEXT, False)]
