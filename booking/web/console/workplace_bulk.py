"""Many workplaces at once: chosen in the list, one change picked, its effect seen row by row, then done together."""

from __future__ import annotations

from flask import flash, redirect, render_template, request
from werkzeug.wrappers import Response

from booking.clock import seoul_date
from booking.domain.errors import BookingError, InvalidForm, StandingVisits
from booking.domain.ids import WorkplaceId
from booking.domain.vocabulary import Block, Level, Setting, WorkplaceStatus
from booking.queries import workplace_list as rows
from booking.services.bulk_changes import DATES, MOST_ROWS, Bulk, Outcome, apply_bulk, preview, read_bulk
from booking.services.terms import current_term
from booking.web.access import STAFF, allow, person
from booking.web.console.base import pages
from booking.web.console.workplace_list import kept_arguments, list_address, narrowed
from booking.web.console.workplaces import BESIDE, agreed, given
from booking.web.database import clock, config, read, write
from booking.web.marking import gettext
from booking.web.problems import describe, sentence, sentences

Page = str | tuple[str, int] | Response


def _chosen() -> list[WorkplaceId]:
    """The ticked workplaces, or with ``all`` those of the list as it is narrowed, at most so many."""
    if request.form.get("all"):
        session = read()
        found = rows.all_workplaces(
            session, current_term(session).id, seoul_date(clock().now()), narrowed(), sort="name"
        )
        return [row.workplace.id for row in found][: MOST_ROWS + 1]
    ticked = {text for text in request.form.getlist("id") if text.isdecimal() and len(text) < 16}
    return [WorkplaceId(int(text)) for text in sorted(ticked, key=int)][: MOST_ROWS + 1]


def _nothing(text: str) -> Response:
    flash(text, "bad")
    return redirect(list_address(), 303)


def _choose_page(ids: list[WorkplaceId], faults: dict[str, str] | None = None, status: int = 200) -> Page:
    page = render_template(
        "web/console/workplace_bulk.html",
        places=rows.chosen_workplaces(read(), ids),
        faults=faults or {},
        values=given(),
        one=lambda name: (given().get(name) or [""])[0],
        kept=kept_arguments(),
        kinds=list(Bulk),
        dates=DATES,
        statuses=list(WorkplaceStatus),
        levels=list(Level),
        settings=list(Setting),
        blocks=list(Block),
        today=seoul_date(clock().now()),
    )
    return page, status


@pages.post("/workplaces/bulk")
@allow(*STAFF)
def bulk() -> Page:
    """Which change these workplaces should have."""
    ids = _chosen()
    if not ids:
        return _nothing(gettext("바꿀 일터를 하나 이상 골라 주세요."))
    if len(ids) > MOST_ROWS:
        return _nothing(gettext("한 번에 500곳까지 바꿀 수 있습니다. 목록을 좁혀 주세요."))
    return _choose_page(ids)


@pages.post("/workplaces/bulk/preview")
@allow(*STAFF)
def bulk_preview() -> Page:
    """What would become of each workplace, before anything is saved."""
    ids = _chosen()
    if not ids:
        return _nothing(gettext("바꿀 일터를 하나 이상 골라 주세요."))
    try:
        patch = read_bulk(given(), seoul_date(clock().now()))
    except InvalidForm as error:
        return _choose_page(ids, sentences(error), 422)
    found = preview(read(), clock(), ids[:MOST_ROWS], patch)
    return render_template(
        "web/console/workplace_bulk_preview.html",
        rows=found,
        doing=[row for row in found if row.does],
        groups=sum(len(row.effect.hits) for row in found if row.does),
        kept=kept_arguments(),
        sent=[(name, text) for name, texts in given().items() if name not in {*BESIDE, "id"} for text in texts],
    )


def _rows() -> dict[WorkplaceId, int]:
    """The workplaces with the versions that were seen, as ``12:3``."""
    found = {}
    for text in request.form.getlist("row")[:MOST_ROWS]:
        number, _, version = text.partition(":")
        if number.isdecimal() and version.isdecimal() and len(text) < 30:
            found[WorkplaceId(int(number))] = int(version)
    return found


@pages.post("/workplaces/bulk/apply")
@allow(*STAFF)
def bulk_apply() -> Page:
    """Do it; what was changed meanwhile is refused and named."""
    try:
        patch = read_bulk(given(), seoul_date(clock().now()))
    except InvalidForm as error:
        return _choose_page(list(_rows()), sentences(error), 422)
    with write() as session:
        outcome = apply_bulk(session, clock(), config(), person(), patch, _rows(), agreed())
    return render_template(
        "web/console/workplace_bulk_done.html",
        outcome=outcome,
        refused=[(place, why(error)) for place, error in outcome.refused],
        kept=kept_arguments(),
    ), _status(outcome)


def _status(outcome: Outcome) -> int:
    return 409 if outcome.refused and not outcome.done else 200


def why(error: BookingError) -> str:
    """Return in a sentence why a row was refused."""
    if isinstance(error, InvalidForm):
        return sentence(error.faults[0])
    if isinstance(error, StandingVisits):
        return gettext("그사이 이 일터의 방문이 달라졌습니다.")
    return describe(error).title
