"""What a calendar entry is, whoever words it and whoever writes it as a file."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum


class Method(StrEnum):
    """What an entry asks of the reader's calendar (RFC 5546)."""

    PUBLISH = "PUBLISH"
    REQUEST = "REQUEST"
    CANCEL = "CANCEL"


class EventStatus(StrEnum):
    """How certain the event is (RFC 5545, 3.8.1.11)."""

    TENTATIVE = "TENTATIVE"
    CONFIRMED = "CONFIRMED"
    CANCELLED = "CANCELLED"


@dataclass(frozen=True, slots=True)
class Event:
    """One event. The same ``uid`` with a higher ``sequence`` replaces what the calendar has; nothing is doubled."""

    uid: str
    sequence: int
    starts: dt.datetime
    ends: dt.datetime
    summary: str
    description: str = ""
    location: str = ""
    status: EventStatus = EventStatus.CONFIRMED


@dataclass(frozen=True, slots=True)
class Party:
    """Who invites, or who is invited."""

    name: str
    email: str
