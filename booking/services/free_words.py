"""Words that people have written beside what is counted, and that may name somebody: they go with the contacts.

What is counted beside them (who came, what was answered, what was called off) stays.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.domain.satisfaction import RemarkState
from booking.models.afterwards import Attendance, ChangeReport
from booking.models.dispatches import CoachDispatch
from booking.models.registrations import SessionParty
from booking.models.satisfaction import Remark
from booking.models.workplace_words import WorkplaceNote

#: stands where words have to stand
GONE = "–"
#: what the service itself writes into a column of words
SILENT = "silent"


@dataclass(frozen=True, slots=True)
class Words:
    """A column of words: its table, when they were written, what stands there afterwards."""

    table: Any
    column: Any
    at: Any
    instead: str | None

    def older_than(self, moment: dt.datetime) -> sa.ColumnElement[bool]:
        """The rows whose words are older."""
        found: sa.ColumnElement[bool] = sa.and_(
            self.at < moment, self.column.is_not(None), self.column.not_in(["", GONE, SILENT])
        )
        return found


COLUMNS = (
    Words(Attendance, Attendance.remark, Attendance.reported_at, ""),
    Words(ChangeReport, ChangeReport.reason, ChangeReport.created_at, GONE),
    Words(ChangeReport, ChangeReport.note, ChangeReport.created_at, None),
    Words(WorkplaceNote, WorkplaceNote.text, WorkplaceNote.at, ""),
    Words(SessionParty, SessionParty.note, SessionParty.created_at, ""),
    Words(CoachDispatch, CoachDispatch.answer_reason, CoachDispatch.created_at, None),
)


def _hidden(moment: dt.datetime) -> sa.ColumnElement[bool]:
    """Remarks that nobody was to see; those that were shown stay, somebody has read them for personal data."""
    return sa.and_(Remark.state == RemarkState.HIDDEN, Remark.at < moment)


def count_words(session: Session, moment: dt.datetime) -> int:
    """Return how many words are older than a moment."""
    counts = [sa.select(sa.func.count()).select_from(one.table).where(one.older_than(moment)) for one in COLUMNS]
    counts.append(sa.select(sa.func.count()).select_from(Remark).where(_hidden(moment)))
    return sum(session.scalar(one) or 0 for one in counts)


def erase_words(session: Session, moment: dt.datetime) -> int:
    """Erase the words that are older than a moment; returns how many."""
    erased = 0
    for one in COLUMNS:
        change = sa.update(one.table).where(one.older_than(moment)).values({one.column: one.instead})
        erased += len(session.execute(_quietly(change, one.column)).all())
    gone = sa.delete(Remark).where(_hidden(moment)).returning(Remark.id)
    return erased + len(session.execute(gone.execution_options(synchronize_session=False)).all())


def _quietly(change: sa.Update, column: Any) -> Any:
    return change.returning(column).execution_options(synchronize_session=False)
