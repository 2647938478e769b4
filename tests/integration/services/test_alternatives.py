"""Alternatives: searched once, kill-safe, judged, and a chosen one becomes a draft without solving anything again."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session, sessionmaker

from booking.db import transaction
from booking.domain.errors import NotFound, RunAlreadyActive
from booking.domain.ids import RunId
from booking.domain.states import RunKind, RunStatus
from booking.models.runs import AllocationRun, FrontierPoint, Proposal
from booking.services import abandoned
from booking.services.allocations import cancel_run, discard_run, start_run
from booking.services.alternatives import POINTS, choose_alternative, points_of, start_search, survey_run
from booking.services.audit import run_audit
from booking.services.proposals import plan_of
from booking.services.publishing import publish
from booking.services.solving import solve_run
from scheduler.frontier import Point, frontier
from scheduler.instance import Instance, parse_instance
from scheduler.limits import Limits
from scheduler.verifier import verify
from tests.support.console import TELEPHONE
from tests.support.factory import SmallTerm, small_document


def here(**given: Any) -> Limits:
    """Everything in this process: the term is small."""
    return Limits(seconds=given["seconds"], seed=given["seed"], workers=0)


@pytest.fixture
def small(sessions: sessionmaker[Session]) -> SmallTerm:
    """The small term with room for everybody at the first choice, so that there is something to choose."""
    document = small_document()
    for place in document["workplaces"]:
        place |= {"groups_per_slot": 6, "visits_per_day": 12, "visits_per_week": 24}
    document["coaches"] = dict.fromkeys(document["coaches"], 12)
    with sessions() as session, transaction(session):
        return SmallTerm(session, document)


@pytest.fixture
def plan(sessions: sessionmaker[Session], small: SmallTerm) -> RunId:
    """A draft whose alternatives are looked for."""
    with sessions() as session, transaction(session):
        run_id = start_run(session, small.clock, small.config, small.coordinator).id
    solve_run(sessions, small.clock, small.config, run_id, TELEPHONE)
    return run_id


def search(sessions: sessionmaker[Session], small: SmallTerm, run_id: RunId) -> RunId:
    with sessions() as session, transaction(session):
        return start_search(session, small.clock, small.config, small.coordinator, run_id).id


def survey(
    sessions: sessionmaker[Session], small: SmallTerm, run_id: RunId, engine: Callable[..., Any] = frontier
) -> AllocationRun:
    survey_run(sessions, small.clock, small.config, run_id, engine, here)
    return state(sessions, run_id)


def state(sessions: sessionmaker[Session], run_id: RunId) -> AllocationRun:
    with sessions() as session:
        return session.get_one(AllocationRun, run_id)


def choose(sessions: sessionmaker[Session], small: SmallTerm, search_id: RunId, position: int) -> AllocationRun:
    with sessions() as session, transaction(session):
        return choose_alternative(session, small.clock, small.coordinator, search_id, position)


def test_a_search_finds_plans_between_first_choices_and_level_days(
    sessions: sessionmaker[Session], small: SmallTerm, plan: RunId
) -> None:
    found = survey(sessions, small, search(sessions, small, plan))

    assert (found.status, found.kind, found.source_id) == (RunStatus.FOUND, RunKind.FRONTIER, plan)
    with sessions() as session:
        points = points_of(session, found.id)
        assert 2 <= len(points) <= POINTS
        assert [point.position for point in points] == list(range(1, len(points) + 1))
        costs = [point.date_cost for point in points]
        assert costs == sorted(costs)
        assert session.scalar(sa.select(sa.func.count()).select_from(Proposal)) == 6, "a search proposes nothing"
        assert run_audit(session, small.clock.now()) == []


def test_the_search_is_done_once_whoever_asks_and_however_often(
    sessions: sessionmaker[Session], small: SmallTerm, plan: RunId
) -> None:
    first = search(sessions, small, plan)
    assert search(sessions, small, plan) == first
    calls: list[int] = []

    def counted(*given: Any, **options: Any) -> tuple[Point, ...]:
        calls.append(1)
        survey_run(sessions, small.clock, small.config, first, frontier, here)
        return frontier(*given, **options)

    survey(sessions, small, first, counted)
    survey(sessions, small, first)
    assert len(calls) == 1
    assert search(sessions, small, plan) == first


def test_another_plans_search_waits_for_its_turn(
    sessions: sessionmaker[Session], small: SmallTerm, plan: RunId
) -> None:
    first = search(sessions, small, plan)
    with sessions() as session, transaction(session):
        other = start_run(session, small.clock, small.config, small.coordinator).id
    solve_run(sessions, small.clock, small.config, other, TELEPHONE)
    with pytest.raises(RunAlreadyActive) as refused:
        search(sessions, small, other)
    assert refused.value.facts["run"] == first


def test_a_chosen_plan_is_a_judged_draft_that_can_be_published(
    sessions: sessionmaker[Session], small: SmallTerm, plan: RunId
) -> None:
    found = survey(sessions, small, search(sessions, small, plan))
    with sessions() as session:
        last = points_of(session, found.id)[-1]

    chosen = choose(sessions, small, found.id, last.position)

    assert (chosen.kind, chosen.status, chosen.source_id) == (RunKind.TERM, RunStatus.PROPOSED, found.id)
    assert chosen.policy["crowding_price"] == last.crowding_price
    assert chosen.kpis is not None
    assert chosen.kpis["first_choice_share"] == last.kpis["first_choice_share"]
    with sessions() as session:
        loaded = plan_of(session, chosen.id)
        verdict = verify(loaded.instance, loaded.allocation)
        assert verdict.clean
        assert verdict.kpis.date_stage == chosen.kpis["date_stage"]
        assert chosen.bounds is not None
        assert chosen.bounds["date_stage"] <= chosen.kpis["date_stage"] + 0.01
    assert choose(sessions, small, found.id, last.position).id == chosen.id
    with sessions() as session, transaction(session):
        publish(session, small.clock, small.config, small.coordinator, chosen.id, chosen.version)
    with sessions() as session:
        assert run_audit(session, small.clock.now()) == []


def test_what_was_put_away_can_be_chosen_again(sessions: sessionmaker[Session], small: SmallTerm, plan: RunId) -> None:
    found = survey(sessions, small, search(sessions, small, plan))
    first = choose(sessions, small, found.id, 1)
    with sessions() as session, transaction(session):
        discard_run(session, small.clock, small.coordinator, first.id)
    assert choose(sessions, small, found.id, 1).id != first.id
    with pytest.raises(NotFound):
        choose(sessions, small, found.id, 99)
    with pytest.raises(NotFound):
        choose(sessions, small, plan, 1)


def test_a_search_whose_worker_died_is_taken_up_again_and_failed_after_the_third(
    sessions: sessionmaker[Session], small: SmallTerm, plan: RunId
) -> None:
    run_id = search(sessions, small, plan)

    def die(*_given: Any, **_options: Any) -> tuple[Point, ...]:
        raise KeyboardInterrupt

    for attempt in (1, 2, 3):
        with pytest.raises(KeyboardInterrupt):
            survey(sessions, small, run_id, die)
        assert (state(sessions, run_id).status, state(sessions, run_id).attempts) == (RunStatus.SOLVING, attempt)
        with sessions() as session, transaction(session):
            session.execute(sa.update(AllocationRun).values(lease_until=sa.func.now() - dt.timedelta(seconds=1)))
            abandoned.sweep(session, small.clock)
            waiting = sa.text("SELECT count(*) FROM job WHERE topic = 'survey_run' AND done_at IS NULL")
            assert session.scalar(waiting) == 1
    run = survey(sessions, small, run_id)
    assert (run.status, run.error) == (RunStatus.FAILED, "worker_died")
    assert search(sessions, small, plan) != run_id, "a failed search is no answer"


def test_a_plan_that_breaks_a_rule_is_never_stored(
    sessions: sessionmaker[Session], small: SmallTerm, plan: RunId
) -> None:
    def lose_pupils(instance: Instance, *given: Any, **options: Any) -> tuple[Point, ...]:
        (point, *rest) = frontier(instance, *given, **options)
        first, *others = point.plan.visits
        fewer = (replace(first, groups=first.groups[1:]), *others)
        return (replace(point, plan=replace(point.plan, visits=fewer)), *rest)

    run = survey(sessions, small, search(sessions, small, plan), lose_pupils)
    assert run.status is RunStatus.FAILED
    assert run.error is not None
    assert "H2" in run.error
    with sessions() as session:
        assert points_of(session, run.id) == []


def test_a_stopped_search_keeps_what_it_has_found(
    sessions: sessionmaker[Session], small: SmallTerm, plan: RunId
) -> None:
    run_id = search(sessions, small, plan)

    def stopped(instance: Instance, *given: Any, **options: Any) -> tuple[Point, ...]:
        with sessions() as session, transaction(session):
            cancel_run(session, small.clock, small.coordinator, run_id)
        return frontier(instance, *given, **{**options, "should_stop": lambda: True})

    assert survey(sessions, small, run_id, stopped).status is RunStatus.FOUND
    with sessions() as session:
        assert len(points_of(session, run_id)) == 1


def test_the_database_lets_no_search_be_a_plan_and_no_point_be_changed(
    sessions: sessionmaker[Session], small: SmallTerm, plan: RunId
) -> None:
    found = survey(sessions, small, search(sessions, small, plan))
    forbidden = (
        sa.update(AllocationRun).where(AllocationRun.id == found.id).values(source_id=None),
        sa.update(AllocationRun).where(AllocationRun.id == found.id).values(status=RunStatus.QUEUED),
        sa.update(AllocationRun).where(AllocationRun.id == plan).values(status=RunStatus.FOUND),
        sa.update(FrontierPoint).values(crowding_price=1.0),
        sa.update(FrontierPoint).values(plan={}),
    )
    for statement in forbidden:
        with sessions() as session, pytest.raises(sa.exc.IntegrityError):
            session.execute(statement)


def test_the_input_of_the_search_is_that_of_the_plan(
    sessions: sessionmaker[Session], small: SmallTerm, plan: RunId
) -> None:
    run_id = search(sessions, small, plan)
    with sessions() as session:
        one, other = (session.get_one(AllocationRun, number).instance for number in (plan, run_id))
        assert parse_instance(one) == parse_instance(other)
