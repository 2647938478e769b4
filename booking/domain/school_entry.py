"""학교: what the centre enters of a school, checked once for the form and for tables."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from booking.domain.entered import Entered, Given
from booking.domain.vocabulary import Level
from booking.domain.workplace_entry import LATITUDES, LONGEST_ADDRESS, LONGITUDES

LONGEST_NAME = 60
SMS_NAME_BYTES = 12
HOURS = ("am_starts", "am_ends", "pm_starts", "pm_ends")
EARLIEST, LATEST = dt.time(7, 0), dt.time(20, 0)


@dataclass(frozen=True, slots=True)
class SchoolEntry:
    """A school, as entered: all of it valid."""

    name: str
    sms_name: str
    level: Level
    address: str
    lat: float
    lon: float
    telephone: str | None
    am_starts: dt.time
    am_ends: dt.time
    pm_starts: dt.time
    pm_ends: dt.time


def read_school(given: Given) -> SchoolEntry:
    """Return the entered school.

    Raises:
        InvalidForm: every field that cannot be accepted.
    """
    entered = Entered(given)
    name, sms_name = entered.line("name", LONGEST_NAME), entered.sms_name("sms_name", SMS_NAME_BYTES)
    level = entered.one_of(Level, "level")
    address = entered.line("address", LONGEST_ADDRESS, required=False)
    lat, lon = entered.degrees("lat", *LATITUDES), entered.degrees("lon", *LONGITUDES)
    telephone = entered.phone("telephone")
    before = len(entered.faults)
    times = {field: entered.time(field) for field in HOURS}
    if len(entered.faults) == before:
        for field, time in times.items():
            if not EARLIEST <= time <= LATEST:
                entered.fault(field, "time")
        starts, ends, later, last = times.values()
        if len(entered.faults) == before and not starts < ends <= later < last:
            entered.fault("am_starts", "order")
    entered.finish()
    return SchoolEntry(name, sms_name, level, address, lat, lon, telephone, **times)
