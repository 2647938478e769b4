"""Schools and their classes."""

from __future__ import annotations

import datetime as dt
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from booking.base import Base, enum_column
from booking.domain.ids import ClassId, SchoolId
from booking.domain.school_year import grade_of
from booking.domain.vocabulary import Block, Level

#: byte caps of the short names in SMS, counted in CP949
SCHOOL_SMS_BYTES = 12


class School(Base):
    """A school that asks for visits. ``code`` is its id in an instance."""

    __tablename__ = "school"
    __table_args__ = (
        sa.CheckConstraint("own_chaperones_per_slot >= 0", name="own_chaperones"),
        sa.CheckConstraint("fairness_credit >= 0", name="credit"),
        sa.CheckConstraint("lat BETWEEN -90 AND 90 AND lon BETWEEN -180 AND 180", name="place"),
        sa.CheckConstraint("version >= 1", name="version"),
        sa.CheckConstraint("am_starts < am_ends AND am_ends <= pm_starts AND pm_starts < pm_ends", name="hours"),
    )

    id: Mapped[SchoolId] = mapped_column(sa.Identity(), primary_key=True)
    code: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    sms_name: Mapped[str]
    level: Mapped[Level] = mapped_column(enum_column(Level, "level"))
    address: Mapped[str] = mapped_column(default="")
    lat: Mapped[float]
    lon: Mapped[float]
    telephone: Mapped[str | None]
    own_chaperones_per_slot: Mapped[int] = mapped_column(default=0)
    #: 양보 점수: grows when the school yields a date, weighs in the fairness pass
    fairness_credit: Mapped[float] = mapped_column(default=0.0)
    am_starts: Mapped[dt.time] = mapped_column(default=dt.time(9, 0))
    am_ends: Mapped[dt.time] = mapped_column(default=dt.time(12, 25))
    pm_starts: Mapped[dt.time] = mapped_column(default=dt.time(13, 15))
    pm_ends: Mapped[dt.time] = mapped_column(default=dt.time(15, 45))

    #: how the national system calls the school: its office of education and its number there
    neis_office: Mapped[str | None]
    neis_code: Mapped[str | None]
    #: raised when the centre changes what stands here: a form that saw an older one is refused
    version: Mapped[int] = mapped_column(default=1)

    classes: Mapped[list[SchoolClass]] = relationship(back_populates="school", order_by="SchoolClass.id")

    def hours(self, block: Block) -> tuple[dt.time, dt.time]:
        """When the block begins and ends at this school."""
        return (self.am_starts, self.am_ends) if block is Block.AM else (self.pm_starts, self.pm_ends)


def _grade_of_label(context: Any) -> int | None:
    """The grade of a class that is stored without one: its label's."""
    return grade_of(context.get_current_parameters()["label"])


class SchoolClass(Base):
    """학급: a class of a school, by its short label (``1-3``). A head count and nothing about any pupil."""

    __tablename__ = "school_class"
    __table_args__ = (
        sa.UniqueConstraint("school_id", "label"),
        sa.CheckConstraint("pupils BETWEEN 1 AND 100", name="pupils"),
        sa.CheckConstraint("chaperones_needed >= 0", name="chaperones"),
        sa.CheckConstraint("grade BETWEEN 1 AND 6", name="grade"),
        sa.CheckConstraint("considered BETWEEN 0 AND pupils", name="considered"),
    )

    id: Mapped[ClassId] = mapped_column(sa.Identity(), primary_key=True)
    school_id: Mapped[SchoolId] = mapped_column(sa.ForeignKey("school.id"), index=True)
    label: Mapped[str]
    pupils: Mapped[int]
    chaperones_needed: Mapped[int]
    #: empty where the label names none: then only days for all grades concern the class
    grade: Mapped[int | None] = mapped_column(sa.SmallInteger, default=_grade_of_label)
    #: 배려 필요 인원: how many pupils need consideration; a number, and never who or why
    considered: Mapped[int] = mapped_column(sa.SmallInteger, default=0)
    #: a class of an earlier year is kept for its requests and offered no more
    active: Mapped[bool] = mapped_column(default=True)

    school: Mapped[School] = relationship(back_populates="classes")
