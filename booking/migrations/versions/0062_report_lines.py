"""What the report calls a kind, where it says it; and an outing of several classes counts once.

Revision: 0062, after 0059
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0062"
down_revision = "0059"
branch_labels = None
depends_on = None

#: Classes of one school that went out on the same half-day were one session each; the first to be entered keeps it.
#: The entries stay: each of the others is corrected by one of its own, in today's quarter where its own is frozen.
OUTINGS = """
INSERT INTO ledger_entry (stage, programme_id, counted, school_id, level, date, sessions, people, visit_id, corrects_id,
                          reason, counts_on, by_id, at)
SELECT e.stage, e.programme_id, e.counted, e.school_id, e.level, e.date, -n.sessions, 0, e.visit_id, e.id,
       'outing_counted_once',
       CASE WHEN EXISTS (SELECT FROM frozen_quarter f WHERE e.date BETWEEN f.first_day AND f.last_day)
            THEN (now() AT TIME ZONE 'Asia/Seoul')::date ELSE e.date END,
       e.by_id, now()
  FROM (SELECT v.id, sum(l.sessions) AS sessions, min(l.id) AS entry,
               row_number() OVER (PARTITION BY q.school_id, v.slot_id ORDER BY min(l.id)) AS place
          FROM ledger_entry l JOIN visit v ON v.id = l.visit_id JOIN request q ON q.id = v.request_id
         WHERE l.stage = 'attended' GROUP BY v.id, q.school_id, v.slot_id) n
  JOIN ledger_entry e ON e.id = n.entry
 WHERE n.place > 1 AND n.sessions <> 0
"""


def upgrade() -> None:
    op.add_column("programme", sa.Column("listed", sa.Boolean(), server_default=sa.true(), nullable=False))
    op.add_column("programme", sa.Column("told_to", sa.String(24), nullable=True))
    op.add_column("programme", sa.Column("report_name", sa.Text(), server_default="", nullable=False))
    op.add_column("programme", sa.Column("report_note", sa.Text(), server_default="", nullable=False))
    op.create_check_constraint(op.f("ck_programme_told_to"), "programme", "told_to IN ('parents', 'donors')")
    op.create_check_constraint(
        op.f("ck_programme_report_length"), "programme", "length(report_name) <= 60 AND length(report_note) <= 60"
    )
    op.create_check_constraint(op.f("ck_programme_somewhere"), "programme", "listed OR told_to IS NOT NULL")
    op.execute(
        "UPDATE programme SET told_to = CASE code WHEN 'donors_meeting' THEN 'donors' ELSE 'parents' END"
        " WHERE residents"
    )
    op.execute(
        "UPDATE programme SET report_name = '학부모 정기협의회' WHERE code = 'parents_council' AND told_to = 'parents'"
    )
    op.execute(
        "UPDATE programme SET listed = false, report_name = '자원봉사단(퇴직시니어) 외 약 7개 단체 교육기부자문 및 협조회의'"
        " WHERE code = 'donors_meeting' AND told_to = 'donors'"
    )
    op.execute(
        "UPDATE programme SET report_note = '구로·금천·영등포·관악·동작 센터장' WHERE code = 'zone_seminar'"
    )
    op.drop_column("programme", "residents")
    for name in ("listed", "report_name", "report_note"):
        op.alter_column("programme", name, server_default=None)
    op.execute(OUTINGS)


def downgrade() -> None:
    op.add_column("programme", sa.Column("residents", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.execute("UPDATE programme SET residents = told_to IS NOT NULL")
    op.alter_column("programme", "residents", server_default=None)
    op.drop_constraint(op.f("ck_programme_somewhere"), "programme")
    op.drop_constraint(op.f("ck_programme_report_length"), "programme")
    op.drop_constraint(op.f("ck_programme_told_to"), "programme")
    for name in ("report_note", "report_name", "told_to", "listed"):
        op.drop_column("programme", name)
