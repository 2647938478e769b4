"""Sandboxes: the list of them, and how work in one of them wakes a worker.

Revision: 0052, after 0051
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0052"
down_revision = "0051"
branch_labels = None
depends_on = None

#: The outbox of a sandbox is read by nobody but its worker: a job of one of the topics named (the second argument)
#: puts the sandbox (the first) into the service's outbox, as services/outbox.py would. All other jobs stay where they
#: are, for ever.
WAKE = """
CREATE FUNCTION wake_sandbox() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.done_at IS NULL AND NEW.topic = ANY (TG_ARGV[1]::text[]) THEN
        INSERT INTO public.job (topic, subject_id, available_at, attempts)
        VALUES ('sandbox_work', TG_ARGV[0]::bigint, now(), 0)
        ON CONFLICT (topic, subject_id) WHERE done_at IS NULL DO UPDATE SET
            available_at = CASE WHEN job.begun_at IS NULL THEN least(job.available_at, excluded.available_at)
                                ELSE job.available_at END,
            again_at = CASE WHEN job.begun_at IS NULL THEN job.again_at
                            ELSE least(job.again_at, excluded.available_at) END;
    END IF;
    RETURN NULL;
END $$;
"""


def upgrade() -> None:
    op.create_table(
        "sandbox",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("term_id", sa.BigInteger(), nullable=False),
        sa.Column("revision", sa.Text(), nullable=False),
        sa.Column("created_by_id", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("length(name) BETWEEN 1 AND 40", name=op.f("ck_sandbox_name_length")),
        sa.ForeignKeyConstraint(["term_id"], ["term.id"], name=op.f("fk_sandbox_term_id_term"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["created_by_id"], ["app_user.id"], name=op.f("fk_sandbox_created_by_id_app_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sandbox")),
        sa.UniqueConstraint("name", name=op.f("uq_sandbox_name")),
    )
    op.execute(WAKE)


def downgrade() -> None:
    op.execute(
        "DO $$ DECLARE one record; BEGIN FOR one IN SELECT id FROM sandbox LOOP"
        " EXECUTE format('DROP SCHEMA IF EXISTS sandbox_%s CASCADE', one.id); END LOOP; END $$"
    )
    op.execute("DROP FUNCTION wake_sandbox()")
    op.drop_table("sandbox")
