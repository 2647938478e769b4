"""The schema comes from migrations alone, is what the models say, and can be taken down again."""

from __future__ import annotations

import sqlalchemy as sa

from booking.models.registry import METADATA
from tests.support.servers import Database, flask, settings


def test_the_migrated_schema_is_that_of_the_models(database: Database, database_url: str) -> None:
    done = flask(["db", "check"], settings(database_url), check=False)

    assert done.returncode == 0, done.stdout + done.stderr


def test_everything_can_be_taken_down_and_put_up_again(database_url: str) -> None:
    environment = settings(database_url)
    engine = sa.create_engine(database_url)

    flask(["db", "downgrade", "base"], environment)
    left = set(sa.inspect(engine).get_table_names()) - {"alembic_version"}
    with engine.connect() as connection:
        functions = connection.scalar(
            sa.text(
                "SELECT count(*) FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace"
                " WHERE n.nspname = 'public'"
            )
        )
    assert (left, functions) == (set(), 0)

    flask(["db", "upgrade"], environment)
    assert set(METADATA.tables) <= set(sa.inspect(engine).get_table_names())
    engine.dispose()
