"""Sizes of text messages, with every trap of Korean encodings."""

from __future__ import annotations

import unicodedata

import pytest

from booking.domain.sms import SMS_BYTES, SmsKind, measure, shorten, size_in_bytes, tidy


def test_a_rare_syllable_has_two_bytes_although_euc_kr_makes_eight() -> None:
    assert len("똠".encode("euc_kr")) == 8
    assert size_in_bytes("똠") == 2


@pytest.mark.parametrize("char", "똠뷁쀍펲")
def test_syllables_outside_ks_x_1001_are_warned_of_and_go(char: str) -> None:
    measured = measure(f"{char}집 견학")
    assert measured.risky == (char,)
    assert measured.kind is SmsKind.SMS


@pytest.mark.parametrize("char", "✓✔é⓪⑯❶😀")
def test_what_no_carrier_carries_is_refused(char: str) -> None:
    measured = measure(f"확정 {char}")
    assert measured.unencodable == (char,)
    assert measured.kind is None


@pytest.mark.parametrize("char", "·…‘’“”※→★☎①⑮㈜㎡￦～「」■□○▶")
def test_signs_of_cp949_go(char: str) -> None:
    measured = measure(char)
    assert (measured.unencodable, measured.size) == ((), 2)


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        ("9\u201312시", "9-12시"),
        ("9\u201412시", "9-12시"),
        ("\u22121", "-1"),
        ("a\u2010b", "a-b"),
        ("\u20a91,000", "￦1,000"),
        ("\u20221번", "·1번"),
        ("6\u301c7월", "6～7월"),
        ("구로\u00a0진로", "구로 진로"),
        ("구\u200b로\ufeff", "구로"),
        ("구로\u202e진로", "구로진로"),
        ("줄\r\n바꿈\r끝", "줄\n바꿈\n끝"),
        ("\u00a9", "(c)"),
        ("탭\t글", "탭 글"),
        ("종\x07소리", "종소리"),
    ],
)
def test_look_alikes_and_invisible_signs_are_replaced(written: str, sent: str) -> None:
    assert tidy(written) == sent


def test_decomposed_syllables_are_composed() -> None:
    decomposed = unicodedata.normalize("NFD", "개봉중학교")
    assert len(decomposed) > 5
    assert measure(decomposed).text == "개봉중학교"
    assert measure(decomposed).size == 10


def test_a_line_break_is_one_byte() -> None:
    assert measure("가\r\n나").size == 5


@pytest.mark.parametrize(
    ("syllables", "kind", "label"),
    [(45, SmsKind.SMS, "SMS 90/90"), (46, SmsKind.LMS, "LMS 92/2000"), (1000, SmsKind.LMS, "LMS 2000/2000")],
)
def test_the_bounds_between_the_services(syllables: int, kind: SmsKind, label: str) -> None:
    measured = measure("가" * syllables)
    assert measured.kind is kind
    assert measured.label == label


def test_what_is_longer_than_the_longest_cannot_go() -> None:
    assert measure("가" * 1001).kind is None


def test_the_sample_of_the_specification_has_eighty_bytes() -> None:
    text = "[구로진로]6/12(금) 13:30 개봉중 10명 체험이 확정되었습니다. 협조에 감사드립니다."
    assert measure(text).size == 80 <= SMS_BYTES


def test_shortening_never_cuts_a_character() -> None:
    assert shorten("가나다라", 5) == "가나"
    assert shorten("abc", 5) == "abc"
