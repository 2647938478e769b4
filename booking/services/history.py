"""Writes what happened: changes into the history, looks at personal data into the access log. Both are append-only."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from booking.domain.person import Person
from booking.models.history import AccessEntry, HistoryEntry


def record_change(
    session: Session,
    actor: str,
    action: str,
    subject_type: str,
    subject_id: int,
    *,
    reason: str | None = None,
    **detail: Any,
) -> None:
    """Note a change: ``detail`` holds codes, numbers and dates, never a contact."""
    session.add(
        HistoryEntry(
            actor=actor, action=action, subject_type=subject_type, subject_id=subject_id, reason=reason, detail=detail
        )
    )


def record_access(
    session: Session,
    person: Person,
    action: str,
    subject_type: str,
    subject_id: int | None = None,
    *,
    count: int = 1,
    purpose: str | None = None,
) -> None:
    """Note a look at personal data: whose (``subject``), how many (``count``), and for a download its ``purpose``."""
    session.add(
        AccessEntry(
            user_id=person.user_id,
            role=person.role.value,
            ip=person.ip,
            action=action,
            subject_type=subject_type,
            subject_id=subject_id,
            count=count,
            purpose=purpose,
        )
    )
