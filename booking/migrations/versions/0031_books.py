"""The centre's books: kinds of programmes, their sessions, the ledger, and quarters that are frozen.

Revision: 0031, after 0025
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0025"
branch_labels = None
depends_on = None

LEVELS = "'elementary', 'middle', 'high'"

#: code, name, English name, section, whether it counts towards the target, whether residents' work as well
KINDS = (
    ("workplace_visit", "일터 체험", "Workplace visits", "programme", True, False),
    ("free_semester", "자유학기제 선택형", "Free-semester choice", "programme", True, False),
    ("lecture", "강연형·대화형", "Lectures and dialogues", "programme", True, False),
    ("camp", "진로캠프 진로적성검사", "Career camp and aptitude test", "programme", True, False),
    ("classroom", "행복진로체험교실", "Happy Career Classroom", "programme", True, False),
    ("counselling", "행복진로상담실", "Happy Career Counselling Room", "programme", True, False),
    ("fair", "진로박람회", "Career fairs", "programme", True, False),
    ("mentor_training", "일터멘토 사전·사후교육", "Workplace mentors' briefing and debriefing", "training", True, False),
    ("chaperone_training", "인솔자 사전·사후교육", "Chaperones' briefing and debriefing", "training", True, False),
    ("parents_dispatch", "학부모 현장파견", "Parents sent to sites", "training", True, False),
    ("office_workshop", "서울시교육청 진로센터 워크숍", "Education office's workshop", "meeting", False, False),
    ("zone_seminar", "4권역 세미나", "Fourth-zone seminar", "meeting", False, False),
    ("teachers_council", "진로교사 협의회", "Career teachers' council", "meeting", False, False),
    ("public_council", "공공기관 협의회", "Public bodies' council", "meeting", False, False),
    ("mentors_council", "일터멘토 협의회", "Workplace mentors' council", "meeting", False, False),
    ("parents_council", "학부모 진로교육지원단 협의회", "Parents' council", "meeting", False, True),
    ("volunteers_council", "자원봉사단 협의회", "Volunteers' council", "meeting", False, False),
    ("dream_catcher", "드림캐쳐단", "Dream Catchers", "meeting", False, False),
    ("donors_meeting", "교육기부단(마을활동가) 회의", "Education donors' meetings", "meeting", False, True),
)

#: Writing entries and freezing a quarter wait for each other (the key of the lock is any number that is ours alone).
GUARDS = """
CREATE FUNCTION check_ledger_entry() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE meant ledger_entry%ROWTYPE;
BEGIN
    PERFORM pg_advisory_xact_lock_shared(700431);
    IF EXISTS (SELECT FROM frozen_quarter f WHERE NEW.counts_on BETWEEN f.first_day AND f.last_day) THEN
        RAISE EXCEPTION 'the quarter of % is frozen', NEW.counts_on
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_ledger_entry_quarter_open';
    END IF;
    IF NEW.counts_on <> NEW.date
       AND NOT EXISTS (SELECT FROM frozen_quarter f WHERE NEW.date BETWEEN f.first_day AND f.last_day) THEN
        RAISE EXCEPTION 'an entry of % counts on its own day while its quarter is open', NEW.date
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_ledger_entry_own_day';
    END IF;
    IF NEW.corrects_id IS NOT NULL THEN
        SELECT * INTO meant FROM ledger_entry WHERE id = NEW.corrects_id;
        IF (meant.stage, meant.programme_id, meant.counted, meant.school_id, meant.level, meant.date, meant.session_id,
            meant.visit_id) IS DISTINCT FROM (NEW.stage, NEW.programme_id, NEW.counted, NEW.school_id, NEW.level,
            NEW.date, NEW.session_id, NEW.visit_id) OR meant.corrects_id IS NOT NULL THEN
            RAISE EXCEPTION 'entry % is not what this corrects', NEW.corrects_id
                USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_ledger_entry_corrects_its_like';
        END IF;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER check_ledger_entry BEFORE INSERT ON ledger_entry FOR EACH ROW EXECUTE FUNCTION check_ledger_entry();

CREATE FUNCTION check_frozen_quarter() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE found int; came bigint;
BEGIN
    PERFORM pg_advisory_xact_lock(700431);
    SELECT count(*), coalesce(sum(people) FILTER (WHERE stage = 'attended' AND counted), 0) INTO found, came
      FROM ledger_entry WHERE counts_on BETWEEN NEW.first_day AND NEW.last_day;
    IF (found, came) IS DISTINCT FROM (NEW.entries, NEW.people::bigint) THEN
        RAISE EXCEPTION 'the quarter has % entries with % attendances, not % with %', found, came, NEW.entries,
            NEW.people USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_frozen_quarter_sums';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER check_frozen_quarter BEFORE INSERT ON frozen_quarter
    FOR EACH ROW EXECUTE FUNCTION check_frozen_quarter();

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON ledger_entry FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON frozen_quarter FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER never_emptied BEFORE TRUNCATE ON ledger_entry FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER never_emptied BEFORE TRUNCATE ON frozen_quarter FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
"""

#: Visits that were completed before there were books.
BACKFILL = """
INSERT INTO ledger_entry (stage, programme_id, counted, school_id, level, date, sessions, people, visit_id, counts_on,
                          by_id, at)
SELECT 'attended', p.id, p.counted, r.school_id, c.level, s.date, 1, sum(a.attended), v.id, s.date,
       max(a.reported_by_id), now()
  FROM visit v JOIN request r ON r.id = v.request_id JOIN school c ON c.id = r.school_id JOIN slot s ON s.id = v.slot_id
  JOIN visit_group g ON g.visit_id = v.id AND g.status IN ('proposed', 'asked', 'accepted', 'expired')
  JOIN attendance a ON a.group_id = g.id JOIN programme p ON p.code = 'workplace_visit'
 WHERE v.status = 'completed' GROUP BY p.id, r.school_id, c.level, s.date, v.id ORDER BY v.id
"""


def upgrade() -> None:
    programme = op.create_table(
        "programme",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=False),
        sa.Column("section", sa.String(24), nullable=False),
        sa.Column("counted", sa.Boolean(), nullable=False),
        sa.Column("residents", sa.Boolean(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("section IN ('programme', 'training', 'meeting')", name=op.f("ck_programme_section")),
        sa.CheckConstraint("version >= 1", name=op.f("ck_programme_version")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_programme")),
        sa.UniqueConstraint("code", name=op.f("uq_programme_code")),
    )
    op.create_table(
        "programme_session",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("programme_id", sa.BigInteger(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("date", sa.Date(), nullable=False),
        sa.Column("starts_at", sa.Time(), nullable=True),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("cost", sa.Integer(), nullable=True),
        sa.Column("notes", sa.Text(), nullable=False),
        sa.Column("status", sa.String(24), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("created_by_id", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "status IN ('planned', 'confirmed', 'held', 'cancelled')", name=op.f("ck_programme_session_status")
        ),
        sa.CheckConstraint("cost >= 0", name=op.f("ck_programme_session_cost")),
        sa.CheckConstraint("length(title) BETWEEN 1 AND 120", name=op.f("ck_programme_session_title_length")),
        sa.CheckConstraint("length(notes) <= 1000", name=op.f("ck_programme_session_notes_length")),
        sa.CheckConstraint("version >= 1", name=op.f("ck_programme_session_version")),
        sa.ForeignKeyConstraint(
            ["programme_id"], ["programme.id"], name=op.f("fk_programme_session_programme_id_programme")
        ),
        sa.ForeignKeyConstraint(
            ["created_by_id"], ["app_user.id"], name=op.f("fk_programme_session_created_by_id_app_user")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_programme_session")),
    )
    op.create_index(op.f("ix_programme_session_programme_id"), "programme_session", ["programme_id"])
    op.create_index(op.f("ix_programme_session_date"), "programme_session", ["date"])
    op.create_table(
        "session_count",
        sa.Column("id", sa.Integer(), sa.Identity(), nullable=False),
        sa.Column("session_id", sa.BigInteger(), nullable=False),
        sa.Column("school_id", sa.BigInteger(), nullable=True),
        sa.Column("level", sa.String(24), nullable=True),
        sa.Column("planned", sa.Integer(), nullable=False),
        sa.Column("attended", sa.Integer(), nullable=True),
        sa.CheckConstraint(f"level IN ({LEVELS})", name=op.f("ck_session_count_level")),
        sa.CheckConstraint("planned >= 0 AND attended >= 0", name=op.f("ck_session_count_not_negative")),
        sa.CheckConstraint("school_id IS NULL OR level IS NOT NULL", name=op.f("ck_session_count_school_has_level")),
        sa.ForeignKeyConstraint(
            ["session_id"],
            ["programme_session.id"],
            name=op.f("fk_session_count_session_id_programme_session"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["school_id"], ["school.id"], name=op.f("fk_session_count_school_id_school")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_session_count")),
        sa.UniqueConstraint(
            "session_id",
            "school_id",
            "level",
            name=op.f("uq_session_count_session_id_school_id_level"),
            postgresql_nulls_not_distinct=True,
        ),
    )
    op.create_index(op.f("ix_session_count_school_id"), "session_count", ["school_id"])
    op.create_table(
        "session_person",
        sa.Column("session_id", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["session_id"],
            ["programme_session.id"],
            name=op.f("fk_session_person_session_id_programme_session"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["user_id"], ["app_user.id"], name=op.f("fk_session_person_user_id_app_user")),
        sa.PrimaryKeyConstraint("session_id", "user_id", name=op.f("pk_session_person")),
    )
    op.create_index(op.f("ix_session_person_user_id"), "session_person", ["user_id"])
    _ledger()
    op.bulk_insert(
        programme,
        [
            {
                "code": code,
                "name": name,
                "name_en": name_en,
                "section": section,
                "counted": counted,
                "residents": residents,
                "active": True,
                "position": 10 * number,
                "version": 1,
            }
            for number, (code, name, name_en, section, counted, residents) in enumerate(KINDS, start=1)
        ],
    )
    op.execute(GUARDS)
    op.execute(BACKFILL)


def _ledger() -> None:
    op.create_table(
        "ledger_entry",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("stage", sa.String(24), nullable=False),
        sa.Column("programme_id", sa.BigInteger(), nullable=False),
        sa.Column("counted", sa.Boolean(), nullable=False),
        sa.Column("school_id", sa.BigInteger(), nullable=True),
        sa.Column("level", sa.String(24), nullable=True),
        sa.Column("date", sa.Date(), nullable=False),
        sa.Column("sessions", sa.Integer(), nullable=False),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.Column("session_id", sa.BigInteger(), nullable=True),
        sa.Column("visit_id", sa.BigInteger(), nullable=True),
        sa.Column("corrects_id", sa.BigInteger(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("counts_on", sa.Date(), nullable=False),
        sa.Column("by_id", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("stage IN ('planned', 'confirmed', 'attended')", name=op.f("ck_ledger_entry_stage")),
        sa.CheckConstraint(f"level IN ({LEVELS})", name=op.f("ck_ledger_entry_level")),
        sa.CheckConstraint("(session_id IS NULL) <> (visit_id IS NULL)", name=op.f("ck_ledger_entry_one_cause")),
        sa.CheckConstraint(
            "(corrects_id IS NULL) = (reason IS NULL)", name=op.f("ck_ledger_entry_correction_has_reason")
        ),
        sa.CheckConstraint("length(reason) BETWEEN 1 AND 300", name=op.f("ck_ledger_entry_reason_length")),
        sa.CheckConstraint(
            "sessions <> 0 OR people <> 0 OR corrects_id IS NULL", name=op.f("ck_ledger_entry_corrects_something")
        ),
        sa.CheckConstraint(
            "corrects_id IS NOT NULL OR (sessions >= 0 AND people >= 0)", name=op.f("ck_ledger_entry_negative_corrects")
        ),
        sa.CheckConstraint("school_id IS NULL OR level IS NOT NULL", name=op.f("ck_ledger_entry_school_has_level")),
        sa.ForeignKeyConstraint(
            ["programme_id"], ["programme.id"], name=op.f("fk_ledger_entry_programme_id_programme")
        ),
        sa.ForeignKeyConstraint(["school_id"], ["school.id"], name=op.f("fk_ledger_entry_school_id_school")),
        sa.ForeignKeyConstraint(
            ["session_id"], ["programme_session.id"], name=op.f("fk_ledger_entry_session_id_programme_session")
        ),
        sa.ForeignKeyConstraint(["visit_id"], ["visit.id"], name=op.f("fk_ledger_entry_visit_id_visit")),
        sa.ForeignKeyConstraint(
            ["corrects_id"], ["ledger_entry.id"], name=op.f("fk_ledger_entry_corrects_id_ledger_entry")
        ),
        sa.ForeignKeyConstraint(["by_id"], ["app_user.id"], name=op.f("fk_ledger_entry_by_id_app_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_entry")),
    )
    op.create_index("ix_ledger_entry_counts_on", "ledger_entry", ["counts_on", "programme_id"])
    for column in ("programme_id", "school_id", "session_id", "visit_id", "corrects_id"):
        op.create_index(op.f(f"ix_ledger_entry_{column}"), "ledger_entry", [column])
    op.create_table(
        "frozen_quarter",
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("number", sa.SmallInteger(), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("entries", sa.Integer(), nullable=False),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("by_id", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("number BETWEEN 1 AND 4", name=op.f("ck_frozen_quarter_number")),
        sa.CheckConstraint(
            "first_day = make_date(year, 3 * number - 2, 1) AND"
            " last_day = (make_date(year, 3 * number - 2, 1) + interval '3 months' - interval '1 day')::date",
            name=op.f("ck_frozen_quarter_days"),
        ),
        sa.CheckConstraint("length(sha256) = 64", name=op.f("ck_frozen_quarter_sha256")),
        sa.ForeignKeyConstraint(["by_id"], ["app_user.id"], name=op.f("fk_frozen_quarter_by_id_app_user")),
        sa.PrimaryKeyConstraint("year", "number", name=op.f("pk_frozen_quarter")),
    )


def downgrade() -> None:
    for table in (
        "frozen_quarter",
        "ledger_entry",
        "session_person",
        "session_count",
        "programme_session",
        "programme",
    ):
        op.drop_table(table)
    for function in ("check_ledger_entry", "check_frozen_quarter"):
        op.execute(f"DROP FUNCTION {function}()")
