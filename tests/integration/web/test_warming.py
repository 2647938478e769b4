"""What is compiled before the first page, so that nobody waits for it; nothing is opened that a fork would share."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from booking.app import create_app
from booking.config import load_config
from booking.web.database import db
from booking.web.warming import warm_up
from tests.support.pages import Site
from tests.support.servers import settings


def test_after_it_no_page_is_compiled(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    assert warm_up(site.app) > 150

    def compiled(*_source: object, **_more: object) -> None:
        pytest.fail("a template was compiled while somebody waited for it")

    monkeypatch.setattr(site.app.jinja_env, "compile", compiled)
    desk = site.signed_in("coordinator@demo.example.kr")
    for path in ("/console", "/console/requests", "/console/workplaces?lang=en", "/console/messages"):
        assert desk.get(path, follow_redirects=True).status_code == 200, path
    teacher = site.teacher("S0")
    for path in ("/teacher", "/teacher/requests/new", "/teacher/school/calendar"):
        assert teacher.get(path, follow_redirects=True).status_code == 200, path
    assert site.visitor().get("/a/forged").status_code == 404


def test_it_opens_no_connection_that_forked_processes_would_share(database_url: str) -> None:
    app = create_app(load_config(settings(database_url)))
    warm_up(app)
    with app.app_context():
        pool = db.engine.pool
        assert isinstance(pool, sa.QueuePool)
        assert (pool.checkedin(), pool.checkedout()) == (0, 0)
        db.engine.dispose()
