"""Announcements to people who have agreed, and their consent.

Revision: 0064, after 0063
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0064"
down_revision = "0063"
branch_labels = None
depends_on = None

WAYS = "('self', 'link', 'telephone', 'paper', 'gone')"
#: A consent that was withdrawn stays withdrawn; who agrees again gets a new one.
GUARDS = """
CREATE FUNCTION keep_consent() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR OLD.withdrawn_at IS NOT NULL OR NEW.granted_at <> OLD.granted_at THEN
        RAISE EXCEPTION 'what was agreed to is kept' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER keep_consent BEFORE UPDATE OR DELETE ON consent FOR EACH ROW EXECUTE FUNCTION keep_consent();
CREATE TRIGGER keep_final_state BEFORE UPDATE OF status ON announcement FOR EACH ROW
    EXECUTE FUNCTION keep_final_state('{sent}');
"""


def upgrade() -> None:
    op.add_column("centre", sa.Column("announcing", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("centre", sa.Column("refusal_number", sa.Text(), nullable=True))
    op.create_table(
        "consent",
        sa.Column("id", sa.Integer(), sa.Identity(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=True),
        sa.Column("workplace_id", sa.BigInteger(), nullable=True),
        sa.Column("coach_id", sa.BigInteger(), nullable=True),
        sa.Column("granted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("granted_by", sa.String(24), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_by", sa.String(24), nullable=True),
        sa.CheckConstraint("num_nonnulls(user_id, workplace_id, coach_id) = 1", name=op.f("ck_consent_one_person")),
        sa.CheckConstraint(
            "(withdrawn_at IS NULL) = (withdrawn_by IS NULL)", name=op.f("ck_consent_whole_withdrawal")
        ),
        sa.CheckConstraint(f"granted_by IN {WAYS}", name=op.f("ck_consent_granted_by")),
        sa.CheckConstraint(f"withdrawn_by IN {WAYS}", name=op.f("ck_consent_withdrawn_by")),
        sa.ForeignKeyConstraint(["user_id"], ["app_user.id"], name=op.f("fk_consent_user_id_app_user")),
        sa.ForeignKeyConstraint(["workplace_id"], ["workplace.id"], name=op.f("fk_consent_workplace_id_workplace")),
        sa.ForeignKeyConstraint(["coach_id"], ["coach.id"], name=op.f("fk_consent_coach_id_coach")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consent")),
    )
    for name in ("user", "workplace", "coach"):
        op.create_index(
            f"uq_consent_{name}", "consent", [f"{name}_id"], unique=True,
            postgresql_where=sa.text(f"withdrawn_at IS NULL AND {name}_id IS NOT NULL"),
        )  # fmt: skip
    op.create_table(
        "announcement",
        sa.Column("id", sa.Integer(), sa.Identity(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("subject_en", sa.Text(), nullable=False),
        sa.Column("text_en", sa.Text(), nullable=False),
        sa.Column("channels", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("audience", postgresql.JSONB(), nullable=False),
        sa.Column("advertising", sa.Boolean(), nullable=False),
        sa.Column("status", sa.String(24), nullable=False),
        sa.Column("send_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("people", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by_id", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("(status = 'draft') = (send_at IS NULL)", name=op.f("ck_announcement_scheduled_has_moment")),
        sa.CheckConstraint("length(subject) BETWEEN 1 AND 40", name=op.f("ck_announcement_subject_length")),
        sa.CheckConstraint("version >= 1", name=op.f("ck_announcement_version")),
        sa.CheckConstraint(
            "status IN ('draft', 'scheduled', 'sent')", name=op.f("ck_announcement_status")
        ),
        sa.ForeignKeyConstraint(
            ["created_by_id"], ["app_user.id"], name=op.f("fk_announcement_created_by_id_app_user")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_announcement")),
    )
    op.execute(GUARDS)


def downgrade() -> None:
    op.drop_table("announcement")
    op.drop_table("consent")
    op.execute("DROP FUNCTION keep_consent()")
    op.drop_column("centre", "refusal_number")
    op.drop_column("centre", "announcing")
