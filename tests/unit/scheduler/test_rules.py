"""Each hard rule in the engine: a term in which it can be kept, and one in which it keeps a visit from its place."""

from __future__ import annotations

from typing import Any

import pytest

from scheduler.allocate import Limits, LockConflict, allocate
from scheduler.allocation import Allocation
from scheduler.verifier import verify
from tests.unit.scheduler.terms import MONDAY, MONDAY_PM, NEXT, TUESDAY, read, school, term, visit, workplace

HERE = Limits(workers=0)
ONLY = {"requested_slots": [MONDAY], "negotiable_slots": []}


def solved(document: dict[str, Any]) -> Allocation:
    instance = read(document)
    found = allocate(instance, HERE)
    verdict = verify(instance, found)
    assert verdict.clean, verdict.violations
    assert not verdict.differences
    return found


def unplaced(document: dict[str, Any]) -> tuple[int, int]:
    found = solved(document)
    return found.kpis.unplaced_pupils, found.bounds.unplaced_pupils


def test_h1_only_slots_that_a_visit_accepts() -> None:
    assert unplaced(term(visits=[visit("V0", **ONLY)])) == (0, 0)
    closed = [workplace("W0", open_slots=[TUESDAY, NEXT])]
    assert unplaced(term(visits=[visit("V0", **ONLY)], workplaces=closed)) == (6, 6)


@pytest.mark.parametrize(("least", "most", "left"), [(2, 5, 0), (4, 5, 6), (7, 9, 6)])
def test_h2_groups_add_up(least: int, most: int, left: int) -> None:
    places = [workplace(f"W{i}", min_group=least, max_group=most) for i in range(2)]
    assert unplaced(term(visits=[visit("V0")], workplaces=places)) == (left, left)


def test_h2_whole_groups_of_two_visits_that_do_not_fit_together() -> None:
    # Ten seats for ten pupils, but groups of 4..5 and 1..5 hold a visit of six only together.
    places = [workplace("W0", min_group=4, max_group=5), workplace("W1", min_group=1, max_group=5)]
    visits = [visit("V0", pupils=6, **ONLY), visit("V1", pupils=4, **ONLY)]
    found = solved(term(visits=visits, workplaces=places))
    assert (found.kpis.unplaced_pupils, found.bounds.unplaced_pupils) == (4, 4)


@pytest.mark.parametrize(
    ("limit", "slots"),
    [
        ("groups_per_slot", (MONDAY, MONDAY)),
        ("visits_per_day", (MONDAY, MONDAY_PM)),
        ("visits_per_week", (MONDAY, TUESDAY)),
        ("visits_per_term", (MONDAY, NEXT)),
    ],
)
@pytest.mark.parametrize("most", [1, 2])
def test_h3_visits_of_a_workplace(limit: str, slots: tuple[str, str], most: int) -> None:
    visits = [visit(f"V{i}", requested_slots=[s], negotiable_slots=[]) for i, s in enumerate(slots)]
    found = unplaced(term(visits=visits, workplaces=[workplace("W0", **{limit: most})]))
    assert found == ((0, 0) if most == 2 else (6, 6))


@pytest.mark.parametrize(
    ("changes", "wishes", "left"),
    [
        ({"levels": ["high"]}, {}, 6),
        ({"lat": 38.5}, {"max_travel_km": 5}, 6),
        ({"lat": 38.5}, {}, 0),
        ({}, {"excluded_workplaces": ["W0"]}, 6),
    ],
)
def test_h4_where_a_visit_may_go(changes: dict[str, Any], wishes: dict[str, Any], left: int) -> None:
    document = term(visits=[visit("V0", **wishes)], workplaces=[workplace("W0", **changes)])
    assert unplaced(document) == (left, left)


@pytest.mark.parametrize(("coaches", "left"), [(2, 0), (1, 6), (0, 12)])
def test_h5_coaches(coaches: int, left: int) -> None:
    schools = [school("S0", own_chaperones_per_slot=1)]
    visits = [visit(f"V{i}", chaperones_needed=2, **ONLY) for i in range(2)]
    # Own chaperones serve once: two visits of two need three beyond the one, one visit needs one.
    document = term(schools=schools, visits=visits, coaches={MONDAY: coaches + (coaches == 2)})
    assert unplaced(document) == (left, left)


@pytest.mark.parametrize(("open_at", "left"), [([TUESDAY], 0), ([MONDAY], 12)])
def test_h6_a_bundle_goes_together_or_not_at_all(open_at: list[str], left: int) -> None:
    visits = [visit(f"V{i}", bundle="B", requested_slots=[MONDAY, TUESDAY], negotiable_slots=[]) for i in range(2)]
    places = [workplace("W0"), workplace("W1", open_slots=open_at)]
    visits[1]["requested_slots"] = [TUESDAY]
    found = solved(term(visits=visits, workplaces=places))
    assert found.kpis.unplaced_pupils == left
    assert len({assignment.slot for assignment in found.visits}) == 1


def test_h7_locks_are_kept() -> None:
    document = term()
    document["visits"][0]["locked"] = {
        "slot": NEXT,
        "groups": [{"workplace": "W0", "pupils": 4}, {"workplace": "W1", "pupils": 2}],
    }
    document["visits"][1]["locked"] = {"slot": TUESDAY, "groups": None}
    found = solved(document)
    assert [assignment.slot for assignment in found.visits] == [NEXT, TUESDAY]
    assert [(g.workplace, g.pupils) for g in found.visits[0].groups] == [("W0", 4), ("W1", 2)]


def test_h8_a_class_once_a_day() -> None:
    visits = [visit("V0", requested_slots=[MONDAY], **{"class": "1-1"}), visit("V1", requested_slots=[MONDAY_PM])]
    assert solved(term(visits=visits)).kpis.shifted_visits == 0
    visits[1]["class"] = "1-1"
    assert solved(term(visits=visits)).kpis.shifted_visits == 1
    for record in visits:
        record["negotiable_slots"] = []
    assert unplaced(term(visits=visits)) == (6, 6)


def lock(record: dict[str, Any], slot: str = MONDAY) -> dict[str, Any]:
    return {**record, "locked": {"slot": slot, "groups": None}}


@pytest.mark.parametrize(
    ("document", "names"),
    [
        (
            term(
                schools=[school("S0", own_chaperones_per_slot=0)],
                visits=[lock(visit(f"V{i}", chaperones_needed=need)) for i, need in enumerate((1, 1, 3, 3))],
                workplaces=[workplace(f"W{i}") for i in range(4)],
                coaches={MONDAY: 5},
            ),
            ("V2", "V3"),
        ),
        (
            term(
                visits=[
                    lock(visit("V0", **{"class": "1-1"})),
                    lock(visit("V1", **{"class": "1-2"})),
                    lock(visit("V2", requested_slots=[MONDAY_PM], **{"class": "1-1"}), MONDAY_PM),
                ]
            ),
            ("V0", "V2"),
        ),
        (
            term(
                visits=[lock(visit("V0")), lock(visit("V1", pupils=2)), lock(visit("V2")), lock(visit("V3"), TUESDAY)]
            ),
            ("V0", "V1", "V2"),
        ),
    ],
)
def test_locks_that_contradict_each_other_only_together_are_named(
    document: dict[str, Any], names: tuple[str, ...]
) -> None:
    with pytest.raises(LockConflict) as caught:
        allocate(read(document), HERE)
    assert caught.value.decided
    assert caught.value.visits == names


def test_a_term_without_visits_has_figures_of_nothing() -> None:
    found = solved(term(visits=[]))
    assert (found.status, found.kpis.placed_pupils, found.visits) == ("optimal", 0, ())


def test_free_prices_are_no_trouble() -> None:
    document = term()
    document["policy"] = dict.fromkeys(document["policy"], 0) | {"date_cost": [0]}
    assert solved(document).kpis.date_stage == 0


def test_the_fairness_pass_helps_the_worst_school() -> None:
    # Both want Monday, where there is room for one; who has yielded before is the worse off.
    schools = [school("S0"), school("S1", fairness_credit=1)]
    visits = [
        visit("V0", pupils=6, requested_slots=[MONDAY, TUESDAY], negotiable_slots=[]),
        visit("V1", school="S1", pupils=6, requested_slots=[MONDAY, TUESDAY], negotiable_slots=[]),
    ]
    document = term(schools=schools, visits=visits, workplaces=[workplace("W0")])
    document["policy"]["fairness_slack"] = 0.5
    found = solved(document)
    assert [assignment.slot for assignment in found.visits] == [TUESDAY, MONDAY]
    assert found.kpis.worst_school_cost == 1.0


def test_an_unchanged_term_with_the_plan_before_changes_nothing() -> None:
    document = term(visits=[visit(f"V{i}") for i in range(5)])
    first = solved(document)
    for record, assignment in zip(document["visits"], first.to_document()["visits"], strict=True):  # type: ignore[call-overload]
        record["previous"] = {"slot": assignment["slot"], "groups": assignment["groups"] or None}
    again = solved(document)
    assert again.kpis.changed_visits == 0
    assert [(a.slot, a.groups) for a in again.visits] == [(a.slot, a.groups) for a in first.visits]
