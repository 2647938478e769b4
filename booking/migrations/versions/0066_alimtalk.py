"""알림톡: templates that Kakao has approved, the text that stands in, and in which form a text message went.

Revision: 0066, after 0065
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0066"
down_revision = "0065"
branch_labels = None
depends_on = None

_EMPTIED = "emptied_at IS NULL OR (body IS NULL AND {}own_subject IS NULL AND own_text IS NULL AND facts = '{{}}')"


def _one_of(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=24)


def upgrade() -> None:
    op.create_table(
        "alimtalk_template",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("language", _one_of("language", "ko", "en"), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("button", sa.Text(), nullable=False),
        sa.Column("state", _one_of("template_state", "under_review", "approved", "rejected"), nullable=False),
        sa.Column("refused_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("refused_code", sa.Text(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "refused_at IS NULL OR refused_code <> ''", name=op.f("ck_alimtalk_template_refused_with_a_code")
        ),
        sa.PrimaryKeyConstraint("kind", "language", name=op.f("pk_alimtalk_template")),
    )
    op.add_column("message", sa.Column("substitute", sa.Text(), nullable=True))
    for table in ("message", "receipt"):
        op.add_column(table, sa.Column("sent_as", sa.String(24), nullable=True))
        op.create_check_constraint(op.f(f"ck_{table}_sent_as"), table, "sent_as IN ('ATA', 'SMS', 'LMS')")
    op.drop_constraint(op.f("ck_message_emptied"), "message")
    op.create_check_constraint(op.f("ck_message_emptied"), "message", _EMPTIED.format("substitute IS NULL AND "))


def downgrade() -> None:
    op.drop_constraint(op.f("ck_message_emptied"), "message")
    op.create_check_constraint(op.f("ck_message_emptied"), "message", _EMPTIED.format(""))
    for table in ("receipt", "message"):
        op.drop_column(table, "sent_as")
    op.drop_column("message", "substitute")
    op.drop_table("alimtalk_template")
