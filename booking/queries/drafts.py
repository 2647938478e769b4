"""A school's requests in the making, as they are listed: what is chosen so far, and who changed it last."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.domain.draft import Draft
from booking.domain.ids import DraftId, SchoolId, TermId, UserId
from booking.models.asking import RequestDraft
from booking.models.people import User
from booking.models.schools import SchoolClass


@dataclass(frozen=True, slots=True)
class DraftRow:
    """One draft: the labels of its classes, its content, and its last change."""

    id: DraftId
    version: int
    content: Draft
    labels: tuple[str, ...]
    changed_by_id: UserId
    changed_by: str
    changed_at: dt.datetime


def draft_rows(session: Session, term_id: TermId, school_id: SchoolId) -> list[DraftRow]:
    """Return the school's drafts of a term, the newest change first."""
    labels = dict(
        session.execute(
            sa.select(SchoolClass.id, SchoolClass.label).where(SchoolClass.school_id == school_id, SchoolClass.active)
        ).all()
    )
    rows = session.execute(
        sa.select(RequestDraft, User.id, User.name)
        .join(User, User.id == RequestDraft.updated_by_id)
        .where(RequestDraft.term_id == term_id, RequestDraft.school_id == school_id)
        .order_by(RequestDraft.updated_at.desc(), RequestDraft.id)
    )
    found = []
    for draft, user_id, name in rows:
        content = Draft.from_document(draft.content)
        named = tuple(labels[number] for number in content.class_ids if number in labels)
        found.append(DraftRow(draft.id, draft.version, content, named, user_id, name, draft.updated_at))
    return found
