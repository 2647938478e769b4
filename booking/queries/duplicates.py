"""Likely duplicates: pairs of workplaces that look alike, and of which nobody has said that they are two."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session, selectinload

from booking.domain.alike import Face, Lookout, Why
from booking.models.duplicates import DistinctPair
from booking.models.workplaces import Workplace


@dataclass(frozen=True, slots=True)
class Pair:
    """Two workplaces that are likely one, the older entry first."""

    one: Workplace
    other: Workplace
    why: Why


def face_of(place: Workplace) -> Face:
    """What a workplace is compared by."""
    return Face(place.name, place.address, (place.contact.phone if place.contact is not None else None) or "")


def standing_places(session: Session) -> list[Workplace]:
    """Every entry that stands for a workplace, ended ones too; none that was merged into another."""
    return list(
        session.scalars(
            sa.select(Workplace)
            .where(Workplace.merged_into_id.is_(None))
            .options(selectinload(Workplace.contact), selectinload(Workplace.hours))
            .order_by(Workplace.id)
        )
    )


def duplicates(session: Session) -> list[Pair]:
    """Return the pairs that look alike, in the order in which they came into the register."""
    places = standing_places(session)
    distinct = {tuple(row) for row in session.execute(sa.select(DistinctPair.one_id, DistinctPair.other_id))}
    found = Lookout([face_of(place) for place in places]).pairs()
    return [
        Pair(places[one], places[other], why)
        for one, other, why in found
        if (places[one].id, places[other].id) not in distinct
    ]
