"""The engine's cheapest repair becomes sentences, every kind of change; what is unknown or past says nothing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest

from booking.web.remedies import SCHOOLS_OWN, SENTENCES, remedy_words
from scheduler.explain_changes import AcceptSlot, Change, MoreCoaches, MoreSeats, RaiseTravelLimit, Remedy, SplitBundle

Speak = Callable[[str], None]
SLOT = "2026-06-11/AM"
TODAY = dt.date(2026, 6, 1)
CHANGES: dict[str, Change] = {
    "accept_slot": AcceptSlot(SLOT, ("V1",)),
    "more_coaches": MoreCoaches(SLOT, 2),
    "more_seats": MoreSeats(SLOT, "elementary", 1, 6, "S1", "arts"),
    "raise_travel_limit": RaiseTravelLimit(("V1",), 4.3),
    "split_bundle": SplitBundle("B1", ("V1", "V2")),
}


def document(*changes: Change) -> dict[str, Any]:
    return Remedy({"V1": SLOT}, changes, 12.5).document()


def test_every_change_of_the_engine_is_known() -> None:
    from scheduler.explain_changes import ChangeCode

    assert {code.value for code in ChangeCode} == set(SENTENCES) == set(CHANGES)
    assert set(SENTENCES) > SCHOOLS_OWN


@pytest.mark.parametrize("code", sorted(CHANGES))
def test_each_change_becomes_a_sentence_in_both_languages(speak: Speak, code: str) -> None:
    korean = remedy_words(document(CHANGES[code]), "V1", TODAY)
    speak("en")
    english = remedy_words(document(CHANGES[code]), "V1", TODAY)
    assert korean is not None
    assert english is not None
    assert korean.sentences != english.sentences
    assert korean.schools_own is (code in SCHOOLS_OWN)


def test_the_words(speak: Speak) -> None:
    speak("ko")
    one = remedy_words(document(CHANGES["more_seats"]), "V1", TODAY)
    assert one is not None
    assert one.sentences == ("6월 11일 (목) 오전: 초등학교 학생을 받는 일터가 1곳 더 있으면 갈 수 있습니다.",)
    both = remedy_words(document(CHANGES["accept_slot"], CHANGES["more_coaches"]), "V1", TODAY)
    assert both is not None
    assert len(both.sentences) == 2
    # the school's part alone does not do it
    assert not both.schools_own
    free = remedy_words(document(), "V1", TODAY)
    assert free is not None
    assert "자리가 있습니다" in free.sentences[0]


@pytest.mark.parametrize(
    "remedy",
    [
        None,
        {},
        {"slots": {"V2": SLOT}, "changes": []},
        {"slots": {"V1": SLOT}, "changes": [{"code": "magic"}]},
        {"slots": {"V1": SLOT}, "changes": [{"code": "more_seats", "slot": SLOT}]},
        {"slots": {"V1": "some day"}, "changes": []},
        {"slots": {"V1": "2026-06-01/AM"}, "changes": []},
        {"slots": [], "changes": None},
    ],
)
def test_what_is_unknown_or_past_says_nothing(speak: Speak, remedy: dict[str, Any] | None) -> None:
    speak("ko")
    assert remedy_words(remedy, "V1", TODAY) is None
