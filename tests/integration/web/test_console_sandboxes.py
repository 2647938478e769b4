"""Working in a sandbox: one person's choice, marked on every page, seen by nobody else, and no form crosses over."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from booking.models.runs import AllocationRun
from booking.models.sandboxes import Sandbox
from tests.support.pages import Site, form_token, words

COORDINATOR = "coordinator@demo.example.kr"
BANNER = "여기서 하는 일은 사본에만 남고"


@pytest.fixture
def desk(site: Site) -> FlaskClient:
    site.small.publish()
    site.session.commit()
    return site.signed_in(COORDINATOR)


def made(site: Site, desk: FlaskClient, name: str = "가을") -> int:
    answer = desk.post("/console/sandboxes", data={"name": name})
    assert answer.status_code == 303, words(answer)
    site.session.rollback()
    return site.session.scalars(sa.select(Sandbox.id).where(Sandbox.name == name)).one()


def runs(site: Site, number: int | None = None) -> int:
    """Runs in the service, or in a sandbox."""
    site.session.rollback()
    schema = "public" if number is None else f"sandbox_{number}"
    return int(site.session.execute(sa.text(f"SELECT count(*) FROM {schema}.allocation_run")).scalar_one())


def test_one_persons_pages_are_the_sandboxs_and_nobody_elses(site: Site, desk: FlaskClient) -> None:
    other = site.signed_in(COORDINATOR)
    before = runs(site)
    number = made(site, desk)
    for path in ("/console", "/console/runs", "/console/visits", "/console/workplaces", "/console/sandboxes"):
        page = words(desk.get(path))
        assert "연습장 「가을」" in page
        assert BANNER in page
        assert BANNER not in words(other.get(path))
    assert BANNER not in words(desk.get("/account"))
    assert desk.post("/console/runs", data={}).status_code == 303
    assert (runs(site), runs(site, number)) == (before, before + 1)
    assert "배정안 2" in words(desk.get("/console/runs"))
    assert "배정안 2" not in words(other.get("/console/runs"))
    left = desk.post("/console/sandboxes/leave", follow_redirects=True)
    assert BANNER not in words(left)
    assert "배정안 2" not in words(desk.get("/console/runs"))
    desk.post(f"/console/sandboxes/{number}/enter")
    assert "배정안 2" in words(desk.get("/console/runs"))


def test_what_would_be_a_lie_in_a_copy_is_not_opened_there(site: Site, desk: FlaskClient) -> None:
    made(site, desk)
    for path in ("/console/people", "/console/settings", "/console/terms", "/console/messages/sending"):
        assert desk.get(path).headers["Location"].endswith("/console/sandboxes")
    name = site.session.execute(sa.text("SELECT name FROM centre")).scalar_one()
    assert desk.post("/console/settings", data={"name": "다른 센터"}).status_code == 303
    site.session.rollback()
    assert site.session.execute(sa.text("SELECT name FROM centre")).scalar_one() == name


def test_put_away_while_somebody_is_in_it(site: Site, desk: FlaskClient) -> None:
    number, before = made(site, desk), runs(site)
    other = site.signed_in(COORDINATOR)
    assert "치웠습니다" in words(other.post(f"/console/sandboxes/{number}/discard", follow_redirects=True))
    # the press is not carried out in the service instead
    lost = desk.post("/console/runs", data={})
    assert lost.headers["Location"].endswith("/console/sandboxes")
    assert "치워져 나왔습니다" in words(desk.get("/console/sandboxes"))
    assert runs(site) == before
    assert desk.post(f"/console/sandboxes/{number}/enter").status_code == 404


def test_a_form_opened_in_one_world_is_not_answered_by_the_other(site: Site, desk: FlaskClient) -> None:
    site.app.config["WTF_CSRF_ENABLED"] = True
    token = form_token(desk.get("/console/sandboxes"))
    assert desk.post("/console/sandboxes", data={"name": "하나", "csrf_token": token}).status_code == 303
    inside = form_token(desk.get("/console/runs"))
    assert desk.post("/console/runs", data={"csrf_token": token}).status_code == 400
    assert desk.post("/console/sandboxes/leave", data={"csrf_token": inside}).status_code == 303
    before = runs(site)
    assert desk.post("/console/runs", data={"csrf_token": inside}).status_code == 400
    assert runs(site) == before


def test_compared_with_the_real_plan(site: Site, desk: FlaskClient) -> None:
    number = made(site, desk)
    assert "모든 방문이 어느 안에서나 같은 시간입니다" in words(desk.get(f"/console/sandboxes/{number}/compare"))
    site.session.execute(
        sa.text(
            f"UPDATE sandbox_{number}.proposal SET slot_id = NULL WHERE id ="
            f" (SELECT min(id) FROM sandbox_{number}.proposal WHERE slot_id IS NOT NULL)"
        )
    )
    site.session.commit()
    page = words(desk.get(f"/console/sandboxes/{number}/compare"))
    assert "시간이 다른 방문 1건" in page
    assert site.session.scalar(sa.select(sa.func.count()).select_from(AllocationRun)) == 1


def test_what_cannot_be_made_is_said(site: Site, desk: FlaskClient) -> None:
    nameless = desk.post("/console/sandboxes", data={"name": ""})
    assert nameless.status_code == 422
    for number in range(5):
        made(site, desk, f"연습 {number}")
    assert "같은 이름" in words(desk.post("/console/sandboxes", data={"name": "연습 1"}))
    full = desk.post("/console/sandboxes", data={"name": "여섯"})
    assert full.status_code == 409
    assert "다섯 개까지" in words(full)
