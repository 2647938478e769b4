"""What went wrong, in words that help: one table from an error's code to a title and a sentence."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from booking.domain.errors import BookingError, InvalidForm, InvalidInput, NotNow
from booking.domain.phases import Phase
from booking.web.labels import label
from booking.web.marking import gettext
from booking.web.problem_fields import SENTENCES
from booking.web.problem_pages import BY_CODE, BY_STATUS, NOT_NOW, NOTHING_CHANGED


@dataclass(frozen=True, slots=True)
class Problem:
    """What an error page says: ``title``, what happened, and what became of what was entered."""

    title: str
    text: str
    kept: str = ""


def translated(texts: tuple[str, str, str]) -> Problem:
    """Return the problem in the language of the page."""
    return Problem(*(gettext(text) if text else "" for text in texts))


def _minutes(seconds: object) -> int:
    return max(1, math.ceil(float(str(seconds or 60)) / 60))


def not_now(error: NotNow) -> str:
    """Return why it is not the day for something, and what can be done instead."""
    _, otherwise, _ = BY_CODE[error.code]
    text = NOT_NOW.get(error.reason or "", otherwise)
    return gettext(text)


def describe(error: BookingError) -> Problem:
    """Return what to say of an error of ours."""
    if isinstance(error, NotNow):
        title, _, kept = BY_CODE[error.code]
        return Problem(gettext(title), not_now(error), gettext(kept))
    if error.code == "too_many_attempts":
        wait = gettext("%(n)s분 뒤에 다시 하실 수 있습니다.", n=_minutes(error.facts.get("seconds")))
        title, text, kept = BY_STATUS[429]
        return Problem(gettext(title), f"{gettext(text)} {wait}", gettext(kept) if kept else "")
    if error.code == "phase_closed":
        phase = Phase(str(error.facts.get("phase", Phase.CLOSED)))
        text = gettext("지금은 「%(phase)s」 기간이라 이 일을 할 수 없습니다.", phase=label(phase))
        return Problem(gettext("지금은 할 수 없는 일입니다"), text, gettext(NOTHING_CHANGED))
    return translated(BY_CODE.get(error.code, BY_CODE["refused"]))


def describe_status(status: int) -> Problem:
    """Return what to say of an HTTP status."""
    return translated(BY_STATUS.get(status, BY_STATUS[500 if status >= 500 else 400]))


def sentence(fault: InvalidInput) -> str:
    """Return the sentence beside the field that a fault names."""
    reason = fault.reason or "unknown"
    name = (fault.field or "").partition("-")[0]  # reason-12 is the reason of group 12
    text = SENTENCES.get((name, reason)) or SENTENCES.get(reason, SENTENCES["unknown"])
    return gettext(text)


def sentences(error: InvalidInput | InvalidForm) -> dict[str, str]:
    """Return the first sentence of each field that an error names, in the order of the form."""
    faults: Iterable[InvalidInput] = error.faults if isinstance(error, InvalidForm) else (error,)
    found: dict[str, str] = {}
    for fault in faults:
        found.setdefault(fault.field or "form", sentence(fault))
    return found
