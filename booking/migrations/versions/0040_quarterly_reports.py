"""Quarterly reports with their texts and pictures: a draft is worked on, a final one is never changed again.

Revision: 0040, after 0033
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0040"
down_revision = "0033"
branch_labels = None
depends_on = None

FINAL = "document IS NOT NULL AND digest IS NOT NULL AND finalised_at IS NOT NULL AND finalised_by_id IS NOT NULL"
DRAFT = "document IS NULL AND digest IS NULL AND finalised_at IS NULL AND finalised_by_id IS NULL"
SECTIONS = (
    "'place', 'size', 'period', 'content', 'beneficiaries', 'method', 'fee', 'milestones', 'results', 'plans',"
    " 'problems', 'parents', 'donors', 'promotion', 'press'"
)

#: What was handed in stays as it was, whoever writes.
GUARDS = """
CREATE FUNCTION keep_final_report() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.status = 'final' THEN
        RAISE EXCEPTION 'report % of % quarter % is final', OLD.id, OLD.year, OLD.quarter
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END $$;
CREATE TRIGGER keep_final_report BEFORE UPDATE OR DELETE ON quarterly_report
    FOR EACH ROW EXECUTE FUNCTION keep_final_report();
CREATE TRIGGER never_emptied BEFORE TRUNCATE ON quarterly_report
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE FUNCTION keep_final_report_part() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE number bigint;
BEGIN
    FOREACH number IN ARRAY ARRAY[(to_jsonb(OLD) ->> 'report_id')::bigint, (to_jsonb(NEW) ->> 'report_id')::bigint] LOOP
        IF EXISTS (SELECT FROM quarterly_report WHERE id = number AND status = 'final') THEN
            RAISE EXCEPTION 'report % is final', number USING ERRCODE = 'restrict_violation';
        END IF;
    END LOOP;
    RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END $$;
CREATE TRIGGER keep_final_report BEFORE INSERT OR UPDATE OR DELETE ON quarterly_report_text
    FOR EACH ROW EXECUTE FUNCTION keep_final_report_part();
CREATE TRIGGER keep_final_report BEFORE INSERT OR UPDATE OR DELETE ON quarterly_report_picture
    FOR EACH ROW EXECUTE FUNCTION keep_final_report_part();
"""


def upgrade() -> None:
    op.create_table(
        "quarterly_report",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("year", sa.SmallInteger(), nullable=False),
        sa.Column("quarter", sa.SmallInteger(), nullable=False),
        sa.Column("issue", sa.SmallInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("status", sa.String(24), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by_id", sa.BigInteger(), nullable=False),
        sa.Column("finalised_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finalised_by_id", sa.BigInteger(), nullable=True),
        sa.Column("document", sa.Text(), nullable=True),
        sa.Column("digest", sa.Text(), nullable=True),
        sa.CheckConstraint("status IN ('draft', 'final')", name=op.f("ck_quarterly_report_status")),
        sa.CheckConstraint(
            "year BETWEEN 2000 AND 2199 AND quarter BETWEEN 1 AND 4 AND issue >= 1",
            name=op.f("ck_quarterly_report_which"),
        ),
        sa.CheckConstraint("issue = 1 OR reason <> ''", name=op.f("ck_quarterly_report_correction_has_reason")),
        sa.CheckConstraint("length(reason) <= 200", name=op.f("ck_quarterly_report_reason_length")),
        sa.CheckConstraint(
            f"CASE status WHEN 'final' THEN {FINAL} ELSE {DRAFT} END", name=op.f("ck_quarterly_report_final_is_kept")
        ),
        sa.CheckConstraint(
            "digest = encode(sha256(convert_to(document, 'UTF8')), 'hex')", name=op.f("ck_quarterly_report_digest")
        ),
        sa.ForeignKeyConstraint(
            ["created_by_id"], ["app_user.id"], name=op.f("fk_quarterly_report_created_by_id_app_user")
        ),
        sa.ForeignKeyConstraint(
            ["finalised_by_id"], ["app_user.id"], name=op.f("fk_quarterly_report_finalised_by_id_app_user")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quarterly_report")),
        sa.UniqueConstraint("year", "quarter", "issue", name=op.f("uq_quarterly_report_year_quarter_issue")),
    )
    op.create_index(
        "uq_quarterly_report_draft",
        "quarterly_report",
        ["year", "quarter"],
        unique=True,
        postgresql_where=sa.text("status = 'draft'"),
    )
    op.create_table(
        "quarterly_report_text",
        sa.Column("report_id", sa.BigInteger(), nullable=False),
        sa.Column("section", sa.String(24), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("carried", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_id", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(f"section IN ({SECTIONS})", name=op.f("ck_quarterly_report_text_section")),
        sa.CheckConstraint("version >= 1", name=op.f("ck_quarterly_report_text_version")),
        sa.CheckConstraint("length(text) <= 4000", name=op.f("ck_quarterly_report_text_length")),
        sa.ForeignKeyConstraint(
            ["report_id"],
            ["quarterly_report.id"],
            name=op.f("fk_quarterly_report_text_report_id_quarterly_report"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["by_id"], ["app_user.id"], name=op.f("fk_quarterly_report_text_by_id_app_user")),
        sa.PrimaryKeyConstraint("report_id", "section", name=op.f("pk_quarterly_report_text")),
    )
    op.create_table(
        "quarterly_report_picture",
        sa.Column("id", sa.Integer(), sa.Identity(), nullable=False),
        sa.Column("report_id", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.SmallInteger(), nullable=False),
        sa.Column("caption", sa.Text(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("width", sa.SmallInteger(), nullable=False),
        sa.Column("height", sa.SmallInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_id", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "length(caption) BETWEEN 1 AND 60", name=op.f("ck_quarterly_report_picture_caption_length")
        ),
        sa.CheckConstraint("digest = encode(sha256(content), 'hex')", name=op.f("ck_quarterly_report_picture_digest")),
        sa.CheckConstraint("version >= 1", name=op.f("ck_quarterly_report_picture_version")),
        sa.ForeignKeyConstraint(
            ["report_id"],
            ["quarterly_report.id"],
            name=op.f("fk_quarterly_report_picture_report_id_quarterly_report"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["by_id"], ["app_user.id"], name=op.f("fk_quarterly_report_picture_by_id_app_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quarterly_report_picture")),
        sa.UniqueConstraint("report_id", "digest", name=op.f("uq_quarterly_report_picture_report_id_digest")),
    )
    op.execute(GUARDS)


def downgrade() -> None:
    for table in ("quarterly_report_picture", "quarterly_report_text", "quarterly_report"):
        op.drop_table(table)
    op.execute("DROP FUNCTION keep_final_report()")
    op.execute("DROP FUNCTION keep_final_report_part()")
