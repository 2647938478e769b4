"""파기대장: what personal data were erased, when, how many, by whom and why. Append-only; holds nobody's data."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from booking.base import Base, enum_column
from booking.domain.retention import Erased
from booking.domain.whose import Whose


class Erasure(Base):
    """One line of the record: a night's erasing of one kind, or one person's data on request."""

    __tablename__ = "erasure"
    __table_args__ = (
        sa.CheckConstraint("count > 0", name="count"),
        sa.CheckConstraint("(subject_type IS NULL) = (subject_id IS NULL)", name="whole_subject"),
        sa.CheckConstraint("subject_id IS NULL OR reason IS NOT NULL", name="request_has_reason"),
        sa.CheckConstraint("length(reason) BETWEEN 4 AND 200", name="reason_length"),
    )

    id: Mapped[int] = mapped_column(sa.BigInteger, sa.Identity(always=True), primary_key=True)
    at: Mapped[dt.datetime] = mapped_column(server_default=sa.func.clock_timestamp(), index=True)
    #: ``worker``, or ``user:7``
    actor: Mapped[str]
    what: Mapped[Erased] = mapped_column(enum_column(Erased, "what"))
    count: Mapped[int]
    #: whose, where somebody has asked for it
    subject_type: Mapped[Whose | None] = mapped_column(enum_column(Whose, "subject_type"))
    subject_id: Mapped[int | None] = mapped_column(sa.BigInteger)
    reason: Mapped[str | None]
