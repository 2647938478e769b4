"""``python -m tests.support.deadly -m celery …``: a worker that is gone as soon as it has taken a run up."""

from __future__ import annotations

import os
import runpy
import signal
import sys

from booking.services.outbox import BegunJob
from workers import allocation
from workers.runtime import Runtime


def die(means: Runtime, job: BegunJob) -> None:
    """End this process as a fault in a library would: no handler, no word."""
    del means, job
    os.kill(os.getpid(), signal.SIGKILL)


def main() -> None:
    """Put death in the place of solving, then be the module."""
    option, module, *rest = sys.argv[1:]
    if option != "-m":
        raise SystemExit(f"{option}: write -m MODULE")
    allocation.solve_subject = die
    sys.argv = [module, *rest]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
