"""Solves one run: claim, build, solve with no transaction open, judge, store. An edge: it commits its own transactions.

The solver comes in as an argument, because this package never loads OR-Tools: the worker that calls does.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Protocol

import sqlalchemy as sa
from sqlalchemy.orm import Session, sessionmaker

from booking.clock import Clock
from booking.config import Config
from booking.db import transaction
from booking.domain.ids import RunId
from booking.domain.phases import looks_at_late
from booking.domain.states import ACTIVE_RUNS, RUN_STEPS, RunKind, RunStatus, step
from booking.log import get_logger
from booking.models.runs import AllocationRun, Proposal, ProposalGroup, RunProgress
from booking.models.terms import Term
from booking.queries.load import wished_loads
from booking.services.allocations import find_run, request_repair
from booking.services.history import record_change
from booking.services.instance_builder import BuiltInstance, build_instance
from booking.services.published_plan import first_choices, published_plan
from booking.services.remedies import SECONDS, askable_slots, find_remedies, store_remedies
from booking.services.run_lease import Claim, Keeper, Lost, claim_run, held_run
from booking.services.terms import phase_today
from scheduler.allocation import Allocation
from scheduler.instance import Instance
from scheduler.verifier import verify

log = get_logger(__name__)

PROGRESS_SECONDS = 0.8


class Progress(Protocol):
    """What the engine reports while it works (``scheduler.allocate.Progress``)."""

    @property
    def stage(self) -> str:
        """Which pass is running."""
        ...

    @property
    def seconds(self) -> float:
        """Seconds since the start."""
        ...

    @property
    def incumbent(self) -> float | None:
        """The best value so far."""
        ...

    @property
    def bound(self) -> float | None:
        """The proven lower bound."""
        ...

    @property
    def gap(self) -> float | None:
        """Incumbent against bound, relative."""
        ...

    @property
    def placed_pupils(self) -> int | None:
        """Pupils placed by the best plan so far."""
        ...

    @property
    def load(self) -> Mapping[str, int] | None:
        """Pupils by slot code of the best plan so far."""
        ...


@dataclass(frozen=True, slots=True)
class Engine:
    """The two entrances of the solver, and how its limits are made; filled in by the worker."""

    allocate: Callable[..., Allocation]
    repair: Callable[..., Allocation]
    limits: Callable[..., Any]


class _ProgressWriter:
    """Writes what the solver reports, at most about once a second, each in a transaction of its own."""

    def __init__(self, sessions: sessionmaker[Session], run_id: RunId) -> None:
        self._sessions = sessions
        self._run_id = run_id
        self._last = ("", 0.0)

    def __call__(self, progress: Progress) -> None:
        stage, at = self._last
        now = time.monotonic()
        if stage == progress.stage and now - at < PROGRESS_SECONDS:
            return
        self._last = (progress.stage, now)
        with self._sessions() as session, transaction(session):
            session.add(
                RunProgress(
                    run_id=self._run_id,
                    stage=progress.stage,
                    seconds=round(progress.seconds, 2),
                    incumbent=progress.incumbent,
                    bound=progress.bound,
                    gap=progress.gap,
                    placed_pupils=progress.placed_pupils,
                    load=dict(progress.load) if progress.load is not None else None,
                )
            )


def _prepare(sessions: sessionmaker[Session], clock: Clock, claim: Claim) -> tuple[BuiltInstance, Allocation | None]:
    """Build the input and keep it with the run; for a repair also the plan that broke."""
    with sessions() as session, transaction(session):
        run = find_run(session, claim.run_id)
        term = session.get_one(Term, run.term_id)
        built = build_instance(session, clock, term, policy=claim.policy)
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
        run.solver = {**_mapping(document["solver"]), "status": document["status"]}
        for assignment in plan.visits:
            session.add(
                Proposal(
                    run_id=run.id,
                    request_id=built.requests[assignment.id],
                    slot_id=built.slots[assignment.slot] if assignment.slot is not None else None,
                    why={"code": assignment.why.code, **assignment.why.facts} if assignment.why else None,
                    groups=[
                        ProposalGroup(workplace_id=built.workplaces[group.workplace], pupils=group.pupils)
                        for group in assignment.groups
                    ],
                )
            )
        if run.kind is RunKind.REPAIR:
            _discard_older_repairs(session, clock, run)
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


def _mapping(value: object) -> dict[str, Any]:
    return dict(value) if isinstance(value, dict) else {}


def _discard_older_repairs(session: Session, clock: Clock, run: AllocationRun) -> None:
    """One repair stands before the coordinator: the newest, which knows everything that the older ones knew."""
    older = session.scalars(
        sa.select(AllocationRun).where(
            AllocationRun.term_id == run.term_id,
            AllocationRun.kind == RunKind.REPAIR,
            AllocationRun.status == RunStatus.PROPOSED,
            AllocationRun.id != run.id,
        )
    )
    for other in older:
        other.status = step(RUN_STEPS, other.status, RunStatus.DISCARDED)
        record_change(session, "worker", "run_discarded", "run", other.id, by=run.id)


def _fail(sessions: sessionmaker[Session], clock: Clock, claim: Claim, error: str) -> None:
    with sessions() as session, transaction(session):
        run = held_run(session, claim)
        run.status = step(RUN_STEPS, run.status, RunStatus.FAILED)
        run.error = error
        run.finished_at = clock.now()
        run.lease_until = None
        record_change(session, "worker", "run_failed", "run", run.id)


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
    keeper = Keeper(sessions, claim, keep_alive)
    keeper.start()
    try:
        built, broken = _prepare(sessions, clock, claim)
        options: dict[str, Any] = {
            "sha256": built.sha256,
            "on_progress": _ProgressWriter(sessions, claim.run_id),
            "should_stop": keeper.stop_solving.is_set,
        }
        limits = engine.limits(seconds=claim.seconds, seed=claim.seed, workers=config.solver_workers)
        if broken is not None:
            plan = engine.repair(built.instance, broken, limits, **options)
        else:
            plan = engine.allocate(built.instance, limits, **options)
        if _store(sessions, clock, config, claim, built, plan):
            _look_for_remedies(sessions, clock, claim, built, plan)
    except Lost:
        log.info("run_lost", run=claim.run_id, attempt=claim.attempt)
    except Exception as error:
        log.exception("run_failed", run=claim.run_id)
        try:
            _fail(sessions, clock, claim, f"{type(error).__name__}: {error}"[:500])
        except Lost:
            log.info("run_lost", run=claim.run_id, attempt=claim.attempt)
    finally:
        keeper.close()


def abandoned_runs(session: Session) -> list[RunId]:
    """Return runs whose worker has gone silent, for the sweep to hand out again."""
    return list(
        session.scalars(
            sa.select(AllocationRun.id).where(
                AllocationRun.status.in_(ACTIVE_RUNS), AllocationRun.lease_until < sa.func.clock_timestamp()
            )
        )
    )
