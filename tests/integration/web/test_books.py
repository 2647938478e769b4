"""The pages of the books: entered, corrected, opened from figure to entry, frozen; the officer reads and no more."""

from __future__ import annotations

import datetime as dt
import io
import re
from html import unescape

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from booking.models.ledger import FrozenQuarter
from booking.models.programmes import Programme, ProgrammeSession
from booking.models.year_books import PressItem, VolunteerWork, YearPlan
from booking.queries.ledger import Filter, by_school, total
from tests.support.books import kind
from tests.support.pages import Site, words
from tests.support.visits import at


@pytest.fixture
def desk(site: Site) -> FlaskClient:
    """The coordinator's browser, in the middle of February."""
    at(site.small, dt.date(2027, 2, 15))
    return site.signed_in("coordinator@demo.example.kr")


def form(site: Site, **changed: str) -> dict[str, str]:
    """A lecture that was held, as the form sends it."""
    return {
        "programme": str(kind(site.session).id), "topic": "직업인 특강", "date": "2027-02-10", "status": "held",
        "who-0": str(site.school_id("S0")), "planned-0": "30", "attended-0": "28", "cost": "150000", **changed,
    }  # fmt: skip


def entered(site: Site, desk: FlaskClient, **changed: str) -> str:
    """Enter a session; returns the address of its page."""
    answer = desk.post("/console/sessions/new", data=form(site, **changed))
    assert answer.status_code == 303, words(answer)
    return str(answer.headers["Location"])


def test_a_session_is_entered_corrected_with_a_reason_and_never_overwritten(site: Site, desk: FlaskClient) -> None:
    page = entered(site, desk)
    assert "참석 +28" in words(desk.get(page))

    silent = desk.post(page, data=form(site, seen="1", **{"attended-0": "27"}))
    assert silent.status_code == 422
    assert "왜 고치는지 적어 주세요" in words(silent)
    done = desk.post(page, data=form(site, seen="1", reason="출석부 확인", **{"attended-0": "27"}))
    assert done.status_code == 303
    shown = words(desk.get(page))
    assert "참석 −1" in shown
    assert "출석부 확인" in shown

    late = desk.post(page, data=form(site, seen="1", reason="다른 분", **{"attended-0": "20"}))
    assert late.status_code == 409
    assert "다른 분이 먼저 고쳤습니다" in words(late)
    assert total(site.session, Filter()).people == 27


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"date": "2027-02-16"}, "아직 오지 않은 날은"),
        ({"attended-0": ""}, "온 인원을 적어 주세요"),
        ({"programme": ""}, "종류를 골라 주세요"),
        ({"programme": "9999"}, "목록에 없는 값입니다"),
        ({"topic": ""}, "제목을 적어 주세요"),
        ({"who-1": "", "planned-1": "3", "who-0": ""}, "같은 학교나 학교급이 두 줄에"),
        ({"planned-0": "", "attended-0": "", "who-0": ""}, "인원을 한 줄은 적어 주세요"),
        ({"attended-0": "-3"}, "숫자로 적어 주세요"),
        ({"date": "2027-02-30"}, "날짜는"),
    ],
)
def test_what_cannot_be_entered_is_said_beside_its_field(
    site: Site, desk: FlaskClient, changed: dict[str, str], sentence: str
) -> None:
    refused = desk.post("/console/sessions/new", data=form(site, **changed))
    assert refused.status_code == 422
    assert sentence in words(refused)
    assert 'value="직업인 특강"' in refused.text or changed.get("topic") == ""
    assert site.session.scalar(sa.select(sa.func.count()).select_from(ProgrammeSession)) == 0


def test_many_are_entered_at_once_or_none(site: Site, desk: FlaskClient) -> None:
    lecture = str(kind(site.session).id)
    council = str(kind(site.session, "teachers_council").id)
    data = {
        "lines": "8", "programme-0": lecture, "topic-0": "특강", "date-0": "2027-02-01", "who-0": "middle",
        "planned-0": "30", "attended-0": "29", "programme-1": council, "topic-1": "협의회", "date-1": "2027-02-02",
        "who-1": "", "planned-1": "", "attended-1": "7", "programme-2": lecture, "topic-2": "다음 특강",
        "date-2": "2027-03-02", "who-2": "", "planned-2": "", "attended-2": "", "topic-3": "", "programme-3": "",
    }  # fmt: skip
    refused = desk.post("/console/sessions/many", data=data)
    assert refused.status_code == 422
    assert 'id="planned-2-error"' in refused.text
    assert total(site.session, Filter()).people == 0

    assert desk.post("/console/sessions/many", data={**data, "planned-2": "40"}).status_code == 303
    assert total(site.session, Filter()).people == 36
    assert total(site.session, Filter(counted=True)).people == 29
    longer = desk.post("/console/sessions/many", data={**data, "more": "1", "lines": "16"})
    assert 'id="topic-15"' in longer.text
    assert 'value="협의회"' in longer.text


def test_a_table_fills_the_lines_and_saves_nothing(site: Site, desk: FlaskClient) -> None:
    table = (
        "종류,제목,일자,학교,신청 인원,참석 인원\n"
        "강연형·대화형,대학생 특강,2027.2.3,가람중,30,28\n"
        "진로교사 협의회,2월 협의회,2027-02-04,,,7\n"
    )
    shown = desk.post("/console/sessions/many/table", data={"file": (io.BytesIO(table.encode("cp949")), "표.csv")})
    assert shown.status_code == 200
    assert "표의 2줄로 아래를 채웠습니다" in words(shown)
    assert total(site.session, Filter()).people == 0
    inputs = r'<input class="input [^"]*" type="\w+" id="([\w-]+)" name="[^"]+" value="([^"]*)"'
    fields = dict(re.findall(inputs, shown.text))
    for name, chosen in re.findall(r'<select[^>]* id="([\w-]+)"[^>]*>(.*?)</select>', shown.text):
        fields[name] = "".join(re.findall(r'<option value="([^"]*)" selected>', chosen))
    assert desk.post("/console/sessions/many", data=fields).status_code == 303
    assert by_school(site.session, Filter())[0][1].people == 28
    assert total(site.session, Filter()).people == 35


@pytest.mark.parametrize(
    ("table", "sentence"),
    [
        ("종류\t제목\t날짜\t학교\n강연형·대화형\t특강\t2027-02-03\t없는중\n", "목록에 없는 값입니다"),
        ("종류\t제목\n강연형·대화형\t특강\n", "종류, 제목, 날짜는 꼭 있어야 합니다"),
        ("", "첫 줄에 칸 이름"),
        ("종류,제목,날짜\n" + "강연형·대화형,특강,2027-02-03\n" * 101, "100줄까지 채울 수 있습니다"),
    ],
)
def test_a_table_that_cannot_be_read_says_why(desk: FlaskClient, table: str, sentence: str) -> None:
    refused = desk.post("/console/sessions/many/table", data={"table": table})
    assert refused.status_code == 422
    assert sentence in words(refused)


def test_a_session_is_planned_again_on_other_days(site: Site, desk: FlaskClient) -> None:
    page = entered(site, desk)
    once = desk.post(f"{page}/copies", data={"on": "2027-03-10"})
    assert once.status_code == 303
    assert "계획 +30" in words(desk.get(once.headers["Location"]))
    often = desk.post(f"{page}/copies", data={"every": "month", "until": "2027-06-30"}, follow_redirects=True)
    assert "회차 4건을 더 계획했습니다" in words(often)
    days = site.session.scalars(sa.select(ProgrammeSession.date).order_by(ProgrammeSession.date)).all()
    # the second Wednesday of each month
    assert [day.isoformat() for day in days[1:]] == [
        "2027-03-10",
        "2027-03-10",
        "2027-04-14",
        "2027-05-12",
        "2027-06-09",
    ]
    assert desk.post(f"{page}/copies", data={"every": "week", "until": "2027-02-11"}).status_code == 422
    assert desk.post(f"{page}/copies", data={"on": ""}).status_code == 422


def test_every_figure_opens_the_entries_that_add_up_to_it(site: Site, desk: FlaskClient) -> None:
    entered(site, desk)
    entered(site, desk, **{"who-0": "high", "attended-0": "61", "date": "2027-01-12"})
    entered(site, desk, programme=str(kind(site.session, "mentor_training").id), **{"who-0": "", "attended-0": "9"})
    for side in ("programme", "month", "level", "school"):
        page = desk.get(f"/console/ledger?period=2027-1&by={side}")
        assert "합계" in words(page)
        cells = re.findall(r'<td class="num"><a href="([^"]+)">([\d,]+)', page.text)
        assert sum(int(figure.replace(",", "")) for _, figure in cells) == 98
        for address, figure in cells:
            behind = words(desk.get(unescape(address)))
            assert f"연인원 {figure} 횟수" in behind


@pytest.mark.parametrize(
    "address",
    [
        "ledger?period=x&by=y&level=z&programme=-1&school=abc&section=1&stage=&counted=7",
        "ledger?period=2027-9&programme=99999999999999",
        "ledger/entries?first=no&last=2027-99-99&page=-4&programme=999999",
        "ledger?period=2199-4",
        "ledger/quarters?year=1066",
        "ledger/quarters?year=abc",
        "sessions?period=&status=none&programme=%27",
        "press?period=all",
        "volunteers?period=1",
        "sessions/many?lines=9999999",
    ],
)
def test_nonsense_in_an_address_narrows_nothing_and_breaks_nothing(desk: FlaskClient, address: str) -> None:
    assert desk.get(f"/console/{address}").status_code == 200


def test_a_quarter_is_frozen_as_it_was_seen(site: Site, desk: FlaskClient) -> None:
    page = entered(site, desk)
    assert desk.post("/console/ledger/quarters/2027-1", data={"entries": "3", "understood": "1"}).status_code == 409
    at(site.small, dt.date(2027, 4, 5))
    desk = site.signed_in("coordinator@demo.example.kr")
    shown = desk.get("/console/ledger/quarters")
    assert 'name="entries" value="3"' in shown.text

    desk.post("/console/ledger/quarters/2027-1", data={"entries": "3"})
    site.session.rollback()
    assert site.session.scalar(sa.select(sa.func.count()).select_from(FrozenQuarter)) == 0
    stale = desk.post("/console/ledger/quarters/2027-1", data={"entries": "2", "understood": "1"})
    assert (stale.status_code, "장부가 바뀌었습니다" in words(stale)) == (409, True)
    done = desk.post("/console/ledger/quarters/2027-1", data={"entries": "3", "understood": "1"}, follow_redirects=True)
    site.session.rollback()
    assert site.session.scalars(sa.select(FrozenQuarter.sha256)).one() in words(done)
    twice = desk.post("/console/ledger/quarters/2027-1", data={"entries": "3", "understood": "1"})
    assert "이미 마감한 분기입니다" in words(twice)

    assert "마감한 분기의 회차입니다" in words(desk.get(page))
    desk.post(page, data=form(site, seen="1", reason="늦은 정정", **{"attended-0": "20"}))
    assert "28 1회" in words(desk.get("/console/ledger?period=2027-1"))
    assert "−8" in words(desk.get("/console/ledger?period=2027-2"))
    assert "늦은 정정" in words(desk.get("/console/ledger/entries?period=2027-2&late=1"))
    assert desk.post("/console/ledger/quarters/nonsense", data={"understood": "1"}).status_code == 404


def test_the_officer_reads_figures_and_entries_and_finds_nothing_to_change(site: Site, desk: FlaskClient) -> None:
    entered(site, desk)
    at(site.small, dt.date(2027, 4, 5))
    officer = site.signed_in("officer@demo.example.kr")
    for path in ("ledger?period=2027-1", "ledger/entries?period=2027-1", "ledger/quarters", "targets"):
        page = officer.get(f"/console/{path}")
        assert page.status_code == 200
        main = page.text[page.text.index("<main") : page.text.index("</main")]
        assert 'method="post"' not in main
        assert 'name="understood"' not in main
        assert "/console/sessions" not in main
        assert "한가람" not in main
    assert officer.post("/console/ledger/quarters/2027-1", data={"understood": "1"}).status_code == 403


def test_a_year_is_entered_with_sums_that_are_checked(site: Site, desk: FlaskClient) -> None:
    data = {"seen": "0", "target": "6000", "city": "105000", "district": "100000", "total": "200000", "spent": ""}
    refused = desk.post("/console/targets/2017", data=data)
    assert "시비와 구비를 더한 수와 다릅니다" in words(refused)
    assert desk.post("/console/targets/2017", data={**data, "total": "205000"}).status_code == 303
    assert desk.post("/console/targets/2017", data={**data, "total": "205000"}).status_code == 409
    site.session.rollback()
    assert site.session.get_one(YearPlan, 2017).district == 100_000
    assert "205,000" in words(desk.get("/console/targets"))
    assert desk.get("/console/targets/1066").status_code == 404


def test_the_pace_is_said_in_lectures(site: Site, desk: FlaskClient) -> None:
    entered(site, desk, **{"attended-0": "100"})
    desk.post("/console/targets/2027", data={"seen": "0", "target": "1000"})
    # 46 days of the year with 100 attendances
    assert "한 해 연인원 793명, 목표에 207명 모자랍니다. 강연 3회만큼입니다" in words(desk.get("/console/targets"))


def test_press_and_volunteers_are_kept(site: Site, desk: FlaskClient) -> None:
    piece = {
        "date": "2027-02-01",
        "outlet": "마을타임즈",
        "headline": "일터에서",
        "address": "https://news.example.kr/1",
    }
    assert desk.post("/console/press", data={**piece, "address": "javascript:alert(1)"}).status_code == 422
    assert desk.post("/console/press", data={**piece, "date": "2027-02-16"}).status_code == 422
    assert desk.post("/console/press", data=piece).status_code == 303
    row = site.session.scalars(sa.select(PressItem)).one()
    assert desk.post(f"/console/press/{row.id}", data={**piece, "outlet": "새 이름", "seen": "1"}).status_code == 303
    assert desk.post(f"/console/press/{row.id}", data={**piece, "seen": "1"}).status_code == 409
    assert "새 이름" in words(desk.get("/console/press"))
    assert desk.post(f"/console/press/{row.id}/remove", data={"seen": "1"}).status_code == 409
    assert desk.post(f"/console/press/{row.id}/remove", data={"seen": "2"}).status_code == 303

    work = {"date": "2027-02-01", "group": "퇴직시니어", "volunteers": "4", "hours": "6.5", "work": ""}
    assert desk.post("/console/volunteers", data={**work, "hours": "6.3"}).status_code == 422
    assert desk.post("/console/volunteers", data=work).status_code == 303
    assert desk.post("/console/volunteers", data={**work, "hours": "3"}).status_code == 303
    assert "퇴직시니어 2 8 9.5" in words(desk.get("/console/volunteers"))
    site.session.rollback()
    assert site.session.scalar(sa.select(sa.func.count()).select_from(VolunteerWork)) == 2


def test_sessions_that_nobody_has_finished_stand_on_the_home_page(site: Site, desk: FlaskClient) -> None:
    entered(site, desk, status="planned", topic="지난 특강", **{"attended-0": ""})
    entered(site, desk, status="planned", topic="다음 특강", date="2027-02-15", **{"attended-0": ""})
    assert "1 마치지도 취소하지도 않은 회차" in words(desk.get("/console"))
    due = words(desk.get("/console/sessions?due=1"))
    assert "지난 특강" in due
    assert "다음 특강" not in due


def test_a_training_holds_for_as_long_as_its_kind_says(site: Site, desk: FlaskClient) -> None:
    council = entered(site, desk, programme=str(kind(site.session, "mentors_council").id))
    assert "온 일터" not in words(desk.get(council))
    page = entered(site, desk, programme=str(kind(site.session, "mentor_training").id), date="2027-01-31")
    assert "온 일터 일터 0곳" in words(desk.get(page))
    assert desk.get(f"{page}/workplaces").status_code == 200
    assert desk.post(f"{page}/workplaces", data={"seen": "1", "workplace": ["1", "2"]}).status_code == 303
    assert desk.post(f"{page}/workplaces", data={"seen": "1", "workplace": ["3"]}).status_code == 409
    assert desk.post(f"{page}/workplaces", data={"seen": "2", "workplace": ["1", "999"]}).status_code == 404
    assert "온 일터 일터 2곳" in words(desk.get(page))
    listed = words(desk.get("/console/mentors"))
    assert "2027년 1월 31일 (일) 2028년 1월 31일 (월)" in listed
    due = words(desk.get("/console/mentors?due=1"))
    assert "일터 6곳" in due
    assert "받은 적 없음" in due

    at(site.small, dt.date(2028, 2, 1))
    later = site.signed_in("coordinator@demo.example.kr")
    assert "일터 8곳" in words(later.get("/console/mentors?due=1"))
    off = form(site, programme=str(kind(site.session, "mentor_training").id), date="2027-01-31", status="cancelled")
    assert later.post(page, data={**off, "seen": "2", "reason": "열리지 않음"}).status_code == 303
    assert "2027년 1월 31일" not in words(later.get("/console/mentors"))


def test_kinds_are_the_administrators_data(site: Site) -> None:
    desk = site.signed_in("admin@demo.example.kr")
    new = {"name": "부모 특강", "name_en": "Parents' lecture", "section": "training", "counted": "1", "active": "1",
           "position": "55"}  # fmt: skip
    nowhere = desk.post("/console/programmes/new", data=new)
    assert nowhere.status_code == 422
    assert "분기 보고의 어디에도 서지 않습니다." in words(nowhere)
    new |= {"told_to": "parents", "report_name": "학부모와 함께", "report_note": "학부모 진로코치단"}
    assert desk.post("/console/programmes/new", data=new).status_code == 303
    assert desk.post("/console/programmes/new", data=new).status_code == 422
    row = site.session.scalars(sa.select(Programme).where(Programme.name == "부모 특강")).one()
    assert (row.listed, row.told_to, row.report_name, row.report_note) == (
        False, "parents", "학부모와 함께", "학부모 진로코치단",
    )  # fmt: skip
    kept = desk.get(f"/console/programmes/{row.id}").text
    assert 'value="parents" selected' in kept
    assert 'value="학부모와 함께"' in kept
    changed = {**new, "active": "", "seen": "1"}
    assert desk.post(f"/console/programmes/{row.id}", data=changed).status_code == 303
    assert desk.post(f"/console/programmes/{row.id}", data=changed).status_code == 409
    assert "부모 특강" in words(desk.get("/console/programmes"))
    assert "부모 특강" not in desk.get("/console/sessions/new").text
