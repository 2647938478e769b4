"""A spreadsheet through its pages: seen row by row, saved as a whole or not at all, undone; nobody is overwritten."""

from __future__ import annotations

import datetime as dt
import io
import re
from collections.abc import Sequence

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from openpyxl import load_workbook

from booking.domain.vocabulary import WorkplaceStatus
from booking.exchange.sheets import read_sheet, write_sheet
from booking.models.coaches import Coach
from booking.models.history import AccessEntry, HistoryEntry
from booking.models.sheets import SheetUpload
from booking.models.workplaces import Workplace
from booking.services.audit import run_audit
from booking.services.sheets import KEPT_DAYS, empty_old
from tests.support.pages import Site, words

NEW = {
    "일터": "보기 공방", "문자에 쓰는 이름": "보기공방", "기관 종류": "개인사업장", "직업 분야": "arts",
    "위도": "37.49", "경도": "126.88", "가장 적은 모둠 인원": "2", "가장 많은 모둠 인원": "6",
    "학교급": "중, 고", "여는 시간": "월-금 오전", "담당자": "가나다", "전화": "010-0000-9901",
}  # fmt: skip


@pytest.fixture
def desk(site: Site) -> FlaskClient:
    """The coordinator's browser."""
    return site.signed_in("coordinator@demo.example.kr")


def table(*rows: dict[str, str]) -> bytes:
    """A workbook with a column for every head that a row has."""
    head = list(dict.fromkeys(name for row in rows for name in row))
    return write_sheet("표", head, [[row.get(name, "") for name in head] for row in rows])


def upload(desk: FlaskClient, data: bytes, kind: str = "workplaces", name: str = "일터.xlsx") -> str:
    """Upload a table and return the address of its preview."""
    answer = desk.post(f"/console/sheets/{kind}", data={"file": (io.BytesIO(data), name)})
    assert answer.status_code == 303, words(answer)
    return str(answer.headers["Location"])


def outcomes(desk: FlaskClient, address: str) -> list[int]:
    """How many rows are added, changed, unchanged, refused."""
    page = desk.get(address).get_data(as_text=True)
    figures = page[page.index('<dl class="kpi">') : page.index("</dl>")]
    return [int(number) for number in re.findall(r"<dd>(\d+)줄</dd>", figures)]


def seen(desk: FlaskClient, address: str) -> str:
    found = re.search(r'name="seen" value="(\w+)"', desk.get(address).get_data(as_text=True))
    assert found is not None
    return found[1]


def save(desk: FlaskClient, address: str, mark: str | None = None) -> int:
    return desk.post(f"{address}/apply", data={"seen": mark or seen(desk, address)}).status_code


def place(site: Site, name: str) -> Workplace:
    site.session.rollback()
    fresh = sa.select(Workplace).where(Workplace.name == name).execution_options(populate_existing=True)
    return site.session.scalars(fresh).one()


def test_what_the_register_writes_changes_nothing_when_it_comes_back(desk: FlaskClient) -> None:
    for kind in ("workplaces", "coaches"):
        out = desk.get(f"/console/sheets/{kind}/export.xlsx").data
        rows = len(read_sheet(out).rows)
        assert outcomes(desk, upload(desk, out, kind)) == [0, 0, rows, 0], kind


def test_rows_are_seen_first_then_saved_and_undone(site: Site, desk: FlaskClient) -> None:
    before = place(site, "일터 0").max_group
    wrong = {**NEW, "일터": "틀린 곳", "문자에 쓰는 이름": "틀린곳", "가장 많은 모둠 인원": "1", "학교급": "대학"}
    address = upload(desk, table({"번호": "W0", "가장 많은 모둠 인원": "9"}, NEW, wrong))
    assert outcomes(desk, address) == [1, 1, 0, 1]
    shown = words(desk.get(address))
    assert f"가장 많은 모둠 인원 {before} → 9" in shown
    assert "「대학」을(를) 알아보지 못했습니다" in shown
    assert place(site, "일터 0").max_group == before, "looking changes nothing"

    assert save(desk, address) == 303
    assert place(site, "일터 0").max_group == 9
    added = place(site, "보기 공방")
    assert (added.status, added.levels) == (WorkplaceStatus.FOUND, ["middle", "high"])
    assert added.contact is not None
    assert added.contact.name == "가나다"
    assert site.session.scalar(sa.select(sa.func.count()).where(Workplace.name == "틀린 곳")) == 0
    assert save(desk, address, "again") == 303, "a second press leads to the result"
    assert site.session.scalar(sa.select(sa.func.count()).where(Workplace.name == "보기 공방")) == 1

    assert desk.post(f"{address}/undo").status_code == 303
    assert place(site, "일터 0").max_group == before
    assert place(site, "보기 공방").status is WorkplaceStatus.ENDED
    actions = site.session.scalars(sa.select(HistoryEntry.action).where(HistoryEntry.action.like("sheet%"))).all()
    assert sorted(actions) == ["sheet_applied", "sheet_undone"]
    assert run_audit(site.session, site.small.clock.now()) == []


def test_a_register_that_changed_meanwhile_is_looked_at_again(site: Site, desk: FlaskClient) -> None:
    address = upload(desk, table({"일터": "일터 0", "가장 많은 모둠 인원": "9"}))
    mark = seen(desk, address)
    changed = place(site, "일터 0")
    changed.max_group, changed.version = 8, changed.version + 1
    site.session.commit()
    answer = desk.post(f"{address}/apply", data={"seen": mark})
    assert answer.status_code == 409
    assert "아무것도 저장하지 않았습니다" in words(answer)
    assert place(site, "일터 0").max_group == 8


def test_what_was_changed_after_it_was_saved_stays_when_it_is_undone(site: Site, desk: FlaskClient) -> None:
    address = upload(
        desk, table({"일터": "일터 0", "가장 많은 모둠 인원": "9"}, {"일터": "일터 1", "가장 많은 모둠 인원": "9"})
    )
    save(desk, address)
    later = place(site, "일터 1")
    later.max_group, later.version = 12, later.version + 1
    site.session.commit()
    undone = desk.post(f"{address}/undo")
    assert undone.status_code == 303, words(undone)
    said = words(desk.get(address))
    assert "그대로 두었습니다" in said, said[150:700]
    assert (place(site, "일터 0").max_group, place(site, "일터 1").max_group) == (6, 12)


@pytest.mark.parametrize(
    ("rows", "text"),
    [
        ([{"번호": "W999", "가장 많은 모둠 인원": "9"}], "그런 번호가 없습니다"),
        ([{"일터": "일터 0", "주소": "가"}, {"번호": "W0", "주소": "나"}], "앞줄에 이미 나왔습니다"),
        ([{**NEW, "위도": "12"}], "위도"),
        ([{**NEW, "여는 시간": "언제나"}], "「언제나」"),
    ],
)
def test_a_row_that_cannot_be_says_why(desk: FlaskClient, rows: Sequence[dict[str, str]], text: str) -> None:
    address = upload(desk, table(*rows))
    assert outcomes(desk, address)[3] == 1
    assert text in words(desk.get(address))
    assert desk.get(f"{address}/refused.xlsx").status_code == 404, "it may hold contacts"
    refused = desk.post(f"{address}/refused.xlsx", data={"purpose": "고쳐서 다시 올리기"}).data
    assert any("까닭" in str(cell.value) for cell in load_workbook(io.BytesIO(refused)).worksheets[0][1])


def test_the_columns_can_be_chosen_otherwise(site: Site, desk: FlaskClient) -> None:
    address = upload(desk, table({"이름표": "일터 0", "메모": "9"}))
    assert outcomes(desk, address)[3] == 1
    twice = desk.post(f"{address}/columns", data={"column-name": "0", "column-sms_name": "0"})
    assert twice.status_code == 422
    assert "서로 다른 칸" in words(twice)
    desk.post(f"{address}/columns", data={"column-name": "0", "column-max_group": "1"})
    assert outcomes(desk, address) == [0, 1, 0, 0]


def test_coaches_come_in_by_csv(site: Site, desk: FlaskClient) -> None:
    text = "성명,연락처,교육 만료일\r\n나코치,010-0000-0002,2027.12.31\r\n다코치,010-0000-0003,\r\n"
    address = upload(desk, text.encode("cp949"), "coaches", "코치.csv")
    assert outcomes(desk, address) == [1, 0, 0, 1]
    assert save(desk, address) == 303
    site.session.rollback()
    assert site.session.scalars(sa.select(Coach.name).where(Coach.name.like("%코치"))).all() == ["나코치"]


def test_a_file_that_is_no_table_says_what_to_do(desk: FlaskClient) -> None:
    answer = desk.post("/console/sheets/workplaces", data={"file": (io.BytesIO(b"\xd0\xcf\x11\xe0"), "old.xls")})
    assert answer.status_code == 422
    assert "xlsx로 다시 저장해" in words(answer)
    assert desk.post("/console/sheets/workplaces").status_code == 422


def test_nobodys_telephone_leaves_in_the_list_or_stands_in_the_preview(site: Site, desk: FlaskClient) -> None:
    out = desk.get("/console/sheets/workplaces/export.xlsx").data
    assert not [name for name in read_sheet(out).head if name in {"전화", "전자우편", "담당자"}]
    address = upload(desk, table({"일터": "일터 0", "담당자": "가나다", "전화": "010-0000-0009"}))
    assert "0000-0009" not in words(desk.get(address))


def test_uploads_are_emptied_after_a_while(site: Site, desk: FlaskClient) -> None:
    address = upload(desk, table({"일터": "일터 0", "주소": "가"}))
    site.session.rollback()
    kept = site.session.scalars(sa.select(SheetUpload)).one()
    kept.created_at -= dt.timedelta(days=KEPT_DAYS + 1)
    site.session.commit()
    assert empty_old(site.session, site.small.clock) == 1
    assert empty_old(site.session, site.small.clock) == 0
    site.session.commit()
    assert desk.get(address).status_code == 404


def test_the_same_file_next_month_needs_no_mapping(site: Site, desk: FlaskClient) -> None:
    first = upload(desk, table({"이름표": "일터 0", "메모": "9"}))
    desk.post(f"{first}/columns", data={"column-name": "0", "column-max_group": "1"})
    save(desk, first)
    assert outcomes(desk, upload(desk, table({"메모": "8", "이름표": "일터 0"}))) == [0, 1, 0, 0]
    assert outcomes(desk, upload(desk, table({"메모": "8", "딴이름": "일터 0"})))[3] == 1


def test_the_portals_table_goes_out_in_its_order_and_comes_back(site: Site, desk: FlaskClient) -> None:
    out = read_sheet(desk.get("/console/sheets/workplaces/ggoomgil.xlsx?lang=en").data)
    assert out.head == ("체험처명", "유형", "지역", "대상", "시간", "비용", "정원")
    active = sa.select(sa.func.count()).where(Workplace.status == WorkplaceStatus.ACTIVE)
    site.session.rollback()
    assert len(out.rows) == site.session.scalar(active)
    rows = [dict(zip(out.head, row, strict=True)) for row in out.rows]
    assert outcomes(desk, upload(desk, table(*rows))) == [0, 0, len(rows), 0]
    rows[0]["정원"] = "9"
    assert outcomes(desk, upload(desk, table(*rows))) == [0, 1, len(rows) - 1, 0]


def test_contacts_leave_for_a_purpose_that_the_file_and_the_log_keep(site: Site, desk: FlaskClient) -> None:
    for circle in ("workplaces", "teachers", "coaches"):
        assert desk.post("/console/sheets/contacts.xlsx", data={"circle": circle, "purpose": "음"}).status_code == 303
        answer = desk.post("/console/sheets/contacts.xlsx", data={"circle": circle, "purpose": "분기 감사 인사"})
        assert answer.status_code == 200
        book = load_workbook(io.BytesIO(answer.data))
        made = {row[0].value: row[1].value for row in book.worksheets[1].iter_rows()}
        assert made["목적"] == "분기 감사 인사"
        assert made["내려받은 사람"]
        assert book.worksheets[0].max_row > 1, circle
    assert desk.post("/console/sheets/contacts.xlsx", data={"circle": "x", "purpose": "분기 감사"}).status_code == 303
    site.session.rollback()
    entries = site.session.scalars(sa.select(AccessEntry).order_by(AccessEntry.id)).all()
    assert [(entry.action, entry.subject_type, entry.purpose) for entry in entries] == [
        ("export_contacts", subject, "분기 감사 인사") for subject in ("workplace", "user", "coach")
    ]
    assert site.teacher("S0").post("/console/sheets/contacts.xlsx", data={}).status_code == 403
