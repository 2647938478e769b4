"""다녀온 뒤: attendance by group, satisfaction as counts, and what a school says has changed. Never a pupil."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from booking.base import Base, enum_column
from booking.domain.ids import ChangeReportId, GroupId, RequestId, UserId, VisitId
from booking.domain.states import ChangeReportStatus
from booking.domain.vocabulary import ChangeKind
from booking.models.requests import Request
from booking.models.visits import VisitGroup


class Attendance(Base):
    """How many of a group came, as its school reports it: the one place where attendance stands."""

    __tablename__ = "attendance"
    __table_args__ = (
        sa.CheckConstraint("attended BETWEEN 0 AND 100", name="attended"),
        sa.CheckConstraint("length(remark) <= 500", name="remark_length"),
    )

    group_id: Mapped[GroupId] = mapped_column(sa.ForeignKey("visit_group.id"), primary_key=True)
    attended: Mapped[int]
    remark: Mapped[str] = mapped_column(default="")
    reported_by_id: Mapped[UserId] = mapped_column(sa.ForeignKey("app_user.id"))
    reported_at: Mapped[dt.datetime]
    #: raised by every correction; a form that was opened before is refused
    version: Mapped[int] = mapped_column(default=1)

    group: Mapped[VisitGroup] = relationship()

    __mapper_args__ = {"version_id_col": version}


class Satisfaction(Base):
    """How many pupils of a visit gave an answer (1 = not at all, 5 = very) to a question."""

    __tablename__ = "satisfaction"
    __table_args__ = (
        sa.CheckConstraint("answer BETWEEN 1 AND 5", name="answer"),
        sa.CheckConstraint("pupils BETWEEN 0 AND 100", name="pupils"),
    )

    visit_id: Mapped[VisitId] = mapped_column(sa.ForeignKey("visit.id"), primary_key=True)
    question: Mapped[str] = mapped_column(sa.ForeignKey("survey_question.code"), primary_key=True)
    answer: Mapped[int] = mapped_column(sa.SmallInteger, primary_key=True)
    pupils: Mapped[int]


class ChangeReport(Base):
    """변경 알림: a class has grown or shrunk, a visit must be called off, or something else the centre has to know.

    A request has at most one that nobody has taken up.
    """

    __tablename__ = "change_report"
    __table_args__ = (
        sa.Index("uq_change_report_open", "request_id", unique=True, postgresql_where=sa.text("status = 'open'")),
        sa.CheckConstraint("pupils BETWEEN 1 AND 100", name="pupils"),
        sa.CheckConstraint("(kind = 'size') = (pupils IS NOT NULL)", name="size_says_pupils"),
        sa.CheckConstraint("(kind = 'cancel') = (again IS NOT NULL)", name="cancel_says_again"),
        sa.CheckConstraint("length(reason) BETWEEN 1 AND 500", name="reason_length"),
    )

    id: Mapped[ChangeReportId] = mapped_column(sa.Identity(), primary_key=True)
    request_id: Mapped[RequestId] = mapped_column(sa.ForeignKey("request.id"), index=True)
    kind: Mapped[ChangeKind] = mapped_column(enum_column(ChangeKind, "kind"))
    #: the new head count
    pupils: Mapped[int | None]
    #: of a visit that is called off: whether the school wants another date
    again: Mapped[bool | None]
    reason: Mapped[str]
    status: Mapped[ChangeReportStatus] = mapped_column(
        enum_column(ChangeReportStatus, "status"), default=ChangeReportStatus.OPEN
    )
    created_by_id: Mapped[UserId] = mapped_column(sa.ForeignKey("app_user.id"))
    created_at: Mapped[dt.datetime] = mapped_column(server_default=sa.func.now())
    handled_by_id: Mapped[UserId | None] = mapped_column(sa.ForeignKey("app_user.id"))
    handled_at: Mapped[dt.datetime | None]
    #: what the centre answers
    note: Mapped[str | None]

    request: Mapped[Request] = relationship()
