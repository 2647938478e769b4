"""Sending: registered sender numbers, providers that rest, quiet hours, a daily limit, words of one's own.

Revision: 0021, after 0020
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

BEFORE = ("created", "sending", "sent", "delivered", "bounced", "failed", "unknown", "withdrawn")
WAITING = sa.text("status IN ('created', 'sending')")


def _statuses(statuses: tuple[str, ...], final: str) -> None:
    """The states that a message may have, and those that nobody may change."""
    listed = ", ".join(f"'{status}'" for status in statuses)
    op.execute("ALTER TABLE message DROP CONSTRAINT ck_message_status")
    op.execute(f"ALTER TABLE message ADD CONSTRAINT ck_message_status CHECK (status IN ({listed}))")
    op.execute("DROP TRIGGER keep_final_state ON message")
    op.execute(
        "CREATE TRIGGER keep_final_state BEFORE UPDATE OF status ON message FOR EACH ROW"
        f" EXECUTE FUNCTION keep_final_state('{{{final}}}')"
    )


def upgrade() -> None:
    op.create_table(
        "sender_number",
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("holder", sa.Text(), nullable=False),
        sa.Column("registered_on", sa.Date(), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=True),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.CheckConstraint("number ~ '^[0-9]{8,12}$'", name=op.f("ck_sender_number_digits")),
        sa.CheckConstraint(
            "expires_on IS NULL OR expires_on >= registered_on", name=op.f("ck_sender_number_dates_in_order")
        ),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_sender_number")),
    )
    op.create_table(
        "provider_rest",
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("troubles", sa.Integer(), nullable=False),
        sa.Column("rests", sa.Integer(), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("trial_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("provider", name=op.f("pk_provider_rest")),
    )
    op.add_column("centre", sa.Column("quiet_from", sa.SmallInteger(), nullable=True))
    op.add_column("centre", sa.Column("quiet_until", sa.SmallInteger(), nullable=True))
    op.add_column("centre", sa.Column("daily_limit", sa.Integer(), nullable=True))
    op.create_check_constraint(
        op.f("ck_centre_quiet_hours"),
        "centre",
        "(quiet_from IS NULL) = (quiet_until IS NULL) AND quiet_from BETWEEN 0 AND 23"
        " AND quiet_until BETWEEN 0 AND 23 AND quiet_from <> quiet_until",
    )
    op.create_check_constraint(op.f("ck_centre_daily_limit"), "centre", "daily_limit > 0")
    # what was promised before there was a setting
    op.execute("UPDATE centre SET quiet_from = 20, quiet_until = 8")
    op.add_column("message", sa.Column("own_subject", sa.Text(), nullable=True))
    op.add_column("message", sa.Column("own_text", sa.Text(), nullable=True))
    op.add_column("message", sa.Column("disturb", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.alter_column("message", "disturb", server_default=None)
    op.add_column("message", sa.Column("ask_at", sa.DateTime(timezone=True), nullable=True))
    op.create_check_constraint(op.f("ck_message_own_text"), "message", "own_subject IS NULL OR own_text IS NOT NULL")
    for holder in ("user", "workplace"):
        op.create_index(
            f"ix_message_waiting_{holder}", "message", [f"{holder}_id", "channel", "id"], postgresql_where=WAITING
        )
    op.create_index("ix_message_ask_at", "message", ["ask_at"], postgresql_where=sa.text("ask_at IS NOT NULL"))
    _statuses((*BEFORE, "told"), "delivered,withdrawn,told")


def downgrade() -> None:
    op.execute("DROP TRIGGER keep_final_state ON message")
    op.execute("UPDATE message SET status = 'bounced' WHERE status = 'told'")
    op.execute(
        "CREATE TRIGGER keep_final_state BEFORE UPDATE OF status ON message FOR EACH ROW"
        " EXECUTE FUNCTION keep_final_state('{delivered,withdrawn}')"
    )
    _statuses(BEFORE, "delivered,bounced,withdrawn")
    for name in ("ix_message_ask_at", "ix_message_waiting_workplace", "ix_message_waiting_user"):
        op.drop_index(name, table_name="message")
    op.drop_constraint(op.f("ck_message_own_text"), "message")
    for column in ("ask_at", "disturb", "own_text", "own_subject"):
        op.drop_column("message", column)
    for column in ("daily_limit", "quiet_until", "quiet_from"):
        op.drop_column("centre", column)
    op.drop_table("provider_rest")
    op.drop_table("sender_number")
