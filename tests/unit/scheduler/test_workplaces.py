"""The workplace stage in this process: cheap and proven weeks, the term's limits, what is kept and what is redone."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from random import Random
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from scheduler import allocate as engine
from scheduler import workplaces_week
from scheduler.allocate import Limits, allocate
from scheduler.allocation import Allocation, Assignment
from scheduler.baseline import first_come_first_served
from scheduler.children import Children
from scheduler.instance import Group, Instance
from scheduler.moves import best_groups
from scheduler.verifier import verify
from scheduler.workplaces import WorkplaceStage
from scheduler.workplaces_master import Master, Pool
from scheduler.workplaces_pricing import BlockPricer
from scheduler.workplaces_problem import WeekProblem, build_weeks
from scheduler.workplaces_term import price_term
from scheduler.workplaces_week import WeekAnswer, WeekTask, solve_week
from tests.unit.scheduler.terms import (
    MONDAY,
    SLOTS,
    TUESDAY,
    allocation,
    read,
    school,
    term,
    visit,
    workplace,
)

Slots = Mapping[str, str]


def busy(seed: int, count: int = 40, many: int = 16, **limits: Any) -> tuple[Instance, dict[str, str]]:
    """Classes of all sizes at places of all sizes, at slots where first come, first served finds room for them."""
    chance = Random(seed)
    schools = [
        school(f"S{i}", lat=37.48 + chance.random() / 20, lon=126.8 + chance.random() / 10, own_chaperones_per_slot=99)
        for i in range(6)
    ]
    places = []
    for i in range(many):
        least = chance.randint(1, 4)
        places.append(
            workplace(
                f"W{i:02d}",
                lat=37.48 + chance.random() / 20,
                lon=126.8 + chance.random() / 10,
                min_group=least,
                max_group=least + chance.randint(1, 5),
                groups_per_slot=chance.randint(1, 2),
                field=chance.choice(["arts", "health"]),
                visits_per_day=chance.choice([None, 2]),
                visits_per_week=chance.choice([None, 4]),
                **limits,
            )
        )
    visits = [
        visit(
            f"V{i:02d}",
            school=f"S{i % 6}",
            pupils=chance.randint(6, 22),
            requested_slots=[chance.choice(SLOTS)],
            negotiable_slots=[],
        )
        for i in range(count)
    ]
    instance = read(term(schools=schools, workplaces=places, visits=visits))
    given = first_come_first_served(instance)
    return instance, {a.id: a.slot for a in given if a.slot is not None}


def tasks(instance: Instance, slots: Slots, **ways: Any) -> list[WeekTask]:
    weeks = build_weeks(instance, slots)
    prices = price_term(weeks)
    return [
        WeekTask(week, prices.prices[k], prices.charges[k], prices.shares[k], 1, **ways) for k, week in enumerate(weeks)
    ]


def check(task: WeekTask, answer: WeekAnswer) -> None:
    """Whole visits, sizes within the workplaces' and groups within the rows."""
    problem = task.problem
    used: Counter[int] = Counter()
    for block in problem.blocks:
        place = {name: j for j, name in enumerate(block.names)}
        for number, pupils in zip(block.visits.tolist(), block.pupils.tolist(), strict=True):
            groups = answer.groups.get(problem.names[number])
            if groups is None:
                continue
            assert sum(n for _, n in groups) == pupils
            for name, n in groups:
                assert block.least[place[name]] <= n <= block.most[place[name]]
                used.update(block.rows[place[name]].tolist())
    assert all(count <= problem.limits[row] for row, count in used.items())


@pytest.mark.parametrize(("seed", "count", "many"), [(0, 40, 16), (1, 40, 16), (2, 90, 40)])
def test_neighbourhoods_make_a_week_cheaper_and_never_break_it(seed: int, count: int, many: int) -> None:
    instance, slots = busy(seed, count, many)
    for task in tasks(instance, slots):
        dived = solve_week(replace(task, rounds_per_visit=0.0))
        better = solve_week(replace(task, gap=0.0, rounds_per_visit=0.4))
        for answer in (dived, better):
            check(task, answer)
            assert answer.finished
        assert len(better.groups) >= len(dived.groups)
        if len(better.groups) == len(dived.groups) == len(task.problem.names):
            assert better.bound - 1e-6 <= better.cost <= dived.cost + 1e-6


def test_the_same_week_is_solved_the_same_way() -> None:
    instance, slots = busy(1)
    for task in tasks(instance, slots, gap=0.0, rounds_per_visit=0.4):
        assert solve_week(task) == solve_week(task)


def test_the_backstop_leaves_what_was_found_and_owns_up() -> None:
    instance, slots = busy(2)
    task = max(tasks(instance, slots, gap=0.0), key=lambda each: len(each.problem.names))
    whole = solve_week(task)
    for seconds, finished in ((0.0, False), (4.0, False), (1e9, True)):
        ticks = itertools.count()
        answer = solve_week(replace(task, seconds=seconds), lambda ticks=ticks: float(next(ticks)))  # type: ignore[misc]
        check(task, answer)
        assert answer.bound <= whole.bound + 1e-9
        assert (answer.finished, answer == whole) == (finished, finished)


def seated(instance: Instance, groups: Mapping[str, tuple[Group, ...]], slots: Slots) -> Allocation:
    """The plan of a stage."""
    return allocation(
        instance,
        tuple(
            Assignment(v.id, slots[v.id], groups[v.id]) if v.id in groups else Assignment(v.id, None)
            for v in instance.visits
        ),
    )


@pytest.mark.parametrize("seed", range(3, 6))
def test_limits_of_the_term_are_shared_by_the_weeks(seed: int) -> None:
    instance, slots = busy(seed, count=16, visits_per_term=3)
    with Children(0) as children:
        stage = WorkplaceStage(instance, children, children.now() + 600, 1)
        first = stage.seat(slots)
        assert verify(instance, seated(instance, first.groups, slots)).clean
        assert first.bound <= first.cost
        # One visit leaves the second week: the first week keeps its groups, the limits of the term still hold.
        week = {s.id: s.week for s in instance.slots}
        leaver = next(name for name in slots if week[slots[name]] == "2026-W43")
        fewer = {name: slot for name, slot in slots.items() if name != leaver}
        again = stage.seat(fewer)
        assert verify(instance, seated(instance, again.groups, fewer)).clean
        stay = [name for name in fewer if week[fewer[name]] == "2026-W42" and name in first.groups]
        assert [again.groups[name] for name in stay] == [first.groups[name] for name in stay]
        # The bound is of the visits asked about, whatever was kept: asking afresh gives no cheaper plan than it says.
        with Children(0) as others:
            fresh = WorkplaceStage(instance, others, others.now() + 600, 1).seat(fewer)
        if len(fresh.groups) == len(again.groups) == len(fewer):
            assert again.bound <= fresh.cost + 1e-6
            assert fresh.bound <= again.cost + 1e-6
        # Without any visit in the second week it is forgotten.
        one = {name: slot for name, slot in slots.items() if week[slot] == "2026-W42"}
        assert set(stage.seat(one).groups) <= set(one)
        assert stage.seat({}).groups == {}


def test_where_the_dive_leaves_somebody_out_the_exact_check_seats_them(monkeypatch: pytest.MonkeyPatch) -> None:
    document = term(
        visits=[visit(f"V{i}", requested_slots=[MONDAY, TUESDAY]) for i in range(4)],
        workplaces=[workplace("W0", visits_per_term=2), workplace("W1")],
    )
    instance = read(document)
    best = allocate(instance, Limits(workers=0))
    assert best.kpis.unplaced_pupils == 0
    monkeypatch.setattr(workplaces_week, "_dive", lambda problem, pool, limits, *_: workplaces_week._Plan(limits))
    monkeypatch.setattr(workplaces_week, "_improve", lambda *_: None)
    found = allocate(instance, Limits(workers=0))
    assert verify(instance, found).clean
    assert (found.kpis.unplaced_pupils, found.kpis.date_stage) == (0, best.kpis.date_stage)
    assert found.bounds == best.bounds
    # With neither, first come, first served is still there, and clean.
    monkeypatch.setattr(workplaces_week, "_hinted", lambda *_: None)
    monkeypatch.setattr(engine, "insert_parties", lambda instance, kept: first_come_first_served(instance))
    left = allocate(instance, Limits(workers=0))
    assert verify(instance, left).clean
    assert left.visits == tuple(
        replace(a, why=b.why) for a, b in zip(first_come_first_served(instance), left.visits, strict=True)
    )


def test_of_many_weeks_only_those_that_changed_are_solved_again(monkeypatch: pytest.MonkeyPatch) -> None:
    # Four weeks, each with its slot; W0 may be used three times in the term, once of it by a locked class.
    weeks = [(f"2026-11-{day:02d}/AM", f"2026-W{45 + i}") for i, day in enumerate((2, 9, 16, 23))]
    document = term(
        slots=[{"id": s, "date": s[:10], "block": "AM", "week": week} for s, week in weeks],
        visits=[visit(f"V{i}", requested_slots=[s for s, _ in weeks], negotiable_slots=[]) for i in range(5)],
        workplaces=[
            workplace("W0", visits_per_term=3, open_slots=[s for s, _ in weeks]),
            workplace("W1", groups_per_slot=3, lat=37.6, open_slots=[s for s, _ in weeks]),
        ],
    )
    document["visits"][4]["locked"] = {"slot": weeks[3][0], "groups": [{"workplace": "W0", "pupils": 6}]}
    instance = read(document)
    where = {f"V{i}": weeks[min(i, 3)][0] for i in range(5)}
    with Children(0) as children:
        stage = WorkplaceStage(instance, children, children.now() + 600, 1)
        first = stage.seat(where)
        solved: list[str] = []

        def tell(problem: WeekProblem, *_: object) -> Pool:
            solved.append(problem.week)
            return Pool(tuple(BlockPricer(block, problem.group_cost, problem.change_cost) for block in problem.blocks))

        monkeypatch.setattr(Pool, "of", tell)
        assert stage.so_far(where) == first.groups
        moved = {**where, "V0": where["V1"]}
        # Of what is solved, only weeks that are as they were can be used.
        assert stage.so_far(moved) == {name: first.groups[name] for name in ("V2", "V3", "V4")}
        again = stage.seat(moved)
    assert solved == ["2026-W46"]
    for slots, plan in ((where, first), (moved, again)):
        assert verify(instance, seated(instance, plan.groups, slots)).clean
        assert plan.groups["V4"] == (Group("W0", 6),)
    assert [again.groups[name] for name in ("V2", "V3")] == [first.groups[name] for name in ("V2", "V3")]
    # Two of the four who are free go to the near place, whoever they are.
    near = min(plan.cost for plan in (first, again))
    assert again.bound <= near + 1e-6


def test_a_hint_beyond_the_limits_is_not_taken() -> None:
    instance = read(term(visits=[visit("V0"), visit("V1")], workplaces=[workplace("W0")]))
    (week,) = build_weeks(instance, {"V0": MONDAY, "V1": MONDAY})
    pool = Pool.of(week)
    both = {"V0": (("W0", 6),), "V1": (("W0", 6),)}
    task = replace(tasks(instance, {"V0": MONDAY, "V1": MONDAY})[0], hint=both)
    assert workplaces_week._hinted(task, pool, week.limits) is None
    assert len(solve_week(task).groups) == 1


def test_a_program_that_leads_the_simplex_astray_is_solved_afresh() -> None:
    instance, slots = busy(1)
    task = tasks(instance, slots)[0]
    limits = task.problem.limits

    def master() -> Master:
        return Master(limits, {0: 1000.0, 1: 1000.0}, np.zeros(len(limits)))

    class Lost:
        def solve(self, **_: Any) -> Any:
            return SimpleNamespace(has_dual_feasible_solution=lambda: False)

    sound, astray = master(), master()
    vars(astray)["_solver"] = Lost()
    (cost, worth, _), (again, same, _) = sound.solve(), astray.solve()
    assert again == pytest.approx(cost)
    assert same == pytest.approx(worth)
    assert vars(astray)["_solver"] is None


def test_many_small_places_for_a_large_class_are_priced_exactly() -> None:
    # Twenty places of three at most: more than the first knapsack looks at.
    places = [workplace(f"W{i:02d}", max_group=3, lat=37.49 + i / 1000) for i in range(20)]
    document = term(visits=[visit("V0", pupils=52)], workplaces=places)
    instance = read(document)
    (week,) = build_weeks(instance, {"V0": MONDAY})
    answer = solve_week(tasks(instance, {"V0": MONDAY})[0])
    groups = best_groups(instance, allocation(instance, first_come_first_served(instance)), "V0", MONDAY)
    assert groups is not None
    assert sorted(answer.groups["V0"]) == sorted((g.workplace, g.pupils) for g in groups)
    assert week.pupils == (52,)
