"""The servers of the tests are real, private, and quick to copy."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.models.registry import METADATA
from tests.support.servers import Database
from tests.support.sockets import SocketOpened
from tools import paths, postgres
from tools.children import remove
from tools.valkey import Valkey


def test_postgres_listens_on_no_network_port(database: Database) -> None:
    with database.server.connect() as connection:
        row = connection.execute("SELECT current_setting('listen_addresses'), version()").fetchone()
    assert row is not None
    assert row[0] == ""
    assert row[1].startswith("PostgreSQL 18")


def test_socket_folder_is_private(database: Database, broker: Valkey) -> None:
    for folder in (database.server.sockets, broker.socket.parent):
        assert folder.stat().st_mode & 0o777 == 0o700


def test_hangul_sorts_by_code_point(database: Database) -> None:
    with database.server.connect() as connection:
        rows = connection.execute("SELECT x FROM unnest(ARRAY['하늘','가람','나래','개웅']) AS x ORDER BY x").fetchall()
    assert [row[0] for row in rows] == ["가람", "개웅", "나래", "하늘"]


def test_a_clone_has_the_schema_and_is_ours_alone(database: Database, database_url: str) -> None:
    engine = sa.create_engine(database_url)
    with engine.begin() as connection:
        tables = set(sa.inspect(connection).get_table_names())
        connection.execute(sa.text("CREATE TABLE only_here (x int)"))
    engine.dispose()
    assert tables == {"alembic_version", *METADATA.tables}
    other = database.clone()
    with database.server.connect(other) as second:
        found = second.execute("SELECT to_regclass('only_here')").fetchone()
    database.server.drop(other)
    assert found == (None,)


@pytest.mark.parametrize("turn", [1, 2])
def test_session_rolls_back_even_what_was_committed(session: Session, turn: int) -> None:
    session.execute(sa.text("CREATE TABLE IF NOT EXISTS written (turn int)"))
    session.execute(sa.text("INSERT INTO written VALUES (:turn)"), {"turn": turn})
    session.commit()
    assert session.execute(sa.text("SELECT array_agg(turn) FROM written")).scalar_one() == [turn]


@pytest.mark.parametrize("turn", [1, 2])
def test_broker_is_empty_for_every_test(broker: Valkey, redis_url: str, turn: int) -> None:
    with broker.client() as client:
        assert client.dbsize() == 0
        client.set("left behind", turn)
        assert "noeviction" in str(client.config_get("maxmemory-policy"))
    assert redis_url.startswith("redis+socket://")


def test_nothing_beyond_this_machine_can_be_reached() -> None:
    with socket.socket() as outside, pytest.raises(SocketOpened):
        outside.connect(("192.0.2.1", 80))
    with pytest.raises(SocketOpened):
        socket.getaddrinfo("provider.example.com", 443)


#: Only root ever needs the way without user namespaces: an ordinary user's PostgreSQL runs as that user.
NAMESPACES = [True, False] if os.geteuid() == 0 else [True]


@pytest.mark.parametrize("namespaces", NAMESPACES)
def test_data_survive_a_killed_server(tmp_path: Path, namespaces: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if not namespaces:
        monkeypatch.setattr(postgres, "_namespaces_allowed", lambda: False)
    first = postgres.start(tmp_path / "data", tmp_path / "log")
    first.create("kept")
    first.process.send_signal(signal.SIGKILL)
    first.process.wait()
    second = postgres.start(tmp_path / "data", tmp_path / "log")
    try:
        assert second.exists("kept")
    finally:
        second.stop()
        first.stop()


def test_start_waits_for_the_children_of_a_killed_server(tmp_path: Path) -> None:
    """A child that is slow to notice keeps the shared memory, and PostgreSQL refuses the folder until it is gone."""
    first = postgres.start(tmp_path / "data", tmp_path / "log")
    number = first.process.pid
    children = Path(f"/proc/{number}/task/{number}/children").read_text(encoding="utf-8").split()
    slow = int(children[0])
    os.kill(slow, signal.SIGSTOP)
    first.process.kill()
    first.process.wait()
    waking = threading.Timer(1, os.kill, (slow, signal.SIGCONT))
    waking.start()
    began = time.monotonic()
    second = postgres.start(tmp_path / "data", tmp_path / "log")
    try:
        assert time.monotonic() - began > 0.9, "it did not have to wait: nothing was tried"
        assert second.exists("postgres")
    finally:
        waking.join()
        second.stop()
        first.stop()


def test_servers_die_with_their_starter(tmp_path: Path) -> None:
    """A test run or a launcher that is killed leaves no server behind."""
    code = (
        "import sys, time, pathlib\n"
        "from tools import postgres, valkey\n"
        "folder = pathlib.Path(sys.argv[1])\n"
        "servers = postgres.start(folder / 'pg', folder / 'pg.log'), valkey.start(folder / 'vk', folder / 'vk.log')\n"
        "print(*(server.process.pid for server in servers), servers[0].sockets, servers[1].socket.parent, flush=True)\n"
        "time.sleep(60)\n"
    )
    starter = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)], cwd=paths.ROOT, stdout=subprocess.PIPE, text=True
    )
    with starter:
        assert starter.stdout is not None
        *words, postgres_sockets, valkey_sockets = starter.stdout.readline().split()
        starter.kill()
    numbers = [int(word) for word in words]
    assert len(numbers) == 2
    last_moment = time.monotonic() + 5
    while any(map(_alive, numbers)) and time.monotonic() < last_moment:
        time.sleep(0.05)
    assert not any(map(_alive, numbers))
    remove(Path(postgres_sockets))
    remove(Path(valkey_sockets))


def _alive(number: int) -> bool:
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return False
    return Path(f"/proc/{number}/stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()[0] != "Z"
