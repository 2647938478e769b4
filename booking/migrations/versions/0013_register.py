"""The register is kept on the pages: days of the pipeline, certification, notes, coaches that end, versions of rows.

Revision: 0013, after 0012
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

STATUSES = ("found", "talks", "inspected", "approved", "active", "paused", "ended")
VERSIONED = ("workplace", "coach", "school")
#: The days of the pipeline are written once, and each goes on from where the workplace stood.
STEPS = """
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON workplace_step FOR EACH ROW EXECUTE FUNCTION refuse_change();

CREATE FUNCTION check_workplace_step() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE newest workplace_step%ROWTYPE;
BEGIN
    PERFORM FROM workplace WHERE id = NEW.workplace_id FOR NO KEY UPDATE;
    SELECT * INTO newest FROM workplace_step WHERE workplace_id = NEW.workplace_id ORDER BY id DESC LIMIT 1;
    IF FOUND AND (NEW.status_before IS DISTINCT FROM newest.status OR NEW.since < newest.since) THEN
        RAISE EXCEPTION 'workplace % stands at % since %', NEW.workplace_id, newest.status, newest.since
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_workplace_step_follows';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER check_workplace_step BEFORE INSERT ON workplace_step
    FOR EACH ROW EXECUTE FUNCTION check_workplace_step();
"""


def _status(name: str) -> sa.Enum:
    return sa.Enum(*STATUSES, name=name, native_enum=False, create_constraint=True, length=24)


def upgrade() -> None:
    op.add_column("workplace", sa.Column("certified_until", sa.Date(), nullable=True))
    op.add_column("coach", sa.Column("ended_on", sa.Date(), nullable=True))
    for table, column in (("workplace", "notes"), ("school", "address")):
        op.add_column(table, sa.Column(column, sa.Text(), nullable=False, server_default=""))
        op.alter_column(table, column, server_default=None)
    for table in VERSIONED:
        op.add_column(table, sa.Column("version", sa.Integer(), nullable=False, server_default="1"))
        op.alter_column(table, "version", server_default=None)
        op.create_check_constraint(op.f(f"ck_{table}_version"), table, "version >= 1")
    op.create_table(
        "workplace_step",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("workplace_id", sa.BigInteger(), nullable=False),
        sa.Column("status_before", _status("status_before"), nullable=True),
        sa.Column("status", _status("status"), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.CheckConstraint("status_before IS DISTINCT FROM status", name=op.f("ck_workplace_step_moves")),
        sa.ForeignKeyConstraint(
            ["workplace_id"], ["workplace.id"], name=op.f("fk_workplace_step_workplace_id_workplace")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_workplace_step")),
    )
    op.create_index(op.f("ix_workplace_step_workplace_id"), "workplace_step", ["workplace_id"])
    op.create_index(op.f("ix_workplace_step_since"), "workplace_step", ["since"])
    op.execute(STEPS)


def downgrade() -> None:
    op.drop_table("workplace_step")
    op.execute("DROP FUNCTION check_workplace_step()")
    for table in VERSIONED:
        op.drop_constraint(op.f(f"ck_{table}_version"), table)
        op.drop_column(table, "version")
    op.drop_column("school", "address")
    op.drop_column("workplace", "notes")
    op.drop_column("coach", "ended_on")
    op.drop_column("workplace", "certified_until")
