"""Schools register for sessions that have places: who fits comes, who does not waits, what comes free is offered."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from booking.clock import seoul_time
from booking.domain.errors import Conflict, Forbidden, IllegalTransition, InvalidForm, NotFound, NotNow
from booking.domain.ledger import Amount, Stage
from booking.domain.party_states import PartyStatus
from booking.domain.registration import PartyEntry
from booking.domain.vocabulary import Level, Role
from booking.models.schools import School
from booking.queries.ledger import Filter, by_school, total
from booking.queries.registrations import offers_waiting, openings_for, parties_of
from booking.services.audit import run_audit
from booking.services.registration_deadlines import expire_places
from booking.services.registration_desk import (
    close_registration,
    gather_places,
    place_party,
    save_opening,
)
from booking.services.registration_line import ahead_of
from booking.services.registrations import answer_place, change_size, register, withdraw
from tests.support.books import schools
from tests.support.factory import SmallTerm
from tests.support.registrations import DAY, USUAL, now, opened, places, registered, teacher, told
from tests.support.visits import at

WAITING, OFFERED, REGISTERED = PartyStatus.WAITING, PartyStatus.OFFERED, PartyStatus.REGISTERED
#: the end of the third working day after Monday, 22 February; the first of March is a holiday and comes later
THURSDAY = seoul_time(dt.date(2027, 2, 25), dt.time(18))


def clean(small: SmallTerm) -> None:
    small.session.flush()
    assert run_audit(small.session, small.clock.now()) == []


def planned(small: SmallTerm) -> int:
    return total(small.session, Filter(stage=Stage.PLANNED)).people


def test_who_fits_is_registered_and_counted_and_who_does_not_waits(small: SmallTerm) -> None:
    opening = opened(small, 50)
    first, second = registered(small, opening, 28), registered(small, opening, 28, "1-2", school=1)
    assert (first.status, second.status) == (REGISTERED, WAITING)
    assert [message.kind for message in told(small)] == ["session_registered", "session_waiting"]
    assert told(small)[1].facts["ahead"] == 0
    assert planned(small) == 28
    assert dict(by_school(small.session, Filter(stage=Stage.PLANNED)))[schools(small.session)[0]] == Amount(1, 28)
    clean(small)


def test_a_class_of_28_does_not_keep_a_class_of_20_from_the_places_that_are_free(small: SmallTerm) -> None:
    opening = opened(small, 50)
    registered(small, opening, 28)
    large = registered(small, opening, 28, "1-2", school=1)
    small_one = registered(small, opening, 20, "1-3", school=2)
    assert (large.status, large.passed) == (WAITING, 1)
    assert small_one.status is REGISTERED
    assert not ahead_of(now(small, opening), large)
    clean(small)


def test_what_comes_free_is_offered_in_the_order_of_arrival_with_a_deadline(small: SmallTerm) -> None:
    opening = opened(small, 30)
    there = registered(small, opening, 30)
    large, middle, last = (
        registered(small, opening, pupils, label, school)
        for pupils, label, school in ((28, "1-1", 1), (20, "1-2", 1), (10, "1-1", 2))
    )
    withdraw(small.session, small.clock, teacher(small), there.id, seen=there.version)
    assert [large.status, middle.status, last.status] == [OFFERED, WAITING, WAITING]
    assert large.offered_until == THURSDAY
    offer = told(small, "session_offer")[0]
    assert offer.facts["until"] == {"date": "2027-02-25", "time": "18:00"}
    assert planned(small) == 0

    answer_place(small.session, small.clock, teacher(small, 1), large.id, accept=False)
    assert [middle.status, last.status] == [OFFERED, OFFERED]
    answer_place(small.session, small.clock, teacher(small, 1), middle.id, accept=True)
    answer_place(small.session, small.clock, teacher(small, 1), middle.id, accept=True)
    assert planned(small) == 20
    assert [one.kind for one in told(small)].count("session_registered") == 2
    assert offers_waiting(small.session, teacher(small, 2).school_ids) == 1
    clean(small)


def test_silence_gives_the_places_to_the_next_once(small: SmallTerm) -> None:
    opening = opened(small, 30)
    there = registered(small, opening, 30)
    first, second = registered(small, opening, 30, school=1), registered(small, opening, 30, school=2)
    withdraw(small.session, small.clock, teacher(small), there.id, seen=there.version)
    small.clock.moment = THURSDAY - dt.timedelta(minutes=1)
    assert expire_places(small.session, small.clock) == 0
    small.clock.moment = THURSDAY
    with pytest.raises(IllegalTransition):
        answer_place(small.session, small.clock, teacher(small, 1), first.id, accept=True)
    assert expire_places(small.session, small.clock) == 1
    assert expire_places(small.session, small.clock) == 0
    assert [first.status, second.status] == [PartyStatus.EXPIRED, OFFERED]
    # the first of March is a holiday and does not count
    assert second.offered_until == seoul_time(dt.date(2027, 3, 3), dt.time(18))
    assert len(told(small, "session_offer_expired")) == 1
    assert len(told(small, "session_offer")) == 2
    clean(small)


def test_an_offer_ends_with_the_day_before_the_session_and_then_there_are_none(small: SmallTerm) -> None:
    opening = opened(small, 30)
    there = registered(small, opening, 30)
    waiting = registered(small, opening, 30, school=1)
    at(small, DAY - dt.timedelta(days=2))
    withdraw(small.session, small.clock, teacher(small), there.id, seen=there.version)
    last = seoul_time(DAY - dt.timedelta(days=1), dt.time(18))
    assert waiting.offered_until == last
    small.clock.moment = last
    expire_places(small.session, small.clock)
    late = register(
        small.session, small.clock, small.coordinator, opening.session_id, teacher(small, 2).school_ids[0],
        PartyEntry("1-1", 1, 5, ""),
    )  # fmt: skip
    assert late.status is WAITING
    place_party(small.session, small.clock, small.coordinator, late.id)
    assert late.status is REGISTERED
    with pytest.raises(NotNow):
        registered(small, opening, 5, "1-9")
    clean(small)


def test_places_are_gathered_for_one_that_was_passed_over(small: SmallTerm) -> None:
    opening = opened(small, 40)
    first = registered(small, opening, 20)
    registered(small, opening, 10, "1-2")
    large = registered(small, opening, 28, school=1)
    gather_places(small.session, small.clock, small.coordinator, large.id, on=True)
    behind = registered(small, opening, 10, school=2)
    assert behind.status is WAITING
    assert large.passed == 0
    with pytest.raises(InvalidForm):
        change_size(small.session, small.clock, teacher(small), first.id, 21, seen=first.version)
    withdraw(small.session, small.clock, teacher(small), first.id, seen=first.version)
    assert [large.status, behind.status] == [OFFERED, WAITING]
    with pytest.raises(IllegalTransition):
        gather_places(small.session, small.clock, small.coordinator, large.id, on=True)
    clean(small)


def test_gathering_that_is_given_up_lets_the_others_in(small: SmallTerm) -> None:
    opening = opened(small, 30)
    registered(small, opening, 20)
    large = registered(small, opening, 28, school=1)
    gather_places(small.session, small.clock, small.coordinator, large.id, on=True)
    behind = registered(small, opening, 10, school=2)
    gather_places(small.session, small.clock, small.coordinator, large.id, on=False)
    assert [large.status, behind.status] == [WAITING, OFFERED]
    assert large.passed == 1


def test_more_places_move_the_list_at_once_and_fewer_than_promised_are_refused(small: SmallTerm) -> None:
    opening = opened(small, 40)
    registered(small, opening, 30)
    waiting = registered(small, opening, 30, school=1)
    places(small, opening, 60)
    assert waiting.status is OFFERED
    # what is offered is promised until it is answered
    with pytest.raises(InvalidForm) as refused:
        places(small, opening, 59)
    assert refused.value.faults[0].reason == "below_promised"
    with pytest.raises(Conflict):
        save_opening(small.session, small.clock, small.coordinator, opening.session_id, USUAL, seen=1)
    clean(small)


def test_pressed_twice_or_by_two_teachers_of_a_school_it_is_there_once(small: SmallTerm) -> None:
    opening = opened(small)
    first, again = registered(small, opening, 28), registered(small, opening, 28)
    assert first is again
    assert len(told(small)) == 1
    with pytest.raises(InvalidForm) as refused:
        registered(small, opening, 20)
    assert (refused.value.faults[0].field, refused.value.faults[0].reason) == ("label", "registered_already")
    assert planned(small) == 28


def test_one_that_waits_keeps_its_turn_with_fewer_and_goes_to_the_end_with_more(small: SmallTerm) -> None:
    opening = opened(small, 40)
    registered(small, opening, 30)
    first, second = registered(small, opening, 20, school=1), registered(small, opening, 25, school=2)
    change_size(small.session, small.clock, teacher(small, 1), first.id, 30, seen=first.version)
    assert [one.id for one in now(small, opening).waiting] == [second.id, first.id]
    change_size(small.session, small.clock, teacher(small, 2), second.id, 24, seen=second.version)
    assert [one.id for one in now(small, opening).waiting] == [second.id, first.id]
    # as few as are free: its school is asking just now, and is not asked back
    change_size(small.session, small.clock, teacher(small, 1), first.id, 10, seen=first.version)
    assert first.status is REGISTERED
    assert [one.kind for one in told(small)].count("session_offer") == 0
    assert planned(small) == 40
    clean(small)


def test_a_registered_class_grows_into_free_places_alone_and_leaves_what_it_gives_back(small: SmallTerm) -> None:
    opening = opened(small, 40)
    party = registered(small, opening, 20)
    waiting = registered(small, opening, 25, school=1)
    change_size(small.session, small.clock, teacher(small), party.id, 22, seen=party.version)
    with pytest.raises(InvalidForm) as refused:
        change_size(small.session, small.clock, teacher(small), party.id, 41, seen=party.version)
    assert refused.value.faults[0].reason == "group_size"
    other = registered(small, opening, 18, "1-2")
    with pytest.raises(InvalidForm) as refused:
        change_size(small.session, small.clock, teacher(small), party.id, 23, seen=party.version)
    assert refused.value.faults[0].reason == "no_room"
    with pytest.raises(Conflict):
        change_size(small.session, small.clock, teacher(small), other.id, 17, seen=99)
    change_size(small.session, small.clock, teacher(small), other.id, 1, seen=other.version)
    change_size(small.session, small.clock, teacher(small), party.id, 14, seen=party.version)
    assert waiting.status is OFFERED
    assert planned(small) == 15
    clean(small)


def test_it_is_for_its_levels_grades_and_sizes_in_its_time(small: SmallTerm) -> None:
    opening = opened(small, 60, grades=(2,), smallest=10, largest=30)
    who = teacher(small)
    for entry, field, reason in (
        (PartyEntry("1-1", 1, 20, ""), "grade", "not_for_grade"),
        (PartyEntry("1-1", 2, 9, ""), "pupils", "group_size"),
        (PartyEntry("1-1", 2, 31, ""), "pupils", "group_size"),
    ):
        with pytest.raises(InvalidForm) as refused:
            register(small.session, small.clock, who, opening.session_id, who.school_ids[0], entry)
        assert (refused.value.faults[0].field, refused.value.faults[0].reason) == (field, reason)
    fits = PartyEntry("2-1", 2, 20, "")
    with pytest.raises(NotFound):
        register(small.session, small.clock, who, opening.session_id, teacher(small, 1).school_ids[0], fits)
    small.session.get_one(School, who.school_ids[0]).level = Level.HIGH
    with pytest.raises(InvalidForm) as refused:
        register(small.session, small.clock, who, opening.session_id, who.school_ids[0], fits)
    assert refused.value.faults[0].reason == "not_for_level"
    small.session.get_one(School, who.school_ids[0]).level = Level.MIDDLE
    close_registration(small.session, small.clock, small.coordinator, opening.session_id, closed=True)
    with pytest.raises(NotNow):
        register(small.session, small.clock, who, opening.session_id, who.school_ids[0], fits)
    register(small.session, small.clock, small.coordinator, opening.session_id, who.school_ids[0], fits)
    assert told(small, "session_registered")
    officer = replace(small.coordinator, role=Role.OFFICER)
    with pytest.raises(Forbidden):
        register(small.session, small.clock, officer, opening.session_id, who.school_ids[0], fits)


def test_schools_see_the_sessions_of_their_level_and_their_own_classes(small: SmallTerm) -> None:
    opening = opened(small)
    registered(small, opening, 28)
    registered(small, opening, 20, school=1)
    assert [one.session_id for one in openings_for(small.session, Level.MIDDLE, DAY)] == [opening.session_id]
    assert not openings_for(small.session, Level.HIGH, DAY)
    assert not openings_for(small.session, Level.MIDDLE, DAY + dt.timedelta(days=1))
    own = parties_of(small.session, teacher(small).school_ids[0], DAY)
    assert [one.pupils for one in own] == [28]
