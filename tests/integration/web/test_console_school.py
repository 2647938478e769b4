"""A school as the centre keeps it, its days entered for it, and everything found from one box."""

from __future__ import annotations

import datetime as dt

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from booking.models.coaches import Coach
from booking.models.history import HistoryEntry
from booking.models.people import User
from booking.models.school_year import SchoolDay
from booking.models.schools import School
from tests.support.pages import Site, words


@pytest.fixture
def desk(site: Site) -> FlaskClient:
    return site.signed_in("coordinator@demo.example.kr")


def school(site: Site, code: str = "S0") -> School:
    site.session.rollback()
    site.session.expire_all()
    return site.session.scalars(sa.select(School).where(School.code == code)).one()


def form(one: School, **changes: object) -> dict[str, str]:
    values: dict[str, object] = {
        name: getattr(one, name) or "" for name in ("name", "sms_name", "level", "address", "lat", "lon", "telephone")
    }
    times = {name: getattr(one, name).strftime("%H:%M") for name in ("am_starts", "am_ends", "pm_starts", "pm_ends")}
    return {name: str(value) for name, value in {**values, **times, "seen": one.version, **changes}.items()}


def test_a_school_is_changed_and_history_keeps_from_what_to_what(site: Site, desk: FlaskClient) -> None:
    one = school(site)
    address = f"/console/schools/{one.id}"
    data = form(one, sms_name="가람", address="구로구 학교로 1", am_starts="08:50", telephone="02-0000-0000")
    assert desk.post(address, data=data).status_code == 303
    one = school(site)
    assert (one.sms_name, one.address, one.am_starts, one.version) == ("가람", "구로구 학교로 1", dt.time(8, 50), 2)
    entry = site.session.scalars(sa.select(HistoryEntry).where(HistoryEntry.action == "school_changed")).one()
    assert entry.detail["before"]["am_starts"] == "09:00"
    assert entry.detail["after"]["am_starts"] == "08:50"
    late = desk.post(address, data={**data, "sms_name": "다른"})
    assert late.status_code == 409
    assert "다른" in late.text
    assert school(site).sms_name == "가람"
    assert desk.get("/console/schools/9999").status_code == 404


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("name", "", "이름을 적어 주세요"),
        ("name", "나래중", "같은 이름의 학교가 이미 있습니다"),
        ("sms_name", "일곱글자학교명", "짧은 이름이 너무 깁니다"),
        ("level", "college", "목록에 없는 값입니다"),
        ("lat", "seoul", "위도는"),
        ("telephone", "12", "전화번호를 다시 봐 주세요"),
        ("pm_ends", "25:00", "시각은 09:00처럼"),
        ("am_ends", "08:00", "차례로 늦어져야 합니다"),
    ],
)
def test_a_fault_is_told_beside_its_field(site: Site, desk: FlaskClient, field: str, value: str, says: str) -> None:
    one = school(site)
    answer = desk.post(f"/console/schools/{one.id}", data=form(one, **{field: value}))
    assert answer.status_code == 422
    assert says in words(answer)
    assert school(site).version == 1


def test_a_level_stays_while_visits_stand(site: Site, desk: FlaskClient) -> None:
    site.publish()
    one = school(site)
    answer = desk.post(f"/console/schools/{one.id}", data=form(one, level="high"))
    assert "학교급을 바꿀 수 없습니다" in words(answer)


def test_the_centre_enters_and_takes_out_a_schools_days(site: Site, desk: FlaskClient) -> None:
    one, other = school(site), school(site, "S1")
    address = f"/console/schools/{one.id}"
    day = {"day_name": "1차 지필평가", "first": "2027-03-18", "last": "2027-03-19", "kind": "exam", "blocks": "all"}
    for wrong in ({"day_name": ""}, {"first": "soon"}, {"kind": "party"}, {"blocks": "night"}, {"last": "2027-03-01"}):
        answer = desk.post(f"{address}/days", data={**day, **wrong})
        assert answer.status_code == 422, wrong
        assert 'id="day_name"' in answer.text
    assert desk.post(f"{address}/days", data={**day, "grades": ["1"]}).status_code == 303
    assert "1차 지필평가" in words(desk.get(address))
    assert "1차 지필평가" in words(site.teacher("S0").get("/teacher/school/calendar"))
    site.session.rollback()
    days = list(site.session.scalars(sa.select(SchoolDay)))
    assert [(row.school_id, row.grades) for row in days] == [(one.id, [1])] * 2
    assert desk.post(f"/console/schools/{other.id}/days/{days[0].id}/remove").status_code == 404
    assert desk.post(f"{address}/days/{days[0].id}/remove").status_code == 303
    site.session.rollback()
    assert site.session.scalar(sa.select(sa.func.count()).select_from(SchoolDay)) == 1
    for email in ("officer@demo.example.kr",):
        assert site.signed_in(email).post(f"{address}/days", data=day).status_code == 403


def test_one_box_finds_everything_that_has_a_name_or_a_code(site: Site, desk: FlaskClient) -> None:
    site.publish()
    teacher = site.session.scalars(sa.select(User).where(User.email == "t001@school.example.kr")).one()
    coach = site.session.scalars(sa.select(Coach).order_by(Coach.id)).first()
    assert coach is not None
    coach.name = "봄여름"
    site.session.commit()

    def found(text: str) -> str:
        return words(desk.get("/console/search", query_string={"q": text}))

    assert "가람중" in found("ㄱㄹ")
    assert "나래중" not in found("ㄱㄹ")
    assert "일터 3" in found("일터3")
    assert teacher.name in found(teacher.name[:2])
    assert "봄여름" in found("ㅂㅇㄹ")
    assert "V0003" in found("v0003")
    assert "나래중 1-2" in found("나래중 1-2")
    assert "신청이 없습니다" in found("없는이름")
    assert "%" not in found("%").replace("「개웅중", "")
