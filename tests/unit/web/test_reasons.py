"""The engine's reasons become sentences, every code of it; what is unknown becomes a safe one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from booking.web.reasons import SENTENCES, explain, explain_all

Speak = Callable[[str], None]
SLOT = "2026-06-12/PM"
FACTS: dict[str, dict[str, Any]] = {
    "by_hand": {},
    "closed": {"visit": "V1", "open_workplaces": 2, "seats": 8},
    "bundle_too_large": {"pupils": 171, "seats": 120, "visits": 7},
    "bundle_not_accepted": {"visits": ["V1"]},
    "coaches_short": {"needed": 9, "there": 6, "alone": False},
    "class_same_day": {"class": "C1", "date": "2026-06-12"},
    "seats_taken": {"load": 320, "seats": 340, "visits": 14, "free_seats": 12, "pupils": 25},
    "levelled": {"price_there": 14.2, "price_here": 3.1, "extra": 100.0},
    "locked": {"locked": SLOT},
    "within_gap": {"saving": 3.5},
    "not_requested": {"better": []},
}


def test_every_code_of_the_engine_is_known() -> None:
    from scheduler.explain import WhyCode

    of_the_service = {"by_hand"}
    assert {code.value for code in WhyCode} | of_the_service == set(SENTENCES) == set(FACTS)


@pytest.mark.parametrize("code", sorted(FACTS))
def test_each_code_becomes_a_sentence_in_both_languages(speak: Speak, code: str) -> None:
    why = {"code": code, "slot": SLOT, "rank": 0, **FACTS[code]}
    korean = explain(why)
    assert korean != explain({"code": "unheard of"})
    speak("en")
    english = explain(why)
    assert english != korean
    assert english.isascii() or "–" in english


def test_the_numbers_are_in_the_sentence(speak: Speak) -> None:
    text = explain({"code": "seats_taken", "slot": SLOT, **FACTS["seats_taken"]})
    assert text == "6월 12일 (금) 오후: 다른 14학급 320명 배정으로 남은 자리가 12개뿐이라 모둠을 나눌 수 없었습니다."


@pytest.mark.parametrize(
    "why",
    [{"code": "unheard of"}, {}, {"code": "closed"}, {"code": "closed", "slot": 7}, {"code": "locked", "locked": "x"},
     {"slot": SLOT}],
)  # fmt: skip
def test_what_is_not_known_never_breaks_a_page(speak: Speak, why: dict[str, Any]) -> None:
    expected = "다른 학급의 희망과 일터의 자리를 함께 맞추면서 이렇게 되었습니다." if why else ""
    assert explain(why) == expected


def test_every_better_slot_has_its_sentence_and_none_twice(speak: Speak) -> None:
    one = {"code": "levelled", "slot": SLOT, **FACTS["levelled"]}
    two = {"code": "coaches_short", "slot": "2026-06-15/AM", **FACTS["coaches_short"]}
    assert explain_all(None) == []
    assert len(explain_all({**one, "better": [one, two, one]})) == 2
    assert explain_all({**one, "better": "nonsense"}) == [explain(one)]
