"""The pages of quarterly reports: written beside the figures, handed in, read by an officer, downloaded, printed."""

from __future__ import annotations

import datetime as dt
import io
import re
from html import unescape

import pytest
import sqlalchemy as sa
from docx import Document
from flask.testing import FlaskClient
from hwpx.tools.package_validator import validate_editor_open_safety
from openpyxl import load_workbook
from werkzeug.datastructures import FileStorage
from werkzeug.test import TestResponse, encode_multipart

from booking.models.reports import Report, ReportPicture
from booking.web.console import report_files
from tests.support.books import held, recount
from tests.support.images import MAKER, photograph
from tests.support.pages import Site, words
from tests.support.report_2018 import TEXTS
from tests.support.visits import at

HIDDEN = re.compile(r'name="(seen|version-\w+)" value="([^"]*)"')


@pytest.fixture
def desk(site: Site) -> FlaskClient:
    """The coordinator's browser."""
    return site.signed_in("coordinator@demo.example.kr")


@pytest.fixture
def officer(site: Site) -> FlaskClient:
    """The district officer's browser."""
    return site.signed_in("officer@demo.example.kr")


def hidden(page: TestResponse) -> dict[str, str]:
    """What the forms of a page carry along."""
    found: dict[str, str] = {}
    for name, value in HIDDEN.findall(page.text):
        found[name] = value
    return found


def begun(desk: FlaskClient, quarter: str = "2026-4") -> str:
    """The address of a report that has just been begun."""
    answer = desk.post("/console/reports", data={"quarter": quarter})
    assert answer.status_code == 303, words(answer)
    return answer.headers["Location"]


def seen(desk: FlaskClient, address: str) -> str:
    """What the form that hands in carries along."""
    found = re.search(r'/final">.*?name="seen" value="(\w+)"', desk.get(address).text, re.S)
    assert found is not None
    return found[1]


def handed_in(desk: FlaskClient, address: str) -> TestResponse:
    """Hand a report in, gaps and all."""
    return desk.post(f"{address}/final", data={"seen": seen(desk, address), "understood": "1"})


def uploaded(desk: FlaskClient, address: str, content: bytes, caption: str = "발대식") -> TestResponse:
    """Send a picture."""
    # encoded here: the client would leave the temporary file of a large body open
    boundary, body = encode_multipart({"picture": FileStorage(io.BytesIO(content), "a.jpg"), "caption": caption})
    return desk.post(f"{address}/pictures", data=body, content_type=f"multipart/form-data; boundary={boundary}")


def test_a_report_is_begun_written_and_read_in_the_order_of_the_form(desk: FlaskClient) -> None:
    address = begun(desk)
    page = words(desk.get(address))
    assert "2026년 4분기 작성 중" in page
    assert "연도별투자계획이 없습니다." in page
    assert "향후계획: 아직 적지 않았습니다." in page
    answer = desk.post(
        f"{address}/texts/results",
        data={"milestones": TEXTS["milestones"], "results": "=1+1\n- 둘째"},  # type: ignore[index]
    )
    assert answer.status_code == 303
    assert answer.headers["Location"].endswith("#part-results")
    shown = words(desk.get(address))
    assert "○ 2017.10 : 구로신기술진로직업체험박람회 개최 4,025명 참여" in shown
    assert "- =1+1 - 둘째" in shown
    order = [shown.index(title) for title in ("연차별 공약사업", "■ 사업개요", "■ 추진실적", "■ 향후계획", "■ 문제점",
                                              "■ 주민소통실적", "■ 관련 사진")]  # fmt: skip
    assert order == sorted(order)
    assert begun(desk, "2026-3") != address
    assert desk.post("/console/reports", data={"quarter": "2026-4"}).headers["Location"].endswith("/console/reports")
    assert desk.post("/console/reports", data={"quarter": "2099-1"}).status_code == 422


def test_a_list_with_a_line_that_cannot_be_read_is_refused_by_its_line(desk: FlaskClient) -> None:
    address = begun(desk)
    refused = desk.post(f"{address}/texts/results", data={"milestones": "2017.01 : 하나\n언젠가 둘", "results": "셋"})
    assert refused.status_code == 422
    assert "2번째 줄 「언젠가 둘」: 「2017.12 : 한 일」처럼 적어 주세요." in words(refused)
    assert "언젠가 둘</textarea>" in refused.text
    assert 'href="#milestones"' in refused.text
    assert desk.post(f"{address}/texts/nothing").status_code == 404
    assert desk.post("/console/reports/99999/texts/plans", data={"plans": "x"}).status_code == 404


def test_two_write_the_same_text_and_the_second_sees_both(site: Site, desk: FlaskClient) -> None:
    address = begun(desk)
    other = site.signed_in("admin@demo.example.kr")
    assert other.post(f"{address}/texts/plans", data={"plans": "먼저", "version-plans": "0"}).status_code == 303
    second = desk.post(f"{address}/texts/plans", data={"plans": "나중", "version-plans": "0"})
    assert second.status_code == 409
    assert "나중</textarea>" in second.text
    assert "지금 저장된 글: 먼저" in words(second)
    versions = {name: value for name, value in hidden(second).items() if name == "version-plans"}
    assert desk.post(f"{address}/texts/plans", data={"plans": "나중", **versions}).status_code == 303
    assert "- 나중" in words(other.get(address))


def test_the_next_quarter_shows_what_stayed_and_what_the_last_one_said(desk: FlaskClient) -> None:
    address = begun(desk)
    desk.post(f"{address}/texts/plans", data={"plans": "이어지는 계획"})
    desk.post(f"{address}/texts/communication", data={"press": "가온일보 (26.11.03)", "promotion": "문자"})
    fresh = begun(desk, "2027-1")
    page = words(desk.get(fresh))
    assert "향후계획: 지난 분기의 글 그대로입니다." in page
    assert "- 이어지는 계획" in page
    assert "2026년 4분기에는 가온일보 (26.11.03)" in page
    assert "분기가 아직 끝나지 않았습니다." in page
    assert "· 가온일보" not in page


def test_an_officer_reads_the_final_alone_and_changes_nothing(desk: FlaskClient, officer: FlaskClient) -> None:
    address = begun(desk)
    uploaded(desk, address, photograph())
    assert "아직 확정된 보고가 없습니다." in words(officer.get("/console/reports"))
    picture = re.findall(r'src="([^"]+/pictures/\w+\.jpg)"', desk.get(address).text)[0]
    for path in (address, f"{address}/print", f"{address}/file.docx", picture):
        assert officer.get(path).status_code == 404
    assert handed_in(desk, address).status_code == 303
    page = officer.get(address)
    assert "2026년 4분기 확정" in words(page)
    assert "<textarea" not in page.text
    assert [action for action in re.findall(r'<form[^>]* action="([^"]+)"', page.text) if "/console/" in action] == []
    for path in (f"{address}/print", f"{address}/file.docx", f"{address}/file.hwpx", f"{address}/file.xlsx", picture):
        assert officer.get(path).status_code == 200
    for path in ("", "/final", "/correction", "/discard", "/texts/plans", "/pictures", "/pictures/1"):
        target = "/console/reports" if not path else f"{address}{path}"
        assert officer.post(target, data={}).status_code == 403


def test_the_files_are_what_their_names_say(desk: FlaskClient) -> None:
    address = begun(desk)
    desk.post(f"{address}/texts/plans", data={"plans": "널리 알린다"})
    word = desk.get(f"{address}/file.docx")
    assert "report-2026-4-draft.docx" in word.headers["Content-Disposition"]
    opened = Document(io.BytesIO(word.data))
    assert "- 널리 알린다" in [paragraph.text for paragraph in opened.paragraphs]
    assert opened.sections[0].header.paragraphs[0].text == "초안"
    book = load_workbook(io.BytesIO(desk.get(f"{address}/file.xlsx").data))
    assert book["계획·건의"]["B4"].value == "널리 알린다"
    assert validate_editor_open_safety(desk.get(f"{address}/file.hwpx").data).reopen_ok
    assert "초안" in words(desk.get(f"{address}/print"))
    assert desk.get(f"{address}/file.exe").status_code == 404
    handed_in(desk, address)
    final = desk.get(f"{address}/file.docx")
    assert "report-2026-4-1.docx" in final.headers["Content-Disposition"]
    assert "초안" not in words(desk.get(f"{address}/print"))


def test_a_report_is_handed_in_as_it_was_seen(site: Site, desk: FlaskClient) -> None:
    address = begun(desk)
    shown = seen(desk, address)
    assert "알고 계시면 여기에 표시해 주세요." in words(desk.post(f"{address}/final", data={"seen": shown}))
    desk.post(f"{address}/texts/plans", data={"plans": "다른 글"})
    stale = desk.post(f"{address}/final", data={"seen": shown, "understood": "1"})
    assert stale.status_code == 409
    assert "그사이 보고의 내용이 바뀌었습니다." in words(stale)
    assert handed_in(desk, address).status_code == 303
    late = desk.post(f"{address}/texts/plans", data={"plans": "늦은 글"}, follow_redirects=True)
    assert "그사이 다른 분이 이 보고를 확정했습니다." in words(late)
    site.session.rollback()
    assert str(site.session.scalar(sa.select(Report.document))).count("다른 글") == 1


def test_a_correction_says_what_has_become_different(desk: FlaskClient) -> None:
    address = begun(desk)
    desk.post(f"{address}/texts/plans", data={"plans": "처음 글"})
    handed_in(desk, address)
    assert "까닭을 알려 주세요." in words(desk.post(f"{address}/correction", data={"reason": " "}))
    answer = desk.post(f"{address}/correction", data={"reason": "계획을 바로잡음"})
    fresh = answer.headers["Location"]
    desk.post(f"{fresh}/texts/plans", data={"plans": "고친 글", "version-plans": "1"})
    page = words(desk.get(fresh))
    assert "분기 보고 제2판" in page
    assert "앞 판과 다른 줄 2개" in page
    assert "뺌: - 처음 글" in page
    assert "더함: - 고친 글" in page
    handed_in(desk, fresh)
    assert "이 판 뒤에 정정판이 있습니다." in words(desk.get(address))
    assert "제2판 (정정 사유: 계획을 바로잡음)" in words(desk.get(f"{fresh}/print"))
    assert "처음 글" in words(desk.get(f"{address}/print"))
    assert "정정판은 이미 있습니다." in words(
        desk.post(f"{address}/correction", data={"reason": "또"}, follow_redirects=True)
    )


def test_every_figure_opens_its_entries_and_says_where_the_books_have_gone_on(site: Site, desk: FlaskClient) -> None:
    at(site.small, dt.date(2027, 4, 2))
    desk = site.signed_in("coordinator@demo.example.kr")
    session, clock, person = site.session, site.small.clock, site.small.coordinator
    row = held(session, clock, person, dt.date(2027, 2, 10), 28)
    held(session, clock, person, dt.date(2027, 3, 10), 4, code="parents_council")
    session.commit()
    address = begun(desk, "2027-1")
    page = words(desk.get(address))
    assert "강연형·대화형 1회 진행(28명)" in page
    assert "학부모 진로교육지원단 협의회 1회 진행" in page
    assert "'27.01 ~ 03 : 학부모 정기협의회 총1회 개최" in page
    assert "지금 장부" not in page
    link = re.search(r'href="(/console/ledger/entries[^"]+)" lang="ko">강연형·대화형', desk.get(address).text)
    assert link is not None
    assert "연인원 28 횟수 1" in words(desk.get(unescape(link[1])))

    handed_in(desk, address)
    recount(session, clock, person, row, 30)
    session.commit()
    page = words(site.signed_in("officer@demo.example.kr").get(address))
    assert "강연형·대화형 1회 진행(28명)" in page
    assert "지금 장부: 1회, 30명" in page
    assert "일터 등록부" not in page


def test_what_stands_in_the_press_book_is_printed_once(site: Site, desk: FlaskClient) -> None:
    at(site.small, dt.date(2027, 4, 2))
    desk = site.signed_in("coordinator@demo.example.kr")
    form = {"date": "2027-02-03", "outlet": "가온일보", "headline": "일터를 만나다"}
    assert desk.post("/console/press", data=form).status_code == 303
    address = begun(desk, "2027-1")
    texts = {"press": "가온일보 (27.02.03)\n나래경제 (27.01.05)"}
    assert desk.post(f"{address}/texts/communication", data=texts).status_code == 303
    page = words(desk.get(f"{address}/print"))
    assert page.count("가온일보 (27.02.03)") == 1
    assert page.index("나래경제 (27.01.05)") < page.index("가온일보 (27.02.03)")


def test_a_draft_is_thrown_away(desk: FlaskClient) -> None:
    address = begun(desk)
    answer = desk.post(f"{address}/discard", follow_redirects=True)
    assert "2026년 4분기 초안을 버렸습니다." in words(answer)
    assert desk.get(address).status_code == 404
    again = begun(desk)
    handed_in(desk, again)
    assert "그사이 다른 분이" in words(desk.post(f"{again}/discard", follow_redirects=True))


def test_pictures_come_in_without_what_hides_in_them(site: Site, desk: FlaskClient) -> None:
    address = begun(desk)
    large = photograph(size=(4800, 3600))
    assert uploaded(desk, address, large + b"\0" * (3 * 1024 * 1024)).status_code == 303
    row = site.session.scalars(sa.select(ReportPicture)).one()
    shown = desk.get(f"{address}/pictures/{row.digest}.jpg")
    assert shown.mimetype == "image/jpeg"
    assert MAKER.encode() not in shown.data
    assert len(shown.data) < len(large)
    assert "학생의 이름은 적지 말아 주세요." in words(desk.get(address))
    refused = uploaded(desk, address, b"no picture", "남은 설명")
    assert refused.status_code == 422
    assert "사진으로 열 수 없는 파일입니다." in words(refused)
    assert 'value="남은 설명"' in refused.text
    assert "무슨 사진인지" in words(uploaded(desk, address, photograph(1), ""))
    changed = desk.post(f"{address}/pictures/{row.id}", data={"caption": "새 설명", "seen": "1"})
    assert changed.status_code == 303
    assert 'value="새 설명"' in desk.get(address).text
    stale = desk.post(f"{address}/pictures/{row.id}", data={"act": "remove", "seen": "1"}, follow_redirects=True)
    assert "그사이 다른 분이 먼저 고쳤습니다." in words(stale)
    empty = desk.post(f"{address}/pictures/{row.id}", data={"caption": "", "seen": "2"}, follow_redirects=True)
    assert "무슨 사진인지 적어 주세요." in words(empty)
    uploaded(desk, address, photograph(2), "둘째")
    second = site.session.scalars(sa.select(ReportPicture.id).where(ReportPicture.caption == "둘째")).one()
    desk.post(f"{address}/pictures/{second}", data={"act": "forward", "seen": "1"})
    page = desk.get(address).text
    assert page.index('value="둘째"') < page.index('value="새 설명"')
    desk.post(f"{address}/pictures/{row.id}", data={"act": "remove", "seen": "3"})
    assert 'value="새 설명"' not in desk.get(address).text
    assert desk.get(f"{address}/pictures/{row.digest}.jpg").status_code == 404


def test_a_picture_may_be_large_and_everything_else_may_not(
    site: Site, desk: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The room is this view's: the limit of all other forms stays."""
    address = begun(desk)
    site.app.config["WTF_CSRF_ENABLED"] = True
    body = b"x" * (report_files.LARGEST_BODY + 1)
    assert uploaded(desk, address, body).status_code == 413
    assert desk.post(f"{address}/texts/plans", data={"plans": "가" * 3_000_000}).status_code == 413
    # a body that fits is read before its token is asked for: the answer is about the token
    assert uploaded(desk, address, b"x" * (3 * 1024 * 1024)).status_code == 400


@pytest.mark.parametrize("path", ["?page=-1", "?page=x", "?page=999999999", "?lang=en"])
def test_nonsense_in_the_address_is_the_first_page(desk: FlaskClient, path: str) -> None:
    begun(desk)
    answer = desk.get(f"/console/reports{path}")
    assert answer.status_code == 200
    assert "2026" in words(answer)
