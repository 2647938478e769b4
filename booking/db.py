"""Engines and transactions. :func:`transaction` commits, at the edge (a view, a task, a command); nothing else does."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.orm import Session, SessionTransaction, sessionmaker

#: the key of a session's ``info`` under which it says in which schema it works; without it, in the service's own
SCHEMA = "schema"

#: Also given to Flask-SQLAlchemy. ``pool_pre_ping`` heals the pool after the database was restarted; the time-outs keep
#: a forgotten transaction or a lock from holding everybody up.
ENGINE_OPTIONS: dict[str, Any] = {
    "pool_pre_ping": True,
    "pool_size": 5,
    "max_overflow": 5,
    "connect_args": {
        "options": "-c timezone=UTC -c lock_timeout=5000 -c idle_in_transaction_session_timeout=60000",
        "connect_timeout": 5,
    },
}


def make_engine(database_url: str, **options: Any) -> sa.Engine:
    """Return an engine with the options of this service; ``options`` override them."""
    return sa.create_engine(database_url, **{**ENGINE_OPTIONS, **options})


def make_sessions(engine: sa.Engine, schema: str | None = None) -> sessionmaker[Session]:
    """Return a factory of sessions whose objects stay readable after the commit; ``schema``: as :func:`work_in`."""
    return sessionmaker(engine, expire_on_commit=False, info={SCHEMA: schema} if schema else None)


def work_in(session: Session, schema: str) -> None:
    """Let a session that holds nothing yet find its tables in ``schema``, and only then in the service's own."""
    session.info[SCHEMA] = schema


@event.listens_for(Session, "after_begin")
def _enter_schema(session: Session, _transaction: SessionTransaction, connection: sa.Connection) -> None:
    """Say it at the beginning of each transaction and for that alone: a connection of the pool remembers nothing."""
    schema = session.info.get(SCHEMA)
    if schema:
        connection.execute(sa.select(sa.func.set_config("search_path", f"{schema}, public", True)))


class Blocked(StrEnum):
    """How another transaction was in the way of one that failed; nothing of the failed one is stored."""

    #: each waited for the other, or both changed the same: the same again succeeds at once
    CROSSED = "crossed"
    #: another held on for longer than ``lock_timeout``
    WAITED = "waited"


_STATES = {"40P01": Blocked.CROSSED, "40001": Blocked.CROSSED, "55P03": Blocked.WAITED}


def blocked_by(error: sa.exc.DBAPIError) -> Blocked | None:
    """Return how another transaction was in the way, or None where the database itself failed."""
    return _STATES.get(getattr(error.orig, "sqlstate", None) or "")


@contextmanager
def transaction(session: Session) -> Iterator[Session]:
    """Commit when the block ends well, roll back and pass the error on when it does not."""
    try:
        yield session
        session.commit()
    except BaseException:
        session.rollback()
        raise
