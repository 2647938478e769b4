"""문밖으로: the one door by which personal data leave the house: for a purpose, logged, saying who took them and when.

A download that holds anybody's contact, or says who did what, is a :func:`leave`; nothing else writes such a file.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from flask import flash, request
from werkzeug.wrappers import Response

from booking.clock import SEOUL, seoul_date
from booking.domain.purpose import read_purpose
from booking.exchange.sheets import XLSX_TYPE, write_sheet
from booking.services.history import record_access
from booking.web.access import person
from booking.web.database import clock, write
from booking.web.marking import gettext


def asked_purpose() -> str | None:
    """Return the purpose that the form gives; None where it says too little or too much, and the next page says so."""
    purpose = read_purpose(request.form.get("purpose", ""))
    if purpose is None:
        flash(gettext("내려받는 목적을 4자에서 200자로 적어 주세요. 아무것도 내려받지 않았습니다."), "bad")
    return purpose


def contact_book(title: str, head: Sequence[str], rows: Iterable[Sequence[object]], purpose: str) -> bytes:
    """Return a workbook whose second page says who took it, when, and what for."""
    taker = person()
    notes = [
        (gettext("내려받은 사람"), taker.name),
        (gettext("내려받은 때"), clock().now().astimezone(SEOUL).strftime("%Y-%m-%d %H:%M")),
        (gettext("목적"), purpose),
        (gettext("지켜 주세요"), gettext("개인정보가 들어 있습니다. 이 목적에만 쓰시고, 다 쓰시면 지워 주세요.")),
    ]
    return write_sheet(title, head, rows, notes)


def leave(
    content: bytes, name: str, purpose: str, *, action: str, subject: str, count: int, csv: bool = False
) -> Response:
    """Log that ``count`` people's data leave for a purpose, and let the file go."""
    with write() as session:
        record_access(session, person(), action, subject, count=count, purpose=purpose)
    return as_file(content, f"{name}-{seoul_date(clock().now()).isoformat()}.{'csv' if csv else 'xlsx'}")


def as_file(content: bytes, name: str) -> Response:
    """A file to be kept by a person and by no cache on the way."""
    headers = {"Content-Disposition": f"attachment; filename={name}", "Cache-Control": "no-store"}
    return Response(content, mimetype="text/csv" if name.endswith(".csv") else XLSX_TYPE, headers=headers)
