"""How often something may be tried: one table in PostgreSQL, shared by all web processes, on the database's clock."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from booking.domain.errors import TooManyAttempts
from booking.models.people import Throttle


def count_attempt(session: Session, key: str, *, limit: int, window: dt.timedelta) -> None:
    """Count one attempt under ``key`` and refuse the one after ``limit`` within the window.

    One statement, so that parallel attempts are counted one by one.

    Raises:
        TooManyAttempts: with the seconds until the window ends.
    """
    now = sa.func.clock_timestamp()
    fresh = Throttle.window_ends_at <= now
    statement = (
        insert(Throttle)
        .values(key=key, count=1, window_ends_at=now + window)
        .on_conflict_do_update(
            index_elements=[Throttle.key],
            set_={
                "count": sa.case((fresh, 1), else_=Throttle.count + 1),
                "window_ends_at": sa.case((fresh, now + window), else_=Throttle.window_ends_at),
            },
        )
        .returning(Throttle.count, sa.func.extract("epoch", Throttle.window_ends_at - now))
    )
    count, seconds = session.execute(statement).one()
    if count > limit:
        raise TooManyAttempts(f"{key}: {count} attempts", seconds=max(1, round(seconds)))


def forget_attempts(session: Session, key: str) -> None:
    """Open the throttle again, as after a successful sign-in."""
    session.execute(sa.delete(Throttle).where(Throttle.key == key))
