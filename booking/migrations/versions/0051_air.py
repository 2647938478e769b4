"""Whether pupils are outdoors at a workplace, and half-days at which nobody goes outdoors.

Revision: 0051, after 0050
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0051"
down_revision = "0050"
branch_labels = None
depends_on = None

#: A switch that is off stays off, with who and when; only that is ever written to it.
WRITTEN_ONCE = """
CREATE FUNCTION keep_air_switch() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.off_at IS NOT NULL OR (NEW.slot_id, NEW.on_at, NEW.on_by_id) <> (OLD.slot_id, OLD.on_at, OLD.on_by_id) THEN
        RAISE EXCEPTION 'air switch % is written once', OLD.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_air_switch_written_once';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER keep_air_switch BEFORE UPDATE ON air_switch FOR EACH ROW EXECUTE FUNCTION keep_air_switch();
"""


def upgrade() -> None:
    op.add_column("workplace", sa.Column("setting", sa.String(24), server_default="indoor", nullable=False))
    op.create_check_constraint(
        op.f("ck_workplace_setting"), "workplace", "setting IN ('indoor', 'outdoor', 'either')"
    )
    op.create_table(
        "air_switch",
        sa.Column("id", sa.Integer(), sa.Identity(), nullable=False),
        sa.Column("slot_id", sa.BigInteger(), nullable=False),
        sa.Column("on_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("on_by_id", sa.BigInteger(), nullable=False),
        sa.Column("off_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("off_by_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("(off_at IS NULL) = (off_by_id IS NULL)", name=op.f("ck_air_switch_off_by_somebody")),
        sa.ForeignKeyConstraint(["slot_id"], ["slot.id"], name=op.f("fk_air_switch_slot_id_slot"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["on_by_id"], ["app_user.id"], name=op.f("fk_air_switch_on_by_id_app_user")),
        sa.ForeignKeyConstraint(["off_by_id"], ["app_user.id"], name=op.f("fk_air_switch_off_by_id_app_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_air_switch")),
    )
    op.create_index(
        "uq_air_switch_on", "air_switch", ["slot_id"], unique=True, postgresql_where=sa.text("off_at IS NULL")
    )
    op.execute(WRITTEN_ONCE)


def downgrade() -> None:
    op.drop_table("air_switch")
    op.execute("DROP FUNCTION keep_air_switch()")
    op.drop_constraint(op.f("ck_workplace_setting"), "workplace")
    op.drop_column("workplace", "setting")
