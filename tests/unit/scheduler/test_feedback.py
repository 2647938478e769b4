"""What the date stage cannot know: whole groups that do not fit come back as cuts, and nobody is lost by them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from scheduler import allocate as engine
from scheduler.allocate import Limits, allocate
from scheduler.allocation import Allocation
from scheduler.children import Children
from scheduler.instance import Instance
from scheduler.record import Record
from scheduler.seating_check import SeatingCheck
from scheduler.verifier import verify
from tests.unit.scheduler.terms import MONDAY, NEXT, TUESDAY, Document, read, school, term, visit, workplace

HERE = Limits(workers=0)


def crowded(**changes: Any) -> Document:
    """Two classes of seven: fourteen seats a day, but each class needs two of the three groups."""
    places = [
        workplace("W0", max_group=6),
        workplace("W1", min_group=4, max_group=6),
        workplace("W2", min_group=2, max_group=2),
    ]
    both = {"pupils": 7, "requested_slots": [MONDAY, TUESDAY], "negotiable_slots": [], **changes}
    visits = [visit(f"V{i}", school=f"S{i}", **both) for i in range(2)]
    document = term(workplaces=places, visits=visits, schools=[school("S0"), school("S1")])
    document["policy"]["crowding_price"] = 0
    return document


def solved(document: Document) -> tuple[Instance, Allocation]:
    instance = read(document)
    found = allocate(instance, HERE)
    verdict = verify(instance, found)
    assert verdict.violations == ()
    assert verdict.differences == ()
    return instance, found


def test_a_cut_sends_one_of_them_to_the_other_day() -> None:
    _, found = solved(crowded())
    assert {visit.slot for visit in found.visits} == {MONDAY, TUESDAY}
    assert found.kpis.date_stage == 7
    assert found.bounds.date_stage == pytest.approx(7, abs=0.02)


def test_what_a_cut_leaves_out_is_proven() -> None:
    _, found = solved(crowded(requested_slots=[MONDAY]))
    assert found.kpis.unplaced_pupils == found.bounds.unplaced_pupils == 7


def test_without_cuts_who_is_left_over_goes_where_there_is_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine._Run, "_learn", lambda *_: ([], {}))
    _, found = solved(crowded())
    assert {visit.slot for visit in found.visits} == {MONDAY, TUESDAY}
    assert found.bounds.date_stage <= found.kpis.date_stage == 7
    _, found = solved(crowded(requested_slots=[MONDAY]))
    assert found.kpis.unplaced_pupils == 7
    assert found.bounds.unplaced_pupils == 0


@pytest.mark.parametrize("learns", [True, False])
def test_a_fairer_plan_that_cannot_be_seated_is_given_up(learns: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if not learns:
        monkeypatch.setattr(engine._Run, "_learn", lambda *_: ([], {}))
    document = crowded()
    # Level days are worth the second choice; fairness within the slack would have both on Monday.
    document["policy"] |= {"crowding_price": 10, "fairness_slack": 1.0}
    _, found = solved(document)
    assert {visit.slot for visit in found.visits} == {MONDAY, TUESDAY}
    assert found.kpis.worst_school_cost == 1


def test_a_fair_plan_counts_only_within_the_slack() -> None:
    instance = read(crowded())
    with Children(0) as children:
        record = Record(instance, HERE, lambda: 0.0, None)
        run = engine._Run(instance, HERE, children, record)
        run.go()
        plan = run._dates.solve(run._cuts)
        best = record.best
        assert not run._settled(plan, None)
        dear = replace(plan, cost=1.0)
        assert not run._settled(dear, best)
        assert best is not None
        for before, kept in ((9.0, False), (-1.0, True)):
            record.best = replace(best, kpis=replace(best.kpis, worst_school_cost=before))
            assert run._settled(plan, best)
            assert (record.best is not best) is kept


def test_a_plan_before_keeps_its_dates_and_gets_better_groups() -> None:
    far = {"slot": NEXT, "groups": [{"workplace": "W1", "pupils": 6}]}
    places = [workplace("W0"), workplace("W1", field="health")]
    document = term(visits=[visit("V0", requested_slots=[NEXT], negotiable_slots=[], previous=far)], workplaces=places)
    document["policy"]["change_cost"] = 0
    _, found = solved(document)
    assert [group.workplace for group in found.visits[0].groups] == ["W0"]
    document["policy"]["change_cost"] = 50
    _, found = solved(document)
    assert found.kpis.changed_visits == 0


def test_what_the_check_does_not_decide_is_no_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine._Run, "_check", lambda *_: SeatingCheck(None, None))
    _, found = solved(crowded(requested_slots=[MONDAY]))
    assert (found.kpis.unplaced_pupils, found.bounds.unplaced_pupils) == (7, 0)
