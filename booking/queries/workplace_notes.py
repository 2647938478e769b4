"""일터에서 온 말: what workplaces have left for the office and nobody has settled yet."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session, selectinload

from booking.domain.ids import WorkplaceId
from booking.domain.workplace_notes import NoteKind
from booking.models.requests import Request
from booking.models.visits import Visit, VisitGroup
from booking.models.workplace_words import WorkplaceNote
from booking.models.workplaces import Workplace
from booking.queries.paging import Page, paged

NOTES_PER_PAGE = 30


def notes(session: Session, kinds: Collection[NoteKind], number: int, *, settled: bool = False) -> Page[WorkplaceNote]:
    """Return the notes of these kinds: the open ones oldest first, or the settled ones newest first."""
    statement = sa.select(WorkplaceNote).where(WorkplaceNote.kind.in_(kinds))
    if settled:
        statement = statement.where(WorkplaceNote.settled_at.is_not(None)).order_by(WorkplaceNote.id.desc())
    else:
        statement = statement.where(WorkplaceNote.settled_at.is_(None)).order_by(WorkplaceNote.at, WorkplaceNote.id)

    def read(selected: sa.Select[WorkplaceNote]) -> Sequence[WorkplaceNote]:
        return session.scalars(
            selected.options(
                selectinload(WorkplaceNote.workplace).selectinload(Workplace.contact),
                selectinload(WorkplaceNote.slot),
                selectinload(WorkplaceNote.group).selectinload(VisitGroup.visit).selectinload(Visit.slot),
                selectinload(WorkplaceNote.group)
                .selectinload(VisitGroup.visit)
                .selectinload(Visit.request)
                .selectinload(Request.school),
            )
        ).all()

    return paged(session, statement, number, NOTES_PER_PAGE, read)


def open_notes_of(session: Session, workplace_id: WorkplaceId) -> Sequence[WorkplaceNote]:
    """Return the wishes of one workplace that wait for the office."""
    return session.scalars(
        sa.select(WorkplaceNote)
        .where(
            WorkplaceNote.workplace_id == workplace_id,
            WorkplaceNote.settled_at.is_(None),
            WorkplaceNote.kind.in_([NoteKind.CALL_ME, NoteKind.OTHER_TIME]),
        )
        .options(selectinload(WorkplaceNote.slot))
        .order_by(WorkplaceNote.id)
    ).all()


def count_notes() -> sa.Select[int]:
    """Count the notes that wait to be read; who wants to be called is counted with the calls."""
    return (
        sa.select(sa.func.count())
        .select_from(WorkplaceNote)
        .where(WorkplaceNote.settled_at.is_(None), WorkplaceNote.kind != NoteKind.CALL_ME)
    )
