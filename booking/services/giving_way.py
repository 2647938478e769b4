"""Work that can wait gives way: whoever needs what its transaction holds has it within a moment."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session, sessionmaker

from booking.domain.errors import Conflict

#: how soon it is seen that somebody waits; a page waits five seconds for a lock at the most
LOOK_SECONDS = 0.25
_SOMEBODY_WAITS = sa.text("SELECT EXISTS (SELECT FROM pg_stat_activity WHERE :holder = ANY(pg_blocking_pids(pid)))")
_END = sa.text("SELECT pg_terminate_backend(:holder)")


class GaveWay(Conflict):
    """Somebody needed what was held here: nothing of the work is left, and it can be begun again."""

    code = "gave_way"


@contextmanager
def giving_way(sessions: sessionmaker[Session], session: Session) -> Iterator[None]:
    """Let the block work in ``session`` until anybody waits for a lock of its transaction; then that one is ended.

    Its connection is cut, not only its query: locks are held as well while nothing is asked of the database. Only for
    work that changes nothing.

    Raises:
        GaveWay: that has happened; the session can be used anew after a rollback.
    """
    holder = session.scalar(sa.text("SELECT pg_backend_pid()"))
    ended, cut = threading.Event(), threading.Event()

    def watch() -> None:
        while not ended.wait(LOOK_SECONDS):
            # where the database is away the work itself says so; the next look tries again
            with suppress(SQLAlchemyError), sessions() as watcher:
                if watcher.scalar(_SOMEBODY_WAITS, {"holder": holder}):
                    cut.set()
                    watcher.execute(_END, {"holder": holder})
                    return

    watching = threading.Thread(target=watch, name="giving-way", daemon=True)
    watching.start()
    try:
        yield
    except SQLAlchemyError as error:
        if cut.is_set():
            raise GaveWay("somebody waited for what was held") from error
        raise
    finally:
        ended.set()
        watching.join()
