"""매주 자동 실행: a setting of the term, off by default; the service starts a run by itself at that time of the week.

Each such time is dealt with once: by a run, or by leaving it out where one is active or the phase does not allow it.
"""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.clock import SEOUL, Clock
from booking.config import Config
from booking.domain.errors import Conflict, InvalidForm, InvalidInput, NotFound, RunAlreadyActive
from booking.domain.person import Person
from booking.domain.phases import ALLOWED, Action
from booking.domain.states import RunKind
from booking.models.history import HistoryEntry
from booking.models.runs import AllocationRun
from booking.models.terms import Term
from booking.services.allocations import STAFF, create_run
from booking.services.history import record_change
from booking.services.terms import current_term, lock_term, phase_today

WEEK = dt.timedelta(days=7)
SKIPPED = "weekly_skipped"
#: weekday and hour; None: off
Setting = tuple[int, int] | None


def setting_of(term: Term) -> Setting:
    """Return weekday (0 = Monday) and hour in Seoul, or None where nothing starts by itself."""
    if term.weekly_day is None or term.weekly_hour is None:
        return None
    return term.weekly_day, term.weekly_hour


def last_due(setting: tuple[int, int], now: dt.datetime) -> dt.datetime:
    """Return the last time at or before ``now`` at which a setting was due."""
    day, hour = setting
    local = now.astimezone(SEOUL)
    due = (local - dt.timedelta(days=(local.weekday() - day) % 7)).replace(hour=hour, minute=0, second=0, microsecond=0)
    return due if due <= local else due - WEEK


def next_due(term: Term, now: dt.datetime) -> dt.datetime | None:
    """Return when the service starts the next run by itself; None: never."""
    setting = setting_of(term)
    return None if setting is None else last_due(setting, now) + WEEK


def set_weekly(session: Session, clock: Clock, person: Person, wanted: Setting, before: Setting) -> Term:
    """Set when the service starts a run by itself (None: never), first at the next such time.

    ``before`` is the setting that the person saw.

    Raises:
        Conflict: somebody else has changed it meanwhile.
        InvalidForm: no such weekday or hour.
    """
    person.require_role(*STAFF)
    term = current_term(session)
    lock_term(session, term)
    session.refresh(term)
    if setting_of(term) == wanted:
        return term
    if setting_of(term) != before:
        raise Conflict("the weekly run was set meanwhile", yours=before, now=setting_of(term))
    if wanted is not None and not (0 <= wanted[0] <= 6 and 0 <= wanted[1] <= 23):
        raise InvalidForm([InvalidInput(field="weekly", reason="unknown")])
    term.weekly_day, term.weekly_hour = wanted or (None, None)
    term.weekly_done_at = last_due(wanted, clock.now()) if wanted is not None else None
    record_change(session, person.actor, "weekly_set", "term", term.id, day=term.weekly_day, hour=term.weekly_hour)
    return term


def start_weekly_run(session: Session, clock: Clock, config: Config) -> AllocationRun | None:
    """Start the run of the last due time, once; leave it out, and say so, where another is active or it is no phase.

    Safe to be called at any time and by several schedulers: the term's row is locked, and what is due is written there.
    """
    try:
        term = current_term(session)
    except NotFound:
        return None
    lock_term(session, term)
    session.refresh(term)
    setting = setting_of(term)
    if setting is None or term.weekly_done_at is None:
        return None
    due = last_due(setting, clock.now())
    if term.weekly_done_at >= due:
        return None
    term.weekly_done_at = due
    phase = phase_today(term, clock)
    if Action.ALLOCATE not in ALLOWED[phase]:
        record_change(session, "worker", SKIPPED, "term", term.id, reason="phase", due=due.isoformat())
        return None
    try:
        run = create_run(session, clock.now(), config, term.id, RunKind.TERM, None)
    except RunAlreadyActive as error:
        facts = {"due": due.isoformat(), "run": error.facts["run"]}
        record_change(session, "worker", SKIPPED, "term", term.id, reason="active", **facts)
        return None
    record_change(session, "worker", "run_started", "run", run.id, weekly=True)
    return run


def last_skipped(session: Session, term: Term) -> str | None:
    """Return why the service left its last run out (``phase``, ``active``), until somebody has started one since."""
    due = term.weekly_done_at
    if due is None:
        return None
    entry = session.scalar(
        sa.select(HistoryEntry)
        .where(HistoryEntry.subject_type == "term", HistoryEntry.subject_id == term.id, HistoryEntry.action == SKIPPED)
        .order_by(HistoryEntry.id.desc())
        .limit(1)
    )
    if entry is None or dt.datetime.fromisoformat(entry.detail["due"]) != due:
        return None
    later = sa.select(AllocationRun.id).where(
        AllocationRun.term_id == term.id, AllocationRun.kind == RunKind.TERM, AllocationRun.created_at >= due
    )
    return None if session.scalar(later.limit(1)) is not None else entry.reason
