"""Several visits changed at once, whom to change slots with, and what a person decides against."""

from __future__ import annotations

from typing import Any

import pytest

from scheduler.allocation import Allocation, Assignment
from scheduler.bills import Bill
from scheduler.instance import Group, Instance
from scheduler.moves import Change, party_changes, preview_changes, preview_move, swap_changes
from scheduler.moves_swaps import suggest_swaps
from scheduler.soft_rules import SoftRule, broken, worsened
from scheduler.verifier import verify
from tests.unit.scheduler.terms import MONDAY, NEXT, TUESDAY, plan, read, school, term, visit, workplace


def full() -> tuple[Instance, Allocation]:
    """V0 fills Monday, V1 Tuesday: neither can move alone, both would rather stand where the other does."""
    wishes: dict[str, Any] = {"pupils": 12, "negotiable_slots": []}
    visits = [
        visit("V0", requested_slots=[TUESDAY, MONDAY], **wishes),
        visit("V1", requested_slots=[MONDAY, TUESDAY], school="S1", **wishes),
    ]
    instance = read(term(schools=[school("S0"), school("S1", lat=37.48)], visits=visits))
    return instance, plan(instance, V0=(MONDAY, {"W0": 6, "W1": 6}), V1=(TUESDAY, {"W0": 6, "W1": 6}))


def test_two_visits_that_cannot_move_alone_change_places() -> None:
    instance, found = full()
    assert {violation.rule for violation in preview_move(instance, found, "V0", TUESDAY).violations} == {"H2"}
    preview = preview_changes(instance, found, swap_changes(instance, found, "V0", "V1"))
    assert not preview.violations
    assert {a.id: a.slot for a in preview.allocation.visits} == {"V0": TUESDAY, "V1": MONDAY}
    assert preview.after.first_choice_share == 1
    assert verify(instance, preview.allocation).clean


def test_what_a_change_costs_is_told_by_who_bears_it() -> None:
    instance, found = full()
    preview = preview_changes(instance, found, swap_changes(instance, found, "V0", "V1"))
    total = (
        preview.after.date_stage
        + preview.after.workplace_stage
        - preview.before.date_stage
        - preview.before.workplace_stage
    )
    assert preview.cost_delta == pytest.approx(total, abs=0.02)
    # both gain a first choice; each slot is as full as before
    assert preview.effect.crowding == 0
    assert preview.by_school["S0"] < 0 > preview.by_school["S1"]
    assert sum(preview.by_school.values()) == pytest.approx(preview.cost_delta, abs=0.02)
    assert Bill(1.5, 2, 3).total == 6.5


def test_crowding_is_everybodys() -> None:
    instance, found = full()
    out = preview_move(instance, found, "V0", None)
    # 12 pupils of 12 seats: price × 12² / 12
    assert out.effect.crowding == -instance.policy.crowding_price * 12
    assert set(out.by_school) == {"S0"}
    assert out.after.unplaced_pupils == 12


def test_who_is_not_placed_takes_the_others_place() -> None:
    instance, _ = full()
    found = plan(instance, V1=(TUESDAY, {"W0": 6, "W1": 6}))
    preview = preview_changes(instance, found, swap_changes(instance, found, "V0", "V1"))
    assert {a.id: a.slot for a in preview.allocation.visits} == {"V0": TUESDAY, "V1": None}
    assert not preview.violations


def test_given_groups_are_kept_and_the_others_find_room_beside_them() -> None:
    instance = read(term())
    found = plan(instance, V0=(MONDAY, {"W0": 6}))
    changes = (Change("V1", MONDAY), Change("V0", MONDAY, (Group("W1", 6),)))
    preview = preview_changes(instance, found, changes)
    assert not preview.violations
    assert preview.allocation.by_visit["V1"].groups == (Group("W0", 6),)
    with pytest.raises(KeyError):
        preview_changes(instance, found, (Change("V0", MONDAY, (Group("W9", 6),)),))


def test_the_order_in_which_visits_are_seated_does_not_decide_whether_they_fit() -> None:
    # V0 could take either workplace, V1 only W0: the larger first would leave V1 without
    places = [workplace("W0", lat=37.49), workplace("W1")]
    visits = [visit("V0", pupils=6), visit("V1", pupils=5, excluded_workplaces=["W1"])]
    instance = read(term(workplaces=places, visits=visits))
    preview = preview_changes(instance, plan(instance), (Change("V0", MONDAY), Change("V1", MONDAY)))
    assert not preview.violations


def test_a_bundle_of_many_is_seated_largest_first() -> None:
    visits = [visit(f"V{i}", pupils=6 - i, bundle="B") for i in range(4)]
    places = [workplace(f"W{i}") for i in range(4)]
    instance = read(term(workplaces=places, visits=visits))
    preview = preview_changes(instance, plan(instance), party_changes(instance, "V2", MONDAY))
    assert not preview.violations
    assert preview.after.placed_pupils == 6 + 5 + 4 + 3


def test_a_fault_that_stood_before_is_not_laid_to_the_change() -> None:
    instance = read(term(visits=[visit("V0", excluded_workplaces=["W0"]), visit("V1")]))
    found = plan(instance, V0=(MONDAY, {"W0": 6}), V1=(TUESDAY, {"W0": 6}))
    preview = preview_move(instance, found, "V1", NEXT)
    assert [violation.rule for violation in preview.violations] == ["H4"]
    assert preview.caused == ()
    assert [violation.rule for violation in preview_move(instance, found, "V1", "2026-10-12/PM").caused] == ["H1"]


def test_a_slot_without_seats_takes_nobody_and_the_preview_says_so() -> None:
    instance = read(term(workplaces=[workplace("W0", open_slots=[MONDAY]), workplace("W1", open_slots=[MONDAY])]))
    preview = preview_move(instance, plan(instance), "V0", TUESDAY)
    assert {violation.rule for violation in preview.caused} == {"H2"}
    assert preview.effect.crowding == 0


def test_swaps_are_ranked_and_keep_their_promise() -> None:
    instance, found = full()
    (swap,) = suggest_swaps(instance, found, "V0")
    assert (swap.visit, swap.slot, swap.rank) == ("V1", TUESDAY, 0)
    assert swap.cost_delta < 0
    preview = preview_changes(instance, found, swap_changes(instance, found, "V0", "V1"))
    assert preview.cost_delta == swap.cost_delta


def test_nobody_is_suggested_who_may_not_stand_there() -> None:
    instance, found = full()
    assert suggest_swaps(instance, plan(instance, V1=(TUESDAY, {"W0": 6, "W1": 6})), "V0") == ()
    without = plan(instance, V0=(MONDAY, {"W0": 6, "W1": 6}))
    assert suggest_swaps(instance, without, "V0") == ()
    document = instance.to_document()
    document["visits"][1]["locked"] = {"slot": TUESDAY, "groups": None}  # type: ignore[index]
    kept = read(document)
    assert suggest_swaps(kept, found, "V0") == suggest_swaps(kept, found, "V1") == ()
    # one coach short at Tuesday for the class of V0: the pair is tried, and breaks H5
    document = instance.to_document()
    document["visits"][0]["chaperones_needed"] = 10  # type: ignore[index]
    document["coaches"] = {MONDAY: 1}
    assert suggest_swaps(read(document), found, "V0") == ()


def place(name: str, slot: str | None, **groups: int) -> Assignment:
    return Assignment(name, slot, tuple(Group(*pair) for pair in groups.items()))


def soft() -> Instance:
    places = [
        workplace("W0"),
        workplace("W1", field="health"),
        workplace("W2", lat=37.9),
    ]
    return read(term(workplaces=places))


def test_soft_rules_say_how_far_they_are_broken() -> None:
    instance = soft()
    assert broken(instance, place("V0", MONDAY, W0=6)) == {}
    assert broken(instance, place("V0", TUESDAY, W0=2, W1=4)) == {SoftRule.WISH: 1, SoftRule.OFF_FIELD: 4}
    assert broken(instance, place("V0", NEXT, W2=6)) == {SoftRule.NOT_ASKED: 2, SoftRule.FAR: 6}
    assert broken(instance, place("V0", None)) == {SoftRule.OUT: 3}


@pytest.mark.parametrize(
    ("before", "after", "rules"),
    [
        (place("V0", MONDAY, W0=6), place("V0", MONDAY, W0=6), ()),
        (place("V0", MONDAY, W0=6), place("V0", TUESDAY, W0=6), (SoftRule.WISH,)),
        (place("V0", TUESDAY, W0=6), place("V0", MONDAY, W0=6), ()),
        (place("V0", NEXT, W0=6), place("V0", TUESDAY, W0=6), ()),
        (place("V0", TUESDAY, W0=6), place("V0", NEXT, W0=6), (SoftRule.NOT_ASKED,)),
        (place("V0", NEXT, W0=6), place("V0", None), (SoftRule.OUT,)),
        (place("V0", None), place("V0", NEXT, W1=6), ()),
        (place("V0", MONDAY, W0=6), place("V0", MONDAY, W0=2, W1=2, W2=2), (SoftRule.OFF_FIELD, SoftRule.FAR)),
        (place("V0", MONDAY, W0=2, W1=4), place("V0", MONDAY, W0=4, W1=2), ()),
        (place("V0", MONDAY, W0=4, W1=2), place("V0", TUESDAY, W0=2, W1=4), (SoftRule.WISH, SoftRule.OFF_FIELD)),
    ],
)
def test_only_what_gets_worse_has_to_be_answered_for(
    before: Assignment, after: Assignment, rules: tuple[SoftRule, ...]
) -> None:
    assert worsened(soft(), before, after) == rules
