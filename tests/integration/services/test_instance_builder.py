"""The instance that the solver gets: equal to what was taken in, and true to what has been published since."""

from __future__ import annotations

import datetime as dt
import json

import pytest
from sqlalchemy.orm import Session

from booking.clock import FixedClock
from booking.demo.load import load_demo
from booking.domain.states import VISIT_STEPS, GroupStatus, VisitStatus, step
from booking.domain.vocabulary import WorkplaceStatus
from booking.models.visits import Visit
from booking.models.workplaces import Workplace
from booking.services.instance_builder import build_instance, facts_fingerprint
from booking.services.placing import live_groups, settle
from scheduler.instance import Instance
from scheduler.samples import sample_bytes, sample_names
from tests.support.factory import NOW, SmallTerm


@pytest.mark.parametrize("name", sample_names())
def test_what_was_imported_comes_out_equal(session: Session, name: str) -> None:
    data = sample_bytes(name)
    clock = FixedClock(NOW)

    term = load_demo(session, clock, Instance.from_json(data), current=False)

    assert build_instance(session, clock, term, keep=False).document == json.loads(data)


def accept_all(visit: Visit) -> None:
    for group in live_groups(visit):
        group.status = GroupStatus.ACCEPTED
    settle(visit)


def test_a_published_visit_is_the_previous_plan_and_a_confirmed_one_is_locked(small: SmallTerm) -> None:
    small.publish()
    accept_all(small.visit("V0000"))
    small.session.flush()

    visits = {v["id"]: v for v in build_instance(small.session, small.clock, small.term).document["visits"]}

    assert visits["V0000"]["locked"]["groups"]
    assert visits["V0000"]["previous"] is None
    assert visits["V0001"]["locked"] is None
    assert visits["V0001"]["previous"]["groups"]


def test_a_visit_of_yesterday_is_locked(small: SmallTerm) -> None:
    small.publish()
    small.clock.moment = dt.datetime(2027, 3, 20, tzinfo=dt.UTC)

    visits = {v["id"]: v for v in build_instance(small.session, small.clock, small.term).document["visits"]}

    assert visits["V0000"]["locked"]["slot"] == "2027-03-15/AM"


def test_a_pin_locks_the_slot_and_leaves_the_groups_free(small: SmallTerm) -> None:
    small.request("V0001").pinned_slot_id = small.slot("2027-03-17/AM").id
    small.session.flush()

    visits = {v["id"]: v for v in build_instance(small.session, small.clock, small.term).document["visits"]}

    assert visits["V0001"]["locked"] == {"slot": "2027-03-17/AM", "groups": None}


def test_a_lock_that_became_illegal_is_dropped_and_named(small: SmallTerm) -> None:
    small.publish()
    visit = small.visit("V0000")
    accept_all(visit)
    place = small.session.get_one(Workplace, live_groups(visit)[0].workplace_id)
    place.status = WorkplaceStatus.PAUSED
    small.session.flush()

    built = build_instance(small.session, small.clock, small.term)

    assert "V0000" in built.dropped_locks
    previous = {v.id: v.previous for v in built.instance.visits}["V0000"]
    assert previous is not None
    assert previous.slot == "2027-03-15/AM"


@pytest.mark.parametrize("check", ["safety_valid_until", "insurance_valid_until"])
def test_a_workplace_is_closed_from_the_day_its_check_has_expired(small: SmallTerm, check: str) -> None:
    place = small.session.query(Workplace).filter_by(code="W0").one()
    setattr(place, check, dt.date(2027, 3, 17))
    small.session.flush()

    found = {w["id"]: w for w in build_instance(small.session, small.clock, small.term).document["workplaces"]}

    assert "2027-03-17/PM" in found["W0"]["open_slots"]
    assert "2027-03-18/AM" not in found["W0"]["open_slots"]


def test_the_fingerprint_of_the_facts_ignores_the_plan_and_sees_the_requests(small: SmallTerm) -> None:
    before = build_instance(small.session, small.clock, small.term).facts_sha256
    small.publish()
    published = build_instance(small.session, small.clock, small.term)
    assert published.facts_sha256 == before
    assert facts_fingerprint(build_instance(small.session, small.clock, small.term, keep=False).document) == before

    small.request("V0003").pupils = 21
    small.session.flush()

    assert build_instance(small.session, small.clock, small.term).facts_sha256 != before


def test_what_is_published_is_not_moved_again_to_a_date_nobody_asked_for(small: SmallTerm) -> None:
    small.publish()

    visits = {v["id"]: v for v in build_instance(small.session, small.clock, small.term).document["visits"]}

    assert visits["V0000"]["negotiable_slots"] == []


def test_a_completed_visit_still_counts_against_the_budgets(small: SmallTerm) -> None:
    small.publish()
    visit = small.visit("V0000")
    accept_all(visit)
    visit.status = step(VISIT_STEPS, visit.status, VisitStatus.COMPLETED)
    small.session.flush()

    visits = {v["id"]: v for v in build_instance(small.session, small.clock, small.term).document["visits"]}

    assert visits["V0000"]["locked"]["groups"]
