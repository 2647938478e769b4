"""`make run` in earnest: what dies comes back, Ctrl-C and even a kill leave nothing behind, the data survive."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import psycopg

from tests.support.service import Service, running_service

GONE_SECONDS = 5.0


def until(condition: Callable[[], bool], seconds: float) -> float:
    """Wait until it is so; how long that took."""
    began = time.monotonic()
    while not condition():
        assert time.monotonic() - began < seconds, "did not happen in time"
        time.sleep(0.05)
    return time.monotonic() - began


def family(root: int) -> set[int]:
    """A process and all that it started, directly or not."""
    parents: dict[int, int] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                stat = (entry / "stat").read_text(encoding="utf-8", errors="replace")
            except OSError:
                continue
            parents[int(entry.name)] = int(stat.rsplit(")", 1)[1].split()[1])
    found = {root}
    while more := {child for child, parent in parents.items() if parent in found} - found:
        found |= more
    return found


def alive(number: int) -> bool:
    try:
        return Path(f"/proc/{number}/stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def test_killed_and_started_again(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    with running_service(folder=folder) as first:
        assert first.get_json("/health/live")
        _a_dead_worker_comes_back(first)
        with _connect(first) as connection:
            connection.execute("CREATE TABLE survives (x int)")
        everything = family(first.launcher.pid)
        first.launcher.send_signal(signal.SIGKILL)
        until(lambda: not any(map(alive, everything)), GONE_SECONDS)

    with running_service(folder=folder) as second:
        with _connect(second) as connection:
            assert connection.execute("SELECT to_regclass('survives')").fetchone() == ("survives",)
        everything = family(second.launcher.pid)
        second.launcher.send_signal(signal.SIGINT)
        assert second.launcher.wait(15) == 0
        assert not any(map(alive, everything))
        assert second.output().rstrip().endswith("stopped.")


def _a_dead_worker_comes_back(service: Service) -> None:
    before = service.processes()
    os.kill(before["worker-messages"], signal.SIGKILL)
    until(lambda: service.processes().get("worker-messages", 0) not in {0, before["worker-messages"]}, 10)
    after = service.processes()
    del before["worker-messages"], after["worker-messages"]
    assert after == before


def _connect(service: Service) -> psycopg.Connection:
    return psycopg.connect(service.database_url.replace("+psycopg", ""), autocommit=True)
