"""Targets and budget by year, pieces in the press, volunteers' hours.

Revision: 0032, after 0031
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "year_plan",
        sa.Column("year", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("target", sa.Integer(), nullable=True),
        sa.Column("reached_before", sa.Integer(), nullable=False),
        sa.Column("agreed_share", sa.SmallInteger(), nullable=True),
        sa.Column("city", sa.Integer(), nullable=True),
        sa.Column("district", sa.Integer(), nullable=True),
        sa.Column("spent", sa.Integer(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("year BETWEEN 2000 AND 2100", name=op.f("ck_year_plan_year")),
        sa.CheckConstraint(
            "target > 0 AND reached_before >= 0 AND agreed_share >= 0", name=op.f("ck_year_plan_people")
        ),
        sa.CheckConstraint("city >= 0 AND district >= 0 AND spent >= 0", name=op.f("ck_year_plan_money")),
        sa.CheckConstraint("version >= 1", name=op.f("ck_year_plan_version")),
        sa.PrimaryKeyConstraint("year", name=op.f("pk_year_plan")),
    )
    op.create_table(
        "press_item",
        sa.Column("id", sa.Integer(), sa.Identity(), nullable=False),
        sa.Column("date", sa.Date(), nullable=False),
        sa.Column("outlet", sa.Text(), nullable=False),
        sa.Column("headline", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("by_id", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("version >= 1", name=op.f("ck_press_item_version")),
        sa.ForeignKeyConstraint(["by_id"], ["app_user.id"], name=op.f("fk_press_item_by_id_app_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_press_item")),
    )
    op.create_index(op.f("ix_press_item_date"), "press_item", ["date"])
    op.create_table(
        "volunteer_work",
        sa.Column("id", sa.Integer(), sa.Identity(), nullable=False),
        sa.Column("date", sa.Date(), nullable=False),
        sa.Column("group_name", sa.Text(), nullable=False),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.Column("hours", sa.Numeric(6, 1), nullable=False),
        sa.Column("work", sa.Text(), nullable=False),
        sa.Column("by_id", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("people >= 1 AND hours > 0", name=op.f("ck_volunteer_work_positive")),
        sa.CheckConstraint("version >= 1", name=op.f("ck_volunteer_work_version")),
        sa.ForeignKeyConstraint(["by_id"], ["app_user.id"], name=op.f("fk_volunteer_work_by_id_app_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_volunteer_work")),
    )
    op.create_index(op.f("ix_volunteer_work_date"), "volunteer_work", ["date"])


def downgrade() -> None:
    for table in ("volunteer_work", "press_item", "year_plan"):
        op.drop_table(table)
