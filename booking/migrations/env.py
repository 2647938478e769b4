"""Runs the migrations with the application's engine, or on a connection that a test or a tool hands in."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import context

from booking.models.registry import METADATA


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


def _run_online() -> None:
    given = context.config.attributes.get("connection")
    if given is not None:
        _run(given)
        return
    from flask import current_app

    with current_app.extensions["migrate"].db.engine.connect() as connection:
        _run(connection)


if context.is_offline_mode():
    context.configure(url="postgresql+psycopg://", target_metadata=METADATA, literal_binds=True)
    with context.begin_transaction():
        context.run_migrations()
else:
    _run_online()
