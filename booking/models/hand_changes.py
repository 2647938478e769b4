"""손으로 바꾼 일: the journal of changes by hand of a proposed plan, append-only, from which they are undone."""

from __future__ import annotations

import datetime as dt
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from booking.base import Base, enum_column
from booking.domain.ids import HandChangeId, RunId, UserId
from booking.domain.journal import HandKind
from booking.models.people import User


class HandChange(Base):
    """One change: who, when, what, why; the database refuses to update or delete it.

    ``before`` and ``after`` hold what the change touched, whole, by the codes of requests: slot, groups, pin,
    exclusions and marks, and the run's figures. An undo is a row of its own that names the row it undoes.
    """

    __tablename__ = "hand_change"
    __table_args__ = (
        sa.UniqueConstraint("run_id", "sequence"),
        # what is undone is an earlier change of the same run
        sa.ForeignKeyConstraint(["run_id", "target"], ["hand_change.run_id", "hand_change.sequence"]),
        sa.CheckConstraint("sequence >= 1", name="sequence"),
        sa.CheckConstraint("(kind IN ('undo', 'redo')) = (target IS NOT NULL)", name="target"),
        sa.CheckConstraint("target < sequence", name="target_before"),
        sa.CheckConstraint("overrides = '{}' OR reason <> ''", name="override_has_a_reason"),
    )

    id: Mapped[HandChangeId] = mapped_column(sa.Identity(), primary_key=True)
    run_id: Mapped[RunId] = mapped_column(sa.ForeignKey("allocation_run.id"))
    #: counted from 1 in each run
    sequence: Mapped[int]
    kind: Mapped[HandKind] = mapped_column(enum_column(HandKind, "kind"))
    #: the sequence of the change that is undone or done again
    target: Mapped[int | None]
    at: Mapped[dt.datetime]
    actor_id: Mapped[UserId] = mapped_column(sa.ForeignKey("app_user.id"))
    reason: Mapped[str] = mapped_column(default="")
    #: the soft rules that it decides against
    overrides: Mapped[list[str]]
    before: Mapped[dict[str, Any]]
    after: Mapped[dict[str, Any]]
    #: the run's version after it
    run_version: Mapped[int]

    actor: Mapped[User] = relationship()
