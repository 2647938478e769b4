"""A thread that says every few seconds that its process lives, and whether it reaches the broker."""

from __future__ import annotations

import threading

import sqlalchemy as sa
from celery import Celery
from sqlalchemy.pool import NullPool

from booking.config import Config
from booking.db import ENGINE_OPTIONS, make_sessions, transaction
from booking.log import get_logger
from booking.services.heartbeats import BEAT_SECONDS, record_heartbeat

log = get_logger(__name__)


def broker_answers(app: Celery) -> bool:
    """Whether the broker answers now; takes a few seconds at most."""
    try:
        with app.connection_for_read() as connection:
            connection.default_channel.client.ping()
    except Exception as error:
        # redis, kombu and the socket each have errors of their own: all of them mean no
        log.warning("broker_silent", error=type(error).__name__)
        return False
    return True


class Heartbeat(threading.Thread):
    """Beats until closed. Opens a connection per beat, so that a fork never inherits one in use."""

    def __init__(self, app: Celery, config: Config, process: str) -> None:
        super().__init__(name=f"heartbeat-{process}", daemon=True)
        self._app = app
        self._process = process
        self._engine = sa.create_engine(
            config.database_url, poolclass=NullPool, connect_args=ENGINE_OPTIONS["connect_args"]
        )
        self._sessions = make_sessions(self._engine)
        self._closed = threading.Event()

    def run(self) -> None:
        """Beat."""
        while True:
            broker_ok = broker_answers(self._app)
            try:
                with self._sessions() as session, transaction(session):
                    record_heartbeat(session, self._process, broker_ok=broker_ok)
            except Exception as error:
                # the health page sees the silence; the next beat tries again
                log.warning("heartbeat_not_written", process=self._process, error=type(error).__name__)
            if self._closed.wait(BEAT_SECONDS):
                return

    def close(self) -> None:
        """Stop beating."""
        self._closed.set()
        self.join(timeout=2)
        self._engine.dispose()
