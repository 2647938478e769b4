"""The date with which a school answered: it goes into the plan at once where it fits, or it is said why not."""

from __future__ import annotations

import datetime as dt

import pytest
import sqlalchemy as sa

from booking.domain.errors import Conflict, IllegalTransition
from booking.domain.states import GroupStatus, RequestStatus, VisitStatus
from booking.models.offers import Offer
from booking.models.visits import Visit, VisitGroup
from booking.services.calling_off import call_off
from booking.services.counter_accepting import accept_counter, counter_outlook
from booking.services.offer_choosing import send_found
from booking.services.offer_counters import counter_offers
from booking.services.placing import live_groups
from booking.services.shifts import Room
from tests.integration.services.test_negotiating import UNTIL, chosen, locked_slot, told, whole
from tests.support.factory import SmallTerm
from tests.support.searching import BUNDLE, Answer
from tests.support.shifts import OTHER, history


def countered(small: SmallTerm, answer: Answer, slot: str) -> Offer:
    """An offer that the centre has entered as answered with another date."""
    [number] = chosen(small, answer)
    send_found(small.session, small.clock, small.coordinator, [number], UNTIL)
    counter_offers(small.session, small.clock, small.config, small.coordinator, [number], small.slot(slot).id, "전화")
    return small.session.get_one(Offer, number)


def test_a_date_that_the_school_proposed_goes_into_the_plan(small: SmallTerm) -> None:
    offer = countered(small, BUNDLE, "2027-03-23/AM")
    assert offer.by_telephone
    room = Room(small.session, small.clock, small.term)
    both = list(small.session.scalars(sa.select(Offer).order_by(Offer.id)))
    assert counter_outlook(small.session, small.clock, room, both).obstacle is None

    for _ in range(2):
        accept_counter(small.session, small.clock, small.config, small.coordinator, [offer.id])
    whole(small)

    for code in ("V0004", "V0005"):
        visit = small.visit(code)
        assert (visit.status, visit.slot.code) == (VisitStatus.PUBLISHED, "2027-03-23/AM")
        assert {group.status for group in live_groups(visit)} == {GroupStatus.ASKED}
        assert small.request(code).status is RequestStatus.ALLOCATED
    assert told(small, "shift_agreed") == {("다솜중", "email"): 2}
    assert len(history(small, "counter_accepted")) == 2
    assert len(history(small, "credited")) == 1
    assert locked_slot(small, "V0004") == "2027-03-23/AM"


def test_a_visit_that_stands_is_moved_to_the_date_proposed(small: SmallTerm) -> None:
    offer = countered(small, Answer(("V0000",), slot="2027-03-25/AM"), OTHER)
    version = small.visit("V0000").version
    accept_counter(small.session, small.clock, small.config, small.coordinator, [offer.id])
    whole(small)
    visit = small.visit("V0000")
    assert (visit.slot.code, visit.version, visit.status) == (OTHER, version + 1, VisitStatus.PUBLISHED)


def test_a_date_proposed_that_does_not_fit_says_why(small: SmallTerm) -> None:
    offer = countered(small, Answer(("V0000",), slot="2027-03-25/AM"), OTHER)
    before = small.visit("V0000").slot_id
    small.session.execute(sa.text("UPDATE workplace SET status = 'paused' WHERE code <> 'W0'"))
    small.session.expire_all()
    room = Room(small.session, small.clock, small.term)
    assert counter_outlook(small.session, small.clock, room, [offer]).obstacle == "full"
    with pytest.raises(Conflict) as refused:
        accept_counter(small.session, small.clock, small.config, small.coordinator, [offer.id])
    assert refused.value.reason == "full"
    assert small.visit("V0000").slot_id == before
    small.clock.moment = dt.datetime(2027, 3, 25, 1, tzinfo=dt.UTC)
    assert counter_outlook(small.session, small.clock, room, [offer]).obstacle == "past"
    with pytest.raises(Conflict) as late:
        accept_counter(small.session, small.clock, small.config, small.coordinator, [offer.id])
    assert late.value.reason == "past"


def test_a_date_is_not_taken_for_a_visit_that_was_confirmed_or_called_off(small: SmallTerm) -> None:
    offer = countered(small, Answer(("V0000",), slot="2027-03-25/AM"), OTHER)
    visit = small.visit("V0000")
    small.session.execute(sa.update(VisitGroup).where(VisitGroup.visit_id == visit.id).values(status="accepted"))
    small.session.execute(sa.update(Visit).where(Visit.id == visit.id).values(status="confirmed"))
    small.session.expire_all()
    with pytest.raises(Conflict) as settled:
        accept_counter(small.session, small.clock, small.config, small.coordinator, [offer.id])
    assert settled.value.reason == "settled"
    call_off(
        small.session, small.clock, small.config, small.coordinator, small.visit("V0000"), again=False, reason="행사"
    )
    with pytest.raises(IllegalTransition):
        accept_counter(small.session, small.clock, small.config, small.coordinator, [offer.id])
