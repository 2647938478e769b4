"""Schools, classes, opening hours and dates through the pages of tables: seen, saved, undone, and what stays."""

from __future__ import annotations

from typing import TypeVar

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from booking.exchange.sheets import read_sheet
from booking.models.schools import School, SchoolClass
from booking.models.workplaces import Workplace, WorkplaceException
from booking.services.audit import run_audit
from tests.integration.web.test_console_sheets import outcomes, save, table, upload
from tests.support.pages import Site, words

SCHOOL = {
    "학교": "보기중학교", "문자에 쓰는 이름": "보기중", "학교급": "중학교", "위도": "37.5", "경도": "126.9",
}  # fmt: skip
Row = TypeVar("Row", bound=School | SchoolClass | Workplace)


@pytest.fixture
def desk(site: Site) -> FlaskClient:
    """The coordinator's browser."""
    return site.signed_in("coordinator@demo.example.kr")


def one(site: Site, found: sa.Select[Row]) -> Row | None:
    """The row as it stands in the database by now."""
    site.session.rollback()
    return site.session.scalars(found.execution_options(populate_existing=True)).one_or_none()


def school(name: str) -> sa.Select[School]:
    return sa.select(School).where(School.name == name)


def class_of(name: str, label: str) -> sa.Select[SchoolClass]:
    return sa.select(SchoolClass).join(School).where(School.name == name, SchoolClass.label == label)


@pytest.mark.parametrize("kind", ["schools", "classes", "patterns", "days"])
def test_what_stands_changes_nothing_when_it_comes_back(site: Site, desk: FlaskClient, kind: str) -> None:
    day = site.small.slots()[-1].date
    place = one(site, sa.select(Workplace).where(Workplace.code == "W1"))
    assert place is not None
    place_id, school_id = place.id, one_school(site).id
    site.session.add(WorkplaceException(workplace_id=place_id, date=day, block="AM", open=False, reason="행사"))
    site.session.add(SchoolClass(school_id=school_id, label="2-1", pupils=20, chaperones_needed=2))
    site.session.commit()
    out = read_sheet(desk.get(f"/console/sheets/{kind}/export.xlsx").data)
    assert out.rows
    back = table(*(dict(zip(out.head, row, strict=True)) for row in out.rows))
    assert outcomes(desk, upload(desk, back, kind)) == [0, 0, len(out.rows), 0]


def one_school(site: Site) -> School:
    found = one(site, school("가람중"))
    assert found is not None
    return found


def test_a_school_and_its_classes_come_in_and_go_again(site: Site, desk: FlaskClient) -> None:
    schools = upload(desk, table(SCHOOL, {**SCHOOL, "학교": "가람중", "문자에 쓰는 이름": "가람중"}), "schools")
    assert outcomes(desk, schools)[0] == 1
    assert save(desk, schools) == 303
    added = one(site, school("보기중학교"))
    assert added is not None
    assert added.am_starts.hour == 9

    rows = [
        {"학교": "보기중", "학년": "1", "반": "3", "학생 수": "24"},
        {"학교": added.code, "학년": "", "반": "1학년 4반", "학생 수": "25"},
        {"학교": "보기중학교", "학년": "", "반": "1-3", "학생 수": "26"},
        {"학교": "없는중", "학년": "1", "반": "1", "학생 수": "20"},
        {"학교": "보기중", "학년": "1", "반": "5", "학생 수": "400"},
    ]
    classes = upload(desk, table(*rows), "classes")
    assert outcomes(desk, classes) == [2, 0, 0, 3]
    shown = words(desk.get(classes))
    assert "앞줄에 이미 나왔습니다" in shown
    assert "이 이름의 학교가 없습니다" in shown
    assert save(desk, classes) == 303
    third = one(site, class_of("보기중학교", "1-3"))
    assert third is not None
    assert (third.grade, third.pupils, third.chaperones_needed, third.active) == (1, 24, 3, True)

    # the school has classes by now: its own table stays, until theirs is undone
    desk.post(f"{schools}/undo")
    assert one(site, school("보기중학교")) is not None
    desk.post(f"{classes}/undo")
    assert one(site, class_of("보기중학교", "1-3")) is None
    again = upload(desk, table({**SCHOOL, "문자에 쓰는 이름": "보기"}), "schools")
    assert outcomes(desk, again) == [0, 1, 0, 0]
    assert run_audit(site.session, site.small.clock.now()) == []


def test_a_school_that_nothing_belongs_to_goes_when_its_table_is_undone(site: Site, desk: FlaskClient) -> None:
    schools = upload(desk, table(SCHOOL), "schools")
    save(desk, schools)
    desk.post(f"{schools}/undo")
    assert one(site, school("보기중학교")) is None


def test_a_head_count_is_brought_up_to_date_and_back(site: Site, desk: FlaskClient) -> None:
    site.session.add(SchoolClass(school_id=one_school(site).id, label="2-1", pupils=20, chaperones_needed=2))
    site.session.commit()
    address = upload(desk, table({"학교": "가람중학교", "학급": "2-1", "학생 수": "22"}), "classes")
    assert "학생 수 20 → 22" in words(desk.get(address))
    save(desk, address)
    changed = one(site, class_of("가람중", "2-1"))
    assert changed is not None
    assert changed.pupils == 22
    desk.post(f"{address}/undo")
    back = one(site, class_of("가람중", "2-1"))
    assert back is not None
    assert back.pupils == 20


def test_a_grid_of_half_days_becomes_the_weekly_pattern(site: Site, desk: FlaskClient) -> None:
    before = one(site, sa.select(Workplace).where(Workplace.code == "W5"))
    assert before is not None
    hours = {(row.weekday, row.block.value) for row in before.hours}
    address = upload(desk, table({"번호": "W5", "월 오전": "X", "토 오전": "○", "일터": ""}), "patterns")
    assert outcomes(desk, address) == [0, 1, 0, 0]
    assert save(desk, address) == 303
    after = one(site, sa.select(Workplace).where(Workplace.code == "W5"))
    assert after is not None
    assert {(row.weekday, row.block.value) for row in after.hours} == (hours | {(5, "AM")}) - {(0, "AM")}
    desk.post(f"{address}/undo")
    back = one(site, sa.select(Workplace).where(Workplace.code == "W5"))
    assert back is not None
    assert {(row.weekday, row.block.value) for row in back.hours} == hours


def test_dates_are_closed_row_by_row_and_open_again(site: Site, desk: FlaskClient) -> None:
    days = sorted({slot.date for slot in site.small.slots()})
    rows = [
        {"일터": "일터 5", "첫날": days[-1].isoformat(), "끝 날": "", "시간": "종일", "구분": "휴무", "사유": "공사"},
        {"일터": "일터 5", "첫날": days[-2].isoformat(), "끝 날": "", "시간": "오전", "구분": "닫음", "사유": "행사"},
        {"일터": "일터 5", "첫날": days[-2].isoformat(), "끝 날": days[-1].isoformat(),
         "시간": "", "구분": "닫음", "사유": "또"},
        {"일터": "일터 5", "첫날": "2020-01-01", "끝 날": "", "시간": "", "구분": "닫음", "사유": "옛날"},
        {"일터": "없는 곳", "첫날": days[-1].isoformat(), "끝 날": "", "시간": "", "구분": "닫음", "사유": "행사"},
    ]  # fmt: skip
    address = upload(desk, table(*rows), "days")
    assert outcomes(desk, address) == [0, 2, 0, 3]
    assert save(desk, address) == 303
    found = sa.select(WorkplaceException).order_by(WorkplaceException.date, WorkplaceException.block)
    site.session.rollback()
    assert [(row.date, row.block.value, row.open, row.reason) for row in site.session.scalars(found)] == [
        (days[-2], "AM", False, "행사"), (days[-1], "AM", False, "공사"), (days[-1], "PM", False, "공사"),
    ]  # fmt: skip
    usual = upload(
        desk, table({"일터": "일터 5", "날짜": days[-1].isoformat(), "구분": "평소대로", "오전·오후": "오후"}), "days"
    )
    assert outcomes(desk, usual) == [0, 1, 0, 0]
    save(desk, usual)
    # the first table is taken back as far as nobody has changed it since
    desk.post(f"{address}/undo")
    site.session.rollback()
    assert [(row.date, row.block.value) for row in site.session.scalars(found)] == [(days[-1], "AM")]
    assert "그대로 두었습니다" in words(desk.get(address))
