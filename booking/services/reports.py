"""분기 보고: begun with what stays from the quarter before, written, handed in, and corrected by a further issue."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from booking.clock import Clock, seoul_date
from booking.domain.contacts import clean_line
from booking.domain.errors import Conflict, InvalidForm, InvalidInput, NotFound
from booking.domain.ids import ReportId
from booking.domain.person import Person
from booking.domain.quarterly_report import QuarterlyReport
from booking.domain.quarters import Quarter
from booking.domain.report_composing import compose
from booking.domain.report_document import Document, digest_of, from_text, to_text
from booking.domain.report_texts import TextSection, printable
from booking.domain.states import REPORT_STEPS, ReportStatus, step
from booking.domain.vocabulary import Role
from booking.models.reports import Report, ReportPicture, ReportText
from booking.queries.quarterly_report import report_of
from booking.queries.reports import newest_before
from booking.services.history import record_change

STAFF = (Role.COORDINATOR, Role.ADMINISTRATOR)
LONGEST_REASON = 200


@dataclass(frozen=True, slots=True)
class Standing:
    """A report as it stands: what is printed, and the figures behind it (None: it is read as it was handed in)."""

    document: Document
    #: tells what a page has shown from anything else
    seen: str
    figures: QuarterlyReport | None = None


def standing(session: Session, clock: Clock, report: Report) -> Standing:
    """Return a report as it stands: a draft reckoned anew, a final one as it was handed in."""
    if report.document is not None:
        return Standing(from_text(report.document), digest_of(report.document))
    figures = report_of(session, report, seoul_date(clock.now()))
    document = compose(figures)
    return Standing(document, digest_of(to_text(document)), figures)


def begin_report(session: Session, clock: Clock, person: Person, quarter: Quarter | None) -> Report:
    """Begin the report of a quarter, with the texts that stay from the newest one before it.

    Raises:
        InvalidInput: it is no quarter that has begun (``quarter``).
        Conflict: its report was begun already (``exists``).
    """
    person.require_role(*STAFF)
    if quarter is None or quarter.first > seoul_date(clock.now()):
        raise InvalidInput(field="quarter", reason="report_quarter")
    before = newest_before(session, quarter)
    now = clock.now()
    report = _new(session, clock, person, quarter, issue=1, reason="")
    for row in before.texts if before is not None else ():
        if row.section.kept and row.text:
            session.add(
                ReportText(
                    report_id=report.id, section=row.section, text=row.text, carried=True, at=now, by_id=row.by_id
                )
            )
    record_change(session, person.actor, "report_begun", "quarterly_report", report.id, quarter=quarter.name)
    session.flush()
    return report


def _new(session: Session, clock: Clock, person: Person, quarter: Quarter, *, issue: int, reason: str) -> Report:
    report = Report(
        year=quarter.year, number=quarter.number, issue=issue, reason=reason, created_at=clock.now(),
        created_by_id=person.user_id,
    )  # fmt: skip
    try:
        with session.begin_nested():
            session.add(report)
            session.flush()
    except IntegrityError as error:
        raise Conflict(f"report {quarter.name} {issue}", reason="exists") from error
    return report


def lock_draft(session: Session, report_id: ReportId) -> Report:
    """Return a report that is being worked on, and let nobody else change it until the transaction ends.

    Raises:
        NotFound: there is none.
        Conflict: it was handed in (``final``).
    """
    report = session.get(Report, report_id, with_for_update=True, populate_existing=True)
    if report is None:
        raise NotFound(f"report {report_id}")
    if report.status is not ReportStatus.DRAFT:
        raise Conflict(f"report {report_id} is final", reason="final")
    return report


def save_texts(
    session: Session,
    clock: Clock,
    person: Person,
    report_id: ReportId,
    texts: Mapping[TextSection, str],
    seen: Mapping[TextSection, int],
) -> list[TextSection]:
    """Keep free texts, and return those that have changed. ``seen`` are the versions that the form has shown.

    A text that is saved as it was taken over counts as looked at.

    Raises:
        Conflict: somebody else has changed one of them since (``texts``); nothing is kept.
    """
    person.require_role(*STAFF)
    report = lock_draft(session, report_id)
    rows = {row.section: row for row in report.texts}
    changed = [section for section, text in texts.items() if text != (rows[section].text if section in rows else "")]
    if any(section in rows and rows[section].version != seen.get(section, 0) for section in changed):
        raise Conflict(f"texts of report {report_id}", reason="texts")
    now = clock.now()
    for section, text in texts.items():
        row = rows.get(section)
        if row is None:
            if text:
                session.add(ReportText(report_id=report.id, section=section, text=text, at=now, by_id=person.user_id))
        elif section in changed or row.carried:
            row.text, row.carried, row.at, row.by_id = text, False, now, person.user_id
            row.version += 1
    if changed:
        record_change(
            session, person.actor, "report_written", "quarterly_report", report.id,
            sections=[section.value for section in changed],
        )  # fmt: skip
    session.flush()
    return changed


def finalise(
    session: Session, clock: Clock, person: Person, report_id: ReportId, *, seen: str, understood: bool
) -> Report:
    """Hand a report in: what it says now is kept for ever.

    Raises:
        Conflict: it no longer says what the page has shown (``changed``), or was handed in (``final``).
        InvalidForm: something is missing or does not add up, and nobody has said that this is known (``understood``).
    """
    person.require_role(*STAFF)
    report = lock_draft(session, report_id)
    now = clock.now()
    found = standing(session, clock, report)
    if found.seen != seen:
        raise Conflict(f"report {report_id} has changed", reason="changed")
    figures = found.figures
    if figures is not None and not understood and (figures.missing(seoul_date(now)) or figures.mismatches()):
        raise InvalidForm([InvalidInput(field="understood", reason="report_gaps")])
    report.document, report.digest = to_text(found.document), found.seen
    report.finalised_at, report.finalised_by_id = now, person.user_id
    report.status = step(REPORT_STEPS, report.status, ReportStatus.FINAL)
    record_change(
        session, person.actor, "report_finalised", "quarterly_report", report.id, quarter=report.quarter.name,
        issue=report.issue, digest=report.digest,
    )  # fmt: skip
    session.flush()
    return report


def correct(session: Session, clock: Clock, person: Person, report_id: ReportId, reason: str) -> Report:
    """Begin a further issue of a report that was handed in; the former stays as it was.

    Raises:
        InvalidInput: no reason is given, or it is too long (``reason``).
        Conflict: it is a draft, or not the last issue (``exists``).
    """
    person.require_role(*STAFF)
    why = clean_line(printable(reason), "reason", LONGEST_REASON)
    former = session.get(Report, report_id)
    if former is None:
        raise NotFound(f"report {report_id}")
    newest = session.scalar(
        sa.select(sa.func.max(Report.issue)).where(Report.year == former.year, Report.number == former.number)
    )
    if former.status is not ReportStatus.FINAL or former.issue != newest:
        raise Conflict(f"report {report_id} is not the last issue", reason="exists")
    report = _new(session, clock, person, former.quarter, issue=former.issue + 1, reason=why)
    for row in former.texts:
        session.add(ReportText(report_id=report.id, section=row.section, text=row.text, at=row.at, by_id=row.by_id))
    for one in former.pictures:
        session.add(
            ReportPicture(
                report_id=report.id, position=one.position, caption=one.caption, content=one.content,
                digest=one.digest, width=one.width, height=one.height, at=one.at, by_id=one.by_id,
            )
        )  # fmt: skip
    record_change(
        session, person.actor, "report_corrected", "quarterly_report", report.id, reason=why,
        quarter=report.quarter.name, issue=report.issue,
    )  # fmt: skip
    session.flush()
    return report


def discard(session: Session, person: Person, report_id: ReportId) -> Quarter:
    """Throw a draft away, with its texts and pictures; a report that was handed in stays.

    Raises:
        Conflict: it was handed in (``final``).
    """
    person.require_role(*STAFF)
    report = lock_draft(session, report_id)
    record_change(
        session, person.actor, "report_discarded", "quarterly_report", report.id, quarter=report.quarter.name,
        issue=report.issue,
    )  # fmt: skip
    session.delete(report)
    session.flush()
    return report.quarter
