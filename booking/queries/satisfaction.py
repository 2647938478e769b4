"""만족도, read: what is asked of whom, and every answer with its day, school, workplaces and programme."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from booking.domain.ids import ProgrammeId, RequestId, SchoolId, SessionId, VisitId, WorkplaceId
from booking.domain.satisfaction import STEPS, Audience, RemarkState, Spread
from booking.domain.states import LIVE_GROUPS
from booking.domain.vocabulary import Level
from booking.models.afterwards import Satisfaction
from booking.models.programmes import Programme, ProgrammeSession
from booking.models.requests import Request
from booking.models.satisfaction import Remark, SessionSatisfaction, SurveyQuestion, WorkplaceOpinion
from booking.models.schools import School
from booking.models.terms import Slot
from booking.models.visits import Visit, VisitGroup
from booking.models.workplaces import Workplace
from booking.queries.dashboard import Scope, visit_programme


def questions(session: Session, audience: Audience | None = None) -> Sequence[SurveyQuestion]:
    """Return every question that is or was asked, in its order; those that are asked no more come after the others."""
    statement = sa.select(SurveyQuestion).order_by(
        SurveyQuestion.audience, SurveyQuestion.retired_at.is_not(None), SurveyQuestion.position, SurveyQuestion.code
    )
    if audience is not None:
        statement = statement.where(SurveyQuestion.audience == audience)
    return session.scalars(statement).all()


def asked_of(session: Session, audience: Audience, answered: Collection[str] = ()) -> list[SurveyQuestion]:
    """Return what is asked today, and what was asked when something was answered that can be corrected."""
    return [one for one in questions(session, audience) if one.retired_at is None or one.code in answered]


def answered_codes(session: Session) -> set[str]:
    """Return the questions whose words are fixed, because somebody has answered them."""
    tables = (Satisfaction.question, WorkplaceOpinion.question, SessionSatisfaction.question)
    return set(session.scalars(sa.union(*(sa.select(column) for column in tables))))


@dataclass(frozen=True, slots=True)
class Sheet:
    """The answers of one visit, one session, or one day of a workplace, to one question."""

    audience: Audience
    date: dt.date
    #: a school and its class, a workplace, or what the session was about
    name: str
    label: str
    programme_id: ProgrammeId
    programme: tuple[str, str]
    workplaces: tuple[tuple[WorkplaceId, str], ...]
    spread: Spread
    request_id: RequestId | None = None
    visit_id: VisitId | None = None
    session_id: SessionId | None = None


def sheets(session: Session, question: SurveyQuestion, scope: Scope) -> list[Sheet]:
    """Return every sheet with an answer to the question in the scope, the newest first."""
    read = {Audience.SCHOOL: _of_visits, Audience.WORKPLACE: _of_workplaces, Audience.PROGRAMME: _of_sessions}
    found = [one for one in read[question.audience](session, question.code, scope) if scope.holds_or_open(one.date)]
    return sorted(found, key=lambda one: (one.date, one.name, one.label), reverse=True)


def _spreads(rows: Iterable[tuple[int, int, int]]) -> dict[int, Spread]:
    counts: defaultdict[int, list[int]] = defaultdict(lambda: [0] * len(STEPS))
    for number, answer, people in rows:
        counts[number][answer - 1] += people
    return {number: Spread(tuple(found)) for number, found in counts.items()}


def _visit_kind(session: Session, scope: Scope) -> Programme | None:
    """The kind under which visits stand; None where the scope is of another."""
    number = visit_programme(session)
    if number is None or scope.programme_id not in (None, number):
        return None
    return session.get_one(Programme, number)


def _of_visits(session: Session, code: str, scope: Scope) -> list[Sheet]:
    kind = _visit_kind(session, scope)
    if kind is None:
        return []
    answers = sa.select(Satisfaction.visit_id, Satisfaction.answer, Satisfaction.pupils)
    spreads = _spreads(session.execute(answers.where(Satisfaction.question == code)).all())
    statement = (
        sa.select(Visit.id, Slot.date, School.name, Request.label, Request.id)
        .join(Slot, Slot.id == Visit.slot_id)
        .join(Request, Request.id == Visit.request_id)
        .join(School, School.id == Request.school_id)
        .where(Visit.id.in_(spreads), *_schools(scope))
    )
    places = _places(session, spreads)
    return [
        Sheet(
            Audience.SCHOOL, date, school, label, kind.id, (kind.name, kind.name_en), places[visit], spreads[visit],
            request_id=request, visit_id=visit,
        )
        for visit, date, school, label, request in session.execute(statement)
    ]  # fmt: skip


def _places(session: Session, visits: Collection[int]) -> dict[int, tuple[tuple[WorkplaceId, str], ...]]:
    found: defaultdict[int, tuple[tuple[WorkplaceId, str], ...]] = defaultdict(tuple)
    rows = session.execute(
        sa.select(VisitGroup.visit_id, Workplace.id, Workplace.name)
        .join(Workplace, Workplace.id == VisitGroup.workplace_id)
        .where(VisitGroup.visit_id.in_(visits), VisitGroup.status.in_(LIVE_GROUPS))
        .order_by(VisitGroup.id)
    )
    for visit, place, name in rows:
        found[visit] = (*found[visit], (place, name))
    return found


def _schools(scope: Scope) -> list[sa.ColumnElement[bool]]:
    found: list[sa.ColumnElement[bool]] = []
    if scope.school_id is not None:
        found.append(School.id == scope.school_id)
    if scope.level is not None:
        found.append(School.level == scope.level)
    return found


def _of_workplaces(session: Session, code: str, scope: Scope) -> list[Sheet]:
    kind = _visit_kind(session, scope)
    if kind is None:
        return []
    statement = (
        sa.select(Workplace.id, Workplace.name, WorkplaceOpinion.date, WorkplaceOpinion.answer)
        .join(Workplace, Workplace.id == WorkplaceOpinion.workplace_id)
        .where(WorkplaceOpinion.question == code)
    )
    if scope.school_id is not None or scope.level is not None:
        statement = statement.where(_was_there(scope))
    return [
        Sheet(
            Audience.WORKPLACE, date, name, "", kind.id, (kind.name, kind.name_en), ((place, name),),
            Spread(tuple(int(step == answer) for step in STEPS)),
        )
        for place, name, date, answer in session.execute(statement)
    ]  # fmt: skip


def _was_there(scope: Scope) -> sa.ColumnElement[bool]:
    """A group of the scope's school or level was at the workplace that day."""
    return sa.exists().where(
        VisitGroup.workplace_id == WorkplaceOpinion.workplace_id,
        VisitGroup.status.in_(LIVE_GROUPS),
        Slot.id == VisitGroup.slot_id,
        Slot.date == WorkplaceOpinion.date,
        Visit.id == VisitGroup.visit_id,
        Request.id == Visit.request_id,
        School.id == Request.school_id,
        *_schools(scope),
    )


def _of_sessions(session: Session, code: str, scope: Scope) -> list[Sheet]:
    answers = sa.select(SessionSatisfaction.session_id, SessionSatisfaction.answer, SessionSatisfaction.people)
    spreads = _spreads(session.execute(answers.where(SessionSatisfaction.question == code)).all())
    statement = (
        sa.select(ProgrammeSession)
        .where(ProgrammeSession.id.in_(spreads))
        .options(joinedload(ProgrammeSession.programme), joinedload(ProgrammeSession.counts))
    )
    if scope.programme_id is not None:
        statement = statement.where(ProgrammeSession.programme_id == scope.programme_id)
    return [
        Sheet(
            Audience.PROGRAMME, row.date, row.title, "", row.programme_id, (row.programme.name, row.programme.name_en),
            (), spreads[row.id], session_id=row.id,
        )
        for row in session.scalars(statement).unique()
        if _counts(row, scope.school_id, scope.level)
    ]  # fmt: skip


def _counts(row: ProgrammeSession, school: SchoolId | None, level: Level | None) -> bool:
    """Whether people of the school and level were at the session."""
    return any(school in (None, count.school_id) and level in (None, count.level) for count in row.counts)


def remarks_waiting(session: Session) -> int:
    """Return how many remarks nobody has looked at."""
    return session.scalar(sa.select(sa.func.count()).where(Remark.state == RemarkState.NEW)) or 0


_SUBJECTS = (
    joinedload(Remark.visit).joinedload(Visit.request).joinedload(Request.school),
    joinedload(Remark.visit).joinedload(Visit.slot),
    joinedload(Remark.session).joinedload(ProgrammeSession.programme),
    joinedload(Remark.workplace),
)


def remarks(session: Session, state: RemarkState) -> Sequence[Remark]:
    """Return the remarks in a state, those that came first before the others; of settled ones the newest first."""
    order = Remark.id if state is RemarkState.NEW else Remark.id.desc()
    return session.scalars(sa.select(Remark).where(Remark.state == state).order_by(order).options(*_SUBJECTS)).all()


def day_of(remark: Remark) -> dt.date | None:
    """Return the day that a remark is about."""
    if remark.visit is not None:
        return remark.visit.slot.date
    return remark.session.date if remark.session is not None else remark.date


def released(session: Session, audience: Audience, scope: Scope) -> list[Remark]:
    """Return the remarks of an audience that may be shown, of the scope's days, the newest first."""
    return [
        remark
        for remark in remarks(session, RemarkState.SHOWN)
        if _audience(remark) is audience and scope.holds_or_open(day_of(remark)) and _remark_within(remark, scope)
    ]


def _audience(remark: Remark) -> Audience:
    if remark.visit_id is not None:
        return Audience.SCHOOL
    return Audience.PROGRAMME if remark.session_id is not None else Audience.WORKPLACE


def _remark_within(remark: Remark, scope: Scope) -> bool:
    if remark.session is not None:
        return scope.programme_id in (None, remark.session.programme_id)
    if remark.visit is None:
        return scope.school_id is None and scope.level is None
    school = remark.visit.request.school
    return scope.school_id in (None, school.id) and scope.level in (None, school.level)


def remark_of(
    session: Session,
    *,
    visit_id: VisitId | None = None,
    session_id: SessionId | None = None,
    at: tuple[WorkplaceId, dt.date] | None = None,
) -> Remark | None:
    """Return the remark beside the answers of one visit, session, or day of a workplace."""
    if at is not None:
        statement = sa.select(Remark).where(Remark.workplace_id == at[0], Remark.date == at[1])
    elif session_id is not None:
        statement = sa.select(Remark).where(Remark.session_id == session_id)
    else:
        statement = sa.select(Remark).where(Remark.visit_id == visit_id)
    return session.scalars(statement).one_or_none()


def session_counts(session: Session, session_id: SessionId) -> dict[str, list[int]]:
    """Return the counts of a session, question by question, from answer 1 to answer 5."""
    found: dict[str, list[int]] = {}
    for row in session.scalars(sa.select(SessionSatisfaction).where(SessionSatisfaction.session_id == session_id)):
        found.setdefault(row.question, [0] * len(STEPS))[row.answer - 1] = row.people
    return found


def opinion_of(session: Session, place: WorkplaceId, date: dt.date) -> dict[str, int]:
    """Return what a workplace answered about one of its days, by question."""
    return {
        row.question: row.answer
        for row in session.scalars(
            sa.select(WorkplaceOpinion).where(WorkplaceOpinion.workplace_id == place, WorkplaceOpinion.date == date)
        )
    }
