"""What is kept for long enough is erased once, with a line in the record; all that is counted stays as it was."""

from __future__ import annotations

import datetime as dt

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.domain.errors import Conflict, Forbidden, InvalidForm, NotFound
from booking.domain.retention import Erased, Periods
from booking.domain.satisfaction import RemarkState
from booking.domain.states import MessageStatus
from booking.domain.vocabulary import ChangeKind, Role, WorkplaceStatus
from booking.domain.whose import Whose
from booking.models.afterwards import Attendance, ChangeReport
from booking.models.coaches import Coach
from booking.models.dispatches import CoachDispatch
from booking.models.foretelling import Foretelling, ForetoldMessage
from booking.models.history import AccessEntry
from booking.models.messages import Message
from booking.models.people import TeacherPost, User, WebSession
from booking.models.retention import Erasure
from booking.models.satisfaction import Remark
from booking.models.workplaces import Workplace, WorkplaceContact, WorkplaceStep
from booking.queries.personal_data import find_people, find_subject, held_about
from booking.services.audit import run_audit
from booking.services.erasure import StillNeeded, erase_person, needed_for
from booking.services.history import record_access
from booking.services.keeping import switch_off
from booking.services.retention import count_due, erase_due, save_periods
from booking.services.settling import send_again
from tests.support.coaches import few_adults, send_all
from tests.support.factory import NOW, SmallTerm
from tests.support.visits import at

DAY = dt.timedelta(days=1)


def statistics(small: SmallTerm) -> list[object]:
    """Everything that the centre counts."""
    queries = (
        "SELECT count(*), sum(pupils) FROM visit_group", "SELECT status, count(*) FROM visit GROUP BY 1 ORDER BY 1",
        "SELECT kind, channel, status, count(*) FROM message GROUP BY 1, 2, 3 ORDER BY 1, 2, 3",
        "SELECT count(*) FROM history_entry WHERE action NOT LIKE '%erased'",
        "SELECT count(*) FROM workplace", "SELECT count(*), count(DISTINCT user_id) FROM teacher_post",
    )  # fmt: skip
    return [tuple(map(tuple, small.session.execute(sa.text(query)))) for query in queries]


def later(small: SmallTerm, days: int) -> None:
    """Let so many days pass since the term was loaded."""
    small.clock.moment = NOW + days * DAY


def sent(small: SmallTerm) -> list[Message]:
    """Everything of a publication has left and arrived at the time of the publication."""
    small.publish()
    small.session.execute(
        sa.update(Message).values(
            status=MessageStatus.DELIVERED, body="가람중 1-1", sent_at=NOW, settled_at=NOW, created_at=NOW
        )
    )
    small.session.expire_all()
    return list(small.session.scalars(sa.select(Message)))


def test_the_words_of_messages_go_after_half_a_year_and_that_they_were_sent_stays(small: SmallTerm) -> None:
    messages = sent(small)
    before = statistics(small)
    later(small, 180)
    assert Erased.MESSAGE_TEXT not in count_due(small.session, small.clock)
    later(small, 186)
    assert count_due(small.session, small.clock)[Erased.MESSAGE_TEXT] == len(messages)
    assert erase_due(small.session, small.clock)[Erased.MESSAGE_TEXT] == len(messages)
    small.session.expire_all()
    assert {(one.body, str(one.facts)) for one in messages} == {(None, "{}")}
    assert statistics(small) == before
    assert run_audit(small.session, small.clock.now()) == []
    # the next night finds nothing, and writes nothing
    assert erase_due(small.session, small.clock) == {}
    record = small.session.scalars(sa.select(Erasure)).all()
    assert [(one.what, one.count, one.actor, one.subject_id) for one in record] == [
        (Erased.MESSAGE_TEXT, len(messages), "worker", None)
    ]


def test_what_is_still_to_be_sent_keeps_its_words_and_what_has_none_is_not_sent_again(small: SmallTerm) -> None:
    small.publish()
    waiting, failed = small.session.scalars(sa.select(Message).order_by(Message.id)).all()[:2]
    failed.status, failed.settled_at = MessageStatus.FAILED, NOW
    small.session.flush()
    later(small, 400)
    erase_due(small.session, small.clock)
    small.session.expire_all()
    assert waiting.facts
    assert failed.emptied_at is not None
    with pytest.raises(Conflict):
        send_again(small.session, small.coordinator, failed.id)


def test_contacts_go_a_year_after_a_workplace_has_ended_and_its_history_stays(small: SmallTerm) -> None:
    ended, standing = small.session.scalars(sa.select(Workplace).order_by(Workplace.code)).all()[:2]
    ended.notes = "사장님 휴대전화로 연락"
    ended.status = WorkplaceStatus.ENDED
    small.session.add(
        WorkplaceStep(
            workplace_id=ended.id, status_before=WorkplaceStatus.ACTIVE, status=WorkplaceStatus.ENDED, since=NOW.date()
        )
    )
    small.session.flush()
    later(small, 364)
    assert Erased.WORKPLACE_CONTACT not in count_due(small.session, small.clock)
    later(small, 367)
    assert erase_due(small.session, small.clock)[Erased.WORKPLACE_CONTACT] == 1
    assert small.session.get(WorkplaceContact, ended.id) is None
    assert small.session.get_one(Workplace, ended.id).notes == ""
    assert small.session.get(WorkplaceContact, standing.id) is not None


def test_a_teacher_who_left_goes_a_year_later_and_one_who_stays_never(small: SmallTerm) -> None:
    gone = small.session.get_one(User, small.person(Role.TEACHER, "S0").user_id)
    stays = small.session.get_one(User, small.person(Role.TEACHER, "S1").user_id)
    email = gone.email
    small.session.execute(sa.update(User).values(created_at=NOW))
    small.session.execute(sa.update(TeacherPost).where(TeacherPost.user_id == gone.id).values(until=NOW.date()))
    small.session.add(
        WebSession(token_hash=b"1" * 32, user_id=gone.id, created_at=NOW, expires_at=NOW + DAY, ip="192.0.2.7")
    )
    small.session.flush()
    later(small, 364)
    assert Erased.TEACHER not in count_due(small.session, small.clock)
    later(small, 368)
    assert erase_due(small.session, small.clock)[Erased.TEACHER] == 1
    small.session.expire_all()
    assert (gone.name, gone.phone, gone.password_hash, gone.active) == (f"#{gone.id}", None, None, False)
    assert email not in gone.email
    assert stays.erased_at is None
    assert small.session.scalar(sa.select(sa.func.count()).select_from(WebSession)) == 0
    posts = small.session.scalars(sa.select(TeacherPost).where(TeacherPost.user_id == gone.id)).all()
    assert len(posts) == 1


def test_somebody_of_the_office_stays_known_for_as_long_as_the_log_speaks_of_them(small: SmallTerm) -> None:
    officer = small.session.scalars(sa.select(User).where(User.role == Role.OFFICER)).one()
    small.session.execute(sa.update(User).values(created_at=NOW - 4000 * DAY))
    switch_off(small.session, small.clock, small.person(Role.ADMINISTRATOR), officer.id)
    small.session.flush()
    switched = dt.datetime.now(dt.UTC)  # the history has the database's clock
    small.clock.moment = switched + 700 * DAY
    assert Erased.OFFICE_ACCOUNT not in count_due(small.session, small.clock)
    small.clock.moment = switched + 740 * DAY
    assert erase_due(small.session, small.clock)[Erased.OFFICE_ACCOUNT] == 1
    assert officer.erased_at is not None


def test_the_database_keeps_the_log_for_its_time_and_the_record_for_ever(small: SmallTerm) -> None:
    session = small.session
    record_access(session, small.coordinator, "reveal_contact", "workplace", 1)
    session.flush()
    old = sa.text(
        "INSERT INTO access_entry (at, role, action, subject_type, count) VALUES"
        " (now() - interval '13 months', 'coordinator', 'reveal_contact', 'workplace', 1),"
        " (now() - interval '25 months', 'coordinator', 'reveal_contact', 'workplace', 1)"
    )
    session.execute(old)
    small.clock.moment = dt.datetime.now(dt.UTC)
    assert erase_due(session, small.clock)[Erased.ACCESS_LOG] == 1
    assert session.scalar(sa.select(sa.func.count()).select_from(AccessEntry)) == 2
    for statement in (
        "DELETE FROM access_entry", "UPDATE access_entry SET purpose = 'x'", "DELETE FROM erasure",
        "UPDATE erasure SET count = 7", "TRUNCATE erasure",
    ):  # fmt: skip
        with pytest.raises(sa.exc.DBAPIError, match="append-only"), session.begin_nested():
            session.execute(sa.text(statement))
    # a shorter time that the centre sets frees the older line, never one of the last year
    with pytest.raises(sa.exc.IntegrityError), session.begin_nested():
        session.execute(sa.text("UPDATE centre SET access_months = 11"))
    save_periods(session, small.person(Role.ADMINISTRATOR), Periods(12, 6, 12))
    assert erase_due(session, small.clock)[Erased.ACCESS_LOG] == 1
    with pytest.raises(Forbidden):
        save_periods(session, small.coordinator, Periods(12, 6, 24))


def test_everything_about_a_person_is_shown_and_erased_on_request(small: SmallTerm) -> None:
    session, keeper = small.session, small.person(Role.ADMINISTRATOR)
    messages = sent(small)
    teacher = session.get_one(User, small.person(Role.TEACHER, "S0").user_id)
    teacher.phone = "010-0000-4321"
    elsewhere = next(one for one in messages if one.workplace_id is not None)
    elsewhere.body = f"인솔: {teacher.name} {teacher.phone}"
    session.flush()
    draft = small.propose()
    session.add(Foretelling(run_id=draft.id, run_version=draft.version, written_at=NOW))
    session.flush()
    session.add(
        ForetoldMessage(
            run_id=draft.id, number=1, user_id=teacher.id, kind="allocation_proposed", channel="email", subject="s",
            version=1, language="ko", facts={}, recipient=teacher.name, in_kakaotalk=False,
        )
    )  # fmt: skip
    session.flush()
    assert [one.id for one in find_people(session, "0000-4321") if one.kind is Whose.USER] == [teacher.id]
    held = held_about(session, find_subject(session, Whose.USER, teacher.id))
    assert ("phone", "010-0000-4321") in held.facts
    assert [post.school.name for post in held.posts] == ["가람중"]
    assert {one.user_id for one in held.messages} == {teacher.id}
    seen = [teacher.email, teacher.phone, teacher.name]

    with pytest.raises(StillNeeded) as refused:
        erase_person(session, small.clock, keeper, Whose.USER, teacher.id, "본인의 삭제 요구")
    assert refused.value.reason == "has_post"
    session.execute(sa.update(TeacherPost).where(TeacherPost.user_id == teacher.id).values(until=NOW.date()))
    with pytest.raises(InvalidForm):
        erase_person(session, small.clock, keeper, Whose.USER, teacher.id, " 요 ")
    with pytest.raises(Forbidden):
        erase_person(session, small.clock, small.coordinator, Whose.USER, teacher.id, "본인의 삭제 요구")
    before = statistics(small)
    emptied = erase_person(session, small.clock, keeper, Whose.USER, teacher.id, "본인의 삭제 요구")
    assert emptied == len([one for one in messages if one.user_id == teacher.id]) + 1
    assert statistics(small) == before
    assert run_audit(session, small.clock.now()) == []
    session.flush()
    everything = " ".join(
        str(row) for name in (
            "app_user", "message", "history_entry", "erasure", "teacher_post", "request", "visit", "foretold_message",
        )
        for row in session.execute(sa.text(f"SELECT to_jsonb(t) FROM {name} t"))
    )  # fmt: skip
    assert [text for text in seen if text and text in everything] == []
    with pytest.raises(NotFound):
        find_subject(session, Whose.USER, teacher.id)


def test_who_is_expected_is_not_erased(small: SmallTerm) -> None:
    session, keeper = small.session, small.person(Role.ADMINISTRATOR)
    sent(small)
    place = small.visit("V0000").groups[0].workplace_id
    coach = session.scalars(sa.select(Coach)).first()
    assert coach is not None
    for kind, number, reason in (
        (Whose.WORKPLACE, place, "visits_ahead"), (Whose.COACH, coach.id, "goes_on"),
        (Whose.USER, small.coordinator.user_id, "active"),
    ):  # fmt: skip
        with pytest.raises(StillNeeded) as refused:
            erase_person(session, small.clock, keeper, kind, number, "본인의 삭제 요구")
        assert refused.value.reason == reason
    at(small, dt.date(2028, 1, 3))
    coach.ended_on = dt.date(2027, 12, 1)
    session.flush()
    assert erase_person(session, small.clock, keeper, Whose.COACH, coach.id, "본인의 삭제 요구") >= 0
    assert (coach.name, coach.phone, coach.email) == (f"#{coach.id}", None, None)
    assert erase_person(session, small.clock, keeper, Whose.WORKPLACE, place, "본인의 삭제 요구") > 0
    assert session.get(WorkplaceContact, place) is None


def test_a_coach_who_is_to_go_along_is_not_erased(session: Session) -> None:
    small = few_adults(session)
    keeper = small.person(Role.ADMINISTRATOR)
    dispatch = send_all(small)[0]
    dispatch.coach.ended_on = small.clock.now().date() - dt.timedelta(days=1)
    session.flush()
    with pytest.raises(StillNeeded) as refused:
        erase_person(session, small.clock, keeper, Whose.COACH, dispatch.coach_id, "본인의 삭제 요구")
    assert refused.value.reason == "outings_ahead"
    session.execute(sa.delete(CoachDispatch).where(CoachDispatch.coach_id == dispatch.coach_id))
    assert needed_for(session, small.clock, find_subject(session, Whose.COACH, dispatch.coach_id)) != "outings_ahead"


def test_words_go_with_the_contacts_and_what_they_stood_beside_stays(small: SmallTerm) -> None:
    small.publish()
    group = small.visit("V0000").groups[0]
    teacher = small.person(Role.TEACHER, "S0").user_id
    small.session.add_all(
        [
            Attendance(
                group_id=group.id, attended=4, remark="김하늘이 아팠습니다", reported_by_id=teacher, reported_at=NOW
            ),
            ChangeReport(
                request_id=small.request("V0000").id, kind=ChangeKind.OTHER, reason="이나라 선생님이 대신 갑니다",
                created_by_id=teacher, created_at=NOW, note="알겠습니다",
            ),
            Remark(
                workplace_id=group.workplace_id, date=NOW.date(), text="김하늘 학생", state=RemarkState.HIDDEN,
                reason="이름", at=NOW, moderated_at=NOW, moderated_by_id=small.coordinator.user_id,
            ),
        ]
    )  # fmt: skip
    small.session.flush()
    later(small, 364)
    assert Erased.FREE_WORDS not in count_due(small.session, small.clock)
    later(small, 368)
    assert count_due(small.session, small.clock)[Erased.FREE_WORDS] == 4
    assert erase_due(small.session, small.clock)[Erased.FREE_WORDS] == 4
    assert Erased.FREE_WORDS not in erase_due(small.session, small.clock)
    small.session.expire_all()
    kept = small.session.scalars(sa.select(Attendance)).one()
    assert (kept.attended, kept.remark) == (4, "")
    report = small.session.scalars(sa.select(ChangeReport)).one()
    assert (report.reason, report.note) == ("–", None)
    assert small.session.scalars(sa.select(Remark)).all() == []
