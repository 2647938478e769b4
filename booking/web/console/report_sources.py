"""Where each figure of a report comes from: the entries behind it, and what the books say by now where that differs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from flask import url_for

from booking.domain.ids import ProgrammeId
from booking.domain.ledger import Amount
from booking.domain.person import Person
from booking.domain.quarters import Quarter
from booking.domain.report_document import Document, Line, Part
from booking.queries.quarter import QuarterFigures
from booking.web.access import STAFF
from booking.web.marking import gettext


@dataclass(frozen=True, slots=True)
class Source:
    """One printed figure, the address of what is behind it, and the books' own figure where it is another by now."""

    label: str
    href: str
    sessions: int | None = None
    attendances: int | None = None
    now: Amount | None = None


def sources(document: Document, quarter: Quarter, figures: QuarterFigures, person: Person) -> dict[str, list[Source]]:
    """Return what is behind the figures of each part, by its key."""
    money = Source(gettext("목표와 예산"), url_for("console.targets"))
    found = {"roadmap": [money], "budget": [money]}
    today = {line.programme_id: line.attended for line in figures.programmes}
    for key in ("results", "communication"):
        found[key] = [_entries(line, quarter, today) for line in _lines(document.part(key)) if line.kind is not None]
    if person.role in STAFF:
        found["results"].append(Source(gettext("일터 등록부"), url_for("console.workplaces")))
        found["communication"].append(Source(gettext("언론보도"), url_for("console.press", period=str(quarter.year))))
    return found


def _entries(line: Line, quarter: Quarter, today: dict[ProgrammeId, Amount]) -> Source:
    number = ProgrammeId(line.kind or 0)
    now = today.get(number, Amount())
    same = now.sessions == line.sessions and line.attendances in (None, now.people)
    href = url_for("console.ledger_entries", period=quarter.name, programme=number)
    return Source(line.label, href, line.sessions, line.attendances, None if same else now)


def _lines(part: Part) -> Iterator[Line]:
    yield from part.lines
    for row in part.table.rows if part.table else ():
        for cell in row:
            yield from cell.lines
