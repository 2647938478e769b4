"""Requests: checked field by field, scoped to the school, guarded against a second hand."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest
import sqlalchemy as sa

from booking.domain.errors import Conflict, Forbidden, InvalidForm, InvalidInput, NotFound, PhaseClosed
from booking.domain.ids import ClassId, SlotId
from booking.domain.person import Person
from booking.domain.states import RequestStatus, VisitStatus
from booking.domain.vocabulary import JobField, Role
from booking.models.messages import Message
from booking.models.requests import Request
from booking.models.schools import SchoolClass
from booking.models.visits import Visit
from booking.services.audit import run_audit
from booking.services.instance_builder import build_instance
from booking.services.request_judging import RequestDraft
from booking.services.requests import RequestChange, change_request, submit_requests, withdraw_request
from tests.support.factory import SmallTerm


@pytest.fixture
def teacher(small: SmallTerm) -> Person:
    return small.person(Role.TEACHER, "S0")


@pytest.fixture
def draft(small: SmallTerm, teacher: Person) -> RequestDraft:
    slots = small.slots()
    classes = small.session.scalars(sa.select(SchoolClass.id).where(SchoolClass.school_id == teacher.school_ids[0]))
    return RequestDraft(
        school_id=teacher.school_ids[0],
        class_ids=tuple(classes),
        together=True,
        fields=(JobField.ARTS,),
        requested=(slots[2].id, slots[6].id),
        negotiable=(slots[12].id,),
    )


def change(small: SmallTerm, **values: object) -> RequestChange:
    slots = small.slots()
    base = RequestChange(20, 2, (JobField.ARTS,), (slots[0].id, slots[4].id), (slots[8].id,))
    return replace(base, **values)  # type: ignore[arg-type]


def test_each_class_becomes_a_request_and_the_bundle_holds_them(
    small: SmallTerm, teacher: Person, draft: RequestDraft
) -> None:
    first, second = submit_requests(small.session, small.clock, teacher, draft)

    assert (first.code, second.code) == ("V0006", "V0007")
    assert first.bundle_id is not None
    assert first.bundle_id == second.bundle_id
    assert [wish.slot_id for wish in first.requested] == list(draft.requested)
    visits = {v.id: v for v in build_instance(small.session, small.clock, small.term).instance.visits}
    assert visits["V0006"].class_ == f"class-{draft.class_ids[0]}"
    received = small.session.scalars(sa.select(Message).where(Message.kind == "request_received")).one()
    assert received.facts["labels"] == ["1-1", "1-2"]


@pytest.mark.parametrize(
    ("values", "field", "reason"),
    [
        ({"class_ids": ()}, "classes", "required"),
        ({"class_ids": (ClassId(10**9),)}, "classes", "unknown"),
        ({"fields": ()}, "fields", "required"),
        ({"fields": (JobField.ARTS, JobField.ARTS)}, "fields", "twice"),
        ({"requested": ()}, "requested", "required"),
        ({"requested": (SlotId(10**9),)}, "requested", "out_of_term"),
    ],
)
def test_a_fault_names_its_field(
    small: SmallTerm, teacher: Person, draft: RequestDraft, values: dict[str, object], field: str, reason: str
) -> None:
    with pytest.raises(InvalidForm) as caught:
        submit_requests(small.session, small.clock, teacher, replace(draft, **values))  # type: ignore[arg-type]

    assert (field, reason) in {(fault.field, fault.reason) for fault in caught.value.faults}
    assert small.session.scalar(sa.select(sa.func.count()).select_from(Request)) == 6


def test_all_faults_are_named_at_once(small: SmallTerm, teacher: Person, draft: RequestDraft) -> None:
    with pytest.raises(InvalidForm) as caught:
        submit_requests(small.session, small.clock, teacher, replace(draft, class_ids=(), fields=(), requested=()))

    assert [fault.field for fault in caught.value.faults] == ["classes", "fields", "requested"]


def test_a_slot_named_twice_is_refused(small: SmallTerm, teacher: Person, draft: RequestDraft) -> None:
    with pytest.raises(InvalidForm):
        submit_requests(small.session, small.clock, teacher, replace(draft, negotiable=draft.requested[:1]))


def test_another_school_is_not_found(small: SmallTerm, teacher: Person, draft: RequestDraft) -> None:
    others = small.request("V0002")
    with pytest.raises(NotFound):
        submit_requests(small.session, small.clock, teacher, replace(draft, school_id=others.school_id))
    with pytest.raises(NotFound):
        change_request(small.session, small.clock, teacher, others.id, others.version, change(small))
    with pytest.raises(NotFound):
        withdraw_request(small.session, small.clock, small.config, teacher, others.id, others.version, "x")


def test_the_office_asks_for_a_school_and_the_district_does_not(small: SmallTerm, draft: RequestDraft) -> None:
    with pytest.raises(Forbidden):
        submit_requests(small.session, small.clock, small.person(Role.OFFICER), draft)
    asked = submit_requests(small.session, small.clock, small.coordinator, draft)
    assert {request.created_by_id for request in asked} == {small.coordinator.user_id}


def test_nothing_is_asked_for_after_the_term(small: SmallTerm, teacher: Person, draft: RequestDraft) -> None:
    small.clock.moment = dt.datetime.combine(small.term.closes_on, dt.time(3), dt.UTC)

    with pytest.raises(PhaseClosed):
        submit_requests(small.session, small.clock, teacher, draft)


def test_a_change_is_stored_and_raises_the_version(small: SmallTerm, teacher: Person) -> None:
    request = small.request("V0000")
    before = request.version

    changed = change_request(small.session, small.clock, teacher, request.id, before, change(small, pupils=25))

    assert changed.pupils == 25
    assert changed.version > before


def test_a_change_of_wishes_alone_raises_the_version_too(small: SmallTerm, teacher: Person) -> None:
    request = small.request("V0000")
    before = request.version
    slots = small.slots()

    changed = change_request(
        small.session, small.clock, teacher, request.id, before, change(small, requested=(slots[1].id,))
    )

    assert [wish.slot_id for wish in changed.requested] == [slots[1].id]
    assert changed.version > before


def test_the_second_of_two_hands_is_told(small: SmallTerm, teacher: Person) -> None:
    request = small.request("V0000")
    version = request.version
    change_request(small.session, small.clock, teacher, request.id, version, change(small, pupils=25))

    with pytest.raises(Conflict):
        change_request(small.session, small.clock, teacher, request.id, version, change(small, pupils=26))
    assert request.pupils == 25


@pytest.mark.parametrize("pupils", [-1, 0, 101, 10_000])
def test_an_impossible_head_count_is_refused(small: SmallTerm, teacher: Person, pupils: int) -> None:
    request = small.request("V0000")

    with pytest.raises(InvalidForm) as caught:
        change_request(small.session, small.clock, teacher, request.id, request.version, change(small, pupils=pupils))

    assert caught.value.faults[0].field == "pupils"


def test_what_stands_in_the_plan_is_changed_by_the_centre(small: SmallTerm, teacher: Person) -> None:
    small.publish()
    request = small.request("V0000")

    with pytest.raises(Conflict) as caught:
        change_request(small.session, small.clock, teacher, request.id, request.version, change(small))

    assert caught.value.reason == "already_allocated"


def test_withdrawing_frees_the_places_and_needs_a_reason(small: SmallTerm, teacher: Person) -> None:
    small.publish()
    request = small.request("V0000")
    with pytest.raises(InvalidInput):
        withdraw_request(small.session, small.clock, small.config, teacher, request.id, request.version, "  ")

    withdraw_request(small.session, small.clock, small.config, teacher, request.id, request.version, "행사와 겹침")
    small.judge()

    assert request.status is RequestStatus.WITHDRAWN
    visit = small.session.scalars(sa.select(Visit).where(Visit.request_id == request.id)).one()
    assert visit.status is VisitStatus.CANCELLED
    assert visit.cancelled_by == teacher.actor
    assert run_audit(small.session, small.clock.now()) == []
