"""Our own processes, as the Procfile lists them: started, listened to, started again when one dies, stopped together.

honcho reads the same file, and its reader is used here. Its runner is not: it stops everything when one process
ends, and a booking service with one dead worker should mend itself, not close.
"""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from honcho.environ import parse_procfile

from tools import paths
from tools.children import kill_group, tied
from tools.guard import Guard

GRACE_SECONDS = 6.0  # longer than the three seconds that web server and workers take to finish what they hold
FIRST_WAIT, LONGEST_WAIT = 0.5, 30.0
STEADY_SECONDS = 30.0  # who lived that long was healthy: the next wait is short again
COLOURS = ("36", "33", "35", "32", "34", "31", "96", "93")


def read_procfile(path: Path = paths.ROOT / "Procfile") -> dict[str, str]:
    """The commands of the Procfile by name, in its order."""
    parsed = parse_procfile(path.read_text(encoding="utf-8"))
    return {str(name): str(command) for name, command in parsed.processes.items()}


class Printer:
    """Writes whole lines, each after the name of the process that said it."""

    def __init__(self, names: list[str], output: IO[str] | None = None) -> None:
        """The names decide the width of the first column and the colours, if the output is a terminal."""
        self._output = output or sys.stdout
        self._width = max(map(len, names), default=0)
        colours = dict(zip(names, COLOURS * len(names), strict=False)) if self._output.isatty() else {}
        self._colours = colours
        self._lock = threading.Lock()

    def say(self, name: str, line: str) -> None:
        """Print one line of one process."""
        head = f"{name:<{self._width}} |"
        if name in self._colours:
            head = f"\x1b[{self._colours[name]}m{head}\x1b[0m"
        with self._lock:
            try:
                print(f"{head} {line}", file=self._output, flush=True)
            except (BrokenPipeError, ValueError):
                return  # nobody listens any more; the processes go on


@dataclass(slots=True)
class _Child:
    command: str
    process: subprocess.Popen[bytes] | None = None
    began: float = 0.0
    wait: float = FIRST_WAIT
    due: float = 0.0


class Supervisor:
    """Keeps the processes running. Used from the main thread only (see `tools.children`)."""

    def __init__(
        self, commands: Mapping[str, str], environment: Mapping[str, str], printer: Printer, guard: Guard
    ) -> None:
        """Nothing is started yet."""
        self._children = {name: _Child(command) for name, command in commands.items()}
        self._environment = dict(environment)
        self._printer = printer
        self._guard = guard

    @property
    def numbers(self) -> dict[str, int]:
        """The process numbers of those that run."""
        running = ((name, child.process) for name, child in self._children.items())
        return {name: process.pid for name, process in running if process is not None and process.poll() is None}

    def tick(self) -> bool:
        """Start what is not running and whose time has come; whether anything was started."""
        started = False
        now = time.monotonic()
        for name, child in self._children.items():
            if child.process is not None and child.process.poll() is not None:
                self._note_end(name, child, now)
            if child.process is None and now >= child.due:
                child.process = self._start(name, child.command)
                child.began = now
                started = True
        return started

    def _note_end(self, name: str, child: _Child, now: float) -> None:
        if child.process is None:
            return
        kill_group(child.process)  # what it left behind would hold its port or its queue
        self._guard.forget(child.process.pid)
        if now - child.began > STEADY_SECONDS:
            child.wait = FIRST_WAIT
        self._printer.say(name, f"ended with {child.process.returncode}; again in {child.wait:g} s")
        child.due, child.wait = now + child.wait, min(child.wait * 2, LONGEST_WAIT)
        child.process = None

    def _start(self, name: str, command: str) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            tied(["sh", "-c", f"exec {command}"]),
            cwd=paths.ROOT,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        self._guard.watch(process.pid)
        threading.Thread(target=self._listen, args=(name, process), daemon=True).start()
        return process

    def _listen(self, name: str, process: subprocess.Popen[bytes]) -> None:
        if process.stdout is None:
            return
        with process.stdout as lines:
            for line in lines:
                if text := line.decode("utf-8", "replace").rstrip():
                    self._printer.say(name, text)

    def stop(self) -> None:
        """Ask all to stop at once, and kill after the grace period what is still there."""
        running = [child.process for child in self._children.values() if child.process is not None]
        for process in running:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
        last_moment = time.monotonic() + GRACE_SECONDS
        for process in running:
            try:
                process.wait(max(0.0, last_moment - time.monotonic()))
            except subprocess.TimeoutExpired:
                continue
        for process in running:
            kill_group(process)
            process.wait()
            self._guard.forget(process.pid)
