"""Requests come in by spreadsheet as well.

Revision: 0020, after 0019
"""

from __future__ import annotations

from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def _kinds(kinds: str) -> None:
    name = op.f("ck_sheet_upload_kind")
    op.drop_constraint(name, "sheet_upload")
    op.create_check_constraint(name, "sheet_upload", f"kind IN ({kinds})")


def upgrade() -> None:
    _kinds("'workplaces', 'coaches', 'requests'")


def downgrade() -> None:
    op.execute("DELETE FROM sheet_upload WHERE kind = 'requests'")
    _kinds("'workplaces', 'coaches'")
