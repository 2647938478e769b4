"""Publishing: all or nothing, once, and only what is new is told."""

from __future__ import annotations

from collections import Counter

import pytest
import sqlalchemy as sa

from booking.domain.errors import Conflict, IllegalTransition, StalePlan
from booking.domain.states import (
    GroupStatus,
    MessageStatus,
    OfferStatus,
    RequestStatus,
    RunStatus,
    VisitStatus,
)
from booking.domain.vocabulary import Role
from booking.models.messages import Message
from booking.models.offers import Offer
from booking.models.requests import Request
from booking.models.runs import AllocationRun
from booking.models.schools import School
from booking.models.visits import Visit, VisitGroup, WorkplaceNotice
from booking.services.audit import run_audit
from booking.services.offers import answer_offers
from booking.services.placing import live_groups
from booking.services.publication import load_proposals, load_visits, preview
from booking.services.publishing import publish
from scheduler.allocation import Assignment
from tests.support.factory import SmallTerm, at_slot


def kinds(small: SmallTerm) -> Counter[str]:
    return Counter(small.session.scalars(sa.select(Message.kind).where(Message.status != MessageStatus.WITHDRAWN)))


def everybody_as_asked(small: SmallTerm) -> AllocationRun:
    """A plan without the bundle, which finds room only where it did not ask to go."""
    _, plan = small.plan()
    return small.propose(
        Assignment(given.id, None) if given.id in {"V0004", "V0005"} else given for given in plan.visits
    )


def one_where_nobody_asked(small: SmallTerm) -> AllocationRun:
    """A plan with one visit at a slot that its school did not ask for, and without the bundle."""
    _, plan = small.plan()
    moved = at_slot(plan, "V0002", "2027-03-19/AM")
    return small.propose(Assignment(given.id, None) if given.id in {"V0004", "V0005"} else given for given in moved)


def test_reading_the_visits_does_not_forget_the_wishes(small: SmallTerm) -> None:
    """Each wish that is forgotten is a query of its own later: three hundred of them for a term that is published."""
    small.publish()
    run = small.propose()
    small.session.expire_all()
    proposals = load_proposals(small.session, run.id)
    assert load_visits(small.session, [proposal.request_id for proposal in proposals])
    assert [p.request.code for p in proposals if {"wishes", "school"} & sa.inspect(p.request).unloaded] == []


def sent(small: SmallTerm) -> None:
    """As if every message had left."""
    small.session.execute(
        sa.update(Message).where(Message.status == MessageStatus.CREATED).values(status=MessageStatus.SENT)
    )


def test_a_published_plan_holds_every_visit_with_its_groups_and_messages(small: SmallTerm) -> None:
    run = small.publish(everybody_as_asked(small))

    assert run.status is RunStatus.PUBLISHED
    visits = small.session.scalars(sa.select(Visit)).all()
    assert {visit.status for visit in visits} == {VisitStatus.PUBLISHED}
    assert all(sum(group.pupils for group in visit.groups) == 20 for visit in visits)
    assert {group.status for visit in visits for group in visit.groups} == {GroupStatus.ASKED}
    notices = len(small.session.scalars(sa.select(WorkplaceNotice)).all())
    assert kinds(small) == {"workplace_ask": 2 * notices, "allocation_proposed": 4}
    assert run_audit(small.session, small.clock.now()) == []


def test_publishing_twice_tells_nothing_twice(small: SmallTerm) -> None:
    run = small.publish()
    before = kinds(small)

    again = publish(small.session, small.clock, small.config, small.coordinator, run.id, 1)

    assert again.status is RunStatus.PUBLISHED
    assert kinds(small) == before


def test_the_same_plan_in_a_new_run_tells_nothing(small: SmallTerm) -> None:
    small.publish()
    sent(small)
    before = kinds(small)
    first = small.session.scalars(sa.select(Visit)).first()
    assert first is not None

    second = small.propose([*_present(small)])
    published = small.publish(second)

    assert published.status is RunStatus.PUBLISHED
    assert kinds(small) == before


def _present(small: SmallTerm) -> list[Assignment]:
    from booking.services.instance_builder import build_instance
    from booking.services.published_plan import published_plan

    return list(published_plan(small.session, build_instance(small.session, small.clock, small.term)).visits)


def test_a_moved_visit_frees_its_places_and_tells_only_those_concerned(small: SmallTerm) -> None:
    small.publish()
    sent(small)
    before = kinds(small)
    plan = {given.id: given for given in _present(small)}
    moved = plan["V0003"]
    old_groups = [group.id for group in live_groups(small.visit("V0003"))]
    assert moved.slot == "2027-03-17/AM"

    run = small.propose(at_free_slot(small, plan, "V0003"))
    small.publish(run)

    visit = small.visit("V0003")
    assert visit.version == 2
    assert {small.session.get_one(VisitGroup, number).status for number in old_groups} == {GroupStatus.RELEASED}
    news = kinds(small) - before
    assert news["allocation_proposed"] == 2
    assert news["workplace_ask"] + news["workplace_changed"] + news["workplace_cancelled"] > 0
    told = small.session.scalars(
        sa.select(Message).where(Message.kind == "allocation_proposed", Message.subject.like(f"publication:{run.id}:%"))
    ).all()
    assert {message.facts["school"] for message in told} == {"나래중"}
    assert [visit["change"] for visit in told[0].facts["visits"]] == ["moved"]
    assert run_audit(small.session, small.clock.now()) == []


def at_free_slot(small: SmallTerm, plan: dict[str, Assignment], code: str) -> list[Assignment]:
    """The plan with one visit at the best other slot that has room for it."""
    from booking.services.instance_builder import build_instance
    from booking.services.published_plan import unproven
    from scheduler.moves import preview_move, suggest

    built = build_instance(small.session, small.clock, small.term)
    ordered = [plan[visit.id] for visit in built.instance.visits]
    allocation = unproven(built.instance, ordered, "test")
    best = suggest(built.instance, allocation, code, 1)[0]
    return list(preview_move(built.instance, allocation, code, best.slot).allocation.visits)


def test_a_slot_nobody_asked_for_is_held_until_the_school_agrees(small: SmallTerm) -> None:
    small.publish(one_where_nobody_asked(small))

    visit = small.visit("V0002")
    offer = small.session.scalars(sa.select(Offer)).one()
    assert visit.status is VisitStatus.PROPOSED
    assert {group.status for group in visit.groups} == {GroupStatus.PROPOSED}
    assert offer.status is OfferStatus.SENT
    assert kinds(small)["shift_offer"] == 2
    held = {(group.workplace_id, small.slot("2027-03-19/AM").date) for group in visit.groups}
    assert not small.session.scalars(
        sa.select(WorkplaceNotice).where(sa.tuple_(WorkplaceNotice.workplace_id, WorkplaceNotice.date).in_(held))
    ).all()
    assert run_audit(small.session, small.clock.now()) == []

    teacher = small.person(Role.TEACHER, "S1")
    answer_offers(small.session, small.clock, small.config, teacher, [offer.id], True)
    small.judge()

    assert small.visit("V0002").status is VisitStatus.PUBLISHED
    assert {group.status for group in visit.groups} == {GroupStatus.ASKED}
    assert small.session.get_one(School, small.request("V0002").school_id).fairness_credit == pytest.approx(0.5)
    assert kinds(small)["shift_agreed"] == 1
    assert run_audit(small.session, small.clock.now()) == []


def test_a_declined_offer_frees_the_places_and_is_not_made_again(small: SmallTerm) -> None:
    small.publish(one_where_nobody_asked(small))
    offer = small.session.scalars(sa.select(Offer)).one()
    teacher = small.person(Role.TEACHER, "S1")

    answer_offers(small.session, small.clock, small.config, teacher, [offer.id], False, "행사")
    small.judge()

    request = small.request("V0002")
    assert request.status is RequestStatus.UNSERVED
    assert request.negotiable == []
    assert not small.session.scalars(
        sa.select(Visit).where(Visit.request_id == request.id, Visit.status != VisitStatus.CANCELLED)
    ).all()
    with pytest.raises(IllegalTransition):
        answer_offers(small.session, small.clock, small.config, teacher, [offer.id], True)
    assert run_audit(small.session, small.clock.now()) == []


def test_a_plan_made_before_a_request_changed_is_refused(small: SmallTerm) -> None:
    run = small.propose()
    small.request("V0000").pupils = 19
    small.session.flush()

    assert preview(small.session, small.clock, run.id).stale
    with pytest.raises(StalePlan):
        small.publish(run)
    assert not small.session.scalars(sa.select(Visit)).all()


def test_a_plan_that_somebody_changed_meanwhile_is_refused(small: SmallTerm) -> None:
    run = small.propose()

    with pytest.raises(Conflict):
        publish(small.session, small.clock, small.config, small.coordinator, run.id, run.version - 1)


def test_an_unplaced_visit_is_cancelled_and_its_school_told(small: SmallTerm) -> None:
    small.publish()
    sent(small)
    plan = [Assignment("V0001", None) if given.id == "V0001" else given for given in _present(small)]

    small.publish(small.propose(plan))

    assert small.request("V0001").status is RequestStatus.UNSERVED
    assert kinds(small)["visit_cancelled"] == 2
    assert kinds(small)["workplace_cancelled"] > 0
    assert run_audit(small.session, small.clock.now()) == []


def test_the_preview_counts_what_publishing_writes(small: SmallTerm) -> None:
    run = small.propose()
    counted = preview(small.session, small.clock, run.id)

    small.publish(run)

    assert (len(counted.new), len(counted.held)) == (4, 2)
    assert not counted.stale
    written: Counter[str] = Counter()
    for (kind, _channel), number in counted.messages.items():
        written[kind.value] += number
    assert written == kinds(small)


def test_requests_know_that_they_were_served(small: SmallTerm) -> None:
    small.publish()

    assert set(small.session.scalars(sa.select(Request.status))) == {RequestStatus.ALLOCATED}


def test_a_bundle_answers_its_offers_as_one(small: SmallTerm) -> None:
    small.publish()
    offers = small.session.scalars(sa.select(Offer)).all()
    assert len(offers) == 2
    teacher = small.person(Role.TEACHER, "S2")

    answer_offers(small.session, small.clock, small.config, teacher, [offers[0].id], True)
    small.judge()

    assert {offer.status for offer in offers} == {OfferStatus.ACCEPTED}
    assert run_audit(small.session, small.clock.now()) == []
