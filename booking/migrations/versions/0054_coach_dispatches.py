"""Coaches are sent along by message and answer on a link; they are recipients of messages.

Revision: 0054, after 0053
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0054"
down_revision = "0053"
branch_labels = None
depends_on = None

ONE_RECIPIENT = "ck_message_one_recipient"


def upgrade() -> None:
    op.create_table(
        "coach_dispatch",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("coach_id", sa.BigInteger(), nullable=False),
        sa.Column("school_id", sa.BigInteger(), nullable=False),
        sa.Column("slot_id", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.String(24), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("facts", postgresql.JSONB(), nullable=False),
        sa.Column("answer_by", sa.Date(), nullable=False),
        sa.Column("answer_reason", sa.Text(), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cancelled_by", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "status IN ('asked', 'accepted', 'declined', 'cancelled')", name=op.f("ck_coach_dispatch_status")
        ),
        sa.CheckConstraint("version >= 1", name=op.f("ck_coach_dispatch_version")),
        sa.ForeignKeyConstraint(["coach_id"], ["coach.id"], name=op.f("fk_coach_dispatch_coach_id_coach")),
        sa.ForeignKeyConstraint(["school_id"], ["school.id"], name=op.f("fk_coach_dispatch_school_id_school")),
        sa.ForeignKeyConstraint(["slot_id"], ["slot.id"], name=op.f("fk_coach_dispatch_slot_id_slot")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_coach_dispatch")),
    )
    op.create_index(op.f("ix_coach_dispatch_coach_id"), "coach_dispatch", ["coach_id"])
    op.create_index(op.f("ix_coach_dispatch_slot_id"), "coach_dispatch", ["slot_id"])
    op.create_index(
        "uq_coach_dispatch_once",
        "coach_dispatch",
        ["coach_id", "slot_id"],
        unique=True,
        postgresql_where=sa.text("status IN ('asked', 'accepted')"),
    )
    op.execute(
        "CREATE TRIGGER keep_final_state BEFORE UPDATE OF status ON coach_dispatch FOR EACH ROW"
        " EXECUTE FUNCTION keep_final_state('{declined,cancelled}')"
    )
    op.create_table(
        "dispatch_link",
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("dispatch_id", sa.BigInteger(), nullable=False),
        sa.Column("dispatch_version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["dispatch_id"],
            ["coach_dispatch.id"],
            name=op.f("fk_dispatch_link_dispatch_id_coach_dispatch"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_dispatch_link")),
    )
    op.create_index(op.f("ix_dispatch_link_dispatch_id"), "dispatch_link", ["dispatch_id"])
    op.add_column("message", sa.Column("coach_id", sa.BigInteger(), nullable=True))
    op.create_foreign_key(op.f("fk_message_coach_id_coach"), "message", "coach", ["coach_id"], ["id"])
    op.drop_constraint(op.f(ONE_RECIPIENT), "message")
    op.create_check_constraint(op.f(ONE_RECIPIENT), "message", "num_nonnulls(user_id, workplace_id, coach_id) = 1")
    op.create_index(
        "uq_message_coach",
        "message",
        ["coach_id", "kind", "subject", "version", "channel"],
        unique=True,
        postgresql_where=sa.text("coach_id IS NOT NULL"),
    )
    op.create_index(
        "ix_message_waiting_coach",
        "message",
        ["coach_id", "channel", "id"],
        postgresql_where=sa.text("status IN ('created', 'sending')"),
    )


def downgrade() -> None:
    op.execute("DELETE FROM message WHERE coach_id IS NOT NULL")
    op.drop_index("ix_message_waiting_coach", "message")
    op.drop_index("uq_message_coach", "message")
    op.drop_constraint(op.f(ONE_RECIPIENT), "message")
    op.create_check_constraint(op.f(ONE_RECIPIENT), "message", "num_nonnulls(user_id, workplace_id) = 1")
    op.drop_constraint(op.f("fk_message_coach_id_coach"), "message")
    op.drop_column("message", "coach_id")
    op.drop_table("dispatch_link")
    op.drop_table("coach_dispatch")
