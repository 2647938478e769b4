"""A coach's private link, and the office's page of who goes along: reading changes nothing, twice is once."""

from __future__ import annotations

import datetime as dt
import re

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from booking.domain.states import DispatchStatus
from booking.domain.whose import Whose
from booking.models.dispatches import CoachDispatch, DispatchLink
from booking.models.history import AccessEntry
from booking.models.schools import School
from booking.services.consents import agreed
from booking.services.dispatch_links import issue_dispatch_link
from tests.support.pages import Site, words

OFFICE = "coordinator@demo.example.kr"


@pytest.fixture
def office(site: Site) -> FlaskClient:
    """The coordinator, with a published plan whose schools have too few adults."""
    site.session.execute(sa.update(School).values(own_chaperones_per_slot=3))
    site.session.commit()
    site.publish()
    return site.signed_in(OFFICE)


@pytest.fixture
def sent(site: Site, office: FlaskClient) -> list[CoachDispatch]:
    """The dispatches that the office has sent as suggested."""
    page = office.get("/console/dispatches")
    chosen = re.findall(r'name="chosen" value="([^"]+)"', page.text)
    assert chosen
    assert office.post("/console/dispatches", data={"chosen": chosen}).status_code == 303
    return all_of(site)


def all_of(site: Site) -> list[CoachDispatch]:
    site.session.rollback()
    site.session.expire_all()
    return list(site.session.scalars(sa.select(CoachDispatch).order_by(CoachDispatch.id)))


def link(site: Site, dispatch: CoachDispatch) -> str:
    token = issue_dispatch_link(site.session, dispatch.id, dispatch.version)
    site.session.commit()
    return f"/c/{token}"


def test_the_office_sees_who_is_needed_and_asks(site: Site, office: FlaskClient, sent: list[CoachDispatch]) -> None:
    page = words(office.get("/console/dispatches?page=x"))
    assert "답 기다림" in page
    assert sent[0].coach.name in page
    assert "명 부탁해야 함" not in page
    assert words(office.get("/console/dispatches?show=missing")).count("코치가 필요한 시간이 없습니다.") == 1
    coaches = office.get("/console/coaches")
    assert "인솔" in words(coaches)
    nobody = office.post("/console/dispatches", data={"chosen": ["x", "1-2", "9-9-9"]})
    assert nobody.status_code == 409
    assert "다시 골라 주세요" in words(nobody)
    assert office.post("/console/dispatches").status_code == 422


def test_a_coach_looks_and_nothing_changes_then_says_yes_twice(
    site: Site, sent: list[CoachDispatch], office: FlaskClient
) -> None:
    address = link(site, sent[0])
    site.app.config["WTF_CSRF_ENABLED"] = True
    phone = site.app.test_client(use_cookies=False)
    page = phone.get(address)
    assert "학생들과 함께 가 주시겠어요?" in words(page)
    assert sent[0].school.name in words(page)
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert "Set-Cookie" not in page.headers
    assert phone.head(address).status_code == 200
    assert all_of(site)[0].status is DispatchStatus.ASKED
    for _ in range(2):
        done = phone.post(address, data={"answer": "accept"})
        assert done.status_code == 303
        assert "함께해 주셔서 고맙습니다." in words(phone.get(done.location))
    assert all_of(site)[0].status is DispatchStatus.ACCEPTED
    assert '<html lang="en">' in phone.get(address + "?lang=en").text


def test_a_no_is_suggested_to_be_replaced_and_stays_a_no(
    site: Site, sent: list[CoachDispatch], office: FlaskClient
) -> None:
    address = link(site, sent[0])
    phone = site.app.test_client(use_cookies=False)
    assert phone.post(address, data={"answer": "perhaps"}).status_code == 422
    assert phone.post(address, data={"answer": "decline", "reason": "가" * 301}).status_code == 422
    phone.post(address, data={"answer": "decline", "reason": "출장입니다"})
    assert "알려 주셔서 고맙습니다." in words(phone.get(address))
    late = phone.post(address, data={"answer": "accept"})
    assert late.status_code == 409
    assert "다른 코치님께 부탁드렸습니다" in words(late)
    page = words(office.get("/console/dispatches"))
    assert "출장입니다" in page
    assert "이렇게 부탁하면 어떨까요" in page


def test_the_office_enters_what_it_hears_and_calls_back(
    site: Site, sent: list[CoachDispatch], office: FlaskClient
) -> None:
    first, second = (f"/console/dispatches/{one.id}/answer" for one in sent[:2])
    assert office.post(first, data={"answer": "accept"}).status_code == 303
    assert office.post(second, data={"answer": "cancel"}).status_code == 303
    assert [one.status for one in all_of(site)[:2]] == [DispatchStatus.ACCEPTED, DispatchStatus.CANCELLED]
    assert office.post("/console/dispatches/99999/answer", data={"answer": "accept"}).status_code == 404
    refused = office.post(second, data={"answer": "accept"})
    assert refused.status_code == 409


def test_the_office_finds_what_a_coach_was_told_and_looking_at_the_number_is_logged(
    site: Site, sent: list[CoachDispatch], office: FlaskClient
) -> None:
    coach = sent[0].coach
    page = office.get(f"/console/messages?box=all&coach={coach.id}")
    assert coach.name in words(page)
    assert sent[-1].coach.name not in words(page)
    number = re.search(r"/console/messages/(\d+)", page.text)
    assert number
    message = office.get(f"/console/messages/{number[1]}")
    assert f'href="/console/coaches/{coach.id}"' in message.text
    assert coach.phone
    assert coach.phone not in message.text
    assert coach.phone in office.post(f"/console/messages/{number[1]}/contact").text
    site.session.rollback()
    looked = site.session.execute(sa.select(AccessEntry.subject_type, AccessEntry.subject_id)).all()
    assert ("coach", coach.id) in {tuple(row) for row in looked}
    assert "인솔" in words(office.get(f"/console/coaches/{coach.id}"))


def test_the_home_page_and_a_called_off_day_count_coaches(
    site: Site, sent: list[CoachDispatch], office: FlaskClient
) -> None:
    date = sent[0].slot.date
    site.session.execute(sa.update(CoachDispatch).values(answer_by=dt.date(2027, 1, 1)))
    site.session.commit()
    assert "답할 날이 지난 진로코치" in words(office.get("/console"))
    there = sum(one.slot.date == date for one in sent)
    assert f"진로코치 {there}분" in words(office.get(f"/console/called-off?date={date}&blocks=all"))


def test_no_answer_is_no_decline(site: Site, sent: list[CoachDispatch], office: FlaskClient) -> None:
    for form in ({}, {"answer": "perhaps"}):
        assert office.post(f"/console/dispatches/{sent[0].id}/answer", data=form).status_code == 422
    assert office.post(f"/console/dispatches/{10**30}/answer", data={"answer": "decline"}).status_code == 404
    assert all_of(site)[0].status is DispatchStatus.ASKED


@pytest.mark.parametrize("change", ["forged", "expired", "replaced"])
def test_a_link_that_does_not_open_is_met_kindly(site: Site, sent: list[CoachDispatch], change: str) -> None:
    address, says = link(site, sent[0]), {"forged": 404}.get(change, 410)
    if change == "forged":
        address = "/c/" + "A" * 43
    elif change == "expired":
        site.session.execute(sa.update(DispatchLink).values(expires_at=sa.func.now() - sa.text("interval '1 second'")))
    else:
        site.session.execute(sa.update(CoachDispatch).values(version=2))
    site.session.commit()
    phone = site.app.test_client(use_cookies=False)
    for answer in (phone.get(address), phone.post(address, data={"answer": "accept"})):
        assert answer.status_code == says
        assert "02-0000-0000" in words(answer)
    assert all_of(site)[0].status is DispatchStatus.ASKED


def test_a_coach_agrees_to_news_on_the_link_and_takes_it_back(site: Site, sent: list[CoachDispatch]) -> None:
    page, coach = link(site, sent[0]), sent[0].coach_id
    for wanted in (True, False):
        answer = site.visitor().post(f"{page}/announcements", data={"wanted": "1" if wanted else ""})
        assert answer.status_code == 303
        site.session.rollback()
        assert (agreed(site.session, Whose.COACH, coach) is not None) is wanted
