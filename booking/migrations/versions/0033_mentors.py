"""Which workplaces came to a training, and for how long a kind of training holds.

Revision: 0033, after 0032
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("programme", sa.Column("valid_months", sa.SmallInteger(), nullable=True))
    op.create_check_constraint(op.f("ck_programme_valid_months"), "programme", "valid_months BETWEEN 1 AND 120")
    op.execute("UPDATE programme SET valid_months = 12 WHERE code = 'mentor_training'")
    op.create_table(
        "session_workplace",
        sa.Column("session_id", sa.BigInteger(), nullable=False),
        sa.Column("workplace_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["session_id"],
            ["programme_session.id"],
            name=op.f("fk_session_workplace_session_id_programme_session"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["workplace_id"], ["workplace.id"], name=op.f("fk_session_workplace_workplace_id_workplace")
        ),
        sa.PrimaryKeyConstraint("session_id", "workplace_id", name=op.f("pk_session_workplace")),
    )
    op.create_index(op.f("ix_session_workplace_workplace_id"), "session_workplace", ["workplace_id"])


def downgrade() -> None:
    op.drop_table("session_workplace")
    op.drop_constraint(op.f("ck_programme_valid_months"), "programme")
    op.drop_column("programme", "valid_months")
