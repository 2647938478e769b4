"""Reminders: at the right hour of the right day, one a school and date, however often the task runs."""

from __future__ import annotations

import datetime as dt

import pytest
import sqlalchemy as sa

from booking.clock import seoul_time
from booking.domain.errors import Forbidden, NotFound
from booking.domain.visit_days import Check
from booking.domain.vocabulary import Role
from booking.models.messages import Message
from booking.models.school_year import OneOffDay
from booking.services.attendance import report_attendance
from booking.services.reminders import remind_now, reminded, write_reminders
from booking.services.visit_checks import set_checks
from tests.support.factory import SmallTerm
from tests.support.visits import DAY, at, figures

FRIDAY = dt.date(2027, 3, 12)
REMINDERS = ("visit_reminder", "attendance_due", "attendance_reminder")


@pytest.fixture
def published(small: SmallTerm) -> SmallTerm:
    small.publish()
    return small


def written(small: SmallTerm) -> list[Message]:
    small.session.expire_all()
    return list(
        small.session.scalars(
            sa.select(Message).where(Message.kind.in_(REMINDERS)).order_by(Message.id, Message.channel)
        )
    )


def run(small: SmallTerm, date: dt.date, time: dt.time = dt.time(9, 5)) -> list[tuple[str, str]]:
    """Kind and date of the e-mails that one running of the task writes."""
    known = {message.id for message in written(small)}
    at(small, date, time)
    write_reminders(small.session, small.clock)
    return [
        (message.kind, message.facts["date"])
        for message in written(small)
        if message.id not in known and message.channel == "email"
    ]


def test_the_day_before_says_what_is_still_unchecked(published: SmallTerm) -> None:
    teacher = published.person(Role.TEACHER, "S0")
    ids = [published.request("V0000").id]
    set_checks(published.session, published.clock, teacher, ids, Check.CONSENT, True)

    assert run(published, FRIDAY) == [("visit_reminder", "2027-03-15")]

    message = written(published)[0]
    assert message.user_id == teacher.user_id
    assert [(one["label"], one["unchecked"]) for one in message.facts["visits"]] == [
        ("1-1", ["briefing"]), ("1-2", ["consent", "briefing"]),
    ]  # fmt: skip
    assert {one.channel.value for one in written(published)} == {"email", "sms"}


def test_ten_runs_write_what_one_writes(published: SmallTerm) -> None:
    for date in (FRIDAY, DAY + dt.timedelta(days=1)):
        run(published, date)
        before = len(written(published))
        for _ in range(10):
            published.clock.advance(dt.timedelta(minutes=10))
            write_reminders(published.session, published.clock)
        assert len(written(published)) == before
    kinds = [message.kind for message in written(published)]
    # the second date: figures of the Monday, and the visits of the Wednesday
    assert kinds.count("attendance_due") == 2
    assert kinds.count("visit_reminder") == 4


def test_nothing_is_written_before_nine_or_at_night(published: SmallTerm) -> None:
    assert run(published, FRIDAY, dt.time(8, 59)) == []
    assert run(published, FRIDAY, dt.time(20, 0)) == []
    assert run(published, FRIDAY, dt.time(19, 59)) != []


def test_a_day_off_moves_the_day_before(published: SmallTerm) -> None:
    published.session.add(OneOffDay(date=FRIDAY, name="휴관", created_by_id=published.coordinator.user_id))
    published.session.flush()
    assert run(published, dt.date(2027, 3, 11)) == [("visit_reminder", "2027-03-15")]


def test_figures_are_asked_for_on_the_next_working_day_and_once_more_after_five(published: SmallTerm) -> None:
    mondays = "2027-03-15"
    assert ("attendance_due", mondays) not in run(published, DAY, dt.time(19, 0))
    assert ("attendance_due", mondays) in run(published, dt.date(2027, 3, 16))
    due = [message for message in written(published) if message.kind == "attendance_due"]
    # one a school and date, not one a class
    assert due[0].facts["labels"] == ["1-1", "1-2"]
    assert due[0].facts["due_on"] == "2027-03-22"
    assert ("attendance_reminder", mondays) not in run(published, dt.date(2027, 3, 19))
    # five days later is a Saturday
    assert ("attendance_reminder", mondays) not in run(published, dt.date(2027, 3, 20))
    assert ("attendance_reminder", mondays) in run(published, dt.date(2027, 3, 22))
    assert ("attendance_reminder", mondays) not in run(published, dt.date(2027, 3, 25))


def test_what_was_reported_is_not_asked_for(published: SmallTerm) -> None:
    teacher = published.person(Role.TEACHER, "S0")
    at(published, DAY, dt.time(15, 0))
    for code in ("V0000", "V0001"):
        report_attendance(
            published.session, published.clock, teacher, published.request(code).id, figures(published.visit(code))
        )
    assert ("attendance_due", "2027-03-15") not in run(published, dt.date(2027, 3, 16))


def test_an_installation_that_begins_late_does_not_ask_for_last_term(published: SmallTerm) -> None:
    found = run(published, DAY + dt.timedelta(days=40))
    assert found == []


def test_a_person_reminds_once(published: SmallTerm) -> None:
    school = published.request("V0000").school_id
    at(published, DAY + dt.timedelta(days=2), dt.time(21, 0))
    assert remind_now(published.session, published.clock, published.coordinator, school, DAY) == 2
    assert remind_now(published.session, published.clock, published.coordinator, school, DAY) == 0
    message = next(message for message in written(published) if message.kind == "attendance_reminder")
    assert message.available_at == seoul_time(DAY + dt.timedelta(days=3), dt.time(9, 0))
    assert set(reminded(published.session, [(school, DAY), (school, FRIDAY)])) == {(school, DAY)}
    # the task finds it written
    assert ("attendance_reminder", "2027-03-15") not in run(published, dt.date(2027, 3, 22))


def test_only_what_is_missing_can_be_reminded_of_and_only_by_the_office(published: SmallTerm) -> None:
    school = published.request("V0000").school_id
    with pytest.raises(NotFound):
        remind_now(published.session, published.clock, published.coordinator, school, DAY)
    at(published, DAY + dt.timedelta(days=1))
    with pytest.raises(NotFound):
        remind_now(published.session, published.clock, published.coordinator, school, FRIDAY)
    with pytest.raises(Forbidden):
        remind_now(published.session, published.clock, published.person(Role.TEACHER, "S0"), school, DAY)
