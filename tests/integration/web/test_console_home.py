"""The office's menu and its home: what needs somebody, each count the length of the list that it opens."""

from __future__ import annotations

import datetime as dt
import re

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from booking.models.workplaces import Workplace
from booking.queries.workplace_list import Mark
from tests.support.pages import Site, words

HREF = re.compile(r'<a href="([^"]+)"[^>]*><b>(\d+)</b>')


@pytest.fixture
def desk(site: Site) -> FlaskClient:
    """The coordinator's browser."""
    return site.signed_in("coordinator@demo.example.kr")


def cards(desk: FlaskClient) -> dict[str, int]:
    """What home counts, by the address of the list."""
    page = desk.get("/console").get_data(as_text=True)
    return {href.replace("&amp;", "&"): int(number) for href, number in HREF.findall(page)}


def test_each_mark_is_counted_and_its_list_is_as_long(site: Site, desk: FlaskClient) -> None:
    site.small.publish()
    today = site.small.clock.now().date()
    places = list(site.session.scalars(sa.select(Workplace).order_by(Workplace.id)))
    places[0].safety_valid_until = today + dt.timedelta(days=60)
    places[1].insurance_valid_until = today - dt.timedelta(days=1)
    places[2].safety_valid_until = None
    site.session.commit()
    found = cards(desk)
    assert found["/console/workplaces?mark=expiring&sort=expires"] == 1
    assert found["/console/workplaces?mark=expired"] == 2
    for href, number in found.items():
        if "mark=" in href:
            listed = re.findall(r'href="/console/workplaces/\d+"', desk.get(href).get_data(as_text=True))
            assert len(set(listed)) == number, href


def test_nobody_is_at_rest_before_a_plan_is_published(site: Site, desk: FlaskClient) -> None:
    assert not [href for href in cards(desk) if f"mark={Mark.DORMANT}" in href]


@pytest.mark.parametrize(
    ("who", "sections"),
    [
        ("coordinator", ["할 일", "배정", "방문", "등록부", "알림", "실적", "센터"]),
        ("admin", ["할 일", "배정", "방문", "등록부", "알림", "실적", "센터"]),
        ("officer", ["실적"]),
    ],
)
def test_the_menu_shows_what_a_role_may_open(site: Site, who: str, sections: list[str]) -> None:
    browser = site.signed_in(f"{who}@demo.example.kr")
    page = browser.get("/console/figures").get_data(as_text=True)
    menu = page[page.index('<nav class="nav"') : page.index("</nav>")]
    assert re.findall(r">([^<]+?)(?: <span[^>]*>\d+</span>)?</a>", menu) == sections
    for href in re.findall(r'href="([^"]+)"', menu):
        assert browser.get(href).status_code == 200, href


def test_the_pages_of_a_section_stand_below_it(desk: FlaskClient) -> None:
    page = desk.get("/console/coaches/new").get_data(as_text=True)
    assert re.search(r'<a href="/console/workplaces" aria-current="true">등록부', page)
    below = page[page.index('<nav class="subnav"') :]
    assert re.search(r'<a href="/console/coaches" aria-current="true">진로코치', below)
    assert "subnav" not in words(desk.get("/console/messages"))
