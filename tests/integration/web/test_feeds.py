"""A calendar to subscribe to: one private address a teacher, nothing of others, the same names as in every message."""

from __future__ import annotations

import re

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from icalendar import Calendar
from werkzeug.test import TestResponse

from booking.services import calendar_feeds
from tests.support.pages import Site, words

ADDRESS = re.compile(r"/feeds/[A-Za-z0-9_-]{43}\.ics")


def made(client: FlaskClient) -> str:
    """Make the address as its teacher does, and return its path."""
    page = client.post("/teacher/feed")
    assert page.status_code == 200
    assert page.headers["Cache-Control"] == "no-store"
    assert page.headers["Referrer-Policy"] == "no-referrer"
    found = ADDRESS.search(page.text)
    assert found, words(page)
    return found.group()


def fetched(site: Site, path: str, **headers: str) -> TestResponse:
    """What a calendar program gets, which has no session."""
    return site.app.test_client().get(path, headers=headers)


def events(answer: TestResponse) -> dict[str, dict[str, str]]:
    """Status, sequence and summary of every event, by its name."""
    assert answer.status_code == 200
    return {
        str(event["uid"]): {
            "status": str(event["status"]),
            "sequence": str(event["sequence"]),
            "summary": str(event["summary"]),
        }
        for event in Calendar.from_ical(answer.data).walk("VEVENT")
    }


def test_the_address_opens_the_visits_of_the_own_school_alone(site: Site) -> None:
    site.publish()
    client = site.teacher("S0")
    assert "지금은 구독 주소가 없습니다." in words(client.get("/teacher/feed"))
    path = made(client)

    answer = fetched(site, path)

    assert answer.mimetype == "text/calendar"
    host = site.small.config.trusted_host
    own = {f"visit-{site.small.request(code).id}@{host}" for code in ("V0000", "V0001")}
    assert set(events(answer)) == own
    assert {event["status"] for event in events(answer).values()} == {"TENTATIVE"}
    for line in (b"REFRESH-INTERVAL;VALUE=DURATION:PT1H", b"X-PUBLISHED-TTL:PT1H", b"X-WR-CALNAME:"):
        assert line in answer.data
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    # it is the same entry as the one to download
    download = client.get(f"/teacher/requests/{site.small.request('V0000').id}/visit.ics")
    assert events(download).items() <= events(answer).items()
    # and it is not shown again
    again = client.get("/teacher/feed")
    assert not ADDRESS.search(again.text)
    assert "주소를 쓰고 있습니다." in words(again)
    stored = site.session.execute(sa.text("SELECT encode(token_hash, 'escape') FROM calendar_feed")).scalars().all()
    assert path[7:-4] not in "".join(stored)


def test_a_date_that_is_only_offered_is_not_in_the_calendar(site: Site) -> None:
    site.publish()
    client = site.teacher("S2")
    path = made(client)
    assert events(fetched(site, path)) == {}
    offer = site.session.execute(sa.text("SELECT min(id) FROM offer")).scalar_one()
    client.post("/teacher/offers", data={"offer": offer, "answer": "decline"})
    assert events(fetched(site, path)) == {}


def test_a_cancelled_visit_is_cancelled_in_the_calendar(site: Site) -> None:
    site.publish()
    client = site.teacher("S0")
    path = made(client)
    request = site.request("V0000")
    before = fetched(site, path)
    client.post(f"/teacher/requests/{request.id}/withdraw", data={"version": request.version, "reason": "행사"})

    after = fetched(site, path, **{"If-None-Match": before.headers["ETag"]})

    name = f"visit-{request.id}@{site.small.config.trusted_host}"
    assert events(after)[name]["status"] == "CANCELLED"
    assert len(events(after)) == 2


def test_nothing_new_is_not_sent_again(site: Site) -> None:
    site.publish()
    path = made(site.teacher("S0"))
    first = fetched(site, path)
    second = fetched(site, path)
    assert first.data == second.data
    assert first.headers["Last-Modified"]
    assert fetched(site, path, **{"If-None-Match": first.headers["ETag"]}).status_code == 304
    assert fetched(site, path, **{"If-Modified-Since": first.headers["Last-Modified"]}).status_code == 304


def test_a_new_address_closes_the_older_and_ending_it_closes_it(site: Site) -> None:
    site.publish()
    client = site.teacher("S0")
    first = made(client)
    second = made(client)
    assert first != second
    assert fetched(site, first).status_code == 410
    assert fetched(site, second).status_code == 200
    assert "지금은 구독 주소가 없습니다." in words(client.post("/teacher/feed/end"))
    assert fetched(site, second).status_code == 410


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE app_user SET active = false",
        "UPDATE app_user SET role = 'officer' WHERE role = 'teacher'",
    ],
)
def test_who_may_no_longer_sign_in_gets_nothing(site: Site, change: str) -> None:
    site.publish()
    path = made(site.teacher("S0"))
    site.session.execute(sa.text(change))
    site.session.commit()
    assert fetched(site, path).status_code == 410


def test_a_teacher_who_has_left_the_school_sees_it_no_more(site: Site) -> None:
    site.publish()
    path = made(site.teacher("S0"))
    site.session.execute(sa.text("UPDATE teacher_post SET until = '2027-02-22'"))
    site.session.commit()
    assert events(fetched(site, path)) == {}


def test_guessing_is_slowed_down_and_shuts_nobody_else_out(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calendar_feeds, "MOST_WRONG", 3)
    site.publish()
    path = made(site.teacher("S0"))
    for number in range(3):
        assert fetched(site, f"/feeds/{number}{'A' * 42}.ics").status_code == 404
    assert fetched(site, f"/feeds/{'B' * 43}.ics").status_code == 429
    assert fetched(site, "/feeds/short.ics").status_code == 429
    assert fetched(site, path).status_code == 200


def test_the_calendar_speaks_its_teachers_language(site: Site) -> None:
    site.publish()
    client = site.teacher("S0")
    path = made(client)
    korean = {event["summary"] for event in events(fetched(site, path)).values()}
    site.session.execute(sa.text("UPDATE app_user SET language = 'en'"))
    site.session.commit()
    english = {event["summary"] for event in events(fetched(site, path, **{"Accept-Language": "ko"})).values()}
    assert korean.isdisjoint(english)


def test_only_teachers_have_an_address(site: Site) -> None:
    desk = site.signed_in("coordinator@demo.example.kr")
    assert desk.get("/teacher/feed").status_code == 403
    assert desk.post("/teacher/feed").status_code == 403
