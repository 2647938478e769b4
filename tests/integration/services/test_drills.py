"""A drill rehearses losses on a plan as it stands, keeps what it found, and changes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session, sessionmaker, undefer

from booking.db import make_engine, make_sessions, transaction
from booking.domain.errors import Forbidden, InvalidForm, NotFound, RunAlreadyActive
from booking.domain.ids import RunId
from booking.domain.states import RunStatus
from booking.domain.vocabulary import Role
from booking.models.runs import AllocationRun
from booking.queries.planning import runs_of
from booking.services.allocations import start_run
from booking.services.audit import run_audit
from booking.services.drills import newest_drill, rehearse_run, start_drill
from booking.services.proposals import plan_of
from booking.services.solving import solve_run
from scheduler.drill import drill
from tests.support.console import TELEPHONE
from tests.support.factory import SmallTerm


@pytest.fixture
def sessions(database_url: str) -> Iterator[sessionmaker[Session]]:
    engine = make_engine(database_url)
    yield make_sessions(engine)
    engine.dispose()


@pytest.fixture
def small(sessions: sessionmaker[Session]) -> SmallTerm:
    with sessions() as session, transaction(session):
        return SmallTerm(session)


@pytest.fixture
def plan(sessions: sessionmaker[Session], small: SmallTerm) -> RunId:
    with sessions() as session, transaction(session):
        run_id = start_run(session, small.clock, small.config, small.coordinator).id
    solve_run(sessions, small.clock, small.config, run_id, TELEPHONE)
    return run_id


def start(sessions: sessionmaker[Session], small: SmallTerm, run_id: RunId, losses: int = 1) -> RunId:
    with sessions() as session, transaction(session):
        return start_drill(session, small.clock, small.config, small.coordinator, run_id, losses).id


def state(sessions: sessionmaker[Session], run_id: RunId) -> AllocationRun:
    with sessions() as session:
        return session.get_one(AllocationRun, run_id, options=[undefer(AllocationRun.findings)])


def test_the_findings_are_the_engines_own_on_the_plan_as_it_stands(
    sessions: sessionmaker[Session], small: SmallTerm, plan: RunId
) -> None:
    run_id = start(sessions, small, plan, 2)
    rehearse_run(sessions, small.clock, run_id, drill)
    done = state(sessions, run_id)
    assert done.status is RunStatus.FOUND
    with sessions() as session:
        loaded = plan_of(session, plan)
        expected = drill(loaded.instance, loaded.allocation, 2).document()
        assert done.findings == {
            name: list(value) if isinstance(value, tuple) else value for name, value in expected.items()
        }
        assert done.findings["days"]
        assert [row.run.id for row in runs_of(session, small.term.id)] == [plan]
        found = newest_drill(session, plan)
        assert found is not None
        assert found.id == run_id
        assert run_audit(session, small.clock.now()) == []
    # handed out a second time it is done once
    rehearse_run(sessions, small.clock, run_id, drill)
    assert state(sessions, run_id).attempts == 1


def test_two_at_once_are_one_and_an_engine_that_breaks_is_seen(
    sessions: sessionmaker[Session], small: SmallTerm, plan: RunId
) -> None:
    def broken(*_given: Any, **_options: Any) -> Any:
        raise ValueError("nothing to rehearse")

    first = start(sessions, small, plan)
    with pytest.raises(RunAlreadyActive) as refused:
        start(sessions, small, plan)
    assert refused.value.facts["run"] == first
    rehearse_run(sessions, small.clock, first, broken)
    failed = state(sessions, first)
    assert (failed.status, failed.error) == (RunStatus.FAILED, "ValueError: nothing to rehearse")
    assert start(sessions, small, plan) > first


@pytest.mark.parametrize("losses", [0, -1, 9])
def test_only_so_many_can_be_lost(sessions: sessionmaker[Session], small: SmallTerm, plan: RunId, losses: int) -> None:
    with pytest.raises(InvalidForm):
        start(sessions, small, plan, losses)


def test_what_only_looks_has_no_plan_to_rehearse_and_only_the_office_may(
    sessions: sessionmaker[Session], small: SmallTerm, plan: RunId
) -> None:
    look = start(sessions, small, plan)
    with pytest.raises(NotFound):
        start(sessions, small, look)
    with sessions() as session, pytest.raises(Forbidden):
        start_drill(session, small.clock, small.config, small.person(Role.OFFICER), plan, 1)


def test_the_database_lets_no_drill_propose_anything(
    sessions: sessionmaker[Session], small: SmallTerm, plan: RunId
) -> None:
    run_id = start(sessions, small, plan)
    with sessions() as session, pytest.raises(sa.exc.IntegrityError):
        session.execute(sa.update(AllocationRun).where(AllocationRun.id == run_id).values(status=RunStatus.PROPOSED))
