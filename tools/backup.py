"""`make backup`: one file with everything, made while the service runs; `make backup FILE=…` names it."""

from __future__ import annotations

import argparse
import datetime as dt
import subprocess
import sys
import tempfile
from pathlib import Path

import psycopg
from psycopg import sql

from tools.archive import (
    DUMP,
    FORMAT,
    BackupProblem,
    Manifest,
    Target,
    checksum,
    data_folder,
    pack,
    program,
    the_database,
)


def counted(target: Target) -> tuple[str, dict[str, int]]:
    """The revision of the schema and the rows of each table.

    Raises:
        BackupProblem: the database has no schema of ours.
    """
    tables = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename"
    with target.connect() as connection:
        names = [row[0] for row in connection.execute(tables)]
        if "alembic_version" not in names:
            raise BackupProblem(f"The database {target.name} is empty: there is nothing to back up.")
        revision = connection.execute("SELECT version_num FROM alembic_version").fetchone()
        rows = {}
        for name in names:
            count = connection.execute(sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(name))).fetchone()
            rows[name] = count[0] if count else 0
    return (revision[0] if revision else ""), rows


def back_up(url: str, file: Path) -> Manifest:
    """Write the database at ``url`` into ``file``, as it is at one moment; people go on working meanwhile.

    Raises:
        BackupProblem: PostgreSQL refused, or there is nothing to write.
    """
    target = Target.from_url(url)
    file.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=file.parent, prefix=".backup-") as folder:
        dump = Path(folder) / DUMP
        revision, rows = counted(target)
        command = [
            program("pg_dump"),
            "--exclude-schema=sandbox_*",
            "--format=custom",
            "--no-owner",
            "--no-privileges",
            "--file",
            dump,
            target.name,
        ]
        done = subprocess.run(
            [str(part) for part in command], env=target.surroundings(), capture_output=True, text=True, check=False
        )
        if done.returncode != 0:
            raise BackupProblem(f"PostgreSQL could not write the backup: {done.stderr.strip()}")
        made = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
        manifest = Manifest(FORMAT, made, revision, checksum(dump), rows)
        pack(file, manifest, dump)
    return manifest


def main() -> int:
    """Write a backup and say where it lies."""
    parser = argparse.ArgumentParser(prog="make backup", description=__doc__)
    stamp = dt.datetime.now().astimezone().strftime("%Y%m%d-%H%M%S")
    parser.add_argument("file", nargs="?", type=Path, default=data_folder() / "backups" / f"ilteo-{stamp}.tar")
    file: Path = parser.parse_args().file.resolve()
    try:
        with the_database(data_folder()) as url:
            manifest = back_up(url, file)
    except (BackupProblem, psycopg.Error, OSError) as error:
        print(f"backup: {error}", file=sys.stderr)
        return 1
    print(f"backup: {sum(manifest.rows.values()):,} rows, {file.stat().st_size:,} bytes in {file}")
    print("backup: it holds people's addresses and is not encrypted: keep it where only the centre can read it")
    return 0


if __name__ == "__main__":
    sys.exit(main())
