"""What happened, append-only: the database refuses to update or delete these rows."""

from __future__ import annotations

import datetime as dt
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import INET
from sqlalchemy.orm import Mapped, mapped_column

from booking.base import Base
from booking.domain.ids import UserId


class HistoryEntry(Base):
    """A change: who, when, what, why. Ids and codes, never contact data, so that erasure does not break it."""

    __tablename__ = "history_entry"
    __table_args__ = (sa.Index("ix_history_entry_subject", "subject_type", "subject_id"),)

    id: Mapped[int] = mapped_column(sa.BigInteger, sa.Identity(always=True), primary_key=True)
    at: Mapped[dt.datetime] = mapped_column(server_default=sa.func.clock_timestamp())
    #: ``user:7``, ``workplace:12`` (by its link), ``worker``, ``command line``
    actor: Mapped[str]
    action: Mapped[str]
    subject_type: Mapped[str]
    subject_id: Mapped[int] = mapped_column(sa.BigInteger)
    detail: Mapped[dict[str, Any]] = mapped_column(default=dict)
    reason: Mapped[str | None]


class AccessEntry(Base):
    """A look at personal data: who, when, from where, whose, what, and for a download its purpose."""

    __tablename__ = "access_entry"

    id: Mapped[int] = mapped_column(sa.BigInteger, sa.Identity(always=True), primary_key=True)
    at: Mapped[dt.datetime] = mapped_column(server_default=sa.func.clock_timestamp())
    user_id: Mapped[UserId | None] = mapped_column(sa.ForeignKey("app_user.id"), index=True)
    role: Mapped[str]
    ip: Mapped[str | None] = mapped_column(INET)
    action: Mapped[str]
    subject_type: Mapped[str]
    subject_id: Mapped[int | None] = mapped_column(sa.BigInteger)
    count: Mapped[int] = mapped_column(default=1)
    purpose: Mapped[str | None]
