"""What may be said of answers, and what in a remark may say who somebody is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from booking.domain.errors import InvalidForm, InvalidInput
from booking.domain.satisfaction import LEAST_ANSWERS, STEPS, Doubt, Spread, clean_question, clean_remark, doubts

COUNTS = st.lists(st.integers(0, 60), min_size=5, max_size=5)


@given(st.lists(COUNTS, max_size=6))
def test_a_sum_of_sheets_is_the_sheet_of_all_answers(sheets: list[list[int]]) -> None:
    found = Spread.of(sheets)
    answers = [step for counts in sheets for step, count in zip(STEPS, counts, strict=True) for _ in range(count)]
    assert found.answers == len(answers)
    if len(answers) < LEAST_ANSWERS:
        assert found.mean is None
        assert found.top_two is None
        return
    assert found.mean == pytest.approx(sum(answers) / len(answers))
    assert found.top_two == pytest.approx(sum(step >= 4 for step in answers) / len(answers))


@pytest.mark.parametrize(
    ("text", "doubt"),
    [
        ("연락은 010-0000-1234로 주세요", Doubt.TELEPHONE),
        ("연락은 01000001234", Doubt.TELEPHONE),
        ("센터 02-0000-0000", Doubt.TELEPHONE),
        ("+82 10 0000 1234", Doubt.TELEPHONE),
        ("메일은 someone@school.example.kr", Doubt.EMAIL),
        ("김가람 학생이 특히 좋아했습니다", Doubt.NAME),
        ("박보람님께서 친절하셨습니다", Doubt.NAME),
        ("이나래 선생님 감사합니다", Doubt.NAME),
        ("1학년 3반 12번이 다쳤습니다", Doubt.CLASS_NUMBER),
    ],
)
def test_what_looks_like_somebody_is_pointed_out(text: str, doubt: Doubt) -> None:
    assert doubt in doubts(text)


@pytest.mark.parametrize(
    "text",
    [
        "학생들이 적극적으로 참여했습니다",
        "멘토님들이 친절하셨습니다",
        "1학년 3반이 무척 즐거워했습니다",
        "2018년 5월에 24명이 다녀왔습니다",
        "10시부터 12시까지 100명",
    ],
)
def test_what_names_nobody_is_left_alone(text: str) -> None:
    assert doubts(text) == []


def test_a_remark_is_one_line_and_short() -> None:
    assert clean_remark("  좋았\n습니다 \t") == "좋았 습니다"
    assert clean_remark(" \n ") == ""
    with pytest.raises(InvalidInput) as refused:
        clean_remark("가" * 301)
    assert (refused.value.field, refused.value.reason) == ("remark", "too_long")


def test_a_question_has_words_in_both_languages() -> None:
    assert clean_question(" 좋았다 ", "It was good") == ("좋았다", "It was good")
    with pytest.raises(InvalidForm) as refused:
        clean_question("가" * 81, " ")
    assert [(fault.field, fault.reason) for fault in refused.value.faults] == [
        ("text", "too_long"), ("text_en", "required"),
    ]  # fmt: skip
