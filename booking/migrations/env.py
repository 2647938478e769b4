"""Runs the migrations with the application's engine, or on a connection that a test or a tool hands in."""

from __future__ import annotations

import time
from typing import Any

import sqlalchemy as sa
from alembic import context

from booking.db import Blocked, blocked_by
from booking.models.registry import METADATA

#: while a migration waits for a table, everybody who comes after it waits behind it: for so long, and so often
LOCK_MS, PAUSE_SECONDS, TRIES = 1500, 1.0, 30


def _include(_object: Any, _name: str | None, _type: str, _reflected: bool, _other: Any) -> bool:
    return True


def _run(connection: sa.Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=METADATA,
        include_object=_include,
        compare_type=True,
        compare_server_default=False,
        transaction_per_migration=True,
    )
    with context.begin_transaction():
        context.run_migrations()


def _run_patiently(connection: sa.Connection) -> None:
    """Wait for a lock no longer than people can, who are queued behind it; step aside, and try again a little later."""
    connection.exec_driver_sql(f"SET lock_timeout = {LOCK_MS}")
    connection.commit()
    for left in reversed(range(TRIES)):
        try:
            _run(connection)
        except sa.exc.OperationalError as error:
            connection.rollback()
            if not left or blocked_by(error) is not Blocked.WAITED:
                raise
            time.sleep(PAUSE_SECONDS)
        else:
            return


def _run_online() -> None:
    given = context.config.attributes.get("connection")
    if given is not None:
        _run(given)
        return
    from flask import current_app

    with current_app.extensions["migrate"].db.engine.connect() as connection:
        _run_patiently(connection)


if context.is_offline_mode():
    context.configure(url="postgresql+psycopg://", target_metadata=METADATA, literal_binds=True)
    with context.begin_transaction():
        context.run_migrations()
else:
    _run_online()
