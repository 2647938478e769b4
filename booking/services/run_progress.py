"""What a solver says while it works, written down for the page that watches it."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Protocol

from sqlalchemy.orm import Session, sessionmaker

from booking.db import transaction
from booking.domain.ids import RunId
from booking.models.runs import RunProgress

PROGRESS_SECONDS = 0.8


class Progress(Protocol):
    """What the engine reports while it works (``scheduler.allocate.Progress``)."""

    @property
    def stage(self) -> str:
        """Which pass is running."""
        ...

    @property
    def seconds(self) -> float:
        """Seconds since the start."""
        ...

    @property
    def incumbent(self) -> float | None:
        """The best value so far."""
        ...

    @property
    def bound(self) -> float | None:
        """The proven lower bound."""
        ...

    @property
    def gap(self) -> float | None:
        """Incumbent against bound, relative."""
        ...

    @property
    def placed_pupils(self) -> int | None:
        """Pupils placed by the best plan so far."""
        ...

    @property
    def load(self) -> Mapping[str, int] | None:
        """Pupils by slot code of the best plan so far."""
        ...


class ProgressWriter:
    """Writes what the solver reports, at most about once a second, each in a transaction of its own."""

    def __init__(self, sessions: sessionmaker[Session], run_id: RunId) -> None:
        self._sessions = sessions
        self._run_id = run_id
        self._last = ("", 0.0)

    def __call__(self, progress: Progress) -> None:
        """Write it down, where the stage is new or the last word is old enough."""
        stage, at = self._last
        now = time.monotonic()
        if stage == progress.stage and now - at < PROGRESS_SECONDS:
            return
        self._last = (progress.stage, now)
        with self._sessions() as session, transaction(session):
            session.add(
                RunProgress(
                    run_id=self._run_id,
                    stage=progress.stage,
                    seconds=round(progress.seconds, 2),
                    incumbent=progress.incumbent,
                    bound=progress.bound,
                    gap=progress.gap,
                    placed_pupils=progress.placed_pupils,
                    load=dict(progress.load) if progress.load is not None else None,
                )
            )
