"""``python -m tests.support.shifted SECONDS -m MODULE …``: run a module with a clock so many seconds ahead, or behind.

Only the clock that Python reads is moved, and only in this process: the database's, the broker's stay.
"""

from __future__ import annotations

import datetime as dt
import runpy
import sys

import time_machine


def main() -> None:
    """Move the clock, then be the module."""
    seconds, option, module, *rest = sys.argv[1:]
    if option != "-m":
        raise SystemExit(f"{option}: write -m MODULE")
    moved = dt.datetime.now(dt.UTC) + dt.timedelta(seconds=float(seconds))
    time_machine.travel(moved, tick=True).start()
    sys.argv = [module, *rest]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
