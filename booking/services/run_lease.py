"""Who holds a run: claimed by one worker, its lease renewed while it is solved, taken up again when the worker dies."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, sessionmaker

from booking.clock import Clock
from booking.db import transaction
from booking.domain.ids import RunId
from booking.domain.states import RUN_STEPS, RunKind, RunStatus, step
from booking.log import get_logger
from booking.models.runs import AllocationRun
from booking.services.allocations import find_run
from booking.services.history import record_change
from booking.services.lease_keeper import LeaseKeeper

log = get_logger(__name__)

LEASE = dt.timedelta(seconds=60)
MAX_ATTEMPTS = 3


@dataclass(frozen=True, slots=True)
class Claim:
    """A run in the hands of this worker: ``attempt`` tells its lease from that of a later one."""

    run_id: RunId
    kind: RunKind
    attempt: int
    seed: int
    seconds: float
    policy: dict[str, Any]
    weeks: list[str] | None


class Lost(Exception):
    """Another worker holds the run now, or a person ended it: whatever was found here is dropped."""


def claim_run(sessions: sessionmaker[Session], clock: Clock, run_id: RunId) -> Claim | None:
    """Take the run up, where it waits or its lease has run out."""
    with sessions() as session, transaction(session):
        run = find_run(session, run_id, lock=True)
        now: dt.datetime = session.scalars(sa.select(sa.func.clock_timestamp())).one()
        if run.status is RunStatus.SOLVING:
            if run.lease_until is not None and run.lease_until > now:
                return None
            run.status = step(RUN_STEPS, run.status, RunStatus.QUEUED)
        if run.status is not RunStatus.QUEUED:
            return None
        if run.cancel_requested or run.attempts >= MAX_ATTEMPTS:
            run.status = step(RUN_STEPS, run.status, RunStatus.CANCELLED if run.cancel_requested else RunStatus.FAILED)
            run.error = None if run.cancel_requested else "worker_died"
            run.finished_at = clock.now()
            record_change(session, "worker", f"run_{run.status}", "run", run.id)
            return None
        run.status = step(RUN_STEPS, run.status, RunStatus.SOLVING)
        run.attempts += 1
        run.again = False
        run.started_at = clock.now()
        run.lease_until = now + LEASE
        return Claim(run.id, run.kind, run.attempts, run.seed, run.time_limit, dict(run.policy), run.weeks)


class Keeper(LeaseKeeper):
    """Renews the lease of a run while the solver works, and learns whether somebody asked to cancel."""

    def __init__(self, sessions: sessionmaker[Session], claim: Claim, keep_alive: Callable[[], None]) -> None:
        super().__init__(f"run-{claim.run_id}", sessions, lambda session: _renew(session, claim), keep_alive)


def _renew(session: Session, claim: Claim) -> bool:
    cancelled = session.execute(
        sa.update(AllocationRun)
        .where(
            AllocationRun.id == claim.run_id,
            AllocationRun.status == RunStatus.SOLVING,
            AllocationRun.attempts == claim.attempt,
        )
        .values(lease_until=sa.func.clock_timestamp() + LEASE)
        .returning(AllocationRun.cancel_requested)
    ).scalar()
    return cancelled is False


def held_run(session: Session, claim: Claim) -> AllocationRun:
    """The run, locked, if it is still in the hands of this worker.

    Raises:
        Lost: it is not.
    """
    run = find_run(session, claim.run_id, lock=True)
    if run.status is not RunStatus.SOLVING or run.attempts != claim.attempt:
        raise Lost
    return run


@contextmanager
def at_work(
    sessions: sessionmaker[Session], clock: Clock, claim: Claim, keep_alive: Callable[[], None]
) -> Iterator[Keeper]:
    """Keep the lease of a run while the block works at it.

    An error ends the run, for a person to see; it is logged and not raised, because another try would end the same way.
    A run that was lost meanwhile is left to whoever has it now. ``keep_alive`` as for :class:`LeaseKeeper`.
    """
    keeper = Keeper(sessions, claim, keep_alive)
    keeper.start()
    try:
        yield keeper
    except Lost:
        _log_lost(claim)
    except Exception as error:
        log.exception("run_failed", run=claim.run_id, kind=claim.kind)
        try:
            fail_run(sessions, clock, claim, f"{type(error).__name__}: {error}"[:500])
        except Lost:
            _log_lost(claim)
    finally:
        keeper.close()


def _log_lost(claim: Claim) -> None:
    log.info("run_lost", run=claim.run_id, kind=claim.kind, attempt=claim.attempt)


def fail_run(sessions: sessionmaker[Session], clock: Clock, claim: Claim, error: str) -> None:
    """End a run that is in the hands of this worker, with what went wrong, for a person to see.

    Raises:
        Lost: it is not.
    """
    with sessions() as session, transaction(session):
        run = held_run(session, claim)
        run.status = step(RUN_STEPS, run.status, RunStatus.FAILED)
        run.error = error
        run.finished_at = clock.now()
        run.lease_until = None
        record_change(session, "worker", "run_failed", "run", run.id)
