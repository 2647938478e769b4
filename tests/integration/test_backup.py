"""A backup becomes the database again: all of it or nothing, the former kept, and nothing leaves before a look."""

from __future__ import annotations

import tarfile
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.db import make_engine, make_sessions
from booking.models.schools import School
from booking.models.terms import Centre
from booking.services.pausing import RESTORE
from tests.support.factory import SmallTerm
from tests.support.servers import Database
from tools.archive import MANIFEST, BackupProblem, Target
from tools.backup import back_up, counted
from tools.restore import restore, with_name


@pytest.fixture
def filled(database_url: str) -> str:
    """A database with a published term."""
    engine = make_engine(database_url)
    with make_sessions(engine)() as session:
        SmallTerm(session).publish()
        session.commit()
    engine.dispose()
    return database_url


def names(url: str) -> list[str]:
    """The names of the schools in a database, and who paused its sending."""
    engine = make_engine(url)
    with make_sessions(engine)() as session:
        found = [*session.scalars(sa.select(School.name).order_by(School.id)), *_paused(session)]
    engine.dispose()
    return found


def _paused(session: Session) -> list[str]:
    return [by for by in session.scalars(sa.select(Centre.sending_paused_by)) if by]


def rename_schools(url: str) -> None:
    with Target.from_url(url).connect() as connection:
        connection.execute("UPDATE school SET name = '다른 학교 ' || id")


def test_what_was_changed_after_the_backup_is_as_it_was_and_the_former_is_kept(
    filled: str, tmp_path: Path, database: Database
) -> None:
    before, (revision, rows) = names(filled), counted(Target.from_url(filled))
    file = tmp_path / "한글 이름.tar"
    manifest = back_up(filled, file)
    assert (manifest.revision, manifest.rows) == (revision, rows)
    assert file.stat().st_mode & 0o077 == 0
    rename_schools(filled)

    _, former = restore(filled, file, replace_it=True)

    assert names(filled) == [*before, RESTORE]
    assert names(with_name(filled, former)) == [f"다른 학교 {number}" for number in range(1, len(before) + 1)]
    after = counted(Target.from_url(filled))[1]
    assert {table: count for table, count in after.items() if count != rows[table]} == {
        "history_entry": rows["history_entry"] + 1
    }
    # numbers go on where they were: nothing that is new collides with what was brought back
    with Target.from_url(filled).connect() as connection:
        highest = connection.execute("SELECT max(id) FROM history_entry").fetchone()
        next_one = connection.execute("SELECT nextval(pg_get_serial_sequence('history_entry', 'id'))").fetchone()
    assert highest is not None
    assert next_one is not None
    assert next_one[0] > highest[0]
    database.server.drop(former)


def test_a_database_in_use_is_replaced_only_when_told(filled: str, tmp_path: Path) -> None:
    file = tmp_path / "backup.tar"
    back_up(filled, file)
    rename_schools(filled)
    changed = names(filled)
    with pytest.raises(BackupProblem, match="REPLACE=1"):
        restore(filled, file, replace_it=False)
    assert names(filled) == changed


@pytest.mark.parametrize("damage", ["cut", "flipped", "none of ours"])
def test_a_damaged_file_changes_nothing(filled: str, tmp_path: Path, damage: str) -> None:
    file = tmp_path / "backup.tar"
    back_up(filled, file)
    content = bytearray(file.read_bytes())
    if damage == "cut":
        file.write_bytes(content[: len(content) // 2])
    elif damage == "flipped":
        content[len(content) // 2] ^= 0xFF
        file.write_bytes(content)
    else:
        file.write_bytes(b"PK not a backup")
    before, databases = names(filled), all_databases(filled)
    with pytest.raises(BackupProblem):
        restore(filled, file, replace_it=True)
    assert names(filled) == before
    assert all_databases(filled) == databases


def all_databases(url: str) -> set[str]:
    """The databases of the server: nothing half-restored may be left among them."""
    with Target.from_url(url).connect() as connection:
        return {
            row[0] for row in connection.execute("SELECT datname FROM pg_database WHERE datname LIKE '%restoring%'")
        }


def test_an_empty_database_has_nothing_to_back_up(database: Database, tmp_path: Path) -> None:
    database.server.create("nothing_here", "template0")
    url = database.server.url("nothing_here")
    with pytest.raises(BackupProblem, match="nothing to back up"):
        back_up(url, tmp_path / "backup.tar")
    assert list(tmp_path.iterdir()) == []
    database.server.drop("nothing_here")


def test_whoever_is_connected_comes_back_to_the_restored_data(filled: str, tmp_path: Path) -> None:
    """A service that runs has its connections open; they are cut, and the next ones find the backup."""
    file = tmp_path / "backup.tar"
    back_up(filled, file)
    engine = make_engine(filled)
    with engine.connect() as connection:
        connection.execute(sa.text("UPDATE school SET name = '잃을 이름'"))
        connection.commit()
        restore(filled, file, replace_it=True)
        with pytest.raises(sa.exc.DBAPIError):
            connection.execute(sa.text("SELECT 1"))
    with engine.connect() as connection:
        assert "잃을 이름" not in connection.execute(sa.text("SELECT name FROM school")).scalars().all()
    engine.dispose()


def test_the_manifest_names_no_person(filled: str, tmp_path: Path) -> None:
    file = tmp_path / "backup.tar"
    back_up(filled, file)
    with tarfile.open(file) as archive:
        manifest = archive.extractfile(MANIFEST)
        assert manifest is not None
        text = manifest.read().decode()
    with psycopg.connect(filled.replace("+psycopg", "")) as connection:
        people = [row[0] for row in connection.execute("SELECT name FROM app_user UNION SELECT email FROM app_user")]
    assert people
    assert not [name for name in people if name in text]
