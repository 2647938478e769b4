"""보유 기간과 파기: for how long personal data are kept, and what is erased when that is over. The statistics stay.

Contacts go one year after the last activity, the words of messages after six months, the access log after two years,
unless the centre has decided otherwise; the law sets the least for the log (one year).
"""

from __future__ import annotations

import calendar
import datetime as dt
from dataclasses import dataclass
from enum import StrEnum

from booking.domain.entered import Entered, Given

CONTACT_MONTHS = range(1, 61)
TEXT_MONTHS = range(1, 61)
#: 안전성 확보조치 기준 제8조: access records are kept for a year at least
ACCESS_MONTHS = range(12, 121)
#: a link that let somebody in once is of no use any more; the time in which a question about it may still come
LINK_DAYS = 30
LEAST_REASON, MOST_REASON = 4, 200


class Erased(StrEnum):
    """What is erased, in the order of the night's work."""

    MESSAGE_TEXT = "message_text"
    WORKPLACE_CONTACT = "workplace_contact"
    TEACHER = "teacher"
    OFFICE_ACCOUNT = "office_account"
    COACH = "coach"
    FREE_WORDS = "free_words"
    SIGN_IN = "sign_in"
    ACCESS_LOG = "access_log"


@dataclass(frozen=True, slots=True)
class Periods:
    """How long data are kept, in months after the last activity, the sending, and the look."""

    contact_months: int
    text_months: int
    access_months: int


def read_periods(given: Given) -> Periods:
    """Return the entered periods.

    Raises:
        InvalidForm: naming each that is no number of months within its limits.
    """
    entered = Entered(given)
    periods = Periods(
        entered.number("contact_months", CONTACT_MONTHS[0], CONTACT_MONTHS[-1]),
        entered.number("text_months", TEXT_MONTHS[0], TEXT_MONTHS[-1]),
        entered.number("access_months", ACCESS_MONTHS[0], ACCESS_MONTHS[-1]),
    )
    entered.finish()
    return periods


def months_before(day: dt.date, months: int) -> dt.date:
    """Return the day so many months earlier; the last of a month where that month is shorter."""
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    return dt.date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def name_left(number: int) -> str:
    """What stands where a name stood: the number by which the statistics and the log still tell people apart."""
    return f"#{number}"
