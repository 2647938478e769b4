"""Questions of satisfaction as data; what workplaces and people at sessions answer; remarks that are moderated.

Revision: 0059, after 0056
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0059"
down_revision = "0056"
branch_labels = None
depends_on = None

QUESTIONS = (
    ("overall", "school", "체험이 만족스러웠다", "The visit was satisfying", 1),
    ("understanding", "school", "직업을 더 잘 알게 되었다", "I know the job better now", 2),
    ("mentor", "school", "멘토의 설명이 알기 쉬웠다", "The mentor explained clearly", 3),
    ("safety", "school", "안전하다고 느꼈다", "I felt safe", 4),
    ("again", "school", "다시 참여하고 싶다", "I would like to take part again", 5),
    ("pupils_took_part", "workplace", "학생들이 적극적으로 참여했다", "The pupils took an active part", 1),
    ("well_told", "workplace", "센터의 안내가 도움이 되었다", "The centre told us what we needed", 2),
    ("host_again", "workplace", "다음에도 학생들을 맞이하고 싶다", "We would like to host pupils again", 3),
    ("programme_overall", "programme", "프로그램이 만족스러웠다", "The programme was satisfying", 1),
    ("programme_useful", "programme", "진로를 생각하는 데 도움이 되었다", "It helped me to think about my path", 2),
    ("programme_again", "programme", "다시 참여하고 싶다", "I would like to take part again", 3),
)
CODES = "'overall', 'understanding', 'mentor', 'safety', 'again'"

#: An answered question keeps its words, its audience and its place in the world; to ask it no more, and to be
#: replaced, is all that may happen to it.
KEPT = """
CREATE FUNCTION keep_answered_question() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND (NEW.code, NEW.audience, NEW.text, NEW.text_en)
       IS NOT DISTINCT FROM (OLD.code, OLD.audience, OLD.text, OLD.text_en) THEN
        RETURN NEW;
    END IF;
    IF EXISTS (SELECT FROM satisfaction WHERE question = OLD.code)
       OR EXISTS (SELECT FROM workplace_opinion WHERE question = OLD.code)
       OR EXISTS (SELECT FROM session_satisfaction WHERE question = OLD.code) THEN
        RAISE EXCEPTION 'question % has been answered', OLD.code
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_survey_question_kept';
    END IF;
    RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
END $$;
CREATE TRIGGER keep_answered_question BEFORE UPDATE OR DELETE ON survey_question
    FOR EACH ROW EXECUTE FUNCTION keep_answered_question();
"""
#: Other words are another remark: nobody has looked at them.
MODERATED = """
CREATE FUNCTION moderate_changed_remark() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.text <> OLD.text AND NEW.state <> 'new' AND NEW.moderated_at IS NOT DISTINCT FROM OLD.moderated_at THEN
        RAISE EXCEPTION 'remark % has changed and waits for somebody to look', OLD.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_remark_looked_at';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER moderate_changed_remark BEFORE UPDATE ON remark
    FOR EACH ROW EXECUTE FUNCTION moderate_changed_remark();
"""


def upgrade() -> None:
    questions = op.create_table(
        "survey_question",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column(
            "audience",
            sa.Enum(
                "school", "workplace", "programme",
                name="audience", native_enum=False, create_constraint=True, length=24,
            ),
            nullable=False,
        ),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("text_en", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("replaces", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "length(text) BETWEEN 1 AND 80 AND length(text_en) BETWEEN 1 AND 80",
            name=op.f("ck_survey_question_text_length"),
        ),
        sa.CheckConstraint("replaces <> code", name=op.f("ck_survey_question_replaces_another")),
        sa.ForeignKeyConstraint(
            ["replaces"], ["survey_question.code"], name=op.f("fk_survey_question_replaces_survey_question")
        ),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_survey_question")),
        sa.UniqueConstraint("replaces", name=op.f("uq_survey_question_replaces")),
    )  # fmt: skip
    names = ("code", "audience", "text", "text_en", "position")
    op.bulk_insert(questions, [dict(zip(names, row, strict=True)) for row in QUESTIONS])
    op.drop_constraint(op.f("ck_satisfaction_question"), "satisfaction")
    op.alter_column("satisfaction", "question", type_=sa.Text(), existing_type=sa.String(24), existing_nullable=False)
    op.create_foreign_key(
        op.f("fk_satisfaction_question_survey_question"), "satisfaction", "survey_question", ["question"], ["code"]
    )
    op.create_table(
        "workplace_opinion",
        sa.Column("workplace_id", sa.BigInteger(), nullable=False),
        sa.Column("date", sa.Date(), nullable=False),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("answer", sa.SmallInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("answer BETWEEN 1 AND 5", name=op.f("ck_workplace_opinion_answer")),
        sa.ForeignKeyConstraint(
            ["workplace_id"], ["workplace.id"], name=op.f("fk_workplace_opinion_workplace_id_workplace")
        ),
        sa.ForeignKeyConstraint(
            ["question"], ["survey_question.code"], name=op.f("fk_workplace_opinion_question_survey_question")
        ),
        sa.PrimaryKeyConstraint("workplace_id", "date", "question", name=op.f("pk_workplace_opinion")),
    )
    op.create_table(
        "session_satisfaction",
        sa.Column("session_id", sa.BigInteger(), nullable=False),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("answer", sa.SmallInteger(), nullable=False),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.CheckConstraint("answer BETWEEN 1 AND 5", name=op.f("ck_session_satisfaction_answer")),
        sa.CheckConstraint("people >= 0", name=op.f("ck_session_satisfaction_people")),
        sa.ForeignKeyConstraint(
            ["session_id"], ["programme_session.id"], ondelete="CASCADE",
            name=op.f("fk_session_satisfaction_session_id_programme_session"),
        ),
        sa.ForeignKeyConstraint(
            ["question"], ["survey_question.code"], name=op.f("fk_session_satisfaction_question_survey_question")
        ),
        sa.PrimaryKeyConstraint("session_id", "question", "answer", name=op.f("pk_session_satisfaction")),
    )  # fmt: skip
    op.create_table(
        "remark",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("visit_id", sa.BigInteger(), nullable=True),
        sa.Column("session_id", sa.BigInteger(), nullable=True),
        sa.Column("workplace_id", sa.BigInteger(), nullable=True),
        sa.Column("date", sa.Date(), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column(
            "state",
            sa.Enum("new", "shown", "hidden", name="state", native_enum=False, create_constraint=True, length=24),
            nullable=False,
        ),
        sa.Column("cut", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("moderated_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("moderated_by_id", sa.BigInteger(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("num_nonnulls(visit_id, session_id, workplace_id) = 1", name=op.f("ck_remark_one_subject")),
        sa.CheckConstraint("(workplace_id IS NULL) = (date IS NULL)", name=op.f("ck_remark_workplace_has_date")),
        sa.CheckConstraint("length(text) BETWEEN 1 AND 300", name=op.f("ck_remark_text_length")),
        sa.CheckConstraint(
            "(state = 'new') = (moderated_at IS NULL) AND (moderated_at IS NULL) = (moderated_by_id IS NULL)",
            name=op.f("ck_remark_moderated"),
        ),
        sa.CheckConstraint("(state = 'hidden') = (reason IS NOT NULL)", name=op.f("ck_remark_hidden_has_reason")),
        sa.CheckConstraint("length(reason) BETWEEN 1 AND 100", name=op.f("ck_remark_reason_length")),
        sa.ForeignKeyConstraint(["visit_id"], ["visit.id"], name=op.f("fk_remark_visit_id_visit")),
        sa.ForeignKeyConstraint(
            ["session_id"], ["programme_session.id"], ondelete="CASCADE",
            name=op.f("fk_remark_session_id_programme_session"),
        ),
        sa.ForeignKeyConstraint(["workplace_id"], ["workplace.id"], name=op.f("fk_remark_workplace_id_workplace")),
        sa.ForeignKeyConstraint(["moderated_by_id"], ["app_user.id"], name=op.f("fk_remark_moderated_by_id_app_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_remark")),
        sa.UniqueConstraint("visit_id", name=op.f("uq_remark_visit_id")),
        sa.UniqueConstraint("session_id", name=op.f("uq_remark_session_id")),
        sa.UniqueConstraint("workplace_id", "date", name=op.f("uq_remark_workplace_id_date")),
    )  # fmt: skip
    op.execute(KEPT)
    op.execute(MODERATED)


def downgrade() -> None:
    op.drop_table("remark")
    op.execute("DROP FUNCTION moderate_changed_remark()")
    op.execute("DROP TRIGGER keep_answered_question ON survey_question")
    op.execute("DROP FUNCTION keep_answered_question()")
    op.drop_table("session_satisfaction")
    op.drop_table("workplace_opinion")
    op.drop_constraint(op.f("fk_satisfaction_question_survey_question"), "satisfaction")
    op.execute(f"DELETE FROM satisfaction WHERE question NOT IN ({CODES})")
    op.alter_column("satisfaction", "question", type_=sa.String(24), existing_type=sa.Text(), existing_nullable=False)
    op.create_check_constraint(op.f("ck_satisfaction_question"), "satisfaction", f"question IN ({CODES})")
    op.drop_table("survey_question")
