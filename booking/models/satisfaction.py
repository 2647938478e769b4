"""만족도: what is asked, what workplaces and people at programmes answer, and what is said beside it.

What pupils answer after a visit stands in ``satisfaction`` (models/afterwards.py). Counts alone; never a pupil.
"""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from booking.base import Base, enum_column
from booking.domain.ids import RemarkId, SessionId, UserId, VisitId, WorkplaceId
from booking.domain.satisfaction import Audience, RemarkState
from booking.models.programmes import ProgrammeSession
from booking.models.visits import Visit
from booking.models.workplaces import Workplace


class SurveyQuestion(Base):
    """A question of five steps. Once answered its words never change (trigger): another takes its place."""

    __tablename__ = "survey_question"
    __table_args__ = (
        sa.CheckConstraint("length(text) BETWEEN 1 AND 80 AND length(text_en) BETWEEN 1 AND 80", name="text_length"),
        sa.CheckConstraint("replaces <> code", name="replaces_another"),
    )

    #: how forms and answers name it
    code: Mapped[str] = mapped_column(primary_key=True)
    audience: Mapped[Audience] = mapped_column(enum_column(Audience, "audience"))
    text: Mapped[str]
    text_en: Mapped[str]
    position: Mapped[int]
    #: since then it is asked no more
    retired_at: Mapped[dt.datetime | None]
    replaces: Mapped[str | None] = mapped_column(sa.ForeignKey("survey_question.code"), unique=True)


class WorkplaceOpinion(Base):
    """What a workplace answered to one question about one of its days, on its link."""

    __tablename__ = "workplace_opinion"
    __table_args__ = (sa.CheckConstraint("answer BETWEEN 1 AND 5", name="answer"),)

    workplace_id: Mapped[WorkplaceId] = mapped_column(sa.ForeignKey("workplace.id"), primary_key=True)
    date: Mapped[dt.date] = mapped_column(primary_key=True)
    question: Mapped[str] = mapped_column(sa.ForeignKey("survey_question.code"), primary_key=True)
    answer: Mapped[int] = mapped_column(sa.SmallInteger)
    at: Mapped[dt.datetime]


class SessionSatisfaction(Base):
    """How many people at a session gave an answer (1 = not at all, 5 = very) to a question, counted from paper."""

    __tablename__ = "session_satisfaction"
    __table_args__ = (
        sa.CheckConstraint("answer BETWEEN 1 AND 5", name="answer"),
        sa.CheckConstraint("people >= 0", name="people"),
    )

    session_id: Mapped[SessionId] = mapped_column(
        sa.ForeignKey("programme_session.id", ondelete="CASCADE"), primary_key=True
    )
    question: Mapped[str] = mapped_column(sa.ForeignKey("survey_question.code"), primary_key=True)
    answer: Mapped[int] = mapped_column(sa.SmallInteger, primary_key=True)
    people: Mapped[int]


class Remark(Base):
    """A few words beside the answers of one visit, one session, or one day of a workplace.

    Shown to nobody but the office until somebody there has looked; words that change wait again (trigger).
    """

    __tablename__ = "remark"
    __table_args__ = (
        sa.CheckConstraint("num_nonnulls(visit_id, session_id, workplace_id) = 1", name="one_subject"),
        sa.CheckConstraint("(workplace_id IS NULL) = (date IS NULL)", name="workplace_has_date"),
        sa.CheckConstraint("length(text) BETWEEN 1 AND 300", name="text_length"),
        sa.CheckConstraint(
            "(state = 'new') = (moderated_at IS NULL) AND (moderated_at IS NULL) = (moderated_by_id IS NULL)",
            name="moderated",
        ),
        sa.CheckConstraint("(state = 'hidden') = (reason IS NOT NULL)", name="hidden_has_reason"),
        sa.CheckConstraint("length(reason) BETWEEN 1 AND 100", name="reason_length"),
        sa.UniqueConstraint("workplace_id", "date"),
    )

    id: Mapped[RemarkId] = mapped_column(sa.Identity(), primary_key=True)
    visit_id: Mapped[VisitId | None] = mapped_column(sa.ForeignKey("visit.id"), unique=True)
    session_id: Mapped[SessionId | None] = mapped_column(
        sa.ForeignKey("programme_session.id", ondelete="CASCADE"), unique=True
    )
    workplace_id: Mapped[WorkplaceId | None] = mapped_column(sa.ForeignKey("workplace.id"))
    date: Mapped[dt.date | None]
    #: as it may be shown: where personal data were taken out, what was there before is kept nowhere
    text: Mapped[str]
    state: Mapped[RemarkState] = mapped_column(enum_column(RemarkState, "state"), default=RemarkState.NEW)
    #: personal data were taken out
    cut: Mapped[bool] = mapped_column(default=False)
    reason: Mapped[str | None]
    at: Mapped[dt.datetime]
    moderated_at: Mapped[dt.datetime | None]
    moderated_by_id: Mapped[UserId | None] = mapped_column(sa.ForeignKey("app_user.id"))
    #: raised by every change: a page that saw an older one is refused
    version: Mapped[int] = mapped_column(default=1)

    visit: Mapped[Visit | None] = relationship()
    session: Mapped[ProgrammeSession | None] = relationship()
    workplace: Mapped[Workplace | None] = relationship()

    __mapper_args__ = {"version_id_col": version}
