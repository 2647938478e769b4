"""A day is called off for everybody: one action, one message each, nothing left standing, nothing done twice."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from dataclasses import replace

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from booking.domain.called_off import CallingOff, Cause, read_calling_off
from booking.domain.errors import Conflict, Forbidden, InvalidForm
from booking.domain.school_year import DayBlocks
from booking.domain.states import MessageStatus, RequestStatus, VisitStatus
from booking.domain.vocabulary import Block, Role
from booking.models.called_off import CalledOffDay
from booking.models.messages import Message
from booking.models.school_year import OneOffDay
from booking.models.terms import Slot
from booking.models.visits import Visit
from booking.services.attendance import report_attendance
from booking.services.audit import run_audit
from booking.services.called_off_days import call_off_day, concerned
from booking.services.reminders import write_reminders
from tests.support.factory import SmallTerm
from tests.support.visits import at, figures

STORM = CallingOff(dt.date(1, 1, 1), DayBlocks.ALL, Cause.WEATHER, "호우 경보", again=True, closed=False)


@pytest.fixture
def published(small: SmallTerm) -> SmallTerm:
    small.publish()
    return small


def day_of(small: SmallTerm) -> dt.date:
    """The day with the most visits."""
    dates = small.session.scalars(sa.select(Slot.date).join(Visit, Visit.slot_id == Slot.id))
    return Counter(dates).most_common(1)[0][0]


def call_off(small: SmallTerm, what: CallingOff, person: Role = Role.COORDINATOR) -> CalledOffDay:
    """Call off what the page has just shown."""
    found = concerned(small.session, small.term.id, what.date, what.blocks)
    who = small.coordinator if person is Role.COORDINATOR else small.person(person)
    day = call_off_day(small.session, small.clock, small.config, who, what, seen=found.seen)
    small.judge()
    return day


def told(small: SmallTerm, kind: str) -> list[Message]:
    """The e-mails of a kind that have not been taken back."""
    small.session.expire_all()
    return list(
        small.session.scalars(
            sa.select(Message)
            .where(Message.kind == kind, Message.channel == "email", Message.status != MessageStatus.WITHDRAWN)
            .order_by(Message.id)
        )
    )


def test_everybody_is_told_once_and_every_place_is_free(published: SmallTerm) -> None:
    day = day_of(published)
    found = concerned(published.session, published.term.id, day, DayBlocks.ALL)
    requests = [visit.request for visit in found.visits]
    schools = {request.school_id for request in requests}
    assert len(requests) > len(schools), "a school with two classes shows that it is told once"

    made = call_off(published, replace(STORM, date=day))

    assert (made.visits, made.pupils) == (len(requests), sum(request.pupils for request in requests))
    assert {request.status for request in requests} == {RequestStatus.SUBMITTED}
    assert concerned(published.session, published.term.id, day, DayBlocks.ALL).visits == ()
    mails = told(published, "day_called_off")
    assert len(mails) == len({(mail.user_id) for mail in mails}) > 0
    classes = Counter(visit["label"] for mail in mails for visit in mail.facts["visits"])
    assert set(classes) == {request.label for request in requests}
    assert told(published, "visit_cancelled") == []
    assert run_audit(published.session, published.clock.now()) == []


def test_a_workplace_that_was_told_hears_of_the_day_once_though_both_halves_go(published: SmallTerm) -> None:
    published.session.execute(sa.update(Message).values(status=MessageStatus.SENT, sent_at=published.clock.now()))
    day = day_of(published)
    places = concerned(published.session, published.term.id, day, DayBlocks.ALL).workplaces

    call_off(published, replace(STORM, date=day))

    mails = told(published, "workplace_cancelled")
    assert Counter(mail.workplace_id for mail in mails) == dict.fromkeys(places, 1)


def test_a_workplace_that_was_never_told_is_not_told_of_what_is_gone(published: SmallTerm) -> None:
    call_off(published, replace(STORM, date=day_of(published)))

    assert told(published, "workplace_cancelled") == []
    assert [mail for mail in told(published, "workplace_ask") if mail.facts["date"] == day_of_text(published)] == []


def day_of_text(small: SmallTerm) -> str:
    """The day that was called off last."""
    return small.session.scalars(sa.select(CalledOffDay.date)).one().isoformat()


def test_half_a_day_leaves_the_other_half(published: SmallTerm) -> None:
    day = day_of(published)
    both = concerned(published.session, published.term.id, day, DayBlocks.ALL).visits
    morning = [visit for visit in both if visit.slot.block is Block.AM]
    assert morning

    call_off(published, replace(STORM, date=day, blocks=DayBlocks.AM))

    standing = concerned(published.session, published.term.id, day, DayBlocks.ALL).visits
    assert {visit.id for visit in standing} == {visit.id for visit in both} - {visit.id for visit in morning}


def test_twice_is_refused_and_says_nothing_twice(published: SmallTerm) -> None:
    what = replace(STORM, date=day_of(published))
    seen = concerned(published.session, published.term.id, what.date, what.blocks).seen
    call_off(published, what)
    before = len(told(published, "day_called_off"))

    with pytest.raises(Conflict) as changed:
        call_off_day(published.session, published.clock, published.config, published.coordinator, what, seen=seen)
    assert changed.value.reason == "changed"
    with pytest.raises(InvalidForm):
        call_off(published, what)
    assert len(told(published, "day_called_off")) == before


def test_without_another_date_the_requests_are_withdrawn_and_the_day_may_be_closed(published: SmallTerm) -> None:
    day = day_of(published)
    visits = concerned(published.session, published.term.id, day, DayBlocks.ALL).visits

    call_off(published, replace(STORM, date=day, again=False, closed=True))

    assert {visit.request.status for visit in visits} == {RequestStatus.WITHDRAWN}
    assert {visit.status for visit in visits} == {VisitStatus.CANCELLED}
    assert published.session.scalars(sa.select(OneOffDay.date)).all() == [day]


def test_whoever_has_been_out_stays(published: SmallTerm) -> None:
    visit = published.visit("V0000")
    at(published, visit.slot.date, dt.time(17, 0))
    teacher = published.person(Role.TEACHER, "S0")
    report_attendance(published.session, published.clock, teacher, visit.request_id, figures(visit))
    published.session.flush()

    found = concerned(published.session, published.term.id, visit.slot.date, DayBlocks.ALL)

    assert visit.id not in {one.id for one in found.visits}


def test_a_reminder_that_has_not_left_is_taken_back(published: SmallTerm) -> None:
    day = day_of(published)
    at(published, day - dt.timedelta(days=3 if day.weekday() == 0 else 1), dt.time(9, 5))
    write_reminders(published.session, published.clock)
    assert told(published, "visit_reminder")

    call_off(published, replace(STORM, date=day))

    assert [mail for mail in told(published, "visit_reminder") if mail.facts["date"] == day.isoformat()] == []


@pytest.mark.parametrize(("days", "hour", "waits"), [(1, 22, False), (5, 22, True), (5, 10, False)])
def test_what_presses_leaves_at_night_and_the_rest_in_the_morning(
    published: SmallTerm, days: int, hour: int, waits: bool
) -> None:
    day = day_of(published)
    at(published, day - dt.timedelta(days=days), dt.time(hour, 0))

    call_off(published, replace(STORM, date=day))

    assert all((mail.available_at > published.clock.now()) is waits for mail in told(published, "day_called_off"))


def test_only_the_office_may_and_the_record_stays_as_it_was_written(published: SmallTerm) -> None:
    what = replace(STORM, date=day_of(published))
    with pytest.raises(Forbidden):
        call_off(published, what, Role.OFFICER)
    day = call_off(published, what)
    with pytest.raises(DBAPIError, match="called_off_day"), published.session.begin_nested():
        published.session.execute(sa.update(CalledOffDay).where(CalledOffDay.id == day.id).values(note="다른 말"))


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"date": "2026-01-01"}, "date"),
        ({"date": ""}, "date"),
        ({"blocks": "night"}, "blocks"),
        ({"cause": ""}, "cause"),
        ({"cause": "other"}, "note"),
        ({"note": "가" * 201}, "note"),
        ({"understood": ""}, "understood"),
    ],
)
def test_what_is_missing_is_named(changed: dict[str, str], field: str) -> None:
    form = {"date": "2027-03-15", "blocks": "all", "cause": "air", "note": "", "understood": "1", **changed}
    with pytest.raises(InvalidForm) as refused:
        read_calling_off({name: [value] for name, value in form.items()}, dt.date(2027, 3, 1))
    assert [fault.field for fault in refused.value.faults] == [field]


def test_half_a_day_cannot_be_closed_for_requests() -> None:
    form = {"date": ["2027-03-15"], "blocks": ["AM"], "cause": ["air"], "understood": ["1"], "closed": ["1"]}
    assert read_calling_off(form, dt.date(2027, 3, 1)).closed is False
