"""Starting programs that never outlive us, and sockets whose paths are short enough.

The kernel ends a child when its parent dies (`setpriv --pdeathsig`), even when the parent was killed and could not
clean up. The signal belongs to the *thread* that started the child, so children are started by the main thread only.
"""

from __future__ import annotations

import os
import random
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

LONGEST_SOCKET_FOLDER = 60
_PLAIN = re.compile(r"[A-Za-z0-9/._-]+")


class CannotStart(Exception):
    """Something that has to run does not; the message is one sentence for the person at the terminal."""


def tied(command: Sequence[str | Path], death_signal: str = "TERM") -> list[str]:
    """The command, ended by the kernel with ``death_signal`` when the process that starts it dies."""
    return ["setpriv", "--pdeathsig", death_signal, "--", *map(str, command)]


def end(process: subprocess.Popen[bytes], by: signal.Signals, seconds: float) -> None:
    """Ask a program to stop, wait, and kill what is left of its process group."""
    if process.poll() is None:
        process.send_signal(by)
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            kill_group(process)
            process.wait()


def kill_group(process: subprocess.Popen[bytes]) -> None:
    """Kill a program that leads its own process group, with everything that it started."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        return


def socket_folder() -> Path:
    """A new private folder for unix sockets: their paths may have only about a hundred bytes, and no odd letters."""
    base = tempfile.gettempdir()
    if len(os.fsencode(base)) > LONGEST_SOCKET_FOLDER or not _PLAIN.fullmatch(base):
        base = "/tmp"  # noqa: S108 - the folder made inside is private (0700) and has an unpredictable name
    return Path(tempfile.mkdtemp(prefix="ilteo-", dir=base))


def remove(folder: Path) -> None:
    """Remove a folder that only this run used."""
    shutil.rmtree(folder, ignore_errors=True)


#: below the ports that the system gives to whoever asks for any: one of those may be a connection's a moment later
PORTS = range(12_000, 32_000)
_given: set[int] = set()


def free_port(*, besides: int = 0) -> int:
    """A TCP port of the loopback that nobody uses now; another one each time, and not ``besides``.

    Raises:
        CannotStart: all that were tried are in use.
    """
    for port in random.SystemRandom().sample(PORTS, 100):
        if port not in {besides, *_given} and port_is_free(port):
            _given.add(port)
            return port
    raise CannotStart("no free port was found on the loopback")


def port_is_free(port: int) -> bool:
    """Whether the web server could listen on this port of the loopback."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def wait_for(process: subprocess.Popen[bytes], ready: Callable[[], bool], log: Path, seconds: float = 60) -> None:
    """Wait until a server answers.

    Raises:
        CannotStart: it ended or stayed silent; the message carries the last lines of its log.
    """
    end_of_patience = time.monotonic() + seconds
    while not ready():
        if process.poll() is not None or time.monotonic() > end_of_patience:
            lines = log.read_text(encoding="utf-8", errors="replace").splitlines()[-5:] if log.exists() else []
            what = "ended" if process.poll() is not None else f"did not answer within {seconds:.0f} s"
            raise CannotStart(f"{log.stem} {what}; the end of {log}:\n  " + "\n  ".join(lines))
        time.sleep(0.03)


def start_logged(
    command: Sequence[str], log: Path, *, cwd: Path, env: Mapping[str, str] | None = None
) -> subprocess.Popen[bytes]:
    """Start a server in a session of its own (a Ctrl-C is ours to handle), its words in a fresh log file."""
    with log.open("wb") as output:
        return subprocess.Popen(
            command,
            cwd=cwd,
            env=None if env is None else dict(env),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
