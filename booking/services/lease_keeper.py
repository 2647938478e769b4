"""Keeps the lease of a long work while it is done, and learns whether it is to be stopped."""

from __future__ import annotations

import threading
from collections.abc import Callable

from sqlalchemy.orm import Session, sessionmaker

from booking.db import transaction
from booking.log import get_logger

log = get_logger(__name__)

RENEW_SECONDS = 2.0


class LeaseKeeper(threading.Thread):
    """Renews a lease every :data:`RENEW_SECONDS` until it is closed, in transactions of its own.

    ``renew`` extends the lease and says whether the work goes on; ``keep_alive`` does the same for the worker's job.
    """

    def __init__(
        self,
        name: str,
        sessions: sessionmaker[Session],
        renew: Callable[[Session], bool],
        keep_alive: Callable[[], None],
    ) -> None:
        super().__init__(name=f"{name}-keeper", daemon=True)
        self._work = name
        self._sessions = sessions
        self._renew_lease = renew
        self._keep_alive = keep_alive
        self._done = threading.Event()
        self.stop_solving = threading.Event()

    def run(self) -> None:
        """Renew until closed."""
        while not self._done.wait(RENEW_SECONDS):
            try:
                self._renew()
            except Exception:
                # the database is away for a moment: the next round tries again, the lease is long enough
                log.warning("lease_not_renewed", work=self._work, exc_info=True)

    def _renew(self) -> None:
        with self._sessions() as session, transaction(session):
            goes_on = self._renew_lease(session)
        if not goes_on:
            self.stop_solving.set()
        self._keep_alive()

    def close(self) -> None:
        """Stop renewing."""
        self._done.set()
        self.join(timeout=10)
