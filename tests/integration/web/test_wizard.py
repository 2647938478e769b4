"""A teacher asks: four pages over a draft that is kept for the school, and overwritten by nobody."""

from __future__ import annotations

import datetime as dt
import re

import pytest
import sqlalchemy as sa

from booking.domain.school_year import CalendarDay, DayKind
from booking.domain.vocabulary import Role
from booking.models.people import TeacherPost, User
from booking.services.drafts import MOST_DRAFTS
from booking.services.outlook import reckon_outlook
from booking.services.school_year import add_days
from tests.support.pages import Site, words
from tests.support.wizard import WIZARD, begin, drafts, follow, form_of, known_classes, ready, requests_of, slot, stored

TUESDAY, WEDNESDAY_PM, THURSDAY = "2027-03-16/AM", "2027-03-17/PM", "2027-03-18/AM"


def colleague(site: Site, school: str) -> str:
    """A second teacher of the school; returns the address to sign in with."""
    known = site.session.scalars(sa.select(User).where(User.posts.any(school_id=site.school_id(school)))).one()
    other = User(
        email="second@school.example.kr", name="둘째 선생", role=Role.TEACHER, password_hash=known.password_hash
    )
    other.posts.append(TeacherPost(school_id=site.school_id(school), title="교사", since=dt.date(2027, 1, 1)))
    site.session.add(other)
    site.session.commit()
    return other.email


def test_a_class_asks_in_four_pages_over_a_draft_that_is_kept(site: Site) -> None:
    first, second = known_classes(site, "S0")
    client = site.teacher("S0")
    before = len(requests_of(site, "S0"))
    assert "어느 학급이 나가나요?" in words(client.get(WIZARD))
    assert drafts(site) == []
    number = begin(client, {"class": [first.id, second.id], "together": "1"})
    assert "2-1반, 2-2반 · 43명 · 함께 나갑니다" in words(client.get(f"{WIZARD}/{number}/fields"))
    kinds = client.post(f"{WIZARD}/{number}/fields", data=form_of(site, number, field=["health", "arts"]))
    assert "언제 가면 좋을까요?" in words(follow(client, kinds))
    dates = {slot(site, WEDNESDAY_PM): "3", slot(site, TUESDAY): "1", slot(site, THURSDAY): "may"}
    check = client.post(f"{WIZARD}/{number}/dates", data=form_of(site, number, **dates))
    page = words(follow(client, check))
    assert "1지망 3월 16일 (화) 오전" in page
    assert "가능 3월 18일 (목) 오전" in page
    assert "첫 지망 유력" in page
    assert len(requests_of(site, "S0")) == before
    sent = client.post(f"{WIZARD}/{number}/check", data=form_of(site, number))
    assert "2개 학급을 신청했습니다." in words(follow(client, sent))
    made = [row for row in requests_of(site, "S0") if row.label.startswith("2-")]
    assert [(row.pupils, row.late) for row in made] == [(21, False), (22, False)]
    assert len({row.bundle_id for row in made}) == 1
    assert made[0].bundle_id is not None
    assert [wish.slot.code for wish in made[0].requested] == [TUESDAY, WEDNESDAY_PM]
    assert made[0].fields == ["health", "arts"]
    assert drafts(site) == []
    assert client.post(f"{WIZARD}/{number}/check", data={"version": "3"}).status_code == 404


def test_a_draft_is_listed_gone_on_with_and_thrown_away_by_any_teacher_of_the_school(site: Site) -> None:
    classes = known_classes(site, "S0")
    number = ready(site, site.teacher("S0"), classes)
    other = site.signed_in(colleague(site, "S0"))
    for page in (other.get("/teacher"), other.get(WIZARD)):
        assert "보내지 않은 신청 2-1반, 2-2반 날짜를 고르기 전 · 가람중 진로부장 님이 09:00에 고침" in words(page)
        assert f"{WIZARD}/{number}/dates" in page.text
    saved = other.post(f"{WIZARD}/{number}/dates", data=form_of(site, number, go="later", **{slot(site, TUESDAY): "1"}))
    assert "희망 1 · 가능 0 · 내가 09:00에 고침" in words(follow(other, saved))
    thrown = other.post(f"{WIZARD}/{number}/discard", data={"version": "1"})
    assert "버리지 않았습니다" in words(follow(other, thrown))
    thrown = other.post(f"{WIZARD}/{number}/discard", data={"version": stored(site.session, number).version})
    assert "신청 준비를 버렸습니다." in words(follow(other, thrown))
    assert drafts(site) == []


def test_the_second_of_two_who_save_is_told_what_the_first_changed_and_chooses(site: Site) -> None:
    classes = known_classes(site, "S0")
    client, other = site.teacher("S0"), site.signed_in(colleague(site, "S0"))
    number = ready(site, client, classes, **{slot(site, TUESDAY): "1"})
    opened = form_of(site, number)
    theirs = other.post(f"{WIZARD}/{number}/fields", data=form_of(site, number, field=["health"]))
    assert theirs.status_code == 303
    mine = client.post(f"{WIZARD}/{number}/dates", data={**opened, slot(site, THURSDAY): "1"})
    assert mine.status_code == 409
    page = words(mine)
    assert "그사이 다른 분이 먼저 고쳤습니다" in page
    assert "둘째 선생 님" in page
    assert "직업 분야 다름 보건·의료 예술·디자인·방송·스포츠" in page
    assert "희망하는 날 다름 1지망 3월 16일 (화) 오전 1지망 3월 18일 (목) 오전" in page
    assert stored(site.session, number).content["fields"] == ["health"]
    hidden = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', mine.text.split("<table")[1])
    chosen = client.post(f"{WIZARD}/{number}/mine", data={name: value for name, value in hidden if name != "class"}
                         | {"class": [value for name, value in hidden if name == "class"]})  # fmt: skip
    assert chosen.status_code == 303
    assert chosen.location.endswith("/check")
    now = stored(site.session, number).content
    assert (now["fields"], now["requested"]) == (["arts"], [site.small.slot(THURSDAY).id])
    assert len(now["classes"]) == 2
    # what was seen before is not sent either
    stale = client.post(f"{WIZARD}/{number}/check", data=opened)
    assert stale.status_code == 409
    assert len(drafts(site)) == 1


def test_saving_what_stands_there_already_is_no_conflict(site: Site) -> None:
    number = ready(site, client := site.teacher("S0"), known_classes(site, "S0"))
    form = form_of(site, number, **{slot(site, TUESDAY): "1"})
    for _ in range(2):
        assert client.post(f"{WIZARD}/{number}/dates", data=form).status_code == 303
    assert stored(site.session, number).version == 3


def test_dates_are_saved_as_they_are_chosen(site: Site) -> None:
    number = ready(site, client := site.teacher("S0"), known_classes(site, "S0"))
    form = form_of(site, number)
    first = client.post(f"{WIZARD}/{number}/choices", data={**form, slot(site, TUESDAY): "1"})
    assert (first.status_code, first.json) == (200, {"version": 3, "at": "09:00"})
    assert stored(site.session, number).content["requested"] == [site.small.slot(TUESDAY).id]
    stale = client.post(f"{WIZARD}/{number}/choices", data={**form, slot(site, THURSDAY): "1"})
    assert (stale.status_code, stale.json) == (409, {"by": "가람중 진로부장"})
    twice = {**form, "version": 3, slot(site, TUESDAY): "1", slot(site, THURSDAY): "1"}
    assert client.post(f"{WIZARD}/{number}/choices", data=twice).status_code == 422
    nothing = client.post(f"{WIZARD}/{number}/choices", data={**form, "version": 3})
    assert nothing.status_code == 200
    assert stored(site.session, number).content["requested"] == []


def test_a_script_s_saving_needs_the_form_s_token(site: Site) -> None:
    number = ready(site, client := site.teacher("S0"), known_classes(site, "S0"))
    site.app.config["WTF_CSRF_ENABLED"] = True
    assert client.post(f"{WIZARD}/{number}/choices", data=form_of(site, number)).status_code == 400


@pytest.mark.parametrize(
    ("classes", "says"),
    [
        ([], "학급을 하나 이상 골라 주세요."),
        (["abc", "-1", "99999999999999999999"], "우리 학교에 없는 학급이 들어 있습니다."),
        (["999999"], "우리 학교에 없는 학급이 들어 있습니다."),
        ([str(number) for number in range(900)], "우리 학교에 없는 학급이 들어 있습니다."),
    ],
)
def test_classes_that_make_no_sense_are_named_and_nothing_is_kept(site: Site, classes: list[str], says: str) -> None:
    known_classes(site, "S0")
    answer = site.teacher("S0").post(WIZARD, data={"class": classes})
    assert answer.status_code == 422
    assert says in words(answer)
    assert "data-focus" in answer.text
    assert drafts(site) == []


def test_ten_thousand_ids_are_an_answer_and_no_fault_of_ours(site: Site) -> None:
    number = ready(site, client := site.teacher("S0"), known_classes(site, "S0"))
    many = {"version": 2, "class": [str(n) for n in range(10_000)], "wish": ".".join(map(str, range(10_000)))}
    for path in (WIZARD, f"{WIZARD}/{number}", f"{WIZARD}/{number}/fields"):
        assert client.post(path, data=many).status_code == 422, path
    assert client.post(f"{WIZARD}/{number}/choices", data=many).status_code == 200
    (kept,) = drafts(site)
    assert (len(kept.content["classes"]), kept.content["requested"]) == (4, [])


def test_another_school_s_classes_and_drafts_are_out_of_reach(site: Site) -> None:
    known_classes(site, "S0")
    foreign = known_classes(site, "S1")
    client = site.teacher("S0")
    stolen = client.post(WIZARD, data={"class": foreign[0].id})
    assert (stolen.status_code, "우리 학교에 없는 학급" in words(stolen)) == (422, True)
    assert client.get(f"{WIZARD}?school={site.school_id('S1')}").status_code == 404
    assert client.post(WIZARD, data={"class": foreign[0].id, "school": site.school_id("S1")}).status_code == 404
    number = ready(site, site.teacher("S1"), foreign, **{slot(site, TUESDAY): "1"})
    form = form_of(site, number)
    for step in ("", "/fields", "/dates", "/check"):
        assert client.get(f"{WIZARD}/{number}{step}").status_code == 404, step
    for step in ("", "/fields", "/dates", "/check", "/choices", "/mine", "/discard"):
        assert client.post(f"{WIZARD}/{number}{step}", data=form).status_code == 404, step
    assert stored(site.session, number).version == form["version"]


@pytest.mark.parametrize(("step", "says"), [("dates", "직업 분야를 하나 이상"), ("check", "직업 분야를 하나 이상")])
def test_a_step_that_is_not_complete_is_shown_again_with_what_it_lacks(site: Site, step: str, says: str) -> None:
    client = site.teacher("S0")
    number = begin(client, {"class": known_classes(site, "S0")[0].id})
    answer = client.get(f"{WIZARD}/{number}/{step}")
    assert answer.status_code == 422
    assert says in words(answer)
    unknown = client.post(f"{WIZARD}/{number}/fields", data=form_of(site, number, field=["<script>"]))
    assert (unknown.status_code, "<script>" in unknown.text) == (422, False)


def test_without_dates_nothing_is_checked_or_sent(site: Site) -> None:
    number = ready(site, client := site.teacher("S0"), known_classes(site, "S0"))
    for answer in (
        client.get(f"{WIZARD}/{number}/check"),
        client.post(f"{WIZARD}/{number}/dates", data=form_of(site, number)),
        client.post(f"{WIZARD}/{number}/check", data=form_of(site, number)),
    ):
        assert answer.status_code == 422
        assert "희망하는 날을 하나 이상 골라 주세요." in words(answer)
    back = client.post(f"{WIZARD}/{number}/dates", data=form_of(site, number, go="fields"))
    assert back.location.endswith("/fields")


def test_ranks_that_are_given_twice_are_kept_and_named(site: Site) -> None:
    number = ready(site, client := site.teacher("S0"), known_classes(site, "S0"))
    one, two = slot(site, TUESDAY), slot(site, WEDNESDAY_PM)
    answer = client.post(f"{WIZARD}/{number}/dates", data=form_of(site, number, **{one: "1", two: "1"}))
    assert answer.status_code == 422
    assert "순위를 하나씩만 매겨 주세요." in words(answer)
    for name in (one, two):
        assert re.search(rf'name="{name}">.*?<option value="1" selected>', answer.text)


def test_a_date_outside_the_term_is_refused_at_the_end_as_well(site: Site) -> None:
    number = ready(site, client := site.teacher("S0"), known_classes(site, "S0"))
    outside = client.post(f"{WIZARD}/{number}/dates", data=form_of(site, number, s999999="1"))
    assert outside.status_code == 422
    forged = client.post(f"{WIZARD}/{number}/fields", data=form_of(site, number, wish="999999"))
    assert forged.status_code == 303
    answer = client.post(f"{WIZARD}/{number}/check", data=form_of(site, number))
    assert answer.status_code == 422
    assert "이번 학기에 없는 날이 들어 있습니다." in words(answer)
    assert len(drafts(site)) == 1


def test_a_school_keeps_a_limited_number_of_drafts(site: Site) -> None:
    client, form = site.teacher("S0"), {"class": known_classes(site, "S0")[0].id}
    for _ in range(MOST_DRAFTS):
        begin(client, form)
    answer = client.post(WIZARD, data=form)
    assert (answer.status_code, "스무 건까지" in words(answer)) == (422, True)


def test_each_slot_says_how_crowded_it_is_what_to_expect_and_where_it_is_better(site: Site) -> None:
    client = site.teacher("S0")
    number = ready(site, client, known_classes(site, "S0"))
    page = client.get(f"{WIZARD}/{number}/dates")
    text = words(page)
    # six classes of 20 want the first Monday morning, where 54 seats are
    assert "3월 15일 (월) 오전 넘침 222% 참 첫 지망이면 어려움" in text
    assert "가까운 여유 시간: → 화요일 오전 0%" in text
    assert "3월 15일 (월) 오후 여유 0% 참 첫 지망이면 유력" in text
    assert "넘치는 시간과 가까운 여유 시간" in text
    assert "지금 기준 · 신청한 인원" in text
    assert page.text.count("<caption>") == 1
    assert "style=" not in page.text
    reckon_outlook(site.session, site.small.clock, site.small.term)
    site.session.commit()
    later = words(client.get(f"{WIZARD}/{number}/dates"))
    assert "09:00 기준 · 신청한 인원" in later
    assert "넘침 222%" in later


def test_what_keeps_one_grade_of_several_at_school_names_the_grade(site: Site) -> None:
    classes = known_classes(site, "S0", ("1-9", "2-9"))
    teacher = site.small.person(Role.TEACHER, "S0")
    for date, name, kind, grades in (
        (dt.date(2027, 3, 16), "1차 지필평가", DayKind.EXAM, (2,)),
        (dt.date(2027, 3, 17), "수련회", DayKind.EVENT, (1, 2)),
        (dt.date(2027, 3, 18), "개교기념일", DayKind.CLOSED, ()),
    ):
        add_days(site.session, teacher, teacher.school_ids[0], date, date, CalendarDay(date, name, kind, grades))
    site.session.commit()
    client = site.teacher("S0")
    page = words(client.get(f"{WIZARD}/{ready(site, client, classes)}/dates"))
    assert "3월 16일 (화) 오전 2학년 시험 · 1차 지필평가" in page
    assert "3월 17일 (수) 오전 학교 행사 · 수련회" in page
    assert "3월 18일 (목) 오전 휴업일 · 개교기념일" in page
    alone = words(client.get(f"{WIZARD}/{ready(site, client, classes[:1])}/dates"))
    assert "3월 16일 (화) 오전 여유" in alone


def test_outside_the_phases_nothing_can_be_asked(site: Site) -> None:
    number = ready(site, site.teacher("S0"), known_classes(site, "S0"))
    site.small.clock.moment = dt.datetime.combine(site.small.term.closes_on, dt.time(3), dt.UTC)
    client = site.teacher("S0")
    overview = client.get("/teacher")
    assert f'"{WIZARD}' not in overview.text.split("<main")[1]
    for path in (WIZARD, f"{WIZARD}/{number}/dates"):
        refused = client.get(path)
        assert refused.status_code == 409
        assert "「마감」 기간" in words(refused)


@pytest.mark.parametrize("path", ["", "/fields", "/dates", "/check"])
def test_the_pages_are_wholly_in_english(site: Site, path: str) -> None:
    client = site.teacher("S0")
    number = ready(site, client, known_classes(site, "S0"), **{slot(site, TUESDAY): "1"})
    page = client.get(f"{WIZARD}/{number}{path}?lang=en")
    assert page.status_code == 200
    shown = re.sub(r'data-\w+="[^"]*"', "", page.text)
    assert set(re.findall(r"[가-힣]+", words(page))) <= {"가람중", "진로부장", "한국어"}, shown[:0]
