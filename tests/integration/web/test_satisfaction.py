"""The pages of satisfaction: a school, a workplace and the office answer; numbers open their sheets; remarks wait."""

from __future__ import annotations

import datetime as dt
import re
from html import unescape

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from booking.domain.vocabulary import Role
from booking.models.satisfaction import Remark, WorkplaceOpinion
from booking.models.visits import WorkplaceNotice
from booking.services.attendance import report_attendance
from booking.services.placing import live_groups
from tests.support.books import held
from tests.support.pages import Site, words
from tests.support.visits import DAY, at, confirmed, figures

COORDINATOR, OFFICER = "coordinator@demo.example.kr", "officer@demo.example.kr"
_LINK = re.compile(r'<a href="([^"]*/satisfaction/entries[^"]*)">([\d,]+)')
_SUM = re.compile(r'<dl class="kpi"><div><dt>[^<]*</dt><dd>([\d,]+)')


@pytest.fixture
def gone(site: Site) -> Site:
    """The day after V0000 went out, with everybody counted."""
    site.publish()
    small = site.small
    confirmed(small)
    at(small, DAY + dt.timedelta(days=1))
    teacher = small.person(Role.TEACHER, "S0")
    report_attendance(small.session, small.clock, teacher, small.request("V0000").id, figures(small.visit("V0000")))
    site.session.commit()
    return site


def answer(site: Site, **more: str) -> FlaskClient:
    """The school reports what its pupils answered; returns its browser."""
    teacher = site.teacher("S0")
    request = site.request("V0000").id
    given = {"q-overall-5": "12", "q-overall-4": "6", "q-safety-5": "3", "seen": "", **more}
    done = teacher.post(f"/teacher/requests/{request}/visit/satisfaction", data=given)
    assert done.status_code == 303, words(done)
    return teacher


def token_of(site: Site) -> str:
    place = live_groups(site.small.visit("V0000"))[0].workplace_id
    found = sa.select(WorkplaceNotice).where(WorkplaceNotice.workplace_id == place, WorkplaceNotice.date == DAY)
    token = site.small.link(site.session.scalars(found).one())
    site.session.commit()
    return token


def test_a_workplace_answers_on_its_link_without_a_cookie(gone: Site) -> None:
    gone.app.config["WTF_CSRF_ENABLED"] = True
    phone, token = gone.app.test_client(use_cookies=False), token_of(gone)
    assert f"/a/{token}/opinion" in phone.get(f"/a/{token}").text
    for _ in range(2):
        page = phone.get(f"/a/{token}/opinion")
        assert page.status_code == 200
        assert "그날 어떠셨나요?" in words(page)
    assert gone.session.scalar(sa.select(sa.func.count()).select_from(WorkplaceOpinion)) == 0
    assert phone.get(f"/a/{token}/opinion?lang=en").text.count("The pupils took an active part") == 1

    refused = phone.post(f"/a/{token}/opinion", data={"remark": "좋았습니다"})
    assert refused.status_code == 422
    assert "한 문항은 골라 주세요" in words(refused)
    assert "좋았습니다" in refused.text
    assert phone.post(f"/a/{token}/opinion", data={"q-host_again": "9"}).status_code == 422
    done = phone.post(f"/a/{token}/opinion", data={"q-host_again": "5", "remark": "좋았습니다"})
    assert done.status_code == 303
    assert "들려주셔서 고맙습니다" in words(phone.get(done.location))
    again = phone.get(f"/a/{token}/opinion")
    assert re.search(r'name="q-host_again" value="5" checked', again.text)
    assert "좋았습니다" in again.text

    at(gone.small, DAY + dt.timedelta(days=20))
    late = phone.post(f"/a/{token}/opinion", data={"q-host_again": "1"})
    assert late.status_code == 409
    assert "기한이 지났습니다" in words(late)
    gone.session.rollback()
    assert gone.session.scalars(sa.select(WorkplaceOpinion.answer)).all() == [5]


def test_every_number_opens_sheets_that_add_up_to_it(gone: Site) -> None:
    answer(gone)
    row = held(gone.session, gone.small.clock, gone.small.coordinator, DAY, 40)
    gone.session.commit()
    desk = gone.signed_in(COORDINATOR)
    form = {"q-programme_overall-5": "20", "q-programme_overall-1": "3", "seen": "", "remark": "알찼습니다"}
    assert desk.post(f"/console/satisfaction/sessions/{row.id}", data=form).status_code == 303
    officer = gone.signed_in(OFFICER)
    opened = 0
    for address in (
        "?period=all",
        "?period=all&audience=programme",
        "?audience=school&period=2027-1&question=safety",
        f"?period=all&school={gone.school_id('S1')}",
        "?period=all&audience=programme&level=high",
        f"?period=all&programme={row.programme_id}&audience=programme",
    ):
        page = officer.get(f"/console/satisfaction{address}")
        assert page.status_code == 200
        for href, shown in set(_LINK.findall(page.text)):
            behind = officer.get(unescape(href))
            found = _SUM.search(behind.text)
            assert found, href
            assert found[1] == shown, (address, href)
            opened += 1
    assert opened > 10
    text = words(officer.get("/console/satisfaction?period=all"))
    assert "체험이 만족스러웠다 18" in text
    assert "4.67 100%" in text
    # three pupils are too few for a mean
    assert "안전하다고 느꼈다 3 안전하다고 느꼈다 – –" in text


def test_paper_is_refused_with_what_is_wrong_and_never_overwrites(gone: Site) -> None:
    row = held(gone.session, gone.small.clock, gone.small.coordinator, DAY, 10)
    gone.session.commit()
    desk = gone.signed_in(COORDINATOR)
    address = f"/console/satisfaction/sessions/{row.id}"
    assert "종이에 적힌 답 세어 적기" in words(desk.get(f"/console/sessions/{row.id}"))
    for wrong, said in (("11", "온 학생보다 많을 수 없습니다"), ("많이", "숫자로 적어 주세요")):
        page = desk.post(address, data={"q-programme_again-5": wrong, "seen": ""})
        assert page.status_code == 422
        assert said in words(page)
    assert desk.post(address, data={"q-programme_again-5": "9", "seen": ""}).status_code == 303
    assert desk.post(address, data={"q-programme_again-5": "8", "seen": ""}).status_code == 409
    assert desk.post(address, data={"q-programme_again-5": "9", "seen": "", "remark": "가" * 301}).status_code == 422
    assert desk.get("/console/satisfaction/sessions/999999").status_code == 404
    assert gone.signed_in(OFFICER).get(address).status_code == 403


def test_a_remark_is_warned_of_shortened_and_only_then_shown(gone: Site) -> None:
    teacher = answer(gone, remark="김가람 학생이 010-0000-1234로 전화했습니다")
    request = gone.request("V0000").id
    assert "김가람" in teacher.get(f"/teacher/requests/{request}/visit").text
    officer, desk = gone.signed_in(OFFICER), gone.signed_in(COORDINATOR)
    assert "1 살펴볼 한마디" in words(desk.get("/console"))
    assert "김가람" not in officer.get("/console/satisfaction?period=all").text
    assert officer.get("/console/satisfaction/remarks").status_code == 403
    page = desk.get("/console/satisfaction/remarks")
    assert "전화번호처럼 보이는 것" in words(page)
    assert "사람 이름처럼 보이는 것" in words(page)
    number = gone.session.scalars(sa.select(Remark.id)).one()
    address = f"/console/satisfaction/remarks/{number}"
    for form in ({"act": "hide", "seen": "1"}, {"act": "show", "seen": "1", "text": " "}):
        assert desk.post(address, data=form).status_code == 422
    assert desk.post(address, data={"act": "burn", "seen": "1"}).status_code == 404
    assert officer.post(address, data={"act": "show", "seen": "1", "text": "가"}).status_code == 403
    stale = desk.post(
        address, data={"act": "show", "seen": "9", "text": "한 학생이 전화했습니다"}, follow_redirects=True
    )
    assert "다시 보아 주세요" in words(stale)
    done = desk.post(address, data={"act": "show", "seen": "1", "text": "한 학생이 전화했습니다"})
    assert done.status_code == 303
    shown = words(officer.get("/console/satisfaction?period=all"))
    assert "한 학생이 전화했습니다" in shown
    assert "개인정보를 덜어 냄" in shown


def test_questions_are_replaced_and_asked_no_more(gone: Site) -> None:
    answer(gone)
    desk = gone.signed_in(COORDINATOR)
    page = desk.get("/console/satisfaction/questions")
    assert words(page).count("답을 받음") == 2
    bad = desk.post("/console/satisfaction/questions", data={"audience": "school", "text": "좋았다", "text_en": ""})
    assert bad.status_code == 422
    assert "영어 문장도 적어 주세요" in words(bad)
    new = {"audience": "school", "replaces": "overall", "text": "오늘이 좋았다", "text_en": "Today was good"}
    assert desk.post("/console/satisfaction/questions", data=new).status_code == 303
    assert "다른 분이 먼저" in words(desk.post("/console/satisfaction/questions", data=new, follow_redirects=True))
    desk.post("/console/satisfaction/questions/again/retire")
    text = words(desk.get("/console/satisfaction?period=all"))
    assert "오늘이 좋았다" in text
    assert "체험이 만족스러웠다 이제 묻지 않음 18" in text
    request = gone.request("V0000").id
    form = words(gone.teacher("S0").get(f"/teacher/requests/{request}/visit"))
    assert "오늘이 좋았다" in form
    assert "체험이 만족스러웠다" in form  # answered before, and may be corrected
    assert "다시 참여하고 싶다" not in form
    assert gone.signed_in(OFFICER).post("/console/satisfaction/questions", data=new).status_code == 403
    assert desk.post("/console/satisfaction/questions", data={**new, "audience": "nobody"}).status_code == 404
