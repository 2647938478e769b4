"""인솔자·진로코치: trained parents and volunteers whom the centre can send along."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from booking.base import Base, enum_column
from booking.domain.ids import CoachId, SlotId
from booking.domain.vocabulary import Language


class Coach(Base):
    """A chaperone from the centre's pool; only one whose training is valid is counted."""

    __tablename__ = "coach"
    __table_args__ = (
        sa.CheckConstraint("version >= 1", name="version"),
        sa.CheckConstraint("erased_at IS NULL OR (phone IS NULL AND email IS NULL)", name="erased"),
    )

    id: Mapped[CoachId] = mapped_column(sa.Identity(), primary_key=True)
    name: Mapped[str]
    phone: Mapped[str | None]
    email: Mapped[str | None]
    language: Mapped[Language] = mapped_column(enum_column(Language, "language"), default=Language.KO)
    training_valid_until: Mapped[dt.date]
    #: the first day on which the coach no longer comes; empty: goes on
    ended_on: Mapped[dt.date | None]
    #: name and addresses were erased then
    erased_at: Mapped[dt.datetime | None]
    #: raised by every change: a form that saw an older one is refused
    version: Mapped[int] = mapped_column(default=1)


class CoachAvailability(Base):
    """A coach has said yes to a slot."""

    __tablename__ = "coach_availability"

    coach_id: Mapped[CoachId] = mapped_column(sa.ForeignKey("coach.id", ondelete="CASCADE"), primary_key=True)
    slot_id: Mapped[SlotId] = mapped_column(sa.ForeignKey("slot.id", ondelete="CASCADE"), primary_key=True, index=True)
