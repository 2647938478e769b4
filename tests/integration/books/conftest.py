"""The small term, on a session that is rolled back."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from tests.support.factory import SmallTerm


@pytest.fixture
def small(session: Session) -> SmallTerm:
    """A loaded small term."""
    return SmallTerm(session)
