"""The whole service on one machine: its servers, its database, its processes, in the order in which they need another.

The launcher owns PostgreSQL and the broker; what is set in the environment (`DATABASE_URL`, `REDIS_URL`, `SMTP_URL`,
`SOLAPI_…`) is used instead and not started.
"""

from __future__ import annotations

import fcntl
import json
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from pathlib import Path

from tools import paths, postgres, valkey
from tools.children import CannotStart, port_is_free, tied
from tools.environment import service_environment, wants, write_private
from tools.guard import Guard
from tools.processes import Printer, Supervisor, read_procfile

STATE_FILE = "service.json"
DATABASE = "ilteo"
READY_SECONDS = 60
TICK_SECONDS = 0.2


class Launcher:
    """Starts the service, keeps it running, and stops it; one launcher for one data folder at a time."""

    def __init__(self, data: Path, port: int, *, given: Mapping[str, str], demo_term: list[str]) -> None:
        """``given`` is the environment to respect; ``demo_term`` the options of `demo load`."""
        self.data = data
        self.port = port
        self.url = f"http://127.0.0.1:{port}"
        self.environment: dict[str, str] = {}
        self.has_demo = False
        self._given = given
        self._demo_term = demo_term
        self._lock: int | None = None
        self._supervisor: Supervisor | None = None
        self._stops: list[Callable[[], None]] = []

    def start(self) -> None:
        """Bring everything up as far as the processes; `wait_until_ready` waits for their answer."""
        self.data.mkdir(parents=True, exist_ok=True)
        self._take_lock()
        if not port_is_free(self.port):
            raise CannotStart(f"Port {self.port} is taken: make run PORT={self.port + 1}")
        (self.data / "log").mkdir(exist_ok=True)
        guard = Guard()
        self._stops.append(guard.dismiss)
        servers = self._start_servers(guard)
        self.environment, self.has_demo = service_environment(self._given, self.data, self.port, servers)
        self.flask("db", "upgrade")
        if self.has_demo:
            self.flask("demo", "load", "--if-empty", "--current", *self._demo_term)
        commands = read_procfile()
        if not self.has_demo:
            commands.pop("demo", None)
        self._supervisor = Supervisor(commands, self.environment, Printer(list(commands)), guard)
        self._stops.append(self._supervisor.stop)
        self._supervisor.tick()
        self._write_state(ready=False)

    def _take_lock(self) -> None:
        """Two services on one data folder would share a database without knowing of each other."""
        file = os.open(self.data / "run.lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            other = os.pread(file, 200, 0).decode(errors="replace").strip()
            os.close(file)
            raise CannotStart(f"This checkout is already running ({other}): stop that one with Ctrl-C first.") from None
        os.ftruncate(file, 0)
        os.pwrite(file, f"{self.url}, process {os.getpid()}".encode(), 0)
        self._lock = file

    def _start_servers(self, guard: Guard) -> dict[str, str]:
        addresses: dict[str, str] = {}
        if wants(self._given, "DATABASE_URL"):
            server = postgres.start(self.data / "postgres", self.data / "log/postgres.log")
            self._stops.append(server.stop)
            guard.sweep(server.sockets)
            if not server.exists(DATABASE):
                server.create(DATABASE)
            addresses["DATABASE_URL"] = server.url(DATABASE)
        if wants(self._given, "REDIS_URL"):
            broker = valkey.start(self.data / "valkey", self.data / "log/valkey.log")
            self._stops.append(broker.stop)
            guard.sweep(broker.socket.parent)
            addresses["REDIS_URL"] = broker.url
        return addresses

    def flask(self, *arguments: str) -> str:
        """Run a command of the application to its end and return what it printed.

        Raises:
            CannotStart: it failed; the message carries the end of what it said.
        """
        done = subprocess.run(
            tied([sys.executable, "-m", "flask", "--app", "booking", *arguments]),
            cwd=paths.ROOT,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
        )
        if done.returncode != 0:
            said = (done.stdout + done.stderr).strip().splitlines()[-15:]
            raise CannotStart(f"`flask --app booking {' '.join(arguments)}` failed:\n  " + "\n  ".join(said))
        return done.stdout

    def wait_until_ready(self) -> None:
        """Keep the processes running until the health page is content.

        Raises:
            CannotStart: it was not in time; the message says what the page last answered.
        """
        last_moment = time.monotonic() + READY_SECONDS
        answer = "nothing"
        while time.monotonic() < last_moment:
            self.watch_once()
            try:
                with urllib.request.urlopen(f"{self.url}/health/ready", timeout=3):
                    self._write_state(ready=True)
                    return
            except urllib.error.HTTPError as error:
                answer = f"{error.code} {error.read().decode(errors='replace')[:500]}"
            except OSError as error:
                answer = str(error)
        raise CannotStart(f"The service was not ready within {READY_SECONDS} s; /health/ready answered: {answer}")

    def watch_once(self) -> None:
        """Wait a moment and start again whatever has died."""
        time.sleep(TICK_SECONDS)
        if self._supervisor is not None and self._supervisor.tick():
            self._write_state(ready=None)

    def _write_state(self, *, ready: bool | None) -> None:
        """Leave word for those who want to look inside: where, with which settings, which processes."""
        file = self.data / STATE_FILE
        if ready is None:
            ready = bool(json.loads(file.read_text(encoding="utf-8")).get("ready"))
        numbers = self._supervisor.numbers if self._supervisor is not None else {}
        settings = {
            name: value for name, value in self.environment.items() if name not in os.environ or name in ("PATH",)
        }
        state = {"url": self.url, "ready": ready, "processes": numbers, "environment": settings}
        write_private(file, json.dumps(state, indent=1))

    def stop(self) -> None:
        """Stop in the opposite order: our processes, the broker, the database."""
        while self._stops:
            self._stops.pop()()
        (self.data / STATE_FILE).unlink(missing_ok=True)
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None
