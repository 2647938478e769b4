"""비상 연습: what if workplaces fail on a day. Asked for here, rehearsed by a worker, kept; no plan changes by it.

Its job's lease alone says who is at it: a worker that dies leaves the drill as it was, and the next one begins it anew.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, sessionmaker

from booking.clock import Clock
from booking.config import Config
from booking.db import transaction
from booking.domain.drill import DrillAsked
from booking.domain.errors import DrillAlreadyActive, IllegalTransition, NotFound
from booking.domain.ids import DrillId, RunId
from booking.domain.person import Person
from booking.domain.states import ACTIVE_DRILLS, DRILL_STEPS, DrillStatus, RunStatus, step
from booking.domain.topics import Topic
from booking.log import get_logger
from booking.models.drills import PlanDrill
from booking.models.terms import Term
from booking.queries.drills import REHEARSABLE, plan_mark
from booking.services.allocations import STAFF, find_run
from booking.services.history import record_change
from booking.services.instance_builder import build_instance
from booking.services.lease_keeper import LeaseKeeper
from booking.services.outbox import enqueue
from booking.services.proposals import plan_of
from booking.services.published_plan import published_plan
from scheduler.allocation import Allocation
from scheduler.instance import Instance

log = get_logger(__name__)

WORKER_DIED = "worker_died"
STALE = "stale"


class Rehearsed(Protocol):
    """The result of the engine (``scheduler.drill.Drill``)."""

    @property
    def days(self) -> tuple[Any, ...]:
        """The days that were rehearsed."""
        ...

    def document(self) -> dict[str, Any]:
        """The result as a JSON object."""
        ...


@dataclass(frozen=True, slots=True)
class Rehearser:
    """The engine's drill and how its cases are made; filled in by the worker."""

    drill: Callable[..., Rehearsed]
    cases: Callable[..., Any]


def start_drill(
    session: Session, clock: Clock, config: Config, person: Person, run_id: RunId, asked: DrillAsked
) -> PlanDrill:
    """Queue a drill in the plan of a run; its job is written in the same transaction.

    Raises:
        Forbidden: not the coordinator's.
        IllegalTransition: the run is neither a proposal nor published.
        DrillAlreadyActive: one of this term is waiting or at work.
    """
    person.require_role(*STAFF)
    run = find_run(session, run_id)
    if run.status not in REHEARSABLE:
        raise IllegalTransition("only a plan that can be used is rehearsed", old=run.status.value, new="rehearsed")
    drill = PlanDrill(
        term_id=run.term_id,
        run_id=run.id,
        first_day=asked.first,
        last_day=asked.last,
        losses=asked.losses,
        created_by_id=person.user_id,
        created_at=clock.now(),
        time_limit=config.solver_seconds,
    )
    try:
        with session.begin_nested():
            session.add(drill)
            session.flush()
    except IntegrityError as error:
        raise DrillAlreadyActive("a plan is being rehearsed") from error
    enqueue(session, Topic.REHEARSE_PLAN, drill.id)
    record_change(session, person.actor, "drill_started", "run", run.id, drill=drill.id, losses=asked.losses)
    return drill


def find_drill(session: Session, drill_id: DrillId, *, lock: bool = False) -> PlanDrill:
    """Return a drill, locked against others where it is going to be changed.

    Raises:
        NotFound: there is none.
    """
    drill = session.get(PlanDrill, drill_id, with_for_update=lock, populate_existing=lock)
    if drill is None:
        raise NotFound(f"drill {drill_id}")
    return drill


def cancel_drill(session: Session, clock: Clock, person: Person, drill_id: DrillId) -> None:
    """Stop a drill; the days rehearsed by then are kept. One that has ended stays as it is."""
    person.require_role(*STAFF)
    drill = find_drill(session, drill_id, lock=True)
    if drill.status is DrillStatus.QUEUED:
        _end(session, clock, drill, DrillStatus.CANCELLED, person.actor)
    elif drill.status is DrillStatus.REHEARSING:
        drill.cancel_requested = True


def settle_lost_drill(session: Session, clock: Clock, drill_id: DrillId) -> None:
    """Mark a drill whose job was closed undone, so that it can be started again."""
    drill = session.get(PlanDrill, drill_id, with_for_update=True, populate_existing=True)
    if drill is not None and drill.status in ACTIVE_DRILLS:
        _end(session, clock, drill, DrillStatus.FAILED, "worker", WORKER_DIED)


def _end(
    session: Session, clock: Clock, drill: PlanDrill, status: DrillStatus, actor: str, error: str | None = None
) -> None:
    drill.status = step(DRILL_STEPS, drill.status, status)
    drill.error = error
    drill.finished_at = clock.now()
    record_change(session, actor, f"drill_{status}", "run", drill.run_id, drill=drill.id)
    session.flush()


class _Stale(Exception):
    """The facts of a proposal have changed since it was made."""


def _begin(sessions: sessionmaker[Session], clock: Clock, drill_id: DrillId) -> bool:
    with sessions() as session, transaction(session):
        drill = find_drill(session, drill_id, lock=True)
        if drill.status is DrillStatus.QUEUED:
            drill.status = step(DRILL_STEPS, drill.status, DrillStatus.REHEARSING)
            drill.started_at = clock.now()
        return drill.status is DrillStatus.REHEARSING


@dataclass(frozen=True, slots=True)
class _Prepared:
    """What is rehearsed, and how."""

    instance: Instance
    plan: Allocation
    losses: int
    dates: frozenset[str]
    seconds: float


def _prepare(sessions: sessionmaker[Session], clock: Clock, drill_id: DrillId) -> _Prepared:
    with sessions() as session, transaction(session):
        drill = find_drill(session, drill_id, lock=True)
        run = find_run(session, drill.run_id)
        built = build_instance(session, clock, session.get_one(Term, run.term_id), policy=run.policy)
        drill.plan_sha256, drill.facts_sha256 = plan_mark(session, run), built.facts_sha256
        if run.status is RunStatus.PUBLISHED:
            instance, plan = built.instance, published_plan(session, built)
        elif run.status is RunStatus.PROPOSED and built.facts_sha256 == run.facts_sha256:
            loaded = plan_of(session, run.id)
            instance, plan = loaded.instance, loaded.allocation
        else:
            raise _Stale
        days = {slot.date for slot in instance.slots if drill.first_day <= slot.date <= drill.last_day}
        drill.days = len(days)
        return _Prepared(instance, plan, drill.losses, frozenset(map(str, days)), drill.time_limit)


def _goes_on(session: Session, drill_id: DrillId) -> bool:
    row = session.execute(sa.select(PlanDrill.status, PlanDrill.cancel_requested).where(PlanDrill.id == drill_id)).one()
    return row.status is DrillStatus.REHEARSING and not row.cancel_requested


def _note_progress(sessions: sessionmaker[Session], drill_id: DrillId, done: int) -> None:
    with sessions() as session, transaction(session):
        session.execute(sa.update(PlanDrill).where(PlanDrill.id == drill_id).values(days_done=done))


def _store(sessions: sessionmaker[Session], clock: Clock, drill_id: DrillId, found: Rehearsed) -> None:
    """Keep the result, unless somebody else has; a drill that was stopped before its first day has none."""
    with sessions() as session, transaction(session):
        drill = find_drill(session, drill_id, lock=True)
        if drill.status is not DrillStatus.REHEARSING:
            return
        if drill.cancel_requested and not found.days:
            _end(session, clock, drill, DrillStatus.CANCELLED, "worker")
            return
        drill.result = found.document()
        _end(session, clock, drill, DrillStatus.DONE, "worker")


def rehearse_plan(
    sessions: sessionmaker[Session],
    clock: Clock,
    drill_id: DrillId,
    engine: Rehearser,
    *,
    keep_alive: Callable[[], None] = lambda: None,
) -> None:
    """Carry out a drill from its claim to its result. May be called twice or at once: the first result stands.

    An error of the engine fails the drill for a person to see; it is logged, not raised, because another try would end
    the same way.
    """
    if not _begin(sessions, clock, drill_id):
        return
    keeper = LeaseKeeper(f"drill-{drill_id}", sessions, lambda session: _goes_on(session, drill_id), keep_alive)
    keeper.start()
    try:
        prepared = _prepare(sessions, clock, drill_id)
        found = engine.drill(
            prepared.instance,
            prepared.plan,
            engine.cases(losses=prepared.losses, dates=prepared.dates),
            seconds=prepared.seconds,
            should_stop=keeper.stop_solving.is_set,
            on_progress=lambda done, _of: _note_progress(sessions, drill_id, done),
        )
        _store(sessions, clock, drill_id, found)
    except _Stale:
        _fail(sessions, clock, drill_id, STALE)
    except Exception as error:
        log.exception("drill_failed", drill=drill_id)
        _fail(sessions, clock, drill_id, f"{type(error).__name__}: {error}"[:500])
    finally:
        keeper.close()


def _fail(sessions: sessionmaker[Session], clock: Clock, drill_id: DrillId, error: str) -> None:
    with sessions() as session, transaction(session):
        drill = find_drill(session, drill_id, lock=True)
        if drill.status is DrillStatus.REHEARSING:
            _end(session, clock, drill, DrillStatus.FAILED, "worker", error)
