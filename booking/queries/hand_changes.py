"""The journal of a run for reading: who changed what, when and why, and which of it stands."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.domain.journal import Entry, HandKind, Line, line_of
from booking.models.hand_changes import HandChange
from booking.models.people import User
from booking.models.requests import Request
from booking.models.runs import AllocationRun
from booking.models.schools import School
from booking.models.terms import Slot
from booking.models.workplaces import Workplace


@dataclass(frozen=True, slots=True)
class VisitChange:
    """What one change did to one visit; ``placed`` and ``left`` are workplaces with the pupils now and before."""

    who: str
    slot_before: Slot | None
    slot: Slot | None
    placed: tuple[tuple[str, int], ...]
    left: tuple[tuple[str, int], ...]
    excluded: tuple[str, ...]
    admitted: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class JournalRow:
    """One line: ``stands`` is None for an undo or a redo, which are about another line."""

    sequence: int
    kind: HandKind
    target: int | None
    at: dt.datetime
    actor: str
    reason: str
    overrides: tuple[str, ...]
    run_version: int
    stands: bool | None
    visits: tuple[VisitChange, ...]


@dataclass(frozen=True, slots=True)
class Journal:
    """The lines, newest first, and what can be undone and done again."""

    rows: tuple[JournalRow, ...]
    line: Line

    def row(self, sequence: int | None) -> JournalRow | None:
        """The line with this sequence."""
        return next((row for row in self.rows if row.sequence == sequence), None)

    def since(self, version: int) -> list[JournalRow]:
        """What has been changed after the run had this version, newest first."""
        return [row for row in self.rows if row.run_version > version]


def journal_of(session: Session, run: AllocationRun) -> Journal:
    """Return the journal of a run."""
    found = session.execute(
        sa.select(HandChange, User.name)
        .join(User, User.id == HandChange.actor_id)
        .where(HandChange.run_id == run.id)
        .order_by(HandChange.sequence)
    ).all()
    line = line_of(Entry(change.sequence, change.kind, change.target) for change, _ in found)
    names = _Names(session, run, [change for change, _ in found])
    rows = [
        JournalRow(
            sequence=change.sequence,
            kind=change.kind,
            target=change.target,
            at=change.at,
            actor=name,
            reason=change.reason,
            overrides=tuple(change.overrides),
            run_version=change.run_version,
            stands=None if change.target is not None else change.sequence in line.standing,
            visits=names.visits(change),
        )
        for change, name in found
    ]
    return Journal(tuple(reversed(rows)), line)


class _Names:
    """The words for the codes that a journal holds."""

    def __init__(self, session: Session, run: AllocationRun, changes: Iterable[HandChange]) -> None:
        codes = {code for change in changes for code in change.after["visits"]}
        self.requests: dict[str, str] = {
            code: f"{school} {label}"
            for code, school, label in session.execute(
                sa.select(Request.code, School.name, Request.label)
                .join(School, School.id == Request.school_id)
                .where(Request.term_id == run.term_id, Request.code.in_(codes))
            )
        }
        self.slots = {
            slot.code: slot
            for slot in (session.scalars(sa.select(Slot).where(Slot.term_id == run.term_id)) if codes else ())
        }
        self.places: dict[str, str] = (
            dict(session.execute(sa.select(Workplace.code, Workplace.name)).all()) if codes else {}
        )

    def visits(self, change: HandChange) -> tuple[VisitChange, ...]:
        """What a change did, visit by visit."""
        return tuple(
            self._visit(code, change.before["visits"][code], after) for code, after in change.after["visits"].items()
        )

    def _visit(self, code: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> VisitChange:
        return VisitChange(
            who=self.requests.get(code, code),
            slot_before=self.slots.get(before["slot"]),
            slot=self.slots.get(after["slot"]),
            placed=self._fresh(after["groups"], before["groups"]),
            left=self._fresh(before["groups"], after["groups"]),
            excluded=self._more(after["excluded"], before["excluded"]),
            admitted=self._more(before["excluded"], after["excluded"]),
        )

    def _fresh(self, groups: Iterable[list[Any]], others: Iterable[list[Any]]) -> tuple[tuple[str, int], ...]:
        known = [tuple(group) for group in others]
        return tuple((self.places.get(name, name), pupils) for name, pupils in groups if (name, pupils) not in known)

    def _more(self, these: Mapping[str, str], others: Mapping[str, str]) -> tuple[str, ...]:
        return tuple(self.places.get(name, name) for name in these if name not in others)
