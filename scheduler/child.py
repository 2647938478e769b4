"""The child's side of `children`: reads tasks from standard input, answers on standard output, ends with its parent.

The solvers print stray lines on standard output; the real one is kept aside for the answers.
"""

import os
import pickle
import sys
import threading
import time

from scheduler.children import HEADER, Call, perform


def main() -> None:
    """Serve until the parent closes the pipe or is gone."""
    answers = os.fdopen(os.dup(1), "wb")
    silence = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silence, 1)
    threading.Thread(target=_end_with, args=(int(sys.argv[1]),), daemon=True).start()
    tasks = sys.stdin.buffer
    while header := tasks.read(HEADER.size):
        call: Call = pickle.loads(tasks.read(HEADER.unpack(header)[0]))  # noqa: S301  (our own parent)
        data = pickle.dumps(_answered(call), pickle.HIGHEST_PROTOCOL)
        try:
            answers.write(HEADER.pack(len(data)) + data)
            answers.flush()
        except BrokenPipeError:
            return


def _answered(call: Call) -> tuple[bool, object]:
    try:
        return True, perform(call)
    except Exception as error:  # the parent hears of it, whatever it is
        return False, f"{call.module}.{call.function}: {type(error).__name__}: {error}"


def _end_with(parent: int) -> None:
    """Leave when the parent is gone without having closed the pipe, even in the middle of a solve."""
    while os.getppid() == parent:
        time.sleep(0.5)
    os._exit(1)


if __name__ == "__main__":
    main()
