"""Codes of half a minute: the reference's own values, a clock that is a little off, and none that works twice."""

from __future__ import annotations

import datetime as dt

import pyotp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from booking.domain.second_factor import (
    RECOVERY_CODES,
    enrolment_address,
    matching_step,
    new_recovery_codes,
    new_secret,
    recovery_digest,
)

#: the secret of RFC 6238's appendix B
SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"


@pytest.mark.parametrize(
    ("seconds", "code"),
    [(59, "287082"), (1111111109, "081804"), (1111111111, "050471"), (1234567890, "005924"), (2000000000, "279037")],
)
def test_the_codes_are_those_of_the_standard(seconds: int, code: str) -> None:
    moment = dt.datetime.fromtimestamp(seconds, dt.UTC)
    assert matching_step(SECRET, code, moment, 0) == seconds // 30
    wide = code.translate({ord("0") + digit: ord("０") + digit for digit in range(10)})
    for typed in (f"{code[:3]} {code[3:]}", wide):
        assert matching_step(SECRET, typed, moment, 0) == seconds // 30


@given(st.integers(min_value=10**9, max_value=4 * 10**9), st.integers(min_value=-4, max_value=4))
def test_a_clock_may_be_a_half_minute_off_and_no_more(seconds: int, off: int) -> None:
    step = seconds // 30
    code = pyotp.TOTP(SECRET).generate_otp(step + off)
    found = matching_step(SECRET, code, dt.datetime.fromtimestamp(seconds, dt.UTC), 0)
    near = {pyotp.TOTP(SECRET).generate_otp(step + shift) for shift in (-1, 0, 1)}
    assert (found is not None) is (code in near)


def test_a_code_opens_once() -> None:
    moment = dt.datetime.fromtimestamp(1111111109, dt.UTC)
    step = matching_step(SECRET, "081804", moment, 0)
    assert step is not None
    assert matching_step(SECRET, "081804", moment, step) is None


@pytest.mark.parametrize("code", ["", "28708", "2870822", "abcdef", "²⁸⁷⁰⁸²"])
def test_what_is_no_code_is_refused(code: str) -> None:
    assert matching_step(SECRET, code, dt.datetime.fromtimestamp(59, dt.UTC), 0) is None


def test_recovery_codes_differ_and_are_read_however_they_are_typed() -> None:
    codes = new_recovery_codes()
    assert len(set(codes)) == RECOVERY_CODES
    for code in codes:
        assert recovery_digest(code) == recovery_digest(code.lower().replace("-", " "))
    assert recovery_digest("12345") is None


def test_the_address_names_the_account_and_the_centre() -> None:
    address = enrolment_address(new_secret(), "coordinator@example.kr", "구로 센터")
    assert address.startswith("otpauth://totp/")
    assert "coordinator%40example.kr" in address
