"""표 올리기: a template, an upload, its columns, what each row would do, and only then the change; and back again."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from booking.domain.errors import BookingError, Conflict, InvalidInput
from booking.domain.ids import RunId
from booking.domain.purpose import LEAST, MOST
from booking.domain.sheet_rows import SheetKind, SheetTask
from booking.queries.paging import slice_of
from booking.queries.plan_table import open_drafts
from booking.queries.sheets import uploads
from booking.services import sheet_jobs, sheets
from booking.services.sheet_kinds import COLUMNS
from booking.services.sheet_outcomes import Outcome, Plan, RowPlan
from booking.web.access import STAFF, allow, person
from booking.web.console.base import page_links, page_number, pages
from booking.web.console.sheet_files import upload_holds_contacts
from booking.web.console.sheet_rows import changes_of, desk, failure_of, is_alike, kind_of, why
from booking.web.console.sheet_words import CIRCLES, KINDS, column_name, words
from booking.web.database import clock, config, read, write
from booking.web.marking import gettext
from booking.web.problems import describe, sentences

Page = str | tuple[str, int] | Response
ROWS_PER_PAGE = 50


def _index(faults: dict[str, str] | None = None, kind: str = "") -> Page:
    session = read()
    page = render_template(
        "web/console/sheets.html",
        kinds=[(one, gettext(KINDS[one])) for one in SheetKind],
        circles=[(circle, gettext(word)) for circle, (word, _) in CIRCLES.items()],
        drafts=open_drafts(session),
        purpose=(LEAST, MOST),
        uploads=uploads(session),
        kind_word=lambda one: gettext(KINDS[one]),
        faults=faults or {},
        at=kind,
    )
    return (page, 422) if faults else page


@pages.get("/sheets")
@allow(*STAFF)
def upload_sheet() -> Page:
    """Templates, the form that takes a table in, and what was uploaded before."""
    return _index()


@pages.post("/sheets/<kind>")
@allow(*STAFF)
def take_sheet(kind: str) -> Page:
    """Keep an uploaded table and lead to its preview; nothing of it counts yet."""
    one, file = kind_of(kind), request.files.get("file")
    name, run = (file.filename if file else "") or "", request.form.get("run", type=int)
    try:
        data, draft = file.read() if file is not None else b"", None if run is None else RunId(run)
        with write() as session:
            number = sheet_jobs.take_file(session, clock(), person(), one, name, data, words(), draft).id
    except InvalidInput as fault:
        return _index(sentences(fault), kind)
    return redirect(url_for("console.sheet", upload_id=number), 303)


def _shown(plan: Plan) -> list[RowPlan]:
    """The rows that the address asks for: all, or those of one outcome; refused ones first where nothing is asked."""
    asked = request.args.get("outcome", "")
    if asked in set(Outcome):
        return [row for row in plan.rows if row.outcome == asked]
    order = (Outcome.REFUSED, Outcome.ADDED, Outcome.CHANGED, Outcome.UNCHANGED)
    return sorted(plan.rows, key=lambda row: order.index(row.outcome))


def _preview(upload_id: int, status: int = 200, faults: dict[str, str] | None = None) -> Page:
    session = read()
    session.expire_all()
    upload = sheets.find_upload(session, upload_id)
    kind = gettext(KINDS[upload.kind])
    if upload.applied_at is not None and upload.task is None:
        return render_template("web/console/sheet_done.html", upload=upload, kind=kind)
    if sheet_jobs.is_large(upload):
        kept = sheet_jobs.preview_of(upload)
        if kept is None or upload.task is not None:
            return render_template(
                "web/console/sheet_waiting.html", upload=upload, kind=kind, failure=failure_of(upload)
            )
        found, seen = kept
    else:
        found = sheets.plan(desk(), upload, words())
        seen = found.seen
    columns = COLUMNS[upload.kind]
    by_field = {column.field: column for column in columns}
    page = render_template(
        "web/console/sheet.html",
        upload=upload,
        kind=kind,
        seen=seen,
        failure=failure_of(upload),
        columns=columns,
        column_name=column_name,
        head=upload.content["head"],
        plan=found,
        counts={outcome.value: found.counts[outcome] for outcome in Outcome},
        outcome=request.args.get("outcome", ""),
        page=slice_of(_shown(found), page_number(), ROWS_PER_PAGE),
        href=page_links(),
        changes=lambda row: changes_of(row, by_field),
        why=lambda row: why(row, by_field),
        is_alike=is_alike,
        faults=faults or {},
        private=upload_holds_contacts(upload.kind),
        purpose=(LEAST, MOST),
    )
    return page, status


@pages.get("/sheets/uploads/<int:upload_id>")
@allow(*STAFF)
def sheet(upload_id: int) -> Page:
    """What an uploaded table would do, row by row; or what it has done."""
    return _preview(upload_id)


@pages.post("/sheets/uploads/<int:upload_id>/columns")
@allow(*STAFF)
def map_sheet(upload_id: int) -> Page:
    """Say which column is which field."""
    chosen = {
        name.removeprefix("column-"): int(text)
        for name, text in request.form.items()
        if name.startswith("column-") and text.isascii() and text.isdecimal() and len(text) < 4
    }
    try:
        with write() as session:
            sheets.set_mapping(session, person(), upload_id, chosen)
            sheet_jobs.look_again(session, person(), upload_id)
    except InvalidInput as fault:
        return _preview(upload_id, 422, sentences(fault))
    return redirect(url_for("console.sheet", upload_id=upload_id), 303)


def _handed_over(upload_id: int, task: SheetTask) -> bool:
    """Whether the table is large: then a worker does it, and its page says how far it is."""
    with write() as session:
        upload = sheets.find_upload(session, upload_id, lock=True)
        if not sheet_jobs.is_large(upload):
            return False
        ready = upload.applied_at is None if task is SheetTask.APPLY else upload.undone_at is None
        if upload.task is None and ready:
            sheet_jobs.ask(session, person(), upload, task, request.form.get("seen", ""))
        return True


@pages.post("/sheets/uploads/<int:upload_id>/look")
@allow(*STAFF)
def look_at_sheet(upload_id: int) -> Page:
    """Have a large table looked at again, after its worker has died."""
    with write() as session:
        sheet_jobs.look_again(session, person(), upload_id)
    return redirect(url_for("console.sheet", upload_id=upload_id), 303)


@pages.post("/sheets/uploads/<int:upload_id>/new")
@allow(*STAFF)
def take_as_new(upload_id: int) -> Page:
    """Say that a row that looks like a workplace that is there is another one."""
    with write() as session:
        sheets.say_new(session, person(), upload_id, request.form.get("row", 0, type=int))
        sheet_jobs.look_again(session, person(), upload_id)
    return redirect(url_for("console.sheet", upload_id=upload_id), 303)


@pages.post("/sheets/uploads/<int:upload_id>/apply")
@allow(*STAFF)
def apply_sheet(upload_id: int) -> Page:
    """Do what the preview has shown, or show anew what it would do by now."""
    if _handed_over(upload_id, SheetTask.APPLY):
        return redirect(url_for("console.sheet", upload_id=upload_id), 303)
    try:
        with write() as session:
            done = sheets.apply(
                session, clock(), config(), person(), upload_id, words(), seen=request.form.get("seen", "")
            )
    except Conflict as error:
        if error.reason == "applied":
            return redirect(url_for("console.sheet", upload_id=upload_id), 303)
        flash(gettext("그사이 등록부가 바뀌어 아무것도 저장하지 않았습니다. 다시 보시고 저장해 주세요."), "mid")
        return _preview(upload_id, 409)
    except BookingError as error:
        row = error.facts.get("row", "")
        text = gettext("%(n)s번째 줄을 저장할 수 없어 아무것도 저장하지 않았습니다.", n=row)
        flash(f"{text} {describe(error).text}", "bad")
        return _preview(upload_id, 409)
    counts = done.counts
    flash(
        gettext("더한 줄 %(added)s개, 고친 줄 %(changed)s개를 저장했습니다.",
                added=counts[Outcome.ADDED], changed=counts[Outcome.CHANGED]),
        "ok",
    )  # fmt: skip
    return redirect(url_for("console.sheet", upload_id=upload_id), 303)


@pages.post("/sheets/uploads/<int:upload_id>/undo")
@allow(*STAFF)
def undo_sheet(upload_id: int) -> Page:
    """Take an applied table back."""
    if _handed_over(upload_id, SheetTask.UNDO):
        return redirect(url_for("console.sheet", upload_id=upload_id), 303)
    try:
        with write() as session:
            back, stayed = sheets.undo(session, clock(), config(), person(), upload_id)
    except Conflict:
        return redirect(url_for("console.sheet", upload_id=upload_id), 303)
    if stayed:
        flash(gettext("%(n)s줄을 되돌렸습니다. 그 뒤에 고쳤거나 방문이 걸린 %(stayed)s줄은 그대로 두었습니다.",
                      n=back, stayed=stayed), "mid")  # fmt: skip
    else:
        flash(gettext("%(n)s줄을 되돌렸습니다.", n=back), "ok")
    return redirect(url_for("console.sheet", upload_id=upload_id), 303)
