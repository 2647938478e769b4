"""The centre, its terms and their slots."""

from __future__ import annotations

import datetime as dt
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from booking.base import Base, enum_column
from booking.domain.ids import SlotId, TermId
from booking.domain.phases import Calendar
from booking.domain.quiet import QuietHours
from booking.domain.vocabulary import Block


class Centre(Base):
    """The one centre of this installation: how it is called and from which number it writes."""

    __tablename__ = "centre"
    __table_args__ = (
        sa.CheckConstraint("id = 1", name="one"),
        sa.CheckConstraint("yearly_target > 0", name="yearly_target"),
        sa.CheckConstraint(
            "(quiet_from IS NULL) = (quiet_until IS NULL) AND quiet_from BETWEEN 0 AND 23"
            " AND quiet_until BETWEEN 0 AND 23 AND quiet_from <> quiet_until",
            name="quiet_hours",
        ),
        sa.CheckConstraint("daily_limit > 0", name="daily_limit"),
        sa.CheckConstraint(
            "contact_months BETWEEN 1 AND 60 AND text_months BETWEEN 1 AND 60 AND access_months BETWEEN 12 AND 120",
            name="retention",
        ),
        sa.CheckConstraint("reserve_days BETWEEN 1 AND 7", name="reserve_days"),
        sa.CheckConstraint("(sending_paused_at IS NULL) = (sending_paused_by IS NULL)", name="pause_has_somebody"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, default=1)
    name: Mapped[str]
    name_en: Mapped[str]
    #: the head of every SMS, brackets included: [구로진로]
    sms_header: Mapped[str]
    sms_header_en: Mapped[str]
    telephone: Mapped[str]
    #: days a workplace has to answer, and how many days before the visit at the latest
    answer_days: Mapped[int] = mapped_column(default=7)
    #: a repair that disturbs nobody is published without a person
    repairs_itself: Mapped[bool] = mapped_column(default=False, server_default=sa.false())
    #: working days that a workplace has which is asked in another's stead
    reserve_days: Mapped[int] = mapped_column(default=2, server_default="2")
    #: attendances (연인원) to be reached in a calendar year; NULL: none has been set
    yearly_target: Mapped[int | None]
    #: since then no message leaves, until a person has looked; by whom (``user:7``, ``restore``)
    sending_paused_at: Mapped[dt.datetime | None]
    sending_paused_by: Mapped[str | None]
    #: full hours in Seoul between which nothing leaves that can wait; both NULL: none
    quiet_from: Mapped[int | None] = mapped_column(sa.SmallInteger)
    quiet_until: Mapped[int | None] = mapped_column(sa.SmallInteger)
    #: messages of routine to one person over one channel in one day; NULL: no limit
    daily_limit: Mapped[int | None]
    #: months for which contacts (after the last activity), words of messages and the access log are kept
    contact_months: Mapped[int] = mapped_column(sa.SmallInteger, server_default="12", default=12)
    text_months: Mapped[int] = mapped_column(sa.SmallInteger, server_default="6", default=6)
    access_months: Mapped[int] = mapped_column(sa.SmallInteger, server_default="24", default=24)
    #: whether announcements may be sent at all, and where they can be refused for nothing (080…)
    announcing: Mapped[bool] = mapped_column(server_default=sa.false(), default=False)
    refusal_number: Mapped[str | None]

    @property
    def quiet(self) -> QuietHours | None:
        """The quiet hours, where there are any."""
        if self.quiet_from is None or self.quiet_until is None:
            return None
        return QuietHours(self.quiet_from, self.quiet_until)


class Term(Base):
    """A semester of the centre. Its phases are guarded in their order; its policy is that of ``wx-instance/1``."""

    __tablename__ = "term"
    __table_args__ = (
        sa.CheckConstraint(
            "opens_on < allocation_on AND allocation_on <= confirmation_on AND confirmation_on <= leftovers_on"
            " AND leftovers_on < closes_on",
            name="phases_in_order",
        ),
        sa.CheckConstraint(
            "(weekly_day IS NULL) = (weekly_hour IS NULL) AND (weekly_day IS NULL OR weekly_done_at IS NOT NULL)"
            " AND weekly_day BETWEEN 0 AND 6 AND weekly_hour BETWEEN 0 AND 23",
            name="weekly_time",
        ),
        sa.Index("uq_term_current", "is_current", unique=True, postgresql_where=sa.text("is_current")),
    )

    id: Mapped[TermId] = mapped_column(sa.Identity(), primary_key=True)
    name: Mapped[str]
    name_en: Mapped[str]
    #: the name under which the term is exported as an instance
    instance_name: Mapped[str] = mapped_column(unique=True)
    is_current: Mapped[bool] = mapped_column(default=False)
    opens_on: Mapped[dt.date]
    allocation_on: Mapped[dt.date]
    confirmation_on: Mapped[dt.date]
    leftovers_on: Mapped[dt.date]
    closes_on: Mapped[dt.date]
    policy: Mapped[dict[str, Any]]
    #: when the service starts a run by itself, 0 = Monday, in Seoul; None: never
    weekly_day: Mapped[int | None] = mapped_column(sa.SmallInteger)
    weekly_hour: Mapped[int | None] = mapped_column(sa.SmallInteger)
    #: the last such time that has been dealt with, by a run or by leaving it out
    weekly_done_at: Mapped[dt.datetime | None]

    slots: Mapped[list[Slot]] = relationship(back_populates="term", order_by="Slot.date, Slot.block")

    @property
    def calendar(self) -> Calendar:
        """The dates of the phases, for :mod:`booking.domain.phases`."""
        return Calendar(self.opens_on, self.allocation_on, self.confirmation_on, self.leftovers_on, self.closes_on)


class Slot(Base):
    """One date and one block of it. Its id in an instance is its ``code``, as ``2018-03-12/AM``."""

    __tablename__ = "slot"
    __table_args__ = (
        sa.UniqueConstraint("term_id", "date", "block"),
        sa.UniqueConstraint("term_id", "code"),
        # so that a group can point at (slot, date) and the two never disagree
        sa.UniqueConstraint("id", "date"),
    )

    id: Mapped[SlotId] = mapped_column(sa.Identity(), primary_key=True)
    term_id: Mapped[TermId] = mapped_column(sa.ForeignKey("term.id", ondelete="CASCADE"))
    code: Mapped[str]
    date: Mapped[dt.date]
    block: Mapped[Block] = mapped_column(enum_column(Block, "block"))

    term: Mapped[Term] = relationship(back_populates="slots")

    @property
    def week(self) -> str:
        """The ISO week of the date, as ``2018-W11``."""
        year, week, _ = self.date.isocalendar()
        return f"{year}-W{week:02d}"
