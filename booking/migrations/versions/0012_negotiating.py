"""Searches for offers; whether a school was asked, and whether its answer came by telephone.

Revision: 0012, after 0011
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

#: A search that has ended stays so, whoever writes.
FINAL = """
CREATE TRIGGER keep_final_state BEFORE UPDATE OF status ON offer_search FOR EACH ROW
    EXECUTE FUNCTION keep_final_state('{done,cancelled,failed}');
"""


def upgrade() -> None:
    op.create_table(
        "offer_search",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("term_id", sa.BigInteger(), nullable=False),
        sa.Column("run_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "queued",
                "searching",
                "done",
                "cancelled",
                "failed",
                name="status",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("created_by_id", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("time_limit", sa.Float(), nullable=False),
        sa.Column("cancel_requested", sa.Boolean(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("candidates", sa.Integer(), nullable=False),
        sa.Column("weighed", sa.Integer(), nullable=False),
        sa.Column("found", sa.Integer(), nullable=False),
        sa.Column("facts_sha256", sa.Text(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["term_id"], ["term.id"], name=op.f("fk_offer_search_term_id_term"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["run_id"], ["allocation_run.id"], name=op.f("fk_offer_search_run_id_allocation_run"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["created_by_id"], ["app_user.id"], name=op.f("fk_offer_search_created_by_id_app_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_offer_search")),
    )
    op.create_index(op.f("ix_offer_search_run_id"), "offer_search", ["run_id"], unique=False)
    op.create_index(
        "uq_offer_search_active",
        "offer_search",
        ["term_id"],
        unique=True,
        postgresql_where=sa.text("status IN ('queued', 'searching')"),
    )
    op.execute(FINAL)
    op.add_column("offer", sa.Column("search_id", sa.BigInteger(), nullable=True))
    op.add_column("offer", sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("offer", sa.Column("by_telephone", sa.Boolean(), server_default=sa.false(), nullable=False))
    # until now offers were made when they were sent
    op.execute("UPDATE offer SET sent_at = created_at")
    op.create_foreign_key(op.f("fk_offer_search_id_offer_search"), "offer", "offer_search", ["search_id"], ["id"])
    op.create_check_constraint(
        op.f("ck_offer_found_by_a_search"), "offer", "status <> 'found' OR search_id IS NOT NULL"
    )
    op.create_check_constraint(
        op.f("ck_offer_telephone_entered_by"), "offer", "NOT by_telephone OR answered_by_id IS NOT NULL"
    )


def downgrade() -> None:
    op.drop_constraint(op.f("ck_offer_telephone_entered_by"), "offer")
    op.drop_constraint(op.f("ck_offer_found_by_a_search"), "offer")
    op.drop_constraint(op.f("fk_offer_search_id_offer_search"), "offer", type_="foreignkey")
    op.drop_column("offer", "by_telephone")
    op.drop_column("offer", "sent_at")
    op.drop_column("offer", "search_id")
    op.drop_index("uq_offer_search_active", table_name="offer_search")
    op.drop_index(op.f("ix_offer_search_run_id"), table_name="offer_search")
    op.drop_table("offer_search")
