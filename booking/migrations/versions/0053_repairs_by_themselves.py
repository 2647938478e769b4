"""A repair may be applied by itself, and a workplace that is asked in another's stead has less time to answer.

Revision: 0053, after 0052
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0053"
down_revision = "0052"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("centre", sa.Column("repairs_itself", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("centre", sa.Column("reserve_days", sa.Integer(), server_default="2", nullable=False))
    op.create_check_constraint(op.f("ck_centre_reserve_days"), "centre", "reserve_days BETWEEN 1 AND 7")
    op.add_column("visit_group", sa.Column("reserve", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.create_index(
        "ix_visit_group_reserve",
        "visit_group",
        ["workplace_id"],
        postgresql_where=sa.text("reserve AND status = 'asked'"),
    )


def downgrade() -> None:
    op.drop_index("ix_visit_group_reserve", "visit_group")
    op.drop_column("visit_group", "reserve")
    op.drop_constraint(op.f("ck_centre_reserve_days"), "centre")
    op.drop_column("centre", "reserve_days")
    op.drop_column("centre", "repairs_itself")
