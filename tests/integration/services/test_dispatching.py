"""Coaches are asked for schools with too few adults, answer on a link, are replaced, told of changes, reminded."""

from __future__ import annotations

import datetime as dt
import threading
from collections import Counter

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from booking.db import make_engine, make_sessions, transaction
from booking.domain.called_off import CallingOff, Cause
from booking.domain.errors import BookingError, Conflict, InvalidInput, LinkInvalid
from booking.domain.school_year import DayBlocks
from booking.domain.states import DispatchStatus, MessageStatus
from booking.models.coaches import Coach, CoachAvailability
from booking.models.dispatches import CoachDispatch, DispatchLink
from booking.models.messages import Message
from booking.models.requests import Request
from booking.queries.coaches import coaches, dispatch_loads, needed_by_school
from booking.queries.dispatches import dispatch_counts, outings
from booking.services.audit import run_audit
from booking.services.called_off_days import call_off_day, concerned
from booking.services.coach_reminders import remind_coaches
from booking.services.coach_suggestions import suggestions
from booking.services.dispatch_answers import (
    answer_dispatch,
    answer_dispatch_by_telephone,
    call_coach_back,
    send_chosen,
)
from booking.services.dispatch_keeping import keep_dispatches
from booking.services.terms import the_centre
from tests.support.coaches import dispatches, few_adults, link_of, send_all, told

MONDAY = dt.date(2027, 3, 15)


def test_nobody_is_asked_before_a_person_has_chosen(session: Session) -> None:
    small = few_adults(session)
    wanted = needed_by_school(session, small.term.id)
    assert sum(wanted.values()) > 0
    assert not dispatches(small)
    suggested = suggestions(session, small.term, small.clock.now().date())
    assert Counter((one.slot.id, one.school.id) for one in suggested) == wanted

    sent = send_all(small)

    assert [(one.slot_id, one.school_id, one.coach_id) for one in sent] == [
        (one.slot.id, one.school.id, one.coach.id) for one in suggested
    ]
    asked = told(small, "coach_dispatched")
    assert {message.coach_id for message in asked} == {one.coach_id for one in sent}
    assert all(message.user_id is None and message.workplace_id is None for message in asked)
    assert not suggestions(session, small.term, small.clock.now().date())
    assert run_audit(session, small.clock.now()) == []


def test_the_load_is_spread(session: Session) -> None:
    small = few_adults(session)
    send_all(small)
    loads = dispatch_loads(session, small.term.id)
    pool = session.scalars(sa.select(Coach.id)).all()
    assert max(loads.values()) - min(loads[coach] for coach in pool) <= 1
    rows = {row.coach.id: row.sent for row in coaches(session, small.term.id, small.clock.now().date())}
    assert rows == {coach: loads[coach] for coach in pool}


def test_with_the_setting_they_are_asked_when_the_plan_is_published(session: Session) -> None:
    small = few_adults(session, by_itself=True)
    rows = outings(session, small.term.id, MONDAY)
    assert dispatch_counts(rows)["missing"] == 0
    assert dispatch_counts(rows)["asked"] == dispatch_counts(rows)["needed"] > 0


def test_a_yes_is_a_yes_once(session: Session) -> None:
    small = few_adults(session)
    first = send_all(small)[0]
    token = link_of(small, first)
    for _ in range(2):
        answer_dispatch(session, small.clock, small.config, token, accept=True)
    assert first.status is DispatchStatus.ACCEPTED
    count = "SELECT count(*) FROM history_entry WHERE action = 'coach_accepted'"
    assert session.scalar(sa.text(count)) == 1


@pytest.mark.parametrize("by_itself", [False, True])
def test_a_no_is_replaced_from_the_pool(session: Session, by_itself: bool) -> None:
    small = few_adults(session)
    first = send_all(small)[0]
    the_centre(session).repairs_itself = by_itself
    token = link_of(small, first)

    for _ in range(2):
        answer_dispatch(session, small.clock, small.config, token, accept=False, reason="출장입니다")

    assert (first.status, first.answer_reason) == (DispatchStatus.DECLINED, "출장입니다")
    assert session.get(CoachAvailability, (first.coach_id, first.slot_id)) is None
    newer = [one for one in dispatches(small) if one.id > first.id and one.slot_id == first.slot_id]
    others = [one for one in newer if one.school_id == first.school_id and one.coach_id != first.coach_id]
    suggested = suggestions(session, small.term, small.clock.now().date())
    if by_itself:
        assert not suggested or suggested[0].slot.id != first.slot_id
        assert any(one.status is DispatchStatus.ASKED for one in others)
    else:
        assert [(one.slot.id, one.school.id) for one in suggested] == [(first.slot_id, first.school_id)]
        assert suggested[0].coach.id != first.coach_id
    with pytest.raises(Conflict):
        answer_dispatch(session, small.clock, small.config, token, accept=True)


def test_a_yes_can_be_taken_back_until_the_day_before(session: Session) -> None:
    small = few_adults(session)
    first, second = send_all(small)[:2]
    token, other = link_of(small, first), link_of(small, second)
    answer_dispatch(session, small.clock, small.config, token, accept=True)
    answer_dispatch(session, small.clock, small.config, token, accept=False)
    assert first.status is DispatchStatus.DECLINED
    small.clock.moment = small.clock.moment.replace(month=3, day=second.slot.date.day)
    with pytest.raises(BookingError):
        answer_dispatch(session, small.clock, small.config, other, accept=True)


def test_the_telephone_and_the_office_do_the_same(session: Session) -> None:
    small = few_adults(session)
    first, second, *_ = send_all(small)
    answer_dispatch_by_telephone(session, small.clock, small.config, small.coordinator, first.id, accept=True)
    assert first.status is DispatchStatus.ACCEPTED
    for _ in range(2):
        call_coach_back(session, small.clock, small.coordinator, second.id)
    assert second.status is DispatchStatus.CANCELLED
    assert {message.coach_id for message in told(small, "coach_cancelled")} == {second.coach_id}


def test_what_is_not_suggested_is_not_sent(session: Session) -> None:
    small = few_adults(session)
    suggested = suggestions(session, small.term, small.clock.now().date())
    pair = (suggested[0].slot.id, suggested[0].school.id, suggested[0].coach.id)
    with pytest.raises(InvalidInput):
        send_chosen(session, small.clock, small.config, small.coordinator, [])
    send_chosen(session, small.clock, small.config, small.coordinator, [pair])
    with pytest.raises(Conflict):
        send_chosen(session, small.clock, small.config, small.coordinator, [pair])


def test_a_called_off_day_tells_its_coaches_once_each(session: Session) -> None:
    small = few_adults(session)
    sent = send_all(small)
    gone = [one for one in sent if one.slot.date == MONDAY]
    assert gone
    what = CallingOff(MONDAY, DayBlocks.ALL, Cause.WEATHER, "", again=False, closed=False)
    seen = concerned(session, small.term.id, MONDAY, DayBlocks.ALL).seen

    call_off_day(session, small.clock, small.config, small.coordinator, what, seen=seen)

    assert {one.status for one in dispatches(small) if one.slot.date == MONDAY} == {DispatchStatus.CANCELLED}
    cancelled = Counter((message.coach_id, message.channel.value) for message in told(small, "coach_cancelled"))
    assert {coach for coach, _ in cancelled} == {one.coach_id for one in gone}
    assert set(cancelled.values()) == {1}
    untouched = [one for one in dispatches(small) if one.slot.date != MONDAY]
    assert all(one.status is DispatchStatus.ASKED for one in untouched)
    assert keep_dispatches(session, small.clock, small.config) == 0


def test_who_was_never_told_is_not_told_of_the_end(session: Session) -> None:
    small = few_adults(session)
    send_all(small)
    session.execute(sa.update(Message).values(status=MessageStatus.CREATED))
    for dispatch in dispatches(small):
        call_coach_back(session, small.clock, small.coordinator, dispatch.id)
    assert not told(small, "coach_cancelled")
    assert {message.status for message in told(small, "coach_dispatched")} == {MessageStatus.WITHDRAWN}


def test_a_change_is_told_at_a_new_version_and_closes_older_links(session: Session) -> None:
    small = few_adults(session)
    first = send_all(small)[0]
    token = link_of(small, first)
    answer_dispatch(session, small.clock, small.config, token, accept=True)
    first.school.am_starts = dt.time(9, 30)
    first.school.pm_starts = dt.time(13, 45)

    assert keep_dispatches(session, small.clock, small.config) >= 1
    assert keep_dispatches(session, small.clock, small.config) == 0

    changed = [message for message in told(small, "coach_changed") if message.coach_id == first.coach_id]
    assert {message.version for message in changed} == {2}
    assert first.status is DispatchStatus.ACCEPTED
    with pytest.raises(LinkInvalid):
        answer_dispatch(session, small.clock, small.config, token, accept=False)
    session.execute(sa.update(DispatchLink).values(expires_at=sa.func.now() - sa.text("interval '1 second'")))
    with pytest.raises(LinkInvalid):
        answer_dispatch(session, small.clock, small.config, link_of(small, first)[:-1] + "x", accept=False)


def test_a_school_that_needs_fewer_keeps_whoever_said_yes(session: Session) -> None:
    small = few_adults(session)
    sent = send_all(small)
    place = Counter((one.slot_id, one.school_id) for one in sent).most_common(1)[0][0]
    mine = [one for one in sent if (one.slot_id, one.school_id) == place]
    last = mine[-1]
    answer_dispatch(session, small.clock, small.config, link_of(small, last), accept=True)
    session.execute(sa.update(Request).where(Request.school_id == place[1]).values(chaperones_needed=0))
    last.school.own_chaperones_per_slot = 0
    request = session.scalars(sa.select(Request).where(Request.school_id == place[1])).first()
    assert request is not None
    session.execute(sa.update(Request).where(Request.school_id == place[1]).values(chaperones_needed=1))
    wanted = needed_by_school(session, small.term.id)[place]

    keep_dispatches(session, small.clock, small.config)

    left = [one for one in mine if one.status in (DispatchStatus.ASKED, DispatchStatus.ACCEPTED)]
    assert len(left) == min(wanted, len(mine))
    assert last in left


def test_the_reminder_goes_to_who_said_yes_on_the_working_day_before(session: Session) -> None:
    small = few_adults(session)
    monday = [one for one in send_all(small) if one.slot.date == MONDAY]
    answer_dispatch(session, small.clock, small.config, link_of(small, monday[0]), accept=True)
    assert remind_coaches(session, small.clock) == 0
    small.clock.moment = dt.datetime(2027, 3, 12, 1, 0, tzinfo=dt.UTC)  # the Friday before
    assert remind_coaches(session, small.clock) >= 1
    assert remind_coaches(session, small.clock) == 0
    assert {message.coach_id for message in told(small, "coach_reminder")} == {monday[0].coach_id}


def test_the_database_sends_nobody_to_two_places(database_url: str) -> None:
    engine = make_engine(database_url, pool_size=8)
    sessions = make_sessions(engine)
    try:
        with sessions() as session, transaction(session):
            small = few_adults(session)
            one = suggestions(session, small.term, small.clock.now().date())[0]
            values = {"coach_id": one.coach.id, "slot_id": one.slot.id, "school_id": one.school.id}
        barrier, ends = threading.Barrier(6), []

        def send(_number: int) -> None:
            barrier.wait()
            try:
                with sessions() as session, transaction(session):
                    session.add(
                        CoachDispatch(**values, version=1, facts={}, answer_by=MONDAY, created_at=small.clock.now())
                    )
                ends.append("sent")
            except IntegrityError:
                ends.append("refused")

        threads = [threading.Thread(target=send, args=(number,)) for number in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(ends) == ["refused"] * 5 + ["sent"]
    finally:
        engine.dispose()


def test_who_is_out_already_or_has_said_no_is_not_suggested_then(session: Session) -> None:
    small = few_adults(session)
    today = small.clock.now().date()
    one = suggestions(session, small.term, today)[0]
    send_chosen(
        session, small.clock, small.config, small.coordinator, [(one.slot.id, one.school.id, one.coach.id)]
    )  # fmt: skip
    taken = (one.slot.id, one.coach.id)
    assert taken not in {(other.slot.id, other.coach.id) for other in suggestions(session, small.term, today)}

    (dispatch,) = dispatches(small)
    answer_dispatch(session, small.clock, small.config, link_of(small, dispatch), accept=False)
    session.add(CoachAvailability(coach_id=one.coach.id, slot_id=one.slot.id))
    session.flush()

    assert taken not in {(other.slot.id, other.coach.id) for other in suggestions(session, small.term, today)}
