"""The page of fine dust: looking changes nothing, the press is for what was seen, the switch can be taken back."""

from __future__ import annotations

import re

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from booking.models.air import AirSwitch
from tests.support.console import solve
from tests.support.factory import FIRST_DAY
from tests.support.pages import Site, words

DAY = FIRST_DAY.isoformat()


@pytest.fixture
def desk(site: Site) -> FlaskClient:
    site.session.execute(sa.text("UPDATE workplace SET setting = 'outdoor' WHERE code = 'W0'"))
    site.session.execute(sa.text("UPDATE workplace SET setting = 'either' WHERE code = 'W1'"))
    site.small.publish()
    site.session.commit()
    return site.signed_in("coordinator@demo.example.kr")


def shown(desk: FlaskClient) -> dict[str, str]:
    page = desk.get(f"/console/air?date={DAY}&blocks=AM").get_data(as_text=True)
    found = re.search(r'name="seen" value="([^"]*)"', page)
    assert found is not None
    return {"date": DAY, "blocks": "AM", "seen": found[1]}


def test_looked_at_switched_on_and_off(site: Site, desk: FlaskClient) -> None:
    page = words(desk.get(f"/console/air?date={DAY}&blocks=AM"))
    assert "실외에 있는 모둠 1개" in page
    assert "실내로 바꿔 달라고 알릴 모둠 1개" in page
    assert site.session.scalar(sa.select(sa.func.count()).select_from(AirSwitch)) == 0
    on = desk.post("/console/air", data=shown(desk), follow_redirects=True)
    assert "실내로 옮길 안을 찾고 있습니다" in words(on)
    waiting = desk.get("/console/air/repair", headers={"HX-Request": "true"})
    assert "HX-Refresh" not in waiting.headers
    solve(site)
    assert desk.get("/console/air/repair", headers={"HX-Request": "true"}).headers["HX-Refresh"] == "true"
    assert desk.get("/console/air/repair").status_code == 302
    assert "재배정안 살펴보기" in words(desk.get("/console/air"))

    number = site.session.scalar(sa.select(sa.func.max(AirSwitch.id)))
    off = desk.post(f"/console/air/{number}/off", follow_redirects=True)
    assert "게시하지 않은 재배정안을 버리고" in words(off)
    assert "이미 꺼져 있습니다" in words(desk.post(f"/console/air/{number}/off", follow_redirects=True))
    assert desk.post("/console/air/999/off").status_code == 404


def test_what_was_not_seen_is_not_switched(site: Site, desk: FlaskClient) -> None:
    changed = desk.post("/console/air", data={**shown(desk), "seen": "0"})
    assert changed.status_code == 409
    assert "실외에 있는 모둠이 바뀌었습니다" in words(changed)
    past = desk.post("/console/air", data={**shown(desk), "date": "2020-01-01"})
    assert past.status_code == 422
    assert "내일이나 그 뒤의 날" in words(past)
    assert "이번 학기에 없는 날입니다" in words(desk.get("/console/air?date=2028-01-01&blocks=all"))
    assert site.session.scalar(sa.select(sa.func.count()).select_from(AirSwitch)) == 0


def test_the_setting_narrows_the_list_and_is_written_down(desk: FlaskClient) -> None:
    listed = words(desk.get("/console/workplaces?setting=outdoor"))
    assert "일터 1곳" in listed
    assert "실외 (실내로 바꿀 수 있음)" in desk.get("/console/workplaces/export?setting=either").get_data(as_text=True)


def test_many_are_set_at_once(site: Site, desk: FlaskClient) -> None:
    ids = site.session.scalars(sa.text("SELECT id FROM workplace WHERE code IN ('W4', 'W5')")).all()
    chosen = {"id": [str(number) for number in ids], "change": "setting", "setting": "outdoor"}
    seen = desk.post("/console/workplaces/bulk/preview", data=chosen)
    assert "실내·실외: 실내 → 실외" in words(seen)
    rows = re.findall(r'name="row" value="([^"]+)"', seen.text)
    desk.post("/console/workplaces/bulk/apply", data={"change": "setting", "setting": "outdoor", "row": rows})
    assert "일터 3곳" in words(desk.get("/console/workplaces?setting=outdoor"))
    assert desk.post("/console/workplaces/bulk/preview", data={**chosen, "setting": ""}).status_code == 422
