"""Remedies: kept with a plan that is there already, the unplaced first, within a budget, only at dates to ask for."""

from __future__ import annotations

import datetime as dt

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session, sessionmaker

from booking.clock import FixedClock
from booking.domain.states import RunStatus
from booking.models.runs import AllocationRun, Proposal
from booking.models.school_year import SchoolDay
from booking.services import remedies, solving
from booking.services.allocations import start_run
from booking.services.instance_builder import build_instance
from booking.services.published_plan import unproven
from booking.services.remedies import askable_slots, find_remedies
from booking.services.solving import solve_run
from scheduler.allocation import Allocation, Assignment
from scheduler.instance import Instance
from tests.support.console import TELEPHONE
from tests.support.factory import NOW, SmallTerm


class Ticking(FixedClock):
    """A clock on which every look takes a second."""

    def now(self) -> dt.datetime:
        self.advance(dt.timedelta(seconds=1))
        return self.moment


def solved(sessions: sessionmaker[Session]) -> tuple[SmallTerm, AllocationRun]:
    """A term in which every workplace but three is closed, solved as a worker would."""
    small = SmallTerm(sessions())
    small.session.execute(sa.text("UPDATE workplace SET status = 'paused' WHERE code IN ('W3','W4','W5','W6','W7')"))
    run = start_run(small.session, small.clock, small.config, small.coordinator)
    small.session.commit()
    solve_run(sessions, small.clock, small.config, run.id, TELEPHONE)
    small.session.expire_all()
    return small, small.session.get_one(AllocationRun, run.id)


def test_a_plan_is_kept_with_its_remedies(sessions: sessionmaker[Session]) -> None:
    small, run = solved(sessions)
    assert run.status is RunStatus.PROPOSED
    found = {
        proposal.request.code: proposal.remedy
        for proposal in small.session.scalars(sa.select(Proposal).where(Proposal.run_id == run.id))
        if proposal.slot_id is None
    }
    # three workplaces take 18 of 20 pupils: one more would do
    assert set(found) == {f"V{n:04d}" for n in range(6)}
    assert found["V0000"] is not None
    assert [change["code"] for change in found["V0000"]["changes"]] == ["more_seats"]
    assert found["V0004"] == found["V0005"]
    small.session.close()


def test_a_fault_in_the_search_does_not_take_the_plan_away(
    sessions: sessionmaker[Session], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_given: object) -> remedies.Remedies:
        raise RuntimeError("nobody expected that")

    monkeypatch.setattr(solving, "find_remedies", broken)
    small, run = solved(sessions)
    assert run.status is RunStatus.PROPOSED
    assert set(small.session.scalars(sa.select(Proposal.remedy))) == {None}
    small.session.close()


def nobody_placed(small: SmallTerm) -> tuple[Instance, Allocation, remedies.Allowed]:
    built = build_instance(small.session, small.clock, small.term)
    plan = unproven(built.instance, [Assignment(visit.id, None) for visit in built.instance.visits], "nobody")
    return built.instance, plan, askable_slots(small.session, small.clock, built)


def test_the_budget_ends_the_search_the_largest_first(small: SmallTerm) -> None:
    instance, plan, allowed = nobody_placed(small)
    # one look begins the budget, each party takes another
    found = find_remedies(instance, plan, allowed, Ticking(NOW), 1.5)
    assert set(found) == {"V0004", "V0005"}
    everybody = find_remedies(instance, plan, allowed, FixedClock(NOW), 1.5)
    assert set(everybody) == {visit.id for visit in instance.visits}


def test_only_dates_are_named_that_the_school_could_be_asked_for(small: SmallTerm) -> None:
    request = small.request("V0000")
    small.clock.moment = dt.datetime(2027, 3, 17, 0, 0, tzinfo=dt.UTC)
    exam = {"name": "1차 지필평가", "kind": "exam", "grades": [1], "blocks": "all", "source": "hand"}
    small.session.add(SchoolDay(school_id=request.school_id, date=dt.date(2027, 3, 22), **exam))
    small.session.flush()
    _, _, allowed = nobody_placed(small)
    days = {slot.partition("/")[0] for slot in allowed["V0000"]}
    assert min(days) == "2027-03-18"
    assert "2027-03-22" not in days
    assert "2027-03-22" in {slot.partition("/")[0] for slot in allowed["V0002"]}


def test_who_stands_well_needs_none_and_a_worse_wish_is_told_what_the_better_takes(small: SmallTerm) -> None:
    instance, plan = small.plan()
    built = build_instance(small.session, small.clock, small.term)
    allowed = askable_slots(small.session, small.clock, built)
    found = find_remedies(instance, plan, allowed, small.clock, 60)
    here = {given.id: given.slot for given in plan.visits}
    for visit in instance.visits:
        if here[visit.id] == visit.requested_slots[0]:
            assert visit.id not in found
    better = {code: remedy["slots"][code] for code, remedy in found.items() if here[code] is not None}
    assert better
    for code, slot in better.items():
        wishes = instance.visit_by_id[code].requested_slots
        assert slot in wishes
        assert here[code] not in wishes[: wishes.index(slot) + 1]
        assert found[code]["changes"]
