"""What workplaces say on their links beside yes and no: smaller groups, notes for the office, a calendar's address."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from booking.base import Base, enum_column
from booking.domain.ids import GroupId, NoticeId, RequestId, SlotId, UserId, WorkplaceId
from booking.domain.workplace_notes import NoteKind
from booking.models.terms import Slot
from booking.models.visits import VisitGroup
from booking.models.workplaces import Workplace


class GroupLimit(Base):
    """A workplace takes this request's pupils only up to so many: it has said so, and is not asked for more again."""

    __tablename__ = "group_limit"
    __table_args__ = (sa.CheckConstraint("pupils >= 1", name="pupils"),)

    request_id: Mapped[RequestId] = mapped_column(sa.ForeignKey("request.id", ondelete="CASCADE"), primary_key=True)
    workplace_id: Mapped[WorkplaceId] = mapped_column(sa.ForeignKey("workplace.id"), primary_key=True)
    pupils: Mapped[int]


class WorkplaceNote(Base):
    """One word for the office. A wish stands once until somebody has settled it (partial unique indexes)."""

    __tablename__ = "workplace_note"
    __table_args__ = (
        sa.CheckConstraint("(kind = 'other_time') = (group_id IS NOT NULL AND slot_id IS NOT NULL)", name="time"),
        sa.CheckConstraint("(settled_at IS NULL) = (settled_by_id IS NULL)", name="settled"),
        sa.Index(
            "uq_workplace_note_call",
            "workplace_id",
            unique=True,
            postgresql_where=sa.text("kind = 'call_me' AND settled_at IS NULL"),
        ),
        sa.Index(
            "uq_workplace_note_time",
            "group_id",
            unique=True,
            postgresql_where=sa.text("kind = 'other_time' AND settled_at IS NULL"),
        ),
        sa.Index("ix_workplace_note_open", "at", postgresql_where=sa.text("settled_at IS NULL")),
    )

    id: Mapped[int] = mapped_column(sa.Identity(), primary_key=True)
    workplace_id: Mapped[WorkplaceId] = mapped_column(sa.ForeignKey("workplace.id"), index=True)
    kind: Mapped[NoteKind] = mapped_column(enum_column(NoteKind, "kind"))
    #: the day on whose link it was said
    notice_id: Mapped[NoticeId | None] = mapped_column(sa.ForeignKey("workplace_notice.id"))
    group_id: Mapped[GroupId | None] = mapped_column(sa.ForeignKey("visit_group.id"))
    #: a day that is taken from the term takes the wishes for it along
    slot_id: Mapped[SlotId | None] = mapped_column(sa.ForeignKey("slot.id", ondelete="CASCADE"))
    text: Mapped[str] = mapped_column(default="")
    at: Mapped[dt.datetime]
    settled_at: Mapped[dt.datetime | None]
    settled_by_id: Mapped[UserId | None] = mapped_column(sa.ForeignKey("app_user.id"))

    workplace: Mapped[Workplace] = relationship()
    group: Mapped[VisitGroup | None] = relationship()
    slot: Mapped[Slot | None] = relationship()


class WorkplaceFeed(Base):
    """구독 주소: a private address from which a workplace's calendar fetches its visits; only its hash is kept."""

    __tablename__ = "workplace_feed"
    __table_args__ = (
        sa.Index("uq_workplace_feed_now", "workplace_id", unique=True, postgresql_where=sa.text("revoked_at IS NULL")),
    )

    token_hash: Mapped[bytes] = mapped_column(primary_key=True)
    workplace_id: Mapped[WorkplaceId] = mapped_column(sa.ForeignKey("workplace.id", ondelete="CASCADE"))
    created_at: Mapped[dt.datetime] = mapped_column(server_default=sa.func.clock_timestamp())
    revoked_at: Mapped[dt.datetime | None]

    workplace: Mapped[Workplace] = relationship()
