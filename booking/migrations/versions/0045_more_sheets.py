"""Schools, classes, opening hours and plans come in by spreadsheet as well; a plan's table is for one draft.

Revision: 0045, after 0040
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0045"
down_revision = "0040"
branch_labels = None
depends_on = None

KINDS = "'workplaces', 'coaches', 'schools', 'classes', 'patterns', 'days', 'requests', 'plans'"
HAND = "'move', 'swap', 'split', 'pin', 'unpin', 'exclude', 'admit', 'sheet', 'undo', 'redo'"


def _kinds(table: str, kinds: str) -> None:
    name = op.f(f"ck_{table}_kind")
    op.drop_constraint(name, table)
    op.create_check_constraint(name, table, f"kind IN ({kinds})")


def upgrade() -> None:
    _kinds("sheet_upload", KINDS)
    _kinds("hand_change", HAND)
    op.add_column("sheet_upload", sa.Column("run_id", sa.BigInteger(), nullable=True))
    op.create_foreign_key(
        op.f("fk_sheet_upload_run_id_allocation_run"), "sheet_upload", "allocation_run", ["run_id"], ["id"]
    )
    op.create_check_constraint(
        op.f("ck_sheet_upload_plan_of_a_run"), "sheet_upload", "(kind = 'plans') = (run_id IS NOT NULL)"
    )


def downgrade() -> None:
    op.execute("DELETE FROM sheet_upload WHERE kind NOT IN ('workplaces', 'coaches', 'requests')")
    op.drop_constraint(op.f("ck_sheet_upload_plan_of_a_run"), "sheet_upload")
    op.drop_column("sheet_upload", "run_id")
    _kinds("sheet_upload", "'workplaces', 'coaches', 'requests'")
    # the journal is append-only: lines of tables are moves of several visits, which is what they are called before
    op.execute("ALTER TABLE hand_change DISABLE TRIGGER append_only")
    op.execute("UPDATE hand_change SET kind = 'move' WHERE kind = 'sheet'")
    op.execute("ALTER TABLE hand_change ENABLE TRIGGER append_only")
    _kinds("hand_change", HAND.replace("'sheet', ", ""))
