"""Changes by hand have a journal that nobody changes; a person may exclude a workplace, or decide against a soft rule.

Revision: 0014, after 0013
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

KINDS = "'move', 'swap', 'split', 'pin', 'unpin', 'exclude', 'admit', 'undo', 'redo'"

#: The journal is written once, line after line: a change of a run has the number after the last.
GUARDS = """
CREATE FUNCTION check_hand_change_sequence() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.sequence <> 1 + (SELECT coalesce(max(sequence), 0) FROM hand_change WHERE run_id = NEW.run_id) THEN
        RAISE EXCEPTION 'change % of run % is not the next one', NEW.sequence, NEW.run_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_hand_change_next';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER check_hand_change_sequence BEFORE INSERT ON hand_change
    FOR EACH ROW EXECUTE FUNCTION check_hand_change_sequence();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON hand_change FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER never_emptied BEFORE TRUNCATE ON hand_change FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
"""


def upgrade() -> None:
    op.create_table(
        "hand_change",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("run_id", sa.BigInteger(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(24), nullable=False),
        sa.Column("target", sa.Integer(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_id", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("overrides", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("before", postgresql.JSONB(), nullable=False),
        sa.Column("after", postgresql.JSONB(), nullable=False),
        sa.Column("run_version", sa.Integer(), nullable=False),
        sa.CheckConstraint(f"kind IN ({KINDS})", name=op.f("ck_hand_change_kind")),
        sa.CheckConstraint("sequence >= 1", name=op.f("ck_hand_change_sequence")),
        sa.CheckConstraint(
            "(kind IN ('undo', 'redo')) = (target IS NOT NULL)", name=op.f("ck_hand_change_target")
        ),
        sa.CheckConstraint("overrides = '{}' OR reason <> ''", name=op.f("ck_hand_change_override_has_a_reason")),
        sa.ForeignKeyConstraint(["run_id"], ["allocation_run.id"], name=op.f("fk_hand_change_run_id_allocation_run")),
        sa.ForeignKeyConstraint(["actor_id"], ["app_user.id"], name=op.f("fk_hand_change_actor_id_app_user")),
        sa.ForeignKeyConstraint(
            ["run_id", "target"],
            ["hand_change.run_id", "hand_change.sequence"],
            name=op.f("fk_hand_change_run_id_target_hand_change"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hand_change")),
        sa.UniqueConstraint("run_id", "sequence", name=op.f("uq_hand_change_run_id_sequence")),
    )
    op.add_column("proposal", sa.Column("overrides", postgresql.JSONB(), nullable=True))
    op.create_check_constraint(
        op.f("ck_proposal_override_has_a_reason"), "proposal", "overrides IS NULL OR coalesce(overrides ->> 'reason', '') <> ''"
    )
    op.add_column(
        "excluded_workplace", sa.Column("by_hand", sa.Boolean(), server_default=sa.false(), nullable=False)
    )
    op.execute(GUARDS)


def downgrade() -> None:
    op.drop_column("excluded_workplace", "by_hand")
    op.drop_column("proposal", "overrides")
    op.drop_table("hand_change")
    op.execute("DROP FUNCTION check_hand_change_sequence()")
