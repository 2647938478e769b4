"""Asking and afterwards: outlooks and drafts, late requests, counter-dates, feeds; attendance, satisfaction, changes.

Revision: 0005, after 0004
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "calendar_feed",
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["app_user.id"], name=op.f("fk_calendar_feed_user_id_app_user")),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_calendar_feed")),
    )
    op.create_index(
        "uq_calendar_feed_now",
        "calendar_feed",
        ["user_id"],
        unique=True,
        postgresql_where=sa.text("revoked_at IS NULL"),
    )
    op.create_table(
        "request_draft",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("term_id", sa.BigInteger(), nullable=False),
        sa.Column("school_id", sa.BigInteger(), nullable=False),
        sa.Column("content", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("created_by_id", sa.BigInteger(), nullable=False),
        sa.Column("updated_by_id", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["created_by_id"], ["app_user.id"], name=op.f("fk_request_draft_created_by_id_app_user")
        ),
        sa.ForeignKeyConstraint(["school_id"], ["school.id"], name=op.f("fk_request_draft_school_id_school")),
        sa.ForeignKeyConstraint(
            ["term_id"], ["term.id"], name=op.f("fk_request_draft_term_id_term"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["updated_by_id"], ["app_user.id"], name=op.f("fk_request_draft_updated_by_id_app_user")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_request_draft")),
    )
    op.create_index(op.f("ix_request_draft_school_id"), "request_draft", ["school_id"], unique=False)
    op.create_table(
        "slot_outlook",
        sa.Column("slot_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "level",
            sa.Enum("elementary", "middle", "high", name="level", native_enum=False, create_constraint=True, length=24),
            nullable=False,
        ),
        sa.Column("asked", sa.Integer(), nullable=False),
        sa.Column("expected", sa.Integer(), nullable=False),
        sa.Column("seats", sa.Integer(), nullable=False),
        sa.Column("price", sa.Double(), nullable=False),
        sa.Column("reckoned_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "asked >= 0 AND expected >= 0 AND seats >= 0 AND price >= 0", name=op.f("ck_slot_outlook_not_negative")
        ),
        sa.ForeignKeyConstraint(
            ["slot_id"], ["slot.id"], name=op.f("fk_slot_outlook_slot_id_slot"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("slot_id", "level", name=op.f("pk_slot_outlook")),
    )
    op.create_table(
        "change_report",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("request_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum("size", "cancel", "other", name="kind", native_enum=False, create_constraint=True, length=24),
            nullable=False,
        ),
        sa.Column("pupils", sa.Integer(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "open",
                "applied",
                "refused",
                "withdrawn",
                name="status",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("created_by_id", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("handled_by_id", sa.BigInteger(), nullable=True),
        sa.Column("handled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.CheckConstraint("(kind = 'size') = (pupils IS NOT NULL)", name=op.f("ck_change_report_size_says_pupils")),
        sa.CheckConstraint("length(reason) BETWEEN 1 AND 500", name=op.f("ck_change_report_reason_length")),
        sa.CheckConstraint("pupils BETWEEN 1 AND 100", name=op.f("ck_change_report_pupils")),
        sa.ForeignKeyConstraint(
            ["created_by_id"], ["app_user.id"], name=op.f("fk_change_report_created_by_id_app_user")
        ),
        sa.ForeignKeyConstraint(
            ["handled_by_id"], ["app_user.id"], name=op.f("fk_change_report_handled_by_id_app_user")
        ),
        sa.ForeignKeyConstraint(["request_id"], ["request.id"], name=op.f("fk_change_report_request_id_request")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_change_report")),
    )
    op.create_index(op.f("ix_change_report_request_id"), "change_report", ["request_id"], unique=False)
    op.create_index(
        "uq_change_report_open",
        "change_report",
        ["request_id"],
        unique=True,
        postgresql_where=sa.text("status = 'open'"),
    )
    op.create_table(
        "satisfaction",
        sa.Column("visit_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "question",
            sa.Enum(
                "overall",
                "understanding",
                "mentor",
                "safety",
                "again",
                name="question",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("answer", sa.SmallInteger(), nullable=False),
        sa.Column("pupils", sa.Integer(), nullable=False),
        sa.CheckConstraint("answer BETWEEN 1 AND 5", name=op.f("ck_satisfaction_answer")),
        sa.CheckConstraint("pupils BETWEEN 0 AND 100", name=op.f("ck_satisfaction_pupils")),
        sa.ForeignKeyConstraint(["visit_id"], ["visit.id"], name=op.f("fk_satisfaction_visit_id_visit")),
        sa.PrimaryKeyConstraint("visit_id", "question", "answer", name=op.f("pk_satisfaction")),
    )
    op.create_table(
        "attendance",
        sa.Column("group_id", sa.BigInteger(), nullable=False),
        sa.Column("attended", sa.Integer(), nullable=False),
        sa.Column("remark", sa.Text(), nullable=False),
        sa.Column("reported_by_id", sa.BigInteger(), nullable=False),
        sa.Column("reported_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("attended BETWEEN 0 AND 100", name=op.f("ck_attendance_attended")),
        sa.CheckConstraint("length(remark) <= 500", name=op.f("ck_attendance_remark_length")),
        sa.ForeignKeyConstraint(["group_id"], ["visit_group.id"], name=op.f("fk_attendance_group_id_visit_group")),
        sa.ForeignKeyConstraint(
            ["reported_by_id"], ["app_user.id"], name=op.f("fk_attendance_reported_by_id_app_user")
        ),
        sa.PrimaryKeyConstraint("group_id", name=op.f("pk_attendance")),
    )
    op.add_column("offer", sa.Column("counter_slot_id", sa.BigInteger(), nullable=True))
    op.create_foreign_key(op.f("fk_offer_counter_slot_id_slot"), "offer", "slot", ["counter_slot_id"], ["id"])
    op.create_check_constraint(
        op.f("ck_offer_countered"), "offer", "(status = 'countered') = (counter_slot_id IS NOT NULL)"
    )
    op.add_column(
        "proposal", sa.Column("remedy", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True)
    )
    op.add_column("request", sa.Column("late", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.alter_column("request", "late", server_default=None)
    op.add_column("visit", sa.Column("consent_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("visit", sa.Column("consent_by_id", sa.BigInteger(), nullable=True))
    op.add_column("visit", sa.Column("briefed_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("visit", sa.Column("briefed_by_id", sa.BigInteger(), nullable=True))
    op.create_foreign_key(op.f("fk_visit_consent_by_id_app_user"), "visit", "app_user", ["consent_by_id"], ["id"])
    op.create_foreign_key(op.f("fk_visit_briefed_by_id_app_user"), "visit", "app_user", ["briefed_by_id"], ["id"])
    op.add_column("visit_group", sa.Column("arrived_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("visit_group", sa.Column("arrived_by_id", sa.BigInteger(), nullable=True))
    op.create_foreign_key(
        op.f("fk_visit_group_arrived_by_id_app_user"), "visit_group", "app_user", ["arrived_by_id"], ["id"]
    )
    op.add_column("workplace", sa.Column("briefing", sa.Text(), nullable=False, server_default=""))
    op.alter_column("workplace", "briefing", server_default=None)
    op.execute(
        "CREATE TRIGGER keep_final_state BEFORE UPDATE OF status ON change_report FOR EACH ROW"
        " EXECUTE FUNCTION keep_final_state('{applied,refused,withdrawn}')"
    )


def downgrade() -> None:
    op.drop_column("workplace", "briefing")
    op.drop_constraint(op.f("fk_visit_group_arrived_by_id_app_user"), "visit_group", type_="foreignkey")
    op.drop_column("visit_group", "arrived_by_id")
    op.drop_column("visit_group", "arrived_at")
    op.drop_constraint(op.f("fk_visit_briefed_by_id_app_user"), "visit", type_="foreignkey")
    op.drop_constraint(op.f("fk_visit_consent_by_id_app_user"), "visit", type_="foreignkey")
    op.drop_column("visit", "briefed_by_id")
    op.drop_column("visit", "briefed_at")
    op.drop_column("visit", "consent_by_id")
    op.drop_column("visit", "consent_at")
    op.drop_column("request", "late")
    op.drop_column("proposal", "remedy")
    op.drop_constraint(op.f("ck_offer_countered"), "offer")
    op.drop_constraint(op.f("fk_offer_counter_slot_id_slot"), "offer", type_="foreignkey")
    op.drop_column("offer", "counter_slot_id")
    op.drop_table("attendance")
    op.drop_table("satisfaction")
    op.drop_index("uq_change_report_open", table_name="change_report", postgresql_where=sa.text("status = 'open'"))
    op.drop_index(op.f("ix_change_report_request_id"), table_name="change_report")
    op.drop_table("change_report")
    op.drop_table("slot_outlook")
    op.drop_index(op.f("ix_request_draft_school_id"), table_name="request_draft")
    op.drop_table("request_draft")
    op.drop_index("uq_calendar_feed_now", table_name="calendar_feed", postgresql_where=sa.text("revoked_at IS NULL"))
    op.drop_table("calendar_feed")
