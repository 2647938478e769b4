"""Changes by hand are judged like the solver's answer, and saved only when they hold."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from booking.domain.errors import Conflict, Forbidden, IllegalTransition, NotFound, RuleBroken
from booking.domain.ids import RequestId, RunId
from booking.domain.vocabulary import Role
from booking.models.history import HistoryEntry
from booking.models.runs import Proposal
from booking.services.hand_changes import move, set_pin
from booking.services.proposals import plan_of
from scheduler.moves import preview_move, suggest
from scheduler.verifier import verify
from tests.support.factory import SmallTerm

WHY = "학교에서 전화로 부탁했습니다."


def place_of(small: SmallTerm, run_id: RunId, code: str) -> Proposal:
    small.session.expire_all()
    return small.session.scalars(
        sa.select(Proposal).where(Proposal.run_id == run_id, Proposal.request.has(code=code))
    ).one()


def test_a_suggestion_can_be_taken_and_the_plan_still_holds(small: SmallTerm) -> None:
    run = small.propose()
    request = small.request("V0003")
    loaded = plan_of(small.session, run.id)
    best = suggest(loaded.instance, loaded.allocation, request.code)[0]
    slot = small.slot(best.slot)
    promised = preview_move(loaded.instance, loaded.allocation, request.code, best.slot)

    move(small.session, small.clock, small.coordinator, run.id, run.version, request.id, slot.id, WHY)

    moved = place_of(small, run.id, "V0003")
    assert moved.slot_id == slot.id
    assert moved.by_hand
    assert sum(group.pupils for group in moved.groups) == 20
    plan = plan_of(small.session, run.id)
    assert verify(plan.instance, plan.allocation).violations == ()
    assert run.kpis is not None
    assert run.kpis["date_stage"] == promised.after.date_stage
    entry = small.session.scalars(sa.select(HistoryEntry).where(HistoryEntry.action == "proposal_moved")).one()
    assert entry.actor == small.coordinator.actor


@pytest.mark.parametrize(
    ("code", "slot", "rule"),
    [
        ("V0003", "2027-03-26/PM", "H1"),
        ("V0003", "2027-03-15/AM", "H2"),
        ("V0004", "2027-03-15/AM", "H2"),
    ],
)
def test_a_move_that_breaks_a_rule_is_refused_and_the_rule_named(
    small: SmallTerm, code: str, slot: str, rule: str
) -> None:
    run = small.propose()
    version, before = run.version, place_of(small, run.id, code).slot_id

    with pytest.raises(RuleBroken) as caught:
        move(
            small.session,
            small.clock,
            small.coordinator,
            run.id,
            version,
            small.request(code).id,
            small.slot(slot).id,
        )

    violations = caught.value.facts["violations"]
    assert isinstance(violations, list)
    assert any(rule in str(violation) for violation in violations)
    assert place_of(small, run.id, code).slot_id == before


def test_the_second_of_two_hands_is_told(small: SmallTerm) -> None:
    run = small.propose()
    version = run.version
    request = small.request("V0003")
    move(small.session, small.clock, small.coordinator, run.id, version, request.id, None, WHY)

    with pytest.raises(Conflict):
        set_pin(small.session, small.clock, small.coordinator, run.id, version, request.id, True)


def test_a_pin_is_kept_for_the_next_run(small: SmallTerm) -> None:
    run = small.propose()
    request = small.request("V0002")

    set_pin(small.session, small.clock, small.coordinator, run.id, run.version, request.id, True)

    assert request.pinned_slot_id == small.slot("2027-03-17/AM").id


def test_nothing_is_changed_in_a_published_plan(small: SmallTerm) -> None:
    run = small.publish()

    with pytest.raises(IllegalTransition):
        move(small.session, small.clock, small.coordinator, run.id, run.version, small.request("V0003").id, None)


def test_a_request_of_another_run_is_not_found(small: SmallTerm) -> None:
    run = small.propose()

    with pytest.raises(NotFound):
        move(small.session, small.clock, small.coordinator, run.id, run.version, RequestId(10**9), None)


def test_a_teacher_changes_no_plan(small: SmallTerm) -> None:
    run = small.propose()
    teacher = small.person(Role.TEACHER, "S0")

    with pytest.raises(Forbidden):
        move(small.session, small.clock, teacher, run.id, run.version, small.request("V0000").id, None)


def test_of_two_who_pin_the_second_is_told(small: SmallTerm) -> None:
    run = small.propose()
    version = run.version
    set_pin(small.session, small.clock, small.coordinator, run.id, version, small.request("V0002").id, True)

    with pytest.raises(Conflict):
        set_pin(small.session, small.clock, small.coordinator, run.id, version, small.request("V0003").id, True)
