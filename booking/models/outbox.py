"""The outbox: work that must follow a change, written in the transaction of its cause. Celery only wakes workers."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from booking.base import Base
from booking.domain.ids import JobId


class Job(Base):
    """One piece of work: a topic and the id of its subject. Done once; handed out again when its lease runs out."""

    __tablename__ = "job"
    __table_args__ = (
        # the same work asked for twice is done once
        sa.Index("uq_job_open", "topic", "subject_id", unique=True, postgresql_where=sa.text("done_at IS NULL")),
        sa.Index("ix_job_due", "available_at", postgresql_where=sa.text("done_at IS NULL")),
    )

    id: Mapped[JobId] = mapped_column(sa.Identity(), primary_key=True)
    topic: Mapped[str]
    subject_id: Mapped[int] = mapped_column(sa.BigInteger)
    available_at: Mapped[dt.datetime] = mapped_column(server_default=sa.func.now())
    created_at: Mapped[dt.datetime] = mapped_column(server_default=sa.func.now())
    #: until then a worker is believed to be at it, or on its way to it
    lease_until: Mapped[dt.datetime | None]
    #: when a worker took it up; empty while it waits in the broker
    begun_at: Mapped[dt.datetime | None]
    #: asked for again while a worker was at it: from then on it is due once more
    again_at: Mapped[dt.datetime | None]
    #: how often a worker has taken it up without bringing it to an end
    attempts: Mapped[int] = mapped_column(default=0)
    done_at: Mapped[dt.datetime | None]
    last_error: Mapped[str | None]


class Heartbeat(Base):
    """When a process of ours was last seen alive; the health page reads it."""

    __tablename__ = "heartbeat"

    process: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[dt.datetime]
    #: whether the process reached the broker at that moment
    broker_ok: Mapped[bool] = mapped_column(default=True)
