"""Outlives a launcher that was killed, only to end what the launcher had started.

The kernel's parent-death signal asks every process to stop. That is not enough for a worker in the middle of a task
whose broker stops at the same moment: it would wait for the broker for ever, its child would go on solving. So this
small process holds the other end of a pipe. The launcher writes the number of every process group that it starts or
sees end; when the pipe closes, whatever is still noted gets a few seconds and is then killed with its whole group.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path

from tools import paths

GRACE_SECONDS = 3.5


class Guard:
    """The launcher's end of the pipe."""

    def __init__(self) -> None:
        """Start the guard, in a session of its own, so that no Ctrl-C reaches it."""
        self._process = subprocess.Popen(
            [sys.executable, "-S", "-m", "tools.guard"],
            cwd=paths.ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def _tell(self, word: str) -> None:
        if self._process.stdin is not None and not self._process.stdin.closed:
            try:
                self._process.stdin.write(f"{word}\n".encode())
                self._process.stdin.flush()
            except BrokenPipeError:
                return  # somebody killed the guard; the parent-death signals remain

    def watch(self, group: int) -> None:
        """Note a process group that must not outlive us."""
        self._tell(f"+{group}")

    def forget(self, group: int) -> None:
        """Note that a group has ended and its number may soon be somebody else's."""
        self._tell(f"-{group}")

    def sweep(self, folder: Path) -> None:
        """Note a folder of sockets that nobody will need."""
        self._tell(f"r{folder}")

    def dismiss(self) -> None:
        """After a clean stop there is nothing left to do; the guard goes when the pipe closes."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        self._process.wait(GRACE_SECONDS * 2)


def noted(lines: Iterable[str]) -> tuple[set[int], list[Path]]:
    """The groups that were noted and never forgotten, and the folders, once there are no more lines."""
    groups: set[int] = set()
    folders: list[Path] = []
    for line in lines:
        sign, word = line[:1], line[1:].rstrip("\n")
        if sign == "+":
            groups.add(int(word))
        elif sign == "-":
            groups.discard(int(word))
        elif sign == "r":
            folders.append(Path(word))
    return groups, folders


def main() -> None:
    """Wait for the launcher's end, then for the processes' own, then make an end."""
    left, folders = noted(sys.stdin)
    for group in left:
        try:
            os.kill(group, signal.SIGTERM)  # the leader alone: it stops its children in its own order
        except ProcessLookupError:
            continue
    last_moment = time.monotonic() + GRACE_SECONDS
    while left and time.monotonic() < last_moment:
        time.sleep(0.1)
        left = {group for group in left if _exists(group)}
    for group in left:
        try:
            os.killpg(group, signal.SIGKILL)
        except ProcessLookupError:
            continue
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)


def _exists(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


if __name__ == "__main__":
    main()
