"""For how long personal data are kept, what was erased, and the record of it.

Revision: 0063, after 0062
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0063"
down_revision = "0062"
branch_labels = None
depends_on = None

#: The access log is written once and kept for as long as the centre has set, at the very least for a year: only then
#: may a line go. The record of what was erased never goes.
GUARDS = """
CREATE FUNCTION keep_access_entry() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE months int;
BEGIN
    SELECT greatest(12, coalesce(max(access_months), 24)) INTO months FROM centre;
    IF TG_OP = 'DELETE' AND OLD.at < now() - make_interval(months => months) THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'access_entry is append-only' USING ERRCODE = 'restrict_violation';
END $$;
DROP TRIGGER append_only ON access_entry;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON access_entry FOR EACH ROW EXECUTE FUNCTION keep_access_entry();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON erasure FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER never_emptied BEFORE TRUNCATE ON erasure FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
"""


def upgrade() -> None:
    for name, months in (("contact_months", "12"), ("text_months", "6"), ("access_months", "24")):
        op.add_column("centre", sa.Column(name, sa.SmallInteger(), server_default=months, nullable=False))
    op.create_check_constraint(
        op.f("ck_centre_retention"),
        "centre",
        "contact_months BETWEEN 1 AND 60 AND text_months BETWEEN 1 AND 60 AND access_months BETWEEN 12 AND 120",
    )
    op.add_column("message", sa.Column("emptied_at", sa.DateTime(timezone=True), nullable=True))
    op.create_check_constraint(
        op.f("ck_message_emptied"),
        "message",
        "emptied_at IS NULL OR (body IS NULL AND own_subject IS NULL AND own_text IS NULL AND facts = '{}')",
    )
    for table in ("app_user", "coach"):
        op.add_column(table, sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True))
    op.create_check_constraint(
        op.f("ck_app_user_erased"),
        "app_user",
        "erased_at IS NULL OR (phone IS NULL AND password_hash IS NULL AND NOT active)",
    )
    op.create_check_constraint(
        op.f("ck_coach_erased"), "coach", "erased_at IS NULL OR (phone IS NULL AND email IS NULL)"
    )
    op.create_table(
        "erasure",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("what", sa.String(24), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("subject_type", sa.String(24), nullable=True),
        sa.Column("subject_id", sa.BigInteger(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.CheckConstraint("count > 0", name=op.f("ck_erasure_count")),
        sa.CheckConstraint("(subject_type IS NULL) = (subject_id IS NULL)", name=op.f("ck_erasure_whole_subject")),
        sa.CheckConstraint("subject_id IS NULL OR reason IS NOT NULL", name=op.f("ck_erasure_request_has_reason")),
        sa.CheckConstraint("length(reason) BETWEEN 4 AND 200", name=op.f("ck_erasure_reason_length")),
        sa.CheckConstraint(
            "what IN ('message_text', 'workplace_contact', 'teacher', 'office_account', 'coach', 'free_words',"
            " 'sign_in', 'access_log')",
            name=op.f("ck_erasure_what"),
        ),
        sa.CheckConstraint("subject_type IN ('user', 'workplace', 'coach')", name=op.f("ck_erasure_subject_type")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_erasure")),
    )
    op.create_index(op.f("ix_erasure_at"), "erasure", ["at"])
    op.execute(GUARDS)


def downgrade() -> None:
    op.execute("DROP TRIGGER append_only ON access_entry")
    op.execute("DROP FUNCTION keep_access_entry()")
    op.execute(
        "CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON access_entry"
        " FOR EACH ROW EXECUTE FUNCTION refuse_change()"
    )
    op.drop_table("erasure")
    op.drop_constraint(op.f("ck_coach_erased"), "coach")
    op.drop_constraint(op.f("ck_app_user_erased"), "app_user")
    op.drop_constraint(op.f("ck_message_emptied"), "message")
    op.drop_constraint(op.f("ck_centre_retention"), "centre")
    op.drop_column("message", "emptied_at")
    for table in ("app_user", "coach"):
        op.drop_column(table, "erased_at")
    for name in ("contact_months", "text_months", "access_months"):
        op.drop_column("centre", name)
