"""`make run`: starts the whole service on this machine, says where it is, and stops it on Ctrl-C."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import time
from pathlib import Path
from types import FrameType

from tools import paths
from tools.children import CannotStart
from tools.launcher import Launcher


class Stop(BaseException):
    """Somebody wants the service to end."""


def _stop(number: int, _frame: FrameType | None) -> None:
    for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(each, signal.SIG_IGN)  # one word is enough: a second one must not tear the clean stop
    raise Stop(number)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make run", description=__doc__)
    parser.add_argument("--port", type=int, default=8000, help="port of the web server on the loopback")
    parser.add_argument("--data", type=Path, default=paths.VAR, help="folder of database, broker and logs")
    parser.add_argument("--demo-term", default="", help="further options of `flask demo load`, as one text")
    return parser.parse_args()


def greeting(launcher: Launcher, seconds: float) -> str:
    """What a person needs to begin."""
    lines = ["", f"  일터이음 is ready at {launcher.url}  ({seconds:.1f} s)"]
    if launcher.has_demo:
        lines += [f"  mail and text messages arrive at {launcher.url}/demo/inbox", ""]
        lines += [f"  {line}" for line in launcher.flask("demo", "accounts").splitlines()]
    return "\n".join([*lines, "", "  Ctrl-C stops everything.", ""])


def main() -> int:
    """Start, watch, stop; a problem is a sentence, not a stack trace."""
    options = _arguments()
    began = time.monotonic()
    launcher = Launcher(options.data.resolve(), options.port, given=os.environ, demo_term=options.demo_term.split())
    for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(each, _stop)
    problem = ""
    try:
        launcher.start()
        launcher.wait_until_ready()
        print(greeting(launcher, time.monotonic() - began), flush=True)
        while True:
            launcher.watch_once()
    except Stop:
        print("\n  stopping …", flush=True)
    except CannotStart as error:
        problem = str(error)
    finally:
        launcher.stop()
    if problem:
        print(problem, file=sys.stderr, flush=True)
        return 1
    print("  stopped.", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
