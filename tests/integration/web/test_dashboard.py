"""한눈에: every number opens the entries behind it, and their sum is the number, whatever the page is narrowed to."""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
import xml.etree.ElementTree as ET
from html import unescape

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from booking.models.programmes import Programme
from booking.queries.ledger import Filter, total
from tests.support.books import held, kind, schools
from tests.support.pages import Site, words
from tests.support.visits import at

OFFICER = "officer@demo.example.kr"
_LINK = re.compile(r'<a href="([^"]*(?:/dashboard/entries|/ledger/entries)[^"]*)">([\d,]+)')
_SUM = re.compile(r'<dl class="kpi"><div><dt>[^<]*</dt><dd>([\d,−-]+)')


@pytest.fixture
def books(site: Site) -> Site:
    """A published plan, and sessions in two quarters."""
    site.publish()
    at(site.small, dt.date(2027, 5, 20))
    people, known = site.small.coordinator, schools(site.session)
    held(site.session, site.small.clock, people, dt.date(2027, 2, 10), 31, school=known[0].id)
    held(site.session, site.small.clock, people, dt.date(2027, 4, 2), 17, school=known[1].id)
    held(site.session, site.small.clock, people, dt.date(2027, 4, 9), 400, code="fair")
    site.session.commit()
    return site


def number(text: str) -> int:
    """A number as pages write it."""
    return int(text.replace(",", "").replace("−", "-"))


def followed(client: FlaskClient, address: str) -> int:
    """Open every number of a page; returns how many there were."""
    page = client.get(address)
    assert page.status_code == 200
    links = set(_LINK.findall(page.text))
    for href, shown in sorted(links):
        answer = client.get(unescape(href))
        assert answer.status_code == 200, href
        found = _SUM.search(answer.text)
        assert found, href
        assert number(found[1]) == number(shown), (address, href)
    return len(links)


@pytest.mark.parametrize(
    "asked",
    [
        "",
        "?period=all",
        "?period=2027-2&level=middle",
        "?period=2027&programme=visits",
        "?period=all&programme=lecture",
        "?period=all&school=S1",
        "?from=2027-04&to=2027-04",
        "?from=2027-05",
        "?period=all&level=high&school=S0",
    ],
)
def test_every_number_opens_what_adds_up_to_it(books: Site, asked: str) -> None:
    asked = asked.replace("=visits", f"={kind(books.session, 'workplace_visit').id}")
    asked = asked.replace("=lecture", f"={kind(books.session).id}")
    for code in ("S0", "S1"):
        asked = asked.replace(f"={code}", f"={books.school_id(code)}")
    client = books.signed_in(OFFICER)
    assert followed(client, f"/console/dashboard{asked}") >= 3


def test_the_headline_is_that_of_the_books_and_of_the_plan(books: Site) -> None:
    text = words(books.signed_in(OFFICER).get("/console/dashboard?period=all"))
    assert f"연인원 {total(books.session, Filter()).people:,}" in text
    pupils = books.session.scalar(
        sa.text(
            "SELECT sum(r.pupils) FROM request r JOIN visit v ON v.request_id = r.id AND v.status <> 'cancelled'"
            " JOIN request_slot w ON w.request_id = r.id AND w.slot_id = v.slot_id AND w.wish = 'requested'"
            " WHERE w.position = 0"
        )
    )
    assert f" {pupils:,} / " in text


def test_a_figure_leaves_as_a_table_and_as_a_drawing(books: Site) -> None:
    client = books.signed_in(OFFICER)
    for name in ("months", "programmes", "schools", "levels", "days", "choices", "workplaces", "fairness", "messages"):
        table = client.get(f"/console/dashboard/{name}.csv?period=all")
        assert table.status_code == 200
        lines = list(csv.reader(io.StringIO(table.get_data().decode("utf-8-sig"))))
        assert lines[-1][0] == "합계"
        for column in range(1, len(lines[0]) - (name in {"choices", "fairness", "messages"})):
            assert sum(int(line[column]) for line in lines[1:-1]) == int(lines[-1][column]), name
        image = client.get(f"/console/dashboard/{name}.svg?period=all")
        assert image.status_code == 200, name
        drawing = ET.fromstring(image.text)
        assert drawing.find("{http://www.w3.org/2000/svg}title") is not None
        assert "pattern" in image.text or name == "days"
    assert client.get("/console/dashboard/nothing.svg").status_code == 404
    assert client.get("/console/dashboard/entries?of=nothing").status_code == 404
    assert client.get("/console/dashboard/months.svg?from=2011-01&to=2011-01").status_code == 404


def test_the_officer_reads_without_a_way_to_people(books: Site) -> None:
    client = books.signed_in(OFFICER)
    for of in ("classes", "workplaces", "messages"):
        page = client.get(f"/console/dashboard/entries?of={of}&period=all")
        assert page.status_code == 200
        for way in ("/console/visits/", "/console/workplaces/", "/console/messages/"):
            assert f'href="{way}' not in page.text
        assert client.post(f"/console/dashboard/entries?of={of}").status_code == 405
    assert client.post("/console/dashboard").status_code == 405


def test_what_makes_no_sense_narrows_nothing(books: Site) -> None:
    client = books.signed_in(OFFICER)
    plain = words(client.get("/console/dashboard?period=all"))
    odd = client.get("/console/dashboard?period=all&school=x&level=?&programme=-1&from=2027-13&to=1&day=z&term=q")
    assert words(odd) == plain
    assert books.session.scalar(sa.select(sa.func.count()).select_from(Programme))
