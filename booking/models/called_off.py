"""Days that were called off for everybody: written once, what messages refer to."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from booking.base import Base, enum_column
from booking.domain.called_off import Cause
from booking.domain.ids import TermId, UserId
from booking.domain.school_year import DayBlocks
from booking.models.people import User


class CalledOffDay(Base):
    """One calling off: a day or half of it, why, by whom, and how many visits it took."""

    __tablename__ = "called_off_day"

    id: Mapped[int] = mapped_column(sa.Identity(), primary_key=True)
    term_id: Mapped[TermId] = mapped_column(sa.ForeignKey("term.id"), index=True)
    date: Mapped[dt.date]
    blocks: Mapped[DayBlocks] = mapped_column(enum_column(DayBlocks, "blocks"))
    cause: Mapped[Cause] = mapped_column(enum_column(Cause, "cause"))
    note: Mapped[str]
    #: the requests wait for another date
    again: Mapped[bool]
    visits: Mapped[int]
    pupils: Mapped[int]
    at: Mapped[dt.datetime]
    by_id: Mapped[UserId] = mapped_column(sa.ForeignKey("app_user.id"))

    by: Mapped[User] = relationship()
