"""What befalls a published term: each kind of damage, alone and together, and what repair makes of it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scheduler.__main__ import main
from scheduler.allocation import Allocation
from scheduler.baseline import first_come_first_served
from scheduler.damages import Damages, damage, lost_locks
from scheduler.faults import InputError
from scheduler.instance import Instance, parse_instance
from scheduler.parts import Placement
from scheduler.repair import repair
from scheduler.verifier import verify
from tests.unit.scheduler.terms import (
    MONDAY,
    MONDAY_PM,
    NEXT,
    SLOTS,
    TUESDAY,
    allocation,
    plan,
    read,
    school,
    term,
    visit,
    workplace,
)
from tests.unit.scheduler.test_properties import terms


def published(**changes: Any) -> tuple[Instance, Allocation]:
    """Two classes of two schools on Monday at a workplace each, one on Tuesday; every slot has a place to spare."""
    document = term(
        schools=[school("S0", own_chaperones_per_slot=0), school("S1", own_chaperones_per_slot=0)],
        visits=[visit("V0"), visit("V1", school="S1"), visit("V2", requested_slots=[TUESDAY])],
        workplaces=[workplace("W0"), workplace("W1"), workplace("W2")],
        coaches=dict.fromkeys(SLOTS, 2),
        **changes,
    )
    instance = read(document)
    return instance, plan(instance, V0=(MONDAY, {"W0": 6}), V1=(MONDAY, {"W1": 6}), V2=(TUESDAY, {"W0": 6}))


def changed(before: Allocation, after: Allocation) -> list[str]:
    return [
        a.id for a in after.visits if (a.slot, a.groups) != (before.by_visit[a.id].slot, before.by_visit[a.id].groups)
    ]


def mended(instance: Instance, before: Allocation, **damages: Any) -> tuple[Instance, Allocation]:
    now = damage(instance, Damages(**damages))
    after = repair(now, before)
    assert verify(now, after).clean
    return now, after


def test_a_coach_drops_out() -> None:
    instance, before = published()
    now, after = mended(instance, before, coaches={MONDAY: 1})
    assert now.coaches == {MONDAY: 1, MONDAY_PM: 2, TUESDAY: 2, NEXT: 2}
    (gone,) = changed(before, after)
    assert gone in ("V0", "V1")
    assert after.by_visit[gone].slot == TUESDAY
    assert changed(before, mended(instance, before, coaches={MONDAY_PM: 0})[1]) == []


def test_a_cancelled_visit_frees_its_places() -> None:
    instance, before = published()
    now, after = mended(instance, before, cancelled=["V1"])
    assert changed(before, after) == ["V1"]
    assert (after.by_visit["V1"].slot, after.by_visit["V1"].groups) == (None, ())
    # Who lost W0 in the same hour takes the place and the coach that became free.
    now, after = mended(instance, before, cancelled=["V1"], closed=["W0", f"W2@{MONDAY}"])
    assert [(g.workplace, g.pupils) for g in after.by_visit["V0"].groups] == [("W1", 6)]
    assert after.by_visit["V0"].slot == MONDAY
    # It is not placed again, not even where there is room for it.
    assert repair(now, before, place_unplaced=True).by_visit["V1"].slot is None


def test_a_class_grows_or_shrinks_where_it_is() -> None:
    instance, before = published()
    _, after = mended(instance, before, pupils={"V0": 8})
    assert changed(before, after) == ["V0"]
    assert after.by_visit["V0"].slot == MONDAY
    assert sum(group.pupils for group in after.by_visit["V0"].groups) == 8
    _, after = mended(instance, before, pupils={"V0": 3, "V2": 2})
    assert changed(before, after) == ["V0", "V2"]
    assert [a.slot for a in after.visits] == [MONDAY, MONDAY, TUESDAY]
    # Nineteen are more than all the seats of a slot.
    _, after = mended(instance, before, pupils={"V0": 19})
    assert after.by_visit["V0"].slot is None
    # Fourteen would need what V1 has on Monday; nobody else gives way, so it goes where there is room.
    _, after = mended(instance, before, pupils={"V0": 14}, cancelled=["V2"])
    assert after.by_visit["V0"].slot in (TUESDAY, NEXT)
    assert changed(before, after) == ["V0", "V2"]


def test_the_rest_of_a_bundle_goes_out_without_the_cancelled_visit() -> None:
    both = [visit("V0", bundle="B", locked={"slot": MONDAY, "groups": None}), visit("V1", bundle="B")]
    instance = read(term(visits=both))
    before = plan(instance, V0=(MONDAY, {"W0": 6}), V1=(MONDAY, {"W1": 6}))
    now, after = mended(instance, before, cancelled=["V0"])
    assert changed(before, after) == ["V0"]
    # The lock bound both: it still binds the one that is left.
    assert now.visit_by_id["V1"].locked == Placement(MONDAY, None)
    assert lost_locks(instance, now) == {}


def test_locks_that_cannot_hold_are_loosened() -> None:
    groups = [{"workplace": "W0", "pupils": 6}]
    document = term(visits=[visit("V0", chaperones_needed=3, locked={"slot": MONDAY, "groups": groups}), visit("V1")])
    document["schools"] = [school(own_chaperones_per_slot=2)]
    document["coaches"] = dict.fromkeys(SLOTS, 9)
    instance = read(document)
    before = plan(instance, V0=(MONDAY, {"W0": 6}), V1=(TUESDAY, {"W0": 6}))
    held = Placement(MONDAY, None)
    for damages, lock in (
        ({"closed": ["W0@2026-10-12"]}, held),
        ({"pupils": {"V0": 7}}, held),
        ({"coaches": {MONDAY: 0}}, None),
        ({"closed": ["W0", "W1"]}, None),
        ({"pupils": {"V0": 13}}, None),
        ({"closed": ["W1"]}, instance.visit_by_id["V0"].locked),
    ):
        now, after = mended(instance, before, **damages)
        assert now.visit_by_id["V0"].locked == lock
        assert lost_locks(instance, now) == ({} if lock not in (held, None) else {"V0": MONDAY})
        assert parse_instance(now.to_document()) == now
        assert lock is None or after.by_visit["V0"].slot == MONDAY


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(terms(), st.data())
def test_any_damages_leave_a_sound_term_and_a_clean_plan(document: dict[str, Any], data: st.DataObject) -> None:
    instance = read(document)
    before = allocation(instance, first_come_first_served(instance))
    names = [each.id for each in instance.visits]
    cancelled = data.draw(st.lists(st.sampled_from(names), unique=True, max_size=2))
    left = [name for name in names if name not in cancelled]
    numbers = st.dictionaries(st.sampled_from(left), st.integers(1, 9)) if left else st.just({})
    now = damage(
        instance,
        Damages(
            closed=data.draw(st.lists(st.sampled_from(["W0", f"W0@{MONDAY}", "W0@2026-10-13"]), max_size=2)),
            coaches=data.draw(st.dictionaries(st.sampled_from(SLOTS), st.integers(0, 3))),
            cancelled=cancelled,
            pupils=data.draw(numbers),
        ),
    )
    assert parse_instance(now.to_document()) == now
    after = repair(now, before)
    assert verify(now, after).clean
    assert all(after.by_visit[name].slot is None for name in cancelled)


def test_every_fault_is_named() -> None:
    instance, _ = published()
    with pytest.raises(InputError) as caught:
        damage(
            instance,
            Damages(
                closed=["W9", "W0@2030-01-01"],
                coaches={"2030-01-01/AM": 1, MONDAY: -1},
                cancelled=["V9", "V0"],
                pupils={"V8": 1, "V1": 0, "V0": 3},
            ),
        )
    assert [str(fault) for fault in caught.value.faults] == [
        "--close: unknown workplace W9",
        "--close: unknown slot or date 2030-01-01",
        "--coaches: unknown slot 2030-01-01/AM",
        f"--coaches: {MONDAY}=-1, must be 0..1000000",
        "--cancel: unknown visit V9",
        "--pupils: unknown visit V8",
        "--pupils: V1=0, must be 1..10000",
        "--pupils: V0 is cancelled",
    ]
    with pytest.raises(InputError) as caught:
        Damages.read((), ["x", "=3", f"{MONDAY}=1.5"], (), ["V0=3", "V0=3", "V0=4", "V=1=2"])
    assert [str(fault) for fault in caught.value.faults] == [
        "--coaches: 'x', must be ID=NUMBER",
        "--coaches: '=3', must be ID=NUMBER",
        f"--coaches: '{MONDAY}=1.5', must be ID=NUMBER",
        "--pupils: V0 stands twice, as 3 and as 4",
    ]


@pytest.fixture
def files(tmp_path: Path) -> tuple[str, str, Path]:
    instance, before = published()
    paths = tmp_path / "term.json", tmp_path / "plan.json"
    paths[0].write_text(json.dumps(instance.to_document()), encoding="utf-8")
    priced = replace(before, solver=replace(before.solver, policy={"travel_cost": 5}))
    paths[1].write_text(json.dumps(priced.to_document()), encoding="utf-8")
    return str(paths[0]), str(paths[1]), tmp_path


def test_the_command_line_takes_every_damage(files: tuple[str, str, Path], capsys: pytest.CaptureFixture[str]) -> None:
    instance, before, folder = files
    now, after = str(folder / "now.json"), str(folder / "after.json")
    damages = ["--close", f"W0@{MONDAY}", "--coaches", f"{MONDAY}=1", "--cancel", "V1", "--pupils", "V0=8"]
    assert main(["repair", instance, before, *damages, "--term", now, "-o", after, "--json"]) == 0
    out, err = capsys.readouterr()
    assert json.loads(out)["kpis"]["placed_pupils"] == 14
    assert err == ""
    assert main(["verify", now, after, "--json"]) == 0
    placed = {entry["id"]: entry["slot"] for entry in json.loads(Path(after).read_text(encoding="utf-8"))["visits"]}
    assert placed == {"V0": MONDAY, "V1": None, "V2": TUESDAY}


def test_nothing_is_written_for_unusable_damages(
    files: tuple[str, str, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    instance, before, folder = files
    after, now = folder / "after.json", folder / "now.json"
    for damages, fault in (
        (["--coaches", "nowhere=1"], "--coaches: unknown slot nowhere"),
        (["--coaches", f"{MONDAY}=many"], "must be ID=NUMBER"),
        (["--cancel", "V9"], "--cancel: unknown visit V9"),
        (["--pupils", "V0=0"], "--pupils: V0=0, must be 1..10000"),
    ):
        assert main(["repair", instance, before, *damages, "--term", str(now), "-o", str(after)]) == 2
        out, err = capsys.readouterr()
        assert fault in err
        assert out == ""
        assert not after.exists()
        assert not now.exists()
    assert main(["repair", instance, before, "--term", "-"]) == 2
    assert "only one of the results" in capsys.readouterr().err


def test_locks_that_contradict_each_other_now_are_told(
    files: tuple[str, str, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    instance, before, _ = files
    document = json.loads(Path(instance).read_text(encoding="utf-8"))
    for each in document["visits"][:2]:
        each["locked"] = {"slot": MONDAY, "groups": None}
    Path(instance).write_text(json.dumps(document), encoding="utf-8")
    assert main(["repair", instance, before, "--coaches", f"{MONDAY}=1"]) == 1
    out, err = capsys.readouterr()
    assert "H5" in err or "H7" in err
    assert json.loads(out)["format"] == "wx-allocation/1"
    assert main(["repair", instance, before, "--coaches", f"{MONDAY}=0"]) == 0
    assert f"V0: locked to {MONDAY}, which cannot be kept" in capsys.readouterr().err
