"""Somebody leaves: the former links open nothing, the successor hears of what stands, and of nothing else."""

from __future__ import annotations

import datetime as dt

import pytest
import sqlalchemy as sa

from booking.domain.errors import InvalidForm, LinkInvalid, NotFound
from booking.domain.states import GROUP_STEPS, GroupStatus, MessageStatus, step
from booking.domain.vocabulary import Language, Role
from booking.domain.workplace_entry import ContactEntry
from booking.models.messages import Message
from booking.models.people import TeacherPost, User
from booking.models.visits import VisitGroup, WorkplaceNotice
from booking.notify.catalogue import Kind
from booking.services import links
from booking.services.placing import live_groups
from booking.services.successors import hand_over, tell_new_contact
from booking.services.workplace_effects import Patch
from booking.services.workplaces import change_workplace, find_workplace
from tests.support.factory import SmallTerm
from tests.support.shifts import held
from tests.support.visits import at, confirmed, everything_left

NEW = ContactEntry(name="새담당", title="팀장", email="new@example.kr", phone="010-0000-0999", language=Language.KO)


def of_place(small: SmallTerm, notice: WorkplaceNotice) -> list[Message]:
    return list(
        small.session.scalars(
            sa.select(Message).where(Message.subject == f"notice:{notice.id}").order_by(Message.version, Message.id)
        )
    )


def successor(small: SmallTerm, notice: WorkplaceNotice) -> int:
    """What the form does: the new contact is stored, then told."""
    place = find_workplace(small.session, notice.workplace_id)
    change_workplace(
        small.session, small.clock, small.config, small.coordinator, place.id, Patch(contact=(NEW,)), seen=place.version
    )
    return tell_new_contact(small.session, small.clock, small.coordinator, place.id)


def first_notice(small: SmallTerm) -> WorkplaceNotice:
    notice = small.session.scalars(sa.select(WorkplaceNotice).order_by(WorkplaceNotice.id)).first()
    assert notice is not None
    return notice


def days_of(small: SmallTerm, notice: WorkplaceNotice) -> int:
    return len(
        small.session.scalars(
            sa.select(WorkplaceNotice).where(WorkplaceNotice.workplace_id == notice.workplace_id)
        ).all()
    )


def test_an_open_question_is_asked_anew_and_the_former_link_opens_nothing(small: SmallTerm) -> None:
    small.publish()
    everything_left(small)
    notice = first_notice(small)
    link = small.link(notice)
    version, channels = notice.version, len(of_place(small, notice))

    assert successor(small, notice) == days_of(small, notice) * channels

    small.judge()
    with pytest.raises(LinkInvalid) as closed:
        links.resolve(small.session, link)
    assert closed.value.reason == "replaced"
    new = [one for one in of_place(small, notice) if one.version == version + 1]
    assert {one.kind for one in new} == {Kind.WORKPLACE_ASK.value}
    assert all(one.facts["contact"] == "새담당 팀장" for one in new)
    assert links.resolve(small.session, small.link(notice)).notice_id == notice.id


def test_the_link_of_a_past_day_closes_with_the_former_contact(small: SmallTerm) -> None:
    """A workplace is thanked with a link that opens for days after the visit."""
    small.publish()
    notice = first_notice(small)
    token = links.issue(small.session, notice.id, notice.version, days_after=14)
    at(small, notice.date + dt.timedelta(days=1))
    assert links.resolve(small.session, token).notice_id == notice.id
    successor(small, notice)
    with pytest.raises(LinkInvalid):
        links.resolve(small.session, token)


def test_what_has_not_left_yet_is_said_once_to_the_new_contact(small: SmallTerm) -> None:
    small.publish()
    notice = first_notice(small)
    before = of_place(small, notice)
    successor(small, notice)
    for message in before:
        small.session.refresh(message)
    assert {message.status for message in before} == {MessageStatus.WITHDRAWN}
    waiting = [one for one in of_place(small, notice) if one.status is MessageStatus.CREATED]
    assert len(waiting) == len(before)


def test_a_settled_visit_is_told_as_settled_and_an_answer_is_not_asked_again(small: SmallTerm) -> None:
    small.publish()
    visit = confirmed(small)
    everything_left(small)
    place = live_groups(visit)[0].workplace_id
    notice = small.session.scalars(
        sa.select(WorkplaceNotice).where(WorkplaceNotice.workplace_id == place, WorkplaceNotice.date == visit.slot.date)
    ).one()
    others = small.session.scalars(
        sa.select(VisitGroup).where(
            VisitGroup.workplace_id == place, VisitGroup.visit_id != visit.id, VisitGroup.status == GroupStatus.ASKED
        )
    ).all()
    successor(small, notice)
    kinds = {one.kind for one in of_place(small, notice) if one.version == notice.version}
    same_day = any(group.visit.slot.date == visit.slot.date for group in others)
    assert kinds == {Kind.WORKPLACE_ASK.value if same_day else Kind.WORKPLACE_CONFIRMED.value}
    assert {group.status for group in live_groups(visit)} == {GroupStatus.ACCEPTED}


def test_a_yes_that_waits_for_others_says_nothing_yet(small: SmallTerm) -> None:
    small.publish()
    everything_left(small)
    notice = first_notice(small)
    for group in small.session.scalars(
        sa.select(VisitGroup).where(VisitGroup.workplace_id == notice.workplace_id)
    ).all():
        if group.visit.slot.date == notice.date:
            group.status = step(GROUP_STEPS, group.status, GroupStatus.ACCEPTED)
    link = small.link(notice)
    before = len(of_place(small, notice))
    successor(small, notice)
    assert len(of_place(small, notice)) == before
    with pytest.raises(LinkInvalid):
        links.resolve(small.session, link)


def teacher_post(small: SmallTerm, school: str) -> TeacherPost:
    person = small.person(Role.TEACHER, school)
    return small.session.scalars(sa.select(TeacherPost).where(TeacherPost.user_id == person.user_id)).one()


def mail_to(small: SmallTerm, user: User) -> Message:
    return small.session.scalars(
        sa.select(Message).where(Message.user_id == user.id).order_by(Message.id.desc()).limit(1)
    ).one()


def test_a_teacher_hands_a_school_over_with_what_waits_for_an_answer(small: SmallTerm) -> None:
    held(small)  # an offer to the school of V0002 waits
    post = teacher_post(small, "S1")
    user, new = hand_over(
        small.session, small.clock, small.coordinator, post.user_id, post.id,
        email="next@school.example.kr", name="후임교사", title="진로전담교사",
    )  # fmt: skip
    assert new
    assert post.until is not None
    message = mail_to(small, user)
    assert message.kind == Kind.INVITATION.value
    assert (message.facts["offers"], message.facts["school"]) == (1, post.school.name)
    assert message.facts["answer_by"]


def test_a_teacher_with_an_account_takes_one_more_school(small: SmallTerm) -> None:
    post, other = teacher_post(small, "S1"), teacher_post(small, "S2")
    known = small.session.get_one(User, other.user_id)
    user, new = hand_over(
        small.session, small.clock, small.coordinator, post.user_id, post.id,
        email=known.email, name="아무개", title="진로부장교사",
    )  # fmt: skip
    assert (user.id, new) == (known.id, False)
    assert mail_to(small, user).facts["offers"] == 0
    schools = {row.school_id for row in user.posts if row.until is None}
    assert schools == {post.school_id, other.school_id}


def test_a_successor_who_cannot_be_invited_is_named(small: SmallTerm) -> None:
    post = teacher_post(small, "S1")
    with pytest.raises(InvalidForm) as refused:
        hand_over(
            small.session, small.clock, small.coordinator, post.user_id, post.id, email="next", name="", title="교사"
        )
    assert {fault.field for fault in refused.value.faults} == {"email", "name"}
    with pytest.raises(NotFound):
        hand_over(
            small.session, small.clock, small.coordinator, post.user_id, post.id + 1000, email="a@example.kr",
            name="가나다", title="교사",
        )  # fmt: skip
