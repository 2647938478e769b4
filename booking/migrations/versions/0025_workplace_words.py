"""What workplaces say on their links beside yes and no: smaller groups, notes for the office, a calendar's address.

Revision: 0025, after 0019
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0019"
branch_labels = None
depends_on = None

KINDS = "'call_me', 'other_time', 'details', 'closed', 'paused'"


def upgrade() -> None:
    op.create_table(
        "group_limit",
        sa.Column("request_id", sa.BigInteger(), nullable=False),
        sa.Column("workplace_id", sa.BigInteger(), nullable=False),
        sa.Column("pupils", sa.Integer(), nullable=False),
        sa.CheckConstraint("pupils >= 1", name=op.f("ck_group_limit_pupils")),
        sa.ForeignKeyConstraint(
            ["request_id"], ["request.id"], name=op.f("fk_group_limit_request_id_request"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["workplace_id"], ["workplace.id"], name=op.f("fk_group_limit_workplace_id_workplace")),
        sa.PrimaryKeyConstraint("request_id", "workplace_id", name=op.f("pk_group_limit")),
    )
    op.create_table(
        "workplace_note",
        sa.Column("id", sa.Integer(), sa.Identity(), nullable=False),
        sa.Column("workplace_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(24), nullable=False),
        sa.Column("notice_id", sa.BigInteger(), nullable=True),
        sa.Column("group_id", sa.BigInteger(), nullable=True),
        sa.Column("slot_id", sa.BigInteger(), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("settled_by_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(f"kind IN ({KINDS})", name=op.f("ck_workplace_note_kind")),
        sa.CheckConstraint(
            "(kind = 'other_time') = (group_id IS NOT NULL AND slot_id IS NOT NULL)",
            name=op.f("ck_workplace_note_time"),
        ),
        sa.CheckConstraint(
            "(settled_at IS NULL) = (settled_by_id IS NULL)", name=op.f("ck_workplace_note_settled")
        ),
        sa.ForeignKeyConstraint(
            ["workplace_id"], ["workplace.id"], name=op.f("fk_workplace_note_workplace_id_workplace")
        ),
        sa.ForeignKeyConstraint(
            ["notice_id"], ["workplace_notice.id"], name=op.f("fk_workplace_note_notice_id_workplace_notice")
        ),
        sa.ForeignKeyConstraint(
            ["group_id"], ["visit_group.id"], name=op.f("fk_workplace_note_group_id_visit_group")
        ),
        sa.ForeignKeyConstraint(
            ["slot_id"], ["slot.id"], name=op.f("fk_workplace_note_slot_id_slot"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["settled_by_id"], ["app_user.id"], name=op.f("fk_workplace_note_settled_by_id_app_user")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_workplace_note")),
    )
    op.create_index(op.f("ix_workplace_note_workplace_id"), "workplace_note", ["workplace_id"])
    op.create_index("ix_workplace_note_open", "workplace_note", ["at"], postgresql_where=sa.text("settled_at IS NULL"))
    op.create_index(
        "uq_workplace_note_call",
        "workplace_note",
        ["workplace_id"],
        unique=True,
        postgresql_where=sa.text("kind = 'call_me' AND settled_at IS NULL"),
    )
    op.create_index(
        "uq_workplace_note_time",
        "workplace_note",
        ["group_id"],
        unique=True,
        postgresql_where=sa.text("kind = 'other_time' AND settled_at IS NULL"),
    )
    op.create_table(
        "workplace_feed",
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("workplace_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["workplace_id"],
            ["workplace.id"],
            name=op.f("fk_workplace_feed_workplace_id_workplace"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_workplace_feed")),
    )
    op.create_index(
        "uq_workplace_feed_now",
        "workplace_feed",
        ["workplace_id"],
        unique=True,
        postgresql_where=sa.text("revoked_at IS NULL"),
    )


def downgrade() -> None:
    for table in ("workplace_feed", "workplace_note", "group_limit"):
        op.drop_table(table)
