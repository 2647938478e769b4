"""The complete service in real processes, started by the launcher of `make run` with a data folder of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support.servers import flask
from tools import paths
from tools.children import end, free_port, tied
from tools.launcher import STATE_FILE

READY_SECONDS = 120
LOG = "launcher.log"


@dataclass(frozen=True, slots=True)
class Service:
    """A running service: where it is, the environment of its processes, and its folder (data, logs)."""

    url: str
    environment: dict[str, str]
    folder: Path
    launcher: subprocess.Popen[bytes]

    @property
    def database_url(self) -> str:
        """The address of its database, for looking behind the pages."""
        return self.environment["DATABASE_URL"]

    def flask(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run `flask --app booking …` on this service's data."""
        return flask(list(arguments), self.environment, check=check)

    def get_json(self, path: str) -> Any:
        """The JSON answer of an address of this service."""
        with urllib.request.urlopen(self.url + path, timeout=10) as answer:
            return json.load(answer)

    def processes(self) -> dict[str, int]:
        """The process numbers of our own processes by their names in the Procfile."""
        state = json.loads((self.folder / STATE_FILE).read_text(encoding="utf-8"))
        return {str(name): int(number) for name, number in state["processes"].items()}

    def output(self) -> str:
        """What the processes have printed so far."""
        return (self.folder / LOG).read_text(encoding="utf-8", errors="replace")


@contextmanager
def running_service(
    *options: str, folder: Path | None = None, environment: dict[str, str] | None = None
) -> Iterator[Service]:
    """Start everything as `make run` does, wait until it is ready, and stop it again.

    ``options`` go to the launcher; ``environment`` is added to the environment it starts with; the data live in
    ``folder``, or in one that goes with the service.
    """
    with tempfile.TemporaryDirectory(prefix="ilteo-service-", ignore_cleanup_errors=True) as temporary:
        data = folder or Path(temporary)
        data.mkdir(exist_ok=True)
        (data / STATE_FILE).unlink(missing_ok=True)
        command = [sys.executable, "-m", "tools.dev", "--data", str(data), "--port", str(free_port()), *options]
        with (data / LOG).open("wb") as output:
            launcher = subprocess.Popen(
                tied(command),
                cwd=paths.ROOT,
                env={**os.environ, **(environment or {})},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        try:
            state = _wait_until_ready(launcher, data)
            yield Service(state["url"], {**(environment or {}), **state["environment"]}, data, launcher)
        finally:
            end(launcher, signal.SIGINT, 20)


def _wait_until_ready(launcher: subprocess.Popen[bytes], folder: Path) -> Any:
    last_moment = time.monotonic() + READY_SECONDS
    while launcher.poll() is None and time.monotonic() < last_moment:
        try:
            state = json.loads((folder / STATE_FILE).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            state = {}
        if state.get("ready"):
            return state
        time.sleep(0.1)
    said = (folder / LOG).read_text(encoding="utf-8", errors="replace")[-6000:]
    raise AssertionError(f"the service did not become ready:\n{said}")
