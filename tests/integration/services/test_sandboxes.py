"""Sandboxes: a copy in which everything works, of which nothing is seen outside and nothing leaves, gone at a press."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import Session

from booking.clock import FixedClock
from booking.db import make_engine, make_sessions, transaction
from booking.domain.errors import Conflict, Forbidden, InvalidForm, NotFound
from booking.domain.ids import SandboxId
from booking.domain.states import DispatchStatus, RunStatus
from booking.domain.topics import IN_SANDBOXES, Topic
from booking.domain.vocabulary import Role
from booking.models.dispatches import CoachDispatch
from booking.models.messages import Message
from booking.models.outbox import Job
from booking.models.people import User
from booking.models.registry import METADATA
from booking.models.runs import AllocationRun
from booking.models.sandboxes import Sandbox
from booking.models.terms import Term
from booking.models.visits import Visit, VisitGroup
from booking.models.workplaces import Workplace, WorkplaceContact
from booking.queries.secured import secured_in_term
from booking.services.audit import run_audit
from booking.services.dispatch_answers import call_coach_back
from booking.services.dispatching import refresh_dispatches
from booking.services.history import record_change
from booking.services.instance_builder import facts_now
from booking.services.publication_trial import try_publication
from booking.services.sandbox_copying import RULES, SHARED
from booking.services.sandboxes import KEPT, MOST, discard_old, discard_sandbox, find_sandbox, make_sandbox, sandboxes
from booking.services.terms import current_term
from booking.services.workplace_effects import Patch
from booking.services.workplaces import change_workplace
from tests.support.coaches import few_adults, send_all
from tests.support.factory import SmallTerm


@pytest.fixture
def engine(database_url: str) -> Iterator[sa.Engine]:
    engine = make_engine(database_url)
    yield engine
    engine.dispose()


@pytest.fixture
def small(engine: sa.Engine) -> Iterator[SmallTerm]:
    with make_sessions(engine)() as session:
        with transaction(session):
            term = SmallTerm(session)
            term.publish()
            session.execute(sa.text("UPDATE message SET status = 'sent' WHERE workplace_id IS NOT NULL"))
        yield term


def made(small: SmallTerm, name: str = "가을 연습") -> Sandbox:
    with transaction(small.session) as session:
        return make_sandbox(session, small.clock, small.coordinator, name)


@pytest.fixture
def sandbox(small: SmallTerm) -> Sandbox:
    return made(small)


@pytest.fixture
def inside(engine: sa.Engine, small: SmallTerm, sandbox: Sandbox) -> Iterator[SmallTerm]:
    """The small term as it is found in the sandbox."""
    with make_sessions(engine, sandbox.schema)() as session:
        yield SmallTerm(session, term=current_term(session))


def everything(session: Session) -> dict[str, list[str]]:
    """Every table of the service, row by row."""
    session.rollback()
    return {
        table.name: sorted(session.scalars(sa.text(f"SELECT t::text FROM public.{table.name} t")))
        for table in METADATA.sorted_tables
        if table.name not in {"job", "sandbox", "history_entry"}
    }


def addresses(session: Session) -> set[str | None]:
    """Whatever could reach or name somebody."""
    people = session.execute(sa.select(User.email, User.phone, User.password_hash))
    contacts = session.execute(sa.select(WorkplaceContact.name, WorkplaceContact.email, WorkplaceContact.phone))
    return {value for row in (*people, *contacts) for value in row}


def test_the_copy_holds_the_term_and_nobodys_address(small: SmallTerm, inside: SmallTerm) -> None:
    for model in (Term, Workplace, Visit, VisitGroup):
        count = sa.select(sa.func.count()).select_from(model)
        assert inside.session.scalar(count) == small.session.scalar(count) != 0
    assert facts_now(inside.session, inside.clock, inside.term) == facts_now(small.session, small.clock, small.term)
    published = sa.select(AllocationRun.id).where(AllocationRun.status == RunStatus.PUBLISHED)
    assert inside.session.scalars(published).one() == small.session.scalars(published).one()
    real, copied = addresses(small.session), addresses(inside.session)
    assert (real & copied) - {None} <= {"010-0000-0000"}
    assert run_audit(inside.session, inside.clock.now()) == []


def test_every_table_that_is_named_exists(small: SmallTerm) -> None:
    names = {table.name for table in METADATA.sorted_tables}
    assert set(RULES) | SHARED <= names
    for name, rule in RULES.items():
        assert set(rule.instead) <= set(METADATA.tables[name].columns.keys())


def test_what_is_done_inside_is_not_seen_outside(small: SmallTerm, inside: SmallTerm) -> None:
    before = everything(small.session)
    with transaction(inside.session) as session:
        place = session.scalars(sa.select(Workplace).where(Workplace.code == "W0")).one()
        change_workplace(
            session, inside.clock, inside.config, inside.coordinator, place.id, Patch({"name": "다른 이름"}),
            seen=place.version,
        )  # fmt: skip
    with transaction(inside.session):
        run = inside.propose()
        inside.session.flush()
    with transaction(inside.session):
        inside.publish(run)
    assert inside.session.scalar(sa.select(sa.func.count()).where(AllocationRun.status == RunStatus.PUBLISHED)) == 1
    assert everything(small.session) == before
    assert run_audit(small.session, small.clock.now()) == []


def test_nothing_leaves(small: SmallTerm, inside: SmallTerm) -> None:
    small.session.execute(sa.text("UPDATE job SET done_at = now()"))
    small.session.commit()
    with transaction(inside.session):
        inside.session.execute(sa.text("UPDATE visit_group SET status = 'accepted' WHERE status = 'asked'"))
        inside.publish(inside.propose())
    written = inside.session.scalars(sa.select(Message).where(Message.status == "created")).all()
    small.session.rollback()
    waiting = set(small.session.scalars(sa.select(Job.topic).where(Job.done_at.is_(None))))
    assert waiting <= {Topic.SANDBOX_WORK}
    assert small.session.scalar(sa.select(sa.func.count()).where(Message.status == "created")) == small.session.scalar(
        sa.select(sa.func.count()).where(Message.status == "created", Message.user_id.is_not(None))
    )
    # and if somebody tried all the same, the database would not let it be taken up
    if written:
        with pytest.raises(IntegrityError, match="never_leaves"), transaction(inside.session) as session:
            session.execute(sa.text("UPDATE message SET status = 'sending' WHERE status = 'created'"))
    with pytest.raises(IntegrityError, match="never_leaves"), transaction(inside.session) as session:
        session.execute(sa.text("UPDATE message SET status = 'sending' WHERE id = (SELECT min(id) FROM message)"))


def test_the_preview_of_a_publication_says_what_the_real_one_would(small: SmallTerm, inside: SmallTerm) -> None:
    runs = []
    for term in (small, inside):
        with transaction(term.session):
            runs.append(term.propose())
    real = try_publication(small.session, small.clock, small.config, runs[0].id)
    tried = try_publication(inside.session, inside.clock, inside.config, runs[1].id)
    assert [(one.kind, one.channel) for one in tried.messages] == [(one.kind, one.channel) for one in real.messages]


def test_only_what_reckons_wakes_a_worker(small: SmallTerm, inside: SmallTerm, sandbox: Sandbox) -> None:
    small.session.execute(sa.text("UPDATE job SET done_at = now()"))
    small.session.commit()
    for topic in Topic:
        with transaction(inside.session) as session:
            session.add(Job(topic=topic.value, subject_id=1, attempts=0))
        small.session.rollback()
        woken = small.session.execute(sa.select(Job.topic, Job.subject_id).where(Job.done_at.is_(None))).all()
        expected = [(Topic.SANDBOX_WORK.value, sandbox.id)] if topic in IN_SANDBOXES else []
        assert [tuple(row) for row in woken] == expected, topic
        small.session.execute(sa.text("UPDATE job SET done_at = now()"))
        small.session.commit()


def test_the_guards_of_the_service_hold_inside(inside: SmallTerm) -> None:
    with pytest.raises(IntegrityError), transaction(inside.session) as session:
        session.execute(sa.text("UPDATE visit_group SET seat = 9"))
    with pytest.raises(IntegrityError), transaction(inside.session) as session:
        session.execute(sa.text("UPDATE visit SET request_id = 0"))
    with transaction(inside.session) as session:
        record_change(session, "user:1", "run_started", "run", 1)
    with pytest.raises(DBAPIError, match="append-only"), transaction(inside.session) as session:
        session.execute(sa.text("DELETE FROM history_entry"))
    assert secured_in_term(inside.session, inside.term.id) is not None


def test_several_side_by_side_and_gone_at_a_press(small: SmallTerm, engine: sa.Engine) -> None:
    first, second = made(small, "하나"), made(small, "둘")
    with make_sessions(engine, first.schema)() as session, transaction(session):
        session.execute(sa.text("UPDATE workplace SET max_group = 50"))
    with make_sessions(engine, second.schema)() as session:
        assert 50 not in session.scalars(sa.select(Workplace.max_group)).all()
    assert 50 not in small.session.scalars(sa.select(Workplace.max_group)).all()
    number, schema = first.id, first.schema
    for _ in range(2):
        with transaction(small.session) as session:
            discard_sandbox(session, small.coordinator, number)
    assert [kept.sandbox.name for kept in sandboxes(small.session)] == ["둘"]
    left = small.session.scalars(sa.text("SELECT nspname FROM pg_namespace WHERE nspname LIKE 'sandbox%'")).all()
    assert (schema in left, second.schema in left) == (False, True)
    with pytest.raises(NotFound):
        find_sandbox(small.session, number)
    assert find_sandbox(small.session, second.id).name == "둘"


def test_an_old_one_is_put_away_and_one_of_another_revision_is_not_worked_in(small: SmallTerm) -> None:
    sandbox = made(small)
    assert discard_old(small.session, small.clock) == 0
    small.session.execute(sa.text("UPDATE sandbox SET revision = '0001'"))
    small.session.expire_all()
    assert [kept.usable for kept in sandboxes(small.session)] == [False]
    with pytest.raises(NotFound):
        find_sandbox(small.session, SandboxId(sandbox.id))
    later = FixedClock(small.clock.now() + KEPT + dt.timedelta(seconds=1))
    assert discard_old(small.session, later) == 1
    assert sandboxes(small.session) == []


def test_refused(small: SmallTerm) -> None:
    for name in ("", "연" * 41):
        with pytest.raises(InvalidForm):
            make_sandbox(small.session, small.clock, small.coordinator, name)
    with pytest.raises(Forbidden):
        make_sandbox(small.session, small.clock, small.person(Role.OFFICER), "이름")
    for number in range(MOST):
        made(small, f"연습 {number}")
    with pytest.raises(InvalidForm):
        made(small, "연습 0")
    with pytest.raises(Conflict, match="enough"):
        made(small, "더")


def test_a_connection_of_the_pool_remembers_nothing(engine: sa.Engine, small: SmallTerm, sandbox: Sandbox) -> None:
    for schema in (sandbox.schema, None) * 3:
        with make_sessions(engine, schema)() as session:
            found = session.execute(sa.text("SELECT current_schema()")).scalar_one()
            assert found == (schema or "public")


def test_coaches_come_along_without_their_names_and_are_told_no_old_news(engine: sa.Engine) -> None:
    with make_sessions(engine)() as session:
        with transaction(session):
            few = few_adults(session)
            sent = [(one.coach_id, one.slot_id, one.school_id) for one in send_all(few)]
        assert sent
        sandbox = made(few)
        with make_sessions(engine, sandbox.schema)() as practice:
            inside = SmallTerm(practice, term=current_term(practice))
            copied = practice.scalars(sa.select(CoachDispatch).order_by(CoachDispatch.id)).all()
            assert [(one.coach_id, one.slot_id, one.school_id) for one in copied] == sent
            assert all(one.coach.name.startswith("진로코치 ") for one in copied)
            assert run_audit(practice, inside.clock.now()) == []
            with transaction(practice):
                assert refresh_dispatches(practice, inside.clock, inside.config, inside.term) == 0
                call_coach_back(practice, inside.clock, inside.coordinator, copied[0].id)
            told = practice.scalars(sa.select(Message.coach_id).where(Message.kind == "coach_cancelled")).all()
            assert set(told) == {copied[0].coach_id}, "the sandbox knows that the coach was told of it"
        outside = session.scalars(sa.select(CoachDispatch.status).execution_options(populate_existing=True)).all()
        assert set(outside) == {DispatchStatus.ASKED}
