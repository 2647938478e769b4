"""The rules of coming in: how long things last, what an account's state is called, what may be entered."""

from __future__ import annotations

import datetime as dt

import pytest

from booking.domain.contacts import check_password, clean_email, clean_line, clean_phone
from booking.domain.entry import LIFETIMES, PATHS, AccountState, LinkPurpose, account_state, mask_ip, session_end
from booking.domain.errors import InvalidInput
from booking.domain.states import MessageStatus

BEGAN = dt.datetime(2027, 3, 2, 0, 0, tzinfo=dt.UTC)
HOUR = dt.timedelta(hours=1)


def test_a_link_that_signs_in_lives_ten_minutes_at_most() -> None:
    assert LIFETIMES[LinkPurpose.SIGN_IN] <= dt.timedelta(minutes=10)
    assert set(LIFETIMES) == set(PATHS) == set(LinkPurpose)
    assert len(set(PATHS.values())) == len(PATHS)


@pytest.mark.parametrize(
    ("after", "length", "end"),
    [(0, 8, 8), (2, 8, 10), (4, 8, 12), (7, 8, 12), (0, 1, 1), (11.5, 1, 12), (3, 24, 24)],
)
def test_a_session_grows_by_one_length_up_to_its_longest(after: float, length: int, end: float) -> None:
    assert session_end(BEGAN, BEGAN + after * HOUR, length * HOUR) == BEGAN + end * HOUR


@pytest.mark.parametrize(
    ("active", "invited", "password", "message", "link", "state"),
    [
        (True, False, True, None, False, AccountState.ACTIVE),
        (False, True, False, MessageStatus.CREATED, False, AccountState.INVITING),
        (False, True, False, MessageStatus.SENDING, True, AccountState.INVITING),
        (False, True, False, MessageStatus.SENT, True, AccountState.INVITED),
        (False, True, False, MessageStatus.UNKNOWN, True, AccountState.INVITED),
        (False, True, False, MessageStatus.DELIVERED, False, AccountState.EXPIRED),
        (False, True, False, MessageStatus.BOUNCED, True, AccountState.UNDELIVERED),
        (False, True, False, MessageStatus.FAILED, False, AccountState.UNDELIVERED),
        (False, False, False, None, False, AccountState.WITHDRAWN),
        (False, False, True, None, False, AccountState.OFF),
    ],
)
def test_the_state_of_an_account(
    active: bool, invited: bool, password: bool, message: MessageStatus | None, link: bool, state: AccountState
) -> None:
    found = account_state(active=active, invited=invited, has_password=password, message=message, link_open=link)
    assert found is state


@pytest.mark.parametrize(
    ("written", "kept"), [(" Kim@School.Example.KR ", "kim@school.example.kr"), ("a@b.kr", "a@b.kr")]
)
def test_an_address_is_kept_in_one_form(written: str, kept: str) -> None:
    assert clean_email(written) == kept


@pytest.mark.parametrize(
    "written",
    ["", " ", "kim", "kim@", "@school.kr", "kim@school", "a b@c.kr", "a@b..kr", "a@b.kr\nBcc: c@d.kr",
     "x" * 250 + "@b.kr", "kim@-b.kr", "<kim@b.kr>", "김@학교.kr"],
)  # fmt: skip
def test_what_is_no_address(written: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        clean_email(written)
    assert refused.value.field == "email"


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("010-0000-0001", "010-0000-0001"),
        ("01000000001", "010-0000-0001"),
        ("+82 10 0000 0001", "010-0000-0001"),
        ("02-0000-0000", "02-0000-0000"),
        ("", None),
        (" ", None),
    ],
)
def test_a_number_is_kept_with_its_hyphens(written: str, kept: str | None) -> None:
    assert clean_phone(written) == kept


@pytest.mark.parametrize("written", ["전화", "010", "010-0000-00012345", "1-800-0000", "<b>"])
def test_what_is_no_number(written: str) -> None:
    with pytest.raises(InvalidInput):
        clean_phone(written)


def test_a_name_is_one_line_without_signs_that_nobody_sees() -> None:
    assert clean_line("  김\r\n하늘\u202e ", "name") == "김 하늘"
    for text in ("", "\u200b", "가" * 61):
        with pytest.raises(InvalidInput):
            clean_line(text, "name")


@pytest.mark.parametrize(
    "password",
    ["1234567", "x" * 129, "12345678", "87654321", "password", "Passw0rd", "aaaaaaaa", "abababab", "abcdefgh",
     "teacher@school.kr"],
)  # fmt: skip
def test_passwords_that_may_not_be_chosen(password: str) -> None:
    with pytest.raises(InvalidInput):
        check_password(password, "teacher@school.kr")


@pytest.mark.parametrize("password", ["blue kettle walks", "가나다라마바사아", "x7!" * 3, "q" * 5 + "wer" * 40])
def test_length_is_enough(password: str) -> None:
    check_password(password, "teacher@school.kr")


@pytest.mark.parametrize(
    ("ip", "shown"), [("203.0.113.7", "203.0.*.*"), ("2001:db8:1:2::3", "2001:db8:1:…"), ("::1", "::1:…")]
)
def test_an_address_is_shown_by_half(ip: str, shown: str) -> None:
    assert mask_ip(ip) == shown
