"""Reading terms: every fault with its place, round trips, odd JSON."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest

from scheduler.instance import Instance, InstanceError, instance_sha256, parse_instance
from scheduler.samples import sample_bytes, sample_names
from tests.unit.scheduler.terms import MONDAY, NEXT, TUESDAY, read, school, term, visit, workplace

Change = Callable[[dict[str, Any]], object]


def faults(data: bytes | dict[str, Any]) -> list[str]:
    with pytest.raises(InstanceError) as caught:
        Instance.from_json(data if isinstance(data, bytes) else json.dumps(data).encode())
    return [str(fault) for fault in caught.value.faults]


@pytest.mark.parametrize("name", sample_names())
def test_samples_come_back_equal(name: str) -> None:
    data = sample_bytes(name)
    instance = Instance.from_json(data)
    assert instance.to_document() == json.loads(data)
    assert parse_instance(instance.to_document()) == instance
    assert len(instance_sha256(data)) == 64


def test_unknown_sample() -> None:
    with pytest.raises(KeyError):
        sample_bytes("nowhere")


def test_optional_keys_are_written_only_where_there() -> None:
    document = term()
    limited = [{"workplace": "W1", "pupils": 4}]
    document["visits"][0] |= {"class": "1-1", "excluded_workplaces": ["W0"], "largest_groups": limited}
    document["visits"][1] |= {"locked": {"slot": MONDAY, "groups": None}, "previous": {"slot": None, "groups": None}}
    assert read(document).to_document() == document


def test_lookups() -> None:
    document = term()
    document["visits"][0]["bundle"] = document["visits"][1]["bundle"] = "B"
    instance = read(document)
    assert instance.seats_by_slot[MONDAY] == 12
    assert [workplace.id for workplace in instance.open_at[NEXT]] == ["W0", "W1"]
    assert [[visit.id for visit in party] for party in instance.parties] == [["V0", "V1"]]
    assert instance.party_by_visit["V1"] is instance.parties[0]
    assert instance.school_by_id["S0"].name == "구로중"


def test_policy_can_be_changed() -> None:
    changed = read(term()).with_policy(fairness_slack=0.5, date_cost=[0, 2])
    assert (changed.policy.fairness_slack, changed.policy.date_cost) == (0.5, (0, 2))
    with pytest.raises(InstanceError, match=r"policy\.colour: is unknown"):
        read(term()).with_policy(colour=1)
    with pytest.raises(InstanceError, match=r"policy\.shift_cost: -1, must be at least 0"):
        read(term()).with_policy(shift_cost=-1)


@pytest.mark.parametrize(
    ("data", "fault"),
    [
        (b"", "the file is empty"),
        (b"  \n", "the file is empty"),
        (b"\xff\xfe", "not UTF-8: byte 0"),
        (b"{", "not JSON: line 1 column 2"),
        (b"[" * 200_000, "nested too deeply"),
        (b'{"format": NaN}', "NaN is not a JSON number"),
        (b'{"format": -Infinity}', "-Infinity is not a JSON number"),
        (b"1" * 5000, "not usable JSON"),
        (b"[]", "[], must be an object"),
        (b"null", "null, must be an object"),
        (b"{}", "format: is missing, must be 'wx-instance/1'"),
        (b'{"format": "wx-instance/2"}', "format: must be 'wx-instance/1'"),
    ],
)
def test_unusable_files(data: bytes, fault: str) -> None:
    assert fault in faults(data)[0]


def test_missing_parts_are_all_named() -> None:
    found = faults(b'{"format": "wx-instance/1"}')
    assert found == [
        f"{key}: is missing" for key in ("name", "slots", "schools", "workplaces", "visits", "coaches", "policy")
    ]


def test_a_byte_order_mark_is_no_fault() -> None:
    assert Instance.from_json(b"\xef\xbb\xbf" + json.dumps(term()).encode()).name == "작은 학기"


def test_keys_that_stand_twice() -> None:
    text = json.dumps(term()).replace('"pupils": 6', '"pupils": 6, "pupils": 7', 1)
    assert faults(text.encode()) == ["visits[0].pupils: stands twice"]


def change(path: str, value: object) -> Change:
    """Sets the value at a path like `visits.0.pupils`."""

    def apply(document: dict[str, Any]) -> None:
        *parents, last = path.split(".")
        at: Any = document
        for part in parents:
            at = at[int(part)] if isinstance(at, list) else at[part]
        at[int(last) if isinstance(at, list) else last] = copy.deepcopy(value)

    return apply


LOCK = "visits.0.locked"


@pytest.mark.parametrize(
    ("apply", "fault"),
    [
        (change("visits.1.pupils", 0), "visits[1].pupils: 0, must be at least 1"),
        (change("visits.1.pupils", True), "visits[1].pupils: true, must be a whole number"),
        (change("visits.1.pupils", 5.0), "visits[1].pupils: 5.0, must be a whole number"),
        (change("visits.1.pupils", "6"), 'visits[1].pupils: "6", must be a whole number'),
        (change("visits.1.pupils", 10**300), "visits[1].pupils: a number of 997 bits, must be at most 10000"),
        (change("visits.0.chaperones_needed", -1), "visits[0].chaperones_needed: -1, must be at least 0"),
        (change("visits.0.max_travel_km", -0.1), "visits[0].max_travel_km: -0.1, must be at least 0"),
        (change("visits.0.max_travel_km", "5"), 'visits[0].max_travel_km: "5", must be a number'),
        (change("visits.0.bundle", ""), "visits[0].bundle: is empty"),
        (change("visits.0.id", ""), "visits[0].id: is empty"),
        (change("visits.0.id", "\ud800"), 'visits[0].id: "\\ud800", holds half of a character pair'),
        (change("visits.1.id", "V0"), 'visits[1].id: "V0" stands at visits[0] already'),
        (change("visits.0.school", "S9"), 'visits[0].school: unknown school "S9"'),
        (change("visits.0.fields", "arts"), 'visits[0].fields: "arts", must be a list'),
        (change("visits.0.requested_slots", [MONDAY, "x"]), 'visits[0].requested_slots[1]: unknown slot "x"'),
        (
            change("visits.0.requested_slots", [MONDAY] * 2),
            f'visits[0].requested_slots[1]: slot "{MONDAY}" stands twice',
        ),
        (
            change("visits.0.negotiable_slots", [MONDAY]),
            f'visits[0].negotiable_slots[0]: slot "{MONDAY}" is requested already',
        ),
        (change("visits.0.excluded_workplaces", ["W7"]), 'visits[0].excluded_workplaces[0]: unknown workplace "W7"'),
        (
            change("visits.0.largest_groups", [{"workplace": "W7", "pupils": 2}]),
            'visits[0].largest_groups[0]: unknown workplace "W7"',
        ),
        (
            change("visits.0.largest_groups", [{"workplace": "W0", "pupils": 0}]),
            "visits[0].largest_groups[0].pupils: 0, must be at least 1",
        ),
        (change("visits.0.class", 3), "visits[0].class: 3, must be a string"),
        (change("visits.1", []), "visits[1]: [], must be an object"),
        (change("visits", {}), "visits: {}, must be a list"),
        (change("slots.0.date", "20261012"), 'slots[0].date: "20261012", must be a date as YYYY-MM-DD'),
        (change("slots.0.date", "2026-02-30"), 'slots[0].date: "2026-02-30", must be a date as YYYY-MM-DD'),
        (change("slots.0.week", "2026-W41"), 'slots[0].week: "2026-W41", must be 2026-W42, the ISO week of 2026-10-12'),
        (change("slots.0.block", "EVE"), 'slots[0].block: "EVE", must be one of AM, PM'),
        (change("slots.1.id", MONDAY), f'slots[1].id: "{MONDAY}" stands at slots[0] already'),
        (change("schools.0.level", "college"), 'schools[0].level: "college", must be one of elementary, middle, high'),
        (change("schools.0.lat", 91), "schools[0].lat: 91, must be at most 90"),
        (change("schools.0.fairness_credit", -1), "schools[0].fairness_credit: -1, must be at least 0"),
        (change("workplaces.0.max_group", 1), "workplaces[0].max_group: 1, must be at least min_group, 2"),
        (change("workplaces.0.min_group", 0), "workplaces[0].min_group: 0, must be at least 1"),
        (change("workplaces.0.groups_per_slot", None), "workplaces[0].groups_per_slot: null, must be a whole number"),
        (change("workplaces.0.visits_per_week", 0), "workplaces[0].visits_per_week: 0, must be at least 1"),
        (
            change("workplaces.0.levels", ["kinder"]),
            'workplaces[0].levels[0]: "kinder", must be one of elementary, middle, high',
        ),
        (change("workplaces.0.open_slots", [MONDAY] * 2), f'workplaces[0].open_slots[1]: slot "{MONDAY}" stands twice'),
        (change("workplaces.1.id", "W0"), 'workplaces[1].id: "W0" stands at workplaces[0] already'),
        (change("coaches", {"x": 1}), "coaches.x: unknown slot"),
        (change("coaches", {MONDAY: -1}), f"coaches.{MONDAY}: -1, must be at least 0"),
        (change("policy", []), "policy: [], must be an object"),
        (change("policy.date_cost", []), "policy.date_cost: is empty"),
        (change("policy.date_cost", [1, 0]), "policy.date_cost[1]: 0, must be at least 1, the one before"),
        (change("policy.crowding_price", 1e10), "policy.crowding_price: 10000000000.0, must be at most 1e+09"),
        (change("policy.travel_cost", None), "policy.travel_cost: null, must be a number"),
        (change(LOCK, {"slot": None, "groups": None}), "visits[0].locked.slot: null, must be a string"),
        (change(LOCK, {"slot": "x", "groups": None}), 'visits[0].locked.slot: unknown slot "x"'),
        (
            change(LOCK, {"slot": MONDAY, "groups": []}),
            "visits[0].locked.groups: is empty; null leaves the groups open",
        ),
        (change(LOCK, {"slot": MONDAY}), "visits[0].locked.groups: is missing"),
        (
            change("visits.0.previous", {"slot": MONDAY, "groups": [{"workplace": "W9", "pupils": 3}]}),
            'visits[0].previous.groups[0].workplace: unknown workplace "W9"',
        ),
    ],
)
def test_faults_are_named_with_their_place(apply: Change, fault: str) -> None:
    document = term()
    apply(document)
    assert faults(document)[0] == fault


def test_every_fault_is_named_at_once() -> None:
    document = term()
    document["visits"][0]["pupils"] = 0
    document["workplaces"][1]["open_slots"] = ["x"]
    del document["schools"][0]["lat"]
    assert len(faults(document)) == 3


def test_a_bundle_is_of_one_school() -> None:
    document = term(schools=[school("S0"), school("S1")])
    document["visits"][0]["bundle"] = document["visits"][1]["bundle"] = "B"
    document["visits"][1]["school"] = "S1"
    assert faults(document) == ['visits[1].bundle: bundle "B" is of school "S0" at visits[0], of "S1" here']


def groups(**pupils: int) -> list[dict[str, object]]:
    return [{"workplace": name, "pupils": number} for name, number in pupils.items()]


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"locked": {"slot": "2026-10-12/PM", "groups": None}}, "is neither requested nor negotiable"),
        ({"locked": {"slot": MONDAY, "groups": groups(W0=5)}}, "hold 5 pupils of 6"),
        ({"locked": {"slot": MONDAY, "groups": groups(W0=5, W1=1)}}, "groups[1].pupils: 1, must be 2..6"),
        ({"locked": {"slot": MONDAY, "groups": groups(W0=3, W2=3)}}, '"W2": closed at the locked slot'),
        ({"locked": {"slot": MONDAY, "groups": groups(W3=6)}}, '"W3": not for level middle'),
        ({"locked": {"slot": MONDAY, "groups": groups(W4=6)}, "max_travel_km": 5}, "km away, at most 5"),
        ({"locked": {"slot": MONDAY, "groups": groups(W0=6)}, "excluded_workplaces": ["W0"]}, "excluded by this visit"),
        ({"locked": {"slot": MONDAY, "groups": None}, "chaperones_needed": 10}, "needs 1 coaches beyond"),
        ({"locked": {"slot": MONDAY, "groups": None}, "pupils": 100}, "no groups for its pupils"),
    ],
)
def test_a_lock_that_contradicts_a_rule_by_itself(changes: dict[str, Any], fault: str) -> None:
    more = [
        workplace("W2", open_slots=[NEXT]),
        workplace("W3", levels=["high"]),
        workplace("W4", lat=38.5),
    ]
    document = term()
    document["workplaces"] += more
    document["visits"][0] |= changes
    assert fault in faults(document)[0]


def test_a_lock_binds_its_bundle() -> None:
    document = term(visits=[visit("V0", bundle="B"), visit("V1", bundle="B")])
    document["visits"][0]["locked"] = {"slot": MONDAY, "groups": None}
    document["visits"][1]["requested_slots"] = [TUESDAY]
    assert "visits[0].locked.slot" in faults(document)[0]
    assert "by visits[1] of its bundle" in faults(document)[0]
    document["visits"][1]["requested_slots"] = [MONDAY, TUESDAY]
    document["visits"][1]["locked"] = {"slot": TUESDAY, "groups": None}
    assert faults(document) == [
        f'visits[1].locked.slot: "{TUESDAY}", but visits[0] of its bundle is locked to "{MONDAY}"'
    ]
    document["visits"][1]["locked"] = None
    document["visits"][0]["class"] = document["visits"][1]["class"] = "1-1"
    assert "it would go out twice on one date" in faults(document)[0]


@pytest.mark.parametrize(
    ("limit", "slots"),
    [
        ("groups_per_slot", (MONDAY, MONDAY)),
        ("visits_per_day", (MONDAY, "2026-10-12/PM")),
        ("visits_per_week", (MONDAY, TUESDAY)),
        ("visits_per_term", (MONDAY, NEXT)),
    ],
)
def test_locked_groups_beyond_a_workplace(limit: str, slots: tuple[str, str]) -> None:
    document = term()
    document["workplaces"][0][limit] = 1
    for record, slot in zip(document["visits"], slots, strict=True):
        record["requested_slots"], record["negotiable_slots"] = [slot], []
        record["locked"] = {"slot": slot, "groups": groups(W0=6)}
    assert f"its {limit}, 1" in faults(document)[0]
    document["visits"][1]["locked"]["groups"] = groups(W1=6)
    read(document)
