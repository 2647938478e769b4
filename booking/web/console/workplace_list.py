"""The list of workplaces: narrowed, sorted, by the page; written down as CSV, with contacts only for a purpose."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlencode

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from booking.clock import seoul_date
from booking.domain.purpose import LEAST, MOST
from booking.domain.quarters import Quarter
from booking.domain.vocabulary import JobField, Level, Setting, WorkplaceStatus
from booking.exchange.tables import csv_table
from booking.queries import pipeline
from booking.queries import workplace_list as rows
from booking.queries.register import WorkplaceRow
from booking.queries.workplace_list import COLUMNS, Mark, Narrowed
from booking.services.terms import current_term
from booking.web.access import STAFF, allow
from booking.web.console.base import View, chosen, page_links, page_number, pages
from booking.web.console.leaving import as_file, asked_purpose, contact_book, leave
from booking.web.console.register import typed
from booking.web.database import clock, read
from booking.web.labels import label, level_label
from booking.web.marking import gettext

NARROWING = ("q", "field", "status", "level", "setting", "mark", "sort")


def narrowed() -> Narrowed:
    """Which workplaces the address asks for."""
    return Narrowed(
        text=typed(),
        field=chosen(JobField, "field"),
        status=chosen(WorkplaceStatus, "status"),
        level=chosen(Level, "level"),
        setting=chosen(Setting, "setting"),
        mark=chosen(Mark, "mark"),
    )


def sorting() -> str:
    """The column by which the address asks to sort, a minus before it for the other way round; by name otherwise."""
    asked = request.args.get("sort", "")
    return asked if asked.removeprefix("-") in COLUMNS else "name"


def kept_arguments() -> dict[str, str]:
    """What the address narrows and sorts by, for other addresses of the same list."""
    return {name: request.args[name][:80] for name in NARROWING if request.args.get(name)}


def list_address(**more: str) -> str:
    """The address of the list as it is narrowed and sorted now, but for ``more``."""
    arguments = {**kept_arguments(), **more}
    return url_for("console.workplaces") + (f"?{urlencode(arguments)}" if arguments else "")


def sort_links() -> Callable[[str], tuple[str, str]]:
    """Return what gives the address that sorts by a column, and how it is sorted by it now (for ``aria-sort``)."""
    now = sorting()

    def link(column: str) -> tuple[str, str]:
        how = {column: "ascending", f"-{column}": "descending"}.get(now, "none")
        wanted = f"-{column}" if now == column else column
        return list_address(sort=wanted), how

    return link


@pages.get("/workplaces")
@allow(*STAFF)
def workplaces() -> View:
    """All workplaces, narrowed and sorted as asked, with how the register has grown."""
    session, today = read(), seoul_date(clock().now())
    return render_template(
        "web/console/workplaces.html",
        page=rows.workplaces(
            session, current_term(session).id, today, narrowed(), sort=sorting(), number=page_number()
        ),
        href=page_links(),
        sort_link=sort_links(),
        sort=sorting(),
        narrowed=narrowed(),
        kept=kept_arguments(),
        today=today,
        quarters=pipeline.quarters(session, today.year),
        quarter=Quarter.of(today).number,
        by_status=pipeline.by_status(session),
        statuses=list(WorkplaceStatus),
        fields=list(JobField),
        levels=list(Level),
        settings=list(Setting),
        marks=list(Mark),
        purpose=(LEAST, MOST),
    )


def _table(*, contacts: bool) -> tuple[list[str], list[list[object]], int]:
    """The narrowed list with its head, and how many contacts are in it."""
    session, today = read(), seoul_date(clock().now())
    found = rows.all_workplaces(session, current_term(session).id, today, narrowed(), sort=sorting())
    head = [
        gettext("번호"), gettext("일터"), gettext("기관 종류"), gettext("직업 분야"), gettext("상태"),
        gettext("실내·실외"), gettext("주소"),
        gettext("가장 적은 모둠 인원"), gettext("가장 많은 모둠 인원"), gettext("한 학기에 받는 모둠"),
        gettext("학교급"), gettext("이번 학기 모둠"),
        gettext("안전점검 유효일"), gettext("보험 만료일"), gettext("체험처 인증 만료일"),
    ]  # fmt: skip
    if contacts:
        head += [gettext("담당자"), gettext("직함"), gettext("전화"), gettext("전자우편")]
    number = sum(1 for row in found if row.workplace.contact is not None) if contacts else 0
    return head, [_cells(row, contacts=contacts) for row in found], number


def _cells(row: WorkplaceRow, *, contacts: bool) -> list[object]:
    place = row.workplace
    cells: list[object] = [
        place.code, place.name, label(place.kind), label(place.field), label(place.status), label(place.setting),
        place.address,
        place.min_group, place.max_group, place.visits_per_term,
        ", ".join(level_label(code) for code in place.levels), row.groups,
        place.safety_valid_until, place.insurance_valid_until, place.certified_until,
    ]  # fmt: skip
    if contacts:
        contact = place.contact
        cells += [contact.name, contact.title, contact.phone, contact.email] if contact is not None else [None] * 4
    return cells


@pages.get("/workplaces/export")
@allow(*STAFF)
def export_workplaces() -> Response:
    """The list as CSV, without contacts."""
    head, table, _ = _table(contacts=False)
    return as_file(csv_table(head, table), f"workplaces-{seoul_date(clock().now()).isoformat()}.csv")


@pages.post("/workplaces/export")
@allow(*STAFF)
def export_contacts() -> Response:
    """The list with contacts, for a purpose that is logged and stands in the file."""
    purpose = asked_purpose()
    if purpose is None:
        return redirect(f"{list_address()}#export", 303)
    head, table, number = _table(contacts=True)
    content = contact_book(gettext("일터"), head, table, purpose)
    return leave(content, "workplaces", purpose, action="export_contacts", subject="workplace", count=number)
