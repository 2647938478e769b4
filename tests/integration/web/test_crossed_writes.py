"""Two who write at once: who is refused for the other's sake is tried again, and nobody is told that all is down."""

from __future__ import annotations

import re
import threading
import time

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.models.visits import WorkplaceNotice
from booking.queries import teacher as rows
from booking.services import confirmations
from booking.web.database import db, write
from tests.support.pages import Site, words


class Other:
    """Somebody else's transaction, which holds one school and wants another."""

    def __init__(self, site: Site, holds: str) -> None:
        self.site = site
        self.connection = site.engine.connect()
        self.connection.execute(sa.text("SET LOCAL deadlock_timeout = '60s'"))
        self.connection.execute(_lock(holds))
        self.thread: threading.Thread | None = None

    def wants(self, code: str) -> None:
        """Wait for a school in the background, and end when it is there."""
        self.thread = threading.Thread(target=self._wait, args=(code,), daemon=True)
        self.thread.start()

    def meet(self, session: Session, *, for_the_first_time: bool) -> None:
        """Let ``session`` want what this one holds, the first time while this one wants what ``session`` holds."""
        session.execute(sa.text("SET LOCAL deadlock_timeout = '20ms'"))
        session.execute(_lock("S0"))
        if for_the_first_time:
            self.wants("S0")
            _until_somebody_waits(self.site)
        session.execute(_lock("S1"))

    def _wait(self, code: str) -> None:
        self.connection.execute(_lock(code))
        self.connection.rollback()

    def close(self) -> None:
        """Let everything go."""
        if self.thread is not None:
            self.thread.join(20)
        self.connection.close()


def _lock(code: str) -> sa.TextClause:
    return sa.text(f"SELECT id FROM school WHERE code = '{code}' FOR UPDATE")


def _until_somebody_waits(site: Site) -> None:
    with site.engine.connect() as looker:
        while not looker.scalar(sa.text("SELECT count(*) FROM pg_locks WHERE NOT granted")):
            time.sleep(0.01)


def test_who_is_refused_in_a_deadlock_is_tried_again(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    client, other, real = site.teacher("S0"), Other(site, "S1"), rows.schools_of
    tries: list[int] = []

    def crossing(*given: object, **named: object) -> object:
        tries.append(len(tries))
        other.meet(db.session(), for_the_first_time=len(tries) == 1)
        return real(*given, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(rows, "schools_of", crossing)
    try:
        answer = client.get("/teacher")
    finally:
        other.close()
    assert answer.status_code == 200
    # the page asks for the schools more than once when it is whole
    assert len(tries) > 1


def test_what_is_committed_already_is_not_done_twice(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    client, other = site.teacher("S0"), Other(site, "S1")
    tries: list[int] = []

    def crossing(*_given: object, **_named: object) -> object:
        tries.append(len(tries))
        with write() as session:
            session.execute(sa.text("UPDATE school SET name = name || '!' WHERE code = 'S0'"))
        other.meet(db.session(), for_the_first_time=True)
        raise AssertionError("nobody was refused")

    monkeypatch.setattr(rows, "schools_of", crossing)
    try:
        answer = client.get("/teacher")
    finally:
        other.close()
    assert answer.status_code == 503
    assert "다른 분이 지금 같은 것을 바꾸고 있습니다" in words(answer)
    assert len(tries) == 1
    assert site.session.scalar(sa.text("SELECT name FROM school WHERE code = 'S0'")).count("!") == 1


def test_who_waits_too_long_is_told_that_others_are_at_it(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    client, other = site.teacher("S0"), Other(site, "S0")

    def waiting(*_given: object, **_named: object) -> object:
        db.session.execute(sa.text("SET LOCAL lock_timeout = '50ms'"))
        db.session.execute(_lock("S0"))
        raise AssertionError("nobody held it")

    monkeypatch.setattr(rows, "schools_of", waiting)
    try:
        answer = client.get("/teacher")
    finally:
        other.close()
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) <= 10
    assert "다른 분이 지금 같은 것을 바꾸고 있습니다" in words(answer)
    assert "자료 저장소에 닿지 않습니다" not in words(answer)


def test_a_workplaces_answer_is_tried_again_although_its_press_was_counted(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The count of presses on a link is a transaction of its own, before the answer's."""
    site.publish()
    notice = site.session.scalars(sa.select(WorkplaceNotice).order_by(WorkplaceNotice.id)).first()
    assert notice is not None
    token = site.small.link(notice)
    site.session.commit()
    page = site.visitor().get(f"/a/{token}")
    groups = re.findall(r'name="answer-(\d+)"', page.text)
    assert groups
    other, real = Other(site, "S1"), confirmations.answer
    tries: list[int] = []

    def crossing(session: Session, *given: object, **named: object) -> object:
        tries.append(len(tries))
        other.meet(session, for_the_first_time=len(tries) == 1)
        return real(session, *given, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(confirmations, "answer", crossing)
    form = {f"answer-{number}": "accept" for number in groups}
    try:
        answer = site.visitor().post(f"/a/{token}", data=form)
    finally:
        other.close()
    assert answer.status_code == 303, words(answer)
    assert len(tries) == 2
