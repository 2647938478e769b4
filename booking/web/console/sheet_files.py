"""Tables that leave the house: templates, what stands, rows that were refused; and contacts, for a purpose."""

from __future__ import annotations

from collections.abc import Sequence

from flask import redirect, request, url_for
from flask_babel import force_locale
from werkzeug.wrappers import Response

from booking.clock import seoul_date
from booking.domain.errors import NotFound
from booking.domain.ggoomgil import HEADS, row_of
from booking.domain.ids import RunId
from booking.domain.sheet_rows import SheetKind
from booking.domain.vocabulary import Language, Level, WorkplaceStatus
from booking.exchange.sheets import write_sheet
from booking.queries.contact_table import Circle, contact_rows
from booking.queries.duplicates import standing_places
from booking.queries.plan_table import GroupRow, draft_rows, published_rows
from booking.services import sheet_jobs, sheets
from booking.services.allocations import find_run
from booking.services.sheet_kinds import COLUMNS, HANDLERS
from booking.services.sheet_outcomes import Outcome
from booking.services.terms import current_term
from booking.web.access import STAFF, allow
from booking.web.console.base import pages
from booking.web.console.leaving import as_file, asked_purpose, contact_book, leave
from booking.web.console.sheet_rows import desk, is_private, kind_of, why
from booking.web.console.sheet_words import (
    CIRCLES,
    EXAMPLES,
    KINDS,
    VOCABULARIES,
    cell_text,
    column_name,
    takes,
    words,
)
from booking.web.database import clock, read
from booking.web.labels import label
from booking.web.marking import gettext


def _download(content: bytes, name: str) -> Response:
    return as_file(content, f"{name}-{seoul_date(clock().now()).isoformat()}.xlsx")


@pages.get("/sheets/<kind>/template.xlsx")
@allow(*STAFF)
def sheet_template(kind: str) -> Response:
    """An empty table with its heads, an invented row, and what each column takes."""
    one = kind_of(kind)
    columns = COLUMNS[one]
    example = [
        EXAMPLES.get(column.field, "") or (label(next(iter(VOCABULARIES[column.field])))
                                           if column.field in VOCABULARIES else "")
        for column in columns
    ]  # fmt: skip
    notes = [(column_name(column), takes(column) + (" *" if column.required else "")) for column in columns]
    notes.append(("*", gettext("새로 더하는 줄에는 꼭 있어야 합니다. 있는 것을 고칠 때 빈칸은 그대로 둡니다.")))
    if one is not SheetKind.PLANS:
        notes.append(("-", gettext("빼기표만 적으면 그 값을 지웁니다.")))
    content = write_sheet(gettext(KINDS[one]), [column_name(column) for column in columns], [example], notes)
    return _download(content, f"{one}-template")


@pages.get("/sheets/<kind>/export.xlsx")
@allow(*STAFF)
def sheet_export(kind: str) -> Response:
    """What stands, ready to be changed and uploaded again; without anybody's telephone and address."""
    one = kind_of(kind)
    columns = [column for column in COLUMNS[one] if not is_private(column.field)]
    rows: list[Sequence[object]]
    if one is SheetKind.PLANS:
        rows = _plan()
    else:
        rows = []
        for known in HANDLERS[one].known(read()):
            values = {**known.values, "code": list(known.keys[:1])}
            rows.append([_typed(cell_text(column, values.get(column.field, []))) for column in columns])
    return _download(write_sheet(gettext(KINDS[one]), [column_name(column) for column in columns], rows), str(one))


@pages.get("/sheets/workplaces/ggoomgil.xlsx")
@allow(*STAFF)
def ggoomgil() -> Response:
    """Workplaces that take groups now, in the order of the national portal's columns; no contact is among them."""
    places = [place for place in standing_places(read()) if place.status is WorkplaceStatus.ACTIVE]
    with force_locale(Language.KO.value):
        rows = [
            row_of(
                place.name, label(place.kind), place.address,
                [label(level) for level in Level if level.value in place.levels],
                [f"{row.weekday}-{row.block.value}" for row in place.hours], place.max_group,
            )
            for place in places
        ]  # fmt: skip
    return _download(write_sheet("꿈길", HEADS, rows), "ggoomgil")


def _typed(text: str) -> object:
    """A number as a number, so that a spreadsheet reckons with it; anything else as text."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 and not text.startswith("0") else text


def _plan() -> list[Sequence[object]]:
    """The groups of the draft that the address names, else of what is published."""
    number = request.args.get("run", type=int)
    session = read()
    if number is None:
        found = published_rows(session, current_term(session).id)
    else:
        found = draft_rows(session, find_run(session, RunId(number)))
    return [_group(row) for row in found]


def _group(row: GroupRow) -> Sequence[object]:
    slot = row.slot
    status = label(row.status) if row.status is not None else gettext("배정안") if slot else gettext("미배정")
    return (
        row.code, row.school, row.label, slot.date if slot else "", label(slot.block) if slot else "",
        row.place_code, row.place, row.pupils, status, "",
    )  # fmt: skip


def _refused(upload_id: int) -> tuple[SheetKind, list[str], list[list[object]], bool]:
    """The rows that were refused, with a last column that says why; and whether they hold anybody's contact."""
    upload = sheets.find_upload(read(), upload_id)
    kept = sheet_jobs.preview_of(upload) if sheet_jobs.is_large(upload) else None
    found = kept[0] if kept is not None else sheets.plan(desk(), upload, words())
    by_field = {column.field: column for column in COLUMNS[upload.kind]}
    rows: list[list[object]] = [
        [*upload.content["rows"][row.number - 2], " ".join(why(row, by_field))]
        for row in found.rows
        if row.outcome is Outcome.REFUSED
    ]
    head = [*upload.content["head"], gettext("까닭")]
    return upload.kind, head, rows, upload_holds_contacts(upload.kind)


def upload_holds_contacts(kind: SheetKind) -> bool:
    """Whether tables of a kind may hold people's telephones and addresses, in whatever column."""
    return any(is_private(column.field) for column in COLUMNS[kind])


@pages.get("/sheets/uploads/<int:upload_id>/refused.xlsx")
@allow(*STAFF)
def refused_rows(upload_id: int) -> Response:
    """The rows that were refused, as they were, to be mended and uploaded again; none that may hold a contact.

    Raises:
        NotFound: the table may hold contacts: it leaves for a purpose only.
    """
    kind, head, rows, private = _refused(upload_id)
    if private:
        raise NotFound(f"upload {upload_id} leaves for a purpose only")
    return _download(write_sheet(gettext(KINDS[kind]), head, rows), f"{kind}-refused")


@pages.post("/sheets/uploads/<int:upload_id>/refused.xlsx")
@allow(*STAFF)
def refused_contacts(upload_id: int) -> Response:
    """The rows that were refused with the contacts that they hold, for a purpose that is logged."""
    purpose = asked_purpose()
    if purpose is None:
        return redirect(url_for("console.sheet", upload_id=upload_id) + "#refused", 303)
    kind, head, rows, _ = _refused(upload_id)
    content = contact_book(gettext(KINDS[kind]), head, rows, purpose)
    return leave(
        content, f"{kind}-refused", purpose, action="export_contacts", subject="sheet_upload", count=len(rows)
    )  # fmt: skip


@pages.post("/sheets/contacts.xlsx")
@allow(*STAFF)
def export_people() -> Response:
    """Contacts of workplaces, teachers or coaches, for a purpose that is logged."""
    purpose = asked_purpose()
    circle = request.form.get("circle", "")
    if purpose is None or circle not in set(Circle):
        return redirect(url_for("console.upload_sheet") + "#contacts", 303)
    name, subject = CIRCLES[Circle(circle)]
    head = [gettext("소속"), gettext("이름"), gettext("직함"), gettext("전화"), gettext("전자우편")]
    rows = contact_rows(read(), Circle(circle))
    content = contact_book(gettext(name), head, rows, purpose)
    return leave(
        content, f"contacts-{circle}", purpose, action="export_contacts", subject=subject, count=len(rows)
    )  # fmt: skip
