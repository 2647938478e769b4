"""What people enter about themselves and one another, tidied up or refused with a reason."""

from __future__ import annotations

import re
import unicodedata

from booking.domain.errors import InvalidInput

LONGEST_EMAIL = 254
LONGEST_NAME = 60
PASSWORD_LENGTH = (8, 128)

_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_EMAIL = re.compile(rf"[a-z0-9.!#$%&'*+/=?^_`{{|}}~-]{{1,64}}@{_LABEL}(?:\.{_LABEL})+")
_PHONE = re.compile(r"(02|0\d{2})(\d{3,4})(\d{4})")
#: what is guessed first; runs and repeated signs are found without a list
_COMMON = frozenset(
    {
        "password", "passw0rd", "password1", "password12", "password123", "qwertyuiop", "qwerty123", "1q2w3e4r",
        "1q2w3e4r5t", "1qaz2wsx", "asdfghjkl", "iloveyou", "sunshine", "princess", "football", "baseball", "welcome1",
        "letmein1", "superman", "trustno1", "a1234567", "abc12345", "abcd1234", "q1w2e3r4", "teacher1", "teacher123",
        "school123", "admin123", "admin1234", "korea123", "korea1234", "dkssudgktpdy", "tkfkdgody",
    }
)  # fmt: skip
_RUNS = ("01234567890123456789", "abcdefghijklmnopqrstuvwxyz", "qwertyuiop", "asdfghjkl", "zxcvbnm")


def clean_email(text: str) -> str:
    """Return an address as accounts keep it: without blanks around it, in lower case.

    Raises:
        InvalidInput: it is empty, or no address that mail could be sent to.
    """
    address = text.strip().lower()
    if not address:
        raise InvalidInput(field="email", reason="required")
    if len(address) > LONGEST_EMAIL or ".." in address or not _EMAIL.fullmatch(address):
        raise InvalidInput(field="email", reason="email")
    return address


def clean_phone(text: str) -> str | None:
    """Return a telephone number with its hyphens (``010-0000-0000``), or None where there is none.

    Raises:
        InvalidInput: it is no Korean number.
    """
    digits = re.sub(r"[\s().-]", "", text).replace("+82", "0", 1)
    if not digits:
        return None
    found = _PHONE.fullmatch(digits)
    if found is None:
        raise InvalidInput(field="phone", reason="phone")
    return "-".join(found.groups())


def clean_line(text: str, field: str, longest: int = LONGEST_NAME) -> str:
    """Return a name or a title in one line, without control characters.

    Raises:
        InvalidInput: it is empty or too long.
    """
    seen = "".join(" " if unicodedata.category(sign) in {"Cc", "Cf", "Zl", "Zp"} else sign for sign in text)
    line = " ".join(seen.split())
    if not line:
        raise InvalidInput(field=field, reason="required")
    if len(line) > longest:
        raise InvalidInput(field=field, reason="too_long")
    return line


def check_password(password: str, email: str) -> None:
    """Refuse a password that is too short, or among the first that anybody would try.

    Its kinds of signs are not prescribed: length does more, and people choose worse under such rules.

    Raises:
        InvalidInput: with the reason.
    """
    if not PASSWORD_LENGTH[0] <= len(password) <= PASSWORD_LENGTH[1]:
        raise InvalidInput(field="password", reason="password_length")
    plain = password.lower()
    easy = plain in _COMMON or len(set(plain)) <= 2 or any(plain in run or plain in run[::-1] for run in _RUNS)
    if easy or plain in {email.lower(), email.lower().partition("@")[0]}:
        raise InvalidInput(field="password", reason="password_common")
