"""프로그램: the kinds of what the centre does, and each session of it with its head counts."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from booking.base import Base, enum_column
from booking.domain.ids import ProgrammeId, SchoolId, SessionId, UserId, WorkplaceId
from booking.domain.programmes import Section, ToldTo
from booking.domain.states import SessionStatus
from booking.domain.vocabulary import Level
from booking.models.people import User
from booking.models.schools import School


class Programme(Base):
    """A kind of programme, training or meeting. Kinds are data: the report's lines are these rows, in their order."""

    __tablename__ = "programme"
    __table_args__ = (
        sa.CheckConstraint("version >= 1", name="version"),
        sa.CheckConstraint("valid_months BETWEEN 1 AND 120", name="valid_months"),
        sa.CheckConstraint("length(report_name) <= 60 AND length(report_note) <= 60", name="report_length"),
        sa.CheckConstraint("listed OR told_to IS NOT NULL", name="somewhere"),
    )

    id: Mapped[ProgrammeId] = mapped_column(sa.Identity(), primary_key=True)
    code: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    name_en: Mapped[str]
    section: Mapped[Section] = mapped_column(enum_column(Section, "section"))
    #: its attendances count towards the year's target
    counted: Mapped[bool]
    #: it stands among the quarter's results of the report
    listed: Mapped[bool] = mapped_column(default=True)
    #: it stands among what the centre does with residents (주민소통실적), in this row of it
    told_to: Mapped[ToldTo | None] = mapped_column(enum_column(ToldTo, "told_to"))
    #: how that row calls it; empty: by its name
    report_name: Mapped[str] = mapped_column(default="")
    #: who came, as the results print it: ``구로·금천 센터장``
    report_note: Mapped[str] = mapped_column(default="")
    active: Mapped[bool] = mapped_column(default=True)
    position: Mapped[int]
    #: of a training of workplaces' mentors: for how many months it holds; empty: workplaces are not asked for
    valid_months: Mapped[int | None] = mapped_column(sa.SmallInteger)
    version: Mapped[int] = mapped_column(default=1)


class ProgrammeSession(Base):
    """회차: one time that something takes place. What it counts stands in the ledger, written from here."""

    __tablename__ = "programme_session"
    __table_args__ = (
        sa.CheckConstraint("cost >= 0", name="cost"),
        sa.CheckConstraint("length(title) BETWEEN 1 AND 120", name="title_length"),
        sa.CheckConstraint("length(notes) <= 1000", name="notes_length"),
        sa.CheckConstraint("version >= 1", name="version"),
    )

    id: Mapped[SessionId] = mapped_column(sa.Identity(), primary_key=True)
    programme_id: Mapped[ProgrammeId] = mapped_column(sa.ForeignKey("programme.id"), index=True)
    title: Mapped[str]
    date: Mapped[dt.date] = mapped_column(index=True)
    starts_at: Mapped[dt.time | None]
    place: Mapped[str] = mapped_column(default="")
    #: in won; empty: not known
    cost: Mapped[int | None]
    notes: Mapped[str] = mapped_column(default="")
    status: Mapped[SessionStatus] = mapped_column(enum_column(SessionStatus, "status"), default=SessionStatus.PLANNED)
    created_at: Mapped[dt.datetime] = mapped_column(server_default=sa.func.now())
    created_by_id: Mapped[UserId] = mapped_column(sa.ForeignKey("app_user.id"))
    #: raised by every change: a form that saw an older one is refused
    version: Mapped[int] = mapped_column(default=1)

    programme: Mapped[Programme] = relationship()
    counts: Mapped[list[SessionCount]] = relationship(
        back_populates="session", order_by="SessionCount.id", cascade="all, delete-orphan"
    )
    people: Mapped[list[User]] = relationship(secondary="session_person", order_by="User.id")


class SessionCount(Base):
    """Head counts of a session: of a school, of a school level alone, or (both empty) of people who are no pupils."""

    __tablename__ = "session_count"
    __table_args__ = (
        sa.UniqueConstraint("session_id", "school_id", "level", postgresql_nulls_not_distinct=True),
        sa.CheckConstraint("planned >= 0 AND attended >= 0", name="not_negative"),
        sa.CheckConstraint("school_id IS NULL OR level IS NOT NULL", name="school_has_level"),
    )

    id: Mapped[int] = mapped_column(sa.Identity(), primary_key=True)
    session_id: Mapped[SessionId] = mapped_column(sa.ForeignKey("programme_session.id", ondelete="CASCADE"))
    school_id: Mapped[SchoolId | None] = mapped_column(sa.ForeignKey("school.id"), index=True)
    level: Mapped[Level | None] = mapped_column(enum_column(Level, "level"))
    planned: Mapped[int]
    #: empty until somebody has counted
    attended: Mapped[int | None]

    session: Mapped[ProgrammeSession] = relationship(back_populates="counts")
    school: Mapped[School | None] = relationship()


class SessionPerson(Base):
    """담당: somebody of the office who looks after a session."""

    __tablename__ = "session_person"

    session_id: Mapped[SessionId] = mapped_column(
        sa.ForeignKey("programme_session.id", ondelete="CASCADE"), primary_key=True
    )
    user_id: Mapped[UserId] = mapped_column(sa.ForeignKey("app_user.id"), primary_key=True, index=True)


class SessionWorkplace(Base):
    """A workplace whose mentors came to a training. Which mentor it was is not kept."""

    __tablename__ = "session_workplace"

    session_id: Mapped[SessionId] = mapped_column(
        sa.ForeignKey("programme_session.id", ondelete="CASCADE"), primary_key=True
    )
    workplace_id: Mapped[WorkplaceId] = mapped_column(sa.ForeignKey("workplace.id"), primary_key=True, index=True)
