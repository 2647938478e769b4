"""The pages of announcements: written, weighed, tried, scheduled; consent given by oneself, ended by one press."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from booking.domain.announcement_states import AnnouncementStatus
from booking.domain.vocabulary import Role
from booking.domain.whose import Whose
from booking.models.announcements import Announcement, Consent
from booking.models.messages import Message
from booking.models.visits import WorkplaceNotice
from booking.services.announcements import send_due
from booking.services.consents import agreed, off_token
from tests.support.pages import Site, words

FORM = {
    "subject": "여름 진로캠프",
    "text": "캠프 신청을 받습니다.",
    "channels": ["email", "sms"],
    "readers": ["teachers"],
}


@pytest.fixture
def desk(site: Site) -> FlaskClient:
    """The coordinator's browser, with announcements switched on."""
    keeper = site.signed_in("admin@demo.example.kr")
    assert keeper.post("/console/announcements/switch", data={"on": "1", "number": ""}).status_code == 303
    return site.signed_in("coordinator@demo.example.kr")


def written(desk: FlaskClient, **changed: object) -> str:
    answer = desk.post("/console/announcements/new", data={**FORM, **changed})
    assert answer.status_code == 303, words(answer)
    return str(answer.headers["Location"])


def row(site: Site) -> Announcement:
    site.session.rollback()
    site.session.expire_all()
    return site.session.scalars(sa.select(Announcement)).one()


def test_it_is_written_weighed_tried_and_scheduled(site: Site, desk: FlaskClient) -> None:
    teacher = site.teacher("S0")
    assert "checked" not in teacher.get("/account").text.split('id="announcements"')[1].split("</form>")[0]
    assert teacher.post("/account/announcements", data={"wanted": "1"}).status_code == 303
    assert "checked" in teacher.get("/account").text.split('id="announcements"')[1].split("</form>")[0]
    page = written(desk)
    shown = words(desk.get(page))
    assert "받는 분 1명" in shown
    assert "받겠다고 하지 않음 2명" in shown
    assert "SMS" in shown
    assert "[구로진로]캠프 신청을 받습니다." in shown
    assert desk.post(f"{page}/test").status_code == 303
    seen = str(row(site).version)
    late = desk.post(f"{page}/schedule", data={"seen": seen, "when": "later", "date": "2027-01-01", "time": "10:00"})
    assert late.status_code == 422
    assert 'value="2027-01-01"' in late.text
    assert desk.post(f"{page}/schedule", data={"seen": seen, "when": "now"}).status_code == 303
    assert desk.post(f"{page}/schedule", data={"seen": seen, "when": "now"}).status_code == 409
    assert "되돌리기" in words(desk.get(page))
    send_due(site.session, site.small.clock)
    site.session.commit()
    assert row(site).status is AnnouncementStatus.SENT
    assert "어떻게 되었나" in words(desk.get(page))
    assert desk.post(f"{page}/take-back", data={"seen": str(row(site).version)}).status_code == 409
    letters = site.session.scalars(sa.select(Message).where(Message.subject.like("announcement:%"))).all()
    assert {one.user_id for one in letters} == {site.small.person(Role.TEACHER, "S0").user_id}


def test_what_cannot_be_sent_is_said_beside_its_field_and_nothing_is_lost(site: Site, desk: FlaskClient) -> None:
    answer = desk.post(
        "/console/announcements/new", data={**FORM, "text": "캠프 🎪", "advertising": "1", "readers": []}
    )
    assert answer.status_code == 422
    assert "누구에게 보낼지" in words(answer)
    assert "캠프 🎪" in answer.text
    answer = desk.post("/console/announcements/new", data={**FORM, "text": "캠프 🎪", "advertising": "1"})
    assert "문자로 보낼 수 없는 글자" in words(answer)
    assert "무료 수신거부 번호가 있어야" in words(answer)
    page = written(desk)
    assert "지금 받을 분이 없습니다" in words(desk.post(f"{page}/schedule", data={"seen": "1", "when": "now"}))
    assert desk.post(page, data={**FORM, "seen": "7"}).status_code == 409
    assert desk.post(f"{page}/discard", data={"seen": "1"}).status_code == 303
    assert desk.get(page).status_code == 404
    keeper = site.signed_in("admin@demo.example.kr")
    assert "080으로 시작하는" in words(keeper.post("/console/announcements/switch", data={"on": "1", "number": "02-1"}))


def test_a_workplace_agrees_on_its_link_and_stops_by_one_press(site: Site) -> None:
    site.publish()
    notice = site.session.scalars(sa.select(WorkplaceNotice)).first()
    assert notice is not None
    number, token = notice.workplace_id, site.small.link(notice)
    site.session.commit()
    visitor = site.visitor()
    assert visitor.post(f"/a/{token}/announcements", data={"wanted": "1"}).status_code == 303
    site.session.rollback()
    assert agreed(site.session, Whose.WORKPLACE, number) is not None
    off = f"/announcements/off/{off_token(site.app.config['SECRET_KEY'], Whose.WORKPLACE, number)}"
    assert "그만 받으시겠습니까" in words(visitor.get(off))
    site.session.rollback()
    assert agreed(site.session, Whose.WORKPLACE, number) is not None, "looking changes nothing"
    # as a mail program presses it for its reader: no cookie, no form
    stopped = site.app.test_client().post(off, data={"List-Unsubscribe": "One-Click"})
    assert stopped.status_code == 200
    assert "보내지 않습니다" in words(stopped)
    assert visitor.post(off).status_code == 200
    site.session.rollback()
    consents = site.session.scalars(sa.select(Consent)).all()
    assert [(one.granted_by, one.withdrawn_by) for one in consents] == [("self", "link")]
    assert visitor.get("/announcements/off/nonsense").status_code == 410


def test_the_office_enters_what_was_said_on_the_telephone(site: Site, desk: FlaskClient) -> None:
    user = site.small.person(Role.TEACHER, "S1").user_id
    place = f"/console/announcements/consents/user/{user}"
    assert desk.post(place, data={"wanted": "1", "by": "telephone", "q": "x"}).status_code == 303
    site.session.rollback()
    found = agreed(site.session, Whose.USER, user)
    assert found is not None
    assert found.granted_by == "telephone"
    assert desk.post(place, data={"wanted": "1", "by": "self"}).status_code == 404
    assert desk.post(place, data={"wanted": "", "by": "paper"}).status_code == 303
    site.session.rollback()
    assert agreed(site.session, Whose.USER, user) is None
