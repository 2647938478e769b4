"""양보 점수: what a school is owed for dates that it gave up, and how it came by it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.domain.ids import SchoolId
from booking.models.history import HistoryEntry
from booking.models.terms import Slot


@dataclass(frozen=True, slots=True)
class CreditRow:
    """One credit: when, how much, the sum after it, for which classes and for which date."""

    at: dt.datetime
    credit: float
    total: float
    labels: tuple[str, ...]
    slot: Slot | None


def credit_history(session: Session, school_id: SchoolId) -> list[CreditRow]:
    """Return what has been credited to a school, the newest first."""
    entries = session.scalars(
        sa.select(HistoryEntry)
        .where(
            HistoryEntry.subject_type == "school",
            HistoryEntry.subject_id == school_id,
            HistoryEntry.action == "credited",
        )
        .order_by(HistoryEntry.id.desc())
    ).all()
    codes = {entry.detail.get("slot") for entry in entries}
    slots = {slot.code: slot for slot in session.scalars(sa.select(Slot).where(Slot.code.in_(codes - {None})))}
    return [
        CreditRow(
            entry.at,
            float(entry.detail.get("credit", 0.0)),
            float(entry.detail.get("now", 0.0)),
            tuple(entry.detail.get("labels", ())),
            slots.get(str(entry.detail.get("slot"))),
        )
        for entry in entries
    ]
