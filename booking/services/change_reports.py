"""변경 알림: a school says that a class has grown or shrunk, or that a visit is off; a person at the centre applies it.

Nothing of the plan changes by the report itself: the centre looks first, and one click applies it and starts a repair.
"""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session, selectinload

from booking.clock import Clock, seoul_date
from booking.config import Config
from booking.domain.errors import Conflict, InvalidForm, InvalidInput, NotFound, NotNow
from booking.domain.ids import ChangeReportId, RequestId
from booking.domain.person import Person
from booking.domain.states import CHANGE_REPORT_STEPS, ChangeReportStatus, VisitStatus, step
from booking.domain.vocabulary import ChangeKind, Role
from booking.models.afterwards import ChangeReport
from booking.models.requests import Request, RequestSlot
from booking.models.terms import Term
from booking.models.visits import Visit
from booking.notify.catalogue import Kind
from booking.queries.attention import visits_to_repair
from booking.services.allocations import STAFF, request_repair
from booking.services.calling_off import call_off
from booking.services.history import record_change
from booking.services.outlook_asking import ask_outlook
from booking.services.placing import settle
from booking.services.standing_visits import standing_visit
from booking.services.telling import Facts, tell_school, visit_facts
from booking.services.terms import lock_term

MOST_PUPILS = 100
MOST_REASON = 500


@dataclass(frozen=True, slots=True)
class Change:
    """What a school reports: ``pupils`` with a new size, ``again`` with a visit that is off."""

    kind: ChangeKind
    reason: str
    pupils: int | None = None
    again: bool | None = None


def report_change(
    session: Session, clock: Clock, person: Person, request_id: RequestId, change: Change
) -> ChangeReport:
    """Store what a school reports of a visit that stands. The same report once more is the one that is open already.

    Raises:
        InvalidForm: every fault, field by field.
        NotNow: the visit is over (``after_the_day``).
        Conflict: another report waits for the centre (``open_report``).
        NotFound: no visit stands, or it is another school's.
    """
    person.require_role(Role.TEACHER)
    visit = standing_visit(session, person, request_id, lock=True)
    if visit.status is VisitStatus.COMPLETED or visit.slot.date < seoul_date(clock.now()):
        raise NotNow("the visit is over", reason="after_the_day")
    reason = change.reason.strip()
    waits = _open_report(session, request_id)
    if waits is not None:
        if (waits.kind, waits.pupils, waits.again, waits.reason) == (change.kind, change.pupils, change.again, reason):
            return waits
        raise Conflict(f"report {waits.id} is open", reason="open_report")
    faults = _faults(visit, change, reason)
    if faults:
        raise InvalidForm(faults)
    report = ChangeReport(
        request_id=request_id,
        kind=change.kind,
        pupils=change.pupils if change.kind is ChangeKind.SIZE else None,
        again=change.again if change.kind is ChangeKind.CANCEL else None,
        reason=reason,
        created_by_id=person.user_id,
        created_at=clock.now(),
    )
    session.add(report)
    session.flush()
    record_change(
        session, person.actor, "change_reported", "request", request_id, reason=reason, report=report.id,
        kind=change.kind.value, pupils=report.pupils,
    )  # fmt: skip
    return report


def withdraw_report(
    session: Session, clock: Clock, person: Person, request_id: RequestId, report_id: ChangeReportId
) -> None:
    """Take a report back that the centre has not taken up; once more changes nothing.

    Raises:
        NotFound: there is no such report of this request, or it is another school's.
        IllegalTransition: the centre has answered it.
    """
    person.require_role(Role.TEACHER)
    report = _locked(session, report_id)
    if report.request_id != request_id:
        raise NotFound(f"report {report_id}")
    person.require_school(report.request.school_id)
    if report.status is not ChangeReportStatus.WITHDRAWN:
        _close(clock, person, report, ChangeReportStatus.WITHDRAWN)
        record_change(session, person.actor, "change_withdrawn", "request", request_id, report=report.id)
        session.flush()


def apply_report(
    session: Session, clock: Clock, config: Config, person: Person, report_id: ChangeReportId, note: str
) -> ChangeReport:
    """Do what a report asks for: a new size starts a repair, a visit that is off gives its places back.

    Raises:
        InvalidInput: the note is too long.
        IllegalTransition: the report was withdrawn or refused meanwhile.
        Conflict: no visit stands any more (``no_visit``), or pupils have been reported to have come (``reported``).
        NotFound: there is no such report.
    """
    person.require_role(*STAFF)
    text = _note(note)
    report = _for_answer(session, report_id)
    if report.status is ChangeReportStatus.APPLIED:
        return report
    _close(clock, person, report, ChangeReportStatus.APPLIED, text)
    visit = _visit_of(session, report)
    facts = visit_facts(visit) if visit is not None else None
    if report.kind is not ChangeKind.OTHER:
        if visit is None or facts is None:
            raise Conflict(f"request {report.request_id} has no visit", reason="no_visit")
        if report.kind is ChangeKind.SIZE:
            _resize(visit, report)
        else:
            call_off(session, clock, config, person, visit, again=bool(report.again), reason=report.reason)
            facts = {**facts, "sequence": visit.version}
        session.flush()
        term_id = report.request.term_id
        ask_outlook(session, term_id)
        if session.scalar(visits_to_repair(term_id).with_only_columns(Visit.id).limit(1)) is not None:
            request_repair(session, clock, config, term_id, person.actor)
    record_change(
        session, person.actor, "change_applied", "request", report.request_id, reason=text or None, report=report.id,
        kind=report.kind.value,
    )  # fmt: skip
    _tell(session, clock, report, facts)
    session.flush()
    return report


def refuse_report(session: Session, clock: Clock, person: Person, report_id: ChangeReportId, note: str) -> ChangeReport:
    """Leave the plan as it is, and tell the school why.

    Raises:
        InvalidInput: the note is missing or too long.
        IllegalTransition: the report was withdrawn or applied meanwhile.
        NotFound: there is no such report.
    """
    person.require_role(*STAFF)
    text = _note(note)
    if not text:
        raise InvalidInput(field="note", reason="required")
    report = _for_answer(session, report_id)
    if report.status is ChangeReportStatus.REFUSED:
        return report
    _close(clock, person, report, ChangeReportStatus.REFUSED, text)
    record_change(
        session, person.actor, "change_refused", "request", report.request_id, reason=text, report=report.id,
        kind=report.kind.value,
    )  # fmt: skip
    visit = _visit_of(session, report)
    _tell(session, clock, report, visit_facts(visit) if visit is not None else None)
    session.flush()
    return report


def _faults(visit: Visit, change: Change, reason: str) -> list[InvalidInput]:
    faults = []
    if change.kind is ChangeKind.SIZE:
        if change.pupils is None or not 1 <= change.pupils <= MOST_PUPILS:
            faults.append(InvalidInput(field="pupils", reason="range", least=1, most=MOST_PUPILS))
        elif change.pupils == visit.request.pupils:
            faults.append(InvalidInput(field="pupils", reason="unchanged"))
    if change.kind is ChangeKind.CANCEL and change.again is None:
        faults.append(InvalidInput(field="again", reason="required"))
    if not reason or len(reason) > MOST_REASON:
        named = f"reason-{change.kind}"
        faults.append(InvalidInput(field=named, reason="too_long" if reason else "required", most=MOST_REASON))
    return faults


def _note(note: str) -> str:
    text = note.strip()
    if len(text) > MOST_REASON:
        raise InvalidInput(field="note", reason="too_long", most=MOST_REASON)
    return text


def _open_report(session: Session, request_id: RequestId) -> ChangeReport | None:
    return session.scalar(
        sa.select(ChangeReport).where(
            ChangeReport.request_id == request_id, ChangeReport.status == ChangeReportStatus.OPEN
        )
    )


def _locked(session: Session, report_id: ChangeReportId) -> ChangeReport:
    report = session.scalar(
        sa.select(ChangeReport)
        .where(ChangeReport.id == report_id)
        .options(selectinload(ChangeReport.request).selectinload(Request.school))
        .with_for_update(of=ChangeReport)
        .execution_options(populate_existing=True)
    )
    if report is None:
        raise NotFound(f"report {report_id}")
    return report


def _for_answer(session: Session, report_id: ChangeReportId) -> ChangeReport:
    """The report, with the term's row locked first, as everything that changes the plan does."""
    known = session.get(ChangeReport, report_id)
    if known is None:
        raise NotFound(f"report {report_id}")
    lock_term(session, session.get_one(Term, known.request.term_id))
    return _locked(session, report_id)


def _visit_of(session: Session, report: ChangeReport) -> Visit | None:
    """The visit that stands, its request with the wishes as they are now; None where there is none any more."""
    # whoever changes a request locks the term's row first: it stays as it is read here
    session.scalar(
        sa.select(Request)
        .where(Request.id == report.request_id)
        .options(selectinload(Request.wishes).selectinload(RequestSlot.slot))
        .execution_options(populate_existing=True)
    )
    return session.scalar(
        sa.select(Visit)
        .where(Visit.request_id == report.request_id, Visit.status.in_([VisitStatus.PUBLISHED, VisitStatus.CONFIRMED]))
        .options(selectinload(Visit.groups), selectinload(Visit.slot), selectinload(Visit.request))
        .with_for_update(of=Visit)
        .execution_options(populate_existing=True)
    )


def _close(
    clock: Clock, person: Person, report: ChangeReport, status: ChangeReportStatus, note: str | None = None
) -> None:
    report.status = step(CHANGE_REPORT_STEPS, report.status, status)
    report.handled_by_id = person.user_id
    report.handled_at = clock.now()
    report.note = note or None


def _resize(visit: Visit, report: ChangeReport) -> None:
    """Give the request its new size. Its groups no longer fit it: the visit is whole again after the repair."""
    if report.pupils is None:
        raise ValueError(f"report {report.id} names no size")
    visit.request.pupils = report.pupils
    settle(visit)


def _tell(session: Session, clock: Clock, report: ChangeReport, facts: Facts | None) -> None:
    request = report.request
    cancelled = report.kind is ChangeKind.CANCEL and report.status is ChangeReportStatus.APPLIED
    tell_school(
        session,
        clock,
        request.school_id,
        Kind.CHANGE_ANSWERED,
        f"change:{report.id}",
        1,
        {
            **(facts or {"date": None, "block": None}),
            "school": request.school.name,
            "school_sms": request.school.sms_name,
            "label": request.label,
            "change": report.kind.value,
            "size": report.pupils,
            "again": report.again,
            "applied": report.status is ChangeReportStatus.APPLIED,
            "note": report.note,
            "cancelled": cancelled,
        },
    )
