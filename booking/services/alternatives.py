"""다른 대안: the plans between first choices and level days, looked for by a worker; one of them becomes a draft.

A search is a run of its own kind: claimed, renewed, cancelled and taken up again as every run. It solves the stored
input of the run it looks at, so that its plans and that run's can be compared; choosing one solves nothing again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, sessionmaker, undefer

from booking.clock import Clock
from booking.config import Config
from booking.db import transaction
from booking.domain.errors import NotFound, RuleBroken
from booking.domain.ids import RunId
from booking.domain.person import Person
from booking.domain.phases import Action, require
from booking.domain.states import ACTIVE_RUNS, RUN_STEPS, RunKind, RunStatus, step
from booking.models.runs import AllocationRun, FrontierPoint
from booking.models.terms import Term
from booking.services.allocations import STAFF, create_run, find_run
from booking.services.history import record_change
from booking.services.plan_storing import numbers_of, solver_facts, store_proposals
from booking.services.run_lease import Claim, at_work, claim_run, held_run
from booking.services.run_progress import ProgressWriter
from booking.services.terms import phase_today
from scheduler.allocation import parse_allocation
from scheduler.instance import Instance, parse_instance
from scheduler.limits import Progress
from scheduler.verifier import verify

if TYPE_CHECKING:
    from scheduler.frontier import Point


#: how many plans are looked for; fewer come where the term has no more, or the time is up
POINTS = 7
SURVEY = "survey"


def search_of(session: Session, run_id: RunId) -> AllocationRun | None:
    """Return the newest search for alternatives to a run, in whatever state it is."""
    return session.scalar(
        sa.select(AllocationRun)
        .where(AllocationRun.source_id == run_id, AllocationRun.kind == RunKind.FRONTIER)
        .order_by(AllocationRun.id.desc())
        .limit(1)
    )


def points_of(session: Session, search_id: RunId) -> list[FrontierPoint]:
    """Return what a search has found, from first choices to level days."""
    return list(
        session.scalars(
            sa.select(FrontierPoint).where(FrontierPoint.run_id == search_id).order_by(FrontierPoint.position)
        )
    )


def start_search(session: Session, clock: Clock, config: Config, person: Person, run_id: RunId) -> AllocationRun:
    """Have the alternatives to a run's plan looked for; one that runs or has found some is returned as it is.

    Raises:
        Forbidden: not the coordinator's.
        NotFound: there is no such run, or it has no plan of the term.
        PhaseClosed: nothing is allocated in this phase.
        RunAlreadyActive: the alternatives of another run are being looked for (``facts['run']``).
    """
    person.require_role(*STAFF)
    run = find_run(session, run_id, lock=True)
    if run.kind is not RunKind.TERM or run.kpis is None or run.instance is None:
        raise NotFound(f"run {run_id} has no plan of the term")
    found = search_of(session, run_id)
    if found is not None and found.status in {*ACTIVE_RUNS, RunStatus.FOUND}:
        return found
    require(phase_today(session.get_one(Term, run.term_id), clock), Action.ALLOCATE)
    search = create_run(
        session,
        clock.now(),
        config,
        run.term_id,
        RunKind.FRONTIER,
        person.user_id,
        source_id=run.id,
        policy=dict(run.policy),
        weeks=run.weeks,
        seed=run.seed,
        instance=run.instance,
        facts_sha256=run.facts_sha256,
        kpis_before=run.kpis_before,
        load_before=run.load_before,
        needs_repair=run.needs_repair,
    )
    record_change(session, person.actor, "search_started", "run", search.id, source=run.id)
    return search


class _Counting:
    """Passes on what the solver says of one plan after the other, with the number of the plan in its stage."""

    def __init__(self, writer: Callable[[Progress], None]) -> None:
        self._writer = writer
        self._number = 1

    def __call__(self, progress: Progress) -> None:
        self._writer(replace(progress, stage=f"{SURVEY}:{self._number}"))
        if progress.stage == "done":
            self._number += 1


def _instance_of(sessions: sessionmaker[Session], claim: Claim) -> Instance:
    with sessions() as session:
        return parse_instance(find_run(session, claim.run_id).instance)


def _store(
    sessions: sessionmaker[Session], clock: Clock, claim: Claim, instance: Instance, points: Sequence[Point]
) -> None:
    """Store the plans, each judged again, all in one transaction.

    Raises:
        RuleBroken: one of them breaks a rule.
        Lost: the search is no longer in the hands of this worker.
    """
    with sessions() as session, transaction(session):
        search = held_run(session, claim)
        for position, point in enumerate(points, start=1):
            verdict = verify(instance, point.plan)
            if not verdict.clean:
                raise RuleBroken("verifier: " + "; ".join(str(violation) for violation in verdict.violations[:5]))
            session.add(
                FrontierPoint(
                    run_id=search.id,
                    position=position,
                    crowding_price=point.crowding_price,
                    date_cost=point.date_cost,
                    spread=point.spread,
                    own=point.own,
                    knee=point.knee,
                    kpis=asdict(verdict.kpis),
                    plan=point.plan.to_document(),
                )
            )
        search.finished_at = clock.now()
        search.lease_until = None
        search.status = step(RUN_STEPS, search.status, RunStatus.FOUND)
        record_change(session, "worker", "alternatives_found", "run", search.id, points=len(points))


def survey_run(
    sessions: sessionmaker[Session],
    clock: Clock,
    config: Config,
    run_id: RunId,
    frontier: Callable[..., Sequence[Point]],
    limits: Callable[..., Any],
    *,
    keep_alive: Callable[[], None] = lambda: None,
) -> None:
    """Look for the alternatives of a search from claim to points. May be called twice or at once: it is done once.

    ``keep_alive`` is called every two seconds. A search that is stopped keeps what it has found. An error of the engine
    fails it for a person to see.
    """
    claim = claim_run(sessions, clock, run_id)
    if claim is None:
        return
    with at_work(sessions, clock, claim, keep_alive) as keeper:
        instance = _instance_of(sessions, claim)
        points = frontier(
            instance,
            limits(seconds=claim.seconds, seed=claim.seed, workers=config.solver_workers),
            POINTS,
            on_progress=_Counting(ProgressWriter(sessions, claim.run_id)),
            should_stop=keeper.stop_solving.is_set,
        )
        _store(sessions, clock, claim, instance, points)


def choose_alternative(
    session: Session, clock: Clock, person: Person, search_id: RunId, position: int
) -> AllocationRun:
    """Make a draft of one of the plans that a search has found; the same choice again leads to the same draft.

    The draft is the input of the search under the price that found the plan, so that its figures and its bound belong
    together. It is judged once more, and publishing it is guarded as for every draft.

    Raises:
        NotFound: there is no such search or no such plan in it.
        RuleBroken: the plan breaks a rule.
    """
    person.require_role(*STAFF)
    search = find_run(session, search_id, lock=True)
    point = session.get(
        FrontierPoint, (search_id, position), with_for_update=True, options=[undefer(FrontierPoint.plan)]
    )
    if point is None or search.instance is None:
        raise NotFound(f"alternative {position} of run {search_id}")
    if point.chosen_run_id is not None:
        chosen = find_run(session, point.chosen_run_id)
        if chosen.status is not RunStatus.DISCARDED:
            return chosen
    changed = {"crowding_price": point.crowding_price, "fairness_slack": 0.0}
    document = {**search.instance, "policy": {**search.instance["policy"], **changed}}
    plan = parse_allocation(point.plan)
    verdict = verify(parse_instance(document), plan)
    if not verdict.clean:
        raise RuleBroken("the plan breaks a rule", violations=[str(violation) for violation in verdict.violations[:20]])
    run = AllocationRun(
        term_id=search.term_id,
        kind=RunKind.TERM,
        # solved already, as a part of the search
        status=RunStatus.PROPOSED,
        created_by_id=person.user_id,
        created_at=clock.now(),
        finished_at=clock.now(),
        source_id=search.id,
        policy={**search.policy, **changed},
        weeks=search.weeks,
        seed=search.seed,
        time_limit=search.time_limit,
        instance=document,
        facts_sha256=search.facts_sha256,
        kpis=asdict(verdict.kpis),
        kpis_before=search.kpis_before,
        bounds=asdict(plan.bounds),
        solver=solver_facts(point.plan),
        load_before=search.load_before,
        needs_repair=search.needs_repair,
    )
    session.add(run)
    session.flush()
    store_proposals(session, run.id, plan, numbers_of(session, search.term_id))
    point.chosen_run_id = run.id
    record_change(session, person.actor, "alternative_chosen", "run", run.id, search=search.id, position=position)
    session.flush()
    return run
