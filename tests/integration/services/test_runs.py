"""Runs: one at a time, taken up once, taken up again when a worker dies, judged before they are stored."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session, sessionmaker

from booking.db import transaction
from booking.domain.answers import Answer, DeclineReason
from booking.domain.errors import RunAlreadyActive
from booking.domain.ids import RunId
from booking.domain.states import RunKind, RunStatus
from booking.models.outbox import Job
from booking.models.runs import AllocationRun, Proposal, RunProgress
from booking.models.visits import WorkplaceNotice
from booking.services.allocations import cancel_run, start_run
from booking.services.audit import run_audit
from booking.services.confirmations import answer
from booking.services.placing import live_groups
from booking.services.published_plan import unproven
from booking.services.publishing import publish
from booking.services.solving import Engine, solve_run
from scheduler.allocation import Allocation
from scheduler.baseline import first_come_first_served
from scheduler.instance import Instance
from tests.support.factory import SmallTerm


class Limits:
    """Whatever limits the engine is given."""

    def __init__(self, **given: Any) -> None:
        self.given = given


class Report:
    """A progress event."""

    stage, seconds, incumbent, bound, gap, placed_pupils = "dates", 0.5, 12.0, 11.0, 0.08, 120
    load = {"2027-03-15/AM": 40}  # noqa: RUF012 - a constant of this stand-in


def simple_engine(
    before: Callable[[], None] = lambda: None, bend: Callable[[Allocation], Allocation] = lambda p: p
) -> Engine:
    """An engine that serves first come first, after ``before`` and bent by ``bend``."""

    def allocate(instance: Instance, _limits: Any, **options: Any) -> Allocation:
        options["on_progress"](Report())
        before()
        return bend(unproven(instance, first_come_first_served(instance), "simple"))

    return Engine(
        allocate=allocate, repair=lambda instance, _broken, limits, **o: allocate(instance, limits, **o), limits=Limits
    )


@pytest.fixture
def small(sessions: sessionmaker[Session]) -> SmallTerm:
    with sessions() as session, transaction(session):
        return SmallTerm(session)


def started(sessions: sessionmaker[Session], small: SmallTerm) -> RunId:
    with sessions() as session, transaction(session):
        return start_run(session, small.clock, small.config, small.coordinator).id


def state(sessions: sessionmaker[Session], run_id: RunId) -> AllocationRun:
    with sessions() as session:
        return session.get_one(AllocationRun, run_id)


def count(sessions: sessionmaker[Session], what: type[Proposal] | type[RunProgress]) -> int:
    with sessions() as session:
        return session.scalar(sa.select(sa.func.count()).select_from(what)) or 0


def test_a_run_ends_with_a_judged_plan_and_its_figures(sessions: sessionmaker[Session], small: SmallTerm) -> None:
    run_id = started(sessions, small)

    solve_run(sessions, small.clock, small.config, run_id, simple_engine())

    run = state(sessions, run_id)
    assert run.status is RunStatus.PROPOSED
    assert run.kpis is not None
    assert run.kpis_before is not None
    assert run.kpis_before["peak_load"] == 120
    assert run.kpis["peak_load"] == 40
    assert run.load_before == {"2027-03-15/AM": 120}
    assert count(sessions, Proposal) == 6
    assert count(sessions, RunProgress) == 1
    with sessions() as session:
        assert run_audit(session, small.clock.now()) == []


def test_a_second_run_of_the_term_is_refused_while_one_waits(sessions: sessionmaker[Session], small: SmallTerm) -> None:
    first = started(sessions, small)

    with pytest.raises(RunAlreadyActive) as caught:
        started(sessions, small)

    assert caught.value.facts["run"] == first


def test_a_run_delivered_twice_at_once_is_solved_once(sessions: sessionmaker[Session], small: SmallTerm) -> None:
    run_id = started(sessions, small)
    calls: list[int] = []
    barrier = threading.Barrier(2)

    def work() -> None:
        barrier.wait()
        solve_run(sessions, small.clock, small.config, run_id, simple_engine(lambda: calls.append(1)))

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(calls) == 1
    assert count(sessions, Proposal) == 6


def test_a_run_whose_worker_died_is_taken_up_again_and_failed_after_the_third(
    sessions: sessionmaker[Session], small: SmallTerm
) -> None:
    run_id = started(sessions, small)

    def die() -> None:
        raise KeyboardInterrupt

    for attempt in (1, 2, 3):
        with pytest.raises(KeyboardInterrupt):
            solve_run(sessions, small.clock, small.config, run_id, simple_engine(die))
        assert (state(sessions, run_id).status, state(sessions, run_id).attempts) == (RunStatus.SOLVING, attempt)
        solve_run(sessions, small.clock, small.config, run_id, simple_engine())
        assert state(sessions, run_id).status is RunStatus.SOLVING, "its lease has not run out"
        with sessions() as session, transaction(session):
            session.execute(sa.update(AllocationRun).values(lease_until=sa.func.now() - dt.timedelta(seconds=1)))

    solve_run(sessions, small.clock, small.config, run_id, simple_engine())

    run = state(sessions, run_id)
    assert (run.status, run.error) == (RunStatus.FAILED, "worker_died")


def test_an_answer_that_breaks_a_rule_is_never_stored(sessions: sessionmaker[Session], small: SmallTerm) -> None:
    run_id = started(sessions, small)

    def crowd(plan: Allocation) -> Allocation:
        first = plan.visits[0]
        return replace(plan, visits=tuple(replace(v, slot=first.slot, groups=first.groups) for v in plan.visits))

    solve_run(sessions, small.clock, small.config, run_id, simple_engine(bend=crowd))

    run = state(sessions, run_id)
    assert run.status is RunStatus.FAILED
    assert run.error is not None
    assert "H3" in run.error
    assert count(sessions, Proposal) == 0


def test_an_engine_that_fails_is_told_to_a_person(sessions: sessionmaker[Session], small: SmallTerm) -> None:
    run_id = started(sessions, small)

    def fail() -> None:
        raise ZeroDivisionError("by zero")

    solve_run(sessions, small.clock, small.config, run_id, simple_engine(fail))

    assert state(sessions, run_id).error == "ZeroDivisionError: by zero"


def test_a_waiting_run_is_cancelled_at_once(sessions: sessionmaker[Session], small: SmallTerm) -> None:
    run_id = started(sessions, small)
    with sessions() as session, transaction(session):
        cancel_run(session, small.clock, small.coordinator, run_id)

    solve_run(sessions, small.clock, small.config, run_id, simple_engine())

    assert state(sessions, run_id).status is RunStatus.CANCELLED


def test_a_repair_that_was_overtaken_is_solved_again(sessions: sessionmaker[Session], small: SmallTerm) -> None:
    term_run = started(sessions, small)
    solve_run(sessions, small.clock, small.config, term_run, simple_engine())
    with sessions() as session, transaction(session):
        run = session.get_one(AllocationRun, term_run)
        publish(session, small.clock, small.config, small.coordinator, run.id, run.version)
    decline(sessions, small, 0)
    with sessions() as session:
        repair = session.scalars(sa.select(AllocationRun).where(AllocationRun.kind == RunKind.REPAIR)).one()

    solve_run(sessions, small.clock, small.config, repair.id, simple_engine(lambda: decline(sessions, small, 1)))

    assert state(sessions, repair.id).status is RunStatus.CANCELLED
    with sessions() as session:
        waiting = session.scalars(
            sa.select(AllocationRun).where(
                AllocationRun.kind == RunKind.REPAIR, AllocationRun.status == RunStatus.QUEUED
            )
        ).one()
        assert session.scalars(sa.select(Job).where(Job.subject_id == waiting.id, Job.topic == "repair_run")).all()
        assert run_audit(session, small.clock.now()) == []


def decline(sessions: sessionmaker[Session], small: SmallTerm, index: int) -> None:
    with sessions() as session, transaction(session):
        small.session = session
        group = live_groups(small.visit("V0000"))[index]
        notice = session.scalars(
            sa.select(WorkplaceNotice).where(
                WorkplaceNotice.workplace_id == group.workplace_id, WorkplaceNotice.date == group.visit.slot.date
            )
        ).one()
        answer(
            session,
            small.clock,
            small.config,
            small.link(notice),
            {group.id: Answer(False, DeclineReason.NOT_THIS_SIZE)},
        )
