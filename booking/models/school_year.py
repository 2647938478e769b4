"""학사일정: days on which a school's grades are not free, days that the centre closes for everybody, and imports."""

from __future__ import annotations

import datetime as dt
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column, relationship

from booking.base import Base, enum_column
from booking.domain.ids import SchoolDayId, SchoolId, SchoolImportId, UserId
from booking.domain.school_year import CalendarDay, DayBlocks, DayKind, DaySource, ImportKind
from booking.domain.states import ImportStatus
from booking.models.schools import School


class SchoolDay(Base):
    """One day of one school's calendar. ``grades`` empty: all of them."""

    __tablename__ = "school_day"
    __table_args__ = (
        sa.UniqueConstraint("school_id", "date", "name"),
        sa.CheckConstraint("grades <@ ARRAY[1, 2, 3, 4, 5, 6]::smallint[]", name="grades"),
        sa.CheckConstraint("length(name) BETWEEN 1 AND 100", name="name_length"),
    )

    id: Mapped[SchoolDayId] = mapped_column(sa.Identity(), primary_key=True)
    school_id: Mapped[SchoolId] = mapped_column(sa.ForeignKey("school.id"))
    date: Mapped[dt.date]
    name: Mapped[str]
    kind: Mapped[DayKind] = mapped_column(enum_column(DayKind, "kind"))
    grades: Mapped[list[int]] = mapped_column(ARRAY(sa.SmallInteger), default=list)
    blocks: Mapped[DayBlocks] = mapped_column(enum_column(DayBlocks, "blocks"), default=DayBlocks.ALL)
    source: Mapped[DaySource] = mapped_column(enum_column(DaySource, "source"))
    #: a person took an imported day out: it stays out at the next import
    removed: Mapped[bool] = mapped_column(default=False)
    #: the rows as they came, and the version of the rules that read them
    raw: Mapped[dict[str, Any] | None]
    rule_version: Mapped[int | None] = mapped_column(sa.SmallInteger)

    def day(self) -> CalendarDay:
        """The day as the rules know it."""
        return CalendarDay(self.date, self.name, self.kind, tuple(self.grades), self.blocks, self.raw)


class OneOffDay(Base):
    """A day on which nobody goes out, set by the centre: a temporary holiday, a storm, the centre's own closing day."""

    __tablename__ = "one_off_day"
    __table_args__ = (sa.CheckConstraint("length(name) BETWEEN 1 AND 100", name="name_length"),)

    id: Mapped[int] = mapped_column(sa.Identity(), primary_key=True)
    date: Mapped[dt.date] = mapped_column(unique=True)
    name: Mapped[str]
    created_by_id: Mapped[UserId] = mapped_column(sa.ForeignKey("app_user.id"))


class SchoolImport(Base):
    """가져오기: one taking-over from outside. Nothing of it counts before somebody has looked at it and said so."""

    __tablename__ = "school_import"
    __table_args__ = (
        # the same wish twice is one import
        sa.Index(
            "uq_school_import_waiting",
            "school_id",
            "kind",
            unique=True,
            postgresql_where=sa.text("status = 'waiting'"),
        ),
        sa.CheckConstraint("first_on <= last_on", name="span"),
    )

    id: Mapped[SchoolImportId] = mapped_column(sa.Identity(), primary_key=True)
    school_id: Mapped[SchoolId] = mapped_column(sa.ForeignKey("school.id"), index=True)
    kind: Mapped[ImportKind] = mapped_column(enum_column(ImportKind, "kind"))
    source: Mapped[DaySource] = mapped_column(enum_column(DaySource, "source"))
    status: Mapped[ImportStatus] = mapped_column(enum_column(ImportStatus, "status"), default=ImportStatus.WAITING)
    #: the stretch of time it speaks for
    first_on: Mapped[dt.date]
    last_on: Mapped[dt.date]
    #: what came: ``days``, ``classes``, ``faults`` by row, ``candidates`` where the school was not found
    content: Mapped[dict[str, Any]] = mapped_column(default=dict)
    error: Mapped[str | None]
    created_by_id: Mapped[UserId] = mapped_column(sa.ForeignKey("app_user.id"))
    created_at: Mapped[dt.datetime] = mapped_column(server_default=sa.func.now())
    finished_at: Mapped[dt.datetime | None]

    school: Mapped[School] = relationship()
