"""The pages of personal data: periods, one person shown for a purpose or erased for a reason, everybody's notice."""

from __future__ import annotations

import datetime as dt
import io
import re

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from openpyxl import load_workbook

from booking.domain.vocabulary import Role
from booking.models.history import AccessEntry
from booking.models.people import TeacherPost, User
from booking.models.retention import Erasure
from booking.models.terms import Centre
from tests.support.pages import Site, words


@pytest.fixture
def keeper(site: Site) -> FlaskClient:
    """The administrator's browser."""
    return site.signed_in("admin@demo.example.kr")


def teacher(site: Site) -> User:
    """A teacher as the database has them now."""
    site.session.rollback()
    return site.session.get_one(User, site.small.person(Role.TEACHER, "S0").user_id)


def test_periods_are_set_and_wrong_ones_named(site: Site, keeper: FlaskClient) -> None:
    form = {"contact_months": "24", "text_months": "3", "access_months": "36"}
    assert keeper.post("/console/privacy", data=form).status_code == 303
    site.session.rollback()
    centre = site.session.get_one(Centre, 1)
    assert (centre.contact_months, centre.text_months, centre.access_months) == (24, 3, 36)
    answer = keeper.post("/console/privacy", data={**form, "access_months": "6"})
    assert answer.status_code == 422
    assert "12개월에서 120개월 사이로" in words(answer)
    assert 'value="6"' in answer.text
    notice = words(site.visitor().get("/privacy"))
    assert "마지막으로 활동하신 뒤 24개월" in notice
    assert "02-0000-0000" in notice


def test_somebody_is_found_masked_and_shown_for_a_purpose_that_is_logged(site: Site, keeper: FlaskClient) -> None:
    one = teacher(site)
    number, email = one.id, one.email
    found = keeper.get(f"/console/privacy?q={email[:6]}")
    assert email not in found.text
    page = f"/console/privacy/user/{number}"
    assert page in found.text
    assert email not in keeper.get(page).text
    refused = keeper.post(f"{page}/shown", data={"purpose": "x"})
    assert refused.status_code == 422
    assert email not in refused.text
    shown = keeper.post(f"{page}/shown", data={"purpose": "본인의 열람 요구"})
    assert email in shown.text
    assert "가람중" in words(shown)
    book = keeper.post(f"{page}/file", data={"purpose": "본인의 열람 요구"})
    rows = [[cell.value for cell in row] for row in load_workbook(io.BytesIO(book.data)).worksheets[0].iter_rows()]
    assert any(email in row for row in rows)
    site.session.rollback()
    looks = site.session.scalars(sa.select(AccessEntry).where(AccessEntry.subject_type == "user")).all()
    assert [(look.action, look.purpose) for look in looks] == [
        ("show_person", "본인의 열람 요구"),
        ("export_person", "본인의 열람 요구"),
    ]


def test_somebody_is_erased_for_a_reason_once_nobody_expects_them(site: Site, keeper: FlaskClient) -> None:
    number, email = teacher(site).id, teacher(site).email
    page = f"/console/privacy/user/{number}"
    assert "먼저 학교에서 빼 주세요" in words(keeper.get(page))
    form = {"reason": "본인의 삭제 요구", "understood": "1"}
    assert keeper.post(f"{page}/erase", data=form).status_code == 409
    site.session.execute(sa.update(TeacherPost).where(TeacherPost.user_id == number).values(until=dt.date(2027, 1, 1)))
    site.session.commit()
    assert "알고 계시면" in words(keeper.post(f"{page}/erase", data={"reason": "본인의 삭제 요구"}))
    short = keeper.post(f"{page}/erase", data={**form, "reason": "x"})
    assert short.status_code == 422
    assert "까닭을 4자에서 200자로" in words(short)
    assert teacher(site).email == email
    assert keeper.post(f"{page}/erase", data=form).status_code == 303
    assert keeper.get(page).status_code == 404
    record = words(keeper.get("/console/privacy"))
    assert "교사의 이름과 연락처" in record
    assert "본인의 삭제 요구" in record
    csv = keeper.get("/console/privacy/erasures.csv").get_data(as_text=True)
    assert csv.count("\n") == 1 + len(site.session.scalars(sa.select(Erasure)).all())
    assert email not in csv
    # who was signed in is out, and cannot come in again
    assert site.visitor().post("/sign-in", data={"email": email, "password": "x"}).status_code == 422


@pytest.mark.parametrize("path", ["user/999999", "nobody/1", "coach/0"])
def test_nobody_is_not_found(keeper: FlaskClient, path: str) -> None:
    assert keeper.get(f"/console/privacy/{path}").status_code == 404


def test_the_notice_is_on_the_foot_of_every_page_and_says_it_in_english(site: Site) -> None:
    assert 'href="/privacy"' in site.visitor().get("/sign-in").text
    page = site.visitor("en").get("/privacy")
    assert "Privacy notice" in words(page)
    assert not re.search("[가-힣]", words(page).replace("한국어", ""))
