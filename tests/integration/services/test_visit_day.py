"""Before a visit and on its day: checks, arrivals, and the telephone behind a logged click."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest
import sqlalchemy as sa

from booking.domain.errors import Forbidden, InvalidInput, NotFound, NotNow
from booking.domain.ids import GroupId
from booking.domain.visit_days import Check
from booking.domain.vocabulary import Role
from booking.models.history import AccessEntry, HistoryEntry
from booking.models.school_year import OneOffDay
from booking.services.audit import run_audit
from booking.services.placing import live_groups
from booking.services.visit_checks import set_checks
from booking.services.visit_day import arrive, reveal_contact, undo_arrival
from tests.support.factory import SmallTerm
from tests.support.visits import DAY, at

FRIDAY = dt.date(2027, 3, 12)


@pytest.fixture
def published(small: SmallTerm) -> SmallTerm:
    small.publish()
    return small


def actions(small: SmallTerm) -> list[str]:
    return list(small.session.scalars(sa.select(HistoryEntry.action).order_by(HistoryEntry.id)))


def test_a_check_says_who_and_when_and_keeps_the_first(published: SmallTerm) -> None:
    teacher = published.person(Role.TEACHER, "S0")
    request = published.request("V0000")
    assert set_checks(published.session, published.clock, teacher, [request.id], Check.CONSENT, True) == 1
    visit = published.visit("V0000")
    first = visit.consent_at
    assert first == published.clock.now()
    assert visit.consent_by_id == teacher.user_id
    assert visit.briefed_at is None
    published.clock.advance(dt.timedelta(hours=1))

    assert set_checks(published.session, published.clock, teacher, [request.id], Check.CONSENT, True) == 0

    assert visit.consent_at == first
    assert actions(published).count("consent_checked") == 1


def test_a_check_can_be_taken_back_until_the_day_is_over(published: SmallTerm) -> None:
    teacher = published.person(Role.TEACHER, "S0")
    request = published.request("V0000")
    for check in Check:
        set_checks(published.session, published.clock, teacher, [request.id], check, True)
    at(published, DAY)
    set_checks(published.session, published.clock, teacher, [request.id], Check.BRIEFING, False)
    assert published.visit("V0000").briefed_at is None
    assert published.visit("V0000").briefed_by_id is None
    at(published, DAY + dt.timedelta(days=1))

    with pytest.raises(NotNow) as refused:
        set_checks(published.session, published.clock, teacher, [request.id], Check.CONSENT, False)

    assert refused.value.reason == "after_the_day"
    assert published.visit("V0000").consent_at is not None


def test_several_classes_at_once_or_none(published: SmallTerm) -> None:
    teacher = published.person(Role.TEACHER, "S0")
    ids = [published.request(code).id for code in ("V0000", "V0001")]
    assert set_checks(published.session, published.clock, teacher, ids, Check.CONSENT, True) == 2
    foreign = published.request("V0002").id

    with pytest.raises(NotFound):
        set_checks(published.session, published.clock, teacher, [*ids, foreign], Check.BRIEFING, True)
    published.session.expire_all()

    assert all(published.visit(code).briefed_at is None for code in ("V0000", "V0001", "V0002"))
    with pytest.raises(InvalidInput):
        set_checks(published.session, published.clock, teacher, [], Check.BRIEFING, True)


def test_arrived_is_one_tap_on_the_day(published: SmallTerm) -> None:
    teacher = published.person(Role.TEACHER, "S0")
    request = published.request("V0000")
    group = live_groups(published.visit("V0000"))[0]
    at(published, FRIDAY)
    with pytest.raises(NotNow):
        arrive(published.session, published.clock, teacher, request.id, group.id)
    at(published, DAY, dt.time(9, 40))
    arrive(published.session, published.clock, teacher, request.id, group.id)
    first = group.arrived_at
    published.clock.advance(dt.timedelta(seconds=1))

    arrive(published.session, published.clock, teacher, request.id, group.id)

    assert group.arrived_at == first
    assert actions(published).count("group_arrived") == 1


def test_a_slip_can_be_taken_back_for_ten_minutes(published: SmallTerm) -> None:
    teacher = published.person(Role.TEACHER, "S0")
    request = published.request("V0000")
    one, other = live_groups(published.visit("V0000"))[:2]
    at(published, DAY, dt.time(9, 40))
    for group in (one, other):
        arrive(published.session, published.clock, teacher, request.id, group.id)
    published.clock.advance(dt.timedelta(minutes=10))
    undo_arrival(published.session, published.clock, teacher, request.id, one.id)
    undo_arrival(published.session, published.clock, teacher, request.id, one.id)
    assert (one.arrived_at, one.arrived_by_id) == (None, None)
    published.clock.advance(dt.timedelta(seconds=1))

    with pytest.raises(NotNow) as refused:
        undo_arrival(published.session, published.clock, teacher, request.id, other.id)

    assert refused.value.reason == "too_late"
    assert other.arrived_at is not None


def test_another_school_reaches_nothing_of_the_day(published: SmallTerm) -> None:
    stranger = published.person(Role.TEACHER, "S1")
    own, foreign = published.request("V0002"), published.request("V0000")
    group = live_groups(published.visit("V0000"))[0]
    at(published, DAY)
    for act in (arrive, undo_arrival, reveal_contact):
        with pytest.raises(NotFound):
            act(published.session, published.clock, stranger, foreign.id, group.id)
        # a group of another visit under one's own request's number
        with pytest.raises(NotFound):
            act(published.session, published.clock, stranger, own.id, group.id)
        with pytest.raises(NotFound):
            act(published.session, published.clock, stranger, own.id, GroupId(10**9))
        with pytest.raises(Forbidden):
            act(published.session, published.clock, published.person(Role.OFFICER), own.id, group.id)
    assert group.arrived_at is None
    assert not published.session.scalars(sa.select(AccessEntry)).all()


@pytest.mark.parametrize(
    ("date", "opens"),
    [(dt.date(2027, 3, 11), False), (FRIDAY, True), (dt.date(2027, 3, 14), False), (DAY, True)],
)
def test_a_telephone_is_shown_on_two_days_and_every_look_is_logged(
    published: SmallTerm, date: dt.date, opens: bool
) -> None:
    teacher = published.person(Role.TEACHER, "S0")
    request = published.request("V0000")
    group = live_groups(published.visit("V0000"))[0]
    at(published, date)

    if opens:
        contact = reveal_contact(published.session, published.clock, teacher, request.id, group.id)
        assert contact.phone
        entry = published.session.scalars(sa.select(AccessEntry)).one()
        assert (entry.user_id, entry.action, entry.subject_type, entry.subject_id) == (
            teacher.user_id, "reveal_contact", "workplace", group.workplace_id,
        )  # fmt: skip
    else:
        with pytest.raises(NotNow):
            reveal_contact(published.session, published.clock, teacher, request.id, group.id)
        assert not published.session.scalars(sa.select(AccessEntry)).all()


def test_a_day_off_of_the_centre_moves_the_day_before(published: SmallTerm) -> None:
    teacher = published.person(Role.TEACHER, "S0")
    request = published.request("V0000")
    group = live_groups(published.visit("V0000"))[0]
    published.session.add(OneOffDay(date=FRIDAY, name="센터 휴관", created_by_id=published.coordinator.user_id))
    published.session.flush()
    at(published, dt.date(2027, 3, 11))
    assert reveal_contact(published.session, published.clock, teacher, request.id, group.id).phone
    at(published, FRIDAY)
    with pytest.raises(NotNow):
        reveal_contact(published.session, published.clock, teacher, request.id, group.id)
    assert run_audit(published.session, published.clock.now()) == []


def test_parents_are_asked_again_when_the_date_moves(published: SmallTerm) -> None:
    teacher = published.person(Role.TEACHER, "S0")
    ids = [published.request(code).id for code in ("V0000", "V0001")]
    for check in Check:
        set_checks(published.session, published.clock, teacher, ids, check, True)
    _, plan = published.plan()
    # the two change places
    swapped = {"V0000": "2027-03-17/AM", "V0002": "2027-03-15/AM"}
    published.publish(
        published.propose(
            replace(given, slot=swapped[given.id]) if given.id in swapped else given for given in plan.visits
        )
    )
    moved, stayed = published.visit("V0000"), published.visit("V0001")
    assert moved.slot.date == dt.date(2027, 3, 17)
    assert (moved.consent_at, moved.consent_by_id) == (None, None)
    assert moved.briefed_at is not None
    assert stayed.consent_at is not None
