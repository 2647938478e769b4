"""Fine dust: outdoor workplaces closed for half a day, a repair that somebody publishes, the reason told, undone."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, sessionmaker

from booking.db import transaction
from booking.domain.air import read_half
from booking.domain.errors import Conflict, Forbidden, InvalidForm, StalePlan
from booking.domain.school_year import DayBlocks
from booking.domain.states import RunKind, RunStatus
from booking.domain.vocabulary import Channel, Role, Setting
from booking.models.air import AirSwitch
from booking.models.messages import Message
from booking.models.runs import AllocationRun
from booking.models.visits import VisitGroup
from booking.models.workplaces import Workplace
from booking.notify.catalogue import Kind
from booking.notify.rendering import render_email, render_sms
from booking.queries.air import Outdoors, aired_groups, broken_visits, outdoors
from booking.services.air import slots_of_half, switch_off, switch_on
from booking.services.audit import run_audit
from booking.services.composing import addressed
from booking.services.instance_builder import build_instance, facts_now
from booking.services.publishing import publish
from booking.services.solving import Engine, solve_run
from scheduler.allocate import allocate
from scheduler.limits import Limits
from scheduler.repair import repair
from tests.support.factory import FIRST_DAY, SmallTerm

ENGINE = Engine(allocate=allocate, repair=repair, limits=Limits)
MORNING = (FIRST_DAY, DayBlocks.AM)


@pytest.fixture
def small(sessions: sessionmaker[Session]) -> Iterator[SmallTerm]:
    """The small term, published and told; W0 is outdoors, W1 has a room for bad weather."""
    with sessions() as session:
        with transaction(session):
            term = SmallTerm(session)
            for code, setting in (("W0", Setting.OUTDOOR), ("W1", Setting.EITHER)):
                session.scalars(sa.select(Workplace).where(Workplace.code == code)).one().setting = setting
            term.publish()
            session.execute(sa.text("UPDATE message SET status = 'sent', sent_at = now()"))
            session.execute(sa.text("UPDATE job SET done_at = now()"))
        yield term


def seen(small: SmallTerm, half: tuple[dt.date, DayBlocks] = MORNING) -> Outdoors:
    small.session.expire_all()
    return outdoors(small.session, [slot.id for slot in slots_of_half(small.session, small.term, *half)])


def switched_on(small: SmallTerm, half: tuple[dt.date, DayBlocks] = MORNING) -> AllocationRun | None:
    mark = seen(small, half).seen
    with transaction(small.session) as session:
        return switch_on(session, small.clock, small.config, small.coordinator, half, seen=mark)


def repaired(small: SmallTerm, sessions: sessionmaker[Session]) -> AllocationRun:
    """The repair that is asked for, solved as a worker would."""
    run = small.session.scalars(
        sa.select(AllocationRun).where(AllocationRun.kind == RunKind.REPAIR, AllocationRun.status == RunStatus.QUEUED)
    ).one()
    small.session.rollback()
    solve_run(sessions, small.clock, small.config, run.id, ENGINE)
    small.session.expire_all()
    assert run.status is RunStatus.PROPOSED, run.error
    return run


def published(small: SmallTerm, run: AllocationRun) -> None:
    with transaction(small.session) as session:
        publish(session, small.clock, small.config, small.coordinator, run.id, run.version)


def switch(small: SmallTerm) -> AirSwitch:
    return small.session.scalars(sa.select(AirSwitch).where(AirSwitch.off_at.is_(None))).one()


def off(small: SmallTerm, number: int | None = None) -> bool:
    chosen = number or switch(small).id
    with transaction(small.session) as session:
        return switch_off(session, small.clock, small.config, small.coordinator, chosen)


def news(small: SmallTerm) -> list[Message]:
    return list(small.session.scalars(sa.select(Message).where(Message.status == "created").order_by(Message.id)))


def text_of(small: SmallTerm, message: Message) -> str:
    letter, _address = addressed(small.session, small.config, message, Kind(message.kind), "https://link.example.kr/")
    if message.channel is Channel.SMS:
        return render_sms(letter).text
    email = render_email(letter)
    assert ("미세먼지" in email.html) == ("미세먼지" in email.text)
    return email.text


def test_nobody_moves_before_the_repair_is_published_and_then_the_fewest(
    small: SmallTerm, sessions: sessionmaker[Session]
) -> None:
    before = seen(small)
    assert [group.workplace.code for group in before.outdoor] == ["W0"]
    assert [group.workplace.code for group in before.either] == ["W1"]
    places = dict(small.session.execute(sa.select(VisitGroup.id, VisitGroup.workplace_id)).all())

    asked = switched_on(small)

    assert asked is not None
    assert seen(small).seen == before.seen
    assert aired_groups(small.session, small.term.id) == {before.outdoor[0].id}
    assert news(small) == []
    run = repaired(small, sessions)
    assert dict(small.session.execute(sa.select(VisitGroup.id, VisitGroup.workplace_id)).all()) == places
    assert seen(small).seen == before.seen

    published(small, run)
    after = seen(small)
    assert after.outdoor == ()
    # whose workplace has a room stays where they are
    assert [group.id for group in after.either] == [group.id for group in before.either]
    assert aired_groups(small.session, small.term.id) == set()
    assert small.visit(before.outdoor[0].visit.request.code).slot.date == FIRST_DAY
    assert run_audit(small.session, small.clock.now()) == []


def test_the_reason_is_told_to_whom_it_concerns(small: SmallTerm, sessions: sessionmaker[Session]) -> None:
    group = seen(small).outdoor[0]
    place, school = group.workplace_id, group.visit.request.school_id
    switched_on(small)
    published(small, repaired(small, sessions))
    told = news(small)
    cancelled = [message for message in told if message.workplace_id == place]
    assert {message.kind for message in cancelled} == {Kind.WORKPLACE_CANCELLED}
    assert {message.channel for message in cancelled} >= {Channel.SMS}
    assert all("미세먼지" in text_of(small, message) for message in cancelled)
    plans = [message for message in told if message.kind == Kind.ALLOCATION_PROPOSED]
    assert plans
    assert {message.facts["school"] for message in plans} == {group.visit.request.school.name}
    assert school == group.visit.request.school_id
    assert all("미세먼지" in text_of(small, message) for message in plans if message.channel is Channel.EMAIL)
    # whoever receives them now is only asked whether they can come
    others = [message for message in told if message.workplace_id not in {None, place}]
    assert others
    assert all("미세먼지" not in text_of(small, message) for message in others)


def test_taken_back_before_publishing_it_is_as_if_it_had_never_been(
    small: SmallTerm, sessions: sessionmaker[Session]
) -> None:
    facts = facts_now(small.session, small.clock, small.term)
    mark = seen(small).seen
    switched_on(small)
    assert facts_now(small.session, small.clock, small.term) != facts
    run = repaired(small, sessions)
    assert off(small) is True
    small.session.expire_all()
    assert run.status is RunStatus.DISCARDED
    assert facts_now(small.session, small.clock, small.term) == facts
    assert (seen(small).seen, news(small)) == (mark, [])
    assert not broken_visits(small.session, small.term.id, small.clock.now().date())
    assert small.session.scalar(sa.select(sa.func.count()).where(AllocationRun.status == RunStatus.QUEUED)) == 0
    with pytest.raises(Conflict, match="off already"):
        off(small, small.session.scalars(sa.select(AirSwitch.id)).one())
    assert run_audit(small.session, small.clock.now()) == []


def test_taken_back_while_the_repair_waits_or_is_made(small: SmallTerm) -> None:
    run = switched_on(small)
    assert run is not None
    assert off(small) is True
    small.session.expire_all()
    assert run.status is RunStatus.CANCELLED
    again = switched_on(small)
    assert again is not None
    with transaction(small.session) as session:
        session.execute(sa.text("UPDATE allocation_run SET status = 'solving' WHERE status = 'queued'"))
    with pytest.raises(Conflict, match="being made"):
        off(small)
    small.session.rollback()
    assert switch(small).off_at is None


def test_what_else_is_broken_is_repaired_after_it_was_taken_back(
    small: SmallTerm, sessions: sessionmaker[Session]
) -> None:
    switched_on(small)
    other = seen(small).either[0]
    with transaction(small.session) as session:
        session.execute(sa.text("UPDATE visit_group SET status = 'declined' WHERE id = :id"), {"id": other.id})
    repaired(small, sessions)
    assert off(small) is True
    waiting = small.session.scalars(sa.select(AllocationRun).where(AllocationRun.status == RunStatus.QUEUED)).one()
    assert waiting.kind is RunKind.REPAIR


def test_after_publishing_the_places_stay_and_the_workplaces_open_again(
    small: SmallTerm, sessions: sessionmaker[Session]
) -> None:
    switched_on(small)
    published(small, repaired(small, sessions))
    small.session.execute(sa.text("UPDATE message SET status = 'sent' WHERE status = 'created'"))
    small.session.commit()
    places = seen(small)
    assert off(small) is False
    assert seen(small).seen == places.seen
    assert news(small) == []
    built = build_instance(small.session, small.clock, small.term)
    assert f"{FIRST_DAY}/AM" in built.instance.workplace_by_id["W0"].open_slots


def test_only_that_half_day_is_closed_and_only_outdoors(small: SmallTerm) -> None:
    switched_on(small)
    places = build_instance(small.session, small.clock, small.term).instance.workplace_by_id
    assert f"{FIRST_DAY}/AM" not in places["W0"].open_slots
    assert f"{FIRST_DAY}/PM" in places["W0"].open_slots
    assert f"{FIRST_DAY}/AM" in places["W1"].open_slots
    # the other half joins it, and who is outdoors in the morning still waits for the same repair
    assert switched_on(small, (FIRST_DAY, DayBlocks.ALL)) is not None
    assert small.session.scalar(sa.select(sa.func.count()).where(AllocationRun.kind == RunKind.REPAIR)) == 1
    assert small.session.scalar(sa.select(sa.func.count()).select_from(AirSwitch)) == 2
    with pytest.raises(InvalidForm), transaction(small.session) as session:
        switch_on(session, small.clock, small.config, small.coordinator, MORNING, seen=seen(small).seen)


def test_a_plan_made_before_cannot_be_published_over_it(small: SmallTerm) -> None:
    with transaction(small.session):
        run = small.propose()
    switched_on(small)
    with pytest.raises(StalePlan):
        published(small, run)


def test_refused(small: SmallTerm) -> None:
    with pytest.raises(Conflict, match="outdoors then"), transaction(small.session) as session:
        switch_on(session, small.clock, small.config, small.coordinator, MORNING, seen="0")
    elsewhere = (dt.date(2027, 7, 1), DayBlocks.AM)
    with pytest.raises(InvalidForm), transaction(small.session) as session:
        switch_on(session, small.clock, small.config, small.coordinator, elsewhere, seen="")
    with pytest.raises(Forbidden):
        switch_on(small.session, small.clock, small.config, small.person(Role.OFFICER), MORNING, seen="")
    switched_on(small)
    with pytest.raises(IntegrityError, match="uq_air_switch_on"), transaction(small.session) as session:
        session.execute(
            sa.text("INSERT INTO air_switch (slot_id, on_at, on_by_id) SELECT slot_id, on_at, on_by_id FROM air_switch")
        )
    off(small)
    with pytest.raises(IntegrityError, match="written once"), transaction(small.session) as session:
        session.execute(sa.text("UPDATE air_switch SET off_at = NULL, off_by_id = NULL"))


@pytest.mark.parametrize(
    ("given", "fault"),
    [
        ({"date": ["2027-03-15"], "blocks": ["AM"]}, None),
        ({"date": ["2027-03-14"], "blocks": ["AM"]}, ("date", "not_ahead")),
        ({"date": [""], "blocks": ["AM"]}, ("date", "required")),
        ({"date": ["2027-03-15"], "blocks": ["night"]}, ("blocks", "unknown")),
    ],
)
def test_a_day_that_lies_ahead(given: dict[str, list[str]], fault: tuple[str, str] | None) -> None:
    today = dt.date(2027, 3, 14)
    if fault is None:
        assert read_half(given, today) == (dt.date(2027, 3, 15), DayBlocks.AM)
        return
    with pytest.raises(InvalidForm) as refused:
        read_half(given, today)
    assert [(one.field, one.reason) for one in refused.value.faults] == [fault]
