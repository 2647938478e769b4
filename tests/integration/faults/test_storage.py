"""The disk under the database is full, or fails when told to keep: what was promised stands, nothing is half there."""

from __future__ import annotations

import secrets
import shutil
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.pool import NullPool

from booking.db import make_sessions, transaction
from booking.models.messages import Message
from booking.models.people import User
from booking.notify.catalogue import Kind
from booking.services.messages import Draft, write_message
from tests.support.faults import sound, trials
from tests.support.letters import usual
from tests.support.messaging import Post, post_office
from tests.support.servers import migrate
from tools import postgres
from tools.children import wait_for

DISK_MB = 200
#: a database that keeps what it promises, and soon needs new room
KEEPS = ("min_wal_size=32MB", "max_wal_size=32MB", "wal_recycle=off", "shared_buffers=16MB")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of its own; only root may have one."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={DISK_MB}m,mode=700", "none", str(folder)]
    if shutil.which("mount") is None or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("nobody but root may mount a disk")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=False)


class Keeper:
    """A database server of the test's own, that is there again after it has fallen, and what it has promised."""

    def __init__(self, folder: Path, log: Path) -> None:
        self.data, self.log = folder / "postgres", log
        self.server = postgres.start(self.data, log, KEEPS)
        self.server.create("ours")
        migrate(self.server.url("ours"))
        self.post = self._office()
        self.promised: list[int] = []

    def _office(self) -> Post:
        engine = sa.create_engine(self.server.url("ours"), poolclass=NullPool)
        return post_office(make_sessions(engine), self.server.url("ours"), None, None)

    def write(self, number: int) -> None:
        """Write a long letter over two channels in one transaction; its number is noted once that is promised."""
        facts = {**usual(Kind.VISIT_CONFIRMED), "padding": secrets.token_hex(250_000)}
        with self.post.sessions() as session, transaction(session):
            reader = session.get_one(User, self.post.teacher.id)
            write_message(session, Draft(Kind.VISIT_CONFIRMED, reader, f"visit:{number}", 1, facts))
        self.promised.append(number)

    def kept(self) -> Counter[str]:
        """How many messages are there of each letter."""
        with self.post.sessions() as session:
            return Counter(session.scalars(sa.select(Message.subject)))

    def back(self) -> None:
        """Wait until the server answers again; start it where it is gone."""
        with suppress(subprocess.TimeoutExpired):
            self.server.process.wait(2)
        if self.server.process.poll() is None:
            wait_for(self.server.process, self.answers, self.log)
            return
        self.server = postgres.start(self.data, self.log, KEEPS)
        engine = sa.create_engine(self.server.url("ours"), poolclass=NullPool)
        self.post.sessions = make_sessions(engine)

    def answers(self) -> bool:
        """Whether the server takes lines."""
        with suppress(Exception):
            self.server.connect("ours").close()
            return True
        return False

    def whole(self) -> None:
        """Everything promised is there, every letter is there with both its messages or not at all."""
        kept = self.kept()
        assert set(kept.values()) == {2}
        assert {f"visit:{number}" for number in self.promised} <= set(kept)
        sound(self.post.sessions)


@contextmanager
def kept_in(folder: Path, log: Path) -> Iterator[Keeper]:
    keeper = Keeper(folder, log)
    try:
        yield keeper
    finally:
        keeper.server.stop()


def test_a_full_disk_is_an_error_and_nothing_is_half_written(small_disk: Path, tmp_path: Path) -> None:
    with kept_in(small_disk, tmp_path / "postgres.log") as keeper:
        keeper.write(1)
        ballast = small_disk / "ballast"
        with ballast.open("wb") as file, suppress(OSError):
            while True:
                file.write(b"\0" * (1 << 20))
        refused = 0
        for number in range(2, 200):
            try:
                keeper.write(number)
            # pages answer an OperationalError with 503 and a word to try again
            except OperationalError:
                refused += 1
            if refused >= trials(3, 20) or not keeper.answers():
                break
        assert refused, "the disk was never full"
        ballast.unlink()
        keeper.back()
        keeper.whole()
        keeper.write(500)
        keeper.whole()


@contextmanager
def nothing_is_kept(data: Path) -> Iterator[None]:
    """Let every fsync of the server and of its children fail."""
    first = (data / "postmaster.pid").read_text(encoding="utf-8").split("\n", 1)[0]
    children = Path(f"/proc/{first}/task/{first}/children").read_text(encoding="ascii").split()
    strace = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=fsync,fdatasync"]
    strace += ["-e", "inject=fsync,fdatasync:error=EIO"]
    for process in (first, *children):
        strace += ["-p", process]
    running = subprocess.Popen(strace, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    time.sleep(1)
    if running.poll() is not None:
        pytest.skip("nobody may look over this server's shoulder")
    try:
        yield
    finally:
        running.send_signal(signal.SIGINT)
        with suppress(subprocess.TimeoutExpired):
            running.wait(5)
        running.kill()
        running.wait()


@pytest.mark.skipif(shutil.which("strace") is None, reason="needs strace")
def test_what_the_disk_does_not_keep_is_not_promised(tmp_path: Path) -> None:
    with kept_in(tmp_path, tmp_path / "postgres.log") as keeper:
        number = 0
        for _ in range(trials(1, 5)):
            number += 1
            keeper.write(number)
            with nothing_is_kept(keeper.data):
                number += 1
                with pytest.raises(DBAPIError):
                    keeper.write(number)
            keeper.back()
            keeper.whole()
        # the control: with a disk that keeps, the same press is a promise
        keeper.write(number + 1)
        keeper.whole()
        assert keeper.promised == [*range(1, number, 2), number + 1]
