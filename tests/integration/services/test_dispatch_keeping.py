"""Dispatches in step with coaches, visits and the calendar: who can no longer go, is silent, or was called back."""

from __future__ import annotations

import datetime as dt

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.domain.answers import SILENT
from booking.domain.coach_entry import CoachEntry
from booking.domain.states import DispatchStatus, MessageStatus, VisitStatus
from booking.models.coaches import CoachAvailability
from booking.models.dispatches import CoachDispatch
from booking.models.messages import Message
from booking.models.visits import Visit
from booking.queries.attention import attention
from booking.queries.coaches import needed, needed_by_school
from booking.queries.dispatches import coaches_of, count_missing, count_silent, outings, sent_along, visits_of
from booking.services.audit import run_audit
from booking.services.coach_suggestions import suggestions
from booking.services.coaches import change_availability, change_coach
from booking.services.dispatch_answers import answer_dispatch, answer_dispatch_by_telephone, call_coach_back
from booking.services.dispatch_keeping import keep_dispatches
from booking.services.terms import the_centre
from tests.support.coaches import dispatches, few_adults, link_of, send_all, told
from tests.support.factory import SmallTerm

LIVE = {DispatchStatus.ASKED, DispatchStatus.ACCEPTED}


def today(small: SmallTerm) -> dt.date:
    return small.clock.now().date()


def keep(small: SmallTerm) -> int:
    return keep_dispatches(small.session, small.clock, small.config)


def all_sent(small: SmallTerm) -> None:
    small.session.execute(sa.update(Message).values(status=MessageStatus.SENT))
    small.session.flush()


def overdue(small: SmallTerm, dispatch: CoachDispatch) -> None:
    """Let the day to answer pass."""
    dispatch.answer_by = today(small) - dt.timedelta(days=1)
    small.session.flush()


def others_at(small: SmallTerm, dispatch: CoachDispatch) -> list[CoachDispatch]:
    place = (dispatch.slot_id, dispatch.school_id)
    return [one for one in dispatches(small) if (one.slot_id, one.school_id) == place and one.id > dispatch.id]


# ------------------------------------------------------------------------------------------------- can no longer go
@pytest.mark.parametrize("why", ["untrained", "ended", "not_promised"])
def test_who_can_no_longer_go_is_called_back_and_told(session: Session, why: str) -> None:
    small = few_adults(session)
    first = send_all(small)[0]
    answer_dispatch(session, small.clock, small.config, link_of(small, first), accept=True)
    coach = first.coach
    if why == "not_promised":
        left = set(session.scalars(sa.select(CoachAvailability.slot_id).where(CoachAvailability.coach_id == coach.id)))
        change_availability(
            session, small.clock, small.config, small.coordinator, coach.id, left - {first.slot_id}, seen=coach.version
        )
    else:
        before = first.slot.date - dt.timedelta(days=1)
        entry = CoachEntry(
            name=coach.name,
            language=coach.language,
            training_valid_until=before if why == "untrained" else coach.training_valid_until,
            ended_on=before if why == "ended" else None,
            reach=None,
        )
        change_coach(session, small.clock, small.config, small.coordinator, coach.id, entry, seen=coach.version)

    assert (first.status, first.cancelled_by) == (DispatchStatus.CANCELLED, "worker")
    assert {message.coach_id for message in told(small, "coach_cancelled")} == {coach.id}
    assert (first.slot_id, first.school_id) in {
        (one.slot.id, one.school.id) for one in suggestions(session, small.term, today(small))
    }
    assert keep(small) == 0
    assert run_audit(session, small.clock.now()) == []


def test_who_stays_with_a_promise_for_another_time_is_left_alone(session: Session) -> None:
    small = few_adults(session)
    before = [(one.id, one.version, one.status) for one in send_all(small)]
    assert keep(small) == 0
    assert [(one.id, one.version, one.status) for one in dispatches(small)] == before


# ------------------------------------------------------------------------------------------------------------ silent
def test_who_is_silent_gives_way_to_the_next(session: Session) -> None:
    small = few_adults(session, by_itself=True)
    all_sent(small)
    first, second = dispatches(small)[:2]
    answer_dispatch(session, small.clock, small.config, link_of(small, second), accept=True)
    overdue(small, first)
    overdue(small, second)

    assert keep(small) >= 2, "one is called back, the next one asked"
    assert keep(small) == 0

    assert (first.status, first.answer_reason) == (DispatchStatus.CANCELLED, SILENT)
    assert second.status is DispatchStatus.ACCEPTED, "who has answered is not silent"
    (newer,) = others_at(small, first)[-1:]
    assert newer.status is DispatchStatus.ASKED
    assert newer.coach_id != first.coach_id
    assert {message.coach_id for message in told(small, "coach_cancelled")} == {first.coach_id}
    assert run_audit(session, small.clock.now()) == []


@pytest.mark.parametrize("why", ["office_decides", "nobody_else", "on_its_way", "time_left"])
def test_who_is_silent_is_waited_for(session: Session, why: str) -> None:
    small = few_adults(session, by_itself=True)
    all_sent(small)
    first = dispatches(small)[0]
    if why != "time_left":
        overdue(small, first)
    if why == "office_decides":
        the_centre(session).repairs_itself = False
    elif why == "nobody_else":
        session.execute(
            sa.delete(CoachAvailability).where(
                CoachAvailability.coach_id.not_in([one.coach_id for one in dispatches(small)])
            )
        )
        busy = {(one.coach_id, one.slot_id) for one in dispatches(small)}
        for promise in session.scalars(sa.select(CoachAvailability)):
            if (promise.coach_id, promise.slot_id) not in busy:
                session.delete(promise)
    elif why == "on_its_way":
        session.execute(
            sa.update(Message)
            .where(Message.coach_id == first.coach_id, Message.channel == "sms")
            .values(status=MessageStatus.CREATED)
        )
    session.flush()
    keep(small)
    assert first.status is DispatchStatus.ASKED


# ------------------------------------------------------------------------------------------------------- called back
def test_whom_a_person_calls_back_is_not_asked_again_by_itself(session: Session) -> None:
    small = few_adults(session, by_itself=True)
    all_sent(small)
    first = dispatches(small)[0]
    call_coach_back(session, small.clock, small.coordinator, first.id)
    assert first.cancelled_by == small.coordinator.actor
    keep(small)
    again = [one for one in others_at(small, first) if one.status in LIVE]
    assert again
    assert first.coach_id not in {one.coach_id for one in again}
    # the office may change its mind
    the_centre(session).repairs_itself = False
    for one in again:
        call_coach_back(session, small.clock, small.coordinator, one.id)
    suggested = [one for one in suggestions(session, small.term, today(small)) if one.slot.id == first.slot_id]
    assert suggested


def test_who_has_said_yes_on_the_telephone_is_told_of_the_end_though_no_message_arrived(session: Session) -> None:
    small = few_adults(session)
    first = send_all(small)[0]
    session.execute(sa.update(Message).where(Message.coach_id == first.coach_id).values(status=MessageStatus.FAILED))
    answer_dispatch_by_telephone(session, small.clock, small.config, small.coordinator, first.id, accept=True)
    call_coach_back(session, small.clock, small.coordinator, first.id)
    assert {message.coach_id for message in told(small, "coach_cancelled")} == {first.coach_id}


# -------------------------------------------------------------------------------------------------------------- held
def test_nobody_is_asked_for_a_date_to_which_the_school_has_not_agreed(session: Session) -> None:
    small = few_adults(session)
    wanted, all_needed = needed_by_school(session, small.term.id), needed(session, small.term.id)
    place = next(iter(wanted))
    session.execute(sa.update(Visit).where(Visit.slot_id == place[0]).values(status=VisitStatus.PROPOSED))
    assert place not in needed_by_school(session, small.term.id)
    assert needed(session, small.term.id) == all_needed, "the plan counts on them"
    assert place[0] not in {one.slot.id for one in suggestions(session, small.term, today(small))}


# ----------------------------------------------------------------------------------------------- what the office sees
def test_the_office_counts_who_is_missing_soon_and_who_is_silent(session: Session) -> None:
    small = few_adults(session)
    soon = dt.date(2027, 3, 15) - dt.timedelta(days=14)
    total = sum(needed_by_school(session, small.term.id).values())
    assert session.scalar(count_missing(small.term.id, soon - dt.timedelta(days=1))) == 0, "there is time"
    near = session.scalar(count_missing(small.term.id, soon)) or 0
    assert 0 < near <= total
    before = attention(session, small.term, soon)
    assert before.coaches_missing == near
    sent = send_all(small)
    assert session.scalar(count_missing(small.term.id, soon)) == 0
    assert session.scalar(count_silent(small.term.id, today(small))) == 0
    asked = attention(session, small.term, soon)
    assert before.total - asked.total == near
    overdue(small, sent[0])
    assert session.scalar(count_silent(small.term.id, today(small))) == 1
    assert attention(session, small.term, soon).total - asked.total == 1
    coach = sent[0].coach_id
    assert [one.coach_id for one in sent_along(session, coach, small.term.id)] == [coach] * sum(
        one.coach_id == coach for one in sent
    )
    assert coaches_of(session, {(sent[0].slot_id, sent[0].school_id)}) == sum(
        (one.slot_id, one.school_id) == (sent[0].slot_id, sent[0].school_id) for one in sent
    )
    assert visits_of(session, sent[0])
    assert all(row.missing == 0 for row in outings(session, small.term.id, today(small)))


# ------------------------------------------------------------------------------------------------------------- audit
def test_the_audit_finds_a_coach_who_was_not_asked_not_told_or_goes_nowhere(session: Session) -> None:
    """Each breach is made by hand: an audit that cannot fail would be none."""
    small = few_adults(session)
    first, second = send_all(small)[:2]
    call_coach_back(session, small.clock, small.coordinator, second.id)
    assert run_audit(session, small.clock.now()) == []
    session.execute(sa.text("SET session_replication_role = replica"))
    session.execute(sa.delete(Message).where(Message.subject == f"dispatch:{first.id}"))
    session.execute(sa.delete(Message).where(Message.kind == "coach_cancelled"))
    session.execute(sa.text("UPDATE visit SET status = 'cancelled' WHERE slot_id = :s"), {"s": first.slot_id})

    found = {breach.rule for breach in run_audit(session, small.clock.now())}

    assert {"coach_was_asked", "coach_called_back_was_told", "coach_goes_to_a_school_that_goes_out"} <= found


def test_an_answer_is_final_in_the_database(session: Session) -> None:
    small = few_adults(session)
    first = send_all(small)[0]
    answer_dispatch(session, small.clock, small.config, link_of(small, first), accept=False)
    with pytest.raises(sa.exc.DBAPIError, match="final"), session.begin_nested():
        session.execute(sa.text("UPDATE coach_dispatch SET status = 'accepted' WHERE id = :d"), {"d": first.id})
