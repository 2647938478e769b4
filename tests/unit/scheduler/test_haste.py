"""What is left of a run that ends before its second stage does; and large terms, searched among few slots first."""

from __future__ import annotations

import pytest

from scheduler import dates
from scheduler.allocate import Limits, Progress, allocate
from scheduler.allocation import gap
from scheduler.baseline import seated_in_haste
from scheduler.instance import Group, Instance
from scheduler.samples import sample_bytes
from scheduler.verifier import verify
from tests.unit.scheduler.terms import MONDAY, MONDAY_PM, NEXT, TUESDAY, allocation, read, term, visit, workplace


@pytest.fixture(scope="module")
def guro() -> Instance:
    return Instance.from_json(sample_bytes("guro-2018-spring")).with_policy(fairness_slack=0)


def test_a_run_that_ends_among_the_workplaces_keeps_the_slots_it_has_proven(guro: Instance) -> None:
    stages: list[str] = []

    def note(progress: Progress) -> None:
        stages.append(progress.stage)

    found = allocate(guro, Limits(seconds=250), on_progress=note, should_stop=lambda: stages[-1:] == ["workplaces"])

    assert found.solver.cut_short
    assert verify(guro, found).clean
    assert found.kpis.unplaced_pupils == 0
    assert gap(found.kpis.date_stage, found.bounds.date_stage) <= 0.003


def test_in_haste_groups_that_are_known_stay_and_the_others_keep_their_slot() -> None:
    instance = read(term(visits=[visit("V0"), visit("V1", label="1-2"), visit("V2", label="1-3")]))
    known = {"V0": (Group("W1", 6),)}

    plan = allocation(instance, seated_in_haste(instance, {"V0": MONDAY, "V1": MONDAY, "V2": TUESDAY}, known))

    assert verify(instance, plan).clean
    assert plan.by_visit["V0"].groups == (Group("W1", 6),)
    assert [plan.by_visit[name].slot for name in ("V0", "V1", "V2")] == [MONDAY, MONDAY, TUESDAY]


def test_in_haste_who_finds_no_groups_at_the_slot_goes_where_there_is_room() -> None:
    places = [workplace("W0", open_slots=[MONDAY, TUESDAY])]
    instance = read(term(workplaces=places, visits=[visit("V0"), visit("V1", label="1-2"), visit("V2", label="1-3")]))

    plan = allocation(instance, seated_in_haste(instance, {"V0": MONDAY, "V1": MONDAY}, {"V0": (Group("W0", 6),)}))

    assert verify(instance, plan).clean
    assert [plan.by_visit[name].slot for name in ("V0", "V1", "V2")] == [MONDAY, TUESDAY, None]


def test_in_haste_a_bundle_with_one_group_missing_begins_afresh_together() -> None:
    visits = [visit("V0", bundle="B"), visit("V1", label="1-2", bundle="B")]
    instance = read(term(visits=visits))

    plan = allocation(instance, seated_in_haste(instance, {"V0": NEXT, "V1": NEXT}, {"V0": (Group("W0", 6),)}))

    assert verify(instance, plan).clean
    assert plan.by_visit["V0"].slot == plan.by_visit["V1"].slot == NEXT


def test_in_haste_a_locked_visit_comes_before_larger_ones() -> None:
    visits = [
        visit("V0", pupils=6),
        visit("V1", label="1-2", pupils=4, locked={"slot": MONDAY_PM, "groups": None}, requested_slots=[MONDAY_PM]),
    ]
    visits[0]["requested_slots"] = [MONDAY_PM, TUESDAY]
    instance = read(term(workplaces=[workplace("W0")], visits=visits))

    plan = allocation(instance, seated_in_haste(instance, {"V0": MONDAY_PM, "V1": MONDAY_PM}, {}))

    assert verify(instance, plan).clean
    assert (plan.by_visit["V1"].slot, plan.by_visit["V0"].slot) == (MONDAY_PM, TUESDAY)


@pytest.mark.parametrize("promising", [1, 3])
def test_a_large_term_is_as_good_and_as_proven(guro: Instance, monkeypatch: pytest.MonkeyPatch, promising: int) -> None:
    monkeypatch.setattr(dates, "LARGE", 0)
    monkeypatch.setattr(dates, "PROMISING", promising)

    found = allocate(guro, Limits(seconds=250))

    assert verify(guro, found).clean
    assert found.kpis.unplaced_pupils == 0
    assert gap(found.kpis.date_stage, found.bounds.date_stage) <= 0.003
    assert found.bounds.date_stage <= 11_805.09
    assert not found.solver.cut_short


def test_where_the_few_slots_are_near_enough_the_answer_is_theirs(monkeypatch: pytest.MonkeyPatch) -> None:
    instance = read(term())
    usual = allocate(instance, Limits(workers=0))
    monkeypatch.setattr(dates, "LARGE", 0)
    monkeypatch.setattr(dates, "PROMISING", 1)

    found = allocate(instance, Limits(workers=0))

    assert (found.kpis, found.bounds.unplaced_pupils) == (usual.kpis, 0)
    assert found.bounds.date_stage == usual.bounds.date_stage
