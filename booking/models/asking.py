"""신청하는 동안: how crowded each slot is for each level, and drafts that are kept until they are sent."""

from __future__ import annotations

import datetime as dt
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from booking.base import Base, enum_column
from booking.domain.ids import DraftId, SchoolId, SlotId, TermId, UserId
from booking.domain.vocabulary import Level


class SlotOutlook(Base):
    """How full a slot is and will be, for schools of one level; reckoned by a worker, read by every calendar page.

    ``seats`` are those that the level can really use within the workplaces' budgets of day, week and term.
    """

    __tablename__ = "slot_outlook"
    __table_args__ = (
        sa.CheckConstraint("asked >= 0 AND expected >= 0 AND seats >= 0 AND price >= 0", name="not_negative"),
    )

    slot_id: Mapped[SlotId] = mapped_column(sa.ForeignKey("slot.id", ondelete="CASCADE"), primary_key=True)
    level: Mapped[Level] = mapped_column(enum_column(Level, "level"), primary_key=True)
    #: pupils of all schools who are placed there, or who wait and wish it first
    asked: Mapped[int]
    #: pupils who are expected to ask on top of them, by the forecast
    expected: Mapped[int]
    seats: Mapped[int]
    #: 혼잡 비용: what one more pupil there would cost everybody
    price: Mapped[float]
    reckoned_at: Mapped[dt.datetime] = mapped_column(server_default=sa.func.now())


class SlotSeats(Base):
    """The seats of a slot for all levels together, within the workplaces' budgets; reckoned with the outlook.

    The office's first page reads it: to reckon it anew took longer than everything else on that page.
    """

    __tablename__ = "slot_seats"
    __table_args__ = (sa.CheckConstraint("seats >= 0", name="not_negative"),)

    slot_id: Mapped[SlotId] = mapped_column(sa.ForeignKey("slot.id", ondelete="CASCADE"), primary_key=True)
    seats: Mapped[int]
    #: whether late requests without a place were counted at the workplaces, as they are from the left-over phase on
    late: Mapped[bool]
    reckoned_at: Mapped[dt.datetime]


class RequestDraft(Base):
    """A request in the making, kept for its school until it is sent or thrown away; any of its teachers goes on."""

    __tablename__ = "request_draft"

    id: Mapped[DraftId] = mapped_column(sa.Identity(), primary_key=True)
    term_id: Mapped[TermId] = mapped_column(sa.ForeignKey("term.id", ondelete="CASCADE"))
    school_id: Mapped[SchoolId] = mapped_column(sa.ForeignKey("school.id"), index=True)
    #: classes, fields and dates chosen so far
    content: Mapped[dict[str, Any]]
    created_by_id: Mapped[UserId] = mapped_column(sa.ForeignKey("app_user.id"))
    updated_by_id: Mapped[UserId] = mapped_column(sa.ForeignKey("app_user.id"))
    created_at: Mapped[dt.datetime] = mapped_column(server_default=sa.func.now())
    updated_at: Mapped[dt.datetime]
    #: raised by every change; a page that was opened before is told what another changed
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}
