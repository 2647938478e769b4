"""Requests in the making: kept for the school, made of last term's, and forgotten with their term."""

from __future__ import annotations

import datetime as dt

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.domain.draft import Draft
from booking.domain.errors import Forbidden, NotFound
from booking.domain.ids import ClassId
from booking.domain.person import Person
from booking.domain.school_year import CalendarDay, DayKind
from booking.domain.vocabulary import JobField, Role
from booking.models.asking import RequestDraft
from booking.models.requests import Request
from booking.models.schools import SchoolClass
from booking.services.abandoned import sweep
from booking.services.drafts import content_of, find_draft, save_draft, start_draft
from booking.services.last_term import copy_request, earlier_requests, last_term_of
from booking.services.school_year import add_days
from tests.support.factory import SmallTerm
from tests.support.last_year import YEAR_BEFORE, last_year

MONDAY, THURSDAY, FRIDAY = "2027-03-15/AM", "2027-03-18/PM", "2027-03-26/AM"


@pytest.fixture
def small(session: Session) -> SmallTerm:
    return SmallTerm(session)


@pytest.fixture
def teacher(small: SmallTerm) -> Person:
    return small.person(Role.TEACHER, "S2")


def classes(small: SmallTerm, teacher: Person) -> dict[str, ClassId]:
    rows = small.session.scalars(sa.select(SchoolClass).where(SchoolClass.school_id == teacher.school_ids[0]))
    return {row.label: row.id for row in rows}


def test_a_draft_is_its_school_s_alone_and_of_this_term(small: SmallTerm, teacher: Person) -> None:
    draft = start_draft(small.session, small.clock, teacher, teacher.school_ids[0], Draft())
    stranger = small.person(Role.TEACHER, "S0")
    with pytest.raises(NotFound):
        find_draft(small.session, stranger, draft.id)
    with pytest.raises(NotFound):
        start_draft(small.session, small.clock, stranger, teacher.school_ids[0], Draft())
    with pytest.raises(Forbidden):
        save_draft(small.session, small.clock, small.coordinator, draft.id, draft.version, Draft())
    draft.term_id = last_year(small, MONDAY).id
    small.session.flush()
    with pytest.raises(NotFound):
        find_draft(small.session, teacher, draft.id)


def test_drafts_are_forgotten_when_their_term_has_closed(small: SmallTerm, teacher: Person) -> None:
    start_draft(small.session, small.clock, teacher, teacher.school_ids[0], Draft())
    sweep(small.session, small.clock)
    assert small.session.scalar(sa.select(sa.func.count()).select_from(RequestDraft)) == 1
    small.clock.moment = dt.datetime.combine(small.term.closes_on, dt.time(3), dt.UTC)
    sweep(small.session, small.clock)
    assert small.session.scalar(sa.select(sa.func.count()).select_from(RequestDraft)) == 0


def test_last_term_s_request_is_brought_over(small: SmallTerm, teacher: Person) -> None:
    old = last_year(small, MONDAY, THURSDAY)
    school = teacher.school_ids[0]
    assert last_term_of(small.session, small.term, school) == old
    (asked,) = earlier_requests(small.session, school, old)
    assert (asked.labels, asked.together, asked.fields) == (("1-1", "1-2"), True, (JobField.ARTS,))
    copied = copy_request(small.session, small.clock, teacher, school, asked.key)
    known = classes(small, teacher)
    assert content_of(copied.draft) == Draft(
        class_ids=(known["1-1"], known["1-2"]),
        together=True,
        fields=(JobField.ARTS,),
        requested=(small.slot(MONDAY).id, small.slot(THURSDAY).id),
    )
    assert (copied.lost_classes, copied.lost_slots) == ((), ())


def test_what_cannot_be_brought_over_is_named_with_its_reason(small: SmallTerm, teacher: Person) -> None:
    old = last_year(small, MONDAY, THURSDAY, FRIDAY)
    school = teacher.school_ids[0]
    exam = CalendarDay(small.slot(THURSDAY).date, "1차 지필평가", DayKind.EXAM, (1,))
    add_days(small.session, teacher, school, exam.date, exam.date, exam)
    small.session.execute(
        sa.update(SchoolClass).where(SchoolClass.school_id == school, SchoolClass.label == "1-2").values(active=False)
    )
    # last year's term had a week more at its end
    wish = small.session.scalars(sa.select(Request).where(Request.term_id == old.id)).all()[-1].requested[2]
    wish.slot.date += dt.timedelta(days=7)
    small.session.flush()
    (asked,) = earlier_requests(small.session, school, old)
    copied = copy_request(small.session, small.clock, teacher, school, asked.key)
    content = content_of(copied.draft)
    assert (content.class_ids, content.together) == ((classes(small, teacher)["1-1"],), False)
    assert content.requested == (small.slot(MONDAY).id,)
    assert copied.lost_classes == ("1-2",)
    (thursday, why), (friday, nothing) = copied.lost_slots
    assert (thursday.date, why and why.name) == (small.slot(THURSDAY).date - YEAR_BEFORE, "1차 지필평가")
    assert (friday.date, nothing) == (small.slot(FRIDAY).date - YEAR_BEFORE + dt.timedelta(days=7), None)


def test_another_school_s_last_term_is_not_found(small: SmallTerm, teacher: Person) -> None:
    old = last_year(small, MONDAY)
    stranger = small.person(Role.TEACHER, "S0")
    theirs = earlier_requests(small.session, teacher.school_ids[0], old)[0].key
    for school in (stranger.school_ids[0], teacher.school_ids[0]):
        with pytest.raises(NotFound):
            copy_request(small.session, small.clock, stranger, school, theirs)


def test_a_school_that_never_asked_has_nothing_to_bring_over(small: SmallTerm, teacher: Person) -> None:
    assert last_term_of(small.session, small.term, teacher.school_ids[0]) is None
    with pytest.raises(NotFound):
        copy_request(small.session, small.clock, teacher, teacher.school_ids[0], 1)
