"""Announcements reach those who have agreed, each once and by day; a no counts from the moment it is said."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest
import sqlalchemy as sa

from booking.domain.announcement_states import AnnouncementStatus
from booking.domain.announcements import AnnouncementEntry, Audience, ConsentBy, Group
from booking.domain.errors import Conflict, Forbidden, InvalidForm, LinkInvalid
from booking.domain.states import MessageStatus
from booking.domain.vocabulary import Channel, Language, Level, Role
from booking.domain.whose import Whose
from booking.models.announcements import Announcement, Consent
from booking.models.history import HistoryEntry
from booking.models.messages import Message
from booking.models.people import TeacherPost, User
from booking.models.workplaces import Workplace
from booking.notify.catalogue import Kind
from booking.services.announcement_reach import reach
from booking.services.announcements import (
    save_announcement,
    save_switch,
    schedule,
    send_due,
    send_test,
    still_wanted,
    take_back,
    text_message,
)
from booking.services.consents import agreed, off_token, read_off_token, set_consent
from booking.services.erasure import erase_person
from booking.services.successors import tell_new_contact
from booking.services.terms import the_centre
from tests.support.factory import SmallTerm

EVERYBODY = Audience((Group.TEACHERS, Group.WORKPLACES))
ENTRY = AnnouncementEntry(
    "여름 진로캠프", "캠프 신청을 받습니다.", "", "", (Channel.EMAIL, Channel.SMS), EVERYBODY, advertising=False
)
HOUR = dt.timedelta(hours=1)


@pytest.fixture
def on(small: SmallTerm) -> SmallTerm:
    """Announcements are allowed; a teacher and a workplace have agreed."""
    save_switch(small.session, small.person(Role.ADMINISTRATOR), on=True, number="")
    agree(small, Whose.USER, teacher(small).id)
    agree(small, Whose.WORKPLACE, place(small).id)
    return small


def teacher(small: SmallTerm) -> User:
    return small.session.get_one(User, small.person(Role.TEACHER, "S0").user_id)


def place(small: SmallTerm) -> Workplace:
    return small.session.scalars(sa.select(Workplace).where(Workplace.code == "W1")).one()


def agree(small: SmallTerm, whose: Whose, number: int, *, wanted: bool = True) -> bool:
    return set_consent(small.session, small.clock, "user:1", whose, number, wanted=wanted, by=ConsentBy.TELEPHONE)


def written(small: SmallTerm, entry: AnnouncementEntry = ENTRY) -> Announcement:
    return save_announcement(small.session, small.clock, small.coordinator, None, entry, seen=0)


def sent(small: SmallTerm) -> list[Message]:
    found = sa.select(Message).where(Message.kind == Kind.ANNOUNCEMENT, Message.subject.like("announcement:%"))
    return list(small.session.scalars(found.order_by(Message.id)))


def test_it_goes_to_those_who_have_agreed_once(on: SmallTerm) -> None:
    row = written(on)
    moment = on.clock.now() + HOUR
    schedule(on.session, on.coordinator, row.id, moment, seen=row.version)
    assert send_due(on.session, on.clock) == 0
    on.clock.advance(2 * HOUR)
    assert send_due(on.session, on.clock) == 2
    assert send_due(on.session, on.clock) == 0
    assert (row.status, row.people) == (AnnouncementStatus.SENT, 2)
    messages = sent(on)
    assert {(one.user_id, one.workplace_id) for one in messages} == {
        (teacher(on).id, None), (None, place(on).id),
    }  # fmt: skip
    assert len({(one.user_id, one.workplace_id, one.channel) for one in messages}) == len(messages)
    assert all(still_wanted(on.session, one) for one in messages)


def test_a_no_counts_from_the_moment_it_is_said(on: SmallTerm) -> None:
    row = written(on)
    schedule(on.session, on.coordinator, row.id, on.clock.now(), seen=row.version)
    send_due(on.session, on.clock)
    mine = [one for one in sent(on) if one.user_id is not None]
    assert mine
    assert agree(on, Whose.USER, teacher(on).id, wanted=False)
    assert not any(still_wanted(on.session, one) for one in mine)
    assert agree(on, Whose.USER, teacher(on).id)
    assert not agree(on, Whose.USER, teacher(on).id), "the same again changes nothing"
    consents = on.session.scalars(sa.select(Consent).where(Consent.user_id == teacher(on).id)).all()
    assert [one.withdrawn_at is None for one in consents] == [False, True]
    with pytest.raises(sa.exc.DBAPIError, match="kept"), on.session.begin_nested():
        on.session.execute(sa.text("DELETE FROM consent"))
    with pytest.raises(sa.exc.IntegrityError), on.session.begin_nested():
        on.session.execute(sa.text("INSERT INTO consent (user_id, granted_at, granted_by) SELECT user_id, now(), 'self'"
                                   " FROM consent WHERE withdrawn_at IS NULL AND user_id IS NOT NULL"))  # fmt: skip


def test_the_audience_is_narrowed_and_the_rest_is_counted(on: SmallTerm) -> None:
    found = reach(on.session, EVERYBODY, ENTRY.channels)
    assert len(found.readers) == 2
    places = on.session.scalar(sa.select(sa.func.count()).select_from(Workplace)) or 0
    assert found.not_agreed == 2 + places - 1
    none = reach(on.session, replace(EVERYBODY, levels=(Level.HIGH,), groups=(Group.TEACHERS,)), ENTRY.channels)
    assert (len(none.readers), none.not_agreed) == (0, 0)
    teacher(on).phone = None
    on.session.flush()
    assert reach(on.session, replace(EVERYBODY, groups=(Group.TEACHERS,)), (Channel.SMS,)).no_address == 1


def test_nothing_goes_to_anybody_while_it_is_off_but_a_trial_to_oneself(small: SmallTerm) -> None:
    agree(small, Whose.USER, teacher(small).id)
    row = written(small)
    with pytest.raises(Conflict):
        schedule(small.session, small.coordinator, row.id, small.clock.now(), seen=row.version)
    assert send_test(small.session, small.coordinator, row.id) >= 1
    assert send_test(small.session, small.coordinator, row.id) >= 1
    trials = small.session.scalars(sa.select(Message).where(Message.kind == Kind.ANNOUNCEMENT)).all()
    assert {one.user_id for one in trials} == {small.coordinator.user_id}
    assert all(still_wanted(small.session, one) for one in trials)
    with pytest.raises(Forbidden):
        save_switch(small.session, small.coordinator, on=True, number="")


def test_one_that_waits_can_be_taken_back_and_is_not_changed_meanwhile(on: SmallTerm) -> None:
    row = written(on)
    schedule(on.session, on.coordinator, row.id, on.clock.now() + HOUR, seen=row.version)
    with pytest.raises(Conflict):
        save_announcement(on.session, on.clock, on.coordinator, row.id, ENTRY, seen=row.version)
    take_back(on.session, on.coordinator, row.id, seen=row.version)
    on.clock.advance(2 * HOUR)
    assert send_due(on.session, on.clock) == 0
    assert sent(on) == []
    with pytest.raises(Conflict):
        save_announcement(on.session, on.clock, on.coordinator, row.id, ENTRY, seen=1)


def test_advertising_by_text_message_needs_a_number_to_refuse_it(on: SmallTerm) -> None:
    advertising = replace(ENTRY, advertising=True)
    with pytest.raises(InvalidForm) as refused:
        written(on, advertising)
    assert [(one.field, one.reason) for one in refused.value.faults] == [("advertising", "no_free_number")]
    with pytest.raises(InvalidForm):
        save_switch(on.session, on.person(Role.ADMINISTRATOR), on=True, number="02-0000-0000")
    save_switch(on.session, on.person(Role.ADMINISTRATOR), on=True, number="080-000-0000")
    row = written(on, advertising)
    text = text_message(the_centre(on.session), row, Language.KO).text
    assert text.startswith("(광고)[")
    assert text.endswith("무료수신거부 080-000-0000")
    too_long = replace(ENTRY, text="가" * 1200)
    with pytest.raises(InvalidForm) as refused:
        written(on, too_long)
    assert [(one.field, one.reason) for one in refused.value.faults] == [("text", "sms_too_long")]


def test_readers_of_english_get_english_where_it_was_written(on: SmallTerm) -> None:
    teacher(on).language = Language.EN
    row = written(on, replace(ENTRY, subject_en="Summer camp", text_en="Requests are open."))
    schedule(on.session, on.coordinator, row.id, on.clock.now(), seen=row.version)
    send_due(on.session, on.clock)
    texts = {one.user_id is not None: one.facts["text"] for one in sent(on)}
    assert texts == {True: "Requests are open.", False: ENTRY.text}


def test_nobody_is_written_to_where_nobody_has_agreed(small: SmallTerm) -> None:
    save_switch(small.session, small.person(Role.ADMINISTRATOR), on=True, number="")
    row = written(small)
    with pytest.raises(InvalidForm) as refused:
        schedule(small.session, small.coordinator, row.id, small.clock.now(), seen=row.version)
    assert [(one.field, one.reason) for one in refused.value.faults] == [("readers", "nobody")]


def test_a_link_says_no_for_its_reader_and_for_nobody_else() -> None:
    token = off_token("secret", Whose.WORKPLACE, 12)
    assert read_off_token("secret", token) == (Whose.WORKPLACE, 12)
    for wrong in (token[:-1], token + "A", "x", ""):
        with pytest.raises(LinkInvalid):
            read_off_token("secret", wrong)
    with pytest.raises(LinkInvalid):
        read_off_token("another", token)


def test_what_was_announced_and_agreed_stands_in_the_history(on: SmallTerm) -> None:
    row = written(on)
    schedule(on.session, on.coordinator, row.id, on.clock.now(), seen=row.version)
    send_due(on.session, on.clock)
    actions = list(on.session.scalars(sa.select(HistoryEntry.action).order_by(HistoryEntry.id)))
    for action in ("announcing_set", "consent_granted", "announcement_written", "announcement_scheduled",
                   "announcement_sent"):  # fmt: skip
        assert action in actions
    assert {one.status for one in sent(on)} == {MessageStatus.CREATED}


def test_a_yes_ends_with_whoever_said_it(on: SmallTerm) -> None:
    """Who answers for the workplace next has agreed to nothing, nor has anybody whose data were erased."""
    keeper = on.person(Role.ADMINISTRATOR)
    tell_new_contact(on.session, on.clock, on.coordinator, place(on).id)
    assert agreed(on.session, Whose.WORKPLACE, place(on).id) is None
    on.session.execute(
        sa.update(TeacherPost).where(TeacherPost.user_id == teacher(on).id).values(until=on.clock.now().date())
    )
    number = teacher(on).id
    erase_person(on.session, on.clock, keeper, Whose.USER, number, "본인의 삭제 요구")
    on.session.expire_all()
    assert agreed(on.session, Whose.USER, number) is None
    assert {one.withdrawn_by for one in on.session.scalars(sa.select(Consent))} == {ConsentBy.GONE}
