"""The call list: silent workplaces, their number on request, their answer entered, a call in vain noted."""

from __future__ import annotations

import datetime as dt

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from booking.domain.states import GroupStatus, MessageStatus
from booking.models.history import AccessEntry
from booking.models.messages import Message
from booking.models.visits import VisitGroup, WorkplaceNotice
from booking.queries.calls import calls
from booking.services.audit import run_audit
from booking.services.workplace_reminders import remind_workplaces
from tests.support.entry import made
from tests.support.factory import NOW
from tests.support.pages import Site, words
from tests.support.visits import at

FRIDAY, LATER = dt.date(2027, 2, 26), dt.date(2027, 3, 2)


@pytest.fixture
def silent(site: Site) -> Site:
    """Everybody was asked a week ago, and nobody has said anything."""
    site.publish()
    waiting = sa.update(Message).where(Message.status == MessageStatus.CREATED)
    site.session.execute(waiting.values(status=MessageStatus.SENT, sent_at=NOW, settled_at=NOW))
    site.session.commit()
    at(site.small, LATER)
    return site


@pytest.fixture
def office(silent: Site) -> FlaskClient:
    return silent.signed_in("coordinator@demo.example.kr")


def the_first(site: Site) -> tuple[WorkplaceNotice, list[VisitGroup]]:
    site.session.rollback()
    site.session.expire_all()
    found = calls(site.session, site.small.visit("V0000").slot.term_id, LATER)[0]
    return found.notice, found.groups


def test_the_home_page_counts_them_and_leads_there(silent: Site, office: FlaskClient) -> None:
    assert "전화할 일터" in words(office.get("/console"))
    page = words(office.get("/console/calls"))
    notice, _ = the_first(silent)
    assert notice.workplace.name in page
    assert "답할 날 지남" in page


def test_a_number_is_masked_until_asked_for_and_the_look_is_kept(silent: Site, office: FlaskClient) -> None:
    notice, _ = the_first(silent)
    contact = notice.workplace.contact
    assert contact is not None
    phone = contact.phone
    assert phone is not None
    number, place = notice.id, notice.workplace_id
    assert phone not in office.get("/console/calls").text
    before = silent.session.scalar(sa.select(sa.func.count()).select_from(AccessEntry))
    shown = office.post(f"/console/calls/{number}/contact").text
    assert shown.count(f"tel:{phone}") == 1
    assert phone not in office.get("/console/calls").text
    silent.session.rollback()
    entries = silent.session.scalars(sa.select(AccessEntry).order_by(AccessEntry.id.desc())).all()
    assert len(entries) == (before or 0) + 1
    assert (entries[0].subject_type, entries[0].subject_id) == ("workplace", place)


def test_an_answer_is_entered_with_its_reason_or_asked_for_again(silent: Site, office: FlaskClient) -> None:
    notice, groups = the_first(silent)
    number, version, group = notice.id, notice.version, groups[0].id
    nothing = office.post(f"/console/calls/{number}/answer", data={"version": version})
    assert nothing.status_code == 422
    without = office.post(f"/console/calls/{number}/answer", data={"version": version, f"answer-{group}": "decline"})
    assert without.status_code == 422
    assert f'href="#reason-{group}"' in without.text
    assert 'value="decline" checked' in without.text
    stale = office.post(f"/console/calls/{number}/answer", data={"version": 99, f"answer-{group}": "accept"})
    assert stale.status_code == 409
    assert "그사이" in words(stale)
    every = {f"answer-{one.id}": "accept" for one in groups}
    given = office.post(f"/console/calls/{number}/answer", data={"version": version, **every})
    assert given.status_code == 303
    silent.session.rollback()
    silent.session.expire_all()
    stored = silent.session.get_one(VisitGroup, group)
    assert stored.status is GroupStatus.ACCEPTED
    assert f'id="n{number}"' not in office.get("/console/calls").text
    assert run_audit(silent.session, silent.small.clock.now()) == []


def test_a_call_in_vain_is_noted_once_each_time(silent: Site, office: FlaskClient) -> None:
    notice, _ = the_first(silent)
    number = notice.id
    for _ in range(2):
        assert office.post(f"/console/calls/{number}/tried").status_code == 303
    at(silent.small, LATER, dt.time(15, 30))
    page = words(office.get("/console/calls"))
    assert page.count("전화한 때 –") < page.count("전화한 때")


@pytest.mark.parametrize("what", ["contact", "tried"])
def test_who_is_not_on_the_list_is_not_called_from_it(silent: Site, office: FlaskClient, what: str) -> None:
    notice, _ = the_first(silent)
    number = notice.id
    at(silent.small, FRIDAY)
    assert office.post(f"/console/calls/{number}/{what}").status_code == 404
    assert office.post(f"/console/calls/999999/{what}").status_code == 404
    assert office.post("/console/calls/999999/answer", data={"version": 1}).status_code == 404


def test_the_link_of_the_reminder_opens_the_same_question(silent: Site) -> None:
    at(silent.small, FRIDAY, dt.time(9, 5))
    assert remind_workplaces(silent.session, silent.small.clock) > 0
    silent.session.commit()
    mail = sa.select(Message).where(Message.kind == "workplace_reminder", Message.channel == "email").limit(1)
    message = silent.session.scalars(mail).one()
    composed = made(silent, message.id)
    assert composed.email is not None
    assert "한 번 더 여쭙니다" in composed.email.text
    assert composed.email.calendar == ()
    path = composed.email.text.partition("/a/")[2].split()[0]
    page = silent.visitor().get(f"/a/{path}")
    assert page.status_code == 200
    assert "학생들이 찾아뵈어도 될까요?" in words(page)
