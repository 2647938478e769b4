"""Us and the peers on the same terms in the same run: each in a process of its own, judged by the verifier."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median

from scheduler.allocation import Bounds, Kpis, parse_allocation_json
from scheduler.instance import Instance
from scheduler.peers.run import MISSING, PEERS
from scheduler.verifier import verify

US = "ilteo-ieum"
"""Our name in the tables."""

GRACE = 10.0
"""Seconds beyond its limit after which a process is ended: for starting, reading and writing."""

ENDED = -signal.SIGKILL
"""Status of a process that was ended."""

KIB_PER_MB = 1024.0
"""The system tells resident memory in KiB."""


@dataclass(frozen=True, slots=True)
class Result:
    """One way to allocate on one term.

    Attributes:
        term: name of the file.
        way: us or a peer.
        seconds: wall clock of its process, start and writing included.
        megabytes: resident memory of its largest process, at its highest.
        kpis: the verifier's figures, None where there is no plan.
        bounds: what it proved of its own plan, None for a peer.
        note: what is to be said: rules broken, no plan, skipped and why.
    """

    term: str
    way: str
    seconds: float
    megabytes: float
    kpis: Kpis | None = None
    bounds: Bounds | None = None
    note: str = ""


def compare(
    terms: Sequence[Path], ways: Sequence[str], seconds: float, workers: int, runs: int, folder: Path
) -> Iterator[Result]:
    """Every way on every term, one process at a time; of several runs the one with the median time.

    Args:
        terms: instance files.
        ways: `US` and names of `PEERS`.
        seconds: limit of each run.
        workers: child processes that we may use at a time.
        runs: how often each is run.
        folder: where the plans go, as TERM.WAY.json.
    """
    for term in terms:
        instance = Instance.from_json(term.read_bytes())
        for way in ways:
            plan = folder / f"{term.stem}.{way}.json"
            found = [run_one(instance, term, way, seconds, workers, plan) for _ in range(runs)]
            middle = median([result.seconds for result in found])
            yield replace(min(found, key=lambda result: abs(result.seconds - middle)), seconds=middle)


def run_one(instance: Instance, term: Path, way: str, seconds: float, workers: int, plan: Path) -> Result:
    """One process for one way on one term, its plan judged."""
    plan.unlink(missing_ok=True)
    if way == US:
        # Fairness spends a part of the date stage on purpose, and no peer knows it.
        what = ["scheduler", "solve", str(term), "-o", str(plan), "--policy", "fairness_slack=0"]
        what += ["--time-limit", str(seconds), "--workers", str(workers)]
    else:
        what = ["scheduler.peers.run", way, str(term), str(plan), str(seconds)]
    status, took, megabytes, said = timed([sys.executable, "-m", *what], seconds + GRACE)
    result = Result(term.stem, way, took, megabytes)
    if status == MISSING and way in PEERS:
        return replace(result, note=f"skipped: {said}")
    note = f"ended {GRACE:g} s beyond its limit" if status == ENDED else said if status else ""
    if not plan.exists():
        return replace(result, note=f"no plan: {note}")
    return judged(replace(result, note=note), instance, plan)


def judged(result: Result, instance: Instance, plan: Path) -> Result:
    """The result with the verifier's figures of its plan."""
    allocation = parse_allocation_json(plan.read_bytes())
    verdict = verify(instance, allocation)
    broken = f"{len(verdict.violations)} rules broken" if verdict.violations else ""
    note = "; ".join(filter(None, (broken, result.note)))
    return replace(result, kpis=verdict.kpis, bounds=allocation.bounds if result.way == US else None, note=note)


def timed(command: Sequence[str], limit: float) -> tuple[int, float, float, str]:
    """Run a command: its status (-9 where the limit ended it), seconds, megabytes, last line of standard error."""
    root = str(Path(__file__).resolve().parent.parent)
    paths = os.pathsep.join([root, *filter(None, [os.environ.get("PYTHONPATH")])])
    with tempfile.TemporaryFile() as errors:
        began = time.monotonic()
        process = subprocess.Popen(
            list(command), stdout=subprocess.DEVNULL, stderr=errors, env={**os.environ, "PYTHONPATH": paths}
        )
        number, status, usage = os.wait4(process.pid, os.WNOHANG)
        while not number:
            time.sleep(0.02)
            if time.monotonic() - began > limit:
                os.kill(process.pid, signal.SIGKILL)
            number, status, usage = os.wait4(process.pid, os.WNOHANG)
        took = time.monotonic() - began
        # Popen did not see the process end, and would warn of it.
        process.returncode = os.waitstatus_to_exitcode(status)
        errors.seek(0)
        lines = errors.read().decode("utf-8", "replace").strip().splitlines()
    return process.returncode, took, usage.ru_maxrss / KIB_PER_MB, lines[-1] if lines else ""
