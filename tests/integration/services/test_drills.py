"""Drills: asked for with their job, rehearsed once, kept with their plan, and nothing else is touched."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session, sessionmaker

from booking.db import transaction
from booking.domain.drill import DrillAsked
from booking.domain.errors import DrillAlreadyActive, Forbidden, IllegalTransition
from booking.domain.ids import DrillId, RunId
from booking.domain.states import DrillStatus, RunStatus
from booking.domain.topics import Topic
from booking.domain.vocabulary import Role
from booking.models.drills import PlanDrill
from booking.models.outbox import Job
from booking.models.runs import AllocationRun
from booking.models.workplaces import Workplace
from booking.queries.drills import days_with_visits, drill_result, past_drills, plan_mark
from booking.services.abandoned import settle_lost
from booking.services.allocations import discard_run
from booking.services.audit import run_audit
from booking.services.drills import Rehearser, cancel_drill, rehearse_plan, start_drill
from booking.services.outbox import HandedJob
from scheduler.drill import Cases, Drill, drill
from tests.support.factory import FIRST_DAY, SmallTerm

ENGINE = Rehearser(drill=drill, cases=Cases)
MONDAY = DrillAsked(FIRST_DAY, FIRST_DAY, 1)
WEEK = DrillAsked(FIRST_DAY, FIRST_DAY + dt.timedelta(days=6), 2)


@pytest.fixture
def small(sessions: sessionmaker[Session]) -> Iterator[SmallTerm]:
    with sessions() as session:
        with transaction(session):
            term = SmallTerm(session)
            term.publish()
        yield term


def published(small: SmallTerm) -> AllocationRun:
    return small.session.scalars(sa.select(AllocationRun).where(AllocationRun.status == RunStatus.PUBLISHED)).one()


def started(small: SmallTerm, asked: DrillAsked = MONDAY, run: RunId | None = None) -> DrillId:
    with transaction(small.session) as session:
        found = start_drill(session, small.clock, small.config, small.coordinator, run or published(small).id, asked)
        return found.id


def seen(small: SmallTerm, number: DrillId) -> PlanDrill:
    small.session.rollback()
    small.session.expire_all()
    return small.session.get_one(PlanDrill, number)


def rehearsed(
    small: SmallTerm, sessions: sessionmaker[Session], number: DrillId, engine: Rehearser = ENGINE
) -> PlanDrill:
    rehearse_plan(sessions, small.clock, number, engine)
    return seen(small, number)


def when_asked(does: Callable[[dict[str, Any]], None]) -> Rehearser:
    """The engine, after ``does`` was called with what it was given."""

    def rehearse(*given: Any, **options: Any) -> Drill:
        does(options)
        return drill(*given, **options)

    return Rehearser(drill=rehearse, cases=Cases)


def test_a_drill_is_kept_with_its_plan_and_changes_nothing(small: SmallTerm, sessions: sessionmaker[Session]) -> None:
    before = plan_mark(small.session, published(small))
    messages = small.session.scalar(sa.text("SELECT count(*) FROM message"))
    number = started(small)
    job = sa.select(Job).where(Job.topic == Topic.REHEARSE_PLAN, Job.subject_id == number)
    assert len(small.session.scalars(job).all()) == 1

    done = rehearsed(small, sessions, number)

    assert (done.status, done.days, done.days_done, done.error) == (DrillStatus.DONE, 1, 1, None)
    assert done.plan_sha256 == before == plan_mark(small.session, published(small))
    result = drill_result(small.session, done)
    assert result is not None
    (day,) = result.days
    assert day["day"] == FIRST_DAY
    # everybody wants Monday morning: a class that loses its group there finds no other place at that time
    assert day["groups_lost"] > day["groups_placed"]
    assert day["pupils_left_worst"] >= 20
    assert {request.school.name for _, request in result.fragile} <= {"가람중", "나래중", "다솜중"}
    assert result.fragile
    assert result.worst
    assert all(isinstance(place, Workplace) for _, place in result.worst)
    assert result.trials(day["date"]) == day["trials"]
    assert list(past_drills(small.session, small.term.id)) == [done]
    assert small.session.scalar(sa.text("SELECT count(*) FROM message")) == messages
    assert run_audit(small.session, small.clock.now()) == []


def test_only_the_days_asked_for(small: SmallTerm, sessions: sessionmaker[Session]) -> None:
    days = days_with_visits(small.session, published(small))
    done = rehearsed(small, sessions, started(small, WEEK))
    result = drill_result(small.session, done)
    assert result is not None
    assert [day["day"] for day in result.days] == [day for day in days if day <= WEEK.last]
    assert done.days_done == done.days == 5


def test_the_plan_moves_and_the_drill_no_longer_belongs_to_it(
    small: SmallTerm, sessions: sessionmaker[Session]
) -> None:
    done = rehearsed(small, sessions, started(small))
    with transaction(small.session) as session:
        session.execute(
            sa.text("UPDATE visit_group SET pupils = pupils + 1 WHERE id = (SELECT min(id) FROM visit_group)")
        )
    assert plan_mark(small.session, published(small)) != seen(small, done.id).plan_sha256


def test_a_proposal_is_rehearsed_as_it_stands_and_not_when_its_facts_have_changed(
    small: SmallTerm, sessions: sessionmaker[Session]
) -> None:
    with transaction(small.session):
        run = small.propose()
    done = rehearsed(small, sessions, started(small, run=run.id))
    assert done.status is DrillStatus.DONE
    with transaction(small.session) as session:
        session.execute(sa.text("UPDATE workplace SET max_group = 5 WHERE code = 'W0'"))
    failed = rehearsed(small, sessions, started(small, run=run.id))
    assert (failed.status, failed.error, failed.result) == (DrillStatus.FAILED, "stale", None)
    with transaction(small.session) as session:
        discard_run(session, small.clock, small.coordinator, run.id)
    assert plan_mark(small.session, run) == ""
    with pytest.raises(IllegalTransition), transaction(small.session):
        start_drill(small.session, small.clock, small.config, small.coordinator, run.id, MONDAY)


def test_one_at_a_time_and_only_by_the_office(small: SmallTerm) -> None:
    started(small)
    with pytest.raises(DrillAlreadyActive), transaction(small.session):
        start_drill(small.session, small.clock, small.config, small.coordinator, published(small).id, MONDAY)
    teacher = small.person(Role.TEACHER, "S0")
    with pytest.raises(Forbidden):
        start_drill(small.session, small.clock, small.config, teacher, published(small).id, MONDAY)


def test_stopped_while_it_waits_and_while_it_is_rehearsed(small: SmallTerm, sessions: sessionmaker[Session]) -> None:
    waiting = started(small)
    with transaction(small.session):
        cancel_drill(small.session, small.clock, small.coordinator, waiting)
    assert rehearsed(small, sessions, waiting).status is DrillStatus.CANCELLED

    def stopped(*given: Any, **options: Any) -> Drill:
        with transaction(small.session):
            cancel_drill(small.session, small.clock, small.coordinator, number)
        return drill(*given, **{**options, "should_stop": lambda: True})

    number = started(small)
    ended = rehearsed(small, sessions, number, Rehearser(drill=stopped, cases=Cases))
    assert (ended.status, ended.result) == (DrillStatus.CANCELLED, None)


def test_two_workers_at_once_and_the_first_result_stands(small: SmallTerm, sessions: sessionmaker[Session]) -> None:
    number = started(small)
    done = rehearsed(
        small, sessions, number, when_asked(lambda _: rehearse_plan(sessions, small.clock, number, ENGINE))
    )
    assert done.status is DrillStatus.DONE
    finished = done.finished_at
    assert rehearsed(small, sessions, number).finished_at == finished


def test_an_error_of_the_engine_is_told_and_a_dead_worker_leaves_it_to_the_next(
    small: SmallTerm, sessions: sessionmaker[Session]
) -> None:
    def breaks(_: dict[str, Any]) -> None:
        raise RuntimeError("no solver")

    failed = rehearsed(small, sessions, started(small), when_asked(breaks))
    assert (failed.status, failed.error) == (DrillStatus.FAILED, "RuntimeError: no solver")

    def dies(_: dict[str, Any]) -> None:
        raise SystemExit

    number = started(small)
    with pytest.raises(SystemExit):
        rehearsed(small, sessions, number, when_asked(dies))
    assert seen(small, number).status is DrillStatus.REHEARSING
    assert rehearsed(small, sessions, number).status is DrillStatus.DONE

    lost = started(small)
    job = small.session.scalars(sa.select(Job).where(Job.topic == Topic.REHEARSE_PLAN, Job.subject_id == lost)).one()
    with transaction(small.session) as session:
        settle_lost(session, small.clock, [HandedJob(job.id, Topic.REHEARSE_PLAN, lost)])
    assert (seen(small, lost).status, seen(small, lost).error) == (DrillStatus.FAILED, "worker_died")
