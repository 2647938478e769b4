"""What `make run` says when it cannot start: one sentence each, and nothing is left running."""

from __future__ import annotations

import fcntl
import socket
import subprocess
import sys
from pathlib import Path

from tools import paths


def start(data: Path, port: int) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tools.dev", "--data", str(data), "--port", str(port)],
        cwd=paths.ROOT,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


def test_the_same_checkout_twice(tmp_path: Path) -> None:
    with (tmp_path / "run.lock").open("w+") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        held.write("http://127.0.0.1:8000, process 123")
        held.flush()
        done = start(tmp_path, 1)
    assert done.returncode == 1
    assert done.stderr == (
        "This checkout is already running (http://127.0.0.1:8000, process 123): stop that one with Ctrl-C first.\n"
    )


def test_a_taken_port(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = start(tmp_path, port)
    assert done.returncode == 1
    assert done.stderr == f"Port {port} is taken: make run PORT={port + 1}\n"
    assert not (tmp_path / "postgres").exists()
