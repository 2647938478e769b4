"""How many attendances the centre means to reach in a year.

Revision: 0011, after 0009
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("centre", sa.Column("yearly_target", sa.Integer(), nullable=True))
    op.create_check_constraint(op.f("ck_centre_yearly_target"), "centre", "yearly_target > 0")


def downgrade() -> None:
    op.drop_constraint(op.f("ck_centre_yearly_target"), "centre")
    op.drop_column("centre", "yearly_target")
