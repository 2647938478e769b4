"""A workplace's page beside yes and no: fewer, the week, wishes, closed days, a rest, details, the calendar; limits."""

from __future__ import annotations

import re

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from booking.domain.states import GroupStatus
from booking.models.visits import VisitGroup, WorkplaceNotice
from booking.services import answer_limits
from tests.support.pages import Site, words
from tests.support.private_links import links, statuses


@pytest.fixture
def cookieless(site: Site) -> FlaskClient:
    """A telephone that refuses cookies, on a service whose forms are guarded."""
    site.publish()
    site.app.config["WTF_CSRF_ENABLED"] = True
    return site.app.test_client(use_cookies=False)


def test_fewer_can_be_welcomed_from_the_page(site: Site, cookieless: FlaskClient) -> None:
    token, ids = links(site, 1)
    size = site.session.get_one(VisitGroup, ids[0]).pupils
    assert "몇 명까지 괜찮으신가요?" in words(cookieless.get(f"/a/{token}"))
    for given in ("", "x", "99"):
        refused = cookieless.post(f"/a/{token}", data={f"answer-{ids[0]}": "fewer", f"pupils-{ids[0]}": given})
        assert refused.status_code == 422
        assert f'href="#pupils-{ids[0]}"' in refused.text
    for _ in range(2):
        done = cookieless.post(f"/a/{token}", data={f"answer-{ids[0]}": "fewer", f"pupils-{ids[0]}": str(size - 1)})
        assert done.status_code == 303
    assert statuses(site, ids) == [GroupStatus.ACCEPTED]
    assert site.session.get_one(VisitGroup, ids[0]).pupils == size - 1


def test_the_week_stands_on_one_page_and_is_answered_at_once(site: Site, cookieless: FlaskClient) -> None:
    token, _ = links(site, 1)
    page = cookieless.get(f"/a/{token}")
    mark = re.search(r'name="seen" value="([^"]+)"', page.text)
    assert mark
    assert "-" in mark[1], "the workplace is asked about one day of the week only"
    assert "네, 모두 맞이하겠습니다" in words(page)
    stale = cookieless.post(f"/a/{token}", data={"all": "accept", "seen": mark[1] + "9"})
    assert stale.status_code == 409
    assert "그사이 방문 내용이 바뀌었습니다" in words(stale)
    done = cookieless.post(f"/a/{token}", data={"all": "accept", "seen": mark[1]})
    assert words(cookieless.get(done.location)).count("맞이하십니다") >= 2


def test_wishes_are_taken_once_and_said_on_the_page(site: Site, cookieless: FlaskClient) -> None:
    token, ids = links(site, 1)
    slot = site.small.slot("2027-03-17/PM").id
    for _ in range(2):
        done = cookieless.post(f"/a/{token}/call", data={"text": "세 시 뒤에"})
        assert "곧 전화드리겠습니다" in words(cookieless.get(done.location))
        done = cookieless.post(f"/a/{token}/time", data={"group": str(ids[0]), "time": str(slot)})
        assert "지금 시간 그대로입니다" in words(cookieless.get(done.location))
    page = words(cookieless.get(f"/a/{token}"))
    assert "전화를 부탁하셨습니다" in page
    assert "3월 17일 (수) 오후" in page
    for nonsense in (
        {},
        {"group": "x", "time": "1"},
        {"group": str(ids[0]), "time": ""},
        {"group": "9" * 20, "time": "9"},
    ):
        refused = cookieless.post(f"/a/{token}/time", data=nonsense)
        assert refused.status_code == 422
        assert "괜찮으신 시간을 골라 주세요" in words(refused)
    assert cookieless.post(f"/a/{token}/call", data={"text": "가" * 301}).status_code == 422
    assert site.session.scalar(sa.text("SELECT count(*) FROM workplace_note")) == 2


def test_closed_days_say_first_whom_they_cost(site: Site, cookieless: FlaskClient) -> None:
    token, ids = links(site, 1)
    page = cookieless.get(f"/a/{token}/days")
    version = re.search(r'name="version" value="(\d+)"', page.text)
    assert version
    given = {"half": ["2027-03-15 AM", "nonsense", "2027-03-15"], "version": version[1]}
    asked = cookieless.post(f"/a/{token}/days", data=given)
    assert "그날 오기로 한 학생이 있습니다" in words(asked)
    assert statuses(site, ids) == [GroupStatus.ASKED]
    back = cookieless.post(f"/a/{token}/days", data={**given, "back": "1"})
    assert "언제 쉬시나요?" in words(back)
    agreed = re.findall(r'name="agreed" value="(\d+)"', asked.text)
    assert str(ids[0]) in agreed
    done = cookieless.post(f"/a/{token}/days", data={**given, "agreed": agreed})
    assert "쉬는 날을 저장했습니다" in words(cookieless.get(done.location))
    assert statuses(site, ids) == [GroupStatus.DECLINED]
    assert 'value="2027-03-15 AM" checked' in cookieless.get(f"/a/{token}/days").text
    stale = cookieless.post(f"/a/{token}/days", data=given | {"half": ["2027-03-24 AM"]})
    assert stale.status_code == 409


def test_a_rest_is_asked_until_when(site: Site, cookieless: FlaskClient) -> None:
    token, ids = links(site, 1)
    for given in ("", "2020-01-01", "bald", "2029-01-01"):
        assert cookieless.post(f"/a/{token}/rest", data={"rest": given}).status_code == 422
    asked = cookieless.post(f"/a/{token}/rest", data={"rest": "2027-03-16", "version": "1"})
    agreed = re.findall(r'name="agreed" value="(\d+)"', asked.text)
    done = cookieless.post(f"/a/{token}/rest", data={"rest": "2027-03-16", "version": "1", "agreed": agreed})
    assert "푹 쉬세요" in words(cookieless.get(done.location))
    assert statuses(site, ids) == [GroupStatus.DECLINED]


def test_details_are_masked_and_changed(site: Site, cookieless: FlaskClient) -> None:
    token, _ = links(site, 1)
    place = site.session.scalars(sa.select(WorkplaceNotice)).all()
    numbers = {notice.workplace.contact.phone for notice in place if notice.workplace.contact}
    page = cookieless.get(f"/a/{token}/details")
    assert not any(number in page.text for number in numbers if number)
    given = {"name": "한바다", "title": "원장님", "language": "ko", "phone": "12", "version": "1"}
    refused = cookieless.post(f"/a/{token}/details", data=given)
    assert refused.status_code == 422
    assert 'href="#phone"' in refused.text
    done = cookieless.post(f"/a/{token}/details", data=given | {"phone": "010-0000-7777"})
    assert "한바다 원장님" in words(cookieless.get(done.location))
    assert "7777" not in cookieless.get(f"/a/{token}/details").text.replace("***7777", "").replace("-7777", "")
    assert cookieless.post(f"/a/{token}/details", data=given | {"name": "한하늘", "phone": ""}).status_code == 409


def test_a_calendar_follows_the_workplace(site: Site, cookieless: FlaskClient) -> None:
    token, _ = links(site, 1)
    assert "webcal:" not in cookieless.get(f"/a/{token}/calendar").text
    page = cookieless.post(f"/a/{token}/calendar")
    address = re.search(r'value="https?://[^/"]+(/feeds/workplace/[^"]+)"', page.text)
    assert address
    file = cookieless.get(address[1])
    assert file.mimetype == "text/calendar"
    assert "STATUS:TENTATIVE" in file.text
    assert cookieless.get(address[1], headers={"If-None-Match": file.headers["ETag"]}).status_code == 304
    cookieless.post(f"/a/{token}", data={"all": "decline", "reason": "not_this_size"})
    assert "STATUS:CANCELLED" in cookieless.get(address[1]).text
    cookieless.post(f"/a/{token}/calendar")
    assert cookieless.get(address[1]).status_code == 410


def test_looking_at_any_page_changes_nothing(site: Site, cookieless: FlaskClient) -> None:
    token, _ = links(site, 1)
    tables = [row[0] for row in site.session.execute(sa.text(
        "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1"
    ))]  # fmt: skip

    def rows() -> list[str]:
        site.session.rollback()
        return [
            str(site.session.scalar(sa.text(f"SELECT md5(string_agg(t::text, '' ORDER BY t::text)) FROM {name} t")))
            for name in tables
        ]

    before = rows()
    for page in ("", "/thanks", "/done", "/done?what=call", "/days", "/details", "/calendar", "/visit.ics"):
        cookieless.get(f"/a/{token}{page}")
        cookieless.head(f"/a/{token}{page}")
    assert rows() == before


def test_who_tries_links_or_presses_too_often_is_asked_to_wait(
    site: Site, cookieless: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answer_limits, "MOST_POSTS", 3)
    monkeypatch.setattr(answer_limits, "MOST_WRONG", 3)
    token, ids = links(site, 1)
    answers = [cookieless.post(f"/a/{token}/call", data={"text": ""}).status_code for _ in range(5)]
    assert answers == [303, 303, 303, 429, 429]
    wrong = [cookieless.get(f"/a/{'A' * 42}{n}").status_code for n in range(5)]
    assert wrong == [404, 404, 404, 429, 429]
    shut = cookieless.get(f"/a/{'A' * 43}")
    assert "잠시 뒤에 다시 열어 주세요" in words(shut)
    assert "02-0000-0000" in words(shut)
    assert cookieless.get(f"/a/{token}").status_code == 200
    assert statuses(site, ids) == [GroupStatus.ASKED]


def test_the_office_reads_what_workplaces_leave(site: Site, cookieless: FlaskClient) -> None:
    token, ids = links(site, 1)
    slot = site.small.slot("2027-03-16/PM").id
    cookieless.post(f"/a/{token}/call", data={"text": "세 시 뒤에"})
    cookieless.post(f"/a/{token}/time", data={"group": str(ids[0]), "time": str(slot)})
    site.app.config["WTF_CSRF_ENABLED"] = False
    office = site.signed_in("coordinator@demo.example.kr")
    page = office.get("/console/workplace-notes")
    text = words(page)
    assert "세 시 뒤에" in text
    assert "3월 16일 (화) 오후" in text
    assert "학교에 먼저 여쭈어야 합니다." in text
    assert "전화를 부탁한 일터가 1곳" in words(office.get("/console/calls"))
    numbers = re.findall(r"/console/workplace-notes/(\d+)/settled", page.text)
    assert "010-0000" not in page.text
    assert "010-0000" in office.post(f"/console/workplace-notes/{numbers[0]}/contact").text
    for number in numbers:
        office.post(f"/console/workplace-notes/{number}/settled")
    assert "일터가 남긴 말이 없습니다." in words(office.get("/console/workplace-notes?page=x"))
    assert "세 시 뒤에" in words(office.get("/console/workplace-notes?show=settled"))
    assert office.post("/console/workplace-notes/999999/settled").status_code == 404
