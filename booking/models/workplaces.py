"""일터: the register of workplaces, their contacts and when they are open."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from booking.base import Base, enum_column
from booking.domain.ids import WorkplaceId
from booking.domain.vocabulary import Block, JobField, Language, Setting, SiteKind, WorkplaceStatus

WORKPLACE_SMS_BYTES = 16


class Workplace(Base):
    """A workplace that receives small groups. ``code`` is its id in an instance; limits that are NULL do not bind."""

    __tablename__ = "workplace"
    __table_args__ = (
        sa.CheckConstraint("min_group >= 1 AND max_group >= min_group", name="group_size"),
        sa.CheckConstraint(
            "groups_per_slot >= 1 AND visits_per_day >= 1 AND visits_per_week >= 1 AND visits_per_term >= 1",
            name="limits",
        ),
        sa.CheckConstraint("lat BETWEEN -90 AND 90 AND lon BETWEEN -180 AND 180", name="place"),
        sa.CheckConstraint("version >= 1", name="version"),
        sa.CheckConstraint(
            "merged_into_id IS NULL OR (status = 'ended' AND merged_into_id <> id)", name="merged_is_ended"
        ),
    )

    id: Mapped[WorkplaceId] = mapped_column(sa.Identity(), primary_key=True)
    code: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    sms_name: Mapped[str]
    kind: Mapped[SiteKind] = mapped_column(enum_column(SiteKind, "kind"), default=SiteKind.SOLE_TRADER)
    status: Mapped[WorkplaceStatus] = mapped_column(
        enum_column(WorkplaceStatus, "status"), default=WorkplaceStatus.ACTIVE
    )
    field: Mapped[JobField] = mapped_column(enum_column(JobField, "field"))
    setting: Mapped[Setting] = mapped_column(
        enum_column(Setting, "setting"), default=Setting.INDOOR, server_default=Setting.INDOOR.value
    )
    address: Mapped[str] = mapped_column(default="")
    lat: Mapped[float]
    lon: Mapped[float]
    min_group: Mapped[int]
    max_group: Mapped[int]
    groups_per_slot: Mapped[int] = mapped_column(default=1)
    visits_per_day: Mapped[int | None]
    visits_per_week: Mapped[int | None]
    visits_per_term: Mapped[int | None]
    levels: Mapped[list[str]]
    safety_valid_until: Mapped[dt.date | None]
    insurance_valid_until: Mapped[dt.date | None]
    #: 진로체험 인증: empty where it has none, which closes nothing; one that has run out does
    certified_until: Mapped[dt.date | None]
    prepares: Mapped[str] = mapped_column(default="")
    #: what a class should know before it goes: the work, the rules of the house, what to bring
    briefing: Mapped[str] = mapped_column(default="")
    #: what the office should know, for nobody else
    notes: Mapped[str] = mapped_column(default="")
    #: another entry of the same workplace, which this one became: it stands for nothing by itself any more
    merged_into_id: Mapped[WorkplaceId | None] = mapped_column(sa.ForeignKey("workplace.id"), index=True)
    #: raised by every change of the register: a form that saw an older one is refused
    version: Mapped[int] = mapped_column(default=1)

    hours: Mapped[list[WorkplaceHours]] = relationship(back_populates="workplace", cascade="all, delete-orphan")
    exceptions: Mapped[list[WorkplaceException]] = relationship(
        back_populates="workplace", cascade="all, delete-orphan"
    )
    contact: Mapped[WorkplaceContact | None] = relationship(back_populates="workplace", cascade="all, delete-orphan")
    steps: Mapped[list[WorkplaceStep]] = relationship(back_populates="workplace", order_by="WorkplaceStep.id")


class WorkplaceContact(Base):
    """체험처 담당자: who answers for the workplace. Has no account, only private links."""

    __tablename__ = "workplace_contact"

    workplace_id: Mapped[WorkplaceId] = mapped_column(
        sa.ForeignKey("workplace.id", ondelete="CASCADE"), primary_key=True
    )
    name: Mapped[str]
    title: Mapped[str]
    email: Mapped[str | None]
    phone: Mapped[str | None]
    language: Mapped[Language] = mapped_column(enum_column(Language, "language"), default=Language.KO)

    workplace: Mapped[Workplace] = relationship(back_populates="contact")


class WorkplaceHours(Base):
    """The weekly pattern: open in this block of this weekday (0 = Monday)."""

    __tablename__ = "workplace_hours"
    __table_args__ = (sa.CheckConstraint("weekday BETWEEN 0 AND 6", name="weekday"),)

    workplace_id: Mapped[WorkplaceId] = mapped_column(
        sa.ForeignKey("workplace.id", ondelete="CASCADE"), primary_key=True
    )
    weekday: Mapped[int] = mapped_column(primary_key=True)
    block: Mapped[Block] = mapped_column(enum_column(Block, "block"), primary_key=True)

    workplace: Mapped[Workplace] = relationship(back_populates="hours")


class WorkplaceException(Base):
    """One block of one date that differs from the weekly pattern: open although closed, or closed although open."""

    __tablename__ = "workplace_exception"

    workplace_id: Mapped[WorkplaceId] = mapped_column(
        sa.ForeignKey("workplace.id", ondelete="CASCADE"), primary_key=True
    )
    date: Mapped[dt.date] = mapped_column(primary_key=True)
    block: Mapped[Block] = mapped_column(enum_column(Block, "block"), primary_key=True)
    open: Mapped[bool]
    reason: Mapped[str] = mapped_column(default="")

    workplace: Mapped[Workplace] = relationship(back_populates="exceptions")


class WorkplaceStep(Base):
    """발굴에서 종료까지: one step on the way of a workplace, with its day. Append-only; the newest is its status.

    A workplace that was there before these days were kept has none until its first step.
    """

    __tablename__ = "workplace_step"
    __table_args__ = (sa.CheckConstraint("status_before IS DISTINCT FROM status", name="moves"),)

    id: Mapped[int] = mapped_column(sa.Identity(), primary_key=True)
    workplace_id: Mapped[WorkplaceId] = mapped_column(sa.ForeignKey("workplace.id"), index=True)
    #: empty: the workplace came into the register with this step
    status_before: Mapped[WorkplaceStatus | None] = mapped_column(enum_column(WorkplaceStatus, "status_before"))
    status: Mapped[WorkplaceStatus] = mapped_column(enum_column(WorkplaceStatus, "status"))
    since: Mapped[dt.date] = mapped_column(index=True)

    workplace: Mapped[Workplace] = relationship(back_populates="steps")
