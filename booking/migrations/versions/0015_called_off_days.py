"""A day is called off for everybody with one action, which is written once.

Revision: 0015, after 0014
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

BLOCKS = "'AM', 'PM', 'all'"
CAUSES = "'weather', 'air', 'illness', 'emergency', 'other'"


def upgrade() -> None:
    op.create_table(
        "called_off_day",
        sa.Column("id", sa.Integer(), sa.Identity(), nullable=False),
        sa.Column("term_id", sa.BigInteger(), nullable=False),
        sa.Column("date", sa.Date(), nullable=False),
        sa.Column("blocks", sa.String(24), nullable=False),
        sa.Column("cause", sa.String(24), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("again", sa.Boolean(), nullable=False),
        sa.Column("visits", sa.Integer(), nullable=False),
        sa.Column("pupils", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_id", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(f"blocks IN ({BLOCKS})", name=op.f("ck_called_off_day_blocks")),
        sa.CheckConstraint(f"cause IN ({CAUSES})", name=op.f("ck_called_off_day_cause")),
        sa.ForeignKeyConstraint(["term_id"], ["term.id"], name=op.f("fk_called_off_day_term_id_term")),
        sa.ForeignKeyConstraint(["by_id"], ["app_user.id"], name=op.f("fk_called_off_day_by_id_app_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_called_off_day")),
    )
    op.create_index(op.f("ix_called_off_day_term_id"), "called_off_day", ["term_id"])
    op.execute(
        "CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON called_off_day"
        " FOR EACH ROW EXECUTE FUNCTION refuse_change()"
    )


def downgrade() -> None:
    op.drop_table("called_off_day")
