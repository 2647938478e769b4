"""Spreadsheets that were uploaded: kept until they are applied or some days old, with what it takes to undo them."""

from __future__ import annotations

import datetime as dt
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from booking.base import Base, enum_column
from booking.domain.ids import RunId, UserId
from booking.domain.sheet_rows import SheetKind, SheetTask
from booking.models.people import User


class SheetUpload(Base):
    """One uploaded table: as it was read, which column is which field, and what its application did."""

    __tablename__ = "sheet_upload"
    __table_args__ = (
        sa.CheckConstraint("undone_at IS NULL OR applied_at IS NOT NULL", name="undone_after_applied"),
        sa.CheckConstraint("(kind = 'plans') = (run_id IS NOT NULL)", name="plan_of_a_run"),
        sa.CheckConstraint("task IS NULL OR task_by_id IS NOT NULL", name="task_of_somebody"),
        sa.CheckConstraint("length(file_name) <= 200", name="file_name_length"),
    )

    id: Mapped[int] = mapped_column(sa.Identity(), primary_key=True)
    kind: Mapped[SheetKind] = mapped_column(enum_column(SheetKind, "kind"))
    #: the draft that a plan's table changes
    run_id: Mapped[RunId | None] = mapped_column(sa.ForeignKey("allocation_run.id"))
    file_name: Mapped[str]
    #: ``{"head": [...], "rows": [[...], ...]}``; emptied by the nightly cleaning
    content: Mapped[dict[str, Any]]
    mapping: Mapped[dict[str, Any]]
    #: numbers of rows that look like something that is there, and of which a person has said that they are new
    said_new: Mapped[list[Any]] = mapped_column(JSONB, default=list)
    created_at: Mapped[dt.datetime]
    by_id: Mapped[UserId] = mapped_column(sa.ForeignKey("app_user.id"))
    applied_at: Mapped[dt.datetime | None]
    undone_at: Mapped[dt.datetime | None]
    #: what each applied row did: ``{"rows": [{"id", "outcome", "version", "before"}, ...]}``,
    #: and for a plan the number of its line in the journal, ``sequence``
    done: Mapped[dict[str, Any]] = mapped_column(default=dict)
    #: a large file until a worker has read it
    raw: Mapped[bytes | None] = mapped_column(deferred=True)
    #: what a worker still has to do, and for whom
    task: Mapped[SheetTask | None] = mapped_column(enum_column(SheetTask, "task"))
    task_by_id: Mapped[UserId | None] = mapped_column(sa.ForeignKey("app_user.id"))
    #: the mark of the preview that is to be applied
    seen: Mapped[str | None]
    #: the words of the pages, for the worker; a table that has none is small, and looked at by its page
    words: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True), deferred=True)
    #: what each row would do, as the worker has found it, and its mark
    preview: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True), deferred=True)
    #: what the worker has to say: why it did nothing, or how much it took back
    failed: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))

    by: Mapped[User] = relationship(foreign_keys=[by_id])


class SheetMapping(Base):
    """How the columns of files with the same heads were read when one of them was applied last."""

    __tablename__ = "sheet_mapping"

    kind: Mapped[SheetKind] = mapped_column(enum_column(SheetKind, "kind"), primary_key=True)
    #: what the heads have in common, in whatever order
    heads: Mapped[str] = mapped_column(primary_key=True)
    #: the head of each field
    fields: Mapped[dict[str, Any]]
    used_at: Mapped[dt.datetime]
