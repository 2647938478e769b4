"""Sending can be paused: after a restore, until a person has looked, or by hand.

Revision: 0016, after 0015
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("centre", sa.Column("sending_paused_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("centre", sa.Column("sending_paused_by", sa.Text(), nullable=True))
    op.create_check_constraint(
        op.f("ck_centre_pause_has_somebody"), "centre", "(sending_paused_at IS NULL) = (sending_paused_by IS NULL)"
    )


def downgrade() -> None:
    op.drop_column("centre", "sending_paused_by")
    op.drop_column("centre", "sending_paused_at")
