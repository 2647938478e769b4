"""Silent workplaces: asked again once, on the right day; then on the call list, until somebody enters their answer."""

from __future__ import annotations

import datetime as dt

import pytest
import sqlalchemy as sa

from booking.clock import seoul_date
from booking.domain.answers import Answer, DeclineReason
from booking.domain.errors import Conflict, Forbidden, InvalidInput, NotFound
from booking.domain.ids import NoticeId
from booking.domain.states import GroupStatus, MessageStatus, VisitStatus
from booking.domain.vocabulary import Role
from booking.models.history import HistoryEntry
from booking.models.messages import Message
from booking.models.school_year import OneOffDay
from booking.models.visits import VisitGroup, WorkplaceNotice
from booking.queries.calls import Call, WhyCall, calls, count_calls
from booking.services.audit import run_audit
from booking.services.confirmations import answer_by_telephone, note_call
from booking.services.notices import refresh_notices
from booking.services.placing import live_groups
from booking.services.workplace_reminders import remind_workplaces
from tests.support.factory import NOW, SmallTerm
from tests.support.visits import DAY, at

#: the answers are due on a public holiday: Friday is the last working day before it
DUE, FRIDAY = dt.date(2027, 3, 1), dt.date(2027, 2, 26)
MORNING = dt.time(9, 5)
YES = Answer(True)


@pytest.fixture
def asked(small: SmallTerm) -> SmallTerm:
    """The plan is published, and every question has left on the Monday."""
    small.publish()
    small.session.execute(
        sa.update(Message)
        .where(Message.status == MessageStatus.CREATED)
        .values(status=MessageStatus.SENT, sent_at=NOW, settled_at=NOW)
    )
    return small


def notices(small: SmallTerm) -> list[WorkplaceNotice]:
    small.session.expire_all()
    return list(small.session.scalars(sa.select(WorkplaceNotice).order_by(WorkplaceNotice.id)))


def reminders(small: SmallTerm) -> list[Message]:
    return list(small.session.scalars(sa.select(Message).where(Message.kind == "workplace_reminder")))


def run(small: SmallTerm, date: dt.date, time: dt.time = MORNING) -> int:
    at(small, date, time)
    return remind_workplaces(small.session, small.clock)


def first_notice(small: SmallTerm) -> tuple[WorkplaceNotice, list[VisitGroup]]:
    group = live_groups(small.visit("V0000"))[0]
    notice = small.session.scalars(
        sa.select(WorkplaceNotice).where(
            WorkplaceNotice.workplace_id == group.workplace_id, WorkplaceNotice.date == group.visit.slot.date
        )
    ).one()
    there = [one for one in live_groups(small.visit("V0000")) if one.workplace_id == group.workplace_id]
    return notice, there


def listed(small: SmallTerm, date: dt.date) -> list[Call]:
    at(small, date)
    term = small.visit("V0000").slot.term_id
    return calls(small.session, term, seoul_date(small.clock.now()))


def accept(small: SmallTerm, notice: WorkplaceNotice, groups: list[VisitGroup]) -> None:
    answer_by_telephone(
        small.session,
        small.clock,
        small.config,
        small.person(Role.COORDINATOR),
        notice.id,
        notice.version,
        {group.id: YES for group in groups},
    )


def test_everybody_silent_is_asked_once_more_on_the_last_working_day(asked: SmallTerm) -> None:
    assert {notice.answer_by for notice in notices(asked)} == {DUE}
    assert run(asked, FRIDAY - dt.timedelta(days=1)) == 0

    written = run(asked, FRIDAY)

    assert written == 2 * len(notices(asked))
    assert {message.subject for message in reminders(asked)} == {f"notice:{one.id}" for one in notices(asked)}
    assert run(asked, FRIDAY, dt.time(15)) == run(asked, DUE) == run(asked, DUE + dt.timedelta(days=1)) == 0
    assert run_audit(asked.session, asked.clock.now()) == []


def test_whoever_has_answered_is_left_in_peace(asked: SmallTerm) -> None:
    notice, groups = first_notice(asked)
    accept(asked, notice, groups)

    run(asked, FRIDAY)

    assert reminders(asked)
    assert f"notice:{notice.id}" not in {message.subject for message in reminders(asked)}


@pytest.mark.parametrize("time", [dt.time(8, 59), dt.time(20, 0)])
def test_nobody_is_reminded_at_night(asked: SmallTerm, time: dt.time) -> None:
    assert run(asked, FRIDAY, time) == 0


def test_nobody_is_reminded_on_a_day_off_but_on_the_working_day_before_it(asked: SmallTerm) -> None:
    asked.session.add(OneOffDay(date=FRIDAY, name="재량휴업", created_by_id=asked.person(Role.COORDINATOR).user_id))
    asked.session.flush()
    assert run(asked, FRIDAY - dt.timedelta(days=1)) > 0
    assert run(asked, FRIDAY) == 0


def test_who_was_asked_today_is_not_reminded_today(asked: SmallTerm) -> None:
    asked.session.execute(sa.update(WorkplaceNotice).values(answer_by=NOW.date() + dt.timedelta(days=1)))
    assert run(asked, NOW.date(), dt.time(18)) == 0
    assert run(asked, NOW.date() + dt.timedelta(days=1)) > 0


def test_a_question_that_did_not_arrive_is_no_reason_to_remind_but_to_call(asked: SmallTerm) -> None:
    notice, _ = first_notice(asked)
    mine = sa.update(Message).where(Message.subject == f"notice:{notice.id}")
    asked.session.execute(mine.values(status=MessageStatus.BOUNCED))
    run(asked, FRIDAY)
    assert f"notice:{notice.id}" not in {message.subject for message in reminders(asked)}
    assert [(call.notice.id, call.why, call.asked_at) for call in listed(asked, FRIDAY)] == [
        (notice.id, WhyCall.UNREACHED, None)
    ]


def test_a_reminder_of_what_has_changed_is_taken_back(asked: SmallTerm) -> None:
    run(asked, FRIDAY)
    notice, groups = first_notice(asked)
    groups[0].pupils -= 1
    asked.session.flush()
    refresh_notices(asked.session, asked.clock, asked.config, [(notice.workplace_id, notice.date)])
    mine = [message for message in reminders(asked) if message.subject == f"notice:{notice.id}"]
    asked.session.expire_all()
    assert {message.status for message in mine} == {MessageStatus.WITHDRAWN}


def test_the_call_list_begins_when_the_answer_is_overdue_and_says_what_was_tried(asked: SmallTerm) -> None:
    run(asked, FRIDAY)
    asked.session.execute(
        sa.update(Message)
        .where(Message.kind == "workplace_reminder")
        .values(status=MessageStatus.DELIVERED, sent_at=asked.clock.now())
    )
    asked.session.expire_all()
    assert listed(asked, DUE) == []

    found = listed(asked, DUE + dt.timedelta(days=1))

    assert len(found) == len(notices(asked))
    assert [call.notice.date for call in found] == sorted(call.notice.date for call in found)
    assert {call.why for call in found} == {WhyCall.OVERDUE}
    assert all(call.asked_at == NOW and call.reminded_at is not None and call.groups for call in found)
    assert asked.session.scalar(count_calls(asked.term.id, DUE + dt.timedelta(days=1))) == len(
        {call.notice.workplace_id for call in found}
    )


def test_a_visit_that_is_near_is_called_about_before_its_day_is_over(asked: SmallTerm) -> None:
    asked.session.execute(sa.update(WorkplaceNotice).values(answer_by=WorkplaceNotice.date - 1))
    asked.session.expire_all()
    assert {call.notice.date for call in listed(asked, DAY - dt.timedelta(days=4))} == set()
    near = listed(asked, DAY - dt.timedelta(days=3))
    assert {(call.notice.date, call.why) for call in near} == {(DAY, WhyCall.NEAR)}
    assert all(call.notice.date > DAY for call in listed(asked, DAY))


def test_a_call_in_vain_is_kept_for_the_next_colleague(asked: SmallTerm) -> None:
    notice, _ = first_notice(asked)
    for _ in range(2):
        note_call(asked.session, asked.clock, asked.person(Role.COORDINATOR), notice.id)
    asked.session.flush()
    found = {call.notice.id: call for call in listed(asked, DUE + dt.timedelta(days=1))}
    assert len(found[notice.id].tried) == 2
    assert sum(len(call.tried) for call in found.values()) == 2


def test_an_answer_by_telephone_counts_as_the_workplaces_own_and_says_who_entered_it(asked: SmallTerm) -> None:
    person = asked.person(Role.COORDINATOR)
    for group in live_groups(asked.visit("V0000")):
        notice = asked.session.scalars(
            sa.select(WorkplaceNotice).where(
                WorkplaceNotice.workplace_id == group.workplace_id, WorkplaceNotice.date == group.visit.slot.date
            )
        ).one()
        accept(asked, notice, [group])
    assert asked.visit("V0000").status is VisitStatus.CONFIRMED
    entries = asked.session.scalars(sa.select(HistoryEntry).where(HistoryEntry.action == "group_accepted")).all()
    assert {entry.actor for entry in entries} == {person.actor}
    assert run_audit(asked.session, asked.clock.now()) == []


def test_a_no_by_telephone_starts_the_repair(asked: SmallTerm) -> None:
    notice, groups = first_notice(asked)
    person = asked.person(Role.COORDINATOR)
    no = {groups[0].id: Answer(False, DeclineReason.NOT_THIS_DAY)}
    answer_by_telephone(asked.session, asked.clock, asked.config, person, notice.id, notice.version, no)
    asked.session.refresh(groups[0])
    assert groups[0].status is GroupStatus.DECLINED
    assert asked.session.scalar(sa.text("SELECT count(*) FROM allocation_run WHERE kind = 'repair'")) == 1


def test_what_was_read_out_has_to_be_what_is_asked_now(asked: SmallTerm) -> None:
    notice, groups = first_notice(asked)
    person, yes = asked.person(Role.COORDINATOR), {groups[0].id: YES}
    session, clock, config = asked.session, asked.clock, asked.config
    with pytest.raises(Conflict):
        answer_by_telephone(session, clock, config, person, notice.id, notice.version + 1, yes)
    with pytest.raises(InvalidInput):
        answer_by_telephone(session, clock, config, person, notice.id, notice.version, {})
    with pytest.raises(NotFound):
        answer_by_telephone(session, clock, config, person, NoticeId(10**6), 1, yes)
    with pytest.raises(Forbidden):
        answer_by_telephone(session, clock, config, asked.person(Role.TEACHER, "S0"), notice.id, notice.version, yes)
    asked.session.refresh(groups[0])
    assert groups[0].status is GroupStatus.ASKED
