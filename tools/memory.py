"""How much memory processes and their children hold, by /proc: resident, in MB; looked at again and again."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def family(number: int) -> list[int]:
    """A process and all its children that are alive."""
    found = [number]
    for task in Path(f"/proc/{number}/task").glob("*/children"):
        try:
            for child in task.read_text(encoding="ascii").split():
                found += family(int(child))
        except OSError:
            continue  # it has ended meanwhile
    return found


def resident(number: int) -> float:
    """Resident memory of one process in MB; 0 where it has ended."""
    try:
        status = Path(f"/proc/{number}/status").read_text(encoding="ascii", errors="replace")
    except OSError:
        return 0.0
    line = next((line for line in status.splitlines() if line.startswith("VmRSS:")), "VmRSS: 0 kB")
    return int(line.split()[1]) / 1024


class Watch:
    """The largest process of each family, sampled every half second."""

    def __init__(self, families: dict[str, int]) -> None:
        self._families = families
        self.samples: dict[str, list[float]] = {name: [] for name in families}

    def look(self) -> None:
        """Take one sample of each."""
        for name, number in self._families.items():
            self.samples[name].append(max(map(resident, family(number)), default=0.0))

    def growth(self, name: str) -> tuple[float, float, float]:
        """Return MB after the first fifth, at the end, and the highest: what is warm by then should not grow."""
        samples = [one for one in self.samples[name] if one]
        if not samples:
            return 0.0, 0.0, 0.0
        return samples[len(samples) // 5], samples[-1], max(samples)


@contextmanager
def watching(families: dict[str, int]) -> Iterator[Watch]:
    """Sample the memory of families of processes while the block runs."""
    watch, done = Watch(families), threading.Event()

    def run() -> None:
        while not done.wait(0.5):
            watch.look()

    thread = threading.Thread(target=run, name="memory", daemon=True)
    thread.start()
    try:
        yield watch
    finally:
        done.set()
        thread.join()
