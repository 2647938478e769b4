"""Offers with everything: another date instead, a deadline, made from the command line, moved on acceptance."""

from __future__ import annotations

import datetime as dt

import pytest
import sqlalchemy as sa

from booking.domain.errors import IllegalTransition, InvalidInput, NotFound
from booking.domain.ids import SlotId
from booking.domain.states import GroupStatus, OfferStatus, RequestStatus, VisitStatus
from booking.domain.vocabulary import Role
from booking.models.offers import Offer
from booking.models.school_year import SchoolDay
from booking.models.schools import School
from booking.models.visits import Visit, VisitGroup
from booking.services.audit import run_audit
from booking.services.instance_builder import build_instance
from booking.services.offer_counters import counter_offers
from booking.services.offer_deadlines import expire_offers
from booking.services.offers import answer_offers
from booking.services.placing import live_groups
from booking.services.publication import load_proposals, needs_consent
from booking.services.published_plan import published_plan
from scheduler.allocation import Assignment
from scheduler.moves import best_groups
from tests.support.factory import SmallTerm
from tests.support.shifts import OFFERED, OTHER, faults, held, history, line, published, send


# ---------------------------------------------------------------------------------------------------- another date
def test_a_counter_frees_the_places_and_may_be_used_without_asking_again(small: SmallTerm) -> None:
    offer = held(small)
    groups = [group.id for group in live_groups(small.visit("V0002"))]
    teacher = small.person(Role.TEACHER, "S1")
    slot = small.slot(OTHER)

    counter_offers(small.session, small.clock, small.config, teacher, [offer.id], slot.id, "체육대회 뒤가 좋습니다")
    small.judge()

    request = small.request("V0002")
    small.session.refresh(request)
    assert (offer.status, offer.counter_slot_id) == (OfferStatus.COUNTERED, slot.id)
    assert {small.session.get_one(VisitGroup, number).status for number in groups} == {GroupStatus.RELEASED}
    assert request.status is RequestStatus.UNSERVED
    assert [wish.slot.code for wish in request.negotiable] == [OTHER]
    assert [entry.detail["slot"] for entry in history(small, "offer_countered")] == [OTHER]
    assert small.session.get_one(School, request.school_id).fairness_credit == 0
    assert run_audit(small.session, small.clock.now()) == []

    # the next run puts it there, and publishing asks nobody
    built = build_instance(small.session, small.clock, small.term)
    found = best_groups(built.instance, published_plan(small.session, built), "V0002", OTHER)
    assert found is not None
    plan = [
        Assignment("V0002", OTHER, found) if given.id == "V0002" else given
        for given in published_plan(small.session, built).visits
    ]
    run = small.propose(plan)
    assert needs_consent(small.session, load_proposals(small.session, run.id)) == set()
    small.publish(run)
    assert small.visit("V0002").status is VisitStatus.PUBLISHED
    assert small.session.scalars(sa.select(Offer.status)).all() == [OfferStatus.COUNTERED]


def test_a_visit_that_stands_may_move_to_a_date_that_its_school_proposed(small: SmallTerm) -> None:
    published(small)
    send(small, line(small, "V0000", slot="2027-03-25/AM", school="S0", kind="level"))
    offer = small.session.scalars(sa.select(Offer)).one()
    before = small.visit("V0000").slot_id
    teacher = small.person(Role.TEACHER, "S0")

    counter_offers(small.session, small.clock, small.config, teacher, [offer.id], small.slot(OTHER).id)
    small.judge()

    assert small.visit("V0000").slot_id == before
    assert small.request("V0000").status is RequestStatus.ALLOCATED
    document = build_instance(small.session, small.clock, small.term).document
    asked = {visit["id"]: visit for visit in document["visits"]}
    assert OTHER in asked["V0000"]["negotiable_slots"]
    assert asked["V0001"]["negotiable_slots"] == []


def test_consent_is_taken_back_by_a_later_no(small: SmallTerm) -> None:
    offer = held(small)
    teacher = small.person(Role.TEACHER, "S1")
    counter_offers(small.session, small.clock, small.config, teacher, [offer.id], small.slot(OTHER).id)
    small.clock.advance(dt.timedelta(hours=1))
    send(small, line(small, "V0002", school="S1"))
    later = small.session.scalars(sa.select(Offer).where(Offer.status == OfferStatus.SENT)).one()

    answer_offers(small.session, small.clock, small.config, teacher, [later.id], False)
    small.judge()

    run = small.propose(published_plan(small.session, build_instance(small.session, small.clock, small.term)).visits)
    proposal = next(one for one in load_proposals(small.session, run.id) if one.request.code == "V0002")
    proposal.slot = small.slot(OTHER)
    assert needs_consent(small.session, [proposal]) == {proposal.request_id}
    assert faults(small, line(small, "V0002", school="S1")) == [f"[0].slot: {OTHER} was declined by the school before"]


@pytest.mark.parametrize(
    ("code", "reason"),
    [(None, "required"), (OFFERED, "offered"), ("2027-03-15/AM", "requested"), ("2027-03-24/AM", "blocked")],
)
def test_a_date_that_cannot_be_proposed_is_named(small: SmallTerm, code: str | None, reason: str) -> None:
    offer = held(small)
    day = {"name": "1차 지필평가", "kind": "exam", "grades": [1], "blocks": "all", "source": "hand"}
    small.session.add(SchoolDay(school_id=offer.request.school_id, date=dt.date(2027, 3, 24), **day))
    small.session.flush()
    slot = small.slot(code).id if code else None
    teacher = small.person(Role.TEACHER, "S1")

    with pytest.raises(InvalidInput) as refused:
        counter_offers(small.session, small.clock, small.config, teacher, [offer.id], slot)

    assert (refused.value.field, refused.value.reason) == ("counter", reason)
    assert offer.status is OfferStatus.SENT


def test_past_and_unknown_dates_cannot_be_proposed(small: SmallTerm) -> None:
    offer = held(small)
    teacher = small.person(Role.TEACHER, "S1")
    with pytest.raises(InvalidInput, match="slot") as unknown:
        counter_offers(small.session, small.clock, small.config, teacher, [offer.id], SlotId(10**9))
    assert unknown.value.reason == "out_of_term"
    small.clock.moment = dt.datetime(2027, 3, 16, 3, tzinfo=dt.UTC)
    with pytest.raises(InvalidInput) as past:
        counter_offers(small.session, small.clock, small.config, teacher, [offer.id], small.slot("2027-03-16/PM").id)
    assert past.value.reason == "past"


def test_a_second_date_is_refused_and_the_same_again_changes_nothing(small: SmallTerm) -> None:
    offer = held(small)
    teacher = small.person(Role.TEACHER, "S1")
    for _ in range(2):
        counter_offers(small.session, small.clock, small.config, teacher, [offer.id], small.slot(OTHER).id)
    assert len(history(small, "offer_countered")) == 1
    with pytest.raises(IllegalTransition):
        counter_offers(small.session, small.clock, small.config, teacher, [offer.id], small.slot("2027-03-25/AM").id)
    stranger = small.person(Role.TEACHER, "S0")
    with pytest.raises(NotFound):
        counter_offers(small.session, small.clock, small.config, stranger, [offer.id], small.slot(OTHER).id)


# ---------------------------------------------------------------------------------------------------- the deadline
def test_an_offer_is_open_on_its_last_day_and_gone_the_day_after(small: SmallTerm) -> None:
    offer = held(small)
    last = offer.answer_by
    small.clock.moment = dt.datetime.combine(last, dt.time(23, 59), tzinfo=dt.timezone(dt.timedelta(hours=9)))
    assert expire_offers(small.session, small.clock, small.config) == 0
    assert offer.status is OfferStatus.SENT

    small.clock.advance(dt.timedelta(minutes=2))
    assert expire_offers(small.session, small.clock, small.config) == 1
    small.judge()

    assert small.session.get_one(Offer, offer.id).status is OfferStatus.EXPIRED
    assert small.request("V0002").status is RequestStatus.UNSERVED
    assert [wish.slot.code for wish in small.request("V0002").negotiable] == [OFFERED]
    assert not small.session.scalars(
        sa.select(Visit).where(Visit.request_id == offer.request_id, Visit.status != VisitStatus.CANCELLED)
    ).all()
    assert [entry.actor for entry in history(small, "offer_expired")] == ["worker"]
    assert expire_offers(small.session, small.clock, small.config) == 0
    with pytest.raises(IllegalTransition):
        answer_offers(
            small.session, small.clock, small.config, small.person(Role.TEACHER, "S1"), [offer.id], accept=True
        )
    assert run_audit(small.session, small.clock.now()) == []
