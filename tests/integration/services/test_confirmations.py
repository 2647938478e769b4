"""A workplace answers on its link: once, for its own groups, and everybody concerned learns of it."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from booking.domain.answers import Answer, DeclineReason
from booking.domain.errors import Conflict, InvalidInput, LinkInvalid
from booking.domain.ids import GroupId
from booking.domain.states import GroupStatus, MessageStatus, RunKind, RunStatus, VisitStatus
from booking.models.messages import Message
from booking.models.requests import ExcludedWorkplace
from booking.models.runs import AllocationRun
from booking.models.visits import VisitGroup, WorkplaceNotice
from booking.models.workplaces import WorkplaceException
from booking.services.answer_sheets import read_sheet
from booking.services.audit import run_audit
from booking.services.confirmations import answer
from booking.services.placing import live_groups
from tests.support.factory import SmallTerm

YES = Answer(True)
NOT_THIS_DAY = Answer(False, DeclineReason.NOT_THIS_DAY)


@pytest.fixture
def published(small: SmallTerm) -> SmallTerm:
    small.publish()
    small.session.execute(
        sa.update(Message).where(Message.status == MessageStatus.CREATED).values(status=MessageStatus.SENT)
    )
    return small


def notice_of(small: SmallTerm, group: VisitGroup) -> WorkplaceNotice:
    return small.session.scalars(
        sa.select(WorkplaceNotice).where(
            WorkplaceNotice.workplace_id == group.workplace_id, WorkplaceNotice.date == group.visit.slot.date
        )
    ).one()


def reply(small: SmallTerm, group: VisitGroup, given: Answer, token: str | None = None) -> None:
    link = token or small.link(notice_of(small, group))
    answer(small.session, small.clock, small.config, link, {group.id: given})
    small.judge()


def accept_everything(small: SmallTerm, code: str) -> None:
    for group in live_groups(small.visit(code)):
        if group.status is GroupStatus.ASKED:
            reply(small, group, YES)


def told(small: SmallTerm, kind: str) -> list[Message]:
    return list(small.session.scalars(sa.select(Message).where(Message.kind == kind)))


def test_reading_a_link_changes_nothing(published: SmallTerm) -> None:
    group = live_groups(published.visit("V0000"))[0]
    token = published.link(notice_of(published, group))

    sheets = [read_sheet(published.session, published.clock, token) for _ in range(10)]

    assert all(sheet.may_answer for sheet in sheets)
    assert {shown.status for sheet in sheets for shown in sheet.groups} == {GroupStatus.ASKED}
    assert not told(published, "visit_confirmed")


def test_a_visit_is_confirmed_when_its_last_workplace_says_yes(published: SmallTerm) -> None:
    groups = live_groups(published.visit("V0000"))
    for group in groups[:-1]:
        reply(published, group, YES)
    assert published.visit("V0000").status is VisitStatus.PUBLISHED

    reply(published, groups[-1], YES)

    assert published.visit("V0000").status is VisitStatus.CONFIRMED
    confirmed = told(published, "visit_confirmed")
    assert {message.channel.value for message in confirmed} == {"email", "sms"}
    assert len(confirmed[0].facts["workplaces"]) == len(groups)
    assert run_audit(published.session, published.clock.now()) == []


def test_workplaces_are_told_when_all_their_visits_of_the_day_stand(published: SmallTerm) -> None:
    accept_everything(published, "V0000")
    accept_everything(published, "V0001")

    notices = published.session.scalars(
        sa.select(WorkplaceNotice).where(WorkplaceNotice.date == published.slot("2027-03-15/AM").date)
    ).all()
    assert len(told(published, "workplace_confirmed")) == 2 * len(notices)


def test_the_same_answer_again_does_nothing_twice(published: SmallTerm) -> None:
    group = live_groups(published.visit("V0000"))[0]
    token = published.link(notice_of(published, group))
    reply(published, group, NOT_THIS_DAY, token)
    runs = published.session.scalar(sa.select(sa.func.count()).select_from(AllocationRun))

    reply(published, group, NOT_THIS_DAY, token)

    assert published.session.scalar(sa.select(sa.func.count()).select_from(AllocationRun)) == runs
    assert group.status is GroupStatus.DECLINED


def test_a_decline_frees_the_place_is_remembered_and_starts_a_repair(published: SmallTerm) -> None:
    accept_everything(published, "V0000")
    visit = published.visit("V0000")
    group = live_groups(visit)[0]

    reply(published, group, NOT_THIS_DAY)

    assert group.status is GroupStatus.DECLINED
    assert visit.status is VisitStatus.PUBLISHED
    assert published.session.get(ExcludedWorkplace, (visit.request_id, group.workplace_id)) is not None
    closed = published.session.get(WorkplaceException, (group.workplace_id, visit.slot.date, visit.slot.block))
    assert closed is not None
    assert not closed.open
    run = published.session.scalars(sa.select(AllocationRun).where(AllocationRun.kind == RunKind.REPAIR)).one()
    assert run.status is RunStatus.QUEUED
    assert run_audit(published.session, published.clock.now()) == []


def test_two_declines_wait_for_one_repair(published: SmallTerm) -> None:
    first, second = live_groups(published.visit("V0000"))[:2]

    reply(published, first, Answer(False, DeclineReason.NOT_THIS_SIZE))
    reply(published, second, NOT_THIS_DAY)

    runs = published.session.scalars(sa.select(AllocationRun).where(AllocationRun.kind == RunKind.REPAIR)).all()
    assert [run.status for run in runs] == [RunStatus.QUEUED]


def test_a_decline_during_a_repair_has_it_solved_again(published: SmallTerm) -> None:
    first, second = live_groups(published.visit("V0000"))[:2]
    reply(published, first, NOT_THIS_DAY)
    run = published.session.scalars(sa.select(AllocationRun).where(AllocationRun.kind == RunKind.REPAIR)).one()
    run.status = RunStatus.SOLVING
    published.session.flush()

    reply(published, second, NOT_THIS_DAY)

    assert run.again


def test_a_no_does_not_become_a_yes(published: SmallTerm) -> None:
    group = live_groups(published.visit("V0000"))[0]
    token = published.link(notice_of(published, group))
    reply(published, group, NOT_THIS_DAY, token)

    with pytest.raises(Conflict):
        reply(published, group, YES, token)


def test_a_decline_needs_its_reason(published: SmallTerm) -> None:
    group = live_groups(published.visit("V0000"))[0]

    with pytest.raises(InvalidInput):
        reply(published, group, Answer(False))
    assert group.status is GroupStatus.ASKED


def test_a_link_does_not_answer_for_another_workplace(published: SmallTerm) -> None:
    mine, others = live_groups(published.visit("V0000"))[:2]
    token = published.link(notice_of(published, mine))

    with pytest.raises(InvalidInput):
        reply(published, others, YES, token)
    with pytest.raises(InvalidInput):
        answer(published.session, published.clock, published.config, token, {GroupId(10**9): YES})
    assert others.status is GroupStatus.ASKED


@pytest.mark.parametrize("token", ["", "x", "../../etc/passwd", "A" * 43, "가" * 43, "A" * 5000])
def test_a_forged_link_opens_nothing(published: SmallTerm, token: str) -> None:
    with pytest.raises(LinkInvalid):
        read_sheet(published.session, published.clock, token)


def test_nothing_is_answered_on_the_day_itself(published: SmallTerm) -> None:
    group = live_groups(published.visit("V0000"))[0]
    token = published.link(notice_of(published, group))
    published.clock.moment = published.clock.moment.replace(month=3, day=15)

    with pytest.raises(Conflict):
        reply(published, group, YES, token)
