"""Solves one run: claim, build, solve with no transaction open, judge, store. An edge: it commits its own transactions.

The solver comes in as an argument, because this package never loads OR-Tools: the worker that calls does.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, sessionmaker

from booking.clock import Clock
from booking.config import Config
from booking.db import transaction
from booking.domain.ids import RunId
from booking.domain.phases import looks_at_late
from booking.domain.states import ACTIVE_RUNS, RUN_STEPS, RunKind, RunStatus, step
from booking.log import get_logger
from booking.models.runs import AllocationRun
from booking.models.terms import Term
from booking.queries.load import wished_loads
from booking.services.allocations import find_run, request_repair
from booking.services.history import record_change
from booking.services.instance_builder import BuiltInstance, build_instance
from booking.services.plan_storing import Numbers, solver_facts, store_proposals
from booking.services.published_plan import first_choices, published_plan
from booking.services.remedies import SECONDS, askable_slots, find_remedies, store_remedies
from booking.services.repair_applying import try_to_apply
from booking.services.run_drafts import put_away_older
from booking.services.run_lease import Claim, at_work, claim_run, held_run
from booking.services.run_progress import ProgressWriter
from booking.services.terms import phase_today
from scheduler.allocation import Allocation
from scheduler.instance import Instance
from scheduler.verifier import verify

log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Engine:
    """The entrances of the solver, and how its limits are made; filled in by the worker."""

    allocate: Callable[..., Allocation]
    repair: Callable[..., Allocation]
    limits: Callable[..., Any]


def _prepare(sessions: sessionmaker[Session], clock: Clock, claim: Claim) -> tuple[BuiltInstance, Allocation | None]:
    """Build the input and keep it with the run; for a repair also the plan that broke."""
    with sessions() as session, transaction(session):
        run = find_run(session, claim.run_id)
        term = session.get_one(Term, run.term_id)
        built = build_instance(session, clock, term, policy=claim.policy, weeks=claim.weeks)
        broken = published_plan(session, built) if claim.kind is RunKind.REPAIR else None
        before = broken or first_choices(built.instance)
        run.instance = built.document
        run.facts_sha256 = built.facts_sha256
        run.needs_repair = built.dropped_locks or None
        run.kpis_before = asdict(verify(built.instance, before).kpis)
        late = looks_at_late(phase_today(term, clock))
        wishes = wished_loads(session, term, late=late)
        run.load_before = _loads(built.instance, before) if broken is not None else wishes
        return built, broken


def _loads(instance: Instance, plan: Allocation) -> dict[str, int]:
    pupils = {visit.id: visit.pupils for visit in instance.visits}
    loads: dict[str, int] = {}
    for assignment in plan.visits:
        if assignment.slot is not None:
            loads[assignment.slot] = loads.get(assignment.slot, 0) + pupils[assignment.id]
    return loads


def _store(
    sessions: sessionmaker[Session], clock: Clock, config: Config, claim: Claim, built: BuiltInstance, plan: Allocation
) -> bool:
    """Store the judged plan as proposals, all in one transaction; returns whether there is a plan to look at now."""
    verdict = verify(built.instance, plan)
    with sessions() as session, transaction(session):
        run = held_run(session, claim)
        run.finished_at = clock.now()
        run.lease_until = None
        if not verdict.clean:
            run.status = step(RUN_STEPS, run.status, RunStatus.FAILED)
            run.error = "verifier: " + "; ".join(str(violation) for violation in verdict.violations[:5])
            record_change(session, "worker", "run_failed", "run", run.id)
            return False
        if run.again:
            run.status = step(RUN_STEPS, run.status, RunStatus.CANCELLED)
            session.flush()
            request_repair(session, clock, config, run.term_id, "worker")
            return False
        document = plan.to_document()
        run.kpis = asdict(verdict.kpis)
        run.bounds = asdict(plan.bounds)
        run.solver = solver_facts(document)
        store_proposals(session, run.id, plan, Numbers(built.requests, built.slots, built.workplaces))
        put_away_older(session, clock, run)
        run.status = step(RUN_STEPS, run.status, RunStatus.PROPOSED)
        record_change(session, "worker", "run_proposed", "run", run.id, kpis=run.kpis)
        return True


def _look_for_remedies(
    sessions: sessionmaker[Session], clock: Clock, claim: Claim, built: BuiltInstance, plan: Allocation
) -> None:
    """Add the cheapest repairs to a plan that is there to be looked at already; without them it is as good a plan."""
    try:
        with sessions() as session:
            allowed = askable_slots(session, clock, built)
        found = find_remedies(built.instance, plan, allowed, clock, SECONDS[claim.kind])
        store_remedies(sessions, claim.run_id, built.requests, found)
    except Exception:
        log.exception("no_remedies", run=claim.run_id)


def solve_run(
    sessions: sessionmaker[Session],
    clock: Clock,
    config: Config,
    run_id: RunId,
    engine: Engine,
    *,
    keep_alive: Callable[[], None] = lambda: None,
) -> None:
    """Solve a run from claim to proposals. May be called twice or at once by two workers: it is solved once.

    ``keep_alive`` is called every two seconds, for the lease of the worker's own job. An error of the engine fails the
    run for a person to see; it is logged, not raised, because another try would end the same way.
    """
    claim = claim_run(sessions, clock, run_id)
    if claim is None:
        return
    with at_work(sessions, clock, claim, keep_alive) as keeper:
        built, broken = _prepare(sessions, clock, claim)
        options: dict[str, Any] = {
            "sha256": built.sha256,
            "on_progress": ProgressWriter(sessions, claim.run_id),
            "should_stop": keeper.stop_solving.is_set,
        }
        limits = engine.limits(seconds=claim.seconds, seed=claim.seed, workers=config.solver_workers)
        if broken is not None:
            plan = engine.repair(built.instance, broken, limits, **options)
        else:
            plan = engine.allocate(built.instance, limits, **options)
        if _store(sessions, clock, config, claim, built, plan):
            if claim.kind is RunKind.REPAIR:
                try_to_apply(sessions, clock, config, claim.run_id)
            _look_for_remedies(sessions, clock, claim, built, plan)


def abandoned_runs(session: Session) -> list[RunId]:
    """Return runs whose worker has gone silent, for the sweep to hand out again."""
    return list(
        session.scalars(
            sa.select(AllocationRun.id).where(
                AllocationRun.status.in_(ACTIVE_RUNS), AllocationRun.lease_until < sa.func.clock_timestamp()
            )
        )
    )
