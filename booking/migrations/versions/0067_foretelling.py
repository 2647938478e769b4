"""나갈 알림: what publishing a plan would send, written by a worker and thrown away after a day.

Revision: 0067, after 0066
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0067"
down_revision = "0066"
branch_labels = None
depends_on = None

_RECIPIENTS = {"user_id": "app_user", "workplace_id": "workplace", "coach_id": "coach"}


def _one_of(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=24)


def upgrade() -> None:
    op.create_table(
        "foretelling",
        sa.Column("run_id", sa.BigInteger(), nullable=False),
        sa.Column("run_version", sa.Integer(), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("refusal", sa.Text(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.CheckConstraint("refusal IS NULL OR error IS NULL", name=op.f("ck_foretelling_one_reason")),
        sa.ForeignKeyConstraint(
            ["run_id"], ["allocation_run.id"], ondelete="CASCADE", name=op.f("fk_foretelling_run_id_allocation_run")
        ),
        sa.PrimaryKeyConstraint("run_id", name=op.f("pk_foretelling")),
    )
    op.create_table(
        "foretold_message",
        sa.Column("run_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        *(sa.Column(name, sa.BigInteger(), nullable=True) for name in _RECIPIENTS),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("channel", _one_of("channel", "email", "sms"), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("language", _one_of("language", "ko", "en"), nullable=False),
        sa.Column("facts", JSONB(), nullable=False),
        sa.Column("recipient", sa.Text(), nullable=False),
        sa.Column("sms_kind", _one_of("sms_kind", "SMS", "LMS"), nullable=True),
        sa.Column("in_kakaotalk", sa.Boolean(), nullable=False),
        sa.Column("fault", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "num_nonnulls(user_id, workplace_id, coach_id) = 1", name=op.f("ck_foretold_message_one_recipient")
        ),
        sa.CheckConstraint(
            "sms_kind IS NULL OR channel = 'sms'", name=op.f("ck_foretold_message_sms_kind_of_a_text")
        ),
        sa.ForeignKeyConstraint(
            ["run_id"],
            ["foretelling.run_id"],
            ondelete="CASCADE",
            name=op.f("fk_foretold_message_run_id_foretelling"),
        ),
        *(
            sa.ForeignKeyConstraint(
                [name], [f"{table}.id"], ondelete="CASCADE", name=op.f(f"fk_foretold_message_{name}_{table}")
            )
            for name, table in _RECIPIENTS.items()
        ),
        sa.PrimaryKeyConstraint("run_id", "number", name=op.f("pk_foretold_message")),
    )


def downgrade() -> None:
    op.drop_table("foretold_message")
    op.drop_table("foretelling")
