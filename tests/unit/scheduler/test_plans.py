"""Reading plans, first come first served, moving one visit, reasons and repairs."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from typing import Any

import pytest

from scheduler.allocate import Limits, allocate
from scheduler.allocation import Allocation, AllocationError, Assignment, parse_allocation, parse_allocation_json
from scheduler.baseline import first_come_first_served
from scheduler.explain import WhyCode, reasons
from scheduler.instance import Group, Instance
from scheduler.moves import (
    best_groups,
    congestion_price,
    free_seats,
    load_by_slot,
    party_changes,
    preview_changes,
    preview_move,
    seats_by_slot,
    suggest,
)
from scheduler.repair import repair
from scheduler.samples import sample_bytes
from scheduler.verifier import verify
from tests.unit.scheduler.terms import (
    MONDAY,
    MONDAY_PM,
    NEXT,
    TUESDAY,
    allocation,
    plan,
    read,
    school,
    term,
    visit,
    workplace,
)

HERE = Limits(workers=0)


def test_plans_come_back_equal() -> None:
    instance = read(term())
    found = allocate(instance, HERE, sha256="ab")
    assert parse_allocation_json(json.dumps(found.to_document()).encode()) == found


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"format": "wx-allocation/2"}, "format: must be 'wx-allocation/1'"),
        ({"status": "good"}, 'status: "good", must be one of optimal, feasible'),
        ({"visits": None}, "visits: null, must be a list"),
        ({"visits": [{"id": "V0", "slot": 3, "groups": [], "why": None}]}, "visits[0].slot: 3, must be a string"),
        (
            {"visits": [{"id": "V0", "slot": None, "groups": [{}], "why": None}]},
            "visits[0].groups[0].pupils: is missing",
        ),
        ({"visits": [{"id": "V0", "slot": None, "groups": [], "why": {}}]}, None),
        ({"kpis": {}}, "kpis.unplaced_pupils: is missing"),
        ({"kpis": 3}, "kpis: 3, must be an object"),
        ({"bounds": None}, "bounds: null, must be an object"),
        ({"solver": {"name": "x", "version": "1", "seconds": 0, "seed": 1, "cut_short": 1}}, "solver.cut_short: 1"),
        ({"solver": None}, "solver: null, must be an object"),
    ],
)
def test_unusable_plans(change: dict[str, Any], fault: str | None) -> None:
    document = allocate(read(term()), HERE).to_document() | change
    if fault is None:
        parse_allocation(document)
        return
    with pytest.raises(AllocationError) as caught:
        parse_allocation(document)
    assert fault in str(caught.value)


def test_unreadable_plans() -> None:
    for data in (b"", b"[]", b'{"a": 1, "a": 2}'):
        with pytest.raises(AllocationError):
            parse_allocation_json(data)


@pytest.mark.parametrize("name", ["guro-2018-spring", "overfull"])
def test_first_come_first_served_breaks_no_rule(name: str) -> None:
    instance = Instance.from_json(sample_bytes(name))
    assert verify(instance, allocation(instance, first_come_first_served(instance))).clean


def test_first_come_first_served_keeps_locks() -> None:
    document = term(workplaces=[workplace("W0")])
    document["visits"][1]["locked"] = {"slot": MONDAY, "groups": [{"workplace": "W0", "pupils": 6}]}
    assert [a.slot for a in first_come_first_served(read(document))] == [TUESDAY, MONDAY]


def crowded() -> tuple[Instance, Allocation]:
    """V0 and V1 on Monday fill both workplaces; V2 is on Tuesday and V3 not placed."""
    wishes: dict[str, Any] = {"requested_slots": [MONDAY, TUESDAY], "negotiable_slots": [NEXT]}
    instance = read(term(visits=[visit(f"V{i}", **wishes) for i in range(4)]))
    return instance, plan(instance, V0=(MONDAY, {"W0": 6}), V1=(MONDAY, {"W1": 6}), V2=(TUESDAY, {"W0": 3, "W1": 3}))


def test_free_seats_loads_and_prices() -> None:
    instance, found = crowded()
    assert free_seats(instance, found, MONDAY) == {}
    assert free_seats(instance, found, NEXT) == {"W0": 6, "W1": 6}
    loads = load_by_slot(instance, found)
    assert loads == {MONDAY: 12, MONDAY_PM: 0, TUESDAY: 6, NEXT: 0}
    assert congestion_price(instance, loads, TUESDAY) == 2 * 10 * 6 / seats_by_slot(instance)[TUESDAY] == 10
    closed = read(term(workplaces=[workplace("W0", open_slots=[MONDAY])]))
    assert congestion_price(closed, {}, NEXT) == math.inf


def test_the_best_groups_and_what_a_move_costs() -> None:
    instance, found = crowded()
    assert best_groups(instance, found, "V2", MONDAY) is None
    assert best_groups(instance, found, "V2", NEXT) == (Group("W0", 6),)
    moved = preview_move(instance, found, "V2", NEXT)
    assert not moved.violations
    assert moved.after.shifted_visits == 1
    total = (
        moved.after.date_stage + moved.after.workplace_stage - moved.before.date_stage - moved.before.workplace_stage
    )
    assert moved.cost_delta == pytest.approx(total, abs=0.02)
    broken = preview_move(instance, found, "V2", MONDAY, (Group("W0", 6),))
    assert {violation.rule for violation in broken.violations} == {"H3"}
    assert {violation.rule for violation in preview_move(instance, found, "V2", MONDAY).violations} == {"H2"}
    assert preview_move(instance, found, "V2", None).after.unplaced_pupils == 12


def test_suggestions_are_ranked_and_keep_their_promise() -> None:
    instance, found = crowded()
    offered = suggest(instance, found, "V2")
    assert [(each.slot, each.rank) for each in offered] == [(NEXT, None)]
    for each in suggest(instance, found, "V3"):
        preview = preview_move(instance, found, "V3", each.slot)
        assert not preview.violations
        assert (preview.cost_delta, preview.allocation.by_visit["V3"].groups) == (each.cost_delta, each.groups)
    assert [each.slot for each in suggest(instance, found, "V3", limit=1)] == [NEXT]


def test_a_bundle_is_suggested_whole_and_a_lock_stays() -> None:
    document = term(visits=[visit("V0", bundle="B"), visit("V1", bundle="B"), visit("V2")])
    document["visits"][2]["locked"] = {"slot": NEXT, "groups": [{"workplace": "W1", "pupils": 6}]}
    instance = read(document)
    found = plan(instance, V2=(NEXT, {"W1": 6}))
    assert suggest(instance, found, "V2") == ()
    assert best_groups(instance, found, "V2", NEXT) == (Group("W1", 6),)
    # at NEXT one workplace is left for the two of them
    offered = suggest(instance, found, "V0")
    assert [each.slot for each in offered] == [MONDAY, TUESDAY]
    for each in offered:
        preview = preview_changes(instance, found, party_changes(instance, "V0", each.slot))
        assert not preview.violations
        assert preview.cost_delta == each.cost_delta
    together = preview_changes(instance, found, party_changes(instance, "V0", MONDAY)).allocation
    assert [each.slot for each in suggest(instance, together, "V1")] == [TUESDAY]


def why(instance: Instance, found: Allocation, name: str) -> dict[str, Any]:
    explained = {assignment.id: assignment.why for assignment in reasons(instance, found.visits)}[name]
    assert explained is not None
    return {"code": explained.code, **explained.facts}


def test_seats_taken_and_room_elsewhere() -> None:
    instance, found = crowded()
    told = why(instance, found, "V3")
    assert told["code"] == WhyCode.SEATS_TAKEN
    assert (told["slot"], told["load"], told["seats"], told["visits"], told["free_seats"]) == (MONDAY, 12, 12, 2, 0)
    assert [entry["code"] for entry in told["better"]] == ["seats_taken", "seats_taken", "within_gap"]


@pytest.mark.parametrize(
    ("changes", "others", "code"),
    [
        ({"locked": {"slot": NEXT, "groups": None}}, {}, WhyCode.LOCKED),
        ({"pupils": 13}, {}, WhyCode.CLOSED),
        ({"bundle": "B", "pupils": 9}, {"bundle": "B", "pupils": 9}, WhyCode.BUNDLE_TOO_LARGE),
        (
            {"bundle": "B"},
            {"bundle": "B", "requested_slots": [NEXT], "negotiable_slots": []},
            WhyCode.BUNDLE_NOT_ACCEPTED,
        ),
        ({"chaperones_needed": 10}, {}, WhyCode.COACHES_SHORT),
        ({"chaperones_needed": 5}, {"chaperones_needed": 5}, WhyCode.COACHES_SHORT),
        ({"class": "1-1"}, {"class": "1-1"}, WhyCode.CLASS_SAME_DAY),
        ({}, {}, WhyCode.LEVELLED),
        ({"requested_slots": []}, {}, WhyCode.NOT_REQUESTED),
    ],
)
def test_each_code(changes: dict[str, Any], others: dict[str, Any], code: WhyCode) -> None:
    document = term(visits=[visit("V0", **changes), visit("V1", **others)])
    document["policy"]["crowding_price"] = 1000
    instance = read(document)
    together = others.get("bundle") == "B"
    small = changes.get("pupils", 6) <= 6
    placed = {"V0": (NEXT, {"W1": 6})} if small and not together else {}
    if not together:
        placed["V1"] = (MONDAY, {"W0": 6})
    assert why(instance, plan(instance, **placed), "V0")["code"] == code


def test_closing_a_workplace_changes_only_who_was_there() -> None:
    document = term(visits=[visit("V0"), visit("V1"), visit("V2", requested_slots=[TUESDAY])])
    document["workplaces"].append(workplace("W2", max_group=3))
    instance = read(document)
    before = plan(instance, V0=(MONDAY, {"W0": 3, "W2": 3}), V1=(MONDAY, {"W1": 6}), V2=(TUESDAY, {"W1": 6}))
    document["workplaces"][0]["open_slots"] = [TUESDAY]
    after = repair(read(document), before)
    assert verify(read(document), after).clean
    assert after.by_visit["V0"].slot == TUESDAY
    assert [after.by_visit[name].groups for name in ("V1", "V2")] == [before.by_visit[n].groups for n in ("V1", "V2")]
    document["workplaces"][2]["max_group"] = 6
    document["workplaces"][2]["open_slots"] = [MONDAY]
    again = repair(read(document), before)
    assert again.by_visit["V0"] == Assignment("V0", MONDAY, (Group("W2", 6),))


@pytest.mark.parametrize(
    "change",
    [
        lambda d: d["visits"][0].update(pupils=8),
        lambda d: d["visits"].pop(0),
        lambda d: d["visits"][0].update(excluded_workplaces=["W0"]),
        lambda d: d["visits"][0].update(requested_slots=[TUESDAY]),
        lambda d: d["workplaces"][0].update(visits_per_day=1, groups_per_slot=1),
        lambda d: d["schools"][0].update(own_chaperones_per_slot=1),
        lambda d: d["visits"][0].update({"class": "1-1"}) or d["visits"][1].update({"class": "1-1"}),
        lambda d: d["workplaces"][1].update(min_group=4, max_group=4),
        lambda d: d["visits"][0].update(locked={"slot": TUESDAY, "groups": None}),
        lambda d: d["visits"][0].update(bundle="B") or d["visits"][3].update(bundle="B"),
        lambda d: d["workplaces"].clear(),
    ],
)
def test_repairs_are_clean_whatever_happened(change: Any) -> None:
    document = term(schools=[school()], visits=[visit(f"V{i}") for i in range(4)])
    document["workplaces"] = [workplace(f"W{i}", groups_per_slot=2) for i in range(2)]
    instance = read(document)
    before = plan(instance, V0=(MONDAY, {"W0": 6}), V1=(MONDAY, {"W0": 3, "W1": 3}), V2=(TUESDAY, {"W1": 6}))
    change(document)
    after = repair(read(document), before)
    assert verify(read(document), after).clean


def test_who_was_left_out_stays_out_unless_asked_for() -> None:
    instance, before = crowded()
    assert repair(instance, before).by_visit["V3"].slot is None
    assert repair(instance, before, place_unplaced=True).by_visit["V3"].slot == NEXT


def test_repair_gives_way_to_the_clock() -> None:
    instance, before = crowded()
    closed = replace(instance, workplaces=instance.workplaces[:1])
    after = repair(closed, before, Limits(seconds=1), should_stop=lambda: True)
    assert verify(closed, after).clean
    assert after.solver.cut_short


@pytest.mark.parametrize("loss", range(0, 261, 40))
def test_one_lost_workplace_of_a_full_term(loss: int) -> None:
    guro = Instance.from_json(sample_bytes("guro-2018-spring"))
    before = allocation(guro, first_come_first_served(guro))
    workplaces = tuple(replace(w, open_slots=()) if i == loss else w for i, w in enumerate(guro.workplaces))
    closed = replace(guro, workplaces=workplaces)
    after = repair(closed, before)
    assert verify(closed, after).clean
    hit = {a.id for a in before.visits if any(g.workplace == guro.workplaces[loss].id for g in a.groups)}
    changed = {
        a.id
        for a in after.visits
        if (a.slot, set(a.groups)) != (before.by_visit[a.id].slot, set(before.by_visit[a.id].groups))
    }
    assert hit <= changed
    assert len(changed) <= 2 * len(hit)
