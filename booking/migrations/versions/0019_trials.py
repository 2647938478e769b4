"""Values of the allocation rules are tried on a plan before they are saved: a run of its own kind.

Revision: 0019, after 0018
"""

from __future__ import annotations

from alembic import op

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
    _kinds("'term', 'repair', 'frontier', 'trial'", "kind IN ('frontier', 'trial')")


def downgrade() -> None:
    op.execute("DELETE FROM allocation_run WHERE kind = 'trial'")
    _kinds("'term', 'repair', 'frontier'", "kind = 'frontier'")
