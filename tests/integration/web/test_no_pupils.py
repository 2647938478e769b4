"""Names of pupils, sent in wherever a table takes anything, are nowhere afterwards: no row, log or export has them."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from booking.domain.vocabulary import Role
from booking.models.schools import SchoolClass
from tests.integration.web.test_console_sheets import save, table, upload
from tests.integration.web.test_masks import addresses, text_of
from tests.support.pages import Site, words

#: invented, and like nothing else in the data
PUPILS = ("홍시아라미", "Quentin Pupilsen", "20990101-3456789")


def dump(site: Site) -> str:
    """Every row of every table as text."""
    site.session.rollback()
    tables = site.session.scalars(sa.text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")).all()
    assert len(tables) > 60
    return "\n".join(
        str(row)
        for name in tables
        for row in site.session.scalars(sa.text(f'SELECT to_jsonb(t)::text FROM "{name}" t'))
    )


def told(text: str) -> list[str]:
    """Which of the pupils a text names."""
    return [name for name in PUPILS if name in text or name.replace("-", "") in text]


def test_no_table_log_or_export_names_a_pupil(site: Site, capfd: pytest.CaptureFixture[str]) -> None:
    site.publish()
    desk = site.signed_in("coordinator@demo.example.kr")
    common = {"학교": "가람중", "학생 수": "24", "성명": PUPILS[0], "학생 이름": PUPILS[1], "학번": PUPILS[2]}
    for kind, row in (
        ("classes", {**common, "학년": "2", "반": "7"}),
        ("requests", {"학교": "가람중", "학급": "1-1", "희망 분야": "예술", "1지망": "2027-04-05 오전",
                      "이름": PUPILS[0], "보호자 이름": PUPILS[1], "생년월일": PUPILS[2]}),
        ("schools", {"학교": "가람중", "문자에 쓰는 이름": "가람중", "학생명": PUPILS[0], "주민등록번호": PUPILS[2]}),
    ):  # fmt: skip
        page = upload(desk, table(row), kind)
        shown = words(desk.get(page))
        assert "개인정보로 보이는 칸은 읽지 않았습니다" in shown, kind
        assert told(shown) == []
        if kind == "classes":
            assert save(desk, page) == 303
    site.session.rollback()
    assert site.session.scalars(sa.select(SchoolClass).where(SchoolClass.label == "2-7")).one().pupils == 24

    assert told(dump(site)) == []
    for role, email in ((Role.COORDINATOR, "coordinator"), (Role.ADMINISTRATOR, "admin"), (Role.OFFICER, "officer")):
        client = site.signed_in(f"{email}@demo.example.kr")
        for path in addresses(site, role):
            assert told(text_of(client.get(path).get_data())) == [], path
    logged = capfd.readouterr()
    assert told(logged.out + logged.err) == []


def test_the_search_finds_a_name_where_there_is_one(site: Site) -> None:
    """The control: a name that does stand in the database is found by the same search."""
    site.session.execute(sa.text("UPDATE workplace SET notes = :text WHERE code = 'W0'"), {"text": PUPILS[0]})
    site.session.commit()
    assert told(dump(site)) == [PUPILS[0]]
