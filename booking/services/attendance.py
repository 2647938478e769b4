"""실적: how many of each group came, and what pupils said, as the school reports it. Counts alone, never a pupil."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.clock import Clock, seoul_date
from booking.domain.errors import Conflict, InvalidForm, InvalidInput, NotNow
from booking.domain.ids import GroupId, RequestId
from booking.domain.person import Person
from booking.domain.satisfaction import Audience
from booking.domain.states import REQUEST_STEPS, VISIT_STEPS, RequestStatus, VisitStatus, step
from booking.domain.visit_days import ANSWERS, MOST_ANSWERS, MOST_ATTENDED, MOST_OVER, MOST_REMARK
from booking.domain.vocabulary import Role
from booking.models.afterwards import Attendance, Satisfaction
from booking.models.terms import Term
from booking.models.visits import Visit, VisitGroup
from booking.queries.afterwards import Counts, attendance_of, satisfaction_of, seen
from booking.queries.satisfaction import asked_of
from booking.services.history import record_change
from booking.services.ledger import post_visit
from booking.services.placing import live_groups
from booking.services.standing_visits import group_of, standing_visit
from booking.services.terms import lock_term

#: who may report: the school, and the centre when the school telephones
REPORTERS = (Role.TEACHER, Role.COORDINATOR, Role.ADMINISTRATOR)


@dataclass(frozen=True, slots=True)
class GroupFigures:
    """What is reported of one group; ``version`` is the one that the form showed, 0 where nothing was reported yet."""

    group_id: GroupId
    attended: int
    remark: str
    version: int


def report_attendance(
    session: Session, clock: Clock, person: Person, request_id: RequestId, figures: Sequence[GroupFigures]
) -> Visit:
    """Store what a school reports; when nothing is missing any more the visit is completed and its request served.

    The same figures once more change nothing. Figures that are corrected raise their version. How many came to a
    completed visit stands in the ledger with the same transaction, and so does what a correction makes of it.

    Raises:
        InvalidForm: every fault, group by group (``attended-12``, ``remark-12``).
        NotNow: the day of the visit has not come (``before_the_day``).
        Conflict: somebody reported or corrected one of the groups since the form was opened.
        NotFound: another school's visit, or a group that has no place in it.
    """
    person.require_role(*REPORTERS)
    visit = _locked(session, person, request_id)
    if visit.slot.date > seoul_date(clock.now()):
        raise NotNow(f"the visit is on {visit.slot.date}", reason="before_the_day")
    given = [(group_of(visit, one.group_id), one) for one in figures]
    faults = [fault for group, one in given for fault in _faults(group, one)]
    if not figures:
        faults.append(InvalidInput(field="attended", reason="required"))
    if faults:
        raise InvalidForm(faults)
    stored = attendance_of(session, visit.groups)
    news = [(group, one) for group, one in given if not _same(stored.get(group.id), one)]
    for group, one in news:
        known = stored.get(group.id)
        if (known.version if known is not None else 0) != one.version:
            raise Conflict("reported meanwhile", yours=one.version, now=known.version if known is not None else 0)
    for group, one in news:
        _store(session, clock, person, group, one, stored.get(group.id))
    session.flush()
    _within_attended(session, visit)
    _complete(session, person, visit)
    if visit.status is VisitStatus.COMPLETED:
        post_visit(session, clock, person, visit, attended_in(session, visit))
    session.flush()
    return visit


def report_satisfaction(
    session: Session, clock: Clock, person: Person, request_id: RequestId, counts: Counts, shown: str
) -> Visit:
    """Store what pupils answered, question by question; a question that is left out is not among ``counts``.

    Raises:
        InvalidForm: every fault, by question.
        NotNow: the attendance of the visit is not complete yet (``attendance_first``).
        Conflict: somebody else entered answers since the form was opened (``shown`` is what it showed).
        NotFound: another school's visit.
    """
    person.require_role(*REPORTERS)
    visit = _locked(session, person, request_id)
    if visit.status is not VisitStatus.COMPLETED:
        raise NotNow("how many came is not known yet", reason="attendance_first")
    stored = satisfaction_of(session, visit.id)
    known = {question.code for question in asked_of(session, Audience.SCHOOL, stored)}
    wanted = {code: list(numbers) for code, numbers in counts.items() if code in known and any(numbers)}
    if wanted == stored:
        return visit
    most = attended_in(session, visit)
    faults = []
    for question, numbers in wanted.items():
        if sum(numbers) > most:
            faults.append(InvalidInput(field=f"q-{question}", reason="more_than_came", most=most))
        elif any(not 0 <= number <= MOST_ANSWERS for number in numbers):
            faults.append(InvalidInput(field=f"q-{question}", reason="range", least=0, most=MOST_ANSWERS))
    if faults:
        raise InvalidForm(faults)
    if seen(stored) != shown:
        raise Conflict("answers were entered meanwhile")
    session.execute(sa.delete(Satisfaction).where(Satisfaction.visit_id == visit.id))
    session.add_all(
        Satisfaction(visit_id=visit.id, question=question, answer=answer, pupils=pupils)
        for question, numbers in wanted.items()
        for answer, pupils in zip(ANSWERS, numbers, strict=True)
    )
    record_change(session, person.actor, "satisfaction_reported", "request", request_id, questions=len(wanted))
    session.flush()
    return visit


def attended_in(session: Session, visit: Visit) -> int:
    """Return how many pupils of the visit came, over all its groups."""
    total = session.scalar(
        sa.select(sa.func.coalesce(sa.func.sum(Attendance.attended), 0)).where(
            Attendance.group_id.in_([group.id for group in live_groups(visit)])
        )
    )
    return int(total or 0)


def require_unreported(session: Session, visit: Visit) -> None:
    """Refuse to call off a visit of which somebody has reported that pupils came.

    Raises:
        Conflict: ``reason`` is ``reported``.
    """
    if attendance_of(session, visit.groups):
        raise Conflict(f"visit {visit.id} has attendance", reason="reported")


def _locked(session: Session, person: Person, request_id: RequestId) -> Visit:
    """The visit, with the term's row locked first, as publications and answers do."""
    request = standing_visit(session, person, request_id).request
    lock_term(session, session.get_one(Term, request.term_id))
    return standing_visit(session, person, request_id, lock=True)


def _faults(group: VisitGroup, given: GroupFigures) -> list[InvalidInput]:
    faults = []
    most = min(group.pupils + MOST_OVER, MOST_ATTENDED)
    if not 0 <= given.attended <= most:
        faults.append(InvalidInput(field=f"attended-{group.id}", reason="range", least=0, most=most))
    if len(given.remark.strip()) > MOST_REMARK:
        faults.append(InvalidInput(field=f"remark-{group.id}", reason="too_long", most=MOST_REMARK))
    return faults


def _same(known: Attendance | None, given: GroupFigures) -> bool:
    return known is not None and (known.attended, known.remark) == (given.attended, given.remark.strip())


def _store(
    session: Session, clock: Clock, person: Person, group: VisitGroup, given: GroupFigures, known: Attendance | None
) -> None:
    before = known.attended if known is not None else None
    if known is None:
        known = Attendance(group_id=group.id)
        session.add(known)
    known.attended = given.attended
    known.remark = given.remark.strip()
    known.reported_by_id = person.user_id
    known.reported_at = clock.now()
    action = "attendance_reported" if before is None else "attendance_corrected"
    record_change(
        session, person.actor, action, "request", group.visit.request_id, group=group.id, before=before,
        attended=given.attended,
    )  # fmt: skip


def _within_attended(session: Session, visit: Visit) -> None:
    """Nobody answers who was not there: a correction may not fall below what pupils have answered."""
    answered = max((sum(numbers) for numbers in satisfaction_of(session, visit.id).values()), default=0)
    if attended_in(session, visit) < answered:
        raise InvalidForm([InvalidInput(field="attended", reason="fewer_than_answered", least=answered)])


def _complete(session: Session, person: Person, visit: Visit) -> None:
    groups = live_groups(visit)
    if visit.status is VisitStatus.COMPLETED or set(attendance_of(session, groups)) != {group.id for group in groups}:
        return
    visit.status = step(VISIT_STEPS, visit.status, VisitStatus.COMPLETED)
    request = visit.request
    request.status = step(REQUEST_STEPS, request.status, RequestStatus.SERVED)
    record_change(session, person.actor, "visit_completed", "request", request.id, attended=attended_in(session, visit))
