"""Workplaces that look like one: found, seen side by side, merged or said to be two; caught when a table comes in."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from booking.models.workplaces import Workplace
from booking.services.audit import run_audit
from tests.integration.web.test_console_sheets import NEW, outcomes, save, table, upload
from tests.support.pages import Site, words


@pytest.fixture
def desk(site: Site) -> FlaskClient:
    """The coordinator's browser."""
    return site.signed_in("coordinator@demo.example.kr")


@pytest.fixture
def twins(site: Site) -> tuple[int, int]:
    """Two entries of one workshop."""
    one, two = list(site.session.scalars(sa.select(Workplace).order_by(Workplace.id)))[:2]
    one.name, two.name = "보기 공방", "(주)보기공방"
    one.address = two.address = "서울 구로구 보기로 10"
    one.notes, two.notes = "앞", "뒤"
    site.session.commit()
    return one.id, two.id


def place(site: Site, number: int) -> Workplace:
    site.session.rollback()
    return site.session.get_one(Workplace, number, populate_existing=True)


def test_two_are_seen_side_by_side_and_made_one(site: Site, desk: FlaskClient, twins: tuple[int, int]) -> None:
    one, two = twins
    assert "(주)보기공방" in words(desk.get("/console/duplicates"))
    address = f"/console/workplaces/{one}/merge/{two}"
    page = desk.get(address)
    assert page.status_code == 200
    assert "010-0000" not in words(page), "contacts are masked"
    versions = {"seen_keep": place(site, one).version, "seen_other": place(site, two).version}
    overtaken = desk.post(address, data={**versions, "seen_other": 99})
    assert overtaken.status_code == 409
    assert place(site, two).merged_into_id is None

    assert desk.post(address, data={**versions, "name": "other"}).status_code == 303
    kept = place(site, one)
    assert (kept.name, kept.notes) == ("(주)보기공방", "앞\n\n뒤")
    assert place(site, two).merged_into_id == one
    gone = desk.get(f"/console/workplaces/{two}")
    assert (gone.status_code, gone.headers["Location"]) == (302, f"/console/workplaces/{one}")
    assert "합친 일터" in words(desk.get(f"/console/workplaces/{one}"))
    assert "보기공방" not in words(desk.get("/console/duplicates"))
    # the second press, and a page that is out of date
    assert desk.post(address, data=versions).status_code == 303
    assert desk.get(address).status_code == 404
    assert run_audit(site.session, site.small.clock.now()) == []


def test_two_that_only_look_alike_are_not_asked_about_again(desk: FlaskClient, twins: tuple[int, int]) -> None:
    one, two = twins
    assert desk.post("/console/duplicates/distinct", data={"one": one, "other": two}).status_code == 303
    assert "보기공방" not in words(desk.get("/console/duplicates"))
    assert desk.post("/console/duplicates/distinct", data={"one": one, "other": one}).status_code == 404
    assert desk.post("/console/duplicates/distinct", data={"one": "x"}).status_code == 404


def test_a_row_that_looks_like_a_workplace_is_new_only_when_a_person_says_so(
    site: Site, desk: FlaskClient, twins: tuple[int, int]
) -> None:
    row = {**NEW, "일터": "보기 공방 (주)", "주소": "서울특별시 구로구 보기로 10", "문자에 쓰는 이름": "보기공방2"}
    address = upload(desk, table(row, {**row, "일터": "보기공방㈜"}))
    assert outcomes(desk, address) == [0, 0, 0, 2]
    assert "이미 있는 일터와 비슷합니다" in words(desk.get(address))
    assert desk.post(f"{address}/new", data={"row": "2"}).status_code == 303
    assert outcomes(desk, address) == [1, 0, 0, 1], "the next row looks like this one"
    assert save(desk, address) == 303
    site.session.rollback()
    assert site.session.scalar(sa.select(sa.func.count()).where(Workplace.name == "보기 공방 (주)")) == 1
