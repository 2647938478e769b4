"""Accounts on the console: invited, invited again, withdrawn, moved to another school, switched off, given a role."""

from __future__ import annotations

import datetime as dt

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from booking.domain.ids import SchoolId
from booking.domain.states import MessageStatus
from booking.models.history import AccessEntry, HistoryEntry
from booking.models.messages import Message
from booking.models.people import OneTimeLink, TeacherPost, User
from booking.notify.catalogue import Kind
from booking.notify.rendering import CannotRender
from booking.services.telling import teachers_of
from tests.support.entry import NEW_PASSWORD, made, mailed_path, messages_to, user_of
from tests.support.pages import Site, words

COORDINATOR, ADMINISTRATOR = "coordinator@demo.example.kr", "admin@demo.example.kr"
TEACHER, NEW = "t001@school.example.kr", "new@school.example.kr"


@pytest.fixture
def coordinator(site: Site) -> FlaskClient:
    return site.signed_in(COORDINATOR)


def invite(site: Site, client: FlaskClient, email: str = NEW, school: str = "S1", **changes: str) -> int:
    data = {
        "email": email,
        "name": "새 교사",
        "school": str(site.school_id(school)),
        "title": "진로전담교사",
        **changes,
    }
    answer = client.post("/console/people/invite", data=data)
    assert answer.status_code == 303, words(answer)
    return int(answer.location.rpartition("/")[2])


def post_of(site: Site, email: str) -> TeacherPost:
    site.session.rollback()
    return site.session.scalars(
        sa.select(TeacherPost).where(TeacherPost.user.has(email=email), TeacherPost.until.is_(None))
    ).one()


def renamed(site: Site) -> FlaskClient:
    """The teacher of the first school, signed in, under a name in which the school's does not stand."""
    client = site.signed_in(TEACHER)
    assert client.post("/account", data={"name": "이서담"}).status_code == 303
    return client


def state(client: FlaskClient, number: int) -> str:
    text = words(client.get(f"/console/people/{number}"))
    return next(
        word for word in ("초대 보내는 중", "초대 기한 지남", "초대 거둠", "초대함", "쓰는 중", "꺼짐") if word in text
    )


def test_an_invitation_becomes_an_account(site: Site, coordinator: FlaskClient) -> None:
    number = invite(site, coordinator, f" {NEW.upper()} ")
    assert state(coordinator, number) == "초대 보내는 중"
    today = dt.date(2027, 2, 22)
    school = post_of(site, NEW).school_id
    assert NEW not in [user.email for user in teachers_of(site.session, [school], today)[school]], "not told before"
    path = mailed_path(site, NEW, Kind.INVITATION)
    site.session.execute(sa.update(Message).values(status=MessageStatus.SENDING))
    site.session.execute(sa.update(Message).values(status=MessageStatus.SENT))
    site.session.commit()
    assert state(coordinator, number) == "초대함"
    client = site.visitor()
    page = client.get(path)
    assert "나래중" in words(page)
    assert NEW not in page.text
    refused = client.post(path, data={"name": "", "password": "short"})
    assert refused.status_code == 422
    assert 'href="#name"' in refused.text
    assert 'href="#password"' in refused.text
    done = client.post(path, data={"name": "김새봄", "password": NEW_PASSWORD})
    assert (done.status_code, done.location) == (303, "/sign-in")
    assert client.get("/teacher").status_code == 302, "a link that waits for days signs nobody in"
    assert client.post(path, data={"name": "남", "password": NEW_PASSWORD + "!"}).status_code == 410
    user = user_of(site, NEW)
    assert (user.name, user.active, user.invited_at) == ("김새봄", True, None)
    assert state(coordinator, number) == "쓰는 중"
    assert client.post("/sign-in", data={"email": NEW, "password": NEW_PASSWORD}).status_code == 303
    assert "나래중" in words(client.get("/teacher"))
    actions = site.session.scalars(sa.select(HistoryEntry.action).where(HistoryEntry.subject_id == number)).all()
    assert {"invited", "post_began", "invitation_accepted"} <= set(actions)


def test_a_known_address_gets_a_school_and_no_second_account(site: Site, coordinator: FlaskClient) -> None:
    users = site.session.scalar(sa.select(sa.func.count()).select_from(User))
    before = user_of(site, TEACHER)
    number = invite(site, coordinator, TEACHER.upper(), "S2", name="남의 이름")
    after = user_of(site, TEACHER)
    assert (number, after.name, after.password_hash) == (before.id, before.name, before.password_hash)
    assert site.session.scalar(sa.select(sa.func.count()).select_from(User)) == users
    assert messages_to(site, TEACHER, Kind.INVITATION) == []
    assert len(messages_to(site, TEACHER, Kind.SCHOOL_ADDED)) == 1
    text = words(site.signed_in(TEACHER).get("/teacher"))
    assert "가람중" in text
    assert "다솜중" in text
    twice = coordinator.post(
        "/console/people/invite",
        data={"email": TEACHER, "name": "x", "school": str(site.school_id("S2")), "title": "x"},
    )
    assert twice.status_code == 422
    assert "이미 이 학교에 계십니다" in words(twice)


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({"email": "no address"}, ["email"]),
        ({"email": COORDINATOR}, ["email"]),
        ({"school": "999", "title": "", "name": " "}, ["name", "school", "title"]),
        ({"school": "1; DROP TABLE school"}, ["school"]),
    ],
)
def test_what_cannot_be_invited_is_named(
    site: Site, coordinator: FlaskClient, changes: dict[str, str], fields: list[str]
) -> None:
    data = {"email": NEW, "name": "새 교사", "school": str(site.school_id("S1")), "title": "교사", **changes}
    answer = coordinator.post("/console/people/invite", data=data)
    assert answer.status_code == 422
    assert [field for field in ("email", "name", "school", "title") if f'href="#{field}"' in answer.text] == fields
    assert f'value="{data["email"]}"' in answer.text
    assert messages_to(site, NEW, Kind.INVITATION) == []


def test_invited_again_the_older_link_is_closed(site: Site, coordinator: FlaskClient) -> None:
    number = invite(site, coordinator)
    older = mailed_path(site, NEW, Kind.INVITATION)
    assert coordinator.post(f"/console/people/{number}/invite-again").status_code == 303
    newer = mailed_path(site, NEW, Kind.INVITATION)
    assert site.visitor().get(older).status_code == 410
    assert site.visitor().get(newer).status_code == 200
    first, second = messages_to(site, NEW, Kind.INVITATION)
    assert (first.status, second.status) == (MessageStatus.WITHDRAWN, MessageStatus.CREATED)


def test_an_invitation_expires_and_is_shown_so(site: Site, coordinator: FlaskClient) -> None:
    number = invite(site, coordinator)
    path = mailed_path(site, NEW, Kind.INVITATION)
    for status in (MessageStatus.SENDING, MessageStatus.SENT):
        site.session.execute(sa.update(Message).values(status=status))
    site.session.execute(sa.update(OneTimeLink).values(expires_at=sa.func.now() - dt.timedelta(seconds=1)))
    site.session.commit()
    assert state(coordinator, number) == "초대 기한 지남"
    assert site.visitor().post(path, data={"name": "김새봄", "password": NEW_PASSWORD}).status_code == 410


def test_a_withdrawn_invitation_opens_nothing_even_if_its_message_is_sent_again(
    site: Site, coordinator: FlaskClient
) -> None:
    number = invite(site, coordinator)
    path = mailed_path(site, NEW, Kind.INVITATION)
    [message] = messages_to(site, NEW, Kind.INVITATION)
    assert coordinator.post(f"/console/people/{number}/withdraw").status_code == 303
    assert state(coordinator, number) == "초대 거둠"
    assert site.visitor().post(path, data={"name": "김새봄", "password": NEW_PASSWORD}).status_code == 410
    with pytest.raises(CannotRender) as refused:
        made(site, message.id)
    assert refused.value.reason == "not_wanted"
    assert coordinator.post(f"/console/people/{number}/withdraw").status_code == 409
    assert coordinator.post(f"/console/people/{number}/switch-on").status_code == 409
    assert invite(site, coordinator, school="S2") == number, "invited once more it is the same account"
    assert post_of(site, NEW).school_id == site.school_id("S2")


def test_a_teacher_who_changes_schools_sees_the_new_one_and_no_longer_the_old(
    site: Site, coordinator: FlaskClient
) -> None:
    teacher = renamed(site)
    post = post_of(site, TEACHER)
    old = site.request("V0000")
    assert teacher.get(f"/teacher/requests/{old.id}").status_code == 200
    address = f"/console/people/{post.user_id}/posts/{post.id}/move"
    refused = coordinator.post(address, data={"school": str(post.school_id), "title": ""})
    assert refused.status_code == 422
    assert 'href="#school"' in refused.text
    assert 'href="#title"' in refused.text
    new = SchoolId(site.school_id("S2"))
    assert coordinator.post(address, data={"school": str(new), "title": "진로부장교사"}).status_code == 303
    text = words(teacher.get("/teacher"))
    assert "다솜중" in text
    assert "가람중" not in text
    assert teacher.get(f"/teacher/requests/{old.id}").status_code == 404
    assert post_of(site, TEACHER).school_id == new
    assert site.session.get_one(TeacherPost, post.id).until == dt.date(2027, 2, 22)
    assert len(messages_to(site, TEACHER, Kind.SCHOOL_ADDED)) == 1
    told = teachers_of(site.session, [post.school_id, new], dt.date(2027, 2, 22))
    assert TEACHER not in [user.email for user in told.get(post.school_id, [])]
    assert TEACHER in [user.email for user in told[new]]
    assert coordinator.post(address, data={"school": str(new), "title": "x"}).status_code == 404, "that post is over"


def test_a_post_ends_and_the_account_stays(site: Site, coordinator: FlaskClient) -> None:
    teacher, post = renamed(site), post_of(site, TEACHER)
    assert coordinator.post(f"/console/people/{post.user_id}/posts/{post.id}/end").status_code == 303
    assert "가람중" not in words(teacher.get("/teacher"))
    assert "학교가 없는 선생님" in words(coordinator.get("/console/people"))
    assert coordinator.post(f"/console/people/{post.user_id + 1}/posts/{post.id}/end").status_code == 404


def test_a_school_is_handed_over_to_a_successor_or_stays_where_it_was(site: Site, coordinator: FlaskClient) -> None:
    teacher, post = renamed(site), post_of(site, TEACHER)
    address = f"/console/people/{post.user_id}/posts/{post.id}/end"
    form = {"email": "next@school.example.kr", "name": "", "title": "진로전담교사"}
    wrong = coordinator.post(address, data=form)
    assert wrong.status_code == 422
    assert 'value="next@school.example.kr"' in wrong.text
    assert post_of(site, TEACHER).until is None
    assert coordinator.post(address, data={**form, "name": "후임교사"}).status_code == 303
    assert "가람중" not in words(teacher.get("/teacher"))
    invited = user_of(site, "next@school.example.kr")
    assert [one.school_id for one in invited.posts if one.until is None] == [post.school_id]
    assert len(messages_to(site, invited.email, Kind.INVITATION)) == 1


def test_an_account_is_switched_off_at_once_and_on_again(site: Site, coordinator: FlaskClient) -> None:
    teacher, number = site.signed_in(TEACHER), user_of(site, TEACHER).id
    site.visitor().post("/sign-in/link", data={"email": TEACHER})
    path = mailed_path(site, TEACHER, Kind.SIGN_IN_LINK)
    assert coordinator.post(f"/console/people/{number}/switch-off").status_code == 303
    assert state(coordinator, number) == "꺼짐"
    assert teacher.get("/teacher").status_code == 302
    assert site.visitor().post(path).status_code == 410
    assert coordinator.post(f"/console/people/{number}/switch-on").status_code == 303
    assert teacher.get("/teacher").status_code == 302, "the old session stays ended"
    assert site.visitor().post(path).status_code == 410, "and the old link closed"
    site.signed_in(TEACHER)


def test_accounts_of_the_office_are_the_administrators(site: Site, coordinator: FlaskClient) -> None:
    officer = user_of(site, "officer@demo.example.kr").id
    for path in ("switch-off", "switch-on", "invite-again", "withdraw", "role"):
        assert coordinator.post(f"/console/people/{officer}/{path}", data={"role": "teacher"}).status_code == 403, path
    data = {"email": NEW, "name": "새 코디", "role": "coordinator"}
    assert coordinator.post("/console/people/invite", data=data).status_code == 403
    administrator = site.signed_in(ADMINISTRATOR)
    number = invite(site, administrator, role="coordinator", school="S0")
    assert user_of(site, NEW).role.value == "coordinator"
    assert site.session.scalars(sa.select(TeacherPost).where(TeacherPost.user_id == number)).all() == []
    path = mailed_path(site, NEW, Kind.INVITATION)
    assert site.visitor().post(path, data={"name": "새 코디", "password": NEW_PASSWORD}).status_code == 303
    assert administrator.post(f"/console/people/{number}/role", data={"role": "officer"}).status_code == 303
    assert user_of(site, NEW).role.value == "officer"
    for role in ("teacher", "emperor", ""):
        assert administrator.post(f"/console/people/{number}/role", data={"role": role}).status_code == 422
    teacher = user_of(site, TEACHER).id
    assert administrator.post(f"/console/people/{teacher}/role", data={"role": "administrator"}).status_code == 422


def test_nobody_locks_the_house_with_everybody_outside(site: Site) -> None:
    administrator, own = site.signed_in(ADMINISTRATOR), user_of(site, ADMINISTRATOR).id
    for path in ("switch-off", "role"):
        answer = administrator.post(f"/console/people/{own}/{path}", data={"role": "officer"})
        assert answer.status_code == 409
        assert "마지막 남은 관리자" in words(answer)
    assert user_of(site, ADMINISTRATOR).active


def test_contacts_are_masked_until_a_click_that_is_logged(site: Site, coordinator: FlaskClient) -> None:
    user = user_of(site, TEACHER)
    for path in ("/console/people", f"/console/people/{user.id}"):
        page = coordinator.get(path)
        assert TEACHER not in page.text
        assert "t0***@school.example.kr" in page.text
    shown = coordinator.post(f"/console/people/{user.id}/contact")
    assert TEACHER in shown.text
    entry = site.session.scalars(sa.select(AccessEntry)).one()
    assert (entry.action, entry.subject_type, entry.subject_id) == ("reveal_contact", "user", user.id)
    assert coordinator.post("/console/people/999/contact").status_code == 404


def test_the_list_is_narrowed_by_school_or_name(site: Site, coordinator: FlaskClient) -> None:
    text = words(coordinator.get("/console/people?q=나래"))
    assert "나래중" in text
    assert "가람중" not in text
    assert "그 이름의 학교나 선생님이 없습니다" in words(coordinator.get("/console/people?q=%3Cscript%3E"))
    assert "관리자가 바꿀 수 있습니다" in words(coordinator.get("/console/people?who=office"))
    assert "People" in words(coordinator.get("/console/people?lang=en"))
