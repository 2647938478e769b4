"""Date shifts of the small term: plans with visits held or elsewhere, lines as the engine writes them."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import pytest
import sqlalchemy as sa

from booking.exchange.shift_offers import ShiftLine, read_shift_offers
from booking.models.history import HistoryEntry
from booking.models.offers import Offer
from booking.services.offer_sending import Sent, send_offers
from scheduler.allocation import Assignment
from scheduler.faults import InputError
from tests.support.factory import SmallTerm, at_slot

OFFERED = "2027-03-19/AM"
OTHER = "2027-03-25/PM"


def published(small: SmallTerm, **gone: str | None) -> None:
    """A published plan without the bundle, and with the visits named at other slots."""
    _, plan = small.plan()
    visits = {given.id: given for given in plan.visits}
    for code in ("V0004", "V0005"):
        visits[code] = Assignment(code, None)
    for code, slot in gone.items():
        visits[code] = next(given for given in at_slot(plan, code, slot) if given.id == code)
    small.publish(small.propose(visits.values()))


def held(small: SmallTerm) -> Offer:
    """One offer that holds places: V0002 at a date that its school did not ask for."""
    published(small, V0002=OFFERED)
    return small.session.scalars(sa.select(Offer)).one()


def line(small: SmallTerm, *visits: str, slot: str = OTHER, school: str = "S2", **gains: Any) -> ShiftLine:
    """A line as the engine writes it."""
    side = {"pupils": 40, "price_here": None, "price_there": 3.5, "yielded": 12.0}
    record = {
        "kind": "place",
        "school": school,
        "visits": list(visits),
        "slot": slot,
        "unplaced_pupils": 0,
        "date_stage": 812.5,
        "pupils_gained": 40,
        "date_stage_gained": 312.0,
        "for_school": side,
        "solved": True,
        **gains,
    }
    return read_shift_offers(json.dumps([record]).encode())[0]


def send(small: SmallTerm, *lines: ShiftLine, until: dt.date = dt.date(2027, 3, 5)) -> Sent:
    sent = send_offers(small.session, small.clock, lines, until, "command line")
    small.judge()
    return sent


def faults(small: SmallTerm, *lines: ShiftLine) -> list[str]:
    with pytest.raises(InputError) as refused:
        send_offers(small.session, small.clock, lines, dt.date(2027, 3, 5), "command line")
    return [str(fault) for fault in refused.value.faults]


def history(small: SmallTerm, action: str) -> list[HistoryEntry]:
    return list(small.session.scalars(sa.select(HistoryEntry).where(HistoryEntry.action == action)))
