"""The spreadsheets that were uploaded, for the list on their page."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session, defer, joinedload

from booking.models.sheets import SheetUpload

SHOWN = 20


def uploads(session: Session) -> Sequence[SheetUpload]:
    """Return the newest uploads whose rows are still there."""
    found = (
        sa.select(SheetUpload)
        .where(SheetUpload.content != sa.text("'{}'::jsonb"))
        .options(joinedload(SheetUpload.by), defer(SheetUpload.content), defer(SheetUpload.done))
        .order_by(SheetUpload.id.desc())
        .limit(SHOWN)
    )
    return session.scalars(found).all()
