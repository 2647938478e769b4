"""The whole engine on a sample term, in child processes: quality, determinism, cancelling, limits."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest

from scheduler.allocate import Limits, Progress, allocate
from scheduler.allocation import Allocation, gap
from scheduler.baseline import first_come_first_served
from scheduler.children import Call, ChildFailed, Children, Stopped
from scheduler.instance import Instance, instance_sha256
from scheduler.samples import sample_bytes
from scheduler.verifier import verify
from tests.unit.scheduler.terms import read, term


@pytest.fixture(scope="module")
def guro() -> Instance:
    return Instance.from_json(sample_bytes("guro-2018-spring")).with_policy(fairness_slack=0)


@pytest.fixture(scope="module")
def solved(guro: Instance) -> tuple[Allocation, list[Progress]]:
    told: list[Progress] = []
    sha256 = instance_sha256(sample_bytes("guro-2018-spring"))
    return allocate(guro, Limits(seconds=250), sha256=sha256, on_progress=told.append), told


def test_guro_is_placed_and_proven(guro: Instance, solved: tuple[Allocation, list[Progress]]) -> None:
    found, told = solved
    verdict = verify(guro, found)
    assert verdict.clean
    assert not verdict.differences
    assert found.kpis.unplaced_pupils == 0
    assert gap(found.kpis.date_stage, found.bounds.date_stage) <= 0.003
    assert gap(found.kpis.workplace_stage, found.bounds.workplace_stage) <= 0.006
    assert found.status == "optimal"
    assert not found.solver.cut_short
    # Golden bounds: what is proven here may rise, and no plan can be below it.
    assert 11_769 <= found.bounds.date_stage <= 11_805.09
    assert told[0].stage == "start"
    assert told[-1].stage == "done"
    assert told[-1].placed_pupils == found.kpis.placed_pupils
    assert sum((told[-1].load or {}).values()) == 6_799


def test_every_visit_off_its_first_choice_has_a_reason(
    guro: Instance, solved: tuple[Allocation, list[Progress]]
) -> None:
    for visit, assignment in zip(guro.visits, solved[0].visits, strict=True):
        assert (assignment.why is None) == (assignment.slot == visit.requested_slots[0])


def test_a_stopped_run_returns_what_it_has(guro: Instance) -> None:
    found = allocate(guro, Limits(seconds=100), should_stop=lambda: True)
    assert verify(guro, found).clean
    assert found.solver.cut_short
    assert found.status == "feasible"
    assert (found.bounds.date_stage, found.bounds.workplace_stage) == (0, 0)


def test_a_tiny_limit_returns_at_least_first_come_first_served(guro: Instance) -> None:
    ticks = itertools.count()
    found = allocate(guro, Limits(seconds=0.5), clock=lambda: next(ticks) * 0.1)
    placed = sum(1 for assignment in first_come_first_served(guro) if assignment.slot is not None)
    assert sum(1 for assignment in found.visits if assignment.slot is not None) >= placed
    assert found.solver.cut_short


def test_one_worker_and_two_give_the_same_plan() -> None:
    overfull = Instance.from_json(sample_bytes("overfull")).with_policy(fairness_slack=0)
    one, two = (allocate(overfull, Limits(seconds=250, workers=workers)) for workers in (1, 2))
    assert replace(one, solver=two.solver) == two
    assert one.kpis.unplaced_pupils == one.bounds.unplaced_pupils == 1_127


def test_a_task_that_fails_is_reported() -> None:
    with Children(1) as children:
        for call in (Call("os", "getpid", ()), Call("scheduler.knapsack", "reachable", ())):
            with pytest.raises(ChildFailed):
                children.run([lambda call=call: call], children.now() + 60)  # type: ignore[misc]
        ask = Call("scheduler.knapsack", "reachable", ([(2, 3)], 3))
        assert children.run([lambda: ask, lambda: ask], children.now() + 60) == [True, True]


def test_a_task_is_ended_at_its_deadline() -> None:
    with Children(1) as children, pytest.raises(Stopped):
        children.run([lambda: Call("scheduler.knapsack", "reachable", ([(2, 3)], 3))], children.now() - 1)


def test_the_child_works_where_the_plan_is_small() -> None:
    instance = read(term())
    assert allocate(instance, Limits(workers=1)).visits == allocate(instance, Limits(workers=0)).visits
