"""A table that narrows workplaces: what it costs standing visits is part of what was seen, and is repaired."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from booking.domain.errors import Conflict
from booking.domain.sheet_rows import SheetKind
from booking.domain.states import GroupStatus
from booking.exchange.sheets import Sheet
from booking.services.sheet_desk import Desk
from booking.services.sheet_outcomes import Outcome, Plan
from booking.services.sheets import apply, plan, take_in, undo
from tests.integration.services.test_workplaces import busy, clean, group_at, repairs, without_offers
from tests.support.factory import SmallTerm

HEAD = ("번호", "가장 많은 모둠 인원")


@pytest.fixture
def small(session: Session) -> SmallTerm:
    """A term in which nothing is held for an offer."""
    return SmallTerm(session, without_offers(2))


def taken(small: SmallTerm, *rows: tuple[str, ...]) -> tuple[int, Plan]:
    """An upload and what it would do."""
    upload = take_in(small.session, small.clock, small.coordinator, SheetKind.WORKPLACES, "표.xlsx", Sheet(HEAD, rows))
    desk = Desk(small.session, small.clock, small.config, small.coordinator)
    return upload.id, plan(desk, upload, {})


def test_a_group_that_loses_its_place_is_counted_first_and_repaired_after(small: SmallTerm) -> None:
    place = busy(small)
    group = group_at(small, place)
    number, found = taken(small, (place.code, "2"))
    assert (found.groups, [row.outcome for row in found.rows]) == (1, [Outcome.CHANGED])
    assert group.status is not GroupStatus.DECLINED

    apply(small.session, small.clock, small.config, small.coordinator, number, {}, seen=found.seen)

    small.session.refresh(group)
    assert (group.status, repairs(small)) == (GroupStatus.DECLINED, 1)
    assert clean(small)
    assert undo(small.session, small.clock, small.config, small.coordinator, number) == (1, 0)
    assert place.max_group == 6


def test_a_cost_that_nobody_has_seen_is_not_agreed_to(small: SmallTerm) -> None:
    upload, before = taken(small, ("W0", "2"), ("W1", "2"), ("W2", "2"))
    busy(small)

    with pytest.raises(Conflict) as changed:
        apply(small.session, small.clock, small.config, small.coordinator, upload, {}, seen=before.seen)

    assert changed.value.reason == "changed"
    assert clean(small)
