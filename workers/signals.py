"""What happens when a worker or beat starts, forks and stops."""

from __future__ import annotations

from typing import Any

from celery import Celery, signals

from booking.config import load_config
from booking.domain.topics import Queue
from booking.log import configure_logging
from booking.services.heartbeats import BEAT
from workers.config import TASKS_PER_CHILD
from workers.heartbeat import Heartbeat


class Process:
    """This worker or beat: its queue, by its node name (``messages@host``), and its heartbeat."""

    def __init__(self, app: Celery) -> None:
        self._app = app
        self._queue: Queue | None = None
        self._heartbeat: Heartbeat | None = None

    def set_up_logging(self, **_signal: Any) -> None:
        """Our own logs instead of Celery's."""
        configure_logging(load_config().log_level)

    def name_worker(self, sender: str, conf: Any, **_signal: Any) -> None:
        """Learn which queue this worker serves."""
        name = sender.partition("@")[0]
        if name in {queue.value for queue in Queue}:
            self._queue = Queue(name)
            conf.worker_max_tasks_per_child = TASKS_PER_CHILD[self._queue]

    def load_solver(self, **_signal: Any) -> None:
        """In a child that solves: load the solver before the first run, which should not wait for it."""
        if self._queue in {Queue.ALLOCATION, Queue.REPAIR}:
            from workers.allocation import engine

            engine()

    def worker_ready(self, **_signal: Any) -> None:
        """Begin to beat."""
        if self._queue is not None:
            self._beat(f"worker-{self._queue.value}")

    def beat_ready(self, **_signal: Any) -> None:
        """Begin to beat, as the scheduler."""
        self._beat(BEAT)

    def stop(self, **_signal: Any) -> None:
        """End the heartbeat."""
        if self._heartbeat is not None:
            self._heartbeat.close()
            self._heartbeat = None

    def _beat(self, name: str) -> None:
        self._heartbeat = Heartbeat(self._app, load_config(), name)
        self._heartbeat.start()


def connect(app: Celery) -> None:
    """Listen to Celery's signals."""
    process = Process(app)
    for signal, receiver in (
        (signals.setup_logging, process.set_up_logging),
        (signals.celeryd_init, process.name_worker),
        (signals.worker_process_init, process.load_solver),
        (signals.worker_ready, process.worker_ready),
        (signals.beat_init, process.beat_ready),
        (signals.worker_shutdown, process.stop),
    ):
        signal.connect(receiver, weak=False)
