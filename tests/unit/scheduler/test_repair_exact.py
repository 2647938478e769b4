"""Repairs against trying everything: nobody loses a place, and nothing is changed, that need not be."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from scheduler.allocate import Limits, allocate
from scheduler.allocation import Allocation
from scheduler.baseline import first_come_first_served
from scheduler.costs import why_not
from scheduler.limits import Progress
from scheduler.mip import MipResult
from scheduler.parts import Group
from scheduler.repair import repair
from scheduler.repair_damage import worth
from scheduler.repair_exact import Away, SlotProgram
from scheduler.verifier import verify
from tests.unit.scheduler.terms import MONDAY, TUESDAY, allocation, every_plan, plan, read, term, visit, workplace
from tests.unit.scheduler.test_properties import terms

DAMAGE = ("closed for good", "closed at a slot", "coaches", "grown", "cancelled", "takes fewer")


def damaged(document: dict[str, Any], kind: str) -> dict[str, Any]:
    after = copy.deepcopy(document)
    lost = after["workplaces"][0]
    if kind == "closed for good":
        lost["open_slots"] = []
    elif kind == "closed at a slot":
        lost["open_slots"] = lost["open_slots"][1:]
    elif kind == "coaches":
        after["coaches"] = {TUESDAY: 1}
    elif kind == "grown":
        after["visits"][0]["pupils"] += 1
    elif kind == "takes fewer":
        after["visits"][0]["largest_groups"] = [{"workplace": lost["id"], "pupils": lost["min_group"]}]
    else:
        after["visits"].pop(0)
    return after


@settings(
    max_examples=100,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.generate],
    # The same terms each time: about one of a thousand would need changes at two slots together.
    derandomize=True,
)
@given(terms(), st.sampled_from(DAMAGE))
def test_no_plan_changes_less(document: dict[str, Any], kind: str) -> None:
    instance = read(document)
    before = allocation(instance, first_come_first_served(instance))
    now = read(damaged(document, kind))
    stood = {a.id: a for a in before.visits if a.slot is not None and a.id in now.visit_by_id}
    after = repair(now, before)
    assert verify(now, after).clean
    mended = worth(now, stood, {a.id: a for a in after.visits if a.slot is not None})
    best = min(
        worth(now, stood, {a.id: a for a in other.visits if a.slot is not None})
        for other in every_plan(now)
        if all(a.slot is None or a.id in stood for a in other.visits)
    )
    # Rules broken, pupils without a place, visits changed, groups changed.
    assert mended[:4] == best[:4]


def test_two_who_want_the_same_place_are_mended_together() -> None:
    # W0 closes. V0 could take W2 or W3, V1 only W2: whoever is asked first must not take what the other needs.
    document = term(
        visits=[
            visit("V0", pupils=3, requested_slots=[MONDAY], negotiable_slots=[]),
            visit("V1", pupils=3, requested_slots=[MONDAY], negotiable_slots=[], excluded_workplaces=["W3"]),
        ],
        workplaces=[
            workplace("W0", groups_per_slot=2),
            workplace("W2", max_group=3, field="arts"),
            workplace("W3", max_group=3, field="health"),
        ],
    )
    before = plan(read(document), V0=(MONDAY, {"W0": 3}), V1=(MONDAY, {"W0": 3}))
    document["workplaces"][0]["open_slots"] = []
    after = repair(read(document), before)
    assert [[g.workplace for g in a.groups] for a in after.visits] == [["W3"], ["W2"]]


def test_who_leaves_is_who_changes_least() -> None:
    # One coach too few: the class that can be placed elsewhere goes, the others stay as they are.
    visits = [visit(f"V{i}", chaperones_needed=3, requested_slots=[MONDAY], negotiable_slots=[]) for i in range(2)]
    visits.append(visit("V2", chaperones_needed=3, requested_slots=[MONDAY, TUESDAY]))
    document = term(visits=visits, workplaces=[workplace(f"W{i}") for i in range(3)])
    before = plan(read(document), V0=(MONDAY, {"W0": 6}), V1=(MONDAY, {"W1": 6}), V2=(MONDAY, {"W2": 6}))
    document["schools"][0]["own_chaperones_per_slot"] = 8
    now = read(document)
    after = repair(now, before)
    assert [a.slot for a in after.visits] == [MONDAY, MONDAY, TUESDAY]
    parties = [now.party_by_visit[f"V{i}"] for i in range(3)]
    given = {a.id: a for a in before.visits}
    away = {p: Away({}) for p in range(3)}
    found = SlotProgram(now, (), MONDAY, parties, given, away).solve()
    assert found is not None
    assert len(found) == 2


def chain() -> tuple[dict[str, Any], Allocation]:
    """V0 may only take the place of V1, V1 only that of V2, and V2 the one that is free."""
    names = ("W0", "W2", "W3", "W4")

    def only(number: int, *places: str) -> dict[str, Any]:
        out = [name for name in names if name not in places]
        wishes: dict[str, Any] = {"requested_slots": [MONDAY], "negotiable_slots": []}
        return visit(f"V{number}", pupils=3, excluded_workplaces=out, **wishes)

    visits = [only(0, "W0", "W2"), only(1, "W2", "W3"), only(2, "W3", "W4")]
    document = term(visits=visits, workplaces=[workplace(name, max_group=3) for name in names])
    before = plan(read(document), V0=(MONDAY, {"W0": 3}), V1=(MONDAY, {"W2": 3}), V2=(MONDAY, {"W3": 3}))
    document["workplaces"][0]["open_slots"] = []
    return document, before


def test_a_chain_of_changes_saves_a_place() -> None:
    document, before = chain()
    now = read(document)
    after = repair(now, before)
    assert verify(now, after).clean
    assert [[g.workplace for g in a.groups] for a in after.visits] == [["W2"], ["W3"], ["W4"]]


def test_the_quick_mend_stands_where_no_time_is_left_or_nothing_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    document, before = chain()
    now = read(document)
    answers = iter([False, True])
    hurried = repair(now, before, should_stop=lambda: next(answers))
    assert hurried.solver.cut_short
    monkeypatch.setattr("scheduler.mip_solving.solve_mip", lambda *_, **__: MipResult(None, 0.0, 0.0, False))
    undecided = repair(now, before)
    for after in (hurried, undecided):
        assert verify(now, after).clean
        assert [a.slot for a in after.visits] == [None, MONDAY, MONDAY]


def test_who_is_locked_with_groups_keeps_them_and_gives_way_to_nobody() -> None:
    # V1 is locked to its groups now: it moves to them, and V0 cannot push it aside.
    visits = [visit("V0", negotiable_slots=[], requested_slots=[MONDAY], excluded_workplaces=["W1"]), visit("V1")]
    document = term(visits=visits, workplaces=[workplace("W0"), workplace("W1")])
    before = plan(read(document), V0=(MONDAY, {"W0": 6}), V1=(MONDAY, {"W1": 6}))
    document["visits"][1]["locked"] = {"slot": MONDAY, "groups": [{"workplace": "W0", "pupils": 6}]}
    now = read(document)
    after = repair(now, before)
    assert verify(now, after).clean
    assert [[g.workplace for g in a.groups] for a in after.visits] == [[], ["W0"]]


def test_a_party_gives_way_to_no_locked_groups() -> None:
    # V2 is out of its place; V0, who could make room, is locked there, and V1 makes room instead.
    document = term(
        visits=[
            visit("V0", locked={"slot": MONDAY, "groups": [{"workplace": "W0", "pupils": 6}]}),
            visit("V1", requested_slots=[MONDAY], negotiable_slots=[]),
            visit("V2", requested_slots=[MONDAY], negotiable_slots=[], excluded_workplaces=["W3"]),
        ],
        workplaces=[workplace(f"W{i}") for i in range(4)],
    )
    before = plan(read(document), V0=(MONDAY, {"W0": 6}), V1=(MONDAY, {"W1": 6}), V2=(MONDAY, {"W2": 6}))
    document["workplaces"][2]["open_slots"] = []
    now = read(document)
    after = repair(now, before)
    assert verify(now, after).clean
    assert [[g.workplace for g in a.groups] for a in after.visits] == [["W0"], ["W3"], ["W1"]]


def test_a_workplace_twice_in_a_visit_is_mended_and_the_end_is_told() -> None:
    instance = read(term(visits=[visit("V0")], workplaces=[workplace("W0", groups_per_slot=2), workplace("W1")]))
    stands = plan(instance, V0=(MONDAY, {"W0": 6}))
    twice = replace(stands, visits=(replace(stands.visits[0], groups=(Group("W0", 3), Group("W0", 3))),))
    told: list[Progress] = []
    after = repair(instance, twice, on_progress=told.append)
    assert verify(instance, after).clean
    assert after.visits[0].slot == MONDAY
    assert [(each.stage, each.placed_pupils) for each in told] == [("done", 6)]


def test_a_class_that_grew_takes_the_place_of_a_smaller_one() -> None:
    # Seven need a second place on Monday, which four have who can go nowhere else: three fewer are without a place.
    wishes: dict[str, Any] = {"requested_slots": [MONDAY], "negotiable_slots": []}
    document = term(visits=[visit("V0", **wishes), visit("V1", pupils=4, **wishes)])
    before = plan(read(document), V0=(MONDAY, {"W0": 6}), V1=(MONDAY, {"W1": 4}))
    document["visits"][0]["pupils"] = 7
    now = read(document)
    after = repair(now, before)
    assert verify(now, after).clean
    assert [a.slot for a in after.visits] == [MONDAY, None]


@pytest.mark.parametrize("same_class", [False, True])
def test_who_lost_their_place_may_change_with_somebody_at_another_slot(same_class: bool) -> None:
    # V0 grew beyond the places of Monday; V1, who has the large one on Tuesday, can go on Monday as well.
    more: dict[str, Any] = {"negotiable_slots": [], **({"class": "C"} if same_class else {})}
    places = [workplace("W0", open_slots=[MONDAY]), workplace("W1", max_group=7, open_slots=[TUESDAY])]
    visits = [
        visit("V0", requested_slots=[MONDAY, TUESDAY], **more),
        visit("V1", requested_slots=[TUESDAY, MONDAY], **more),
    ]
    document = term(visits=visits, workplaces=places)
    before = plan(read(document), V0=(MONDAY, {"W0": 6}), V1=(TUESDAY, {"W1": 6}))
    document["visits"][0]["pupils"] = 7
    now = read(document)
    after = repair(now, before)
    assert verify(now, after).clean
    assert [a.slot for a in after.visits] == [TUESDAY, MONDAY]
    hurried = repair(now, before, should_stop=lambda: True)
    assert [a.slot for a in hurried.visits] == [None, TUESDAY]


def test_no_class_goes_out_twice_for_a_repair() -> None:
    # There is room on Tuesday, but the class is out that day with a visit that stays.
    more: dict[str, Any] = {"class": "C", "negotiable_slots": []}
    held = {"locked": {"slot": TUESDAY, "groups": None}}
    document = term(
        visits=[
            visit("V0", requested_slots=[MONDAY, TUESDAY], **more),
            visit("V1", requested_slots=[TUESDAY], **more, **held),
        ],
        workplaces=[workplace("W0"), workplace("W1", open_slots=[TUESDAY])],
    )
    before = plan(read(document), V0=(MONDAY, {"W0": 6}), V1=(TUESDAY, {"W0": 6}))
    document["workplaces"][0]["open_slots"] = [TUESDAY]
    now = read(document)
    after = repair(now, before)
    assert verify(now, after).clean
    assert [a.slot for a in after.visits] == [None, TUESDAY]


def test_a_visit_that_joins_a_bundle_goes_where_locked_groups_are() -> None:
    held = {"locked": {"slot": MONDAY, "groups": [{"workplace": "W0", "pupils": 6}]}}
    document = term(visits=[visit("V0", bundle="B", **held), visit("V1", bundle="B")])
    now = read(document)
    after = repair(now, plan(now, V0=(MONDAY, {"W0": 6})))
    assert verify(now, after).clean
    assert [(a.slot, [g.workplace for g in a.groups]) for a in after.visits] == [(MONDAY, ["W0"]), (MONDAY, ["W1"])]


@pytest.mark.parametrize("spread", [False, True])
def test_a_workplace_that_takes_fewer_keeps_those_and_the_rest_go_elsewhere(spread: bool) -> None:
    # W0 said four of V0's six: they stay, and nobody asks it for more.
    wishes: dict[str, Any] = {"requested_slots": [MONDAY], "negotiable_slots": []}
    visits = [visit("V0", **wishes), visit("V1", pupils=4, **wishes)]
    document = term(visits=visits, workplaces=[workplace("W0"), workplace("W1", max_group=4), workplace("W2")])
    before = plan(read(document), V0=(MONDAY, {"W0": 6}), V1=(MONDAY, {"W1": 4}))
    document["visits"][0]["largest_groups"] = [{"workplace": "W0", "pupils": 4}]
    now = read(document)
    if spread:
        given = tuple(replace(a, groups=(Group("W0", 4),)) if a.id == "V0" else a for a in before.visits)
        before = replace(before, visits=given)
        document["visits"][0]["previous"] = {"slot": MONDAY, "groups": [{"workplace": "W0", "pupils": 4}]}
        now = read(document)
    after = repair(now, before)
    assert verify(now, after).clean
    groups = [{g.workplace: g.pupils for g in a.groups} for a in after.visits]
    assert groups[1] == {"W1": 4}
    assert groups[0] == {"W0": 4, "W2": 2} if spread else sum(groups[0].values()) == 6


def test_a_workplace_that_takes_fewer_than_a_group_takes_none() -> None:
    document = term(visits=[visit("V0", pupils=4)], workplaces=[workplace("W0", min_group=3), workplace("W1")])
    document["visits"][0]["largest_groups"] = [{"workplace": "W0", "pupils": 2}]
    now = read(document)
    assert why_not(now.schools[0], now.visits[0], now.workplaces[0]) == "at most 2 pupils of this visit"
    assert [[g.workplace for g in a.groups] for a in allocate(now, Limits(workers=0)).visits] == [["W1"]]
