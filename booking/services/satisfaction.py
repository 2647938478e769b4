"""만족도: questions that are never reworded, what workplaces answer on their link, and paper counted by the office.

What pupils answer after a visit is reported beside attendance (services/attendance.py).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.clock import Clock, seoul_date
from booking.domain.errors import Conflict, InvalidForm, InvalidInput, NotFound, NotNow
from booking.domain.ids import SessionId
from booking.domain.person import Person
from booking.domain.satisfaction import (
    MOST_ANSWERS,
    MOST_QUESTIONS,
    OPEN_DAYS,
    STEPS,
    Audience,
    clean_question,
)
from booking.domain.states import GroupStatus, SessionStatus
from booking.models.programmes import ProgrammeSession
from booking.models.satisfaction import Remark, SessionSatisfaction, SurveyQuestion, WorkplaceOpinion
from booking.models.visits import WorkplaceNotice
from booking.queries.afterwards import Counts, seen
from booking.queries.satisfaction import asked_of, opinion_of, remark_of, session_counts
from booking.services.allocations import STAFF
from booking.services.answer_sheets import Sheet, read_sheet
from booking.services.confirmations import workplace_actor
from booking.services.history import record_change
from booking.services.remarks import write_remark


@dataclass(frozen=True, slots=True)
class OpinionSheet:
    """What a workplace sees of its day when it is asked how it was."""

    sheet: Sheet
    questions: list[SurveyQuestion]
    given: dict[str, int]
    remark: Remark | None
    open_until: dt.date
    may_answer: bool


def opinion_sheet(session: Session, clock: Clock, token: str) -> OpinionSheet:
    """Return what a workplace is asked about the day of its link; reading changes nothing.

    Raises:
        LinkInvalid: the link does not open.
    """
    sheet = read_sheet(session, clock, token)
    place, date = sheet.workplace.id, sheet.notice.date
    given = opinion_of(session, place, date)
    until = date + dt.timedelta(days=OPEN_DAYS)
    came = any(group.status is GroupStatus.ACCEPTED for group in sheet.groups)
    return OpinionSheet(
        sheet,
        asked_of(session, Audience.WORKPLACE, given),
        given,
        remark_of(session, at=(place, date)),
        until,
        came and date <= seoul_date(clock.now()) <= until,
    )


def give_opinion(session: Session, clock: Clock, token: str, answers: Mapping[str, int], remark: str) -> None:
    """Keep what a workplace answers about its day: once, corrected as long as the page is open.

    The same answers once more change nothing; a question that is left out is taken back.

    Raises:
        LinkInvalid: the link does not open.
        NotNow: the day has not come, nobody came, or it is too long ago (``opinion``).
        InvalidForm: an answer is no step (``q-…``), or nothing was answered at all (``answer``).
        InvalidInput: the remark is too long (``remark``).
    """
    # two presses at once are one answer
    session.execute(
        sa.select(WorkplaceNotice.id)
        .where(WorkplaceNotice.id == read_sheet(session, clock, token).notice.id)
        .with_for_update(key_share=True)
    )
    found = opinion_sheet(session, clock, token)
    if not found.may_answer:
        raise NotNow("nobody is asked about this day", reason="opinion")
    known = {question.code for question in found.questions}
    wanted = {code: answer for code, answer in answers.items() if code in known}
    faults = [InvalidInput(field=f"q-{code}", reason="range") for code, step in wanted.items() if step not in STEPS]
    if not wanted:
        faults.append(InvalidInput(field="opinion", reason="required"))
    if faults:
        raise InvalidForm(faults)
    place, date = found.sheet.workplace.id, found.sheet.notice.date
    write_remark(session, clock, remark, at=(place, date))
    if wanted == found.given:
        return
    session.execute(
        sa.delete(WorkplaceOpinion).where(WorkplaceOpinion.workplace_id == place, WorkplaceOpinion.date == date)
    )
    session.add_all(
        WorkplaceOpinion(workplace_id=place, date=date, question=code, answer=answer, at=clock.now())
        for code, answer in wanted.items()
    )
    record_change(
        session, workplace_actor(place), "opinion_given", "workplace", place,
        date=date.isoformat(), questions=len(wanted), again=bool(found.given),
    )  # fmt: skip
    session.flush()


def report_session(
    session: Session, clock: Clock, person: Person, session_id: SessionId, counts: Counts, shown: str, remark: str
) -> ProgrammeSession:
    """Store what people at a session answered on paper, as counts.

    Raises:
        NotFound: there is no such session.
        NotNow: it has not been held (``session_first``).
        InvalidForm: every fault, by question (``q-…``).
        InvalidInput: the remark is too long (``remark``).
        Conflict: somebody else entered answers since the form was opened (``shown`` is what it showed).
    """
    person.require_role(*STAFF)
    row = session.get(ProgrammeSession, session_id, with_for_update=True, populate_existing=True)
    if row is None:
        raise NotFound(f"session {session_id}")
    if row.status is not SessionStatus.HELD:
        raise NotNow("how many came is not known yet", reason="session_first")
    stored = session_counts(session, session_id)
    known = {question.code for question in asked_of(session, Audience.PROGRAMME, stored)}
    wanted = {code: list(numbers) for code, numbers in counts.items() if code in known and any(numbers)}
    most = sum(count.attended or 0 for count in row.counts)
    faults = []
    for code, numbers in wanted.items():
        if any(not 0 <= number <= MOST_ANSWERS for number in numbers):
            faults.append(InvalidInput(field=f"q-{code}", reason="range", least=0, most=MOST_ANSWERS))
        elif sum(numbers) > most:
            faults.append(InvalidInput(field=f"q-{code}", reason="more_than_came", most=most))
    if faults:
        raise InvalidForm(faults)
    if wanted != stored and seen(stored) != shown:
        raise Conflict("answers were entered meanwhile")
    write_remark(session, clock, remark, session_id=session_id)
    if wanted != stored:
        session.execute(sa.delete(SessionSatisfaction).where(SessionSatisfaction.session_id == session_id))
        session.add_all(
            SessionSatisfaction(session_id=session_id, question=code, answer=step, people=number)
            for code, numbers in wanted.items()
            for step, number in zip(STEPS, numbers, strict=True)
        )
        record_change(
            session, person.actor, "satisfaction_reported", "programme_session", session_id, questions=len(wanted)
        )  # fmt: skip
    session.flush()
    return row


def ask_question(
    session: Session, clock: Clock, person: Person, audience: Audience, text: str, text_en: str, replaces: str = ""
) -> SurveyQuestion:
    """Ask something new, or in the place of another question, which is asked no more and keeps its answers.

    Raises:
        InvalidForm: the words cannot be accepted (``text``, ``text_en``), or there are enough questions (``text``,
            ``too_many``).
        NotFound: there is no such question to be replaced.
        Conflict: it has been replaced or is asked no more.
    """
    person.require_role(*STAFF)
    words = clean_question(text, text_en)
    session.execute(sa.text("LOCK TABLE survey_question IN SHARE ROW EXCLUSIVE MODE"))
    asked = asked_of(session, audience)
    old = _asked(session, replaces) if replaces else None
    if old is not None and old.audience is not audience:
        raise NotFound(f"question {replaces} of {audience}")
    if old is None and len(asked) >= MOST_QUESTIONS:
        raise InvalidForm([InvalidInput(field="text", reason="too_many", most=MOST_QUESTIONS)])
    number = (session.scalar(sa.select(sa.func.count()).select_from(SurveyQuestion)) or 0) + 1
    question = SurveyQuestion(
        code=f"q{number}",
        audience=audience,
        text=words[0],
        text_en=words[1],
        position=old.position if old else max((one.position for one in asked), default=0) + 1,
        replaces=old.code if old else None,
    )
    if old is not None:
        old.retired_at = clock.now()
    session.add(question)
    record_change(session, person.actor, "question_asked", "question", number, code=question.code, replaces=replaces)
    session.flush()
    return question


def retire_question(session: Session, clock: Clock, person: Person, code: str) -> SurveyQuestion:
    """Ask a question no more; its answers stay.

    Raises:
        NotFound: there is no such question.
        Conflict: it is asked no more, or nothing would be asked of its audience (``last``).
    """
    person.require_role(*STAFF)
    session.execute(sa.text("LOCK TABLE survey_question IN SHARE ROW EXCLUSIVE MODE"))
    question = _asked(session, code)
    if len(asked_of(session, question.audience)) == 1:
        raise Conflict(f"question {code} is the last one", reason="last")
    question.retired_at = clock.now()
    record_change(session, person.actor, "question_retired", "question", question.position, code=code)
    session.flush()
    return question


def _asked(session: Session, code: str) -> SurveyQuestion:
    question = session.get(SurveyQuestion, code, populate_existing=True)
    if question is None:
        raise NotFound("no such question")
    if question.retired_at is not None:
        raise Conflict(f"question {code} is asked no more", reason="retired")
    return question
