"""The page of one class's visit: what it shows on which day, what it refuses, and what it never loses."""

from __future__ import annotations

import datetime as dt

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from booking.domain.states import VisitStatus
from booking.models.afterwards import Attendance, ChangeReport, Satisfaction
from booking.models.history import AccessEntry
from booking.models.visits import Visit, VisitGroup
from booking.models.workplaces import Workplace
from booking.services.audit import run_audit
from booking.services.placing import live_groups
from tests.support.pages import Site, words
from tests.support.visits import DAY, at, confirmed

AFTER = DAY + dt.timedelta(days=1)
EVIL = '<script>alert("x")</script>'


@pytest.fixture
def out(site: Site) -> Site:
    """The plan is published, and V0000 is confirmed."""
    site.publish()
    confirmed(site.small)
    site.session.commit()
    return site


def address(site: Site, code: str = "V0000", more: str = "") -> str:
    return f"/teacher/requests/{site.request(code).id}/visit{more}"


def visit(site: Site, code: str = "V0000") -> Visit:
    site.session.rollback()
    site.session.expire_all()
    return site.small.visit(code)


def groups(site: Site, code: str = "V0000") -> list[VisitGroup]:
    return live_groups(visit(site, code))


def everybody(site: Site, code: str = "V0000", **changes: str) -> dict[str, str]:
    form: dict[str, str] = {}
    for group in groups(site, code):
        form |= {f"attended-{group.id}": str(group.pupils), f"remark-{group.id}": "", f"version-{group.id}": "0"}
    return {**form, **changes}


def stored(site: Site) -> list[Attendance]:
    site.session.rollback()
    site.session.expire_all()
    return list(site.session.scalars(sa.select(Attendance).order_by(Attendance.group_id)))


def signed_in(site: Site, date: dt.date, time: dt.time = dt.time(10, 0), school: str = "S0") -> FlaskClient:
    at(site.small, date, time)
    return site.teacher(school)


def test_before_the_day_there_are_checks_and_what_to_know(out: Site) -> None:
    place = out.session.get_one(Workplace, groups(out)[0].workplace_id)
    place.briefing, place.prepares = f"첫 줄\n{EVIL}", "앞치마"
    out.session.commit()
    client = signed_in(out, DAY - dt.timedelta(days=10))
    page = client.get(address(out))
    text = words(page)
    assert "학부모 동의 확인" in text
    assert "안전교육 실시" in text
    assert "앞치마" in text
    assert EVIL not in page.text
    assert "&lt;script&gt;" in page.text
    assert 'href="tel:02-0000-0000"' in page.text
    assert "전화 보기" not in text
    assert "온 인원은 방문일부터 적을 수 있습니다." in text
    assert f"/teacher/requests/{out.request('V0000').id}/visit" in client.get(address(out)[: -len("/visit")]).text


def test_a_check_is_ticked_and_taken_back(out: Site) -> None:
    client = signed_in(out, DAY - dt.timedelta(days=3))
    for _ in range(2):
        client.post(address(out, more="/checks"), data={"check": "consent", "done": "1"})
    assert "확인함 · 가람중 진로부장" in words(client.get(address(out)))
    client.post(address(out, more="/checks"), data={"check": "consent", "done": "0"})
    assert visit(out).consent_at is None
    assert client.post(address(out, more="/checks"), data={"check": "lunch"}).status_code == 422


def test_a_bundle_is_ticked_from_the_overview(out: Site) -> None:
    with out.session.begin_nested():
        bundle = out.session.scalar(sa.text("SELECT id FROM bundle"))
        school = out.school_id("S0")
        out.session.execute(sa.text("UPDATE request SET bundle_id = NULL"))
        out.session.execute(sa.text("UPDATE bundle SET school_id = :s"), {"s": school})
        out.session.execute(
            sa.text("UPDATE request SET bundle_id = :b WHERE school_id = :s"), {"b": bundle, "s": school}
        )
    out.session.commit()
    client = signed_in(out, DAY - dt.timedelta(days=3))
    page = client.get("/teacher")
    assert "학부모 동의 모두 확인 (2)" in words(page)
    ids = [out.request(code).id for code in ("V0000", "V0001")]
    answer = client.post("/teacher/visits/checks", data={"check": "consent", "class": ids, "next": "/teacher"})
    assert answer.status_code == 303
    assert visit(out, "V0000").consent_at is not None
    assert visit(out, "V0001").consent_at is not None
    assert "학부모 동의 모두 확인" not in words(client.get("/teacher"))
    foreign = out.request("V0002").id
    assert client.post("/teacher/visits/checks", data={"check": "briefing", "class": foreign}).status_code == 404


def test_on_the_day_one_tap_and_a_logged_telephone(out: Site) -> None:
    client = signed_in(out, DAY, dt.time(9, 40))
    group = groups(out)[0]
    page = client.get(address(out))
    assert words(page).count("도착했습니다 :") == len(groups(out))
    assert "010-0000" not in page.text
    for _ in range(2):
        client.post(address(out, more="/arrivals"), data={"group": group.id})
    assert "09:40 도착" in words(client.get(address(out)))
    client.post(address(out, more="/arrivals"), data={"group": group.id, "undo": "1"})
    assert "09:40 도착" not in words(client.get(address(out)))
    shown = client.post(address(out, more="/contact"), data={"group": group.id})
    assert shown.text.count('href="tel:010-0000') == 1
    assert "기록되었습니다" in words(shown)
    assert "010-0000" not in client.get(address(out)).text
    out.session.rollback()
    assert [entry.subject_id for entry in out.session.scalars(sa.select(AccessEntry))] == [group.workplace_id]


def test_another_school_finds_nothing(out: Site) -> None:
    stranger = signed_in(out, AFTER, school="S1")
    group = groups(out)[0].id
    assert stranger.get(address(out)).status_code == 404
    for path, data in {
        "/checks": {"check": "consent", "done": "1"},
        "/arrivals": {"group": str(group)},
        "/contact": {"group": str(group)},
        "/attendance": everybody(out),
        "/satisfaction": {"q-overall-5": "3"},
        "/change": {"kind": "other", "reason-other": "x"},
        "/change/withdraw": {"report": "1"},
    }.items():
        assert stranger.post(address(out, more=path), data=data).status_code == 404, path
    assert stored(out) == []


def test_where_no_visit_stands_the_request_says_why(out: Site) -> None:
    own = signed_in(out, DAY, school="S2")
    answer = own.get(address(out, "V0005"))
    assert answer.status_code == 302
    assert "조정을 제안드립니다." in words(own.get(answer.location))
    assert own.post(address(out, "V0005", "/attendance"), data={}).status_code == 404


def test_figures_before_the_day_are_refused_with_a_sentence(out: Site) -> None:
    client = signed_in(out, DAY - dt.timedelta(days=1))
    answer = client.post(address(out, more="/attendance"), data=everybody(out))
    assert answer.status_code == 303
    assert "온 인원은 방문일부터 적을 수 있습니다. 그날 다시 열어 주세요." in words(client.get(answer.location))
    assert stored(out) == []


def test_figures_are_saved_by_one_press_however_often_it_is_pressed(out: Site) -> None:
    client = signed_in(out, AFTER)
    form = everybody(out, **{f"remark-{groups(out)[0].id}": EVIL})
    for _ in range(3):
        assert client.post(address(out, more="/attendance"), data=form).status_code == 303
    assert {row.version for row in stored(out)} == {1}
    assert visit(out).status is VisitStatus.COMPLETED
    page = client.get(address(out))
    assert "온 인원 20명" in words(page)
    assert EVIL not in page.text
    assert "학생 만족도" in words(page)
    assert run_audit(out.session, out.small.clock.now()) == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("10000", "온 인원은 0명에서 계획한 인원보다 5명 많은 수까지 적어 주세요."),
        ("-1", "온 인원을 숫자로 적어 주세요."),
        ("=1+1", "온 인원을 숫자로 적어 주세요."),
        ("다섯", "온 인원을 숫자로 적어 주세요."),
        ("９", "온 인원을 숫자로 적어 주세요."),
    ],
)
def test_nonsense_is_named_and_nothing_typed_is_lost(out: Site, text: str, said: str) -> None:
    client = signed_in(out, AFTER)
    first, second = groups(out)[:2]
    form = everybody(out, **{f"attended-{first.id}": text, f"remark-{second.id}": "모두 즐거워했습니다"})
    page = client.post(address(out, more="/attendance"), data=form)
    assert page.status_code == 422
    assert said in words(page)
    assert f'href="#attended-{first.id}"' in page.text
    assert f'value="{text}"' in page.text
    assert "모두 즐거워했습니다" in page.text
    assert stored(out) == []


def test_a_group_can_be_left_for_later(out: Site) -> None:
    client = signed_in(out, AFTER)
    first = groups(out)[0]
    client.post(address(out, more="/attendance"), data=everybody(out, **{f"attended-{first.id}": ""}))
    assert len(stored(out)) == len(groups(out)) - 1
    assert visit(out).status is VisitStatus.CONFIRMED
    remark = {f"attended-{first.id}": "", f"remark-{first.id}": "비가 왔습니다"}
    page = client.post(address(out, more="/attendance"), data=everybody(out, **remark))
    assert page.status_code == 422
    assert "아무도 오지 않았으면 0을" in words(page)


def test_the_second_to_correct_sees_what_the_first_entered(out: Site) -> None:
    client = signed_in(out, AFTER)
    first = groups(out)[0]
    opened = everybody(out)
    client.post(
        address(out, more="/attendance"),
        data={**opened, f"attended-{first.id}": "1", f"remark-{first.id}": "한 명만 왔습니다"},
    )
    page = client.post(address(out, more="/attendance"), data={**opened, f"attended-{first.id}": "2"})
    assert page.status_code == 409
    text = words(page)
    assert "그사이 다른 분이 먼저 적었습니다." in text
    assert "지금 저장된 내용: 1명 · 한 명만 왔습니다" in text
    assert 'value="2"' in page.text
    assert stored(out)[0].attended == 1
    # having seen it, the same person may save again
    again = {**opened, f"attended-{first.id}": "2", **{f"version-{group.id}": "1" for group in groups(out)}}
    assert client.post(address(out, more="/attendance"), data=again).status_code == 303
    assert (stored(out)[0].attended, stored(out)[0].version) == (2, 2)


def test_answers_of_pupils_are_counts_within_those_who_came(out: Site) -> None:
    client = signed_in(out, AFTER)
    early = client.post(address(out, more="/satisfaction"), data={"q-overall-5": "3"})
    assert "모든 모둠의 온 인원을 먼저 적어 주세요." in words(client.get(early.location))
    client.post(address(out, more="/attendance"), data=everybody(out))
    for wrong, said in (
        ({"q-overall-5": "21"}, "온 학생보다 많을 수 없습니다"),
        ({"q-overall-5": "10000"}, "온 학생보다 많을 수 없습니다"),
        ({"q-overall-5": "많이"}, "숫자로 적어 주세요"),
    ):
        page = client.post(address(out, more="/satisfaction"), data={**wrong, "q-safety-1": "2"})
        assert page.status_code == 422
        assert said in words(page)
        assert 'href="#q-overall"' in page.text
        assert 'name="q-safety-1"' in page.text
    good = {"q-overall-5": "12", "q-overall-4": "8", "seen": ""}
    assert client.post(address(out, more="/satisfaction"), data=good).status_code == 303
    out.session.rollback()
    rows = out.session.scalars(sa.select(Satisfaction)).all()
    assert {(row.question, row.answer, row.pupils) for row in rows if row.pupils} == {
        ("overall", 5, 12), ("overall", 4, 8),
    }  # fmt: skip
    stale = client.post(address(out, more="/satisfaction"), data={"q-overall-5": "20", "seen": ""})
    assert stale.status_code == 409
    assert "0, 0, 0, 8, 12" in words(stale)
    # a form that is refused for a slip has seen no more than it had before
    slip = client.post(address(out, more="/satisfaction"), data={"q-overall-5": "99", "seen": "of-before"})
    assert 'name="seen" value="of-before"' in slip.text


def test_a_change_is_reported_seen_and_taken_back(out: Site) -> None:
    client = signed_in(out, DAY - dt.timedelta(days=5))
    wrong = client.post(address(out, more="/change"), data={"kind": "size", "pupils": "10000", "reason-size": "전학"})
    assert wrong.status_code == 422
    assert 'value="10000"' in wrong.text
    assert "전학" in wrong.text
    assert client.post(address(out, more="/change"), data={"kind": "party"}).status_code == 422
    again = client.post(address(out, more="/change"), data={"kind": "cancel", "reason-cancel": "감염병"})
    assert "다른 날을 찾을지 골라 주세요." in words(again)
    for _ in range(2):
        form = {"kind": "size", "pupils": "23", "reason-size": f"전학 {EVIL}"}
        assert client.post(address(out, more="/change"), data=form).status_code == 303
    page = client.get(address(out))
    assert "센터 확인 전" in words(page)
    assert EVIL not in page.text
    out.session.rollback()
    (report,) = out.session.scalars(sa.select(ChangeReport)).all()
    other = client.post(address(out, more="/change"), data={"kind": "other", "reason-other": "버스"})
    assert "이미 센터에 알린 것이 있습니다." in words(client.get(other.location))
    client.post(address(out, more="/change/withdraw"), data={"report": report.id})
    assert "센터에 알리기" in words(client.get(address(out)))


def test_the_page_reads_in_english(out: Site) -> None:
    client = signed_in(out, AFTER)
    text = words(client.get(address(out) + "?lang=en"))
    assert "Afterwards" in text
    assert "planned: " in text
