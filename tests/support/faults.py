"""What every test of a fault uses: how many trials, the audit at its end, a print of the whole database, a bad line."""

from __future__ import annotations

import datetime as dt
import os
import socket
import threading
from collections.abc import Sequence
from contextlib import suppress
from typing import TypeVar

import psycopg
import sqlalchemy as sa
from sqlalchemy.orm import Session, sessionmaker

from booking.clock import SystemClock
from booking.models.registry import METADATA
from booking.services.audit import run_audit

T = TypeVar("T")
#: set by `make faults`
ALL_TRIALS = os.environ.get("ILTEO_FAULTS") == "all"


def trials(few: int, every: int) -> int:
    """How often a fault is caused: a few times in `make test`, all times in `make faults`."""
    return every if ALL_TRIALS else few


def sample(moments: Sequence[T], few: int) -> list[T]:
    """All moments in `make faults`; else a few, evenly spread, the first and the last among them."""
    if ALL_TRIALS or len(moments) <= few:
        return list(moments)
    return [moments[round(number * (len(moments) - 1) / (few - 1))] for number in range(few)]


def sound(sessions: sessionmaker[Session], now: dt.datetime | None = None) -> None:
    """The audit finds nothing; every test of a fault ends with it."""
    with sessions() as session:
        assert run_audit(session, now or SystemClock().now()) == []


def count(sessions: sessionmaker[Session], *what: type) -> list[int]:
    """How many rows there are of each."""
    with sessions() as session:
        return [session.scalar(sa.select(sa.func.count()).select_from(table)) or 0 for table in what]


def fingerprint(sessions: sessionmaker[Session]) -> dict[str, str]:
    """A hash of every table: two that are equal mean that nothing has been written between."""
    with sessions() as session:
        return {
            name: session.scalar(
                sa.text(f"SELECT md5(coalesce(string_agg(t::text, '|' ORDER BY t::text), '')) FROM {name} t")
            )
            or ""
            for name in METADATA.tables
        }


def end_backends(database_url: str) -> int:
    """End every connection to this database but our own, as an administrator would; returns how many there were."""
    with psycopg.connect(database_url.replace("+psycopg", ""), autocommit=True) as watcher:
        return len(
            watcher.execute(
                "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
            ).fetchall()
        )


class BadLine:
    """A TCP port in front of a unix socket, whose line can swallow everything: open, and silent both ways."""

    def __init__(self, target: str) -> None:
        self._target = target
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._server.getsockname()[1])
        self._swallows = threading.Event()
        self._open: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def swallow(self) -> None:
        """From now on nothing comes through, on the lines that are open and on new ones."""
        self._swallows.set()

    def heal(self) -> None:
        """New lines work again; what the old ones swallowed is gone, and they stay silent."""
        self._swallows.clear()

    def close(self) -> None:
        """Hang up everywhere."""
        for line in (self._server, *self._open):
            with suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)
            line.close()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._server.accept()
            except OSError:
                return
            self._open.append(near)
            if self._swallows.is_set():
                continue
            far = socket.socket(socket.AF_UNIX)
            far.connect(self._target)
            self._open.append(far)
            dead = threading.Event()
            for source, drain in ((near, far), (far, near)):
                threading.Thread(target=self._pump, args=(source, drain, dead), daemon=True).start()

    def _pump(self, source: socket.socket, drain: socket.socket, dead: threading.Event) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                if self._swallows.is_set():
                    dead.set()
                if not dead.is_set():
                    drain.sendall(data)
        # a line that has died in silence is not hung up either
        if not dead.is_set():
            with suppress(OSError):
                drain.shutdown(socket.SHUT_RDWR)
