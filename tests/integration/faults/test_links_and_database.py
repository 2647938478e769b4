"""The database's connections ended under the pages, fifty who press at once, and scanners that open every link."""

from __future__ import annotations

import datetime as dt
import threading
from collections import Counter

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session, sessionmaker

from booking.db import make_engine, transaction
from booking.domain.states import GroupStatus
from booking.models.announcements import Consent
from booking.models.history import HistoryEntry
from booking.models.satisfaction import WorkplaceOpinion
from booking.models.visits import VisitGroup, WorkplaceNotice
from booking.services.terms import current_term
from tests.support.factory import SmallTerm
from tests.support.faults import count, end_backends, fingerprint, sound, trials
from tests.support.visits import DAY, at, confirmed

SCANNERS = 10
PRESSES = 50
#: as many opinions as one link may give within a while
FEW = 10


def press_at_once(app: Flask, path: str, form: dict[str, str], hands: int = PRESSES) -> Counter[int]:
    """Many who send the same form in the same moment; returns how often each code answered."""
    ready = threading.Barrier(hands)
    codes: Counter[int] = Counter()

    def press() -> None:
        ready.wait()
        codes[app.test_client(use_cookies=False).post(path, data=form).status_code] += 1

    threads = [threading.Thread(target=press) for _ in range(hands)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return codes


class Published:
    """A published term and the private link of every notice."""

    def __init__(self, sessions: sessionmaker[Session]) -> None:
        with sessions() as session, transaction(session):
            self.small = SmallTerm(session)
            self.small.publish()
            notices = session.scalars(sa.select(WorkplaceNotice).order_by(WorkplaceNotice.id)).all()
            self.links = {notice: self.small.link(notice) for notice in notices}


@pytest.fixture
def published(sessions: sessionmaker[Session]) -> Published:
    return Published(sessions)


@pytest.fixture
def web(app: Flask, published: Published) -> FlaskClient:
    app.extensions["ilteo.clock"] = published.small.clock
    return app.test_client(use_cookies=False)


def test_connections_that_are_ended_heal_before_the_next_page(
    web: FlaskClient, published: Published, sessions: sessionmaker[Session], database_url: str
) -> None:
    [link, *_] = published.links.values()
    for _ in range(trials(5, 50)):
        assert web.get(f"/a/{link}").status_code == 200
        assert end_backends(database_url) > 0
    assert web.get(f"/a/{link}").status_code == 200
    sound(sessions, published.small.clock.now())


def test_without_looking_first_an_ended_connection_shows(published: Published, database_url: str) -> None:
    """The control: a pool that does not ask whether its connection still lives."""
    engine = make_engine(database_url, pool_pre_ping=False)
    for _ in range(2):
        with engine.connect() as connection:
            connection.execute(sa.text("SELECT 1"))
    end_backends(database_url)
    with pytest.raises(sa.exc.OperationalError), engine.connect() as connection:
        connection.execute(sa.text("SELECT 1"))
    engine.dispose()


def test_scanners_that_open_every_link_change_nothing(
    web: FlaskClient, published: Published, sessions: sessionmaker[Session]
) -> None:
    before = fingerprint(sessions)
    for link in published.links.values():
        for number in range(SCANNERS):
            open_link = web.head if number % 2 else web.get
            assert open_link(f"/a/{link}").status_code == 200
    assert fingerprint(sessions) == before
    sound(sessions, published.small.clock.now())
    # the control: the print does see an answer
    [link, *_] = published.links.values()
    assert web.post(f"/a/{link}", data={"all": "accept"}).status_code == 303
    assert fingerprint(sessions) != before


def test_fifty_who_press_at_once_answer_once(app: Flask, published: Published, sessions: sessionmaker[Session]) -> None:
    app.extensions["ilteo.clock"] = published.small.clock
    for link in list(published.links.values())[: trials(1, 20)]:
        assert press_at_once(app, f"/a/{link}", {"all": "accept"}) == {303: PRESSES}
    with sessions() as session:
        accepted = session.scalars(sa.select(VisitGroup.id).where(VisitGroup.status == GroupStatus.ACCEPTED)).all()
        entries = session.scalars(
            sa.select(HistoryEntry.subject_id).where(HistoryEntry.action == "group_accepted")
        ).all()
    assert sorted(entries) == sorted(accepted) != []
    sound(sessions, published.small.clock.now())


def test_an_opinion_and_a_yes_that_many_press_at_once_stand_once(
    app: Flask, published: Published, sessions: sessionmaker[Session]
) -> None:
    """Nobody who presses twice is shown an error because the first press was not stored yet."""
    small = published.small
    app.extensions["ilteo.clock"] = small.clock
    with sessions() as session, transaction(session):
        confirmed(SmallTerm(session, term=current_term(session)))
        place = sa.select(VisitGroup.workplace_id).where(VisitGroup.status == GroupStatus.ACCEPTED)
        notice = session.scalars(
            sa.select(WorkplaceNotice.id).where(WorkplaceNotice.date == DAY, WorkplaceNotice.workplace_id.in_(place))
        ).first()
    link = next(link for one, link in published.links.items() if one.id == notice)
    assert press_at_once(app, f"/a/{link}/announcements", {"wanted": "1"}) == {303: PRESSES}
    at(small, DAY + dt.timedelta(days=1))
    assert press_at_once(app, f"/a/{link}/opinion", {"q-host_again": "5"}, FEW) == {303: FEW}
    assert count(sessions, Consent, WorkplaceOpinion) == [1, 1]
    with sessions() as session:
        yes = session.scalars(sa.select(HistoryEntry.id).where(HistoryEntry.action == "consent_granted")).all()
    assert len(yes) == 1
    sound(sessions, small.clock.now())
