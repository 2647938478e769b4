"""The school's year: grades of classes, days of the calendar, one-off days of the centre, imports.

Revision: 0003, after 0002
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def _values(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=24)


def upgrade() -> None:
    op.add_column("school", sa.Column("neis_office", sa.Text(), nullable=True))
    op.add_column("school", sa.Column("neis_code", sa.Text(), nullable=True))
    op.create_check_constraint(
        op.f("ck_school_hours"), "school", "am_starts < am_ends AND am_ends <= pm_starts AND pm_starts < pm_ends"
    )
    op.add_column("school_class", sa.Column("grade", sa.SmallInteger(), nullable=True))
    op.add_column("school_class", sa.Column("considered", sa.SmallInteger(), nullable=False, server_default="0"))
    op.add_column("school_class", sa.Column("active", sa.Boolean(), nullable=False, server_default=sa.true()))
    op.alter_column("school_class", "considered", server_default=None)
    op.alter_column("school_class", "active", server_default=None)
    # the label of a class names its grade: 1-3, 1학년 3반
    op.execute(
        r"UPDATE school_class SET grade = substring(label FROM '^\s*([1-6])\s*(?:-|학년)')::smallint"
        r" WHERE label ~ '^\s*[1-6]\s*(-|학년)'"
    )
    op.create_check_constraint(op.f("ck_school_class_grade"), "school_class", "grade BETWEEN 1 AND 6")
    op.create_check_constraint(op.f("ck_school_class_considered"), "school_class", "considered BETWEEN 0 AND pupils")

    op.create_table(
        "school_day",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("school_id", sa.BigInteger(), nullable=False),
        sa.Column("date", sa.Date(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", _values("kind", "exam", "event", "holiday", "closed", "hint"), nullable=False),
        sa.Column("grades", postgresql.ARRAY(sa.SmallInteger()), nullable=False),
        sa.Column("blocks", _values("blocks", "AM", "PM", "all"), nullable=False),
        sa.Column("source", _values("source", "neis", "csv", "hand"), nullable=False),
        sa.Column("removed", sa.Boolean(), nullable=False),
        sa.Column("raw", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("rule_version", sa.SmallInteger(), nullable=True),
        sa.CheckConstraint("grades <@ ARRAY[1, 2, 3, 4, 5, 6]::smallint[]", name=op.f("ck_school_day_grades")),
        sa.CheckConstraint("length(name) BETWEEN 1 AND 100", name=op.f("ck_school_day_name_length")),
        sa.ForeignKeyConstraint(["school_id"], ["school.id"], name=op.f("fk_school_day_school_id_school")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_school_day")),
        sa.UniqueConstraint("school_id", "date", "name", name=op.f("uq_school_day_school_id_date_name")),
    )
    op.create_table(
        "one_off_day",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("date", sa.Date(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("created_by_id", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("length(name) BETWEEN 1 AND 100", name=op.f("ck_one_off_day_name_length")),
        sa.ForeignKeyConstraint(["created_by_id"], ["app_user.id"], name=op.f("fk_one_off_day_created_by_id_app_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_one_off_day")),
        sa.UniqueConstraint("date", name=op.f("uq_one_off_day_date")),
    )
    op.create_table(
        "school_import",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("school_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", _values("kind", "calendar", "classes"), nullable=False),
        sa.Column("source", _values("source", "neis", "csv", "hand"), nullable=False),
        sa.Column("status", _values("status", "waiting", "ready", "applied", "discarded", "failed"), nullable=False),
        sa.Column("first_on", sa.Date(), nullable=False),
        sa.Column("last_on", sa.Date(), nullable=False),
        sa.Column("content", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("created_by_id", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("first_on <= last_on", name=op.f("ck_school_import_span")),
        sa.ForeignKeyConstraint(
            ["created_by_id"], ["app_user.id"], name=op.f("fk_school_import_created_by_id_app_user")
        ),
        sa.ForeignKeyConstraint(["school_id"], ["school.id"], name=op.f("fk_school_import_school_id_school")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_school_import")),
    )
    op.create_index(op.f("ix_school_import_school_id"), "school_import", ["school_id"])
    op.create_index(
        "uq_school_import_waiting",
        "school_import",
        ["school_id", "kind"],
        unique=True,
        postgresql_where=sa.text("status = 'waiting'"),
    )
    op.execute(
        "CREATE TRIGGER keep_final_state BEFORE UPDATE OF status ON school_import FOR EACH ROW"
        " EXECUTE FUNCTION keep_final_state('{applied,discarded,failed}')"
    )


def downgrade() -> None:
    op.drop_table("school_import")
    op.drop_table("one_off_day")
    op.drop_table("school_day")
    op.drop_constraint(op.f("ck_school_class_considered"), "school_class")
    op.drop_constraint(op.f("ck_school_class_grade"), "school_class")
    op.drop_column("school_class", "active")
    op.drop_column("school_class", "considered")
    op.drop_column("school_class", "grade")
    op.drop_constraint(op.f("ck_school_hours"), "school")
    op.drop_column("school", "neis_code")
    op.drop_column("school", "neis_office")
