"""Any order of publishing, answering, repairing, crashing and trying again: the audit finds nothing after any step."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any, ClassVar

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlalchemy.orm import Session

from booking.db import make_engine, make_sessions, transaction
from booking.domain.answers import Answer, DeclineReason
from booking.domain.errors import BookingError
from booking.domain.states import LIVE_DISPATCHES, GroupStatus, MessageStatus, RunStatus
from booking.models.dispatches import CoachDispatch
from booking.models.messages import Message
from booking.models.runs import AllocationRun
from booking.models.visits import VisitGroup, WorkplaceNotice
from booking.services import links
from booking.services.allocations import start_run
from booking.services.audit import run_audit
from booking.services.coach_suggestions import suggestions
from booking.services.confirmations import answer
from booking.services.dispatch_answers import answer_dispatch, send_chosen
from booking.services.dispatch_keeping import keep_dispatches
from booking.services.dispatch_links import issue_dispatch_link
from booking.services.publishing import publish
from booking.services.reserves import pass_over_silent
from booking.services.solving import Engine, solve_run
from booking.services.terms import current_term, the_centre
from scheduler.allocate import Limits, allocate
from scheduler.repair import repair
from tests.support.factory import SmallTerm, small_document
from tests.support.faults import trials
from tests.support.servers import Database

ENGINE = Engine(allocate=allocate, repair=repair, limits=Limits)
WAITS = Message.status == MessageStatus.CREATED
ANSWERS = st.sampled_from([Answer(True), *(Answer(False, reason) for reason in DeclineReason)])


class Crash(Exception):
    """The process ends after its last statement and before its commit."""


class Centre(RuleBasedStateMachine):
    """A small term, and whatever people and workers may do to it."""

    database: ClassVar[Database]

    def __init__(self) -> None:
        super().__init__()
        self.name = self.database.clone()
        self.engine = make_engine(self.database.server.url(self.name))
        self.sessions = make_sessions(self.engine)
        self.answered: dict[int, GroupStatus] = {}

    def teardown(self) -> None:
        """Let go of the database."""
        self.engine.dispose()
        self.database.server.drop(self.name)

    @initialize(by_itself=st.booleans(), own_adults=st.sampled_from([3, 6]))
    def open(self, by_itself: bool, own_adults: int) -> None:
        """The term is there and nothing is planned; the centre lets repairs apply themselves, or does not."""
        document: dict[str, Any] = small_document()
        for school in document["schools"]:
            school["own_chaperones_per_slot"] = own_adults
        with self.sessions() as session, transaction(session):
            self.small = SmallTerm(session, document)
            the_centre(session).repairs_itself = by_itself

    def act(self, work: Callable[[Session], Any], how: str) -> None:
        """Do something once; or crash before the commit; or crash and try again; or do it twice."""
        for crashes in {"once": [False], "crash": [True], "retry": [True, False], "twice": [False, False]}[how]:
            # what a person is told in words has changed nothing: the audit looks at that too
            with suppress(BookingError, Crash), self.sessions() as session, transaction(session):
                work(session)
                session.flush()
                if crashes:
                    raise Crash

    @rule(how=st.sampled_from(["once", "crash", "twice"]))
    def ask_for_a_plan(self, how: str) -> None:
        """The coordinator starts a run."""
        self.act(lambda session: start_run(session, self.small.clock, self.small.config, self.small.coordinator), how)

    @rule()
    def solve(self) -> None:
        """A worker takes up what waits: runs and repairs."""
        with self.sessions() as session:
            waiting = session.scalars(sa.select(AllocationRun.id).where(AllocationRun.status == RunStatus.QUEUED)).all()
        for run in waiting:
            solve_run(self.sessions, self.small.clock, self.small.config, run, ENGINE)

    @rule(how=st.sampled_from(["once", "crash", "retry", "twice"]))
    def publish(self, how: str) -> None:
        """The coordinator publishes what is proposed."""

        def work(session: Session) -> None:
            for run in session.scalars(sa.select(AllocationRun).where(AllocationRun.status == RunStatus.PROPOSED)):
                publish(session, self.small.clock, self.small.config, self.small.coordinator, run.id, run.version)

        self.act(work, how)

    @rule(which=st.integers(0, 30), given=ANSWERS, how=st.sampled_from(["once", "crash", "retry", "twice"]))
    def answer(self, which: int, given: Answer, how: str) -> None:
        """A workplace answers for one of its groups, on the link of its newest notice."""

        def work(session: Session) -> None:
            groups = session.scalars(
                sa.select(VisitGroup)
                .where(VisitGroup.status.in_([GroupStatus.ASKED, GroupStatus.ACCEPTED]))
                .order_by(VisitGroup.id)
            ).all()
            if not groups:
                return
            group = groups[which % len(groups)]
            notice = session.scalars(
                sa.select(WorkplaceNotice).where(
                    WorkplaceNotice.workplace_id == group.workplace_id, WorkplaceNotice.date == group.visit.slot.date
                )
            ).one()
            token = links.issue(session, notice.id, notice.version)
            answer(session, self.small.clock, self.small.config, token, {group.id: given})

        self.act(work, how)
        with self.sessions() as session:
            self.answered |= {
                group.id: group.status
                for group in session.scalars(sa.select(VisitGroup).where(VisitGroup.answered_at.is_not(None)))
            }

    @rule(how=st.sampled_from(["once", "crash", "retry", "twice"]))
    def send_coaches(self, how: str) -> None:
        """The coordinator asks whoever is suggested."""

        def work(session: Session) -> None:
            found = suggestions(session, current_term(session), self.small.clock.now().date())
            chosen = [(one.slot.id, one.school.id, one.coach.id) for one in found]
            send_chosen(session, self.small.clock, self.small.config, self.small.coordinator, chosen)

        self.act(work, how)

    @rule(which=st.integers(0, 10), accept=st.booleans(), how=st.sampled_from(["once", "crash", "retry", "twice"]))
    def coach_answers(self, which: int, accept: bool, how: str) -> None:
        """A coach answers on the newest link, or says no after a yes."""

        def work(session: Session) -> None:
            sent = session.scalars(
                sa.select(CoachDispatch).where(CoachDispatch.status.in_(LIVE_DISPATCHES)).order_by(CoachDispatch.id)
            ).all()
            if sent:
                one = sent[which % len(sent)]
                token = issue_dispatch_link(session, one.id, one.version)
                answer_dispatch(session, self.small.clock, self.small.config, token, accept=accept)

        self.act(work, how)

    @rule(how=st.sampled_from(["once", "crash", "twice"]))
    def post_leaves(self, how: str) -> None:
        """Every message that waits is sent."""
        self.act(
            lambda session: session.execute(sa.update(Message).where(WAITS).values(status=MessageStatus.SENT)), how
        )

    @rule(late=st.booleans(), how=st.sampled_from(["once", "crash", "retry", "twice"]))
    def sweep(self, late: bool, how: str) -> None:
        """The sweep looks at who is silent; now and then their time is over."""

        def work(session: Session) -> None:
            if late:
                before = self.small.clock.now().date() - dt.timedelta(days=1)
                session.execute(sa.update(CoachDispatch).values(answer_by=before))
                session.execute(sa.update(WorkplaceNotice).values(answer_by=before))
            pass_over_silent(session, self.small.clock, self.small.config)
            keep_dispatches(session, self.small.clock, self.small.config)

        self.act(work, how)

    @invariant()
    def holds(self) -> None:
        """Nothing is broken, nobody is told twice, no no has become a yes, and no answer is gone."""
        with self.sessions() as session:
            assert run_audit(session, self.small.clock.now()) == [] if hasattr(self, "small") else True
            told = session.execute(
                sa.select(
                    *(Message.user_id, Message.workplace_id, Message.coach_id, Message.kind),
                    *(Message.subject, Message.version, Message.channel),
                )
            ).all()
            assert len(told) == len(set(told))
            for number, status in self.answered.items():
                group = session.get_one(VisitGroup, number)
                assert group.answered_at is not None
                if status is GroupStatus.DECLINED:
                    assert group.status in {GroupStatus.DECLINED, GroupStatus.RELEASED}


@pytest.fixture
def machine(database: Database) -> Iterator[type[Centre]]:
    Centre.database = database
    yield Centre
    del Centre.database


@pytest.mark.timeout(3600)
def test_any_order_keeps_the_invariants(machine: type[Centre]) -> None:
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=trials(3, 150),
            stateful_step_count=trials(12, 30),
            deadline=None,
            derandomize=trials(0, 1) == 0,
            suppress_health_check=list(HealthCheck),
        ),
    )
