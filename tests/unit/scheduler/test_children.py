"""Child processes: answers in pieces, ends of every kind, and the child's own side of the pipe."""

from __future__ import annotations

import operator
import os
import pickle
import signal
import subprocess
import sys
import time
from typing import IO, cast

import pytest

from scheduler import children
from scheduler.children import HEADER, Call, ChildFailed, Children, Stopped, perform

ASK = Call("scheduler.knapsack", "reachable", ([(2, 3)], 3))


def packed(message: object) -> bytes:
    data = pickle.dumps(message)
    return HEADER.pack(len(data)) + data


def started() -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "scheduler.child", str(os.getpid())], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )


def heard(pipe: IO[bytes] | None) -> tuple[bool, object]:
    assert pipe is not None
    (length,) = HEADER.unpack(pipe.read(HEADER.size))
    return cast(tuple[bool, object], pickle.loads(pipe.read(length)))


def test_a_child_answers_until_its_pipe_is_closed() -> None:
    with started() as child:
        assert child.stdin is not None
        child.stdin.write(packed(ASK) + packed(Call("os", "getpid", ())))
        child.stdin.flush()
        assert heard(child.stdout) == (True, True)
        good, told = heard(child.stdout)
        assert not good
        assert "os is no module of this package" in str(told)
        child.stdin.close()
        assert child.stdout is not None
        assert child.stdout.read() == b""
        assert child.wait(10) == 0


def test_a_child_whose_parent_hears_no_more_ends() -> None:
    with started() as child:
        assert child.stdin is not None
        assert child.stdout is not None
        child.stdout.close()
        child.stdin.write(packed(ASK))
        child.stdin.close()
        assert child.wait(10) == 0


def test_a_child_ends_with_its_parent() -> None:
    # This process is not the parent that it was told of: as if that were gone.
    with subprocess.Popen(
        [sys.executable, "-m", "scheduler.child", str(os.getpid() + 1)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as child:
        assert child.wait(20) == 1


def test_an_answer_may_come_in_pieces() -> None:
    child = children._Child()
    try:
        (read, write) = os.pipe()
        with os.fdopen(read, "rb") as pipe:
            child.out = pipe
            message = packed((True, "here"))
            child.task = 7
            for piece in (message[:3], message[3:10]):
                os.write(write, piece)
                assert child.hear() is None
            os.write(write, message[10:])
            assert child.hear() == (7, "here")
            os.close(write)
            child._process.kill()
            with pytest.raises(ChildFailed, match="ended with status -9"):
                child.hear()
    finally:
        child.end()


def test_a_child_that_died_is_told_and_ended_all_the_same() -> None:
    with Children(1) as some:
        some.warm()
        (child,) = some._idle
        os.kill(child._process.pid, signal.SIGKILL)
        child._process.wait()
        # The task is larger than what a pipe holds, so that nobody being there is noticed while it is sent.
        with pytest.raises(ChildFailed, match="ended with status -9"):
            some.run([lambda: Call("scheduler.knapsack", "reachable", (b"x" * 1_000_000,))], some.now() + 60)
    other = children._Child()
    other._process.kill()
    other._process.wait()
    assert other._process.stdin is not None
    # What is left in the buffer cannot be sent when the pipe is closed.
    other._process.stdin.write(b"x")
    other.end()
    assert other._process.stdin.closed


def test_whoever_wants_to_stop_is_asked_while_a_child_works() -> None:
    asked = 0

    def stop() -> bool:
        nonlocal asked
        asked += 1
        return asked > 2

    long = Call("scheduler.knapsack", "cheapest_split", ([(1, 9000)] * 50, 9000, operator.mul))
    began = time.monotonic()
    with Children(1, should_stop=stop) as some, pytest.raises(Stopped):
        some.run([lambda: long], some.now() + 600)
    assert time.monotonic() - began < 60
    assert asked == 3


def test_a_child_without_pipes_is_none() -> None:
    with pytest.raises(ChildFailed, match="without pipes"):
        children._pipe(None)


def test_only_tasks_of_this_package_are_done() -> None:
    assert perform(ASK) is True
    with pytest.raises(ChildFailed, match="no module of this package"):
        perform(Call("os", "getpid", ()))
