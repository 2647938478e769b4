"""What the centre has done in a quarter, as its books say: rows with sessions and attendances (연인원)."""

from __future__ import annotations

from collections.abc import Iterator

from booking.domain import quarterly_report as report
from booking.domain.programmes import Section, ToldTo
from booking.domain.quarterly_report import ActivityRow
from booking.queries.quarter import ProgrammeFigures, QuarterFigures

_ROWS = {ToldTo.PARENTS: report.Section.PARENTS, ToldTo.DONORS: report.Section.DONORS}


def reported_activities(figures: QuarterFigures) -> tuple[ActivityRow, ...]:
    """Return what a quarter's report says of its figures, a row for each kind and place, in the order of the kinds.

    Of meetings only their number is said, as the district's form has it; kinds that were corrected to nothing are left
    out.
    """
    return tuple(row for line in figures.programmes if line.attended for row in _rows(line))


def _rows(line: ProgrammeFigures) -> Iterator[ActivityRow]:
    sessions, people = line.attended.sessions, line.attended.people
    if line.listed and line.section is Section.MEETING:
        yield ActivityRow(report.Section.MEETING, line.name, sessions, None, line.report_note, kind=line.programme_id)
    elif line.listed:
        yield ActivityRow(
            report.Section.PROGRAMME, line.name, sessions, people, line.report_note, kind=line.programme_id
        )
    if line.told_to is not None:
        yield ActivityRow(_ROWS[line.told_to], line.report_name or line.name, sessions, None, kind=line.programme_id)
