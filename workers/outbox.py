"""The relay: ``python -m workers.outbox``. Hands due jobs to Celery; nobody else publishes work.

PostgreSQL wakes it at once when a job is written; a look every two seconds is the safety net. With the broker away it
waits and tries again, and nothing is lost but time. Several relays may run.
"""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterable
from contextlib import suppress
from typing import Any

import psycopg
import sqlalchemy as sa
from celery import Celery
from kombu.connection import Connection
from sqlalchemy.orm import Session, sessionmaker

from booking.clock import Clock, SystemClock
from booking.config import load_config
from booking.db import make_engine, make_sessions, transaction
from booking.domain.topics import ROUTES, Queue
from booking.log import configure_logging, get_logger
from booking.services import abandoned
from booking.services.heartbeats import BEAT_SECONDS, RELAY, record_heartbeat
from booking.services.outbox import NOTIFY_CHANNEL, HandedJob, claim_due, release, seconds_until_due
from workers.config import SWEEP_SECONDS

log = get_logger(__name__)

LOOK_SECONDS = 2.0
BROKEN_SECONDS = 1.0
#: how soon the broker is asked again whether it has room for what is due
FULL_SECONDS = 0.2
#: wake-ups that may wait in the broker; the rest waits in the outbox, so that a dead worker never fills the broker.
#: Of messages a few are enough: a worker that is awake takes what is due by itself, and finds its later wake-ups void
WINDOW = 200
WINDOWS = {Queue.MESSAGES: 8}
TOPICS = {queue: [topic for topic, route in ROUTES.items() if route.queue is queue] for queue in Queue}


class BrokerAway(Exception):
    """The broker does not answer; what was claimed has been put back."""


class Broker:
    """The one connection to Celery's broker, made anew after every failure."""

    def __init__(self, app: Celery) -> None:
        self._app = app
        self._connection: Connection | None = None

    def room(self, queue: Queue) -> int:
        """How many wake-ups the queue still takes.

        Raises:
            BrokerAway: it does not answer.
        """
        try:
            channel: Any = self._open().default_channel
            waiting = int(channel.client.llen(queue.value))
        except Exception as error:
            raise self._away(error) from error
        return max(0, WINDOWS.get(queue, WINDOW) - waiting)

    def publish(self, job: HandedJob) -> None:
        """Put one wake-up into its queue.

        Raises:
            BrokerAway: it does not answer.
        """
        route = ROUTES[job.topic]
        try:
            self._app.send_task(
                route.task, args=[job.id], queue=route.queue.value, connection=self._open(), retry=False
            )
        except Exception as error:
            raise self._away(error) from error

    def close(self) -> None:
        """Let go of the connection, whatever state it is in."""
        connection: Any = self._connection
        self._connection = None
        if connection is not None:
            # saying goodbye over a broken line may fail as the line did
            with suppress(Exception):
                connection.release()

    def _open(self) -> Connection:
        if self._connection is None:
            self._connection = self._app.connection_for_write()
        return self._connection

    def _away(self, error: Exception) -> BrokerAway:
        # redis, kombu and the socket each have errors of their own: all of them mean that it is not there
        self.close()
        return BrokerAway(type(error).__name__)


class Relay:
    """One relay and what it knows between two looks."""

    def __init__(self, engine: sa.Engine, broker: Broker, clock: Clock, process: str = RELAY) -> None:
        self._engine = engine
        self._sessions: sessionmaker[Session] = make_sessions(engine)
        self._broker = broker
        self._clock = clock
        self._process = process
        self._listener: psycopg.Connection | None = None
        self._raw: sa.PoolProxiedConnection | None = None
        self._broker_ok = True
        self._next_beat = self._next_sweep = 0.0
        self._stopped = threading.Event()

    def run(self) -> None:
        """Hand out until stopped. An error of the database or the broker is waited out."""
        while not self._stopped.is_set():
            try:
                self._listen()
                handed = self.hand_out()
                self._upkeep()
                if not handed:
                    self._wait()
            except (sa.exc.DBAPIError, psycopg.Error) as error:
                log.warning("database_away", error=type(error).__name__)
                self._deafen()
                self._stopped.wait(BROKEN_SECONDS)
        self._deafen()
        self._broker.close()

    def stop(self) -> None:
        """End after the present look."""
        self._stopped.set()

    def hand_out(self) -> int:
        """Claim what is due and publish it; returns how many jobs went out."""
        handed = 0
        try:
            for queue in Queue:
                handed += self._hand_out_queue(queue)
        except BrokerAway as error:
            if self._broker_ok:
                log.warning("broker_away", error=str(error))
            self._broker_ok = False
            return 0
        if not self._broker_ok:
            log.info("broker_back")
        self._broker_ok = True
        return handed

    def _hand_out_queue(self, queue: Queue) -> int:
        # asked first, so that with the broker away nothing is claimed at all
        room = self._broker.room(queue)
        if not room:
            return 0
        with self._sessions() as session, transaction(session):
            jobs = claim_due(session, room, TOPICS[queue])
        for number, job in enumerate(jobs):
            try:
                self._broker.publish(job)
            except BrokerAway:
                self._put_back(jobs[number:])
                raise
        return len(jobs)

    def _put_back(self, jobs: Iterable[HandedJob]) -> None:
        with self._sessions() as session, transaction(session):
            release(session, list(jobs))

    def _upkeep(self) -> None:
        now = time.monotonic()
        if now >= self._next_beat:
            with self._sessions() as session, transaction(session):
                record_heartbeat(session, self._process, broker_ok=self._broker_ok)
            self._next_beat = now + BEAT_SECONDS
        if now >= self._next_sweep:
            with self._sessions() as session, transaction(session):
                abandoned.sweep(session, self._clock)
            self._next_sweep = now + SWEEP_SECONDS

    def _wait(self) -> None:
        """Sleep until a job is written, the next one is due, or it is time to look."""
        if not self._broker_ok:
            self._stopped.wait(BROKEN_SECONDS)
            return
        with self._sessions() as session:
            due = seconds_until_due(session)
        # what is due already and was not handed out waits for room in the broker
        seconds = LOOK_SECONDS if due is None else FULL_SECONDS if due <= 0 else min(LOOK_SECONDS, due)
        if self._listener is not None:
            for _ in self._listener.notifies(timeout=seconds, stop_after=1):
                return

    def _listen(self) -> None:
        if self._listener is not None:
            return
        self._raw = self._engine.raw_connection()
        driver = self._raw.driver_connection
        if not isinstance(driver, psycopg.Connection):
            raise TypeError("the relay listens through psycopg")
        driver.autocommit = True
        driver.execute(f"LISTEN {NOTIFY_CHANNEL}")
        self._listener = driver

    def _deafen(self) -> None:
        self._listener = None
        if self._raw is not None:
            self._raw.invalidate()
            self._raw = None


def main() -> None:
    """Run a relay until SIGTERM or Ctrl-C."""
    from workers.app import app

    config = load_config()
    configure_logging(config.log_level)
    engine = make_engine(config.database_url)
    relay = Relay(engine, Broker(app), SystemClock())
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT):
        signal.signal(number, lambda *_: relay.stop())
    relay.run()
    engine.dispose()


if __name__ == "__main__":
    main()
