"""Fine dust in a browser, with a real worker: set outdoors, switched on, looked at, published with its reason."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator

import pytest
import sqlalchemy as sa
from playwright.sync_api import Page, expect
from sqlalchemy.orm import Session

from tests.e2e.test_follow import COORDINATOR, accessible, tab_to
from tests.e2e.test_main_path import SOLVED_MS, publish, solve
from tests.support.browsing import PHONE
from tests.support.factory import small_document
from tests.support.service import Service, running_service

Visitor = Callable[..., Page]
OUTDOORS = """
    SELECT count(*) FROM visit_group g JOIN workplace w ON w.id = g.workplace_id JOIN slot s ON s.id = g.slot_id
     WHERE w.setting = 'outdoor' AND s.date = :day AND g.status IN ('proposed', 'asked', 'accepted', 'expired')"""
#: the day with the most groups, and one of the workplaces that receive them
BUSIEST = """
    SELECT s.date, min(w.name) FROM visit_group g JOIN workplace w ON w.id = g.workplace_id
      JOIN slot s ON s.id = g.slot_id WHERE g.status = 'asked' GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1"""


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service of this file's own on the small term."""
    term = tmp_path_factory.mktemp("air") / "small.json"
    term.write_text(json.dumps(small_document()), encoding="utf-8")
    with running_service("--demo-term", f"--instance {term}", environment={"SETTLE_SECONDS": "0"}) as running:
        yield running


@pytest.mark.timeout(300)
def test_outdoor_groups_move_indoors_when_somebody_publishes(
    service: Service, visitor: Visitor, behind: Session
) -> None:
    desk = visitor(COORDINATOR)
    publish(desk, solve(desk))
    day, place = behind.execute(sa.text(BUSIEST)).one()

    desk.goto(f"/console/workplaces?q={place}")
    desk.get_by_role("link", name=place, exact=True).click()
    desk.get_by_role("link", name=re.compile("고치기")).first.click()
    desk.get_by_label("실내·실외").select_option("outdoor")
    desk.get_by_role("button", name="저장", exact=True).click()
    expect(desk.get_by_text("실외", exact=True)).to_be_visible()
    assert behind.execute(sa.text(OUTDOORS), {"day": day}).scalar_one() > 0

    phone = visitor(COORDINATOR, size=PHONE)
    accessible(phone, ["/console/air", f"/console/air?date={day}&blocks=all"])
    phone.goto(f"/console/air?date={day}&blocks=all")
    tab_to(phone, "main form .btn--primary")
    phone.keyboard.press("Enter")
    expect(phone.get_by_text("재배정안이 나왔습니다.")).to_be_visible(timeout=SOLVED_MS)
    assert behind.execute(sa.text(OUTDOORS), {"day": day}).scalar_one() > 0
    accessible(phone, ["/console/air"])

    # taken back, then switched on again: the repair was put away and comes anew
    for button in phone.get_by_role("button", name=re.compile("끄기$")).all():
        button.wait_for()
    while phone.get_by_role("button", name=re.compile("끄기$")).count():
        phone.get_by_role("button", name=re.compile("끄기$")).first.click()
        expect(phone.get_by_text("껐습니다.")).to_be_visible()
    expect(phone.get_by_text("재배정안이 나왔습니다.")).to_have_count(0)
    assert behind.execute(sa.text("SELECT count(*) FROM allocation_run WHERE status = 'proposed'")).scalar_one() == 0

    desk.goto(f"/console/air?date={day}&blocks=all")
    desk.get_by_role("button", name="켜고 실내로 옮길 안 찾기").click()
    desk.get_by_role("link", name="재배정안 살펴보기").click(timeout=SOLVED_MS)
    desk.get_by_role("link", name="게시 미리보기").click()
    desk.get_by_role("button", name=re.compile("게시")).last.click()
    desk.wait_for_url(re.compile(r"/console/runs/\d+$"))
    assert behind.execute(sa.text(OUTDOORS), {"day": day}).scalar_one() == 0
    desk.goto("/console/air")
    expect(desk.get_by_text("모두 실내").first).to_be_visible()
    told = behind.execute(sa.text('SELECT count(*) FROM message WHERE facts::text LIKE \'%"cause": "air"%\''))
    assert told.scalar_one() > 0
    assert service.flask("audit").returncode == 0
