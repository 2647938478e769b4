"""Processes that die come back, later each time; those that stop take what they started with them."""

from __future__ import annotations

import io
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tools import paths, processes
from tools.guard import Guard, noted
from tools.processes import Printer, Supervisor, read_procfile

PATIENCE = 10.0


@pytest.fixture
def said() -> io.StringIO:
    return io.StringIO()


@pytest.fixture
def supervise(said: io.StringIO) -> Iterator[Callable[..., Supervisor]]:
    started: list[Supervisor] = []
    guard = Guard()

    def start(**commands: str) -> Supervisor:
        supervisor = Supervisor(commands, os.environ, Printer(list(commands), said), guard)
        started.append(supervisor)
        supervisor.tick()
        return supervisor

    yield start
    for supervisor in started:
        supervisor.stop()
    guard.dismiss()


def until(condition: Callable[[], bool]) -> None:
    last_moment = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < last_moment, "did not happen in time"
        time.sleep(0.01)


def test_a_dead_process_is_started_again(
    supervise: Callable[..., Supervisor], said: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processes, "FIRST_WAIT", 0.01)
    supervisor = supervise(steady="sleep 60")
    first = supervisor.numbers["steady"]
    os.kill(first, signal.SIGKILL)
    until(lambda: supervisor.tick() or supervisor.numbers.get("steady", first) != first)
    assert supervisor.numbers["steady"] != first
    assert "ended with -9; again in" in said.getvalue()


def test_waits_grow_when_a_process_dies_at_once(
    supervise: Callable[..., Supervisor], said: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processes, "LONGEST_WAIT", 0.5)
    supervisor = supervise(broken="false")

    def three_ends() -> bool:
        supervisor.tick()
        return said.getvalue().count("ended with 1") >= 3

    until(three_ends)
    waits = [float(wait) for wait in re.findall(r"again in ([\d.]+) s", said.getvalue())]
    assert waits == sorted(waits)


def test_every_line_carries_its_name(supervise: Callable[..., Supervisor], said: io.StringIO) -> None:
    supervise(one="sh -c 'echo 안녕; sleep 60'", another="sh -c 'echo hello >&2; sleep 60'")
    until(lambda: said.getvalue().count("\n") >= 2)
    assert set(said.getvalue().splitlines()) == {"one     | 안녕", "another | hello"}


def test_stop_takes_stubborn_children_along(
    supervise: Callable[..., Supervisor], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processes, "GRACE_SECONDS", 0.3)
    file = tmp_path / "child"
    supervisor = supervise(stubborn=f"sh -c 'trap \"\" TERM; sleep 60 & echo $! > {file}; wait; sleep 60'")
    until(lambda: file.exists() and bool(file.read_text().strip()))
    child = int(file.read_text())
    supervisor.stop()
    assert supervisor.numbers == {}
    until(lambda: not Path(f"/proc/{child}").exists() or " Z " in Path(f"/proc/{child}/stat").read_text())


def test_a_killed_supervisor_leaves_nothing_behind(tmp_path: Path) -> None:
    """Not even the child of a process that refuses to stop."""
    code = (
        "import os, pathlib, sys, time\n"
        "from tools.guard import Guard\n"
        "from tools.processes import Printer, Supervisor\n"
        "guard = Guard()\n"
        "guard.sweep(pathlib.Path(sys.argv[2]))\n"
        "Supervisor({'stubborn': sys.argv[1]}, os.environ, Printer([]), guard).tick()\n"
        "time.sleep(60)\n"
    )
    file = tmp_path / "child"
    sockets = tmp_path / "sockets"
    sockets.mkdir()
    script = f"sh -c 'trap \"\" TERM; sleep 60 & echo $! > {file}; wait; sleep 60'"
    with subprocess.Popen(
        [sys.executable, "-c", code, script, str(sockets)], cwd=paths.ROOT, stdout=subprocess.DEVNULL
    ) as victim:
        until(lambda: file.exists() and bool(file.read_text().strip()))
        child = int(file.read_text())
        victim.kill()
    began = time.monotonic()
    until(lambda: not Path(f"/proc/{child}").exists() or " Z " in Path(f"/proc/{child}/stat").read_text())
    until(lambda: not sockets.exists())
    assert time.monotonic() - began < 5


def test_the_guard_forgets_who_has_ended() -> None:
    lines = ["+12\n", "+34\n", "-12\n", "r/tmp/with space\n", "+56\n"]
    assert noted(lines) == ({34, 56}, [Path("/tmp/with space")])


def test_the_procfile_is_read_in_its_order() -> None:
    assert list(read_procfile())[:2] == ["web", "worker-messages"]
