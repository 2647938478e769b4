"""인솔 파견: which coach is sent along with which school, what the coach was told, and the links for the answer."""

from __future__ import annotations

import datetime as dt
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from booking.base import Base, enum_column
from booking.domain.ids import CoachId, DispatchId, SchoolId, SlotId
from booking.domain.states import DispatchStatus
from booking.models.coaches import Coach
from booking.models.schools import School
from booking.models.terms import Slot


class CoachDispatch(Base):
    """A coach for a school at a slot. A coach is in one place at a time (partial unique index).

    ``facts`` is what the coach was told; a new version only when that changes.
    """

    __tablename__ = "coach_dispatch"
    __table_args__ = (
        sa.CheckConstraint("version >= 1", name="version"),
        sa.Index(
            "uq_coach_dispatch_once",
            "coach_id",
            "slot_id",
            unique=True,
            postgresql_where=sa.text("status IN ('asked', 'accepted')"),
        ),
    )

    id: Mapped[DispatchId] = mapped_column(sa.Identity(), primary_key=True)
    coach_id: Mapped[CoachId] = mapped_column(sa.ForeignKey("coach.id"), index=True)
    school_id: Mapped[SchoolId] = mapped_column(sa.ForeignKey("school.id"))
    slot_id: Mapped[SlotId] = mapped_column(sa.ForeignKey("slot.id"), index=True)
    status: Mapped[DispatchStatus] = mapped_column(enum_column(DispatchStatus, "status"), default=DispatchStatus.ASKED)
    version: Mapped[int] = mapped_column(default=1)
    facts: Mapped[dict[str, Any]]
    answer_by: Mapped[dt.date]
    #: in the coach's own words; ``silent`` where there were none in time
    answer_reason: Mapped[str | None]
    answered_at: Mapped[dt.datetime | None]
    #: who has called the coach back: a person as ``user:7``, or ``worker`` where nobody was needed any more
    cancelled_by: Mapped[str | None]
    created_at: Mapped[dt.datetime]

    coach: Mapped[Coach] = relationship()
    school: Mapped[School] = relationship()
    slot: Mapped[Slot] = relationship()


class DispatchLink(Base):
    """A coach's link: 32 random bytes, of which only the hash is kept; one dispatch at one version."""

    __tablename__ = "dispatch_link"

    token_hash: Mapped[bytes] = mapped_column(primary_key=True)
    dispatch_id: Mapped[DispatchId] = mapped_column(sa.ForeignKey("coach_dispatch.id", ondelete="CASCADE"), index=True)
    dispatch_version: Mapped[int]
    created_at: Mapped[dt.datetime] = mapped_column(server_default=sa.func.now())
    expires_at: Mapped[dt.datetime]

    dispatch: Mapped[CoachDispatch] = relationship()
