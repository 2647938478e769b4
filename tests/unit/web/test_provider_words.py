"""Providers' codes in plain words: none is left without a sentence, and none of them names an address."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from booking.web.console.provider_words import reason_of


@pytest.mark.parametrize(
    ("code", "said"),
    [
        (None, ""),
        ("no_address", "연락처가 없습니다"),
        ("smtp 550 5.1.1", "없는 메일 주소"),
        ("smtp 552 5.2.2", "메일함이 가득"),
        ("smtp 550 5.7.26", "보안 규칙"),
        ("smtp 550", "거절했습니다"),
        ("smtp 451 4.7.1", "저절로 다시"),
        ("smtp 421", "저절로 다시"),
        ("smtp 535 login", "비밀번호"),
        ("smtp address_or_header", "메일 주소가 잘못"),
        ("smtp SMTPServerDisconnected", "이어지지 않았습니다"),
        ("nhn 3003", "없는 번호"),
        ("nhn 2003", "꺼져 있거나"),
        ("nhn 3012", "스팸"),
        ("nhn 3018", "발신번호"),
        ("nhn -1008", "열쇠나 요금"),
        ("nhn -2023", "글자나 길이"),
        ("nhn E999", "전하지 못했습니다"),
        ("nhn http 500", "갔는지 알 수 없습니다"),
        ("solapi http 403 SignatureDoesNotMatch", "열쇠나 요금"),
        ("solapi http 402 NotEnoughBalance", "열쇠나 요금"),
        ("solapi http 429 TooManyRequests", "바빠서"),
        ("solapi http 400 InvalidNumber", "없는 번호"),
        ("solapi 3040", "전하지 못했습니다"),
        ("solapi 1062", "발신번호"),
        ("solapi not_a_mobile_number", "휴대전화 번호가 아니"),
        ("solapi ConnectError", "이어지지 않았습니다"),
        ("solapi ReadTimeout", "갔는지 알 수 없습니다"),
        ("something else", "까닭을 알 수 없습니다"),
    ],
)
def test_what_a_code_means(speak: Callable[[str], None], code: str | None, said: str) -> None:
    speak("ko")
    found = reason_of(code)
    assert said in found
    assert bool(found) is (code is not None)
