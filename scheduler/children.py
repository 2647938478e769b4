"""Child processes for long solver work: native solvers cannot be interrupted, but a process can be ended at any time.

Children are plain subprocesses of this interpreter (a Celery worker is daemonic and may not fork workers of its own),
talk through their pipes in pickles, and end with their parent. Tasks are functions of this package by name.
"""

import importlib
import os
import pickle
import selectors
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO

HEADER = struct.Struct(">Q")


class ChildFailed(RuntimeError):
    """A child ended or failed on a task; the message says how."""


class Stopped(Exception):
    """The work was ended from outside: by its caller or by its limit."""


@dataclass(frozen=True, slots=True)
class Call:
    """A task: a function of this package by module and name, with its arguments."""

    module: str
    function: str
    arguments: tuple[object, ...]


class _Child:
    """One process: at most one task at a time."""

    def __init__(self) -> None:
        root = str(Path(__file__).resolve().parent.parent)
        paths = [root, *filter(None, [os.environ.get("PYTHONPATH")])]
        self._process = subprocess.Popen(
            [sys.executable, "-m", "scheduler.child", str(os.getpid())],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
            # Ctrl-C at the terminal is for the parent, which then ends its children.
            start_new_session=True,
        )
        self.out = _pipe(self._process.stdout)
        self.task: int | None = None
        self._heard = bytearray()

    def send(self, number: int, call: Call) -> None:
        """Start a task."""
        data = pickle.dumps(call, pickle.HIGHEST_PROTOCOL)
        pipe = _pipe(self._process.stdin)
        try:
            pipe.write(HEADER.pack(len(data)) + data)
            pipe.flush()
        except BrokenPipeError as error:
            raise ChildFailed(f"a child process ended with status {self._process.wait()}") from error
        self.task = number

    def hear(self) -> tuple[int, object] | None:
        """What the child said, once it is complete: the number of its task and the answer."""
        part = os.read(self.out.fileno(), 1 << 20)
        if not part:
            raise ChildFailed(f"a child process ended with status {self._process.wait()}")
        self._heard += part
        if len(self._heard) < HEADER.size:
            return None
        length = HEADER.unpack_from(self._heard)[0]
        if len(self._heard) < HEADER.size + length:
            return None
        good, answer = pickle.loads(bytes(self._heard[HEADER.size :]))  # noqa: S301  (our own child)
        self._heard.clear()
        task, self.task = self.task, None
        if not good:
            raise ChildFailed(str(answer))
        return task if task is not None else -1, answer

    def end(self) -> None:
        """End the process at once, whatever it is doing."""
        self._process.kill()
        for pipe in (self._process.stdin, self._process.stdout):
            try:
                _pipe(pipe).close()
            except BrokenPipeError:
                continue
        self._process.wait()


class Children:
    """Up to `workers` child processes, started when there is work for them and ended with the context.

    With 0 workers the tasks run in this very process, where nothing can interrupt them: for terms of a few visits.
    """

    def __init__(
        self,
        workers: int,
        clock: Callable[[], float] = time.monotonic,
        should_stop: Callable[[], bool] | None = None,
    ) -> None:
        self.workers = workers
        self._clock = clock
        self._should_stop = should_stop
        self._idle: list[_Child] = []

    def __enter__(self) -> "Children":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        while self._idle:
            self._idle.pop().end()

    def now(self) -> float:
        """The clock's reading."""
        return self._clock()

    @staticmethod
    def _here(number: int, call: Call, on_answer: Callable[[int, object], None] | None) -> object:
        answer = perform(call)
        if on_answer is not None:
            on_answer(number, answer)
        return answer

    def warm(self, count: int = 1) -> None:
        """Start children ahead of their first task, so that their imports run beside other work."""
        while len(self._idle) < min(count, self.workers):
            self._idle.append(_Child())

    def run(
        self,
        calls: Sequence[Callable[[], Call]],
        deadline: float,
        on_answer: Callable[[int, object], None] | None = None,
        on_wait: Callable[[], None] | None = None,
    ) -> list[object]:
        """Run tasks, as many at a time as there are children, and return their answers in order.

        Args:
            calls: makes each task when its turn comes; put the longest first.
            deadline: reading of the clock after which everything still running is ended.
            on_answer: called with the number of a task and its answer, as they come.
            on_wait: called about every tenth of a second.

        Raises:
            Stopped: the deadline passed, or the caller wants to stop; unfinished children are gone.
            ChildFailed: a child ended or failed on its task.
        """
        if self.workers == 0:
            return [self._here(number, call(), on_answer) for number, call in enumerate(calls)]
        answers: list[object] = [None] * len(calls)
        waiting = list(range(len(calls)))
        busy: list[_Child] = []
        try:
            with selectors.DefaultSelector() as selector:
                while waiting or busy:
                    if self._clock() > deadline or (self._should_stop is not None and self._should_stop()):
                        raise Stopped
                    while waiting and len(busy) < self.workers:
                        child = self._idle.pop() if self._idle else _Child()
                        busy.append(child)
                        child.send(waiting[0], calls[waiting.pop(0)]())
                        selector.register(child.out, selectors.EVENT_READ, child)
                    for key, _ in selector.select(0.1):
                        child = key.data
                        heard = child.hear()
                        if heard is None:
                            continue
                        selector.unregister(child.out)
                        busy.remove(child)
                        self._idle.append(child)
                        answers[heard[0]] = heard[1]
                        if on_answer is not None:
                            on_answer(*heard)
                    if on_wait is not None:
                        on_wait()
        finally:
            # Empty unless something was raised: what is half done is of no use.
            for child in busy:
                child.end()
        return answers


def perform(call: Call) -> object:
    """Do a task in this process.

    Raises:
        ChildFailed: it is no task of this package.
    """
    if not call.module.startswith("scheduler."):
        raise ChildFailed(f"{call.module} is no module of this package")
    return getattr(importlib.import_module(call.module), call.function)(*call.arguments)


def _pipe(pipe: IO[bytes] | None) -> IO[bytes]:
    if pipe is None:
        raise ChildFailed("a child process without pipes")
    return pipe
