"""Engines and transactions. :func:`transaction` commits, at the edge (a view, a task, a command); nothing else does."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, sessionmaker

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


def make_sessions(engine: sa.Engine) -> sessionmaker[Session]:
    """Return a factory of sessions whose objects stay readable after the commit."""
    return sessionmaker(engine, expire_on_commit=False)


@contextmanager
def transaction(session: Session) -> Iterator[Session]:
    """Commit when the block ends well, roll back and pass the error on when it does not."""
    try:
        yield session
        session.commit()
    except BaseException:
        session.rollback()
        raise
