"""What the command line tells a person: every reason, price and favour in words, with the facts to check."""

from __future__ import annotations

import pytest

from scheduler.explain import WhyCode
from scheduler.explain_changes import AcceptSlot, Change, MoreCoaches, MoreSeats, RaiseTravelLimit, Remedy, SplitBundle
from scheduler.sentences import change, price, reason, repair

SLOT = "2026-10-16/AM"
TOLD: dict[WhyCode, tuple[dict[str, object], str]] = {
    WhyCode.CLOSED: (
        {"visit": "V7", "open_workplaces": 1, "seats": 5},
        "1 workplace open to V7 with 5 seats: no groups add up, even alone",
    ),
    WhyCode.BUNDLE_TOO_LARGE: (
        {"pupils": 1160, "seats": 1003, "visits": 7},
        "7 classes with 1,160 pupils together, 1,003 seats for them in all",
    ),
    WhyCode.BUNDLE_NOT_ACCEPTED: (
        {"visits": ["V1", "V2", "V3", "V4", "V5"]},
        "V1, V2, V3 and 2 more of the same bundle did not ask for it",
    ),
    WhyCode.COACHES_SHORT: (
        {"needed": 31, "there": 12, "alone": True},
        "the party by itself needs 31 coaches, 12 are there",
    ),
    WhyCode.CLASS_SAME_DAY: (
        {"date": "2026-10-16", "class": "5-2"},
        "class 5-2 goes out on 2026-10-16 already",
    ),
    WhyCode.SEATS_TAKEN: (
        {"load": 1003, "seats": 1003, "visits": 14, "free_seats": 0, "pupils": 24},
        "1,003 of 1,003 seats taken by 14 visits; the 0 that the limits leave make no groups for 24 pupils",
    ),
    WhyCode.LEVELLED: (
        {"price_there": 14.2, "price_here": 3.0, "extra": 98.08},
        "moved for level days: congestion price 14.2 against 3.0 (98.08 dearer in all)",
    ),
    WhyCode.LOCKED: ({"locked": "2026-10-23/PM"}, "locked to 2026-10-23 PM"),
    WhyCode.WITHIN_GAP: ({"saving": 1.5}, "it would fit and save 1.5: less than the plan is proven to"),
    WhyCode.NOT_REQUESTED: ({}, "the school asked for no slot; this is one that its calendar allows"),
}


@pytest.mark.parametrize("code", list(WhyCode))
def test_every_reason_is_a_sentence_with_its_facts(code: WhyCode) -> None:
    facts, told = TOLD[code]

    assert reason({"code": code.value, "slot": SLOT, "rank": 0, **facts}) == f"2026-10-16 AM: {told}"


def test_coaches_that_others_need_as_well_are_told_apart() -> None:
    told = reason({"code": "coaches_short", "slot": SLOT, "needed": 1, "there": 0, "alone": False})

    assert told == "2026-10-16 AM: with everybody else there the slot needs 1 coach, 0 are there"


def test_a_reason_without_a_slot_stands_alone() -> None:
    assert reason({"code": "not_requested", "slot": None}).startswith("the school asked")


@pytest.mark.parametrize(
    ("favour", "told"),
    [
        (AcceptSlot(SLOT, ("V1",)), "accept 2026-10-16 AM for V1"),
        (MoreCoaches(SLOT, 1), "1 more coach on 2026-10-16 AM"),
        (MoreCoaches(SLOT, 3), "3 more coaches on 2026-10-16 AM"),
        (
            MoreSeats(SLOT, "elementary", 1, 5, "S0", "arts"),
            "1 more place for elementary schools (groups of up to 5, arts) on 2026-10-16 AM",
        ),
        (RaiseTravelLimit(("V1", "V2"), 4.2), "let V1, V2 travel 4.2 km"),
        (SplitBundle("B1", ("V1", "V2")), "let the 2 visits of bundle B1 go out at different times"),
    ],
)
def test_every_favour_says_what_to_ask_for(favour: Change, told: str) -> None:
    assert change(favour) == told


def test_a_repair_says_its_favours_and_where_the_visit_then_stands() -> None:
    both = Remedy({"V1": SLOT, "V2": SLOT}, (MoreCoaches(SLOT, 2), AcceptSlot(SLOT, ("V1",))), 3.0)

    assert repair(both) == "2 more coaches on 2026-10-16 AM; accept 2026-10-16 AM for V1 → 2026-10-16 AM"
    assert repair(Remedy({"V1": SLOT}, (), 0.0)) == "there is room as it is → 2026-10-16 AM"
    assert repair(None) == "no favour of the kinds known would place it"


def test_a_price_says_how_surely_it_is_known() -> None:
    solved = {"unplaced_pupils": 0, "date_stage": 27.95, "at_least": 25.16, "at_most": 30.73, "exact": True}

    assert price(solved) == "27.95 in dates and crowding (proven between 25.16 and 30.73, solved again)"
    assert price({"unplaced_pupils": 24, "date_stage": 3.0, "exact": False}) == (
        "about 24 more pupils without a place and 3.0 in dates and crowding (an estimate)"
    )
    assert price(None).startswith("no price buys it")
