"""The log is searched by who, what and when, leaves the house for a purpose only, and cannot be edited."""

from __future__ import annotations

import csv
import io

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from sqlalchemy.exc import DBAPIError

from booking.clock import seoul_date
from booking.models.history import AccessEntry, HistoryEntry
from tests.support.pages import Site, words

ADMINISTRATOR = "admin@demo.example.kr"


@pytest.fixture
def admin(site: Site) -> FlaskClient:
    return site.signed_in(ADMINISTRATOR)


def table(answer: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(answer.removeprefix("\ufeff"))))


def test_changes_are_found_by_who_what_and_when(site: Site, admin: FlaskClient) -> None:
    desk = site.signed_in("coordinator@demo.example.kr")
    desk.post("/console/messages/pause")
    site.session.rollback()
    entry = site.session.scalars(sa.select(HistoryEntry).where(HistoryEntry.action == "sending_paused")).one()
    # days are Seoul's: in the small hours UTC is still at yesterday
    day = seoul_date(entry.at).isoformat()

    assert "알림 멈춤" in words(admin.get("/console/audit?action=sending_paused&who=한가람"))
    assert "찾은 기록이 없습니다." in words(admin.get("/console/audit?action=sending_paused&who=아무개"))
    assert "찾은 기록이 없습니다." in words(admin.get("/console/audit?who=%25"))
    for found, path in (
        (True, f"since={day}&until={day}"),
        (False, "until=2020-01-01"),
        (False, "since=2099-01-01"),
        (True, "subject=centre&id=1"),
        (False, "subject=centre&id=2"),
        # nonsense asks for nothing
        (True, "since=gestern&id=x&subject=nobody&action=nothing"),
        (False, f"id={2**62}"),
        (True, f"id={2**80}"),
    ):
        text = words(admin.get(f"/console/audit?action=sending_paused&{path}"))
        assert ("기록 1건" in text) is found, path


def test_what_leaves_the_house_has_a_purpose_and_is_in_the_log_itself(site: Site, admin: FlaskClient) -> None:
    site.signed_in("coordinator@demo.example.kr").post("/console/messages/pause")
    path = "/console/audit/export?action=sending_paused"
    for too_little in ("", " - ", "x" * 201):
        assert admin.post(path, data={"purpose": too_little}).status_code == 303
    assert "목적을 4자에서 200자로" in words(admin.get("/console/audit"))
    answer = admin.post(path, data={"purpose": "분기 점검"})
    head, *rows = table(answer.get_data(as_text=True))
    assert head[:3] == ["때", "누가", "한 일"]
    assert [row[2] for row in rows] == ["알림 멈춤"]
    looks = table(admin.post("/console/audit/export?log=access", data={"purpose": "분기 점검"}).get_data(as_text=True))
    assert [(row[3], row[6], row[8]) for row in looks[1:]] == [("기록 내려받기", "1", "분기 점검")]
    site.session.rollback()
    assert site.session.scalars(sa.select(AccessEntry.purpose).where(AccessEntry.action == "export_audit")).all() == [
        "분기 점검", "분기 점검",
    ]  # fmt: skip


def test_a_cell_that_looks_like_a_formula_is_harmless(site: Site, admin: FlaskClient) -> None:
    admin.post("/console/audit/export", data={"purpose": "=HYPERLINK(0)"})
    rows = table(admin.post("/console/audit/export?log=access", data={"purpose": "다시 점검"}).get_data(as_text=True))
    assert rows[1][8] == "'=HYPERLINK(0)"


@pytest.mark.parametrize("name", ["history_entry", "access_entry"])
def test_the_database_refuses_to_change_the_past(site: Site, admin: FlaskClient, name: str) -> None:
    admin.post("/console/audit/export", data={"purpose": "분기 점검"})
    for statement in (f"UPDATE {name} SET at = now()", f"DELETE FROM {name}", f"TRUNCATE {name}"):
        with pytest.raises(DBAPIError):
            site.session.execute(sa.text(statement))
        site.session.rollback()


def test_nobody_else_may_read_it(site: Site) -> None:
    desk = site.signed_in("coordinator@demo.example.kr")
    assert desk.get("/console/audit").status_code == 403
    assert desk.post("/console/audit/export", data={"purpose": "분기 점검"}).status_code == 403
