"""The page that calls off a day: looking changes nothing, the press is for what was seen."""

from __future__ import annotations

import re

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from booking.models.called_off import CalledOffDay
from booking.models.terms import Slot
from booking.models.visits import Visit
from tests.support.pages import Site, words


@pytest.fixture
def desk(site: Site) -> FlaskClient:
    """The coordinator's browser, on a published plan."""
    site.small.publish()
    site.session.commit()
    return site.signed_in("coordinator@demo.example.kr")


def busiest(site: Site) -> str:
    """A day with visits."""
    return str(site.session.scalar(sa.select(sa.func.min(Slot.date)).join(Visit, Visit.slot_id == Slot.id)))


def seen(page: str) -> str:
    """What the page has shown."""
    found = re.search(r'name="seen" value="([^"]+)"', page)
    assert found is not None
    return found[1]


def test_looked_at_then_done_once(site: Site, desk: FlaskClient) -> None:
    day = busiest(site)
    shown = desk.get(f"/console/called-off?date={day}&blocks=all").get_data(as_text=True)
    assert site.session.scalar(sa.select(sa.func.count()).select_from(CalledOffDay)) == 0
    form = {"date": day, "blocks": "all", "cause": "weather", "again": "1", "seen": seen(shown)}

    refused = desk.post("/console/called-off", data=form)
    assert refused.status_code == 422
    assert "되돌릴 수 없으니" in words(refused)

    done = desk.post("/console/called-off", data={**form, "understood": "1"})
    assert done.status_code == 303
    assert "기상 악화" in words(desk.get(done.headers["Location"]))

    again = desk.post("/console/called-off", data={**form, "understood": "1"})
    assert again.status_code == 409
    assert "이날의 방문이 바뀌었습니다" in words(again)
    site.session.rollback()
    assert site.session.scalar(sa.select(sa.func.count()).select_from(CalledOffDay)) == 1


def test_a_day_that_is_past_or_empty_says_so(desk: FlaskClient) -> None:
    past = desk.get("/console/called-off?date=2020-01-01&blocks=all")
    assert past.status_code == 422
    assert "지난 날입니다" in words(past)
    assert "취소할 방문이 없습니다" in words(desk.get("/console/called-off?date=2027-12-31&blocks=AM"))
