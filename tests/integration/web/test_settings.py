"""The settings page, and the year on the home page."""

from __future__ import annotations

import re

import pytest
from flask.testing import FlaskClient

from tests.support.pages import Site, words


@pytest.fixture
def office(site: Site) -> FlaskClient:
    return site.signed_in("coordinator@demo.example.kr")


def form(client: FlaskClient, **changes: str) -> dict[str, str]:
    """The fields of the page as a browser would send them."""
    page = client.get("/console/settings").text
    inputs = re.findall(r"<input[^>]*>", page)
    fields = {
        name[1]: value[1] if (value := re.search(r'value="([^"]*)"', one)) else ""
        for one in inputs
        if (name := re.search(r'name="([^"]+)"', one)) and name[1] not in {"csrf_token", "next"}
    }
    return {**fields, **changes}


def test_the_target_stands_on_the_home_page_beside_what_is_secured(site: Site, office: FlaskClient) -> None:
    site.publish()
    answer = office.post("/console/settings", data=form(office, yearly_target="2,000"))
    assert answer.status_code == 303
    home = words(office.get("/console"))
    assert "2027년 확보 인원" in home
    assert "목표 2,000명의" in home
    assert "남은 주마다" in home
    office.post("/console/settings", data=form(office, yearly_target=""))
    assert "목표 정하기" in words(office.get("/console"))


def test_a_fault_is_named_and_what_was_typed_stays(office: FlaskClient) -> None:
    answer = office.post("/console/settings", data=form(office, telephone="<b>12</b>", name="새 이름"))
    assert answer.status_code == 422
    assert 'href="#telephone"' in answer.text
    assert "<b>12</b>" not in answer.text
    assert 'value="새 이름"' in answer.text
    assert "새 이름" not in words(office.get("/console"))


def test_the_second_of_two_is_told_what_the_first_has_changed(site: Site, office: FlaskClient) -> None:
    mine = form(office, answer_days="10")
    admin = site.signed_in("admin@demo.example.kr")
    assert admin.post("/console/settings", data=form(admin, answer_days="5")).status_code == 303
    answer = office.post("/console/settings", data=mine)
    assert answer.status_code == 409
    assert "지금 저장된 값: 5" in words(answer)
    assert 'value="10"' in answer.text
    assert office.post("/console/settings", data={"seen": "", "name": "x"}).status_code == 422


def test_an_officer_has_no_settings(site: Site) -> None:
    assert site.signed_in("officer@demo.example.kr").get("/console/settings").status_code == 403
