"""Saving a change by hand: whoever comes second is shown what the other changed, and goes back where they came from."""

from __future__ import annotations

from collections.abc import Callable

from flask import flash, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from booking.domain.errors import Conflict
from booking.domain.ids import RunId
from booking.queries.hand_changes import journal_of
from booking.services import allocations
from booking.web.console.hand_words import change_sentence, kind_of_change
from booking.web.database import db, read, write
from booking.web.marking import gettext
from booking.web.redirects import local_path

Answer = Response | tuple[str, int]


def asked_version() -> int:
    """The version of the plan that the form was opened at; 0 where it does not say."""
    return request.form.get("version", 0, type=int)


def back_to(run_id: int, otherwise: str = "") -> str:
    """The page of this run from which a form was reached, with what it was narrowed to."""
    asked = local_path(request.values.get("back"))
    return asked if asked.startswith(f"/console/runs/{run_id}/") else otherwise


def save(run_id: int, done: str, otherwise: str, change: Callable[[Session], None]) -> Answer:
    """Carry out a change and go back, saying ``done``; a plan that was changed meanwhile is told and left as it is."""
    try:
        with write() as session:
            change(session)
    except Conflict:
        db.session.rollback()
        return _overtaken(run_id, otherwise), 409
    flash(gettext(done), "ok")
    return redirect(back_to(run_id, otherwise), 303)


def _overtaken(run_id: int, otherwise: str) -> str:
    session = read()
    session.expire_all()
    run = allocations.find_run(session, RunId(run_id))
    return render_template(
        "web/console/overtaken.html",
        run=run,
        rows=journal_of(session, run).since(asked_version()),
        again=otherwise,
        board=back_to(run_id, url_for("console.board", run_id=run_id)),
        kind_of_change=kind_of_change,
        change_sentence=change_sentence,
    )
