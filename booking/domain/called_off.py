"""하루 취소: what the centre says when nobody can go out on a day, checked once."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum

from booking.domain.entered import Entered, Given
from booking.domain.school_year import DayBlocks
from booking.domain.vocabulary import Block

LONGEST_NOTE = 200
#: a day so near that the word may leave at any hour
PRESSING = dt.timedelta(days=1)


class Cause(StrEnum):
    """Why nobody goes out."""

    WEATHER = "weather"
    AIR = "air"
    ILLNESS = "illness"
    EMERGENCY = "emergency"
    OTHER = "other"


BLOCKS: dict[DayBlocks, tuple[Block, ...]] = {
    DayBlocks.ALL: tuple(Block),
    DayBlocks.AM: (Block.AM,),
    DayBlocks.PM: (Block.PM,),
}


@dataclass(frozen=True, slots=True)
class CallingOff:
    """What is called off and what is said: ``again`` looks for other dates, ``closed`` closes the day for requests."""

    date: dt.date
    blocks: DayBlocks
    cause: Cause
    note: str
    again: bool
    closed: bool


def read_day(given: Given, today: dt.date) -> tuple[dt.date, DayBlocks]:
    """Return the day and the part of it.

    Raises:
        InvalidForm: no date, one that is past (``past``), or an unknown part of the day.
    """
    entered = Entered(given)
    date = entered.required_date("date")
    blocks = entered.one_of(DayBlocks, "blocks")
    if not entered.faults and date < today:
        entered.fault("date", "past")
    entered.finish()
    return date, blocks


def read_calling_off(given: Given, today: dt.date) -> CallingOff:
    """Return what was entered.

    Raises:
        InvalidForm: as :func:`read_day`; no cause; a note that is missing where the cause is another, or too long.
    """
    date, blocks = read_day(given, today)
    entered = Entered(given)
    cause = entered.one_of(Cause, "cause")
    note = entered.line("note", LONGEST_NOTE, required=not entered.faults and cause is Cause.OTHER)
    if entered.text("understood") != "1":
        entered.fault("understood", "required")
    entered.finish()
    # half a day cannot be closed for requests: the calendar of closed days knows whole days
    closed = blocks is DayBlocks.ALL and entered.text("closed") == "1"
    return CallingOff(date, blocks, cause, note, entered.text("again") == "1", closed)


def is_pressing(date: dt.date, today: dt.date) -> bool:
    """Whether the word has to leave at any hour."""
    return date - today <= PRESSING
