"""Prices are tried on a plan before they are saved, and losses rehearsed: two kinds of runs that only look.

Revision: 0019, after 0018
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

RULE = (
    "CASE WHEN {which} THEN source_id IS NOT NULL AND NOT kept"
    " AND status IN ('queued', 'solving', 'found', 'cancelled', 'failed') ELSE status <> 'found' END"
)


def _kinds(kinds: str, which: str) -> None:
    for name, rule in (("kind", f"kind IN ({kinds})"), ("frontier_is_no_plan", RULE.format(which=which))):
        full = op.f(f"ck_allocation_run_{name}")
        op.drop_constraint(full, "allocation_run")
        op.create_check_constraint(full, "allocation_run", rule)


def upgrade() -> None:
    _kinds("'term', 'repair', 'frontier', 'trial', 'drill'", "kind IN ('frontier', 'trial', 'drill')")
    op.add_column("allocation_run", sa.Column("findings", postgresql.JSONB(), nullable=True))


def downgrade() -> None:
    op.execute("DELETE FROM allocation_run WHERE kind IN ('trial', 'drill')")
    op.drop_column("allocation_run", "findings")
    _kinds("'term', 'repair', 'frontier'", "kind = 'frontier'")
