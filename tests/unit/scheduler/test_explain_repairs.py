"""Cheapest repairs and costs of first choices: what is promised comes true when it is tried."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from scheduler.allocate import Limits, allocate
from scheduler.allocation import Allocation
from scheduler.children import Stopped
from scheduler.explain_changes import (
    AcceptSlot,
    MoreCoaches,
    MoreSeats,
    RaiseTravelLimit,
    SplitBundle,
    apply_changes,
    apply_repair,
)
from scheduler.explain_cost import cost_of_first_choice
from scheduler.explain_estimate import estimate_first_choices
from scheduler.explain_repairs import cheapest_repair
from scheduler.instance import Instance
from scheduler.verifier import verify
from tests.unit.scheduler.terms import (
    MONDAY,
    MONDAY_PM,
    NEXT,
    TUESDAY,
    every_plan,
    plan,
    read,
    school,
    term,
    visit,
    workplace,
)
from tests.unit.scheduler.test_properties import terms

HERE = Limits(workers=0)
ONLY_MONDAY: dict[str, Any] = {"requested_slots": [MONDAY], "negotiable_slots": []}


def kinds(instance: Instance, found: Allocation, name: str, slots: list[str] | None = None) -> list[type]:
    remedy = cheapest_repair(instance, found, name, slots=slots)
    assert remedy is not None
    after = allocate(apply_repair(instance, remedy), HERE)
    assert {a.id: a.slot for a in after.visits if a.id in remedy.slots} == remedy.slots
    assert after.kpis.unplaced_pupils < found.kpis.unplaced_pupils
    return [type(change) for change in remedy.changes]


def test_each_kind_of_repair() -> None:
    one = [workplace("W0", open_slots=[MONDAY])]
    full = read(term(visits=[visit(f"V{i}", **ONLY_MONDAY) for i in range(2)], workplaces=one))
    held = plan(full, V0=(MONDAY, {"W0": 6}))
    assert kinds(full, held, "V1") == [MoreSeats]
    there = read(term(visits=[visit(f"V{i}", **ONLY_MONDAY) for i in range(2)], workplaces=[workplace("W0")]))
    held = plan(there, V0=(MONDAY, {"W0": 6}))
    assert kinds(there, held, "V1") == [AcceptSlot]
    assert kinds(there, held, "V1", [MONDAY]) == [MoreSeats]
    coaches = read(term(visits=[visit("V0", chaperones_needed=11)], coaches={TUESDAY: 1}))
    remedy = cheapest_repair(coaches, plan(coaches), "V0")
    assert remedy is not None
    assert [change.document() for change in remedy.changes] == [{"code": "more_coaches", "slot": TUESDAY, "count": 1}]
    assert kinds(coaches, plan(coaches), "V0") == [MoreCoaches]
    far = read(term(visits=[visit("V0", max_travel_km=0.5)]))
    assert kinds(far, plan(far), "V0") == [RaiseTravelLimit]
    # Together they need two coaches more than there are anywhere; one by one there is room for each.
    apart = [visit(f"V{i}", bundle="B", chaperones_needed=6) for i in range(2)]
    bundle = read(term(visits=apart))
    assert kinds(bundle, plan(bundle), "V0") == [SplitBundle]


def test_no_favour_is_asked_where_there_is_room() -> None:
    instance = read(term())
    assert kinds(instance, plan(instance), "V0") == []


def test_where_nothing_helps() -> None:
    document = term(visits=[visit("V0", **{"class": "C"}), visit("V1", **{"class": "C"})])
    instance = read(document)
    held = plan(instance, V0=(MONDAY, {"W0": 6}))
    assert cheapest_repair(instance, held, "V1", slots=[MONDAY, MONDAY_PM]) is None
    with pytest.raises(KeyError):
        cheapest_repair(instance, held, "V9")
    with pytest.raises(KeyError):
        cheapest_repair(instance, held, "V1", slots=["2030-01-01/AM"])


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(terms())
def test_repairs_keep_their_promise(document: dict[str, Any]) -> None:
    instance = read(document)
    found = allocate(instance, HERE)
    for party in instance.parties:
        if found.by_visit[party[0].id].slot is None:
            remedy = cheapest_repair(instance, found, party[0].id)
            if remedy is None:
                continue
            changed = apply_repair(instance, remedy)
            after = allocate(changed, HERE)
            assert verify(changed, after).clean
            assert all(after.by_visit[name].slot == slot for name, slot in remedy.slots.items())
            assert after.kpis.unplaced_pupils <= found.kpis.unplaced_pupils - sum(v.pupils for v in party)


def test_a_change_leaves_the_rest_of_the_term_alone() -> None:
    instance = read(term())
    seats = MoreSeats(MONDAY, "middle", 2, 5, "S0", "arts")
    twice = apply_changes(instance, (seats, seats, MoreCoaches(NEXT, 3)))
    assert len({w.id for w in twice.workplaces}) == 6
    assert twice.seats_by_slot[MONDAY] == instance.seats_by_slot[MONDAY] + 20
    assert twice.seats_by_slot[TUESDAY] == instance.seats_by_slot[TUESDAY]
    assert twice.coaches == {NEXT: 3}
    assert twice.visits == instance.visits


@settings(
    max_examples=12, deadline=None, suppress_health_check=list(HealthCheck), phases=[Phase.explicit, Phase.generate]
)
@given(terms())
def test_costs_of_first_choices_are_those_found_by_trying(document: dict[str, Any]) -> None:
    instance = read(document)
    found = allocate(instance, HERE)
    free = min((p.kpis.unplaced_pupils, p.kpis.date_stage) for p in every_plan(instance))
    for visit_id in [a.id for a in found.visits if a.why is not None][:2]:
        cost = cost_of_first_choice(instance, found, visit_id, HERE)
        first = instance.visit_by_id[visit_id].requested_slots[0]
        held = [
            (p.kpis.unplaced_pupils, p.kpis.date_stage)
            for p in every_plan(instance)
            if p.by_visit[visit_id].slot == first
        ]
        assert cost.possible in ((True,) if held else (False, None))
        if held:
            assert cost.unplaced_pupils == min(held)[0] - free[0]
            assert cost.date_stage == pytest.approx(min(held)[1] - free[1], abs=0.02)


def test_estimates_say_how_they_were_reckoned() -> None:
    visits = [visit(f"V{i}", requested_slots=[MONDAY, TUESDAY], negotiable_slots=[]) for i in range(3)]
    instance = read(term(visits=[*visits, visit("V3", pupils=13)]))
    found = plan(instance, V0=(MONDAY, {"W0": 6}), V1=(MONDAY, {"W1": 6}), V2=(TUESDAY, {"W0": 6}))
    estimates = estimate_first_choices(instance, found)
    assert set(estimates) == {"V2", "V3"}
    assert estimates["V3"] is None
    assert estimates["V2"] is not None
    # One of the others changes places with it: nobody pays more than before.
    assert (estimates["V2"].basis, estimates["V2"].unplaced_pupils) == ("others_move", 0)
    assert estimates["V2"].date_stage == pytest.approx(0.0)
    freed = plan(instance, V0=(MONDAY, {"W0": 6}), V2=(TUESDAY, {"W0": 6}))
    stays = estimate_first_choices(instance, freed, ["V2"])["V2"]
    assert stays is not None
    # Six at rank 1 save 6; crowding rises from (36 + 36) / 12 × 10 to 144 / 12 × 10.
    assert (stays.basis, stays.date_stage) == ("as_it_stands", 54.0)
    assert estimate_first_choices(instance, freed, ["V0"]) == {"V0": None}


def test_what_no_price_buys() -> None:
    instance = read(term(schools=[school(own_chaperones_per_slot=0)]))
    cost = cost_of_first_choice(instance, plan(instance), "V0", HERE)
    assert (cost.possible, cost.date_stage, cost.plan) == (False, None, None)


def test_a_search_can_be_given_up() -> None:
    instance = read(term(visits=[visit(f"V{i}", bundle="B", chaperones_needed=6) for i in range(2)]))
    with pytest.raises(Stopped):
        cheapest_repair(instance, plan(instance), "V0", should_stop=lambda: True)
    answers = iter([False, True])
    # Reckoned is who was asked about before: the second visit is not in the answer.
    estimates = estimate_first_choices(instance, plan(instance), ["V0", "V1"], should_stop=lambda: next(answers))
    assert list(estimates) == ["V0"]
