"""The small term, on a session that is rolled back."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from tests.support.factory import SmallTerm, small_document
from tests.support.hand import EMPTY, Hand


@pytest.fixture
def small(session: Session) -> SmallTerm:
    """A loaded small term."""
    return SmallTerm(session)


@pytest.fixture
def roomy(session: Session) -> SmallTerm:
    """The small term, with a slot more that every school would have to be asked for."""
    document = small_document()
    for visit in document["visits"]:
        visit["negotiable_slots"].append(document["slots"][EMPTY]["id"])
    return SmallTerm(session, document)


@pytest.fixture
def hand(roomy: SmallTerm) -> Hand:
    """The coordinator at a plan that was just proposed."""
    return Hand(roomy, roomy.propose())
