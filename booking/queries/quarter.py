"""A quarter's figures for the report: frozen ones as they were frozen, others as the books stand now."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from booking.domain.ids import ProgrammeId
from booking.domain.ledger import Amount, Stage
from booking.domain.programmes import Section, ToldTo
from booking.domain.quarters import Quarter
from booking.models.ledger import FrozenQuarter, LedgerEntry
from booking.models.programmes import Programme
from booking.queries.ledger import Filter, by_programme, total
from booking.queries.pipeline import Found, found_in
from booking.queries.year_books import press, volunteers


@dataclass(frozen=True, slots=True)
class ProgrammeFigures:
    """One line of the report: a kind and what of it took place. ``late`` is the part that corrects earlier quarters."""

    programme_id: ProgrammeId
    code: str
    name: str
    name_en: str
    section: Section
    attended: Amount
    late: Amount
    #: it stands among the quarter's results
    listed: bool = True
    told_to: ToldTo | None = None
    #: how 주민소통실적 calls it; empty: by its name
    report_name: str = ""
    report_note: str = ""


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece in the press."""

    date: dt.date
    outlet: str


@dataclass(frozen=True, slots=True)
class QuarterFigures:
    """A quarter: its lines in the order of the kinds, the attendances that count towards the target, the register."""

    quarter: Quarter
    programmes: tuple[ProgrammeFigures, ...]
    beneficiaries: int
    late: int
    workplaces: Found
    press: tuple[Piece, ...]
    volunteer_hours: Decimal
    frozen: FrozenQuarter | None = None

    def section(self, section: Section) -> tuple[ProgrammeFigures, ...]:
        """The lines of one part of the report."""
        return tuple(line for line in self.programmes if line.section is section)

    def line(self, code: str) -> ProgrammeFigures | None:
        """The line of one kind; None where nothing of it took place."""
        return next((line for line in self.programmes if line.code == code), None)


def quarter_figures(session: Session, quarter: Quarter) -> QuarterFigures:
    """Return the figures of a quarter. Those of a frozen one are read from what was frozen."""
    frozen = session.get(FrozenQuarter, (quarter.year, quarter.number), options=[joinedload(FrozenQuarter.by)])
    if frozen is not None:
        return _read(quarter, json.loads(frozen.document), frozen)
    what = Filter.of(quarter)
    late = {kind.id: amount for kind, amount in by_programme(session, Filter(what.first, what.last, late=True))}
    return QuarterFigures(
        quarter,
        tuple(_line(kind, amount, late.get(kind.id, Amount())) for kind, amount in by_programme(session, what)),
        total(session, Filter(what.first, what.last, counted=True)).people,
        total(session, Filter(what.first, what.last, counted=True, late=True)).people,
        found_in(session, quarter.first, quarter.last),
        tuple(Piece(row.date, row.outlet) for row in press(session, quarter.first, quarter.last)),
        sum((row.hours for row in volunteers(session, quarter.first, quarter.last)), Decimal(0)),
    )


def _line(kind: Programme, amount: Amount, late: Amount) -> ProgrammeFigures:
    return ProgrammeFigures(
        kind.id, kind.code, kind.name, kind.name_en, kind.section, amount, late, kind.listed, kind.told_to,
        kind.report_name, kind.report_note,
    )  # fmt: skip


def cumulative(session: Session, year: int, last: Quarter) -> dict[ProgrammeId, Amount]:
    """Return what took place from the beginning of ``year`` to the end of ``last``, by kind."""
    return {kind.id: amount for kind, amount in by_programme(session, Filter(dt.date(year, 1, 1), last.last))}


def beneficiaries(session: Session, first: dt.date, last: dt.date) -> int:
    """Return the attendances between two days that count towards the target."""
    return total(session, Filter(first, last, counted=True)).people


def pending(session: Session, quarter: Quarter) -> int:
    """Return how many entries count in a quarter: what a page has seen before it is frozen."""
    counted = sa.select(sa.func.count()).where(LedgerEntry.counts_on.between(quarter.first, quarter.last))
    return session.scalar(counted) or 0


def document_of(figures: QuarterFigures) -> dict[str, Any]:
    """Return the figures as they are frozen."""
    return {
        "quarter": figures.quarter.name,
        "stage": Stage.ATTENDED.value,
        "beneficiaries": figures.beneficiaries,
        "late": figures.late,
        "programmes": [
            {
                "id": line.programme_id,
                "code": line.code,
                "name": line.name,
                "name_en": line.name_en,
                "section": line.section.value,
                "listed": line.listed,
                "told_to": line.told_to,
                "report_name": line.report_name,
                "report_note": line.report_note,
                "sessions": line.attended.sessions,
                "people": line.attended.people,
                "late_sessions": line.late.sessions,
                "late_people": line.late.people,
            }
            for line in figures.programmes
        ],
        "workplaces": {
            "found": figures.workplaces.found,
            "ended": figures.workplaces.ended,
            "register": figures.workplaces.register,
        },
        "press": [[piece.date.isoformat(), piece.outlet] for piece in figures.press],
        "volunteer_hours": str(figures.volunteer_hours),
    }


def _read(quarter: Quarter, document: Mapping[str, Any], frozen: FrozenQuarter) -> QuarterFigures:
    lines = tuple(
        ProgrammeFigures(
            ProgrammeId(line["id"]),
            line["code"],
            line["name"],
            line["name_en"],
            Section(line["section"]),
            Amount(line["sessions"], line["people"]),
            Amount(line["late_sessions"], line["late_people"]),
            # what was frozen before the report read the books has no words of it
            line.get("listed", True),
            ToldTo(line["told_to"]) if line.get("told_to") else None,
            line.get("report_name", ""),
            line.get("report_note", ""),
        )
        for line in document["programmes"]
    )
    return QuarterFigures(
        quarter,
        lines,
        document["beneficiaries"],
        document["late"],
        Found(**document["workplaces"]),
        tuple(Piece(dt.date.fromisoformat(date), outlet) for date, outlet in document["press"]),
        Decimal(document["volunteer_hours"]),
        frozen,
    )
