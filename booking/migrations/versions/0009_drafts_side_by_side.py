"""Drafts side by side: named and kept, weeks in play, the alternatives of a run, and the weekly run as a setting.

Revision: 0009, after 0006
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0009"
down_revision = "0006"
branch_labels = None
depends_on = None

KINDS = ("term", "repair")
STATUSES = ("queued", "solving", "proposed", "published", "superseded", "discarded", "cancelled", "failed")

#: What a run found stays what it found: alternatives are written once, and only their choice is noted.
POINTS = """
CREATE FUNCTION keep_frontier_point() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (to_jsonb(NEW) - 'chosen_run_id') IS DISTINCT FROM (to_jsonb(OLD) - 'chosen_run_id') THEN
        RAISE EXCEPTION 'alternative % of run % is changed after it was found', OLD.position, OLD.run_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_frontier_point_kept';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER keep_frontier_point BEFORE UPDATE ON frontier_point
    FOR EACH ROW EXECUTE FUNCTION keep_frontier_point();
"""

FINAL = """
CREATE OR REPLACE TRIGGER keep_final_state BEFORE UPDATE OF status ON allocation_run FOR EACH ROW
    EXECUTE FUNCTION keep_final_state('{{{states}}}');
"""
FINAL_STATES = "superseded,discarded,cancelled,failed"


def _values(column: str, values: tuple[str, ...]) -> None:
    """Let a column of the runs hold these values."""
    name = op.f(f"ck_allocation_run_{column}")
    op.drop_constraint(name, "allocation_run")
    listed = ", ".join(f"'{value}'" for value in values)
    op.create_check_constraint(name, "allocation_run", f"{column} IN ({listed})")


def upgrade() -> None:
    _values("kind", (*KINDS, "frontier"))
    _values("status", (*STATUSES, "found"))
    op.add_column("allocation_run", sa.Column("name", sa.Text(), nullable=True))
    op.add_column("allocation_run", sa.Column("kept", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.alter_column("allocation_run", "kept", server_default=None)
    op.add_column("allocation_run", sa.Column("weeks", postgresql.ARRAY(sa.Text()), nullable=True))
    op.add_column("allocation_run", sa.Column("source_id", sa.BigInteger(), nullable=True))
    op.create_foreign_key(
        op.f("fk_allocation_run_source_id_allocation_run"), "allocation_run", "allocation_run", ["source_id"], ["id"]
    )
    op.create_index(op.f("ix_allocation_run_source_id"), "allocation_run", ["source_id"])
    op.create_check_constraint(op.f("ck_allocation_run_name_length"), "allocation_run", "length(name) BETWEEN 1 AND 60")
    op.create_check_constraint(
        op.f("ck_allocation_run_frontier_is_no_plan"),
        "allocation_run",
        "CASE WHEN kind = 'frontier' THEN source_id IS NOT NULL AND NOT kept"
        " AND status IN ('queued', 'solving', 'found', 'cancelled', 'failed') ELSE status <> 'found' END",
    )
    op.create_table(
        "frontier_point",
        sa.Column("run_id", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.SmallInteger(), nullable=False),
        sa.Column("crowding_price", sa.Double(), nullable=False),
        sa.Column("date_cost", sa.Double(), nullable=False),
        sa.Column("spread", sa.Double(), nullable=False),
        sa.Column("own", sa.Boolean(), nullable=False),
        sa.Column("knee", sa.Boolean(), nullable=False),
        sa.Column("kpis", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("plan", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("chosen_run_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("position >= 1", name=op.f("ck_frontier_point_position")),
        sa.ForeignKeyConstraint(
            ["run_id"], ["allocation_run.id"], name=op.f("fk_frontier_point_run_id_allocation_run"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["chosen_run_id"], ["allocation_run.id"], name=op.f("fk_frontier_point_chosen_run_id_allocation_run")
        ),
        sa.PrimaryKeyConstraint("run_id", "position", name=op.f("pk_frontier_point")),
        sa.UniqueConstraint("chosen_run_id", name=op.f("uq_frontier_point_chosen_run_id")),
    )
    op.execute(POINTS)
    op.execute(FINAL.format(states=f"{FINAL_STATES},found"))
    op.add_column("term", sa.Column("weekly_day", sa.SmallInteger(), nullable=True))
    op.add_column("term", sa.Column("weekly_hour", sa.SmallInteger(), nullable=True))
    op.add_column("term", sa.Column("weekly_done_at", sa.DateTime(timezone=True), nullable=True))
    op.create_check_constraint(
        op.f("ck_term_weekly_time"),
        "term",
        "(weekly_day IS NULL) = (weekly_hour IS NULL) AND (weekly_day IS NULL OR weekly_done_at IS NOT NULL)"
        " AND weekly_day BETWEEN 0 AND 6 AND weekly_hour BETWEEN 0 AND 23",
    )


def downgrade() -> None:
    op.drop_constraint(op.f("ck_term_weekly_time"), "term")
    for column in ("weekly_done_at", "weekly_hour", "weekly_day"):
        op.drop_column("term", column)
    op.execute(FINAL.format(states=FINAL_STATES))
    op.drop_table("frontier_point")
    op.execute("DROP FUNCTION keep_frontier_point()")
    op.drop_constraint(op.f("ck_allocation_run_frontier_is_no_plan"), "allocation_run")
    op.drop_constraint(op.f("ck_allocation_run_name_length"), "allocation_run")
    # searches for alternatives are no plans: nothing that was told to anybody hangs on them
    op.execute("UPDATE allocation_run SET source_id = NULL")
    op.execute("DELETE FROM allocation_run WHERE kind = 'frontier'")
    op.drop_index(op.f("ix_allocation_run_source_id"), "allocation_run")
    op.drop_constraint(op.f("fk_allocation_run_source_id_allocation_run"), "allocation_run")
    for column in ("source_id", "weeks", "kept", "name"):
        op.drop_column("allocation_run", column)
    _values("status", STATUSES)
    _values("kind", KINDS)
