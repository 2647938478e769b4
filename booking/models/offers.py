"""조정 제안: dates that a school did not ask for and is asked to take."""

from __future__ import annotations

import datetime as dt
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from booking.base import Base, enum_column
from booking.domain.ids import OfferId, RequestId, RunId, SlotId, UserId
from booking.domain.states import OfferStatus
from booking.models.requests import Request
from booking.models.terms import Slot


class Offer(Base):
    """One request (each of a bundle has its own) is asked to go at ``slot``; its places are held until the answer."""

    __tablename__ = "offer"
    __table_args__ = (
        sa.Index("uq_offer_open", "request_id", unique=True, postgresql_where=sa.text("status IN ('found', 'sent')")),
        sa.CheckConstraint("(status = 'countered') = (counter_slot_id IS NOT NULL)", name="countered"),
    )

    id: Mapped[OfferId] = mapped_column(sa.Identity(), primary_key=True)
    request_id: Mapped[RequestId] = mapped_column(sa.ForeignKey("request.id"), index=True)
    slot_id: Mapped[SlotId] = mapped_column(sa.ForeignKey("slot.id"))
    run_id: Mapped[RunId] = mapped_column(sa.ForeignKey("allocation_run.id"))
    status: Mapped[OfferStatus] = mapped_column(enum_column(OfferStatus, "status"), default=OfferStatus.FOUND)
    #: what the school gains and what everybody gains, as the engine states it
    gains: Mapped[dict[str, Any]] = mapped_column(default=dict)
    answer_by: Mapped[dt.date]
    #: the date that the school proposes instead
    counter_slot_id: Mapped[SlotId | None] = mapped_column(sa.ForeignKey("slot.id"))
    answered_by_id: Mapped[UserId | None] = mapped_column(sa.ForeignKey("app_user.id"))
    answered_at: Mapped[dt.datetime | None]
    reason: Mapped[str | None]
    created_at: Mapped[dt.datetime] = mapped_column(server_default=sa.func.now())

    request: Mapped[Request] = relationship()
    slot: Mapped[Slot] = relationship(foreign_keys=[slot_id])
    counter_slot: Mapped[Slot | None] = relationship(foreign_keys=[counter_slot_id])
