"""다녀오기 전과 후: what can be done on which day of a visit, and the limits of what a school reports of it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Container
from enum import StrEnum

from booking.clock import SEOUL, seoul_time

#: a school reports attendance within so many days of the visit; later it still can, and is overdue
REPORT_DAYS = 7
#: so many days after the visit a school is reminded, once, of what is still missing
REMIND_DAYS = 5
#: older visits are left to a person: nobody is reminded of a term that is long over
FORGET_DAYS = 28
#: a tap on «arrived» can be taken back for so long
ARRIVAL_UNDO = dt.timedelta(minutes=10)
#: more pupils may come than were planned, but not many more
MOST_OVER = 5
MOST_ATTENDED = 100
MOST_REMARK = 500
#: answers of pupils are counted from 1 (not at all) to 5 (very)
ANSWERS = (1, 2, 3, 4, 5)
MOST_ANSWERS = 100
#: messages of routine leave between these hours in Seoul
WAKING = (dt.time(9, 0), dt.time(20, 0))
_DAY = dt.timedelta(days=1)


class Check(StrEnum):
    """확인: what a school ticks for a class before it goes."""

    CONSENT = "consent"
    BRIEFING = "briefing"


def is_working_day(date: dt.date, free: Container[dt.date]) -> bool:
    """Whether schools and offices work that day; ``free`` are the holidays."""
    return date.weekday() < 5 and date not in free


def working_day_before(date: dt.date, free: Container[dt.date]) -> dt.date:
    """Return the last working day before a date."""
    day = date - _DAY
    while not is_working_day(day, free):
        day -= _DAY
    return day


def working_day_from(date: dt.date, free: Container[dt.date]) -> dt.date:
    """Return the date itself where it is a working day, else the next one."""
    while not is_working_day(date, free):
        date += _DAY
    return date


def due_on(date: dt.date) -> dt.date:
    """Return the last day on which the attendance of a visit is not overdue."""
    return date + dt.timedelta(days=REPORT_DAYS)


def contacts_open(today: dt.date, date: dt.date, free: Container[dt.date]) -> bool:
    """Whether a school may look at the telephone of its workplaces: on the day, and on the working day before."""
    return today in {date, working_day_before(date, free)}


def awake(time: dt.time) -> bool:
    """Whether a message of routine may leave at this time of day in Seoul."""
    return WAKING[0] <= time < WAKING[1]


def next_waking(moment: dt.datetime) -> dt.datetime:
    """Return the moment itself where a message of routine may leave then, else the next 09:00 in Seoul."""
    local = moment.astimezone(SEOUL)
    if awake(local.time()):
        return moment
    morning = local.date() if local.time() < WAKING[0] else local.date() + _DAY
    return seoul_time(morning, WAKING[0])
