"""Beside the ledger: targets and budget by year, pieces in the press, volunteers' hours."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from booking.base import Base
from booking.domain.ids import UserId


class YearPlan(Base):
    """연도별 확인지표와 투자계획: one calendar year. Money is in thousands of won (천원); NULL: not known."""

    __tablename__ = "year_plan"
    __table_args__ = (
        sa.CheckConstraint("year BETWEEN 2000 AND 2100", name="year"),
        sa.CheckConstraint("target > 0 AND reached_before >= 0 AND agreed_share >= 0", name="people"),
        sa.CheckConstraint("city >= 0 AND district >= 0 AND spent >= 0", name="money"),
        sa.CheckConstraint("version >= 1", name="version"),
    )

    year: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    #: attendances to be reached
    target: Mapped[int | None]
    #: reached before there were books, or outside them
    reached_before: Mapped[int] = mapped_column(default=0)
    #: the achievement in per cent as the district has confirmed it
    agreed_share: Mapped[int | None] = mapped_column(sa.SmallInteger)
    #: 시비, 구비, 집행액
    city: Mapped[int | None]
    district: Mapped[int | None]
    spent: Mapped[int | None]
    version: Mapped[int] = mapped_column(default=1)


class PressItem(Base):
    """언론보도: where and when something was written about the centre."""

    __tablename__ = "press_item"
    __table_args__ = (sa.CheckConstraint("version >= 1", name="version"),)

    id: Mapped[int] = mapped_column(sa.Identity(), primary_key=True)
    date: Mapped[dt.date] = mapped_column(index=True)
    outlet: Mapped[str]
    headline: Mapped[str] = mapped_column(default="")
    address: Mapped[str] = mapped_column(default="")
    by_id: Mapped[UserId] = mapped_column(sa.ForeignKey("app_user.id"))
    version: Mapped[int] = mapped_column(default=1)


class VolunteerWork(Base):
    """자원봉사: what a group gave on a day. The group's name and numbers, never a volunteer's."""

    __tablename__ = "volunteer_work"
    __table_args__ = (
        sa.CheckConstraint("people >= 1 AND hours > 0", name="positive"),
        sa.CheckConstraint("version >= 1", name="version"),
    )

    id: Mapped[int] = mapped_column(sa.Identity(), primary_key=True)
    date: Mapped[dt.date] = mapped_column(index=True)
    group: Mapped[str] = mapped_column("group_name")
    people: Mapped[int]
    #: of all of them together
    hours: Mapped[Decimal] = mapped_column(sa.Numeric(6, 1))
    work: Mapped[str] = mapped_column(default="")
    by_id: Mapped[UserId] = mapped_column(sa.ForeignKey("app_user.id"))
    version: Mapped[int] = mapped_column(default=1)
