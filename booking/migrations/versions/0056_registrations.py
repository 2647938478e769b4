"""Sessions that schools register for, and the classes and groups that come or wait.

Revision: 0056, after 0054
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0056"
down_revision = "0054"
branch_labels = None
depends_on = None

STATUSES = (
    "status IN ('waiting', 'offered', 'registered', 'declined', 'expired', 'withdrawn', 'removed', 'called_off')"
)
#: Promised and offered pupils never exceed the places. Two who write at once wait for each other at the opening's row,
#: so that the sum is taken after the other has ended.
GUARD = """
CREATE FUNCTION check_session_places() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE there int; taken bigint;
BEGIN
    SELECT places INTO there FROM session_opening WHERE session_id = NEW.session_id FOR UPDATE;
    SELECT coalesce(sum(pupils), 0) INTO taken FROM session_party
     WHERE session_id = NEW.session_id AND status IN ('offered', 'registered');
    IF taken > there THEN
        RAISE EXCEPTION 'session % has % places, and % are promised', NEW.session_id, there, taken
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_session_party_within_places';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER check_session_places AFTER INSERT OR UPDATE ON session_party
    FOR EACH ROW WHEN (NEW.status IN ('offered', 'registered')) EXECUTE FUNCTION check_session_places();
CREATE TRIGGER check_session_places AFTER UPDATE OF places ON session_opening
    FOR EACH ROW EXECUTE FUNCTION check_session_places();

CREATE FUNCTION keep_session_party() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (OLD.session_id, OLD.school_id) <> (NEW.session_id, NEW.school_id) THEN
        RAISE EXCEPTION 'party % stays with its school and its session', OLD.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_session_party_stays';
    END IF;
    IF OLD.status NOT IN ('waiting', 'offered', 'registered') THEN
        RAISE EXCEPTION 'party % has ended', OLD.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_session_party_ended';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER keep_session_party BEFORE UPDATE ON session_party
    FOR EACH ROW EXECUTE FUNCTION keep_session_party();
"""


def upgrade() -> None:
    op.create_table(
        "session_opening",
        sa.Column("session_id", sa.BigInteger(), nullable=False),
        sa.Column("places", sa.Integer(), nullable=False),
        sa.Column("levels", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("grades", postgresql.ARRAY(sa.SmallInteger()), nullable=False),
        sa.Column("opens_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closes_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("smallest", sa.Integer(), nullable=False),
        sa.Column("largest", sa.Integer(), nullable=False),
        sa.Column("keep", sa.SmallInteger(), nullable=False),
        sa.Column("keep_unit", sa.String(24), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("opened_by_id", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("places BETWEEN 1 AND 10000", name=op.f("ck_session_opening_places")),
        sa.CheckConstraint("cardinality(levels) >= 1", name=op.f("ck_session_opening_levels")),
        sa.CheckConstraint("opens_at < closes_at", name=op.f("ck_session_opening_window")),
        sa.CheckConstraint(
            "smallest BETWEEN 1 AND largest AND largest <= 1000", name=op.f("ck_session_opening_group_size")
        ),
        sa.CheckConstraint("keep BETWEEN 1 AND 240", name=op.f("ck_session_opening_keep")),
        sa.CheckConstraint("keep_unit IN ('working_days', 'hours')", name=op.f("ck_session_opening_keep_unit")),
        sa.CheckConstraint("version >= 1", name=op.f("ck_session_opening_version")),
        sa.ForeignKeyConstraint(
            ["session_id"],
            ["programme_session.id"],
            name=op.f("fk_session_opening_session_id_programme_session"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["opened_by_id"], ["app_user.id"], name=op.f("fk_session_opening_opened_by_id_app_user")
        ),
        sa.PrimaryKeyConstraint("session_id", name=op.f("pk_session_opening")),
    )
    op.create_table(
        "session_party",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("session_id", sa.BigInteger(), nullable=False),
        sa.Column("school_id", sa.BigInteger(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("grade", sa.SmallInteger(), nullable=True),
        sa.Column("pupils", sa.Integer(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("status", sa.String(24), nullable=False),
        sa.Column("turn", sa.Integer(), nullable=False),
        sa.Column("offered_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("passed", sa.Integer(), nullable=False),
        sa.Column("gathers", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by_id", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(STATUSES, name=op.f("ck_session_party_status")),
        sa.CheckConstraint("pupils BETWEEN 1 AND 1000", name=op.f("ck_session_party_pupils")),
        sa.CheckConstraint("grade BETWEEN 1 AND 6", name=op.f("ck_session_party_grade")),
        sa.CheckConstraint("length(label) BETWEEN 1 AND 20", name=op.f("ck_session_party_label_length")),
        sa.CheckConstraint("length(note) <= 200", name=op.f("ck_session_party_note_length")),
        sa.CheckConstraint(
            "(status = 'offered') = (offered_until IS NOT NULL)", name=op.f("ck_session_party_offered_until")
        ),
        sa.CheckConstraint("NOT gathers OR status = 'waiting'", name=op.f("ck_session_party_gathers_while_waiting")),
        sa.CheckConstraint("turn >= 1 AND passed >= 0 AND version >= 1", name=op.f("ck_session_party_counters")),
        sa.ForeignKeyConstraint(
            ["session_id"],
            ["session_opening.session_id"],
            name=op.f("fk_session_party_session_id_session_opening"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["school_id"], ["school.id"], name=op.f("fk_session_party_school_id_school")),
        sa.ForeignKeyConstraint(
            ["created_by_id"], ["app_user.id"], name=op.f("fk_session_party_created_by_id_app_user")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_session_party")),
        sa.UniqueConstraint("session_id", "turn", name=op.f("uq_session_party_session_id_turn")),
    )
    op.create_index(op.f("ix_session_party_school_id"), "session_party", ["school_id"])
    op.create_index(
        "uq_session_party_live",
        "session_party",
        ["session_id", "school_id", "label"],
        unique=True,
        postgresql_where=sa.text("status IN ('waiting', 'offered', 'registered')"),
    )
    op.create_index(
        "ix_session_party_offered",
        "session_party",
        ["offered_until"],
        postgresql_where=sa.text("status = 'offered'"),
    )
    op.execute(GUARD)


def downgrade() -> None:
    op.drop_table("session_party")
    op.drop_table("session_opening")
    op.execute("DROP FUNCTION check_session_places()")
    op.execute("DROP FUNCTION keep_session_party()")
