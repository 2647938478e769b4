"""A new version is brought in while people work: its migration waits for its turn, and nobody waits for it for long."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config as Alembic
from alembic.script import ScriptDirectory
from flask import Flask
from flask.testing import FlaskClient

from booking.db import make_sessions
from booking.domain.states import GroupStatus
from booking.models.messages import Message
from booking.models.visits import VisitGroup, WorkplaceNotice
from booking.paths import migrations_folder
from tests.support.faults import count, sound, trials
from tests.support.pages import Site

#: somebody reads messages in one long transaction, as a backup does
HELD_SECONDS = 5
#: nobody waits longer for a page meanwhile
LONGEST_SECONDS = 4.0
NEXT = """
revision = "later"
down_revision = "{head}"
branch_labels = None
depends_on = None


def upgrade() -> None:
    from alembic import op

    op.execute("ALTER TABLE message ADD COLUMN later integer")


def downgrade() -> None:
    from alembic import op

    op.execute("ALTER TABLE message DROP COLUMN later")
"""


@pytest.fixture
def site(app: Flask, database_url: str) -> Iterator[Site]:
    """The service with a published term, and messages to be read."""
    running = Site(app, database_url)
    running.publish()
    yield running
    running.close()


def next_version(folder: Path) -> Alembic:
    """The migrations of this version, and one more that widens the table of messages."""
    config = Alembic()
    config.set_main_option("script_location", str(migrations_folder()))
    head = ScriptDirectory.from_config(config).get_current_head()
    (folder / "later.py").write_text(NEXT.format(head=head), encoding="utf-8")
    config.set_main_option("path_separator", "newline")
    config.set_main_option("version_locations", f"{migrations_folder() / 'versions'}\n{folder}")
    return config


def psql(database_url: str) -> psycopg.Connection:
    return psycopg.connect(database_url.replace("+psycopg", ""))


@contextmanager
def somebody_reads_on(database_url: str) -> Iterator[None]:
    """A transaction that has read messages and does not end."""
    with psql(database_url) as connection:
        connection.execute("SELECT count(*) FROM message")
        yield
        connection.rollback()


def pages(client: FlaskClient, until: threading.Event, found: list[tuple[int, float]]) -> None:
    """Open a page that reads messages, again and again: its status, and how long it took."""
    while not until.is_set():
        begun = time.monotonic()
        answer = client.get("/console/messages?box=all")
        found.append((answer.status_code, time.monotonic() - begun))


def accept(client: FlaskClient, links: Iterable[str], found: list[tuple[int, float]]) -> None:
    """Workplaces say yes, one after another: the status of each answer, and how long it took."""
    for link in links:
        begun = time.monotonic()
        answer = client.post(f"/a/{link}", data={"all": "accept"})
        found.append((answer.status_code, time.monotonic() - begun))


def test_a_migration_waits_for_its_turn_and_nobody_for_it(site: Site, database_url: str, tmp_path: Path) -> None:
    """Read and answered before, during and after: the version that runs is the older one beside the newer schema."""
    config = next_version(tmp_path)
    found: list[tuple[int, float]] = []
    answered: list[tuple[int, float]] = []
    notices = site.session.scalars(sa.select(WorkplaceNotice).order_by(WorkplaceNotice.id)).all()
    links = [site.small.link(notice) for notice in notices]
    site.session.commit()
    messages = count(make_sessions(site.engine), Message)
    owner = site.app.test_client(use_cookies=False)
    done = threading.Event()

    def migrate() -> None:
        with site.app.app_context():
            command.upgrade(config, "later")

    clients = [site.signed_in("coordinator@demo.example.kr") for _ in range(trials(2, 6))]
    readers = [threading.Thread(target=pages, args=(client, done, found)) for client in clients]
    migration = threading.Thread(target=migrate)
    try:
        with somebody_reads_on(database_url):
            for reader in readers:
                reader.start()
            migration.start()
            begun = time.monotonic()
            accept(owner, links[::2], answered)
            time.sleep(max(0.0, HELD_SECONDS - (time.monotonic() - begun)))
            assert migration.is_alive(), "it could not have had the table"
            assert len(found) > len(readers), "pages were answered meanwhile"
        migration.join(30)
        assert not migration.is_alive()
        accept(owner, links[1::2], answered)
    finally:
        done.set()
        for reader in readers:
            reader.join()
    assert {status for status, _ in found} == {200}
    assert [status for status, _ in answered] == [303] * len(links)
    assert max(seconds for _, seconds in (*found, *answered)) < LONGEST_SECONDS
    with psql(database_url) as connection:
        assert connection.execute("SELECT version_num FROM alembic_version").fetchall() == [("later",)]
        assert connection.execute("SELECT count(later) FROM message").fetchall() == [(0,)]
    site.session.rollback()
    groups = site.session.scalars(sa.select(VisitGroup.status).where(VisitGroup.status != GroupStatus.PROPOSED)).all()
    assert set(groups) == {GroupStatus.ACCEPTED}
    assert count(make_sessions(site.engine), Message) > messages, "the older version writes beside the newer schema"
    sound(make_sessions(site.engine), site.small.clock.now())


def test_without_stepping_aside_everybody_waits_behind_it(site: Site, database_url: str) -> None:
    """The control: the same change without patience of its own holds readers up for as long as anybody reads on."""
    with psql(database_url) as connection, psql(database_url) as reader:

        def widen() -> None:
            connection.execute("ALTER TABLE message ADD COLUMN later integer")
            connection.rollback()

        reader.execute(f"SET statement_timeout = {int(LONGEST_SECONDS * 1000)}")
        reader.commit()
        change = threading.Thread(target=widen)
        with somebody_reads_on(database_url):
            change.start()
            time.sleep(0.5)
            with pytest.raises(psycopg.errors.QueryCanceled):
                reader.execute("SELECT count(*) FROM message")
            reader.rollback()
        change.join()
