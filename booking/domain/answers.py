"""What a workplace answers, and why it declines."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class DeclineReason(StrEnum):
    """Why a workplace cannot take a group."""

    NOT_THIS_DAY = "not_this_day"
    NOT_THIS_SIZE = "not_this_size"
    NOT_ANY_MORE = "not_any_more"


#: the action under which the history keeps a call that reached nobody who could answer
CALLED = "workplace_called"


#: why a group was freed whose workplace was asked in another's stead and did not answer in time
SILENT = "silent"


@dataclass(frozen=True, slots=True)
class Answer:
    """One group's answer; ``pupils``: the group is welcome, but only so many of it."""

    accept: bool
    reason: DeclineReason | None = None
    pupils: int | None = None
