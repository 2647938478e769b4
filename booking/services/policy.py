"""배정 규칙의 값: kept with the term, and tried on the last term's plan before they are saved.

A trial solves the stored input of a plan twice, under today's values and under the new ones, and keeps the figures of
both. It is a run of its own kind, so that it is claimed, renewed, cancelled and taken up again as every run.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, sessionmaker

from booking.clock import Clock
from booking.config import Config
from booking.db import transaction
from booking.domain.errors import Conflict, NotFound, RuleBroken
from booking.domain.ids import RunId
from booking.domain.person import Person
from booking.domain.policy import PolicyEntry
from booking.domain.states import RUN_STEPS, RunKind, RunStatus, step
from booking.models.runs import AllocationRun
from booking.models.terms import Term
from booking.services.allocations import STAFF, create_run, find_run
from booking.services.history import record_change
from booking.services.outlook_asking import ask_outlook
from booking.services.run_lease import Claim, at_work, claim_run, held_run
from booking.services.run_progress import ProgressWriter
from booking.services.solving import Engine
from scheduler.instance import parse_instance
from scheduler.verifier import verify


def fingerprint(policy: Mapping[str, Any]) -> str:
    """What tells these values from any other; a form that shows older ones is refused."""
    return hashlib.sha256(json.dumps(policy, sort_keys=True).encode()).hexdigest()[:16]


def save_policy(session: Session, person: Person, term: Term, entry: PolicyEntry, seen: str) -> list[str]:
    """Store the values of a term for its next runs and return those that changed; plans that are there stay.

    Raises:
        Conflict: somebody else has changed them since the form was opened.
    """
    person.require_role(*STAFF)
    session.refresh(term, with_for_update=True)
    if fingerprint(term.policy) != seen:
        raise Conflict("the policy was changed meanwhile")
    wanted = {**term.policy, **entry.policy}
    changed = [name for name, value in wanted.items() if term.policy.get(name) != value]
    if changed:
        record_change(
            session, person.actor, "policy_changed", "term", term.id,
            before={name: term.policy.get(name) for name in changed}, after={name: wanted[name] for name in changed},
        )  # fmt: skip
        term.policy = wanted
        session.flush()
        ask_outlook(session, term.id)
    return changed


def tried_on(session: Session, term: Term) -> AllocationRun | None:
    """Return the plan on which values are tried: the last published one of an earlier term, else this term's newest.

    Its input is kept as it was solved, so that both sides of the comparison have the same requests and workplaces.
    """
    plans = (
        sa.select(AllocationRun)
        .join(Term, Term.id == AllocationRun.term_id)
        .where(AllocationRun.kind == RunKind.TERM, AllocationRun.instance.is_not(None), AllocationRun.kpis.is_not(None))
    )
    earlier = session.scalar(
        plans.where(
            Term.opens_on < term.opens_on, AllocationRun.status.in_((RunStatus.PUBLISHED, RunStatus.SUPERSEDED))
        )
        .order_by(Term.opens_on.desc(), AllocationRun.published_at.desc().nulls_last(), AllocationRun.id.desc())
        .limit(1)
    )
    return earlier or session.scalar(
        plans.where(AllocationRun.term_id == term.id).order_by(AllocationRun.id.desc()).limit(1)
    )


def start_trial(
    session: Session, clock: Clock, config: Config, person: Person, term: Term, entry: PolicyEntry
) -> AllocationRun:
    """Have the values tried; ``policy`` of the run are the new ones, ``kpis_before`` becomes what today's give.

    Raises:
        NotFound: there is no plan yet to try them on.
        RunAlreadyActive: other values are being tried (``facts['run']``).
    """
    person.require_role(*STAFF)
    source = tried_on(session, term)
    if source is None:
        raise NotFound("no plan to try a policy on")
    document = {**(source.instance or {}), "policy": {**(source.instance or {})["policy"], **term.policy}}
    trial = create_run(
        session, clock.now(), config, source.term_id, RunKind.TRIAL, person.user_id,
        source_id=source.id, policy=entry.policy, seed=source.seed, instance=document, load_before=source.load_before,
    )  # fmt: skip
    record_change(session, person.actor, "policy_tried", "run", trial.id, source=source.id, policy=entry.policy)
    return trial


def try_policy(
    sessions: sessionmaker[Session],
    clock: Clock,
    config: Config,
    run_id: RunId,
    engine: Engine,
    *,
    keep_alive: Callable[[], None] = lambda: None,
) -> None:
    """Solve a trial's input under both policies and store the figures. May be called twice or at once: done once.

    ``keep_alive`` is called every two seconds. A trial that is stopped before both are solved is cancelled. An error of
    the engine fails it for a person to see.
    """
    claim = claim_run(sessions, clock, run_id)
    if claim is None:
        return
    with at_work(sessions, clock, claim, keep_alive) as keeper:
        figures = []
        for policy in ({}, claim.policy):
            figures.append(_figures(sessions, config, claim, policy, engine, keeper.stop_solving.is_set))
            if keeper.stop_solving.is_set():
                break
        _store(sessions, clock, claim, figures)


def _figures(
    sessions: sessionmaker[Session],
    config: Config,
    claim: Claim,
    policy: Mapping[str, Any],
    engine: Engine,
    should_stop: Callable[[], bool],
) -> dict[str, Any]:
    with sessions() as session:
        document = dict(find_run(session, claim.run_id).instance or {})
    instance = parse_instance({**document, "policy": {**document["policy"], **policy}})
    plan = engine.allocate(
        instance,
        engine.limits(seconds=claim.seconds / 2, seed=claim.seed, workers=config.solver_workers),
        on_progress=ProgressWriter(sessions, claim.run_id),
        should_stop=should_stop,
    )
    verdict = verify(instance, plan)
    if not verdict.clean:
        raise RuleBroken("verifier: " + "; ".join(str(violation) for violation in verdict.violations[:5]))
    return asdict(verdict.kpis)


def _store(sessions: sessionmaker[Session], clock: Clock, claim: Claim, figures: list[dict[str, Any]]) -> None:
    with sessions() as session, transaction(session):
        trial = held_run(session, claim)
        trial.finished_at = clock.now()
        trial.lease_until = None
        whole = len(figures) == 2 and not trial.cancel_requested
        if whole:
            trial.kpis_before, trial.kpis = figures
        trial.status = step(RUN_STEPS, trial.status, RunStatus.FOUND if whole else RunStatus.CANCELLED)


def newest_trial(session: Session, term: Term) -> AllocationRun | None:
    """Return the newest trial of values on the plan that this term's values are tried on."""
    source = tried_on(session, term)
    if source is None:
        return None
    return session.scalar(
        sa.select(AllocationRun)
        .where(AllocationRun.kind == RunKind.TRIAL, AllocationRun.source_id == source.id)
        .order_by(AllocationRun.id.desc())
        .limit(1)
    )
