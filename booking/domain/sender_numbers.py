"""발신번호: from which numbers text messages may leave (전기통신사업법 제84조의2: only from registered ones).

Rules of the registration as the providers publish them: a landline with its area code, a number for the whole country
(15xx, 16xx, 18xx) without one, a mobile; forwarding numbers (050) cannot be registered.
"""

from __future__ import annotations

import datetime as dt
import re
from enum import StrEnum

from booking.domain.errors import InvalidInput

_ALLOWED = re.compile(r"0(?:2\d{7,8}|1[016789]\d{7,8}|[3-6][1-5]\d{7,8}|70\d{8}|30\d{8,9}|80\d{7,8})|1[568]\d{6}")


class NumberState(StrEnum):
    """Whether messages may leave from a number today."""

    VALID = "valid"
    UNREGISTERED = "sender_unregistered"
    EXPIRED = "sender_expired"


def digits_of(number: str) -> str:
    """Return a number without anything but its digits."""
    return re.sub(r"\D", "", number)


def clean_sender_number(text: str, field: str = "number") -> str:
    """Return the digits of a number from which text messages may be sent.

    Raises:
        InvalidInput: nothing was entered, or no number that could be registered.
    """
    if not text.strip():
        raise InvalidInput(field=field, reason="required")
    digits = digits_of(text)
    if not _ALLOWED.fullmatch(digits) or digits.startswith("050"):
        raise InvalidInput(field=field, reason="sender_number")
    return digits


def number_state(expires_on: dt.date | None, today: dt.date) -> NumberState:
    """Whether a registered number may be used on a day; the last day still counts."""
    return NumberState.EXPIRED if expires_on is not None and expires_on < today else NumberState.VALID
