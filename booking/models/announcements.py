"""상시 안내: what is announced, and who has agreed to hear of it."""

from __future__ import annotations

import datetime as dt
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from booking.base import Base, enum_column
from booking.domain.announcement_states import AnnouncementStatus
from booking.domain.announcements import ConsentBy
from booking.domain.ids import CoachId, UserId, WorkplaceId
from booking.models.people import User


class Consent(Base):
    """홍보 수신 동의: since when somebody has agreed, since when no longer. One stands at a time; old ones are kept."""

    __tablename__ = "consent"
    __table_args__ = (
        sa.CheckConstraint("num_nonnulls(user_id, workplace_id, coach_id) = 1", name="one_person"),
        sa.CheckConstraint("(withdrawn_at IS NULL) = (withdrawn_by IS NULL)", name="whole_withdrawal"),
        *(
            sa.Index(
                f"uq_consent_{name}", f"{name}_id", unique=True,
                postgresql_where=sa.text(f"withdrawn_at IS NULL AND {name}_id IS NOT NULL"),
            )
            for name in ("user", "workplace", "coach")
        ),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(sa.Identity(), primary_key=True)
    user_id: Mapped[UserId | None] = mapped_column(sa.ForeignKey("app_user.id"))
    workplace_id: Mapped[WorkplaceId | None] = mapped_column(sa.ForeignKey("workplace.id"))
    coach_id: Mapped[CoachId | None] = mapped_column(sa.ForeignKey("coach.id"))
    granted_at: Mapped[dt.datetime]
    granted_by: Mapped[ConsentBy] = mapped_column(enum_column(ConsentBy, "granted_by"))
    withdrawn_at: Mapped[dt.datetime | None]
    withdrawn_by: Mapped[ConsentBy | None] = mapped_column(enum_column(ConsentBy, "withdrawn_by"))


class Announcement(Base):
    """One announcement: its words, for whom, when it leaves. What became of it stands in its messages."""

    __tablename__ = "announcement"
    __table_args__ = (
        sa.CheckConstraint("(status = 'draft') = (send_at IS NULL)", name="scheduled_has_moment"),
        sa.CheckConstraint("length(subject) BETWEEN 1 AND 40", name="subject_length"),
        sa.CheckConstraint("version >= 1", name="version"),
    )

    id: Mapped[int] = mapped_column(sa.Identity(), primary_key=True)
    subject: Mapped[str]
    text: Mapped[str]
    subject_en: Mapped[str] = mapped_column(default="")
    text_en: Mapped[str] = mapped_column(default="")
    channels: Mapped[list[str]]
    audience: Mapped[dict[str, Any]]
    advertising: Mapped[bool]
    status: Mapped[AnnouncementStatus] = mapped_column(
        enum_column(AnnouncementStatus, "status"), default=AnnouncementStatus.DRAFT
    )
    send_at: Mapped[dt.datetime | None]
    #: how many people it was written to
    people: Mapped[int | None]
    created_at: Mapped[dt.datetime]
    created_by_id: Mapped[UserId] = mapped_column(sa.ForeignKey("app_user.id"))
    version: Mapped[int] = mapped_column(default=1)

    created_by: Mapped[User] = relationship()
