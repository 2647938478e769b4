"""Which workplace is open at which slot: the weekly pattern, its exceptions, valid checks, and the air outdoors."""

from __future__ import annotations

from collections import defaultdict

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.domain.eligibility import usable_until
from booking.domain.ids import TermId, WorkplaceId
from booking.domain.vocabulary import Setting
from booking.models.air import AirSwitch
from booking.models.terms import Slot
from booking.models.workplaces import Workplace, WorkplaceException, WorkplaceHours


def slots_of(session: Session, term_id: TermId) -> list[Slot]:
    """Return the slots of a term in the order of the calendar."""
    return list(session.scalars(sa.select(Slot).where(Slot.term_id == term_id).order_by(Slot.date, Slot.block)))


def switched_slots(session: Session, slots: list[Slot]) -> list[Slot]:
    """Return those of ``slots`` at which nobody goes outdoors: fine dust is switched on."""
    on = set(session.scalars(sa.select(AirSwitch.slot_id).where(AirSwitch.off_at.is_(None))))
    return [slot for slot in slots if slot.id in on]


def open_slots(session: Session, slots: list[Slot], workplaces: list[Workplace]) -> dict[WorkplaceId, list[Slot]]:
    """Return, for each of ``workplaces``, those of ``slots`` at which it receives pupils, in the given order."""
    hours: defaultdict[WorkplaceId, set[tuple[int, str]]] = defaultdict(set)
    for place, weekday, block in session.execute(
        sa.select(WorkplaceHours.workplace_id, WorkplaceHours.weekday, WorkplaceHours.block)
    ):
        hours[place].add((weekday, block))
    exceptions: defaultdict[WorkplaceId, dict[tuple[object, str], bool]] = defaultdict(dict)
    for place, date, block, is_open in session.execute(
        sa.select(
            WorkplaceException.workplace_id, WorkplaceException.date, WorkplaceException.block, WorkplaceException.open
        )
    ):
        exceptions[place][date, block] = is_open
    keyed = [(slot, slot.date, (slot.date.weekday(), slot.block), (slot.date, slot.block)) for slot in slots]
    found: dict[WorkplaceId, list[Slot]] = {}
    aired = {slot.id for slot in switched_slots(session, slots)}
    for workplace in workplaces:
        until = usable_until(
            workplace.status, workplace.safety_valid_until, workplace.insurance_valid_until, workplace.certified_until
        )
        # local names: this is asked for every slot of every workplace, on the office's first page
        weekly_open, otherwise = hours[workplace.id], exceptions[workplace.id]
        shut = aired if workplace.setting is Setting.OUTDOOR else frozenset()
        found[workplace.id] = [
            slot
            for slot, date, weekly, dated in keyed
            if until is not None
            and date <= until
            and otherwise.get(dated, weekly in weekly_open)
            and slot.id not in shut
        ]
    return found
