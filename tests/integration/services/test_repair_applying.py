"""A repair that disturbs nobody is applied where the centre wants that; a silent reserve gives way to the next."""

from __future__ import annotations

import datetime as dt
import threading
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.orm import Session, sessionmaker

from booking.db import make_engine, make_sessions, transaction
from booking.domain.answers import Answer, DeclineReason
from booking.domain.errors import BookingError
from booking.domain.ids import RunId, WorkplaceId
from booking.domain.states import GroupStatus, MessageStatus, RunKind, RunStatus, VisitStatus
from booking.models.history import HistoryEntry
from booking.models.messages import Message
from booking.models.requests import ExcludedWorkplace, Request
from booking.models.runs import AllocationRun, Proposal, ProposalGroup
from booking.models.visits import Visit, VisitGroup
from booking.models.workplaces import Workplace
from booking.services.audit import run_audit
from booking.services.confirmations import answer
from booking.services.placing import live_groups
from booking.services.publication import Change
from booking.services.repair_applying import disturbs_nobody, try_to_apply
from booking.services.reserves import pass_over_silent
from booking.services.solving import Engine, solve_run
from booking.services.terms import the_centre
from booking.services.workplace_notes import ask_for_call
from scheduler.allocate import Limits, allocate
from scheduler.allocation import Allocation
from scheduler.instance import Group, Instance
from scheduler.repair import repair
from tests.support.answers import link_of, notice_of
from tests.support.factory import SmallTerm

ENGINE = Engine(allocate=allocate, repair=repair, limits=Limits)
NO = Answer(False, DeclineReason.NOT_THIS_SIZE)


class Desk:
    """The small term, published and committed, with a worker beside it."""

    def __init__(self, sessions: sessionmaker[Session], *, by_itself: bool = True) -> None:
        self.sessions = sessions
        self.session = sessions()
        self.small = SmallTerm(self.session)
        the_centre(self.session).repairs_itself = by_itself
        self.small.publish()
        self.sent()

    def sent(self) -> None:
        """Let every message leave."""
        self.session.execute(
            sa.update(Message).where(Message.status == MessageStatus.CREATED).values(status=MessageStatus.SENT)
        )
        self.session.commit()

    def decline(self, group: VisitGroup) -> None:
        token = link_of(self.small, group)
        answer(self.session, self.small.clock, self.small.config, token, {group.id: NO})
        self.session.commit()

    def solve(self, engine: Engine = ENGINE) -> AllocationRun:
        """Let the worker solve the repair that waits."""
        run = self.session.scalars(
            sa.select(AllocationRun)
            .where(AllocationRun.kind == RunKind.REPAIR, AllocationRun.status == RunStatus.QUEUED)
            .order_by(AllocationRun.id)
        ).one()
        self.session.commit()
        solve_run(self.sessions, self.small.clock, self.small.config, RunId(run.id), engine)
        self.session.expire_all()
        return run

    def visit(self, code: str = "V0000") -> Visit:
        self.session.expire_all()
        return self.small.visit(code)

    def clean(self) -> bool:
        self.session.rollback()
        return run_audit(self.session, self.small.clock.now()) == []


@pytest.fixture
def sessions(database_url: str):  # type: ignore[no-untyped-def]
    engine = make_engine(database_url, pool_size=12)
    yield make_sessions(engine)
    engine.dispose()


def told_since(desk: Desk, before: int) -> set[tuple[str, int | None]]:
    rows = desk.session.execute(
        sa.select(Message.kind, Message.workplace_id).where(Message.id > before, Message.status != "withdrawn")
    )
    return {(kind, place) for kind, place in rows}


def newest(desk: Desk) -> int:
    return desk.session.scalar(sa.select(sa.func.max(Message.id))) or 0


def test_what_disturbs_nobody_is_applied_and_told_to_those_concerned(sessions: sessionmaker[Session]) -> None:
    desk = Desk(sessions)
    visit = desk.visit()
    before = {group.workplace_id: group.pupils for group in live_groups(visit)}
    others = {code: {g.id for g in live_groups(desk.visit(code))} for code in ("V0001", "V0002", "V0003")}
    lost = live_groups(desk.visit())[0]
    place, last = lost.workplace_id, newest(desk)
    desk.decline(lost)

    run = desk.solve()

    assert run.status is RunStatus.PUBLISHED
    groups = live_groups(desk.visit())
    assert sum(group.pupils for group in groups) == 20
    assert place not in {group.workplace_id for group in groups}
    asked = {group.workplace_id for group in groups if before.get(group.workplace_id) != group.pupils}
    told = told_since(desk, last)
    assert {workplace for _, workplace in told if workplace} == asked
    assert {kind for kind, workplace in told if not workplace} == {"allocation_proposed"}
    assert {code: {g.id for g in live_groups(desk.visit(code))} for code in others} == others
    history = desk.session.scalars(sa.select(HistoryEntry.actor).where(HistoryEntry.action == "repair_applied")).all()
    assert history == ["worker"]
    assert desk.clean()


def test_without_the_setting_it_waits_for_the_coordinator(sessions: sessionmaker[Session]) -> None:
    desk = Desk(sessions, by_itself=False)
    desk.decline(live_groups(desk.visit())[0])

    assert desk.solve().status is RunStatus.PROPOSED
    assert desk.clean()


def test_who_has_said_yes_is_left_in_peace(sessions: sessionmaker[Session]) -> None:
    """A plan that asks one who has accepted to take another size is for a person to look at."""
    desk = Desk(sessions)
    *rest, smallest = sorted(live_groups(desk.visit()), key=lambda group: -group.pupils)
    for group in rest:
        token = link_of(desk.small, group)
        answer(desk.session, desk.small.clock, desk.small.config, token, {group.id: Answer(True)})
    accepted = {desk.session.get_one(Workplace, group.workplace_id).code for group in rest}
    desk.decline(smallest)

    def one_moves(instance: Instance, broken: Allocation, limits: Limits, **options: Any) -> Allocation:
        plan = repair(instance, broken, limits, **options)
        given = plan.by_visit["V0000"]
        old = next(group for group in given.groups if group.workplace in accepted)
        new = next(group for group in given.groups if group.workplace not in accepted)
        kept = [group for group in given.groups if group not in (old, new)]
        groups = (*kept, Group(old.workplace, old.pupils - 1), Group(new.workplace, new.pupils + 1))
        return replace(plan, visits=tuple(replace(a, groups=groups) if a.id == "V0000" else a for a in plan.visits))

    run = desk.solve(replace(ENGINE, repair=one_moves))

    assert (run.status, run.error) == (RunStatus.PROPOSED, None)
    assert {group.status for group in live_groups(desk.visit())} == {GroupStatus.ACCEPTED}


def test_applying_it_twice_or_late_is_once(sessions: sessionmaker[Session]) -> None:
    desk = Desk(sessions, by_itself=False)
    desk.decline(live_groups(desk.visit())[0])
    run = desk.solve()
    the_centre(desk.session).repairs_itself = True
    desk.session.commit()

    threads = [
        threading.Thread(target=try_to_apply, args=(desk.sessions, desk.small.clock, desk.small.config, RunId(run.id)))
        for _ in range(6)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    published = sa.select(sa.func.count()).where(
        HistoryEntry.action == "run_published", HistoryEntry.subject_id == run.id
    )
    desk.session.rollback()
    assert desk.session.scalar(published) == 1
    assert desk.clean()


# ----------------------------------------------------------------------------------------------------------- reserves
def reserve_of(desk: Desk) -> VisitGroup:
    """A workplace that was asked in another's stead."""
    desk.decline(live_groups(desk.visit())[0])
    desk.solve()
    desk.sent()
    groups = [group for group in live_groups(desk.visit()) if group.reserve]
    assert groups
    return groups[0]


def test_a_reserve_has_less_time_and_the_next_one_is_asked_when_it_is_silent(sessions: sessionmaker[Session]) -> None:
    desk = Desk(sessions)
    group = reserve_of(desk)
    notice = notice_of(desk.small, group)
    # from Monday, two working days
    assert notice.answer_by == dt.date(2027, 2, 24)
    token = desk.small.link(notice)
    desk.session.commit()
    assert pass_over_silent(desk.session, desk.small.clock, desk.small.config) == 0

    desk.small.clock.advance(dt.timedelta(days=3))
    freed = pass_over_silent(desk.session, desk.small.clock, desk.small.config)
    desk.session.commit()

    assert freed >= 1
    again = desk.session.get_one(VisitGroup, group.id, populate_existing=True)
    assert (again.status, again.answer_reason) == (GroupStatus.RELEASED, "silent")
    excluded = desk.session.get_one(ExcludedWorkplace, (again.visit.request_id, again.workplace_id))
    assert excluded.reason == "silent"
    assert pass_over_silent(desk.session, desk.small.clock, desk.small.config) == 0
    with pytest.raises(BookingError):
        answer(desk.session, desk.small.clock, desk.small.config, token, {group.id: Answer(True)})
    desk.session.rollback()
    assert desk.clean()
    run = desk.solve()
    assert again.workplace_id not in {one.workplace_id for one in live_groups(desk.visit())}
    assert run.status in {RunStatus.PUBLISHED, RunStatus.PROPOSED}
    assert desk.clean()


@pytest.mark.parametrize("case", ["off", "word", "unsent", "first"])
def test_who_is_not_passed_over(sessions: sessionmaker[Session], case: str) -> None:
    desk = Desk(sessions)
    group = reserve_of(desk)
    if case == "off":
        the_centre(desk.session).repairs_itself = False
    elif case == "word":
        ask_for_call(desk.session, desk.small.clock, link_of(desk.small, group), "")
        desk.session.execute(sa.update(VisitGroup).where(VisitGroup.id != group.id).values(reserve=False))
    elif case == "unsent":
        desk.session.execute(sa.update(Message).values(status=MessageStatus.CREATED))
    else:
        desk.session.execute(sa.update(VisitGroup).values(reserve=False))
    desk.session.commit()
    desk.small.clock.advance(dt.timedelta(days=5))

    assert pass_over_silent(desk.session, desk.small.clock, desk.small.config) == 0


def test_an_answer_at_the_last_moment_wins_or_loses_as_a_whole(sessions: sessionmaker[Session]) -> None:
    desk = Desk(sessions)
    group = reserve_of(desk)
    token = link_of(desk.small, group)
    desk.session.commit()
    desk.small.clock.advance(dt.timedelta(days=3))
    barrier = threading.Barrier(2)
    said: list[str] = []

    def accept() -> None:
        barrier.wait()
        try:
            with sessions() as session, transaction(session):
                answer(session, desk.small.clock, desk.small.config, token, {group.id: Answer(True)})
            said.append("accepted")
        except BookingError:
            said.append("too late")

    def pass_over() -> None:
        barrier.wait()
        with sessions() as session, transaction(session):
            pass_over_silent(session, desk.small.clock, desk.small.config)

    threads = [threading.Thread(target=work) for work in (accept, pass_over)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    desk.session.rollback()
    status = desk.session.get_one(VisitGroup, group.id, populate_existing=True).status
    assert (said, status) in [(["accepted"], GroupStatus.ACCEPTED), (["too late"], GroupStatus.RELEASED)]
    assert desk.clean()


def test_one_tap_from_many_fingers_is_one_answer(sessions: sessionmaker[Session]) -> None:
    desk = Desk(sessions)
    group = live_groups(desk.visit())[0]
    token = link_of(desk.small, group)
    desk.session.commit()
    barrier = threading.Barrier(8)
    ends: list[str] = []

    def tap(number: int) -> None:
        given = Answer(True) if number % 2 else Answer(True, pupils=group.pupils - 1)
        barrier.wait()
        try:
            with sessions() as session, transaction(session):
                answer(session, desk.small.clock, desk.small.config, token, {group.id: given})
            ends.append("done")
        except BookingError as error:
            ends.append(error.code)

    threads = [threading.Thread(target=tap, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert ends == ["done"] * 8
    desk.session.rollback()
    counted = [
        desk.session.scalar(sa.select(sa.func.count()).where(HistoryEntry.action == action))
        for action in ("group_accepted", "group_reduced")
    ]
    assert counted == [1, 1]
    assert desk.visit().status is VisitStatus.PUBLISHED
    assert desk.clean()


# ----------------------------------------------------------------------------------------------------------- the rule
@given(
    standing=st.dictionaries(st.integers(1, 4), st.tuples(st.integers(1, 4), st.booleans()), max_size=4),
    wanted=st.dictionaries(st.integers(1, 5), st.integers(1, 4), min_size=1, max_size=5),
    missing=st.integers(0, 3),
    kind=st.sampled_from(["new", "moved", "regrouped", "cancelled"]),
)
def test_nobody_is_disturbed_means_just_that(
    standing: dict[int, tuple[int, bool]], wanted: dict[int, int], missing: int, kind: str
) -> None:
    request = Request(pupils=sum(pupils for pupils, _ in standing.values()) + missing)
    visit = Visit(request=request)
    visit.groups = [
        VisitGroup(
            workplace_id=WorkplaceId(place),
            pupils=pupils,
            status=GroupStatus.ACCEPTED if accepted else GroupStatus.ASKED,
        )
        for place, (pupils, accepted) in standing.items()
    ]
    groups = [ProposalGroup(workplace_id=WorkplaceId(place), pupils=pupils) for place, pupils in wanted.items()]
    change = Change(Proposal(request=request, groups=groups), visit, kind)

    kept = all(wanted.get(place) == pupils for place, (pupils, accepted) in standing.items() if accepted)
    assert disturbs_nobody([change]) == (kind == "regrouped" and missing > 0 and kept)
    assert not disturbs_nobody([])
    assert not disturbs_nobody([change, Change(change.proposal, visit, "moved")])
