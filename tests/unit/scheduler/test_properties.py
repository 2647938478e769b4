"""Whatever the engine returns is clean, and its bounds never exceed what trying everything finds."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scheduler.allocate import Limits, LockConflict, allocate
from scheduler.verifier import verify
from tests.unit.scheduler.terms import (
    MONDAY,
    MONDAY_PM,
    NEXT,
    SLOTS,
    TUESDAY,
    best_by_trying,
    read,
    school,
    term,
    visit,
    workplace,
)


@st.composite
def terms(draw: st.DrawFn) -> dict[str, Any]:
    """Tiny terms with every kind of rule in them."""
    limit = st.one_of(st.none(), st.integers(1, 2))
    workplaces = []
    for i in range(draw(st.integers(1, 3))):
        least = draw(st.integers(1, 4))
        workplaces.append(
            workplace(
                f"W{i}",
                min_group=least,
                max_group=least + draw(st.integers(0, 4)),
                groups_per_slot=draw(st.integers(1, 2)),
                visits_per_day=draw(limit),
                visits_per_week=draw(limit),
                visits_per_term=draw(limit),
                open_slots=sorted(draw(st.sets(st.sampled_from([MONDAY, MONDAY_PM, TUESDAY, NEXT]), min_size=1))),
                lat=draw(st.sampled_from([37.49, 37.5, 37.6])),
                field=draw(st.sampled_from(["arts", "health"])),
            )
        )
    visits = []
    for i in range(draw(st.integers(1, 4))):
        slots = draw(st.lists(st.sampled_from(SLOTS[:3]), min_size=1, max_size=3, unique=True))
        asked = draw(st.integers(1, len(slots)))
        visits.append(
            visit(
                f"V{i}",
                school=f"S{i % 2}",
                pupils=draw(st.integers(1, 6)),
                chaperones_needed=draw(st.integers(0, 2)),
                requested_slots=slots[:asked],
                negotiable_slots=slots[asked:],
                bundle=draw(st.sampled_from([None, None, f"B{i % 2}"])),
                max_travel_km=draw(st.sampled_from([None, None, 5])),
                excluded_workplaces=draw(st.sampled_from([[], [], ["W0"]])),
                **({"class": "C"} if draw(st.booleans()) else {}),
            )
        )
    return term(
        schools=[school("S0", own_chaperones_per_slot=1), school("S1", own_chaperones_per_slot=0)],
        workplaces=workplaces,
        visits=visits,
        coaches={MONDAY: draw(st.integers(0, 3)), TUESDAY: 2},
    )


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(terms())
def test_plans_are_clean_and_bounds_hold(document: dict[str, Any]) -> None:
    instance = read(document)
    found = allocate(instance, Limits(workers=0))
    verdict = verify(instance, found)
    assert verdict.clean, verdict.violations
    assert not verdict.differences
    slots = {assignment.id: assignment.slot for assignment in found.visits}
    unplaced, dates, workplaces = best_by_trying(instance, slots)
    assert found.bounds.unplaced_pupils <= unplaced
    assert found.bounds.workplace_stage <= workplaces + 0.01
    assert found.kpis.unplaced_pupils == unplaced
    assert found.bounds.date_stage <= dates + 0.01
    assert found.kpis.date_stage <= dates * 1.002 + 0.01
    assert found.kpis.workplace_stage <= workplaces * 1.02 + 0.01


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(terms(), st.data())
def test_locks_are_kept_or_named(document: dict[str, Any], data: st.DataObject) -> None:
    instance = read(document)
    free = allocate(instance, Limits(workers=0))
    for record, assignment in zip(document["visits"], free.visits, strict=True):
        if assignment.slot is not None and data.draw(st.booleans()):
            record["locked"] = {"slot": assignment.slot, "groups": None}
    locked = read(document)
    try:
        found = allocate(locked, Limits(workers=0))
    except LockConflict as conflict:
        raise AssertionError("locks taken from a clean plan cannot contradict each other") from conflict
    assert verify(locked, found).clean
