"""일터가 남긴 말: what a workplace leaves for the office on its link: wishes, and news to be read."""

from __future__ import annotations

from enum import StrEnum


class NoteKind(StrEnum):
    """A wish (to be called, another time), or what a workplace has changed of itself (details, closed days, a rest)."""

    CALL_ME = "call_me"
    OTHER_TIME = "other_time"
    DETAILS = "details"
    CLOSED = "closed"
    PAUSED = "paused"


LONGEST_NOTE = 300
#: a closed half-day that the workplace has entered itself, and one within its rest, as the register keeps the reason
BY_WORKPLACE, RESTING = "by_workplace", "resting"
