"""표 올리기: a template, an upload, its columns, what each row would do, and only then the change; and back again."""

from __future__ import annotations

from collections.abc import Iterable

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from booking.clock import seoul_date
from booking.domain.errors import BookingError, Conflict, InvalidInput, NotFound
from booking.domain.sheet_rows import Column, SheetKind
from booking.exchange.sheets import XLSX_TYPE, read_sheet, write_sheet
from booking.queries.paging import slice_of
from booking.queries.sheets import uploads
from booking.services import sheets
from booking.services.sheet_desk import Desk
from booking.services.sheet_kinds import HANDLERS
from booking.services.sheets import Outcome, Plan, RowPlan
from booking.web.access import STAFF, allow, person
from booking.web.console.base import gettext, page_links, page_number, pages
from booking.web.console.sheet_words import EXAMPLES, KINDS, VOCABULARIES, cell_text, column_name, takes, words
from booking.web.database import clock, config, read, write
from booking.web.labels import label
from booking.web.problems import describe, sentence, sentences

Page = str | tuple[str, int] | Response
ROWS_PER_PAGE = 50
#: what a page never shows of a table: that it changes is enough
PRIVATE = ("phone", "email")


def _kind(name: str) -> SheetKind:
    if name not in set(SheetKind):
        raise NotFound(f"sheet kind {name}")
    return SheetKind(name)


def _index(faults: dict[str, str] | None = None, kind: str = "") -> Page:
    page = render_template(
        "web/console/sheets.html",
        kinds=[(one, gettext(KINDS[one])) for one in SheetKind],
        uploads=uploads(read()),
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


@pages.get("/sheets/<kind>/template.xlsx")
@allow(*STAFF)
def sheet_template(kind: str) -> Response:
    """An empty table with its heads, an invented row, and what each column takes."""
    one = _kind(kind)
    columns = HANDLERS[one].columns
    example = [
        EXAMPLES.get(column.field, "") or (label(next(iter(VOCABULARIES[column.field])))
                                           if column.field in VOCABULARIES else "")
        for column in columns
    ]  # fmt: skip
    notes = [(column_name(column), takes(column) + (" *" if column.required else "")) for column in columns]
    notes.append(("*", gettext("새로 더하는 줄에는 꼭 있어야 합니다. 있는 것을 고칠 때 빈칸은 그대로 둡니다.")))
    notes.append(("-", gettext("빼기표만 적으면 그 값을 지웁니다.")))
    content = write_sheet(gettext(KINDS[one]), [column_name(column) for column in columns], [example], notes)
    return _download(content, f"{one}-template")


@pages.get("/sheets/<kind>/export.xlsx")
@allow(*STAFF)
def sheet_export(kind: str) -> Response:
    """What stands in the register, ready to be changed and uploaded again; without anybody's telephone and address."""
    one = _kind(kind)
    handler = HANDLERS[one]
    columns = [column for column in handler.columns if not _private(column.field)]
    rows: list[list[object]] = []
    for known in handler.known(read()):
        values = {**known.values, "code": list(known.keys[:1])}
        rows.append([_typed(cell_text(column, values.get(column.field, []))) for column in columns])
    content = write_sheet(gettext(KINDS[one]), [column_name(column) for column in columns], rows)
    return _download(content, str(one))


def _private(field: str) -> bool:
    return field.startswith("contact_") or field in PRIVATE


def _typed(text: str) -> object:
    """A number as a number, so that a spreadsheet reckons with it; anything else as text."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 and not text.startswith("0") else text


def _download(content: bytes, name: str) -> Response:
    file = f"{name}-{seoul_date(clock().now()).isoformat()}.xlsx"
    headers = {"Content-Disposition": f"attachment; filename={file}", "Cache-Control": "no-store"}
    return Response(content, mimetype=XLSX_TYPE, headers=headers)


@pages.post("/sheets/<kind>")
@allow(*STAFF)
def take_sheet(kind: str) -> Page:
    """Keep an uploaded table and lead to its preview; nothing of it counts yet."""
    one, file = _kind(kind), request.files.get("file")
    try:
        sheet = read_sheet(file.read() if file is not None else b"")
    except InvalidInput as fault:
        return _index(sentences(fault), kind)
    with write() as session:
        upload = sheets.take_in(session, clock(), person(), one, (file.filename if file else "") or "", sheet)
        number = upload.id
    return redirect(url_for("console.sheet", upload_id=number), 303)


def _desk() -> Desk:
    return Desk(read(), clock(), config(), person())


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
    if upload.applied_at is not None:
        return render_template("web/console/sheet_done.html", upload=upload, kind=gettext(KINDS[upload.kind]))
    found = sheets.plan(_desk(), upload, words())
    columns = HANDLERS[upload.kind].columns
    by_field = {column.field: column for column in columns}
    page = render_template(
        "web/console/sheet.html",
        upload=upload,
        kind=gettext(KINDS[upload.kind]),
        columns=columns,
        column_name=column_name,
        head=upload.content["head"],
        plan=found,
        counts={outcome.value: found.counts[outcome] for outcome in Outcome},
        outcome=request.args.get("outcome", ""),
        page=slice_of(_shown(found), page_number(), ROWS_PER_PAGE),
        href=page_links(),
        changes=lambda row: _changes(row, by_field),
        why=lambda row: _why(row, by_field),
        faults=faults or {},
    )
    return page, status


def _changes(row: RowPlan, columns: dict[str, Column]) -> list[tuple[str, str, str]]:
    """Each field that becomes different: its name, what stands, what comes; nobody's telephone or address."""
    said = []
    for field, (old, new) in row.changes.items():
        column = columns[field]
        if any(field.endswith(end) for end in PRIVATE):
            said.append((column_name(column), "", gettext("바뀜")))
        else:
            said.append((column_name(column), cell_text(column, old), cell_text(column, new)))
    return said


def _why(row: RowPlan, columns: dict[str, Column]) -> list[str]:
    """Why a row is refused, each sentence after the name of its column."""
    said = []
    for fault in row.faults:
        column = columns.get(fault.field or "")
        name = f"{column_name(column)}: " if column is not None else ""
        said.append(f"{name}{sentence(fault)}")
    for word in row.unknown:
        column = columns[word.field]
        said.append(
            f"{column_name(column)}: "
            + gettext(
                "「%(word)s」을(를) 알아보지 못했습니다. 양식의 안내에 있는 말로 적어 주세요.", word=word.word[:40]
            )
        )
    return said


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
    except InvalidInput as fault:
        return _preview(upload_id, 422, sentences(fault))
    return redirect(url_for("console.sheet", upload_id=upload_id), 303)


@pages.post("/sheets/uploads/<int:upload_id>/apply")
@allow(*STAFF)
def apply_sheet(upload_id: int) -> Page:
    """Do what the preview has shown, or show anew what it would do by now."""
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


@pages.get("/sheets/uploads/<int:upload_id>/refused.xlsx")
@allow(*STAFF)
def refused_rows(upload_id: int) -> Response:
    """The rows that were refused, as they were, with a last column that says why: to be mended and uploaded again."""
    upload = sheets.find_upload(read(), upload_id)
    found = sheets.plan(_desk(), upload, words())
    by_field = {column.field: column for column in HANDLERS[upload.kind].columns}
    rows: Iterable[list[object]] = (
        [*upload.content["rows"][row.number - 2], " ".join(_why(row, by_field))]
        for row in found.rows
        if row.outcome is Outcome.REFUSED
    )
    head = [*upload.content["head"], gettext("까닭")]
    return _download(write_sheet(gettext(KINDS[upload.kind]), head, rows), f"{upload.kind}-refused")
