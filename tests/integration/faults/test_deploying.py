"""A new version is brought in while people work: its migration waits for its turn, and nobody waits for it for long."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from alembic import command
from alembic.config import Config as Alembic
from alembic.script import ScriptDirectory
from flask import Flask
from flask.testing import FlaskClient

from booking.db import make_sessions
from booking.paths import migrations_folder
from tests.support.faults import sound, trials
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


def test_a_migration_waits_for_its_turn_and_nobody_for_it(site: Site, database_url: str, tmp_path: Path) -> None:
    config = next_version(tmp_path)
    found: list[tuple[int, float]] = []
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
            time.sleep(HELD_SECONDS)
            assert migration.is_alive(), "it could not have had the table"
            assert len(found) > len(readers), "pages were answered meanwhile"
        migration.join(30)
        assert not migration.is_alive()
    finally:
        done.set()
        for reader in readers:
            reader.join()
    assert {status for status, _ in found} == {200}
    assert max(seconds for _, seconds in found) < LONGEST_SECONDS
    with psql(database_url) as connection:
        assert connection.execute("SELECT version_num FROM alembic_version").fetchall() == [("later",)]
        assert connection.execute("SELECT count(later) FROM message").fetchall() == [(0,)]
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
