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


def test_classes_of_before_get_the_grade_that_their_label_names(database: Database) -> None:
    name = database.clone()
    url = database.server.url(name)
    engine = sa.create_engine(url)
    flask(["db", "downgrade", "0002"], settings(url))
    with engine.begin() as connection:
        connection.execute(
            sa.text(
                "INSERT INTO school (code, name, sms_name, level, lat, lon, own_chaperones_per_slot, fairness_credit,"
                " am_starts, am_ends, pm_starts, pm_ends)"
                " VALUES ('S', '가람중', '가람중', 'middle', 37, 126, 4, 0, '9:00', '12:25', '13:15', '15:45')"
            )
        )
        connection.execute(
            sa.text(
                "INSERT INTO school_class (school_id, label, pupils, chaperones_needed)"
                " SELECT id, unnest(ARRAY['1-3', '3학년 2반', '가람반', '12', '9-1']), 20, 2 FROM school"
            )
        )
    flask(["db", "upgrade"], settings(url))
    with engine.connect() as connection:
        rows = connection.execute(sa.text("SELECT label, grade, considered, active FROM school_class ORDER BY id"))
        assert [tuple(row) for row in rows] == [
            ("1-3", 1, 0, True),
            ("3학년 2반", 3, 0, True),
            ("가람반", None, 0, True),
            ("12", None, 0, True),
            ("9-1", None, 0, True),
        ]
    engine.dispose()
    database.server.drop(name)
