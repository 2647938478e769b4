"""Reading every message before publishing."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from booking.models.messages import Message
from tests.support.pages import Site, words


@pytest.fixture
def office(site: Site) -> FlaskClient:
    return site.signed_in("coordinator@demo.example.kr")


@pytest.fixture
def run(site: Site) -> int:
    number = site.small.propose().id
    site.session.commit()
    return int(number)


def test_every_message_is_listed_measured_and_nothing_is_written(site: Site, office: FlaskClient, run: int) -> None:
    assert "나갈 알림 모두 읽어 보기" in words(office.get(f"/console/runs/{run}/publish"))
    address = f"/console/runs/{run}/publish/messages"
    page = office.get(f"{address}?channel=sms")
    text = words(page)
    assert page.status_code == 200
    assert "/90 바이트" in text.replace("/90바이트", "/90 바이트")
    assert "[구로진로]" in text
    mails = words(office.get(f"{address}?channel=email&kind=workplace_ask"))
    assert "학생들을 맞아 주실 수 있는지" in mails
    assert "@" not in mails.replace("@demo", "")
    assert "여기에 알림이 없습니다." in words(office.get(f"{address}?q=없는이름"))
    assert office.get(f"{address}?page=999&kind=nonsense&lang=en").status_code == 200
    site.session.rollback()
    assert site.session.scalar(sa.select(sa.func.count()).select_from(Message)) == 0


def test_what_cannot_be_published_leads_back_to_the_reason(site: Site, office: FlaskClient, run: int) -> None:
    site.request("V0000").pupils += 1
    site.session.commit()
    answer = office.get(f"/console/runs/{run}/publish/messages")
    assert answer.status_code == 302
    assert answer.location.endswith(f"/console/runs/{run}/publish")
    assert office.get("/console/runs/999999/publish/messages").status_code == 404


def test_after_publishing_there_is_nothing_to_foretell(site: Site, office: FlaskClient) -> None:
    site.publish()
    number = site.session.scalar(sa.text("SELECT id FROM allocation_run"))
    answer = office.get(f"/console/runs/{number}/publish/messages")
    assert answer.location.endswith(f"/console/runs/{number}")
