"""A peer in a process of its own: `python -m scheduler.peers.run PEER INSTANCE PLAN SECONDS`.

Exit status: 0 the plan is written, 3 the peer cannot run here (standard error says what is missing).
"""

import importlib
import importlib.util
import json
import shutil
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import cast

from scheduler.allocation import Allocation, Assignment, Bounds, Kpis, SolverInfo, Status
from scheduler.baseline import first_come_first_served
from scheduler.instance import Instance, instance_sha256
from scheduler.version import VERSION

MISSING = 3
"""Exit status of a peer that cannot run here."""

PEERS: Mapping[str, tuple[str, str]] = {
    "first-come": ("scheduler.peers.serving", "first_come"),
    "first-choice": ("scheduler.peers.serving", "first_choice"),
    "cp-sat": ("scheduler.peers.cpsat", "cpsat"),
    "highs": ("scheduler.peers.highs", "highs"),
    "timefold": ("scheduler.peers.timefold_dates", "timefold"),
}
"""Module and function of each peer: a function of a term and its seconds."""


def main(arguments: Sequence[str]) -> int:
    """Run one peer on one term."""
    began = time.monotonic()
    peer, source, target, limit = arguments
    missing = what_is_missing(peer)
    if missing is not None:
        sys.stderr.write(f"{missing}\n")
        return MISSING
    data = Path(source).read_bytes()
    instance = Instance.from_json(data)
    # What a peer has from the start, if it never comes back.
    _write(Path(target), peer, instance, data, first_come_first_served(instance), 0.0)
    module, function = PEERS[peer]
    allocate = getattr(importlib.import_module(module), function)
    left = max(0.5, float(limit) - (time.monotonic() - began))
    visits = cast(tuple[Assignment, ...], allocate(instance, left))
    _write(Path(target), peer, instance, data, visits, time.monotonic() - began)
    return 0


def _write(
    target: Path, peer: str, instance: Instance, data: bytes, visits: tuple[Assignment, ...], seconds: float
) -> None:
    info = SolverInfo(peer, VERSION, round(seconds, 2), 1, False, {})
    plan = Allocation(instance.name, instance_sha256(data), Status.FEASIBLE, visits, Kpis(), Bounds(), info)
    target.write_text(json.dumps(plan.to_document(), ensure_ascii=False), encoding="utf-8")


def what_is_missing(peer: str) -> str | None:
    """What a peer needs and this machine lacks; None where it can run."""
    if peer != "timefold":
        return None
    if shutil.which("java") is None:
        return "Java is missing (17 or newer on the path)"
    if importlib.util.find_spec("timefold") is None:
        return "the package timefold is missing (pip install timefold)"
    return None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
