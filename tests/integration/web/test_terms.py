"""The pages of terms: seen before it is done, refused where it cannot be, and nobody else may."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import asdict

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from booking.clock import seoul_time
from booking.domain.terms import suggested
from booking.models.terms import Term
from tests.support.pages import Site, words

NEXT = {field: str(value) for field, value in asdict(suggested(dt.date(2028, 1, 3), None)).items()}


@pytest.fixture
def office(site: Site) -> FlaskClient:
    return site.signed_in("coordinator@demo.example.kr")


def hidden(text: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', text)
    assert found
    return found[1]


def made(site: Site, office: FlaskClient) -> int:
    assert office.post("/console/terms/new", data=NEXT).status_code == 303
    site.session.rollback()
    found = site.session.scalar(sa.select(Term.id).where(~Term.is_current))
    assert found is not None
    return found


def current(site: Site) -> str:
    site.session.rollback()
    return site.session.scalars(sa.select(Term.name).where(Term.is_current)).one()


def test_a_term_is_changed_and_a_slower_colleague_is_told(site: Site, office: FlaskClient) -> None:
    number = made(site, office)
    page = office.get(f"/console/terms/{number}").text
    seen = hidden(page, "seen")
    assert office.post(f"/console/terms/{number}", data={**NEXT, "name": "봄 학기", "seen": seen}).status_code == 303
    late = office.post(f"/console/terms/{number}", data={**NEXT, "name_en": "Spring", "seen": seen})
    assert late.status_code == 409
    assert "그사이 다른 분이 먼저 고쳤습니다." in words(late)
    assert "지금 저장된 값 : 봄 학기" in words(late).replace("값:", "값 :")
    assert 'value="Spring"' in late.text
    assert "봄 학기" in words(office.get("/console/terms"))
    assert office.get("/console/terms/987654").status_code == 404


def test_turning_is_shown_first_and_done_once(site: Site, office: FlaskClient) -> None:
    number = made(site, office)
    site.small.clock.moment = seoul_time(dt.date(2028, 1, 10), dt.time(9))
    office = site.signed_in("coordinator@demo.example.kr")
    before = current(site)
    page = office.get(f"/console/terms/{number}/start")
    assert "학급 6개가 한 학년 올라가고 0개가 졸업합니다." in words(page)
    assert current(site) == before

    form = {"seen": hidden(page.text, "seen"), "move_up": "1", "coaches": "1"}
    unsure = office.post(f"/console/terms/{number}/start", data=form)
    assert unsure.status_code == 422
    assert "되돌릴 수 없으니" in words(unsure)
    assert current(site) == before
    done = office.post(f"/console/terms/{number}/start", data={**form, "understood": "1"})
    assert done.status_code == 303
    assert current(site) == NEXT["name"]
    again = office.post(f"/console/terms/{number}/start", data={**form, "understood": "1"})
    assert again.status_code == 409
    assert NEXT["name"] in words(office.get("/console"))
    # a teacher sees the new term, and the old one's requests no more among what can be changed
    assert site.teacher("S0").get("/teacher").status_code == 200


def test_what_stands_in_the_way_is_named_with_the_way_to_it(site: Site, office: FlaskClient) -> None:
    site.publish()
    number = made(site, office)
    page = office.get(f"/console/terms/{number}/start")
    assert "아직 넘길 수 없습니다." in words(page)
    assert "아직 가지 않은 방문 6건" in words(page)
    assert '<form class="card"' not in page.text
    refused = office.post(f"/console/terms/{number}/start", data={"seen": "", "understood": "1"})
    assert refused.status_code == 409
    assert current(site) == site.small.term.name


@pytest.mark.parametrize("email", ["officer@demo.example.kr", None])
def test_only_the_office_may(site: Site, office: FlaskClient, email: str | None) -> None:
    number = made(site, office)
    stranger = site.signed_in(email) if email else site.teacher("S0")
    for path in ("/console/terms", "/console/terms/new", f"/console/terms/{number}", f"/console/terms/{number}/start"):
        assert stranger.get(path).status_code == 403, path
    assert stranger.post(f"/console/terms/{number}/start", data={"understood": "1"}).status_code == 403
