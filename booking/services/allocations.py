"""배정 실행: starting, cancelling, discarding and solving runs.

A run is solved with no transaction open. Its row carries a lease that a thread renews; whoever finds the lease run out
takes the run up again, and after the third time it is failed for a person to see.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from booking.clock import SEOUL, Clock
from booking.config import Config
from booking.domain.errors import NotFound, RunAlreadyActive
from booking.domain.ids import RunId, TermId, UserId
from booking.domain.person import Person
from booking.domain.phases import ALLOWED, Action, require
from booking.domain.states import ACTIVE_RUNS, RUN_STEPS, RunKind, RunStatus, step
from booking.domain.topics import Topic
from booking.domain.vocabulary import Role
from booking.models.runs import AllocationRun
from booking.models.terms import Term
from booking.services.history import record_change
from booking.services.outbox import enqueue
from booking.services.terms import current_term, phase_today

STAFF = (Role.COORDINATOR, Role.ADMINISTRATOR)
REPAIR_SECONDS = 10.0
#: the weekly run starts on Monday at this hour in Seoul
WEEKLY_HOUR = 6


def find_run(session: Session, run_id: RunId, *, lock: bool = False) -> AllocationRun:
    """Return a run, locked against others where it is going to be changed.

    Raises:
        NotFound: there is none.
    """
    run = session.get(AllocationRun, run_id, with_for_update=lock)
    if run is None:
        raise NotFound(f"run {run_id}")
    return run


def _create(
    session: Session,
    now: dt.datetime,
    config: Config,
    term_id: TermId,
    kind: RunKind,
    created_by: UserId | None,
    policy: Mapping[str, float],
) -> AllocationRun:
    run = AllocationRun(
        term_id=term_id,
        kind=kind,
        status=RunStatus.QUEUED,
        created_by_id=created_by,
        created_at=now,
        policy=dict(policy),
        time_limit=config.solver_seconds if kind is RunKind.TERM else REPAIR_SECONDS,
    )
    try:
        with session.begin_nested():
            session.add(run)
            session.flush()
    except IntegrityError as error:
        active = session.scalar(
            sa.select(AllocationRun.id).where(
                AllocationRun.term_id == term_id, AllocationRun.kind == kind, AllocationRun.status.in_(ACTIVE_RUNS)
            )
        )
        raise RunAlreadyActive("a run is queued or solving", run=active) from error
    enqueue(session, Topic.SOLVE_RUN if kind is RunKind.TERM else Topic.REPAIR_RUN, run.id)
    return run


def start_run(
    session: Session, clock: Clock, config: Config, person: Person, *, policy: Mapping[str, float] | None = None
) -> AllocationRun:
    """Queue a run of the current term; ``policy`` overrides prices of the term for this run.

    Raises:
        Forbidden: not the coordinator's.
        PhaseClosed: nothing is allocated in this phase.
        RunAlreadyActive: another one is queued or solving (``facts['run']``).
    """
    person.require_role(*STAFF)
    term = current_term(session)
    require(phase_today(term, clock), Action.ALLOCATE)
    run = _create(session, clock.now(), config, term.id, RunKind.TERM, person.user_id, policy or {})
    record_change(session, person.actor, "run_started", "run", run.id, policy=dict(policy or {}))
    return run


def start_weekly_run(session: Session, clock: Clock, config: Config) -> AllocationRun | None:
    """Queue this week's run of the current term, once a week from Monday morning on, where the phase allows it.

    Safe to be called at any time and by several schedulers: the run of a week is looked up first, and a term has one
    active run at most.
    """
    try:
        term = current_term(session)
    except NotFound:
        return None
    now = clock.now()
    local = now.astimezone(SEOUL)
    monday = (local - dt.timedelta(days=local.weekday())).replace(hour=WEEKLY_HOUR, minute=0, second=0, microsecond=0)
    phase = phase_today(term, clock)
    session.execute(sa.select(Term.id).where(Term.id == term.id).with_for_update())
    done = session.scalar(
        sa.select(sa.func.count())
        .select_from(AllocationRun)
        .where(
            AllocationRun.term_id == term.id,
            AllocationRun.kind == RunKind.TERM,
            AllocationRun.created_by_id.is_(None),
            AllocationRun.created_at >= monday,
        )
    )
    if done or local < monday or Action.ALLOCATE not in ALLOWED[phase]:
        return None
    try:
        run = _create(session, now, config, term.id, RunKind.TERM, None, {})
    except RunAlreadyActive:
        return None
    record_change(session, "worker", "run_started", "run", run.id, weekly=True)
    return run


def request_repair(session: Session, clock: Clock, config: Config, term_id: TermId, actor: str) -> AllocationRun:
    """Ask for a repair of the published plan.

    A repair that is still queued will see what has just happened; one that is being solved is solved again after.
    """
    active = session.scalar(
        sa.select(AllocationRun)
        .where(
            AllocationRun.term_id == term_id,
            AllocationRun.kind == RunKind.REPAIR,
            AllocationRun.status.in_(ACTIVE_RUNS),
        )
        .with_for_update()
    )
    if active is not None:
        if active.status is RunStatus.SOLVING:
            active.again = True
        return active
    run = _create(session, clock.now(), config, term_id, RunKind.REPAIR, None, {})
    record_change(session, actor, "repair_requested", "run", run.id)
    return run


def cancel_run(session: Session, clock: Clock, person: Person, run_id: RunId) -> None:
    """Stop a run: a queued one at once, a solving one when its worker sees the flag, keeping the best plan so far."""
    person.require_role(*STAFF)
    run = find_run(session, run_id, lock=True)
    if run.status is RunStatus.QUEUED:
        run.status = step(RUN_STEPS, run.status, RunStatus.CANCELLED)
        run.finished_at = clock.now()
    elif run.status is RunStatus.SOLVING:
        run.cancel_requested = True
    else:
        return
    record_change(session, person.actor, "run_cancelled", "run", run.id)


def discard_run(session: Session, clock: Clock, person: Person, run_id: RunId) -> None:
    """Put a proposed plan away unpublished.

    Raises:
        IllegalTransition: the run is not (or no longer) a proposal.
    """
    person.require_role(*STAFF)
    run = find_run(session, run_id, lock=True)
    run.status = step(RUN_STEPS, run.status, RunStatus.DISCARDED)
    run.finished_at = run.finished_at or clock.now()
    record_change(session, person.actor, "run_discarded", "run", run.id)
