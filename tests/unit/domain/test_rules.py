"""Small rules: phases, eligibility, credit, who may see which school."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from booking.domain.credit import credit_for_yielding
from booking.domain.eligibility import usable_on
from booking.domain.errors import Forbidden, NotFound, PhaseClosed
from booking.domain.ids import SchoolId, UserId
from booking.domain.person import Person
from booking.domain.phases import ALLOWED, Action, Calendar, Phase, looks_at_late, may_change, require, require_request
from booking.domain.vocabulary import Language, Role, WorkplaceStatus

CALENDAR = Calendar(
    dt.date(2027, 2, 1), dt.date(2027, 3, 1), dt.date(2027, 3, 8), dt.date(2027, 3, 15), dt.date(2027, 7, 17)
)
DAY = dt.date(2027, 5, 3)


@pytest.mark.parametrize(
    ("day", "phase"),
    [
        ("2027-01-31", Phase.BEFORE),
        ("2027-02-01", Phase.WISH),
        ("2027-02-28", Phase.WISH),
        ("2027-03-01", Phase.ALLOCATION),
        ("2027-03-08", Phase.CONFIRMATION),
        ("2027-03-15", Phase.LEFTOVERS),
        ("2027-07-16", Phase.LEFTOVERS),
        ("2027-07-17", Phase.CLOSED),
    ],
)
def test_a_phase_begins_on_its_day(day: str, phase: Phase) -> None:
    assert CALENDAR.phase(dt.date.fromisoformat(day)) is phase


@given(st.dates(dt.date(2027, 1, 1), dt.date(2027, 12, 31)), st.integers(0, 60))
def test_phases_never_go_back(day: dt.date, later: int) -> None:
    order = list(Phase)
    assert order.index(CALENDAR.phase(day)) <= order.index(CALENDAR.phase(day + dt.timedelta(days=later)))


def test_the_table_knows_every_phase() -> None:
    assert set(ALLOWED) == set(Phase)


def test_a_closed_phase_refuses_and_says_which() -> None:
    require(Phase.WISH, Action.REQUEST)
    with pytest.raises(PhaseClosed) as caught:
        require(Phase.ALLOCATION, Action.REQUEST)
    assert caught.value.facts == {"phase": "allocation", "action": "request"}


@pytest.mark.parametrize(
    ("phase", "late"),
    [(Phase.WISH, False), (Phase.ALLOCATION, True), (Phase.CONFIRMATION, True), (Phase.LEFTOVERS, False)],
)
def test_after_the_window_a_request_is_late_until_the_left_over_phase(phase: Phase, late: bool) -> None:
    assert require_request(phase) is late
    assert may_change(phase, late=True)
    assert may_change(phase, late=False) is not late
    assert looks_at_late(phase) is (phase is Phase.LEFTOVERS)


@pytest.mark.parametrize("phase", [Phase.BEFORE, Phase.CLOSED])
def test_outside_the_term_nothing_is_asked_for_or_changed(phase: Phase) -> None:
    with pytest.raises(PhaseClosed):
        require_request(phase)
    assert not may_change(phase, late=True)


@pytest.mark.parametrize(
    ("status", "safety", "insurance", "usable"),
    [
        (WorkplaceStatus.ACTIVE, DAY, DAY, True),
        (WorkplaceStatus.ACTIVE, DAY - dt.timedelta(days=1), DAY, False),
        (WorkplaceStatus.ACTIVE, DAY, DAY - dt.timedelta(days=1), False),
        (WorkplaceStatus.ACTIVE, None, DAY, False),
        (WorkplaceStatus.ACTIVE, DAY, None, False),
        (WorkplaceStatus.PAUSED, DAY, DAY, False),
        (WorkplaceStatus.APPROVED, DAY, DAY, False),
    ],
)
def test_only_a_checked_and_insured_workplace_is_used(
    status: WorkplaceStatus, safety: dt.date | None, insurance: dt.date | None, usable: bool
) -> None:
    assert usable_on(DAY, status, safety, insurance) is usable


@given(st.integers(0, 2000), st.integers(0, 2000))
def test_credit_is_a_share_of_the_school(moved: int, asked: int) -> None:
    credit = credit_for_yielding(min(moved, asked), asked)
    assert 0 <= credit <= 1


def test_a_school_that_yielded_for_everybody_is_owed_one() -> None:
    assert credit_for_yielding(155, 155) == 1
    assert credit_for_yielding(0, 0) == 0


def test_a_teacher_sees_the_own_schools_alone() -> None:
    teacher = Person(UserId(1), "x", Role.TEACHER, Language.KO, (SchoolId(3),))
    teacher.require_school(SchoolId(3))
    with pytest.raises(NotFound):
        teacher.require_school(SchoolId(4))
    with pytest.raises(Forbidden):
        teacher.require_role(Role.COORDINATOR)
