"""Values of the rules: tried on a plan before they are saved, by the same engine, and never a plan themselves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session, sessionmaker, undefer

from booking.db import transaction
from booking.domain.errors import Conflict, Forbidden, NotFound, RunAlreadyActive
from booking.domain.ids import RunId
from booking.domain.policy import PolicyEntry, policy_fields, read_policy
from booking.domain.states import RunStatus
from booking.domain.vocabulary import Role
from booking.models.history import HistoryEntry
from booking.models.runs import AllocationRun, Proposal
from booking.queries.planning import runs_of
from booking.services.allocations import cancel_run, start_run
from booking.services.audit import run_audit
from booking.services.policy import fingerprint, newest_trial, save_policy, start_trial, tried_on, try_policy
from booking.services.solving import Engine, solve_run
from booking.services.terms import current_term
from scheduler.allocate import allocate
from scheduler.limits import Limits
from scheduler.repair import repair
from tests.support.console import BROKEN, TELEPHONE
from tests.support.factory import SmallTerm


def here(**given: Any) -> Limits:
    """Everything in this process: the term is small."""
    return Limits(seconds=given["seconds"], seed=given["seed"], workers=0)


REAL = Engine(allocate=allocate, repair=repair, limits=here)


@pytest.fixture
def small(sessions: sessionmaker[Session]) -> SmallTerm:
    with sessions() as session, transaction(session):
        return SmallTerm(session)


@pytest.fixture
def plan(sessions: sessionmaker[Session], small: SmallTerm) -> RunId:
    """A draft of the term on which values can be tried."""
    with sessions() as session, transaction(session):
        run_id = start_run(session, small.clock, small.config, small.coordinator).id
    solve_run(sessions, small.clock, small.config, run_id, TELEPHONE)
    return run_id


def entry(small: SmallTerm, **changes: str) -> PolicyEntry:
    fields = {**policy_fields(small.term.policy), **changes}
    return read_policy({name: [text] for name, text in fields.items()}, len(small.term.policy["date_cost"]))


def start(sessions: sessionmaker[Session], small: SmallTerm, **changes: str) -> RunId:
    with sessions() as session, transaction(session):
        term = current_term(session)
        return start_trial(session, small.clock, small.config, small.coordinator, term, entry(small, **changes)).id


def run(sessions: sessionmaker[Session], small: SmallTerm, run_id: RunId, engine: Engine = REAL) -> AllocationRun:
    try_policy(sessions, small.clock, small.config, run_id, engine)
    with sessions() as session:
        return session.get_one(AllocationRun, run_id, options=[undefer(AllocationRun.instance)])


def test_both_policies_are_solved_and_nothing_becomes_a_plan(
    sessions: sessionmaker[Session], small: SmallTerm, plan: RunId
) -> None:
    # crowding that costs nothing leaves everybody at the first choice as far as the places go
    done = run(sessions, small, start(sessions, small, crowding_price="0"))
    assert done.status is RunStatus.FOUND
    assert done.kpis
    assert done.kpis_before
    assert done.kpis["first_choice_share"] >= done.kpis_before["first_choice_share"]
    assert (done.kpis["crowding"], done.kpis_before["crowding"] > 0) == (0, True)
    with sessions() as session:
        term = current_term(session)
        assert newest_trial(session, term) is not None
        assert [row.run.id for row in runs_of(session, term.id)] == [plan]
        assert session.scalar(sa.select(sa.func.count()).where(Proposal.run_id == done.id)) == 0
        assert term.policy["crowding_price"] == 10
        assert run_audit(session, small.clock.now()) == []


def test_the_trial_sees_todays_values_and_not_those_of_the_plan(
    sessions: sessionmaker[Session], small: SmallTerm, plan: RunId
) -> None:
    with sessions() as session, transaction(session):
        term = current_term(session)
        save_policy(session, small.coordinator, term, entry(small, group_cost="7"), fingerprint(term.policy))
    with sessions() as session:
        small.term = current_term(session)
    trial = run(sessions, small, start(sessions, small, group_cost="9"), TELEPHONE)
    assert trial.instance is not None
    assert trial.instance["policy"]["group_cost"] == 7
    assert trial.policy["group_cost"] == 9


def test_two_trials_at_once_are_one_and_a_broken_one_says_so(
    sessions: sessionmaker[Session], small: SmallTerm, plan: RunId
) -> None:
    first = start(sessions, small, crowding_price="1")
    with pytest.raises(RunAlreadyActive) as refused:
        start(sessions, small, crowding_price="2")
    assert refused.value.facts["run"] == first
    failed = run(sessions, small, first, BROKEN)
    assert failed.status is RunStatus.FAILED
    assert failed.kpis is None
    again = run(sessions, small, start(sessions, small), TELEPHONE)
    assert again.kpis == again.kpis_before


def test_a_trial_that_is_stopped_between_the_two_is_cancelled(
    sessions: sessionmaker[Session], small: SmallTerm, plan: RunId
) -> None:
    run_id = start(sessions, small)

    def stopped(solve: Callable[..., Any]) -> Callable[..., Any]:
        def solving(*given: Any, **options: Any) -> Any:
            with sessions() as session, transaction(session):
                cancel_run(session, small.clock, small.coordinator, run_id)
            return solve(*given, **options)

        return solving

    ended = run(sessions, small, run_id, replace(TELEPHONE, allocate=stopped(TELEPHONE.allocate)))
    assert ended.status is RunStatus.CANCELLED
    assert (ended.kpis, ended.kpis_before) == (None, None)


def test_without_a_plan_there_is_nothing_to_try_on(sessions: sessionmaker[Session], small: SmallTerm) -> None:
    with sessions() as session:
        assert tried_on(session, current_term(session)) is None
    with pytest.raises(NotFound):
        start(sessions, small)


def test_saving_is_guarded_kept_in_history_and_the_offices_own(
    sessions: sessionmaker[Session], small: SmallTerm
) -> None:
    with sessions() as session, transaction(session):
        term = current_term(session)
        seen = fingerprint(term.policy)
        wanted = entry(small, shift_cost="20", fairness_slack="1")
        with pytest.raises(Forbidden):
            save_policy(session, small.person(Role.OFFICER), term, wanted, seen)
        assert save_policy(session, small.coordinator, term, wanted, seen) == ["shift_cost", "fairness_slack"]
        assert (term.policy["shift_cost"], term.policy["fairness_slack"]) == (20, 0.01)
        with pytest.raises(Conflict):
            save_policy(session, small.coordinator, term, entry(small), seen)
        assert save_policy(session, small.coordinator, term, wanted, fingerprint(term.policy)) == []
        noted = session.scalars(sa.select(HistoryEntry).where(HistoryEntry.action == "policy_changed")).one()
        assert noted.detail["before"] == {"shift_cost": 15, "fairness_slack": 0.005}
