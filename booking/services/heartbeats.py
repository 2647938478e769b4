"""Signs of life: each of our processes writes when it was last well, and the health page reads it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from booking.domain.states import MessageStatus, RunKind
from booking.models.messages import Message
from booking.models.outbox import Heartbeat

RELAY = "relay"
BEAT = "beat"
WORKERS = ("worker-messages", "worker-allocation", "worker-repair")
#: who solves a run of a kind
WORKER_OF = {
    RunKind.TERM: "worker-allocation",
    RunKind.FRONTIER: "worker-allocation",
    RunKind.TRIAL: "worker-allocation",
    RunKind.REPAIR: "worker-repair",
}
#: how often a process writes, and after how long a silence it counts as gone
BEAT_SECONDS = 5.0
STALE = dt.timedelta(seconds=30)
#: beat speaks through a task of the message worker, once a minute
STALE_BEAT = dt.timedelta(seconds=150)


@dataclass(frozen=True, slots=True)
class Life:
    """One process: whether it lives, and whether it reached the broker when last seen."""

    alive: bool
    broker_ok: bool


@dataclass(frozen=True, slots=True)
class Health:
    """What the health page tells."""

    processes: dict[str, Life]
    oldest_unsent_seconds: float | None

    @property
    def broker_ok(self) -> bool:
        """Whether any living process reaches the broker."""
        return any(life.alive and life.broker_ok for life in self.processes.values())


def record_heartbeat(session: Session, process: str, *, broker_ok: bool) -> None:
    """Say that a process lives."""
    now = sa.func.clock_timestamp()
    session.execute(
        insert(Heartbeat)
        .values(process=process, at=now, broker_ok=broker_ok)
        .on_conflict_do_update(index_elements=[Heartbeat.process], set_={"at": now, "broker_ok": broker_ok})
    )


def now_of_database(session: Session) -> dt.datetime:
    """Return the clock by which leases are measured."""
    now: dt.datetime = session.scalars(sa.select(sa.func.clock_timestamp())).one()
    return now


def read_health(session: Session) -> Health:
    """Return who lives, and for how long the oldest message that should have left has been waiting."""
    now = session.scalars(sa.select(sa.func.now())).one()
    seen = {
        beat.process: Life(
            alive=now - beat.at <= (STALE_BEAT if beat.process == BEAT else STALE), broker_ok=beat.broker_ok
        )
        for beat in session.scalars(sa.select(Heartbeat).execution_options(populate_existing=True))
    }
    absent = Life(alive=False, broker_ok=False)
    waiting: float | None = session.scalar(
        sa.select(sa.func.extract("epoch", sa.func.now() - sa.func.min(Message.available_at))).where(
            Message.status.in_([MessageStatus.CREATED, MessageStatus.SENDING]), Message.available_at <= sa.func.now()
        )
    )
    return Health(
        processes={name: seen.get(name, absent) for name in (RELAY, *WORKERS, BEAT)},
        oldest_unsent_seconds=None if waiting is None else round(float(waiting), 1),
    )
