"""The page of the pause: a bar on every page of the office, and a person who lets messages leave."""

from __future__ import annotations

import sqlalchemy as sa

from booking.models.messages import Message
from booking.models.terms import Centre
from booking.services import pausing
from tests.support.pages import Site, words

BAR = "알림이 멈춰 있습니다."


def test_paused_looked_at_and_resumed(site: Site) -> None:
    site.small.publish()
    pausing.pause(site.session, pausing.RESTORE)
    site.session.commit()
    desk = site.signed_in("coordinator@demo.example.kr")
    for page in ("/console", "/console/visits", "/console/messages"):
        assert BAR in words(desk.get(page)), page
    assert BAR not in words(site.teacher("S0").get("/teacher"))
    shown = words(desk.get("/console/messages/sending"))
    assert "백업에서 되살린 자료입니다." in shown
    assert "일터 방문 요청" in shown

    assert desk.post("/console/messages/resume", data={"withdraw": "workplace_ask"}).status_code == 303

    assert BAR not in words(desk.get("/console"))
    site.session.rollback()
    left = site.session.scalars(sa.select(Message.status).where(Message.kind == "workplace_ask").distinct()).all()
    assert left == ["withdrawn"]


def test_paused_by_hand(site: Site) -> None:
    desk = site.signed_in("coordinator@demo.example.kr")
    assert desk.post("/console/messages/pause").status_code == 303
    shown = words(desk.get("/console/messages/sending"))
    assert BAR in shown
    assert "되살린" not in shown
    site.session.rollback()
    assert (site.session.get_one(Centre, 1).sending_paused_by or "").startswith("user:")
