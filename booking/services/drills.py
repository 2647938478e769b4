"""훈련: what the loss of some workplaces would do to each day of a plan, rehearsed by a worker before it happens.

A drill is a run of its own kind, so that it is claimed, renewed, cancelled and taken up again as every run. It changes
nothing: it looks at a plan and keeps what it found.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import sqlalchemy as sa
from sqlalchemy.orm import Session, sessionmaker

from booking.clock import Clock
from booking.config import Config
from booking.db import transaction
from booking.domain.errors import InvalidForm, InvalidInput, NotFound
from booking.domain.ids import RunId
from booking.domain.person import Person
from booking.domain.states import RUN_STEPS, RunKind, RunStatus, step
from booking.log import get_logger
from booking.models.runs import AllocationRun
from booking.services.allocations import STAFF, create_run, find_run
from booking.services.history import record_change
from booking.services.proposals import plan_of
from booking.services.run_lease import Claim, Keeper, Lost, claim_run, fail_run, held_run

log = get_logger(__name__)

#: how many workplaces may be lost on one day: more than that is no longer a day to be mended
LOSSES = range(1, 9)
#: losses tried for a day
TRIALS = 60


class Found(Protocol):
    """What the engine's drill returns."""

    def document(self) -> dict[str, object]:
        """As a JSON object."""


def start_drill(
    session: Session, clock: Clock, config: Config, person: Person, run_id: RunId, losses: int
) -> AllocationRun:
    """Have the loss of ``losses`` workplaces on each day of a run's plan rehearsed.

    Raises:
        Forbidden: not the coordinator's.
        NotFound: there is no such run, or it has no plan.
        InvalidForm: so many cannot be rehearsed.
        RunAlreadyActive: another drill of the term is at work (``facts['run']``).
    """
    person.require_role(*STAFF)
    run = find_run(session, run_id)
    if run.kpis is None or run.instance is None or run.kind not in {RunKind.TERM, RunKind.REPAIR}:
        raise NotFound(f"run {run_id} has no plan")
    if losses not in LOSSES:
        raise InvalidForm([InvalidInput(field="losses", reason="range")])
    given = {"losses": losses, "version": run.version}
    drill = create_run(
        session, clock.now(), config, run.term_id, RunKind.DRILL, person.user_id, source_id=run.id, policy=given
    )
    record_change(session, person.actor, "drill_started", "run", drill.id, source=run.id, losses=losses)
    return drill


def newest_drill(session: Session, run_id: RunId) -> AllocationRun | None:
    """Return the newest drill of a run's plan, in whatever state it is."""
    return session.scalar(
        sa.select(AllocationRun)
        .where(AllocationRun.source_id == run_id, AllocationRun.kind == RunKind.DRILL)
        .order_by(AllocationRun.id.desc())
        .limit(1)
    )


def rehearse_run(
    sessions: sessionmaker[Session],
    clock: Clock,
    run_id: RunId,
    drill: Callable[..., Found],
    *,
    keep_alive: Callable[[], None] = lambda: None,
) -> None:
    """Rehearse a drill from claim to findings. May be called twice or at once: it is done once.

    ``keep_alive`` is called every two seconds. A drill that is stopped or runs out of time keeps the days rehearsed by
    then. An error of the engine fails it for a person to see.
    """
    claim = claim_run(sessions, clock, run_id)
    if claim is None:
        return
    keeper = Keeper(sessions, claim, keep_alive)
    keeper.start()
    try:
        with sessions() as session:
            source = find_run(session, claim.run_id).source_id
            if source is None:
                raise NotFound(f"drill {run_id} has no plan")
            loaded = plan_of(session, source)
        found = drill(
            loaded.instance,
            loaded.allocation,
            int(claim.policy["losses"]),
            TRIALS,
            seconds=claim.seconds,
            should_stop=keeper.stop_solving.is_set,
        )
        _store(sessions, clock, claim, found.document())
    except Lost:
        log.info("drill_lost", run=claim.run_id, attempt=claim.attempt)
    except Exception as error:
        log.exception("drill_failed", run=claim.run_id)
        try:
            fail_run(sessions, clock, claim, f"{type(error).__name__}: {error}"[:500])
        except Lost:
            log.info("drill_lost", run=claim.run_id, attempt=claim.attempt)
    finally:
        keeper.close()


def _store(sessions: sessionmaker[Session], clock: Clock, claim: Claim, findings: dict[str, Any]) -> None:
    with sessions() as session, transaction(session):
        run = held_run(session, claim)
        run.finished_at = clock.now()
        run.lease_until = None
        run.findings = findings
        run.status = step(RUN_STEPS, run.status, RunStatus.FOUND)
