"""Large tables are read, looked at, applied and undone by a worker; what it has to say stands in the upload's row."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session, sessionmaker

from booking.db import transaction
from booking.domain.sheet_rows import SheetKind, SheetTask
from booking.domain.topics import Topic
from booking.exchange.sheets import MOST_ROWS, write_sheet
from booking.models.outbox import Job
from booking.models.schools import SchoolClass
from booking.models.sheets import SheetUpload
from booking.services import abandoned
from booking.services.outbox import HandedJob
from booking.services.sheet_jobs import (
    BYTES_AT_ONCE,
    ROWS_AT_ONCE,
    ask,
    is_large,
    preview_of,
    take_file,
    work_sheet,
)
from booking.services.sheet_outcomes import Outcome
from booking.services.sheets import find_upload
from tests.support.pages import Site

HEAD = ("학교", "학급", "학생 수")


def rows(count: int) -> list[tuple[str, str, int]]:
    """So many classes of the small term's schools, a hundred of each grade at most."""
    return [(("가람중", "나래중")[n % 2], f"{n // 20 % 6 + 1}-{n % 20 + 10}", 20 + n % 5) for n in range(count)]


@pytest.fixture
def sessions(site: Site) -> Iterator[sessionmaker[Session]]:
    """A worker's own sessions on the database of the pages."""
    site.session.commit()
    yield sessionmaker(site.session.get_bind())
    site.session.rollback()


def taken(site: Site, sessions: sessionmaker[Session], data: bytes) -> int:
    with sessions() as session, transaction(session):
        small = site.small
        return take_file(session, small.clock, small.coordinator, SheetKind.CLASSES, "학급.xlsx", data, {}).id


def worked(site: Site, sessions: sessionmaker[Session], number: int) -> SheetUpload:
    work_sheet(sessions, site.small.clock, site.small.config, number)
    site.session.rollback()
    site.session.expire_all()
    return find_upload(site.session, number)


def asked(site: Site, sessions: sessionmaker[Session], number: int, task: SheetTask, seen: str = "") -> None:
    with sessions() as session, transaction(session):
        ask(session, site.small.coordinator, find_upload(session, number, lock=True), task, seen)


def added(site: Site) -> int:
    site.session.rollback()
    return (
        site.session.scalar(sa.select(sa.func.count()).where(SchoolClass.label.like("%-%"), SchoolClass.pupils < 25))
        or 0
    )


def test_a_small_table_needs_no_worker(site: Site, sessions: sessionmaker[Session]) -> None:
    number = taken(site, sessions, write_sheet("표", HEAD, rows(5)))
    upload = find_upload(site.session, number)
    assert (upload.task, is_large(upload)) == (None, False)
    assert site.session.scalar(sa.select(sa.func.count()).where(Job.topic == Topic.WORK_SHEET)) == 0


def test_a_large_table_is_looked_at_applied_and_undone(site: Site, sessions: sessionmaker[Session]) -> None:
    before = added(site)
    number = taken(site, sessions, write_sheet("표", HEAD, rows(ROWS_AT_ONCE + 1)))
    assert site.session.scalar(sa.select(sa.func.count()).where(Job.topic == Topic.WORK_SHEET)) == 1
    upload = worked(site, sessions, number)
    found = preview_of(upload)
    assert found is not None
    assert found[0].counts == {Outcome.ADDED: ROWS_AT_ONCE + 1}
    assert added(site) == before, "looking changes nothing"

    asked(site, sessions, number, SheetTask.APPLY, found[1])
    upload = worked(site, sessions, number)
    assert (upload.task, upload.failed) == (None, None)
    assert added(site) == before + ROWS_AT_ONCE + 1
    # a wake-up that comes twice
    worked(site, sessions, number)
    assert added(site) == before + ROWS_AT_ONCE + 1

    asked(site, sessions, number, SheetTask.UNDO)
    upload = worked(site, sessions, number)
    assert (upload.failed or {})["back"] == ROWS_AT_ONCE + 1
    assert added(site) == before


def test_a_register_that_changed_meanwhile_is_looked_at_again(site: Site, sessions: sessionmaker[Session]) -> None:
    number = taken(site, sessions, write_sheet("표", HEAD, rows(ROWS_AT_ONCE + 1)))
    upload = worked(site, sessions, number)
    found = preview_of(upload)
    assert found is not None
    school, label, _ = rows(1)[0]
    with sessions() as session, transaction(session):
        number_of = session.scalar(sa.text("SELECT id FROM school WHERE name = :name"), {"name": school})
        session.add(SchoolClass(school_id=number_of, label=label, pupils=40, chaperones_needed=2))
    before = added(site)
    asked(site, sessions, number, SheetTask.APPLY, found[1])
    upload = worked(site, sessions, number)
    assert (upload.failed or {})["reason"] == "changed"
    assert added(site) == before
    again = preview_of(upload)
    assert again is not None
    assert again[0].counts[Outcome.CHANGED] == 1


def test_a_large_file_is_read_by_the_worker_and_what_is_wrong_with_it_is_said(
    site: Site, sessions: sessionmaker[Session]
) -> None:
    text = "학교,학급,학생 수\n" + "가람중,1-1,20\n" * (BYTES_AT_ONCE // 10)
    number = taken(site, sessions, text.encode())
    upload = find_upload(site.session, number)
    assert (upload.task, upload.content["rows"]) == (SheetTask.LOOK, [])
    upload = worked(site, sessions, number)
    assert len(text.splitlines()) > MOST_ROWS
    assert (upload.failed or {})["reason"] == "sheet_large"
    assert preview_of(upload) is None


def test_a_table_that_ended_its_workers_can_be_looked_at_again(site: Site, sessions: sessionmaker[Session]) -> None:
    number = taken(site, sessions, write_sheet("표", HEAD, rows(ROWS_AT_ONCE + 1)))
    with sessions() as session, transaction(session):
        abandoned.settle_lost(session, site.small.clock, [HandedJob(1, Topic.WORK_SHEET, number)])  # type: ignore[arg-type]
    site.session.rollback()
    upload = find_upload(site.session, number)
    assert (upload.task, (upload.failed or {})["reason"]) == (None, "worker_died")
    asked(site, sessions, number, SheetTask.LOOK)
    assert preview_of(worked(site, sessions, number)) is not None
