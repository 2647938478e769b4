"""Our own processes in a test: the relay and workers, started, killed, started again."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from booking.config import Config
from tools import paths
from tools.children import tied

PATIENCE_SECONDS = 90
RELAY = ("-m", "workers.outbox")


def worker(queue: str, *options: str) -> tuple[str, ...]:
    """The command of a worker for one queue."""
    return (
        *("-m", "celery", "--quiet", "-A", "workers.app", "worker", "-Q", queue, "-n", f"{queue}@%h"),
        *("--without-mingle", "--without-gossip", "--loglevel", "WARNING", *options),
    )


def environment(config: Config) -> dict[str, str]:
    """The environment in which a process has this configuration."""
    given = {
        "DATABASE_URL": config.database_url,
        "REDIS_URL": config.redis_url,
        "SECRET_KEY": config.secret_key,
        "BASE_URL": config.base_url,
        "LOG_LEVEL": "INFO",
        "REMAP_SIGTERM": "SIGQUIT",
        "PYTHONWARNINGS": "ignore:You're running the worker with superuser privileges",
    }
    if config.smtp is not None:
        given["SMTP_URL"] = f"smtp://{config.smtp.host}:{config.smtp.port}"
    if config.solapi is not None:
        given |= {
            "SOLAPI_URL": config.solapi.url,
            "SOLAPI_API_KEY": config.solapi.api_key,
            "SOLAPI_API_SECRET": config.solapi.api_secret,
            "SMS_SENDER": config.solapi.sender,
            "SOLAPI_WEBHOOK_SECRET": config.solapi.webhook_secret,
            "SOLAPI_PF_ID": config.solapi.channel,
        }
    return given


class Processes:
    """What a test has started; all of it ends with the test."""

    def __init__(self, config: Config, folder: Path, **more: str) -> None:
        self._environment: Mapping[str, str] = {**os.environ, **environment(config), **more}
        self._folder = folder
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, name: str, command: tuple[str, ...]) -> int:
        """Start a process under a name, and return its number."""
        with (self._folder / f"{name}.log").open("ab") as output:
            self._running[name] = subprocess.Popen(
                tied([sys.executable, *command]),
                cwd=paths.ROOT,
                env=dict(self._environment),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        return self._running[name].pid

    def kill(self, name: str) -> None:
        """Kill -9, with everything that it started."""
        process = self._running[name]
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def ended(self, name: str) -> bool:
        """Whether a process has come to its end by itself."""
        return self._running[name].poll() is not None

    def log(self) -> str:
        """What they all have said."""
        return "\n".join(file.read_text(encoding="utf-8", errors="replace") for file in self._folder.glob("*.log"))

    def stop(self) -> None:
        """End what still runs."""
        for process in self._running.values():
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()

    def until(self, holds: Callable[[], bool]) -> None:
        """Wait until something holds; what was said meanwhile is part of the failure."""
        end = time.monotonic() + PATIENCE_SECONDS
        while not holds():
            assert time.monotonic() < end, self.log()[-5000:]
            time.sleep(0.1)


@contextmanager
def processes(config: Config, folder: Path, **more: str) -> Iterator[Processes]:
    """Processes that end with the block; ``more`` is added to their environment."""
    running = Processes(config, folder, **more)
    try:
        yield running
    finally:
        running.stop()
