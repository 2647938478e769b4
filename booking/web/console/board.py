"""The board of a proposed run: a week by school or by workplace, the term in numbers, and the journal of changes."""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict
from urllib.parse import urlencode

from flask import render_template, request, url_for

from booking.clock import seoul_date
from booking.domain.ids import RunId
from booking.domain.states import RunStatus
from booking.domain.vocabulary import Block, Level
from booking.models.terms import Slot
from booking.queries import board as rows
from booking.queries.hand_changes import journal_of
from booking.queries.openings import slots_of
from booking.queries.paging import slice_of
from booking.services import allocations, hand_undo
from booking.web.access import STAFF, allow, person
from booking.web.console.base import View, chosen, page_links, page_number, pages
from booking.web.console.hand_guard import Answer, asked_version, save
from booking.web.console.hand_words import change_sentence, kind_of_change
from booking.web.console.words import rank_word
from booking.web.database import clock, read
from booking.web.marking import N_

ROWS_PER_PAGE = 20
SCHOOLS, PLACES, TERM = VIEWS = ("school", "workplace", "term")
#: lines of the journal on the board; all of them with ``journal=all``
JOURNAL_LINES = 8
WORDS_LENGTH = 60


def _week_of(weeks: dict[str, list[Slot]], today: dt.date) -> str:
    """The week that is asked for, else the first one that is not over."""
    asked = request.args.get("week", "")
    if asked in weeks:
        return asked
    ahead = (week for week, slots in weeks.items() if slots[-1].date >= today)
    return next(ahead, next(iter(weeks), ""))


def _filter() -> rows.Filter:
    return rows.Filter(
        level=chosen(Level, "level"),
        school=request.args.get("school", "").strip()[:WORDS_LENGTH],
        place=request.args.get("place", "").strip()[:WORDS_LENGTH],
    )


@pages.get("/runs/<int:run_id>/board")
@allow(*STAFF)
def board(run_id: int) -> View:
    """A plan to be looked at and changed: a week at a time, or the term in numbers."""
    session = read()
    run = allocations.find_run(session, RunId(run_id))
    view = request.args.get("view", SCHOOLS)
    view = view if view in VIEWS else SCHOOLS
    slots = slots_of(session, run.term_id)
    weeks = rows.weeks_of(slots)
    week = _week_of(weeks, seoul_date(clock().now()))
    names = list(weeks)
    at = names.index(week) if week else 0
    wanted, empty = _filter(), request.args.get("empty") == "1"
    here = weeks.get(week, [])
    listed: list[rows.Row] = []
    if view != TERM:
        visits = rows.visits_at(session, run, [slot.id for slot in here])
        listed = (rows.by_school if view == SCHOOLS else rows.by_workplace)(run, visits, wanted, empty=empty)
    page = slice_of(listed, page_number(), ROWS_PER_PAGE)
    journal = journal_of(session, run)
    everything = request.args.get("journal") == "all"
    kept = {key: value for key, value in request.args.items() if key not in {"page", "lang", "journal"} and value}

    def link(**changes: str) -> str:
        return f"{url_for('console.board', run_id=run_id)}?{urlencode({**kept, **changes})}"

    return render_template(
        "web/console/board.html",
        run=run,
        view=view,
        weeks=weeks,
        week=week,
        before=names[at - 1] if at > 0 else None,
        after=names[at + 1] if at + 1 < len(names) else None,
        days=rows.days_of(here),
        loads=rows.loads_of(session, run, slots),
        page=page,
        href=page_links(),
        link=link,
        closed=rows.closed_at(run, page.rows, here) if view == PLACES else {},
        unplaced=[visit for visit in rows.visits_at(session, run, None) if wanted.takes(visit)] if view != TERM else [],
        wanted=asdict(wanted),
        empty=empty,
        editable=run.status is RunStatus.PROPOSED,
        journal=journal,
        lines=journal.rows if everything else journal.rows[:JOURNAL_LINES],
        Block=Block,
        Level=Level,
        rank_word=rank_word,
        kind_of_change=kind_of_change,
        change_sentence=change_sentence,
        days_of=rows.days_of,
    )


@pages.post("/runs/<int:run_id>/undo")
@allow(*STAFF)
def undo(run_id: int) -> Answer:
    """Bring back what was before the newest change by hand."""
    hand = (clock(), person(), RunId(run_id), asked_version())
    page = url_for("console.board", run_id=run_id)
    return save(run_id, N_("되돌렸습니다."), page, lambda session: hand_undo.undo(session, *hand))


@pages.post("/runs/<int:run_id>/redo")
@allow(*STAFF)
def redo(run_id: int) -> Answer:
    """Do again what was undone last."""
    hand = (clock(), person(), RunId(run_id), asked_version())
    page = url_for("console.board", run_id=run_id)
    return save(run_id, N_("다시 했습니다."), page, lambda session: hand_undo.redo(session, *hand))
