"""미세먼지: half-days at which nobody goes outdoors, switched on and off by the office."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from booking.base import Base
from booking.domain.ids import SlotId, UserId
from booking.models.people import User
from booking.models.terms import Slot


class AirSwitch(Base):
    """One half-day at which outdoor workplaces are closed, until it is switched off; it moves nobody by itself."""

    __tablename__ = "air_switch"
    __table_args__ = (
        sa.Index("uq_air_switch_on", "slot_id", unique=True, postgresql_where=sa.text("off_at IS NULL")),
        sa.CheckConstraint("(off_at IS NULL) = (off_by_id IS NULL)", name="off_by_somebody"),
    )

    id: Mapped[int] = mapped_column(sa.Identity(), primary_key=True)
    slot_id: Mapped[SlotId] = mapped_column(sa.ForeignKey("slot.id", ondelete="CASCADE"))
    on_at: Mapped[dt.datetime]
    on_by_id: Mapped[UserId] = mapped_column(sa.ForeignKey("app_user.id"))
    off_at: Mapped[dt.datetime | None]
    off_by_id: Mapped[UserId | None] = mapped_column(sa.ForeignKey("app_user.id"))

    slot: Mapped[Slot] = relationship()
    on_by: Mapped[User] = relationship(foreign_keys=[on_by_id])
