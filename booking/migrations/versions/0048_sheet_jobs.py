"""Tables of more rows than a page can wait for are read, looked at, applied and undone by a worker.

Revision: 0048, after 0047
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0048"
down_revision = "0047"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("sheet_upload", sa.Column("raw", sa.LargeBinary(), nullable=True))
    op.add_column("sheet_upload", sa.Column("task", sa.String(24), nullable=True))
    op.add_column("sheet_upload", sa.Column("task_by_id", sa.BigInteger(), nullable=True))
    op.add_column("sheet_upload", sa.Column("seen", sa.Text(), nullable=True))
    op.add_column("sheet_upload", sa.Column("words", postgresql.JSONB(), nullable=True))
    op.add_column("sheet_upload", sa.Column("preview", postgresql.JSONB(), nullable=True))
    op.add_column("sheet_upload", sa.Column("failed", postgresql.JSONB(), nullable=True))
    op.create_foreign_key(
        op.f("fk_sheet_upload_task_by_id_app_user"), "sheet_upload", "app_user", ["task_by_id"], ["id"]
    )
    op.create_check_constraint(op.f("ck_sheet_upload_task"), "sheet_upload", "task IN ('look', 'apply', 'undo')")
    op.create_check_constraint(
        op.f("ck_sheet_upload_task_of_somebody"), "sheet_upload", "task IS NULL OR task_by_id IS NOT NULL"
    )


def downgrade() -> None:
    for name in ("failed", "preview", "words", "seen", "task_by_id", "task", "raw"):
        op.drop_column("sheet_upload", name)
