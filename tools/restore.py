"""`make restore FILE=…`: a backup becomes the database, all of it or nothing; the former one is kept beside it.

The backup is brought into a database of its own, upgraded to the schema of this version, and its sending is paused.
Only then the two change names. A service that runs goes on with the restored data.
"""

from __future__ import annotations

import argparse
import datetime as dt
import os
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql

from tools import paths
from tools.archive import BackupProblem, Manifest, Target, data_folder, program, the_database, unpack


def with_name(url: str, name: str) -> str:
    """The address of another database of the same server."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(path=f"/{name}"))


def flask(url: str, *arguments: str) -> None:
    """Run a command of the application on a database.

    Raises:
        BackupProblem: it failed.
    """
    surroundings = {
        **os.environ, "DATABASE_URL": url, "REDIS_URL": "redis+socket:///nowhere", "SECRET_KEY": "restore" * 8,
        "BASE_URL": "http://127.0.0.1:8000", "ILTEO_DEMO": "1", "LOG_LEVEL": "WARNING",
    }  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-m", "flask", "--app", "booking", *arguments],
        cwd=paths.ROOT,
        env=surroundings,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        said = (done.stdout + done.stderr).strip().splitlines()[-5:]
        raise BackupProblem(f"`flask {' '.join(arguments)}` failed on the backup:\n  " + "\n  ".join(said))


def in_use(target: Target) -> bool:
    """Whether there are people in the database: a term, or anybody who signs in."""
    tables = "SELECT count(*) FROM pg_tables WHERE schemaname = 'public' AND tablename IN ('term', 'app_user')"
    with target.connect() as connection:
        found = connection.execute(tables).fetchone()
        if not found or found[0] < 2:
            return False
        used = connection.execute("SELECT EXISTS (SELECT FROM term) OR EXISTS (SELECT FROM app_user)").fetchone()
    return bool(used and used[0])


def fill(target: Target, dump: Path) -> None:
    """Bring a dump into an empty database.

    Raises:
        BackupProblem: PostgreSQL found the dump damaged, or too new for it.
    """
    command = [program("pg_restore"), "--exit-on-error", "--no-owner", "--no-privileges", "--dbname", target.name, dump]
    done = subprocess.run(
        [str(part) for part in command], env=target.surroundings(), capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise BackupProblem(f"PostgreSQL could not read the backup: {done.stderr.strip()[-600:]}")


def restore(url: str, file: Path, *, replace_it: bool) -> tuple[Manifest, str]:
    """Make the backup the database at ``url``; returns what it held and the name under which the former is kept.

    Raises:
        BackupProblem: the file is damaged, or the database is in use and ``replace_it`` was not said; nothing changes.
    """
    target = Target.from_url(url)
    if not replace_it and in_use(target):
        raise BackupProblem(
            f"The database {target.name} is in use. `make restore FILE=… REPLACE=1` puts the backup in its place and"
            " keeps it under another name."
        )
    stamp = dt.datetime.now(dt.UTC).strftime("%Y%m%d_%H%M%S")
    fresh, former = f"{target.name}_restoring_{stamp}", f"{target.name}_before_{stamp}"
    with tempfile.TemporaryDirectory(prefix="ilteo-restore-") as folder:
        manifest, dump = unpack(file, Path(folder))
        with target.connect("postgres") as server:
            server.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(sql.Identifier(fresh)))
            try:
                fill(replace(target, name=fresh), dump)
                flask(with_name(url, fresh), "db", "upgrade")
                flask(with_name(url, fresh), "pause-sending")
                _change_names(server, target.name, fresh, former)
            except BaseException:
                server.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(fresh)))
                raise
    return manifest, former


def _change_names(server: psycopg.Connection, name: str, fresh: str, former: str) -> None:
    """The two databases change places; whoever is connected is sent away and comes back to the restored one."""
    away = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = ANY(%s) AND pid <> pg_backend_pid()"
    rename = sql.SQL("ALTER DATABASE {} RENAME TO {}")
    server.execute(sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS false").format(sql.Identifier(name)))
    try:
        server.execute(away, [[name, fresh]])
        with server.transaction():
            server.execute(rename.format(sql.Identifier(name), sql.Identifier(former)))
            server.execute(rename.format(sql.Identifier(fresh), sql.Identifier(name)))
    finally:
        for one in (name, former):
            known = server.execute("SELECT 1 FROM pg_database WHERE datname = %s", [one]).fetchone()
            if known:
                server.execute(sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS true").format(sql.Identifier(one)))


def main() -> int:
    """Restore, and say what is to be done next."""
    parser = argparse.ArgumentParser(prog="make restore", description=__doc__)
    parser.add_argument("file", type=Path, help="a file that `make backup` wrote")
    parser.add_argument("--replace", action="store_true", help="put it in the place of a database that is in use")
    options = parser.parse_args()
    try:
        with the_database(data_folder()) as url:
            manifest, former = restore(url, options.file.resolve(), replace_it=options.replace)
    except (BackupProblem, psycopg.Error, OSError) as error:
        print(f"restore: {error}", file=sys.stderr)
        return 1
    print(f"restore: the backup of {manifest.made_at} is in place ({sum(manifest.rows.values()):,} rows)")
    print(f"restore: the former database is kept as {former}")
    print("restore: sending is paused: look at /console/messages/sending before anything leaves")
    return 0


if __name__ == "__main__":
    sys.exit(main())
