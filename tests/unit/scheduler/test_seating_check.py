"""The exact seating check: who cannot be together, narrowed to the fewest, and groups that add up where all can."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from scheduler import seating_check
from scheduler.instance import Group, Instance
from scheduler.seating_check import SeatingCheck, check_seating
from scheduler.verifier import verify
from scheduler.workplaces_problem import build_weeks
from tests.unit.scheduler.terms import MONDAY, MONDAY_PM, NEXT, SLOTS, TUESDAY, plan, read, term, visit, workplace


def checked(
    places: Sequence[dict[str, Any]], *slots: str, pupils: Sequence[int] = (6,) * 4
) -> tuple[Instance, SeatingCheck]:
    """Visits V0, V1 and on at the given slots, each a party of its own."""
    visits = [
        visit(f"V{i}", requested_slots=list(SLOTS), negotiable_slots=[], pupils=pupils[i]) for i in range(len(slots))
    ]
    instance = read(term(workplaces=list(places), visits=visits))
    weeks = build_weeks(instance, {f"V{i}": s for i, s in enumerate(slots)})
    return instance, check_seating(weeks, [[int(name[1:]) for name in week.names] for week in weeks])


def test_where_all_can_be_seated_their_groups_are_told() -> None:
    # W1 takes no group as small as V0: all the small places are for V0 and V3, who are together on Monday.
    places = [workplace("W0", min_group=1, max_group=5), workplace("W1", min_group=7, max_group=9)]
    places += [workplace(f"W{i}", min_group=1, max_group=4) for i in (2, 3)] + [workplace("W4", min_group=3)]
    slots = (MONDAY, TUESDAY, MONDAY, MONDAY)
    instance, found = checked(places, *slots, pupils=(6, 6, 8, 9))
    assert found.conflict is None
    assert found.groups is not None
    placed = {
        name: (slots[int(name[1:])], {group.workplace: group.pupils for group in (Group(*g) for g in groups)})
        for name, groups in found.groups.items()
    }
    assert set(placed) == {"V0", "V1", "V2", "V3"}
    assert verify(instance, plan(instance, **placed)).clean


def test_a_conflict_holds_nobody_who_is_not_part_of_it() -> None:
    # Two at a slot with one place; the one on Tuesday is no part of it.
    _, found = checked([workplace("W0")], MONDAY, TUESDAY, MONDAY)
    assert (found.groups, found.conflict) == (None, (0, 2))
    # Four where there is room for two: any three are too many, and the smallest is let go first.
    _, found = checked([workplace("W0"), workplace("W1")], *[MONDAY] * 4, pupils=(6, 5, 6, 6))
    assert found.conflict == (0, 2, 3)
    # Within a slot only one of them stands in the way: it needs three groups at least.
    places = [workplace("W0", max_group=2), workplace("W1", max_group=3)]
    _, found = checked(places, MONDAY, TUESDAY)
    assert found.conflict == (0,)


def test_a_week_or_the_term_may_be_too_short_where_every_slot_is_not() -> None:
    _, found = checked([workplace("W0", visits_per_week=1)], MONDAY, TUESDAY, NEXT)
    assert found.conflict == (0, 1)
    _, found = checked([workplace("W0", visits_per_week=1)], MONDAY, MONDAY_PM, TUESDAY)
    assert found.conflict == (1, 2)
    _, found = checked([workplace("W0", visits_per_term=1)], MONDAY, NEXT)
    assert found.conflict == (0, 1)
    instance, found = checked([workplace("W0", visits_per_term=2), workplace("W1")], MONDAY, TUESDAY, NEXT)
    assert found.groups is not None
    assert len(found.groups) == len(instance.visits)


def test_work_that_does_not_suffice_decides_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    visits = [visit("V0", requested_slots=[MONDAY]), visit("V1", requested_slots=[MONDAY])]
    instance = read(term(visits=visits, workplaces=[workplace(f"W{i}", max_group=5) for i in range(3)]))
    weeks = build_weeks(instance, {"V0": MONDAY, "V1": MONDAY})
    assert check_seating(weeks, [[0, 1]], work=0.0) == SeatingCheck(None, None)
    # Undecided without one of them is no reason to leave it out.
    seat = seating_check._seat

    def undecided(weeks: Any, parties: Any, some: set[int], work: float) -> Any:
        return seat(weeks, parties, some, work) if len(some) > 1 else (None, {})

    monkeypatch.setattr(seating_check, "_seat", undecided)
    assert check_seating(weeks, [[0, 1]]).conflict == (0, 1)
