"""`make bench`: each sample term solved by the command line as a person would, with its time, cost and bounds."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from scheduler.samples import sample_names
from tools import paths


def solve(name: str, seconds: float, workers: int, folder: Path) -> tuple[float, dict[str, Any]]:
    """Solve a sample in a process of its own and have the plan judged; the seconds it took, and the plan."""
    instance = paths.ROOT / "scheduler" / "samples" / f"{name}.json"
    plan = folder / f"{name}.json"
    scheduler = [sys.executable, "-m", "scheduler"]
    options = ["--time-limit", str(seconds), "--workers", str(workers), "--output", str(plan)]
    began = time.monotonic()
    subprocess.run([*scheduler, "solve", *options, str(instance)], cwd=paths.ROOT, capture_output=True, check=True)
    took = time.monotonic() - began
    subprocess.run([*scheduler, "verify", str(instance), str(plan)], cwd=paths.ROOT, capture_output=True, check=True)
    found: dict[str, Any] = json.loads(plan.read_text(encoding="utf-8"))
    return took, found


def gap(cost: float, bound: float) -> str:
    """How far a cost may be from the best, in percent of the cost."""
    return f"{100 * (cost - bound) / cost:.2f} %" if cost else "0 %"


def main() -> int:
    """Solve the samples one after another and print a row for each."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("names", nargs="*", help="only these samples")
    parser.add_argument("--seconds", type=float, default=60.0, help="limit of a run")
    parser.add_argument("--workers", type=int, default=2, help="child processes of a run")
    options = parser.parse_args()
    columns = ("term", "seconds", "unplaced", "dates", "gap", "workplaces", "gap", "first choice", "peak")
    table = Table(*columns, title=f"{options.workers} workers on {os.cpu_count()} cores, limit {options.seconds:g} s")
    with tempfile.TemporaryDirectory() as folder:
        for name in options.names or sample_names():
            took, plan = solve(name, options.seconds, options.workers, Path(folder))
            figures, bounds = plan["kpis"], plan["bounds"]
            table.add_row(
                *(name, f"{took:.1f}", str(figures["unplaced_pupils"])),
                *(f"{figures['date_stage']:.1f}", gap(figures["date_stage"], bounds["date_stage"])),
                *(f"{figures['workplace_stage']:.1f}", gap(figures["workplace_stage"], bounds["workplace_stage"])),
                *(f"{100 * figures['first_choice_share']:.1f} %", str(figures["peak_load"])),
            )
    Console(width=110).print(table)
    return 0


if __name__ == "__main__":
    sys.exit(main())
