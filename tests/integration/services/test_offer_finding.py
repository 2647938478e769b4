"""Searches for offers: asked for with their job, done once, taken up again, stored in the place of the last ones."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, sessionmaker

from booking.db import transaction
from booking.domain.errors import Forbidden, IllegalTransition, SearchAlreadyActive, StalePlan
from booking.domain.ids import RunId, SearchId
from booking.domain.states import OfferStatus, RunStatus, SearchStatus
from booking.domain.topics import Topic
from booking.domain.vocabulary import Role, SlotWish
from booking.models.offers import Offer, OfferSearch
from booking.models.outbox import Job
from booking.models.runs import AllocationRun
from booking.services.abandoned import settle_lost, sweep
from booking.services.audit import Breach, run_audit
from booking.services.instance_builder import build_instance
from booking.services.offer_finding import Finder, find_offers
from booking.services.offer_searches import cancel_search, start_search
from booking.services.offers import answer_offers
from booking.services.outbox import HandedJob
from booking.services.published_plan import published_plan
from booking.services.publishing import publish
from scheduler.instance import Instance
from scheduler.limits import Limits
from scheduler.offers import offers
from tests.support.factory import SmallTerm
from tests.support.searching import BUNDLE, Answer, finder
from tests.support.shifts import OFFERED, OTHER, line, published, send


@pytest.fixture
def small(sessions: sessionmaker[Session]) -> Iterator[SmallTerm]:
    """The small term with a published plan that has no place for the bundle."""
    with sessions() as session:
        with transaction(session):
            term = SmallTerm(session)
            published(term)
        yield term


def run_of(small: SmallTerm, status: RunStatus = RunStatus.PUBLISHED) -> RunId:
    return small.session.scalars(sa.select(AllocationRun.id).where(AllocationRun.status == status)).one()


def started(small: SmallTerm, run: RunId | None = None) -> SearchId:
    with transaction(small.session):
        return start_search(small.session, small.clock, small.config, small.coordinator, run or run_of(small)).id


def search(small: SmallTerm, sessions: sessionmaker[Session], search_id: SearchId, engine: Finder) -> OfferSearch:
    find_offers(sessions, small.clock, small.config, search_id, engine)
    small.session.rollback()
    small.session.expire_all()
    return small.session.get_one(OfferSearch, search_id)


def found(small: SmallTerm) -> set[tuple[str, str]]:
    small.session.rollback()
    small.session.expire_all()
    rows = small.session.scalars(sa.select(Offer).where(Offer.status == OfferStatus.FOUND))
    return {(offer.request.code, offer.slot.code) for offer in rows}


def lease_ends(small: SmallTerm) -> None:
    with transaction(small.session) as session:
        session.execute(sa.update(OfferSearch).values(lease_until=sa.func.now() - dt.timedelta(seconds=1)))


def breaches(small: SmallTerm) -> list[Breach]:
    return run_audit(small.session, small.clock.now())


def test_what_was_found_is_kept_with_its_gains_and_nobody_is_told(
    small: SmallTerm, sessions: sessionmaker[Session]
) -> None:
    number = started(small)
    assert small.session.scalars(sa.select(Job).where(Job.topic == Topic.FIND_OFFERS, Job.subject_id == number)).all()
    assert breaches(small) == []
    messages = small.session.scalar(sa.text("SELECT count(*) FROM message"))

    done = search(small, sessions, number, finder(BUNDLE, Answer(("V0004", "V0005"), slot="2027-03-25/AM")))

    assert (done.status, done.candidates, done.weighed, done.found) == (SearchStatus.DONE, 2, 2, 1)
    # the best date of each; nobody is asked for two dates at once
    assert found(small) == {("V0004", OTHER), ("V0005", OTHER)}
    offer = small.session.scalars(sa.select(Offer).where(Offer.status == OfferStatus.FOUND)).first()
    assert offer is not None
    assert offer.gains == {
        "kind": "place",
        "pupils_gained": 40,
        "date_stage_gained": 312.0,
        "for_school": {"pupils": 40, "price_here": None, "price_there": 3.5, "yielded": 12.0},
        "solved": True,
    }
    assert (offer.sent_at, offer.search_id, offer.run_id) == (None, number, done.run_id)
    assert small.session.scalar(sa.text("SELECT count(*) FROM message")) == messages
    assert breaches(small) == []


def test_searching_again_replaces_what_was_not_sent(small: SmallTerm, sessions: sessionmaker[Session]) -> None:
    search(small, sessions, started(small), finder(BUNDLE))
    search(small, sessions, started(small), finder(Answer(("V0000",), slot="2027-03-25/AM")))
    assert found(small) == {("V0000", "2027-03-25/AM")}
    assert breaches(small) == []


def test_a_second_search_is_refused_while_one_waits(small: SmallTerm) -> None:
    started(small)
    with pytest.raises(SearchAlreadyActive):
        started(small)
    with pytest.raises(Forbidden):
        start_search(small.session, small.clock, small.config, small.person(Role.TEACHER, "S0"), run_of(small))


def test_a_search_whose_worker_died_is_taken_up_again_and_told_after_the_third(
    small: SmallTerm, sessions: sessionmaker[Session]
) -> None:
    search(small, sessions, started(small), finder(Answer(("V0000",), slot="2027-03-25/AM")))
    number = started(small)

    def die(_instance: Instance, _options: dict[str, Any]) -> None:
        raise KeyboardInterrupt

    for attempt in (1, 2, 3):
        with pytest.raises(KeyboardInterrupt):
            find_offers(sessions, small.clock, small.config, number, finder(BUNDLE, before=die))
        again = search(small, sessions, number, finder(BUNDLE))
        assert (again.status, again.attempts) == (SearchStatus.SEARCHING, attempt), "its lease has not run out"
        lease_ends(small)
        with transaction(small.session) as session:
            session.execute(sa.update(Job).where(Job.topic == Topic.FIND_OFFERS).values(done_at=sa.func.now()))
            sweep(session, small.clock)
        job = sa.select(Job.id).where(Job.topic == Topic.FIND_OFFERS, Job.subject_id == number, Job.done_at.is_(None))
        assert len(small.session.scalars(job).all()) == 1

    ended = search(small, sessions, number, finder(BUNDLE))

    assert (ended.status, ended.error) == (SearchStatus.FAILED, "worker_died")
    # what was found before is still there, and a new search may begin
    assert found(small) == {("V0000", "2027-03-25/AM")}
    assert search(small, sessions, started(small), finder(BUNDLE)).status is SearchStatus.DONE
    assert breaches(small) == []


def test_a_job_that_was_closed_undone_fails_its_search(small: SmallTerm) -> None:
    number = started(small)
    with transaction(small.session) as session:
        job = session.scalars(sa.select(Job).where(Job.topic == Topic.FIND_OFFERS)).one()
        settle_lost(session, small.clock, [HandedJob(job.id, Topic.FIND_OFFERS, number)])
    assert small.session.get_one(OfferSearch, number).error == "worker_died"


def test_what_a_worker_finds_after_it_lost_the_search_is_dropped(
    small: SmallTerm, sessions: sessionmaker[Session]
) -> None:
    number = started(small)

    def overtaken(_instance: Instance, _options: dict[str, Any]) -> None:
        lease_ends(small)
        find_offers(sessions, small.clock, small.config, number, finder(Answer(("V0000",), slot="2027-03-25/AM")))

    done = search(small, sessions, number, finder(BUNDLE, before=overtaken))
    assert (done.status, done.attempts) == (SearchStatus.DONE, 2)
    assert found(small) == {("V0000", "2027-03-25/AM")}


def test_a_search_that_is_stopped_leaves_what_was_found_before(
    small: SmallTerm, sessions: sessionmaker[Session]
) -> None:
    search(small, sessions, started(small), finder(Answer(("V0000",), slot="2027-03-25/AM")))
    waiting = started(small)
    with transaction(small.session) as session:
        cancel_search(session, small.clock, small.coordinator, waiting)
    assert search(small, sessions, waiting, finder(BUNDLE)).status is SearchStatus.CANCELLED

    number = started(small)

    def stop(_instance: Instance, _options: dict[str, Any]) -> None:
        with sessions() as session, transaction(session):
            cancel_search(session, small.clock, small.coordinator, number)

    assert search(small, sessions, number, finder(BUNDLE, before=stop)).status is SearchStatus.CANCELLED
    assert found(small) == {("V0000", "2027-03-25/AM")}
    assert breaches(small) == []


def test_an_engine_that_fails_is_told_to_a_person(small: SmallTerm, sessions: sessionmaker[Session]) -> None:
    def fail(_instance: Instance, _options: dict[str, Any]) -> None:
        raise ZeroDivisionError("by zero")

    ended = search(small, sessions, started(small), finder(before=fail))
    assert (ended.status, ended.error) == (SearchStatus.FAILED, "ZeroDivisionError: by zero")


def test_a_proposal_whose_facts_have_changed_says_so(small: SmallTerm, sessions: sessionmaker[Session]) -> None:
    with transaction(small.session) as session:
        built = build_instance(session, small.clock, small.term)
        draft = small.propose(published_plan(session, built).visits).id
    number = started(small, draft)
    with transaction(small.session) as session:
        session.execute(sa.text("UPDATE workplace SET groups_per_slot = 3 WHERE code = 'W7'"))
    assert search(small, sessions, number, finder(BUNDLE)).error == "stale"
    with pytest.raises(StalePlan):
        started(small, draft)
    # the published plan is searched as the term is now
    assert search(small, sessions, started(small), finder(BUNDLE)).status is SearchStatus.DONE
    with transaction(small.session) as session:
        session.get_one(AllocationRun, draft).status = RunStatus.DISCARDED
    with pytest.raises(IllegalTransition):
        started(small, draft)


def test_who_is_asked_already_or_has_agreed_or_declined_is_not_asked_again(
    small: SmallTerm, sessions: sessionmaker[Session]
) -> None:
    with transaction(small.session):
        send(small, line(small, "V0000", school="S0", kind="level", slot="2027-03-25/AM"))
        sent = send(small, line(small, "V0004", "V0005"))
        teacher = small.person(Role.TEACHER, "S2")
        answer_offers(small.session, small.clock, small.config, teacher, [sent.offers[0].id], False)
    seen: dict[str, Any] = {}

    def look(instance: Instance, options: dict[str, Any]) -> None:
        seen["stays"] = instance.visit_by_id["V0000"].locked
        seen["calendar"] = options["calendar"]

    search(
        small,
        sessions,
        started(small),
        finder(Answer(("V0000",)), Answer(("V0004", "V0005"), slot="2027-03-23/PM"), before=look),
    )
    assert seen["stays"].slot == small.visit("V0000").slot.code
    assert OTHER not in seen["calendar"]["V0004"]
    assert "2027-03-23/PM" in seen["calendar"]["V0004"]
    assert found(small) == {("V0004", "2027-03-23/PM"), ("V0005", "2027-03-23/PM")}


def test_the_real_engine_finds_a_date_for_who_is_left_out(small: SmallTerm, sessions: sessionmaker[Session]) -> None:
    with transaction(small.session):
        for code in ("V0004", "V0005"):
            request = small.request(code)
            request.wishes = [wish for wish in request.wishes if wish.wish is SlotWish.REQUESTED]
    engine = Finder(find=offers, limits=lambda **given: replace(Limits(**given), workers=0))

    done = search(small, sessions, started(small), engine)

    assert done.status is SearchStatus.DONE
    assert 0 < done.weighed == done.candidates
    assert {code for code, _ in found(small)} >= {"V0004", "V0005"}
    assert breaches(small) == []


def test_publishing_sends_what_was_found_for_its_own_plan_with_its_gains(
    small: SmallTerm, sessions: sessionmaker[Session]
) -> None:
    """A date that the plan counts on is found as an offer; publishing asks for it. Another plan puts the rest away."""
    with transaction(small.session) as session:
        _, first = small.plan()
        standing = published_plan(session, build_instance(session, small.clock, small.term)).visits
        bundle = {"V0004", "V0005"}
        draft = small.propose([first.by_visit[one.id] if one.id in bundle else one for one in standing])
    assert first.by_visit["V0004"].slot == OFFERED
    search(
        small,
        sessions,
        started(small, draft.id),
        finder(Answer(("V0004", "V0005"), slot=OFFERED), Answer(("V0000",))),
    )
    with transaction(small.session) as session:
        publish(session, small.clock, small.config, small.coordinator, draft.id, draft.version)
    sent = small.session.scalars(sa.select(Offer).where(Offer.status == OfferStatus.SENT)).all()
    assert {(offer.request.code, offer.gains["date_stage_gained"]) for offer in sent} == {
        ("V0004", 312.0),
        ("V0005", 312.0),
    }
    assert all(offer.sent_at is not None for offer in sent)
    assert found(small) == {("V0000", OTHER)}
    with transaction(small.session) as session:
        built = build_instance(session, small.clock, small.term)
        other = small.propose(published_plan(session, built).visits)
        publish(session, small.clock, small.config, small.coordinator, other.id, other.version)
    assert found(small) == set()
    assert breaches(small) == []


def test_a_found_offer_without_its_search_is_refused_by_the_database(small: SmallTerm) -> None:
    request, slot = small.request("V0004"), small.slot(OTHER)
    small.session.add(
        Offer(
            request_id=request.id,
            slot_id=slot.id,
            run_id=run_of(small),
            status=OfferStatus.FOUND,
            answer_by=small.clock.now().date(),
        )
    )
    with pytest.raises(IntegrityError, match="found_by_a_search"):
        small.session.flush()
    small.session.rollback()
