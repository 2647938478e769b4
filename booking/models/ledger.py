"""실적 장부: the centre's books. The database itself refuses to change or delete what stands here."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from booking.base import Base, enum_column
from booking.domain.ids import EntryId, ProgrammeId, SchoolId, SessionId, UserId, VisitId
from booking.domain.ledger import Stage
from booking.domain.vocabulary import Level
from booking.models.people import User
from booking.models.programmes import Programme, ProgrammeSession
from booking.models.schools import School
from booking.models.visits import Visit


class LedgerEntry(Base):
    """One entry: so many attendances (연인원) of one kind on one day, because of one session or one visit.

    A correction is an entry of its own, often negative, that refers to what it corrects and says why. ``counts_on`` is
    the entry's own day, or the day on which it was entered where the quarter of its day had been frozen by then; it
    never lies in a frozen quarter (checked by a trigger).
    """

    __tablename__ = "ledger_entry"
    __table_args__ = (
        sa.CheckConstraint("(session_id IS NULL) <> (visit_id IS NULL)", name="one_cause"),
        sa.CheckConstraint("(corrects_id IS NULL) = (reason IS NULL)", name="correction_has_reason"),
        sa.CheckConstraint("length(reason) BETWEEN 1 AND 300", name="reason_length"),
        sa.CheckConstraint("sessions <> 0 OR people <> 0 OR corrects_id IS NULL", name="corrects_something"),
        sa.CheckConstraint("corrects_id IS NOT NULL OR (sessions >= 0 AND people >= 0)", name="negative_corrects"),
        sa.CheckConstraint("school_id IS NULL OR level IS NOT NULL", name="school_has_level"),
        sa.Index("ix_ledger_entry_counts_on", "counts_on", "programme_id"),
    )

    id: Mapped[EntryId] = mapped_column(sa.Identity(always=True), primary_key=True)
    stage: Mapped[Stage] = mapped_column(enum_column(Stage, "stage"))
    programme_id: Mapped[ProgrammeId] = mapped_column(sa.ForeignKey("programme.id"), index=True)
    #: whether it counts towards the year's target: as its kind said when it was entered
    counted: Mapped[bool]
    school_id: Mapped[SchoolId | None] = mapped_column(sa.ForeignKey("school.id"), index=True)
    level: Mapped[Level | None] = mapped_column(enum_column(Level, "level"))
    date: Mapped[dt.date]
    #: 횟수: a session counts once, with the first of its head counts
    sessions: Mapped[int]
    people: Mapped[int]
    session_id: Mapped[SessionId | None] = mapped_column(sa.ForeignKey("programme_session.id"), index=True)
    visit_id: Mapped[VisitId | None] = mapped_column(sa.ForeignKey("visit.id"), index=True)
    corrects_id: Mapped[EntryId | None] = mapped_column(sa.ForeignKey("ledger_entry.id"), index=True)
    reason: Mapped[str | None]
    counts_on: Mapped[dt.date]
    by_id: Mapped[UserId] = mapped_column(sa.ForeignKey("app_user.id"))
    at: Mapped[dt.datetime]

    programme: Mapped[Programme] = relationship()
    school: Mapped[School | None] = relationship()
    session: Mapped[ProgrammeSession | None] = relationship()
    visit: Mapped[Visit | None] = relationship()
    by: Mapped[User] = relationship()


class FrozenQuarter(Base):
    """분기 마감: a quarter whose figures never change again, and the hash over them and their entries."""

    __tablename__ = "frozen_quarter"
    __table_args__ = (
        sa.CheckConstraint("number BETWEEN 1 AND 4", name="number"),
        sa.CheckConstraint(
            "first_day = make_date(year, 3 * number - 2, 1) AND"
            " last_day = (make_date(year, 3 * number - 2, 1) + interval '3 months' - interval '1 day')::date",
            name="days",
        ),
        sa.CheckConstraint("length(sha256) = 64", name="sha256"),
    )

    year: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(sa.SmallInteger, primary_key=True)
    first_day: Mapped[dt.date]
    last_day: Mapped[dt.date]
    #: the figures as JSON, in the very letters that were hashed
    document: Mapped[str]
    #: how many entries were counted, and how many attendances they are
    entries: Mapped[int]
    people: Mapped[int]
    sha256: Mapped[str]
    by_id: Mapped[UserId] = mapped_column(sa.ForeignKey("app_user.id"))
    at: Mapped[dt.datetime]

    by: Mapped[User] = relationship()
