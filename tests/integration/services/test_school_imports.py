"""An import from the national system, end to end: asked for, fetched by a worker, looked at, applied."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session, sessionmaker

from booking.config import Config
from booking.db import make_engine, make_sessions
from booking.domain.ids import SchoolImportId
from booking.domain.person import Person
from booking.domain.school_year import ImportKind
from booking.domain.states import ImportStatus
from booking.domain.topics import Topic
from booking.domain.vocabulary import Role
from booking.models.outbox import Job
from booking.models.school_year import SchoolDay, SchoolImport
from booking.models.schools import School
from booking.services import abandoned, school_imports
from booking.services.outbox import HandedJob
from booking.services.school_import_fetching import fetch_import
from tests.support.factory import SmallTerm
from tests.support.neis import OpenData, event, open_data

GARAM = {"ATPT_OFCDC_SC_CODE": "B10", "SD_SCHUL_CODE": "7000001", "SCHUL_NM": "가람중학교", "ORG_RDNMA": "구로구 1"}


class Office:
    """A term committed in a database of its own, and the national system beside it."""

    def __init__(self, sessions: sessionmaker[Session], national: OpenData) -> None:
        self.sessions = sessions
        self.national = national
        self.session = sessions()
        self.small = SmallTerm(self.session)
        self.session.commit()
        self.config: Config = replace(self.small.config, neis=national.settings)
        self.teacher: Person = self.small.person(Role.TEACHER, "S0")

    def start(self, kind: ImportKind = ImportKind.CALENDAR) -> SchoolImportId:
        row = school_imports.start_import(
            self.session, self.config, self.teacher, self.teacher.school_ids[0], self.small.term, kind
        )
        self.session.commit()
        return row.id

    def run(self, kind: ImportKind = ImportKind.CALENDAR) -> SchoolImport:
        number = self.start(kind)
        fetch_import(self.sessions, self.small.clock, self.config, number)
        return self.row(number)

    def row(self, number: SchoolImportId) -> SchoolImport:
        self.session.rollback()
        self.session.expire_all()
        return self.session.get_one(SchoolImport, number)

    def apply(self, row: SchoolImport) -> None:
        school_imports.apply_import(self.session, self.small.clock, self.teacher, row.id)
        self.session.commit()


@pytest.fixture
def office(database_url: str) -> Iterator[Office]:
    engine = make_engine(database_url)
    with open_data() as national:
        national.rows["schoolInfo"] = [GARAM, {**GARAM, "SCHUL_NM": "가람중앙고등학교", "SD_SCHUL_CODE": "7000009"}]
        national.rows["SchoolSchedule"] = [
            event("20270316", "1차 지필평가 ", "NYY***"),
            event("20270316", "1차 지필평가", "YNN***"),
            event("20270322", "체육대회", "YYY***"),
            event("20280322", "내년", "YYY***"),
        ]
        built = Office(make_sessions(engine), national)
        yield built
        built.session.close()
    engine.dispose()


def test_a_calendar_is_fetched_looked_at_and_applied(office: Office) -> None:
    number = office.start()
    assert office.start() == number
    jobs = sa.select(Job.topic).where(Job.subject_id == number, Job.topic != Topic.RECKON_OUTLOOK)
    assert office.session.scalars(jobs).all() == [Topic.IMPORT_NEIS]
    # nothing of ours waits in a transaction while the national system is asked
    open_ones = sa.text(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state = 'idle in transaction'"
    )

    def nobody_waits() -> None:
        with office.sessions() as other:
            assert other.scalar(open_ones) == 0

    office.session.rollback()
    office.national.before = nobody_waits
    fetch_import(office.sessions, office.small.clock, office.config, number)
    row = office.row(number)
    assert (row.status, row.error) == (ImportStatus.READY, None)
    found = school_imports.preview(office.session, row)
    assert [(day.name, day.grades) for day in found.added] == [("1차 지필평가", (1, 2, 3)), ("체육대회", ())]
    assert office.session.scalar(sa.select(sa.func.count()).select_from(SchoolDay)) == 0
    office.apply(row)
    stored = office.session.scalars(sa.select(SchoolDay).order_by(SchoolDay.date)).all()
    assert [(day.name, day.rule_version) for day in stored] == [("1차 지필평가", 1), ("체육대회", 1)]
    school = office.session.get_one(School, office.teacher.school_ids[0], populate_existing=True)
    assert (school.neis_office, school.neis_code) == ("B10", "7000001")


def test_the_same_again_is_no_change_and_a_change_upstream_is_shown(office: Office) -> None:
    office.apply(office.run())
    again = office.run()
    assert not school_imports.preview(office.session, again)
    office.national.rows["SchoolSchedule"] = [
        event("20270317", "1차 지필평가"),
        event("20270322", "체육대회", "NNY***"),
    ]
    found = school_imports.preview(office.session, office.run())
    assert [f"{day.date:%m-%d}" for day in found.added] == ["03-17"]
    assert [f"{day.date:%m-%d}" for day in found.gone] == ["03-16"]
    assert [new.grades for _, new in found.changed] == [(3,)]


def test_an_empty_answer_never_takes_a_calendar_away(office: Office) -> None:
    office.apply(office.run())
    office.national.rows["SchoolSchedule"] = []
    row = office.run()
    assert (row.status, row.error) == (ImportStatus.FAILED, "nothing")
    assert office.session.scalar(sa.select(sa.func.count()).select_from(SchoolDay)) == 2


@pytest.mark.parametrize(
    ("code", "error"),
    [("ERROR-290", "key"), ("INFO-300", "restricted"), ("ERROR-337", "daily_limit"), ("ERROR-500", "server")],
)
def test_a_refusal_is_kept_as_its_reason(office: Office, code: str, error: str) -> None:
    office.national.code = code
    row = office.run()
    assert (row.status, row.error, row.content) == (ImportStatus.FAILED, error, {})


def test_a_name_that_several_schools_have_is_left_to_the_teacher(office: Office) -> None:
    office.national.rows["schoolInfo"] = [GARAM, {**GARAM, "SD_SCHUL_CODE": "7000002", "ORG_RDNMA": "다른 곳"}]
    row = office.run()
    assert row.error == "ambiguous"
    assert [one["code"] for one in row.content["candidates"]] == ["7000001", "7000002"]
    school_imports.set_neis_code(office.session, office.teacher, office.teacher.school_ids[0], "B10", "7000002")
    office.session.commit()
    assert office.run().status is ImportStatus.READY
    assert office.national.asked[-1]["SD_SCHUL_CODE"] == "7000002"


def test_classes_come_as_labels_without_head_counts(office: Office) -> None:
    office.national.rows["classInfo"] = [
        {"GRADE": "1", "CLASS_NM": "03"}, {"GRADE": "1", "CLASS_NM": "03"}, {"GRADE": "9", "CLASS_NM": "1"},
        {"GRADE": "2", "CLASS_NM": " 1 "}, {"GRADE": None, "CLASS_NM": None},
    ]  # fmt: skip
    row = office.run(ImportKind.CLASSES)
    assert row.content["classes"] == ["1-3", "2-1"]
    assert office.national.asked[-1]["AY"] == "2027"


def test_an_import_that_ended_its_workers_can_be_asked_for_again(office: Office) -> None:
    number = office.start()
    abandoned.settle_lost(office.session, office.small.clock, [HandedJob(1, Topic.IMPORT_NEIS, number)])  # type: ignore[arg-type]
    office.session.commit()
    assert office.row(number).error == "worker_died"
    fetch_import(office.sessions, office.small.clock, office.config, number)
    assert office.row(number).status is ImportStatus.FAILED
    assert office.start() != number
