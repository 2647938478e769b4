"""A school that calls a visit off says whether another date is wanted.

Revision: 0006, after 0005
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("change_report", sa.Column("again", sa.Boolean(), nullable=True))
    op.create_check_constraint(
        op.f("ck_change_report_cancel_says_again"), "change_report", "(kind = 'cancel') = (again IS NOT NULL)"
    )


def downgrade() -> None:
    op.drop_constraint(op.f("ck_change_report_cancel_says_again"), "change_report")
    op.drop_column("change_report", "again")
