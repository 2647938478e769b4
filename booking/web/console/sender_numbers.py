"""발신번호: the numbers from which text messages may leave, with their papers."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from booking.clock import seoul_date
from booking.domain.errors import InvalidForm
from booking.services import sender_numbers as numbers
from booking.services.sender_numbers import NumberEntry
from booking.web.access import STAFF, allow, person
from booking.web.console.base import pages
from booking.web.database import clock, config, read, write
from booking.web.marking import gettext
from booking.web.problems import sentences

FIELDS = ("number", "holder", "registered_on", "expires_on", "evidence")


def _page(entry: NumberEntry | None = None, faults: dict[str, str] | None = None) -> tuple[str, int]:
    session = read()
    page = render_template(
        "web/console/sender_numbers.html",
        known=numbers.known_numbers(session, clock(), config()),
        missing=[number for number, _ in numbers.unusable(session, clock(), config())],
        entry=entry or _asked(),
        faults=faults or {},
        today=seoul_date(clock().now()),
    )
    return page, 422 if faults else 200


def _asked() -> NumberEntry:
    """The row whose number stands in the address, to be changed; else the number that is used and not registered."""
    session, asked = read(), request.args.get("number", "")
    for known in numbers.known_numbers(session, clock(), config()):
        if known.row.number == asked:
            row = known.row
            expires = row.expires_on.isoformat() if row.expires_on else ""
            return NumberEntry(row.number, row.holder, row.registered_on.isoformat(), expires, row.evidence)
    known_numbers = {known.row.number for known in numbers.known_numbers(session, clock(), config())}
    unregistered = (number for number in numbers.sending_numbers(config()) if number not in known_numbers)
    return NumberEntry(number=next(unregistered, ""))


@pages.get("/settings/sender-numbers")
@allow(*STAFF)
def sender_numbers() -> tuple[str, int]:
    """The registered numbers, and the form for one."""
    return _page()


@pages.post("/settings/sender-numbers")
@allow(*STAFF)
def save_sender_number() -> tuple[str, int] | Response:
    """Enter a number, or change what is known of it."""
    entry = NumberEntry(**{field: request.form.get(field, "")[:400] for field in FIELDS})
    try:
        with write() as session:
            numbers.save_number(session, clock(), person(), entry)
    except InvalidForm as error:
        return _page(entry, sentences(error))
    flash(gettext("발신번호를 저장했습니다. 기다리던 문자가 나갑니다."), "ok")
    return redirect(url_for("console.sender_numbers"), 303)


@pages.post("/settings/sender-numbers/<number>/remove")
@allow(*STAFF)
def remove_sender_number(number: str) -> Response:
    """Forget a number."""
    with write() as session:
        numbers.remove_number(session, person(), number)
    flash(gettext("발신번호를 지웠습니다. 이 번호로는 문자가 나가지 않습니다."), "ok")
    return redirect(url_for("console.sender_numbers"), 303)
