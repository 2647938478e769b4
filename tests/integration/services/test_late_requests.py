"""늦은 신청: asked for after the window, left out of every run until the left-over phase, counted apart till then."""

from __future__ import annotations

import datetime as dt

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.clock import seoul_date
from booking.domain.errors import PhaseClosed, StalePlan
from booking.domain.person import Person
from booking.domain.states import RequestStatus
from booking.domain.vocabulary import JobField, Role
from booking.models.requests import Request
from booking.models.schools import SchoolClass
from booking.queries.attention import attention
from booking.queries.load import present_loads, slot_loads, wished_loads
from booking.services.instance_builder import build_instance
from booking.services.request_judging import RequestDraft
from booking.services.requests import RequestChange, change_request, submit_requests, withdraw_request
from tests.support.factory import SmallTerm

LATE = "2027-03-24/AM"


@pytest.fixture
def small(session: Session) -> SmallTerm:
    return SmallTerm(session)


@pytest.fixture
def teacher(small: SmallTerm) -> Person:
    return small.person(Role.TEACHER, "S0")


def on(small: SmallTerm, day: dt.date) -> None:
    small.clock.moment = dt.datetime.combine(day, dt.time(3), dt.UTC)


def ask(small: SmallTerm, teacher: Person) -> Request:
    """One class asks for one slot."""
    one = SchoolClass(school_id=teacher.school_ids[0], label="3-1", pupils=20, chaperones_needed=2)
    small.session.add(one)
    small.session.flush()
    draft = RequestDraft(teacher.school_ids[0], (one.id,), False, (JobField.ARTS,), (small.slot(LATE).id,))
    (made,) = submit_requests(small.session, small.clock, teacher, draft)
    return made


def codes(small: SmallTerm, *, keep: bool = True) -> set[str]:
    built = build_instance(small.session, small.clock, small.term, keep=keep)
    return {visit.id for visit in built.instance.visits}


def test_a_late_request_is_in_no_run_before_the_left_over_phase(small: SmallTerm, teacher: Person) -> None:
    on(small, small.term.allocation_on)
    before = build_instance(small.session, small.clock, small.term).facts_sha256
    made = ask(small, teacher)
    assert (made.late, made.status) == (True, RequestStatus.SUBMITTED)
    assert made.code not in codes(small) | codes(small, keep=False)
    assert build_instance(small.session, small.clock, small.term).facts_sha256 == before
    run = small.propose()
    assert made.code not in {proposal.request.code for proposal in run.proposals}
    small.publish(run)
    assert small.request(made.code).status is RequestStatus.SUBMITTED
    on(small, small.term.confirmation_on)
    assert made.code not in codes(small)
    on(small, small.term.leftovers_on)
    assert made.code in codes(small)
    assert small.request(made.code).late
    small.publish()
    assert small.visit(made.code).slot.code == LATE


def test_a_run_from_before_the_left_over_phase_is_outdated_in_it(small: SmallTerm, teacher: Person) -> None:
    on(small, small.term.confirmation_on)
    ask(small, teacher)
    run = small.propose()
    on(small, small.term.leftovers_on)
    with pytest.raises(StalePlan):
        small.publish(run)


def test_it_is_counted_apart_until_it_is_its_turn(small: SmallTerm, teacher: Person) -> None:
    session, term = small.session, small.term
    on(small, term.allocation_on)
    ask(small, teacher)
    slot = small.slot(LATE)
    today = seoul_date(small.clock.now())
    waits = attention(session, term, today)
    assert (waits.waiting, waits.late) == (6, 1)
    assert LATE not in wished_loads(session, term, late=False)
    assert wished_loads(session, term, late=True)[LATE] == 20
    counted = {load.code: load.pupils for load in slot_loads(session, term, late=False)}
    assert counted[LATE] == 0
    # whoever looks for a date is told of it all the same
    assert present_loads(session, term)[slot.id] == 20
    turned = attention(session, term, term.leftovers_on)
    assert (turned.waiting, turned.late) == (7, 0)


def test_a_late_request_is_changed_and_withdrawn_like_others_in_their_time(small: SmallTerm, teacher: Person) -> None:
    on(small, small.term.allocation_on)
    made = ask(small, teacher)
    change = RequestChange(18, 2, (JobField.HEALTH,), (small.slot("2027-03-25/AM").id,))
    changed = change_request(small.session, small.clock, teacher, made.id, made.version, change)
    assert (changed.pupils, changed.late) == (18, True)
    in_time = small.request("V0000")
    with pytest.raises(PhaseClosed):
        change_request(small.session, small.clock, teacher, in_time.id, in_time.version, change)
    gone = withdraw_request(small.session, small.clock, small.config, teacher, made.id, made.version, "행사")
    assert gone.status is RequestStatus.WITHDRAWN


def test_in_the_window_and_in_the_left_over_phase_nothing_is_late(small: SmallTerm, teacher: Person) -> None:
    assert not ask(small, teacher).late
    small.session.execute(sa.delete(SchoolClass).where(~SchoolClass.id.in_(sa.select(Request.class_id))))
    on(small, small.term.leftovers_on)
    one = small.session.scalars(sa.select(SchoolClass).where(SchoolClass.label == "3-1")).one()
    draft = RequestDraft(teacher.school_ids[0], (one.id,), False, (JobField.ARTS,), (small.slot("2027-03-25/AM").id,))
    (made,) = submit_requests(small.session, small.clock, teacher, draft)
    assert not made.late
