"""체험: the published plan, visit by visit and group by group, and what each workplace was told of a day."""

from __future__ import annotations

import datetime as dt
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from booking.base import Base, enum_column
from booking.domain.ids import GroupId, NoticeId, RequestId, RunId, SlotId, UserId, VisitId, WorkplaceId
from booking.domain.states import GroupStatus, VisitStatus
from booking.models.requests import Request
from booking.models.terms import Slot
from booking.models.workplaces import Workplace

_LIVE_VISIT = sa.text("status <> 'cancelled'")
_LIVE_GROUP = sa.text("status IN ('proposed', 'asked', 'accepted', 'expired')")


class Visit(Base):
    """One class's outing. A request has at most one that is not cancelled (partial unique index).

    ``version`` is raised whenever the slot or the groups change: it is the SEQUENCE of the calendar entry.
    """

    __tablename__ = "visit"
    __table_args__ = (sa.Index("uq_visit_live_request", "request_id", unique=True, postgresql_where=_LIVE_VISIT),)

    id: Mapped[VisitId] = mapped_column(sa.Identity(), primary_key=True)
    request_id: Mapped[RequestId] = mapped_column(sa.ForeignKey("request.id"), index=True)
    slot_id: Mapped[SlotId] = mapped_column(sa.ForeignKey("slot.id"), index=True)
    #: the run by which this visit got its present slot and groups
    run_id: Mapped[RunId] = mapped_column(sa.ForeignKey("allocation_run.id"), index=True)
    status: Mapped[VisitStatus] = mapped_column(enum_column(VisitStatus, "status"), default=VisitStatus.PUBLISHED)
    cancelled_by: Mapped[str | None]
    created_at: Mapped[dt.datetime] = mapped_column(server_default=sa.func.now())
    version: Mapped[int] = mapped_column(default=1)

    #: check marks of the school, per class: parents have agreed; pupils have had their safety briefing
    consent_at: Mapped[dt.datetime | None]
    consent_by_id: Mapped[UserId | None] = mapped_column(sa.ForeignKey("app_user.id"))
    briefed_at: Mapped[dt.datetime | None]
    briefed_by_id: Mapped[UserId | None] = mapped_column(sa.ForeignKey("app_user.id"))

    request: Mapped[Request] = relationship()
    slot: Mapped[Slot] = relationship()
    groups: Mapped[list[VisitGroup]] = relationship(back_populates="visit", order_by="VisitGroup.id")


class VisitGroup(Base):
    """모둠: the pupils of one visit at one workplace.

    A live group takes a ``seat`` of its workplace at its slot (1 to ``groups_per_slot``, the upper end checked by a
    trigger); a partial unique index lets no two live groups have the same. Discrete seats make a race a unique
    violation, where an exclusion constraint makes it a deadlock.
    """

    __tablename__ = "visit_group"
    __table_args__ = (
        sa.Index("uq_visit_group_seat", "workplace_id", "slot_id", "seat", unique=True, postgresql_where=_LIVE_GROUP),
        sa.Index("uq_visit_group_workplace", "visit_id", "workplace_id", unique=True, postgresql_where=_LIVE_GROUP),
        sa.Index("ix_visit_group_reserve", "workplace_id", postgresql_where=sa.text("reserve AND status = 'asked'")),
        sa.CheckConstraint("pupils >= 1", name="pupils"),
        sa.CheckConstraint("seat >= 1", name="seat"),
    )

    id: Mapped[GroupId] = mapped_column(sa.Identity(), primary_key=True)
    visit_id: Mapped[VisitId] = mapped_column(sa.ForeignKey("visit.id"), index=True)
    #: the visit's slot while the group is live (checked by a trigger); a released group keeps the slot it had
    slot_id: Mapped[SlotId] = mapped_column(sa.ForeignKey("slot.id"))
    workplace_id: Mapped[WorkplaceId] = mapped_column(sa.ForeignKey("workplace.id"), index=True)
    #: the entry after which calendars call the group, where that one has been merged into its workplace since
    called_after_id: Mapped[WorkplaceId | None] = mapped_column(sa.ForeignKey("workplace.id"))
    pupils: Mapped[int]
    seat: Mapped[int]
    status: Mapped[GroupStatus] = mapped_column(enum_column(GroupStatus, "status"), default=GroupStatus.PROPOSED)
    #: asked in the stead of a workplace that was lost: it has less time, and gives way to the next one
    reserve: Mapped[bool] = mapped_column(default=False, server_default=sa.false())
    #: why a workplace declined: not this day, not this size, not any more; or that it was silent
    answer_reason: Mapped[str | None]
    answered_at: Mapped[dt.datetime | None]
    #: tapped by the school on the day
    arrived_at: Mapped[dt.datetime | None]
    arrived_by_id: Mapped[UserId | None] = mapped_column(sa.ForeignKey("app_user.id"))
    created_at: Mapped[dt.datetime] = mapped_column(server_default=sa.func.now())

    visit: Mapped[Visit] = relationship(back_populates="groups")
    workplace: Mapped[Workplace] = relationship(foreign_keys=[workplace_id])


class WorkplaceNotice(Base):
    """What a workplace has been told of one date: the subject of its messages and of its private link.

    ``facts`` is the list of groups as last told; a notice gets a new version only when that list changes.
    """

    __tablename__ = "workplace_notice"
    __table_args__ = (sa.UniqueConstraint("workplace_id", "date"),)

    id: Mapped[NoticeId] = mapped_column(sa.Identity(), primary_key=True)
    workplace_id: Mapped[WorkplaceId] = mapped_column(sa.ForeignKey("workplace.id"))
    date: Mapped[dt.date] = mapped_column(index=True)
    answer_by: Mapped[dt.date]
    version: Mapped[int] = mapped_column(default=1)
    facts: Mapped[dict[str, Any]]

    workplace: Mapped[Workplace] = relationship()


class PrivateLink(Base):
    """A link without an account: 32 random bytes, of which only the hash is kept. Time is the database's.

    It answers for one notice at one version; a newer version of the notice revokes it.
    """

    __tablename__ = "private_link"

    token_hash: Mapped[bytes] = mapped_column(primary_key=True)
    notice_id: Mapped[NoticeId] = mapped_column(sa.ForeignKey("workplace_notice.id", ondelete="CASCADE"), index=True)
    notice_version: Mapped[int]
    created_at: Mapped[dt.datetime] = mapped_column(server_default=sa.func.now())
    expires_at: Mapped[dt.datetime]
    revoked_at: Mapped[dt.datetime | None]

    notice: Mapped[WorkplaceNotice] = relationship()
