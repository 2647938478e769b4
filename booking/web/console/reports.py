"""분기 보고: the list of quarters, and a report in the order of the district's form, figures beside texts."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from booking.clock import seoul_date
from booking.domain.errors import Conflict, InvalidForm, InvalidInput, NotFound
from booking.domain.ids import ReportId
from booking.domain.quarters import Quarter
from booking.domain.report_document import differences, from_text
from booking.domain.report_texts import GROUPS, TextSection, read_texts
from booking.domain.states import ReportStatus
from booking.domain.vocabulary import Role
from booking.models.reports import Report
from booking.queries import reports as rows
from booking.queries.quarter import quarter_figures
from booking.services import reports as service
from booking.web.access import STAFF, allow, person
from booking.web.console.base import page_links, page_number, pages
from booking.web.console.report_sources import sources
from booking.web.console.report_words import (
    fault_sentences,
    gap_anchor,
    gap_text,
    mismatch_text,
    quarter_name,
    section_hint,
    section_name,
)
from booking.web.database import clock, read, write
from booking.web.marking import gettext

Page = str | tuple[str, int] | Response
READERS = (Role.OFFICER, *STAFF)
#: how far back a report can be begun: somebody may start with the year before
OFFERED_QUARTERS = 8


def _offered() -> list[Quarter]:
    """The quarters that have begun and of which there is no report yet, the newest first."""
    session, quarter = read(), Quarter.of(seoul_date(clock().now()))
    found = []
    for _ in range(OFFERED_QUARTERS):
        if not rows.issues_of(session, person(), quarter):
            found.append(quarter)
        quarter = quarter.before
    return found


@pages.get("/reports")
@allow(*READERS)
def reports() -> Page:
    """The reports of all quarters; an officer sees those that were handed in."""
    return _list()


def _list(faults: dict[str, str] | None = None, status: int = 200) -> tuple[str, int]:
    page = render_template(
        "web/console/reports.html",
        page=rows.reports(read(), person(), page_number()),
        href=page_links(),
        offered=[(one.name, quarter_name(one)) for one in _offered()] if person().role in STAFF else [],
        quarter_name=quarter_name,
        faults=faults or {},
        staff=person().role in STAFF,
    )
    return page, status


@pages.post("/reports")
@allow(*STAFF)
def begin_report() -> Page:
    """Begin the report of a quarter, with the texts that stay."""
    try:
        with write() as session:
            report = service.begin_report(session, clock(), person(), Quarter.named(request.form.get("quarter", "")))
            number = report.id
    except InvalidInput as fault:
        return _list(fault_sentences(fault), 422)
    except Conflict:
        flash(gettext("이 분기의 보고는 이미 시작했습니다."), "mid")
        return redirect(url_for("console.reports"), 303)
    return redirect(url_for("console.report", report_id=number), 303)


def find(report_id: int) -> Report:
    """The report of the address, where this person may see it."""
    return rows.report(read(), person(), ReportId(report_id))


def show(
    report_id: int,
    *,
    status: int = 200,
    faults: dict[str, str] | None = None,
    given: dict[str, str] | None = None,
    others: bool = False,
) -> Page:
    """The page of a report; ``given`` are texts that could not be kept, ``others``: somebody else was faster."""
    session = read()
    session.expire_all()
    report = find(report_id)
    found = service.standing(session, clock(), report)
    draft = report.status is ReportStatus.DRAFT
    issues = rows.issues_of(session, person(), report.quarter)
    former = next((one for one in issues if one.issue == report.issue - 1 and one.document), None)
    before = rows.newest_before(session, report.quarter) if draft else None
    figures, today = found.figures, seoul_date(clock().now())
    page = render_template(
        "web/console/report.html",
        report=report,
        document=found.document,
        seen=found.seen,
        draft=draft,
        missing=[(gap_text(one), gap_anchor(one)) for one in figures.missing(today)] if figures else [],
        mismatches=[mismatch_text(one) for one in figures.mismatches()] if figures else [],
        groups=GROUPS if draft else {},
        texts={row.section.value: row for row in report.texts},
        before={row.section.value: row.text for row in before.texts if not row.section.kept} if before else {},
        before_name=quarter_name(before.quarter) if before else "",
        given=given or {},
        others=others,
        faults=faults or {},
        name=quarter_name(report.quarter),
        sources=sources(found.document, report.quarter, quarter_figures(session, report.quarter), person()),
        section_name=section_name,
        section_hint=section_hint,
        issues=issues,
        newest=issues[0].id == report.id,
        changed=differences(from_text(former.document), found.document) if former and former.document else None,
        staff=person().role in STAFF,
    )
    return page, status


@pages.get("/reports/<int:report_id>")
@allow(*READERS)
def report(report_id: int) -> Page:
    """A report in the order of the form: a draft with what is missing, a final one as it was handed in."""
    return show(report_id)


def _seen(section: TextSection) -> int:
    return request.form.get(f"version-{section.value}", 0, type=int)


@pages.post("/reports/<int:report_id>/texts/<group>")
@allow(*STAFF)
def save_report_texts(report_id: int, group: str) -> Page:
    """Keep the texts of one part, all of them or none."""
    if group not in GROUPS:
        raise NotFound(f"texts {group}")
    sections = GROUPS[group]
    typed = {section.value: request.form.get(section.value, "")[:8000] for section in sections}
    try:
        with write() as session:
            changed = service.save_texts(
                session, clock(), person(), ReportId(report_id), read_texts(typed, sections),
                {section: _seen(section) for section in sections},
            )  # fmt: skip
    except InvalidForm as error:
        return show(report_id, status=422, faults=fault_sentences(error), given=typed)
    except Conflict as error:
        if error.reason == "final":
            return handed_in(report_id)
        return show(report_id, status=409, given=typed, others=True)
    flash(gettext("저장했습니다.") if changed else gettext("바뀐 것이 없습니다."), "ok")
    return redirect(url_for("console.report", report_id=report_id, _anchor=f"part-{group}"), 303)


def handed_in(report_id: int) -> Response:
    """What is said to somebody who changes a report that a colleague has just handed in."""
    flash(gettext("그사이 다른 분이 이 보고를 확정했습니다. 고치려면 정정판을 만들어 주세요."), "mid")
    return redirect(url_for("console.report", report_id=report_id), 303)


@pages.post("/reports/<int:report_id>/final")
@allow(*STAFF)
def finalise_report(report_id: int) -> Page:
    """Hand the report in as the page has shown it."""
    try:
        with write() as session:
            service.finalise(
                session, clock(), person(), ReportId(report_id),
                seen=request.form.get("seen", ""), understood=bool(request.form.get("understood")),
            )  # fmt: skip
    except InvalidForm as error:
        return show(report_id, status=422, faults=fault_sentences(error))
    except Conflict as error:
        if error.reason == "final":
            return handed_in(report_id)
        flash(gettext("그사이 보고의 내용이 바뀌었습니다. 다시 보시고 한 번 더 눌러 주세요."), "mid")
        return show(report_id, status=409)
    flash(gettext("확정했습니다. 이 판은 이제 바뀌지 않습니다."), "ok")
    return redirect(url_for("console.report", report_id=report_id), 303)


@pages.post("/reports/<int:report_id>/correction")
@allow(*STAFF)
def correct_report(report_id: int) -> Page:
    """Begin a further issue, with its reason."""
    try:
        with write() as session:
            fresh = service.correct(session, clock(), person(), ReportId(report_id), request.form.get("reason", ""))
            number = fresh.id
    except InvalidInput as fault:
        return show(report_id, status=422, faults=fault_sentences(fault))
    except Conflict:
        flash(gettext("정정판은 이미 있습니다."), "mid")
        return redirect(url_for("console.reports"), 303)
    return redirect(url_for("console.report", report_id=number), 303)


@pages.post("/reports/<int:report_id>/discard")
@allow(*STAFF)
def discard_report(report_id: int) -> Page:
    """Throw a draft away."""
    try:
        with write() as session:
            quarter = service.discard(session, person(), ReportId(report_id))
    except Conflict:
        return handed_in(report_id)
    flash(gettext("%(name)s 초안을 버렸습니다.", name=quarter_name(quarter)), "ok")
    return redirect(url_for("console.reports"), 303)
