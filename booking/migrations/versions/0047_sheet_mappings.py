"""Which column of a file is which field is remembered: the same file next month needs no mapping.

Revision: 0047, after 0046
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0047"
down_revision = "0046"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "sheet_mapping",
        sa.Column("kind", sa.String(24), nullable=False),
        sa.Column("heads", sa.Text(), nullable=False),
        sa.Column("fields", postgresql.JSONB(), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "kind IN ('workplaces', 'coaches', 'schools', 'classes', 'patterns', 'days', 'requests', 'plans')",
            name=op.f("ck_sheet_mapping_kind"),
        ),
        sa.PrimaryKeyConstraint("kind", "heads", name=op.f("pk_sheet_mapping")),
    )


def downgrade() -> None:
    op.drop_table("sheet_mapping")
