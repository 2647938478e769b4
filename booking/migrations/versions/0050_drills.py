"""Rehearsals of a plan without some of its workplaces.

Revision: 0050, after 0048
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0050"
down_revision = "0048"
branch_labels = None
depends_on = None

STATES = "'queued', 'rehearsing', 'done', 'cancelled', 'failed'"
#: A drill that has ended stays so, whoever writes.
FINAL = """
CREATE TRIGGER keep_final_state BEFORE UPDATE OF status ON plan_drill FOR EACH ROW
    EXECUTE FUNCTION keep_final_state('{done,cancelled,failed}');
"""


def upgrade() -> None:
    op.create_table(
        "plan_drill",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("term_id", sa.BigInteger(), nullable=False),
        sa.Column("run_id", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.String(24), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("losses", sa.SmallInteger(), nullable=False),
        sa.Column("created_by_id", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("time_limit", sa.Float(), nullable=False),
        sa.Column("cancel_requested", sa.Boolean(), nullable=False),
        sa.Column("days", sa.SmallInteger(), nullable=False),
        sa.Column("days_done", sa.SmallInteger(), nullable=False),
        sa.Column("plan_sha256", sa.Text(), nullable=True),
        sa.Column("facts_sha256", sa.Text(), nullable=True),
        sa.Column("result", postgresql.JSONB(none_as_null=True), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.CheckConstraint(f"status IN ({STATES})", name=op.f("ck_plan_drill_status")),
        sa.CheckConstraint("first_day <= last_day", name=op.f("ck_plan_drill_days_in_order")),
        sa.CheckConstraint("losses BETWEEN 1 AND 20", name=op.f("ck_plan_drill_losses")),
        sa.CheckConstraint(
            "(status = 'done') = (result IS NOT NULL) AND (result IS NULL OR plan_sha256 IS NOT NULL)",
            name=op.f("ck_plan_drill_done_with_result"),
        ),
        sa.ForeignKeyConstraint(["term_id"], ["term.id"], name=op.f("fk_plan_drill_term_id_term"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["run_id"], ["allocation_run.id"], name=op.f("fk_plan_drill_run_id_allocation_run"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["created_by_id"], ["app_user.id"], name=op.f("fk_plan_drill_created_by_id_app_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan_drill")),
    )
    op.create_index(op.f("ix_plan_drill_run_id"), "plan_drill", ["run_id"])
    op.create_index(
        "uq_plan_drill_active",
        "plan_drill",
        ["term_id"],
        unique=True,
        postgresql_where=sa.text("status IN ('queued', 'rehearsing')"),
    )
    op.execute(FINAL)


def downgrade() -> None:
    op.drop_table("plan_drill")
