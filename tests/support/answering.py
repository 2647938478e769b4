"""Published plans whose workplaces answer: their links, and what came of the answers."""

from __future__ import annotations

import sqlalchemy as sa

from booking.domain.states import GroupStatus, RunKind
from booking.domain.workplace_notes import NoteKind
from booking.models.runs import AllocationRun
from booking.models.visits import VisitGroup, WorkplaceNotice
from booking.models.workplace_words import WorkplaceNote
from booking.services.audit import run_audit
from tests.support.factory import SmallTerm


def notice_of(small: SmallTerm, group: VisitGroup) -> WorkplaceNotice:
    return small.session.scalars(
        sa.select(WorkplaceNotice).where(
            WorkplaceNotice.workplace_id == group.workplace_id, WorkplaceNotice.date == group.visit.slot.date
        )
    ).one()


def link_of(small: SmallTerm, group: VisitGroup) -> str:
    return small.link(notice_of(small, group))


def status_of(small: SmallTerm, group: VisitGroup) -> GroupStatus:
    return small.session.get_one(VisitGroup, group.id, populate_existing=True).status


def repairs(small: SmallTerm) -> list[AllocationRun]:
    return list(small.session.scalars(sa.select(AllocationRun).where(AllocationRun.kind == RunKind.REPAIR)))


def clean(small: SmallTerm) -> bool:
    return run_audit(small.session, small.clock.now()) == []


def open_notes(small: SmallTerm, kind: NoteKind) -> list[WorkplaceNote]:
    return list(
        small.session.scalars(
            sa.select(WorkplaceNote).where(WorkplaceNote.kind == kind, WorkplaceNote.settled_at.is_(None))
        )
    )
