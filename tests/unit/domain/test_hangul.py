"""Names are found by a part, whatever their blanks and case, and by initial consonants alone."""

from __future__ import annotations

import unicodedata

import pytest

from booking.domain.hangul import found_in, initials


@pytest.mark.parametrize(
    ("wanted", "name"),
    [
        ("동물", "행복 동물병원"),
        ("행복동물", "행복 동물병원"),
        ("ㅎㅂㄷ", "행복 동물병원"),
        ("ㄷㅁ", "행복 동물병원"),
        ("cafe", "Cafe 봄"),
        (unicodedata.normalize("NFD", "동물"), "동물병원"),
        ("ㄸ", "떡집"),
    ],
)
def test_what_is_wanted_is_found(wanted: str, name: str) -> None:
    assert found_in(wanted, name)


@pytest.mark.parametrize(("wanted", "name"), [("", "a"), (" ", "a"), ("ㄱ", "행복"), ("ㅎ복", "행복"), ("ㄷ", "떡집")])
def test_what_is_not_there_is_not_found(wanted: str, name: str) -> None:
    assert not found_in(wanted, name)


def test_first_and_last_syllable_have_their_consonants() -> None:
    assert initials("가힣A1") == "ㄱㅎA1"
