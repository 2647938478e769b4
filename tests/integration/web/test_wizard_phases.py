"""The wizard across terms and phases: last term's request brought over, a late request."""

from __future__ import annotations

import datetime as dt
import re

from booking.domain.school_year import CalendarDay, DayKind
from booking.domain.vocabulary import Role
from booking.services.school_year import add_days
from tests.support.last_year import last_year
from tests.support.pages import Site, words
from tests.support.wizard import WIZARD, drafts, follow, form_of, known_classes, ready, requests_of, slot

TUESDAY, WEDNESDAY_PM, THURSDAY = "2027-03-16/AM", "2027-03-17/PM", "2027-03-18/AM"


def test_last_term_s_request_is_brought_over_and_what_is_lost_is_named(site: Site) -> None:
    last_year(site.small, TUESDAY, THURSDAY)
    teacher = site.small.person(Role.TEACHER, "S2")
    off = CalendarDay(dt.date(2027, 3, 18), "개교기념일", DayKind.CLOSED)
    add_days(site.session, teacher, teacher.school_ids[0], off.date, off.date, off)
    site.session.commit()
    client = site.teacher("S2")
    first = client.get(WIZARD)
    assert "지난 학기처럼" in words(first)
    assert "1-1반, 1-2반 함께 예술·디자인·방송·스포츠 · 1지망 3월 17일 (화) 오전" in words(first)
    found = re.search(r'name="request" value="(\d+)"', first.text)
    assert found
    copied = client.post(f"{WIZARD}/copy", data={"school": site.school_id("S2"), "request": found[1]})
    page = words(follow(client, copied))
    assert "지난 학기 신청을 가져왔습니다." in page
    assert "가져오지 못한 것: 3월 19일 (목) 오전 (휴업일 개교기념일)" in page
    (draft,) = drafts(site)
    assert draft.content["requested"] == [site.small.slot(TUESDAY).id]
    assert draft.content["together"]
    stranger = site.teacher("S0")
    for school in ("S0", "S2"):
        form = {"school": site.school_id(school), "request": found[1]}
        assert stranger.post(f"{WIZARD}/copy", data=form).status_code == 404


def test_a_late_request_is_announced_marked_and_still_changed(site: Site) -> None:
    classes = known_classes(site, "S0", ("2-1",))
    site.small.clock.moment = dt.datetime.combine(site.small.term.allocation_on, dt.time(3), dt.UTC)
    client = site.teacher("S0")
    for page in (client.get("/teacher"), client.get(WIZARD)):
        assert "지금 하시는 신청은 늦은 신청입니다." in words(page)
        assert "3월 15일 (월)에 시작하는 남은 자리 신청 기간" in words(page)
    number = ready(site, client, classes, **{slot(site, TUESDAY): "1"})
    assert "늦은 신청입니다" in words(client.get(f"{WIZARD}/{number}/check"))
    assert client.post(f"{WIZARD}/{number}/check", data=form_of(site, number)).status_code == 303
    (made,) = [row for row in requests_of(site, "S0") if row.label == "2-1"]
    assert made.late
    assert "접수 늦은 신청" in words(client.get("/teacher"))
    assert client.get(f"/teacher/requests/{made.id}/edit").status_code == 200
    in_time = site.request("V0000")
    assert client.get(f"/teacher/requests/{in_time.id}/edit").status_code == 409
    console = site.signed_in("coordinator@demo.example.kr")
    assert "가람중 2-1 늦은 신청" in words(console.get("/console/requests"))
    home = words(console.get("/console"))
    assert "1 늦은 신청 3월 15일 (월)부터 남은 자리에서 봅니다." in home
    assert "6 배정을 기다리는 신청" in home
