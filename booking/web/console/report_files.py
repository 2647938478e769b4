"""A report as files and on paper, and the pictures that go into it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from booking.domain.errors import Conflict, InvalidForm, InvalidInput, NotFound
from booking.domain.ids import ReportId
from booking.domain.report_document import Document
from booking.domain.states import ReportStatus
from booking.exchange.pictures import JPEG_TYPE, LARGEST_FILE
from booking.exchange.sheets import XLSX_TYPE
from booking.queries import reports as rows
from booking.services import report_pictures, reports
from booking.web.access import STAFF, allow, person
from booking.web.console.base import pages
from booking.web.console.report_words import fault_sentences
from booking.web.console.reports import READERS, Page, find, handed_in, show
from booking.web.database import clock, read, write
from booking.web.marking import gettext
from booking.web.security import takes_up_to

#: a picture and the form around it
LARGEST_BODY = LARGEST_FILE + 64 * 1024


def _docx(document: Document, pictures: Mapping[str, bytes], draft: bool) -> tuple[bytes, str]:
    from booking.exchange.report_docx import DOCX_TYPE, write_docx

    return write_docx(document, pictures, draft=draft), DOCX_TYPE


def _hwpx(document: Document, pictures: Mapping[str, bytes], draft: bool) -> tuple[bytes, str]:
    from booking.exchange.report_hwpx import HWPX_TYPE, write_hwpx

    return write_hwpx(document, pictures, draft=draft), HWPX_TYPE


def _xlsx(document: Document, pictures: Mapping[str, bytes], draft: bool) -> tuple[bytes, str]:
    from booking.exchange.report_xlsx import write_xlsx

    return write_xlsx(document, pictures, draft=draft), XLSX_TYPE


#: what writes each format; its library is loaded by whoever asks for it
WRITERS: dict[str, Callable[[Document, Mapping[str, bytes], bool], tuple[bytes, str]]] = {
    "docx": _docx,
    "hwpx": _hwpx,
    "xlsx": _xlsx,
}


@pages.get("/reports/<int:report_id>/file.<kind>")
@allow(*READERS)
def report_file(report_id: int, kind: str) -> Response:
    """The report as a file.

    Raises:
        NotFound: there is no such format.
    """
    if kind not in WRITERS:
        raise NotFound(f"report as {kind}")
    report = find(report_id)
    draft = report.status is ReportStatus.DRAFT
    document = reports.standing(read(), clock(), report).document
    content, type_ = WRITERS[kind](document, rows.contents(read(), report.id), draft)
    name = f"report-{report.quarter.name}-{'draft' if draft else report.issue}.{kind}"
    headers = {"Content-Disposition": f"attachment; filename={name}", "Cache-Control": "no-store"}
    return Response(content, mimetype=type_, headers=headers)


@pages.get("/reports/<int:report_id>/print")
@allow(*READERS)
def print_report(report_id: int) -> Page:
    """The report as it is printed, or saved as PDF by the browser."""
    report = find(report_id)
    return render_template(
        "web/console/report_print.html",
        report=report,
        document=reports.standing(read(), clock(), report).document,
        draft=report.status is ReportStatus.DRAFT,
    )


@pages.get("/reports/<int:report_id>/pictures/<digest>.jpg")
@allow(*READERS)
def report_picture(report_id: int, digest: str) -> Response:
    """One picture of a report."""
    content = rows.content(read(), find(report_id).id, digest)
    return Response(content, mimetype=JPEG_TYPE, headers={"Cache-Control": "private, max-age=3600"})


def _to_pictures(report_id: int) -> Response:
    return redirect(url_for("console.report", report_id=report_id, _anchor="part-pictures"), 303)


@pages.post("/reports/<int:report_id>/pictures")
@allow(*STAFF)
@takes_up_to(LARGEST_BODY)
def add_report_picture(report_id: int) -> Page:
    """Put a picture into a draft, written anew."""
    file, caption = request.files.get("picture"), request.form.get("caption", "")[:200]
    data = file.read() if file is not None else b""
    try:
        with write() as session:
            report_pictures.add_picture(session, clock(), person(), ReportId(report_id), data, caption)
    except InvalidForm as error:
        return show(report_id, status=422, faults=fault_sentences(error), given={"caption": caption})
    except Conflict:
        return handed_in(report_id)
    flash(gettext("사진을 넣었습니다. 찍은 곳과 때 같은 정보는 지웠습니다."), "ok")
    return _to_pictures(report_id)


@pages.post("/reports/<int:report_id>/pictures/<int:picture_id>")
@allow(*STAFF)
def change_report_picture(report_id: int, picture_id: int) -> Page:
    """Name a picture, bring it forward, or take it out."""
    seen, act = request.form.get("seen", 0, type=int), request.form.get("act", "")
    number = ReportId(report_id)
    try:
        with write() as session:
            if act == "remove":
                report_pictures.remove_picture(session, person(), number, picture_id, seen=seen)
            elif act == "forward":
                report_pictures.bring_forward(session, person(), number, picture_id, seen=seen)
            else:
                caption = request.form.get("caption", "")
                report_pictures.name_picture(session, person(), number, picture_id, caption, seen=seen)
    except InvalidInput as fault:
        flash(" ".join(fault_sentences(fault).values()), "bad")
    except Conflict as error:
        if error.reason == "final":
            return handed_in(report_id)
        flash(gettext("그사이 다른 분이 먼저 고쳤습니다. 다시 보고 해 주세요."), "mid")
    return _to_pictures(report_id)
