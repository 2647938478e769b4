"""연습장: copies of the term to try anything in. Only their list stands here: each is a schema of its own."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from booking.base import Base
from booking.domain.ids import SandboxId, TermId, UserId
from booking.models.people import User


class Sandbox(Base):
    """One sandbox. ``revision`` is the schema's at the time: after an upgrade it can only be put away."""

    __tablename__ = "sandbox"
    __table_args__ = (sa.CheckConstraint("length(name) BETWEEN 1 AND 40", name="name_length"),)

    id: Mapped[SandboxId] = mapped_column(sa.Identity(), primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    term_id: Mapped[TermId] = mapped_column(sa.ForeignKey("term.id", ondelete="CASCADE"))
    revision: Mapped[str]
    created_by_id: Mapped[UserId] = mapped_column(sa.ForeignKey("app_user.id"))
    created_at: Mapped[dt.datetime]

    created_by: Mapped[User] = relationship()

    @property
    def schema(self) -> str:
        """The schema that holds its tables."""
        return f"sandbox_{self.id}"
