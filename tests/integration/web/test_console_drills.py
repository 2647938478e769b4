"""The pages of the drill: asked for, watched, read, found outdated; what cannot be rehearsed is said at its field."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from booking.db import make_sessions
from booking.models.drills import PlanDrill
from booking.services.drills import Rehearser, rehearse_plan
from scheduler.drill import Cases, drill
from tests.support.factory import FIRST_DAY
from tests.support.pages import Site, words

COORDINATOR = "coordinator@demo.example.kr"
ASKED = {"date": FIRST_DAY.isoformat(), "span": "week", "losses": "2"}


@pytest.fixture
def desk(site: Site) -> FlaskClient:
    site.small.publish()
    site.session.commit()
    return site.signed_in(COORDINATOR)


def run_id(site: Site) -> int:
    return int(site.session.execute(sa.text("SELECT id FROM allocation_run WHERE status = 'published'")).scalar_one())


def rehearse(site: Site) -> None:
    """What a worker does with the newest drill."""
    site.session.rollback()
    number = site.session.scalars(sa.select(PlanDrill.id).order_by(PlanDrill.id.desc())).first()
    assert number is not None
    rehearse_plan(make_sessions(site.engine), site.small.clock, number, Rehearser(drill=drill, cases=Cases))


def test_asked_for_watched_and_read(site: Site, desk: FlaskClient) -> None:
    assert desk.post("/console/drills", data={**ASKED, "run": run_id(site)}).status_code == 303
    waiting = desk.get("/console/drills")
    assert "연습하고 있습니다" in words(waiting)
    assert "살펴본 날 0일" in words(desk.get("/console/drills/progress", headers={"HX-Request": "true"}))
    again = desk.post("/console/drills", data={**ASKED, "run": run_id(site)}, follow_redirects=True)
    assert "이미 연습하고 있어" in words(again)

    rehearse(site)
    ended = desk.get("/console/drills/progress", headers={"HX-Request": "true"})
    assert ended.headers["HX-Refresh"] == "true"
    page = words(desk.get("/console/drills"))
    assert "하루에 일터 2곳이 빠지면" in page
    assert "여기가 빠지면 무너지는 일터" in page
    assert "연습한 뒤 계획이 바뀌었습니다" not in page
    number = site.session.scalar(sa.select(sa.func.max(PlanDrill.id)))
    fresh = f"/console/drills/{number}/freshness"
    assert words(desk.get(fresh, headers={"HX-Request": "true"})) == ""
    assert desk.get(fresh).headers["Location"].endswith(f"/console/drills/{number}")

    site.session.execute(sa.text("UPDATE workplace SET max_group = 9 WHERE code = 'W0'"))
    site.session.commit()
    assert "신청이나 일터가 바뀌었습니다" in words(desk.get(fresh, headers={"HX-Request": "true"}))
    site.session.execute(
        sa.text("UPDATE visit_group SET pupils = pupils + 1 WHERE id = (SELECT min(id) FROM visit_group)")
    )
    site.session.commit()
    assert "연습한 뒤 계획이 바뀌었습니다" in words(desk.get("/console/drills"))


def test_stopped_while_it_waits(site: Site, desk: FlaskClient) -> None:
    desk.post("/console/drills", data={**ASKED, "run": run_id(site)})
    number = site.session.scalar(sa.select(sa.func.max(PlanDrill.id)))
    stopped = desk.post(f"/console/drills/{number}/cancel", follow_redirects=True)
    assert "멈추어 결과가 없습니다" in words(stopped)


def test_what_cannot_be_rehearsed_is_said_and_kept(site: Site, desk: FlaskClient) -> None:
    refused = desk.post("/console/drills", data={**ASKED, "run": run_id(site), "losses": "21"})
    assert refused.status_code == 422
    assert "20곳까지" in words(refused)
    assert 'value="21"' in refused.text
    assert desk.post("/console/drills", data={**ASKED, "run": "0"}).status_code == 422
    assert "2027" in words(desk.post("/console/drills", data={**ASKED, "run": run_id(site), "date": "2020-01-01"}))
    assert desk.get("/console/drills/999").status_code == 404
    assert site.session.scalar(sa.select(sa.func.count()).select_from(PlanDrill)) == 0


def test_without_a_plan_there_is_nothing_to_rehearse(site: Site) -> None:
    assert "연습해 볼 배정안이 없습니다" in words(site.signed_in(COORDINATOR).get("/console/drills"))
