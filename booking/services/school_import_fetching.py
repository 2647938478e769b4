"""What a worker fetches for a school from the national system. No transaction is open while it is waited for."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from sqlalchemy.orm import Session, sessionmaker

from booking.clock import Clock
from booking.config import Config
from booking.db import transaction
from booking.domain.ids import SchoolImportId
from booking.domain.school_texts import class_label, same_school
from booking.domain.school_year import ImportKind, classify, merged
from booking.domain.states import IMPORT_STEPS, ImportStatus, step
from booking.exchange.neis import NeisClient, NeisError
from booking.models.school_year import SchoolImport
from booking.models.schools import School
from booking.services.school_imports import OFFICE, SCHOOL, document
from booking.services.school_year import lock_school

MOST_CANDIDATES = 20


class Source(Protocol):
    """What an import asks of the national system."""

    def schedule(self, office: str, school: str, first: str, last: str) -> list[dict[str, str]]:
        """Rows of a calendar."""
        ...

    def classes(self, office: str, school: str, year: int) -> list[dict[str, str]]:
        """Rows of classes."""
        ...

    def schools(self, name: str) -> list[dict[str, str]]:
        """Rows of schools whose name begins so."""
        ...


class _Failed(Exception):
    """The import ends here; the code of a sentence, and what the person may choose from."""

    def __init__(self, code: str, candidates: Sequence[Mapping[str, str]] = ()) -> None:
        super().__init__(code)
        self.candidates = [dict(candidate) for candidate in candidates]


def school_year_of(date: dt.date) -> int:
    """Return the school year of a day: it begins in March."""
    return date.year if date.month > 2 else date.year - 1


def fetch_import(
    sessions: sessionmaker[Session],
    clock: Clock,
    config: Config,
    import_id: SchoolImportId,
    source: Source | None = None,
) -> None:
    """Fetch what an import asked for. No transaction is open while the national system is waited for."""
    with sessions() as session, transaction(session):
        row = session.get(SchoolImport, import_id)
        if row is None or row.status is not ImportStatus.WAITING:
            return
        school = session.get_one(School, row.school_id)
        asked = (row.kind, row.first_on, row.last_on, school.name, school.neis_office, school.neis_code)
    content: dict[str, Any] = {}
    error, codes = None, None
    try:
        if source is None:
            if config.neis is None:
                raise _Failed("key")
            source = NeisClient(config.neis)
        codes, content = _fetch(source, *asked)
    except NeisError as refused:
        error = refused.fault.value
    except _Failed as failed:
        error, content = str(failed), {"candidates": failed.candidates}
    with sessions() as session, transaction(session):
        row = session.get(SchoolImport, import_id, with_for_update=True, populate_existing=True)
        if row is None or row.status is not ImportStatus.WAITING:
            return
        row.status = step(IMPORT_STEPS, row.status, ImportStatus.FAILED if error else ImportStatus.READY)
        row.error, row.content, row.finished_at = error, content, clock.now()
        if codes is not None:
            school = lock_school(session, row.school_id)
            school.neis_office, school.neis_code = codes


def _fetch(
    source: Source, kind: ImportKind, first: dt.date, last: dt.date, name: str, office: str | None, code: str | None
) -> tuple[tuple[str, str] | None, dict[str, Any]]:
    """The school's codes where they had to be looked up, and what came."""
    found = None
    if not office or not code:
        office, code = found = _look_up(source, name)
    if kind is ImportKind.CALENDAR:
        rows = source.schedule(office, code, f"{first:%Y%m%d}", f"{last:%Y%m%d}")
        days = [day for day in map(classify, rows) if day is not None and first <= day.date <= last]
        if not days:
            # an empty answer must never read as "everything was cancelled"
            raise _Failed("nothing")
        return found, {"days": [document(day) for day in merged(days)], "rows": len(rows)}
    rows = source.classes(office, code, school_year_of(last))
    labels = {class_label(f"{row.get('GRADE', '')}-{row.get('CLASS_NM', '')}") for row in rows} - {None}
    if not labels:
        raise _Failed("nothing")
    return found, {"classes": sorted(str(label) for label in labels)}


def _look_up(source: Source, name: str) -> tuple[str, str]:
    """The codes of the one school of that name."""
    rows = [row for row in source.schools(re.sub(r"학교$", "", name)) if same_school(row.get("SCHUL_NM", ""), name)]
    known = [
        (row.get("ATPT_OFCDC_SC_CODE", ""), row.get("SD_SCHUL_CODE", ""), row)
        for row in rows
        if OFFICE.fullmatch(row.get("ATPT_OFCDC_SC_CODE", "")) and SCHOOL.fullmatch(row.get("SD_SCHUL_CODE", ""))
    ]
    if len(known) == 1:
        return known[0][0], known[0][1]
    raise _Failed(
        "ambiguous" if known else "no_school",
        [
            {"office": office, "code": code, "name": row.get("SCHUL_NM", ""), "place": row.get("ORG_RDNMA", "")}
            for office, code, row in known[:MOST_CANDIDATES]
        ],
    )
