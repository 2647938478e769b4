"""Spreadsheets are uploaded, looked at row by row, applied in one transaction, and undone.

Revision: 0018, after 0017
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "sheet_upload",
        sa.Column("id", sa.Integer(), sa.Identity(), nullable=False),
        sa.Column("kind", sa.String(24), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("content", postgresql.JSONB(), nullable=False),
        sa.Column("mapping", postgresql.JSONB(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_id", sa.BigInteger(), nullable=False),
        sa.Column("applied_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("done", postgresql.JSONB(), nullable=False),
        sa.CheckConstraint("kind IN ('workplaces', 'coaches')", name=op.f("ck_sheet_upload_kind")),
        sa.CheckConstraint(
            "undone_at IS NULL OR applied_at IS NOT NULL", name=op.f("ck_sheet_upload_undone_after_applied")
        ),
        sa.CheckConstraint("length(file_name) <= 200", name=op.f("ck_sheet_upload_file_name_length")),
        sa.ForeignKeyConstraint(["by_id"], ["app_user.id"], name=op.f("fk_sheet_upload_by_id_app_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sheet_upload")),
    )


def downgrade() -> None:
    op.drop_table("sheet_upload")
