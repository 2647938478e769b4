"""The real PostgreSQL and broker of a test session, in a folder that goes with it."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from tools import paths, postgres, valkey

TEMPLATE = "ilteo_template"
_NUMBERS = count(1)


@dataclass(frozen=True, slots=True)
class Database:
    """A server whose template database has been migrated once; copies of it cost some 30 ms."""

    server: postgres.Postgres

    def clone(self) -> str:
        """The name of a new database with the schema and no rows."""
        name = f"test_{os.getpid()}_{next(_NUMBERS)}"
        self.server.create(name, TEMPLATE)
        return name


def settings(database_url: str, redis_url: str = "redis+socket:///nowhere") -> dict[str, str]:
    """The environment of an installation as the tests run it: a demo without mail server and provider."""
    return {
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
        "SECRET_KEY": "only-for-tests-" + "0123456789abcdef" * 2,
        "BASE_URL": "http://127.0.0.1:8000",
        "ILTEO_DEMO": "1",
        "LOG_LEVEL": "WARNING",
    }


def flask(arguments: list[str], environment: dict[str, str], *, check: bool = True) -> subprocess.CompletedProcess[str]:
    """Run `flask --app booking …` as a person would, in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "flask", "--app", "booking", *arguments],
        cwd=paths.ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    if check and done.returncode != 0:
        raise AssertionError(f"flask {' '.join(arguments)} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return done


def migrate(database_url: str, revision: str = "head") -> None:
    """Bring a database to a revision of the schema, in this process and without the application."""
    from alembic import command
    from alembic.config import Config

    from booking.db import make_engine
    from booking.paths import migrations_folder

    alembic = Config()
    alembic.set_main_option("script_location", str(migrations_folder()).replace("%", "%%"))
    engine = make_engine(database_url)
    with engine.connect() as connection:
        alembic.attributes["connection"] = connection
        command.upgrade(alembic, revision)
        connection.commit()
    engine.dispose()


@contextmanager
def database() -> Iterator[Database]:
    """Start PostgreSQL without durability and migrate its template database from empty."""
    with tempfile.TemporaryDirectory(prefix="ilteo-tests-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        server = postgres.start(folder / "postgres", folder / "postgres.log", postgres.FORGETFUL)
        try:
            server.create(TEMPLATE)
            migrate(server.url(TEMPLATE))
            yield Database(server)
        finally:
            server.stop()


@contextmanager
def broker() -> Iterator[valkey.Valkey]:
    """Start the broker without its append-only file."""
    with tempfile.TemporaryDirectory(prefix="ilteo-tests-", ignore_cleanup_errors=True) as name:
        server = valkey.start(Path(name) / "valkey", Path(name) / "valkey.log", durable=False)
        try:
            yield server
        finally:
            server.stop()
