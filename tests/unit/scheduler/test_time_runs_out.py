"""Whenever the time runs out or the caller stops, the best verified plan is returned and owns up to it."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import pytest

from scheduler import allocate as engine
from scheduler import dates
from scheduler.allocate import Limits, LockConflict, Progress, allocate
from scheduler.allocation import Bounds
from scheduler.baseline import first_come_first_served
from scheduler.children import Children, Stopped
from scheduler.dates import DateStage
from scheduler.dates_model import DateProblem
from scheduler.locks import contradictory_locks
from scheduler.mip import Mip, MipResult
from scheduler.record import Record
from scheduler.verifier import verify
from scheduler.workplaces import WorkplaceStage
from tests.unit.scheduler.terms import MONDAY, TUESDAY, Document, allocation, read, school, term, visit, workplace
from tests.unit.scheduler.test_feedback import crowded

HERE = Limits(workers=0)


def ticking() -> Callable[[], float]:
    """A clock that is a second later whenever it is looked at."""
    seconds = itertools.count()
    return lambda: float(next(seconds))


class Ending(Children):
    """Children whose every task is ended from outside."""

    def run(self, *_: Any, **__: Any) -> list[object]:
        raise Stopped


def short_of_seats() -> Document:
    """Three classes for Monday, where two find room, and one that only fits together with nobody."""
    return crowded(requested_slots=[MONDAY])


def fair() -> Document:
    document = crowded()
    document["policy"] |= {"crowding_price": 10, "fairness_slack": 1.0}
    return document


@pytest.mark.parametrize("document", [crowded(), short_of_seats(), fair()])
def test_at_every_moment_there_is_a_clean_plan(document: Document) -> None:
    instance = read(document)
    whole = allocate(instance, HERE)
    assert not whole.solver.cut_short
    first = allocation(instance, first_come_first_served(instance))
    finished = set()
    for seconds in range(0, 121, 6):
        found = allocate(instance, Limits(seconds=seconds, workers=0), clock=ticking())
        assert verify(instance, found).clean
        assert found.kpis.unplaced_pupils <= first.kpis.unplaced_pupils
        assert found.bounds.unplaced_pupils <= whole.kpis.unplaced_pupils
        if found.kpis.unplaced_pupils == whole.kpis.unplaced_pupils:
            assert found.bounds.date_stage <= whole.kpis.date_stage
        if not found.solver.cut_short:
            assert (found.visits, found.bounds) == (whole.visits, whole.bounds)
        finished.add(not found.solver.cut_short)
    assert finished == {True, False}


def locked(document: Document) -> Document:
    for each in document["visits"]:
        each["locked"] = {"slot": MONDAY, "groups": None}
    return document


def test_locks_that_only_whole_groups_contradict_are_named() -> None:
    # Seats enough, groups not: the date stage learns it from the second, and then finds no slots at all.
    with pytest.raises(LockConflict) as caught:
        allocate(read(locked(crowded())), HERE)
    assert (caught.value.visits, caught.value.decided) == (("V0", "V1"), True)


def test_locks_that_time_did_not_decide_are_not_called_contradictory(monkeypatch: pytest.MonkeyPatch) -> None:
    # V0 comes first and takes the only place that V1 may use.
    held = {"locked": {"slot": MONDAY, "groups": None}}
    document = term(
        visits=[visit("V0", **held), visit("V1", max_travel_km=1, **held)],
        workplaces=[workplace("W0", lat=37.49, lon=126.85), workplace("W1")],
    )
    instance = read(document)
    assert allocate(instance, HERE).kpis.placed_pupils == 12
    for seconds in (0, 3):
        with pytest.raises(LockConflict) as caught:
            allocate(instance, Limits(seconds=seconds, workers=0), clock=ticking())
        assert not caught.value.decided
        assert "not decided" in str(caught.value)
    with Ending(0) as children:
        assert contradictory_locks(instance, children, 1e9) == ()

    def stop(*_: object) -> None:
        raise Stopped

    monkeypatch.setattr(WorkplaceStage, "seat", stop)
    with pytest.raises(LockConflict) as caught:
        allocate(instance, HERE)
    assert not caught.value.decided
    free = read(term())
    found = allocate(free, HERE)
    assert found.solver.cut_short
    assert verify(free, found).clean


def test_the_date_stage_ended_from_outside_says_so() -> None:
    problem = DateProblem.of(read(fair()))
    with Ending(0) as children:
        stage = DateStage(problem, children, children.now() + 600, 1e-4)
        plan = stage.solve()
        assert (plan.chosen, plan.finished) == (None, False)
        assert stage.fairest(plan, 0.5) == (None, False)
        with Children(0) as others:
            plan = DateStage(problem, others, others.now() + 600, 1e-4).solve()
        assert stage.fairest(plan, 0.5) == (None, False)
        assert stage.bound(0) == 0.0


def test_fewest_left_out_without_time_for_the_cheapest_slots(monkeypatch: pytest.MonkeyPatch) -> None:
    document = term(visits=[visit(f"V{i}", requested_slots=[MONDAY], negotiable_slots=[]) for i in range(3)])
    problem = DateProblem.of(read(document))
    monkeypatch.setattr(DateStage, "_cheapest", lambda *_: None)
    with Children(0) as children:
        plan = DateStage(problem, children, children.now() + 600, 1e-4).solve()
    assert plan.chosen is not None
    assert (plan.unplaced, plan.unplaced_bound, plan.cost_bound, plan.finished) == (6, 6, 0.0, False)
    assert plan.cost == problem.cost(plan.chosen)


def test_cuts_may_use_up_the_rounds_of_fairness(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "FAIR_ROUNDS", 1)
    instance = read(fair())
    found = allocate(instance, HERE)
    assert verify(instance, found).clean
    assert {each.slot for each in found.visits} == {MONDAY, TUESDAY}


def test_a_run_without_a_plan_yet_tells_where_it_stands() -> None:
    told: list[Progress] = []
    instance = read(term(schools=[school()]))
    record = Record(instance, HERE, lambda: 5.0, told.append)
    assert record.bounds() == Bounds()
    record.tell(force=True)
    record.tell()
    record.offer(first_come_first_served(read(term(visits=[visit("V0", pupils=99), visit("V1")]))))
    assert [(p.stage, p.incumbent, p.bound, p.gap, p.placed_pupils, p.load) for p in told] == [
        ("start", None, None, None, 0, None)
    ]
    wide = read(term(visits=[visit("V0", pupils=99), visit("V1")]))
    half = Record(wide, HERE, lambda: 5.0, told.append)
    half.offer(first_come_first_served(wide))
    half.tell(force=True)
    assert (told[-1].placed_pupils, told[-1].load) == (6, {MONDAY: 6})


def test_the_plan_before_stands_where_its_groups_could_not_be_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    document = term()
    best = allocate(read(document), HERE)
    for each, found in zip(document["visits"], best.visits, strict=True):
        groups = [{"workplace": group.workplace, "pupils": group.pupils} for group in found.groups]
        each["previous"] = {"slot": found.slot, "groups": groups}

    def stop(*_: object) -> None:
        raise Stopped

    monkeypatch.setattr(WorkplaceStage, "seat", stop)
    again = allocate(read(document), HERE)
    assert again.solver.cut_short
    assert [(a.slot, a.groups) for a in again.visits] == [(a.slot, a.groups) for a in best.visits]


@pytest.mark.parametrize("ended", ["relaxed", "few"])
def test_a_large_search_ended_half_way_keeps_what_it_has(ended: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dates, "LARGE", 0)
    problem = DateProblem.of(read(crowded()))
    run = DateStage._run
    asked: list[bool] = []

    def some(stage: DateStage, mip: Mip, **ways: Any) -> MipResult | None:
        asked.append(any(mip.integer))
        # First the relaxation of the pass, then that of the search, then the search among few slots.
        return None if len(asked) == (2 if ended == "relaxed" else 3) else run(stage, mip, **ways)

    monkeypatch.setattr(DateStage, "_run", some)
    with Children(0) as children:
        plan = DateStage(problem, children, children.now() + 600, 1e-4).solve()
    assert asked[:2] == [False, False]
    assert plan.chosen is not None
    assert problem.unplaced(plan.chosen) == 0
    assert plan.cost_bound <= plan.cost == problem.cost(plan.chosen)
