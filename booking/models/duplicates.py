"""다른 곳: pairs of workplaces that look alike, and of which a person has said that they are two."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from booking.base import Base
from booking.domain.ids import UserId, WorkplaceId


class DistinctPair(Base):
    """Two workplaces that are not one, the lower number first."""

    __tablename__ = "distinct_pair"
    __table_args__ = (sa.CheckConstraint("one_id < other_id", name="order"),)

    one_id: Mapped[WorkplaceId] = mapped_column(
        sa.ForeignKey("workplace.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    other_id: Mapped[WorkplaceId] = mapped_column(
        sa.ForeignKey("workplace.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    by_id: Mapped[UserId] = mapped_column(sa.ForeignKey("app_user.id"))
    at: Mapped[dt.datetime]
