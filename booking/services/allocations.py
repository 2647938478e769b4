"""배정 실행: starting, cancelling, discarding and solving runs.

A run is solved with no transaction open. Its row carries a lease that a thread renews; whoever finds the lease run out
takes the run up again, and after the third time it is failed for a person to see.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from booking.clock import Clock
from booking.config import Config
from booking.domain.errors import InvalidForm, InvalidInput, NotFound, RunAlreadyActive
from booking.domain.ids import RunId, TermId, UserId
from booking.domain.person import Person
from booking.domain.phases import Action, require
from booking.domain.states import ACTIVE_RUNS, RUN_STEPS, RunKind, RunStatus, step
from booking.domain.topics import Topic
from booking.domain.vocabulary import Role
from booking.models.runs import AllocationRun
from booking.queries.openings import slots_of
from booking.services.history import record_change
from booking.services.outbox import enqueue
from booking.services.terms import current_term, phase_today

STAFF = (Role.COORDINATOR, Role.ADMINISTRATOR)
REPAIR_SECONDS = 10.0
#: a search solves several plans one after the other
FRONTIER_TIMES = 5
TOPICS = {
    RunKind.TERM: Topic.SOLVE_RUN,
    RunKind.REPAIR: Topic.REPAIR_RUN,
    RunKind.FRONTIER: Topic.SURVEY_RUN,
    RunKind.TRIAL: Topic.TRY_POLICY,
}
#: how many solves a run of a kind is, where it is more than one
TIMES = {RunKind.FRONTIER: FRONTIER_TIMES, RunKind.TRIAL: 2}


def find_run(session: Session, run_id: RunId, *, lock: bool = False) -> AllocationRun:
    """Return a run, locked against others where it is going to be changed.

    Raises:
        NotFound: there is none.
    """
    run = session.get(AllocationRun, run_id, with_for_update=lock)
    if run is None:
        raise NotFound(f"run {run_id}")
    return run


def time_limit(config: Config, kind: RunKind) -> float:
    """How long a run of a kind may take, in seconds."""
    if kind is RunKind.REPAIR:
        return REPAIR_SECONDS
    return config.solver_seconds * TIMES.get(kind, 1)


def create_run(
    session: Session,
    now: dt.datetime,
    config: Config,
    term_id: TermId,
    kind: RunKind,
    created_by: UserId | None,
    **given: Any,
) -> AllocationRun:
    """Queue a run with its job; ``given`` are further columns of it.

    Raises:
        RunAlreadyActive: one of its kind is queued or solving (``facts['run']``).
    """
    run = AllocationRun(
        term_id=term_id,
        kind=kind,
        status=RunStatus.QUEUED,
        created_by_id=created_by,
        created_at=now,
        time_limit=time_limit(config, kind),
        **given,
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
    enqueue(session, TOPICS[kind], run.id)
    return run


def start_run(
    session: Session,
    clock: Clock,
    config: Config,
    person: Person,
    *,
    policy: Mapping[str, float] | None = None,
    weeks: Sequence[str] | None = None,
) -> AllocationRun:
    """Queue a run of the current term.

    ``policy`` overrides prices of the term for this run; ``weeks`` are the ISO weeks in play, None for all of them.

    Raises:
        Forbidden: not the coordinator's.
        InvalidForm: no week is named, or one that the term does not have.
        PhaseClosed: nothing is allocated in this phase.
        RunAlreadyActive: another one is queued or solving (``facts['run']``).
    """
    person.require_role(*STAFF)
    term = current_term(session)
    require(phase_today(term, clock), Action.ALLOCATE)
    chosen = None
    if weeks is not None:
        known = list(dict.fromkeys(slot.week for slot in slots_of(session, term.id)))
        if not weeks or not set(weeks) <= set(known):
            raise InvalidForm([InvalidInput(field="weeks", reason="unknown" if weeks else "required")])
        chosen = [week for week in known if week in set(weeks)]
        chosen = None if chosen == known else chosen
    prices = dict(policy or {})
    run = create_run(session, clock.now(), config, term.id, RunKind.TERM, person.user_id, policy=prices, weeks=chosen)
    record_change(session, person.actor, "run_started", "run", run.id, policy=prices, weeks=chosen)
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
    run = create_run(session, clock.now(), config, term_id, RunKind.REPAIR, None)
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
