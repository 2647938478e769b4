"""Two entries of one workplace are merged: one stays as a sign that points to the other; pairs that are two are kept.

Revision: 0046, after 0045
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0046"
down_revision = "0045"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("workplace", sa.Column("merged_into_id", sa.BigInteger(), nullable=True))
    op.create_foreign_key(
        op.f("fk_workplace_merged_into_id_workplace"), "workplace", "workplace", ["merged_into_id"], ["id"]
    )
    op.create_check_constraint(
        op.f("ck_workplace_merged_is_ended"), "workplace",
        "merged_into_id IS NULL OR (status = 'ended' AND merged_into_id <> id)",
    )  # fmt: skip
    op.create_index(op.f("ix_workplace_merged_into_id"), "workplace", ["merged_into_id"])
    op.add_column("visit_group", sa.Column("called_after_id", sa.BigInteger(), nullable=True))
    op.create_foreign_key(
        op.f("fk_visit_group_called_after_id_workplace"), "visit_group", "workplace", ["called_after_id"], ["id"]
    )
    op.create_table(
        "distinct_pair",
        sa.Column("one_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("other_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("by_id", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("one_id < other_id", name=op.f("ck_distinct_pair_order")),
        sa.ForeignKeyConstraint(
            ["one_id"], ["workplace.id"], name=op.f("fk_distinct_pair_one_id_workplace"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["other_id"], ["workplace.id"], name=op.f("fk_distinct_pair_other_id_workplace"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["by_id"], ["app_user.id"], name=op.f("fk_distinct_pair_by_id_app_user")),
        sa.PrimaryKeyConstraint("one_id", "other_id", name=op.f("pk_distinct_pair")),
    )
    op.add_column(
        "sheet_upload",
        sa.Column("said_new", postgresql.JSONB(), server_default=sa.text("'[]'::jsonb"), nullable=False),
    )
    op.alter_column("sheet_upload", "said_new", server_default=None)


def downgrade() -> None:
    op.drop_column("sheet_upload", "said_new")
    op.drop_table("distinct_pair")
    op.drop_column("visit_group", "called_after_id")
    op.drop_column("workplace", "merged_into_id")
