"""What a backup is: one tar file with PostgreSQL's own dump and a manifest that says what is in it and its checksum."""

from __future__ import annotations

import hashlib
import json
import os
import tarfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

import psycopg

from tools import paths, postgres
from tools.children import CannotStart
from tools.launcher import DATABASE, STATE_FILE

FORMAT = "ilteo-backup/1"
MANIFEST, DUMP = "manifest.json", "database.dump"
CHUNK = 1 << 20


class BackupProblem(Exception):
    """A sentence for the person at the keyboard: what is wrong, and what to do."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup holds."""

    format: str
    made_at: str
    #: the revision of the schema
    revision: str
    sha256: str
    #: rows of each table, for the person who looks
    rows: dict[str, int]


@dataclass(frozen=True, slots=True)
class Target:
    """A database as PostgreSQL's programs want it: a name, and the environment in which it is found."""

    name: str
    environment: Mapping[str, str]

    @classmethod
    def from_url(cls, url: str) -> Target:
        """Read an address as SQLAlchemy writes it; secrets go into the environment, never on a command line."""
        parts = urlsplit(url.replace("+psycopg", "", 1))
        given = {key: values[0] for key, values in parse_qs(parts.query).items()}
        found = {
            "PGHOST": given.get("host") or parts.hostname or "",
            "PGPORT": str(parts.port or given.get("port", "")),
            "PGUSER": unquote(parts.username or ""),
            "PGPASSWORD": unquote(parts.password or ""),
            "PGSSLMODE": given.get("sslmode", ""),
        }
        return cls(parts.path.lstrip("/"), {key: value for key, value in found.items() if value})

    def connect(self, database: str | None = None) -> psycopg.Connection:
        """Connect to this database, or to another one beside it; every statement is its own transaction."""
        given = self.environment
        return psycopg.connect(
            host=given.get("PGHOST"), port=given.get("PGPORT"), user=given.get("PGUSER"),
            password=given.get("PGPASSWORD"), sslmode=given.get("PGSSLMODE"), dbname=database or self.name,
            autocommit=True, connect_timeout=5,
        )  # fmt: skip

    def surroundings(self) -> dict[str, str]:
        """The environment in which PostgreSQL's programs run."""
        return {**os.environ, **self.environment}


def program(name: str) -> Path:
    """One of PostgreSQL's programs, out of the wheel: no older than any server that we support."""
    return postgres.programs() / name


@contextmanager
def the_database(data: Path) -> Iterator[str]:
    """The address of the database: `DATABASE_URL`, that of the service running on ``data``, or its own server started.

    Raises:
        BackupProblem: there is none.
    """
    given = os.environ.get("DATABASE_URL", "").strip()
    if given:
        yield given
        return
    try:
        running = json.loads((data / STATE_FILE).read_text(encoding="utf-8"))["environment"]["DATABASE_URL"]
        Target.from_url(running).connect().close()
    except (OSError, ValueError, KeyError, psycopg.Error):
        running = ""
    if running:
        yield running
        return
    if not (data / "postgres" / "PG_VERSION").exists():
        raise BackupProblem("There is no database yet: start the service once with `make run`, or set DATABASE_URL.")
    try:
        server = postgres.start(data / "postgres", data / "log/postgres.log")
    except CannotStart as error:
        raise BackupProblem(str(error)) from error
    try:
        yield server.url(DATABASE)
    finally:
        server.stop()


def checksum(file: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    digest = hashlib.sha256()
    with file.open("rb") as content:
        while chunk := content.read(CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def pack(target: Path, manifest: Manifest, dump: Path) -> None:
    """Write both into one file that only its owner can read: whole, or not at all."""
    fresh = target.with_name(target.name + ".new")
    described = dump.with_name(MANIFEST)
    described.write_text(json.dumps(asdict(manifest), indent=1) + "\n", encoding="utf-8")
    fresh.unlink(missing_ok=True)
    with (
        os.fdopen(os.open(fresh, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as output,
        tarfile.open(fileobj=output, mode="w") as archive,
    ):
        archive.add(described, MANIFEST)
        archive.add(dump, DUMP)
        output.flush()
        os.fsync(output.fileno())
    fresh.replace(target)


def unpack(source: Path, folder: Path) -> tuple[Manifest, Path]:
    """Take both out again and hold the dump against its checksum.

    Raises:
        BackupProblem: the file is none of ours, or damaged.
    """
    try:
        with tarfile.open(source) as archive:
            manifest = archive.extractfile(MANIFEST)
            if manifest is None:
                raise KeyError(MANIFEST)
            read = Manifest(**json.loads(manifest.read(CHUNK)))
            archive.extract(DUMP, folder, filter="data")
    except (OSError, tarfile.TarError, KeyError, TypeError, ValueError, EOFError) as error:
        raise BackupProblem(f"{source} is not a whole backup of this service: {error}") from error
    dump = folder / DUMP
    if read.format != FORMAT:
        raise BackupProblem(f"{source} has the format {read.format}; this version reads {FORMAT}.")
    if checksum(dump) != read.sha256:
        raise BackupProblem(
            f"{source} is damaged: its checksum does not fit. Nothing has been changed; use another one."
        )
    return read, dump


def data_folder() -> Path:
    """Where `make run` keeps its data."""
    return Path(os.environ.get("DATA_FOLDER", "") or paths.VAR).resolve()
