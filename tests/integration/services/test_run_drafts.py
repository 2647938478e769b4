"""Drafts side by side: named, kept, and the older ones put away when a new one comes; weeks in play."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.domain.errors import Conflict, Forbidden, IllegalTransition, InvalidForm
from booking.domain.ids import RunId
from booking.domain.states import RunStatus
from booking.domain.vocabulary import Role
from booking.models.history import HistoryEntry
from booking.models.runs import AllocationRun, Proposal
from booking.queries.weeks import weeks_of
from booking.services.allocations import discard_run, start_run
from booking.services.instance_builder import build_instance, facts_now
from booking.services.run_drafts import SIDE_BY_SIDE, keep_draft, name_draft, put_away_older
from tests.support.factory import SmallTerm, small_document


def draft(small: SmallTerm) -> AllocationRun:
    """A plan that has just come, as the worker stores it."""
    run = small.propose()
    put_away_older(small.session, small.clock, run)
    small.session.flush()
    return run


def standing(small: SmallTerm) -> list[RunId]:
    return list(
        small.session.scalars(
            sa.select(AllocationRun.id).where(AllocationRun.status == RunStatus.PROPOSED).order_by(AllocationRun.id)
        )
    )


def test_as_many_drafts_stay_as_can_be_compared(small: SmallTerm) -> None:
    runs = [draft(small).id for _ in range(SIDE_BY_SIDE + 2)]
    assert standing(small) == runs[2:]
    told = small.session.scalars(sa.select(HistoryEntry.subject_id).where(HistoryEntry.action == "run_discarded")).all()
    assert told == runs[:2]


def test_what_is_kept_named_or_changed_by_hand_is_never_put_away(small: SmallTerm) -> None:
    kept, named, by_hand, plain = (draft(small) for _ in range(4))
    keep_draft(small.session, small.coordinator, kept.id, kept=True)
    name_draft(small.session, small.coordinator, named.id, "  고르게   먼저 ", "")
    small.session.execute(sa.update(Proposal).where(Proposal.run_id == by_hand.id).values(by_hand=True))
    newer = [draft(small).id for _ in range(SIDE_BY_SIDE)]
    assert standing(small) == [kept.id, named.id, by_hand.id, *newer]
    assert plain.status is RunStatus.DISCARDED
    assert (named.name, named.kept) == ("고르게 먼저", True)


def test_a_draft_that_is_let_go_is_one_of_the_others_again(small: SmallTerm) -> None:
    first = draft(small)
    for kept in (True, True, False):
        keep_draft(small.session, small.coordinator, first.id, kept=kept)
    for _ in range(SIDE_BY_SIDE):
        draft(small)
    assert first.status is RunStatus.DISCARDED


def test_naming_and_keeping_leave_the_plan_as_it_is(small: SmallTerm) -> None:
    run = draft(small)
    before = run.version
    name_draft(small.session, small.coordinator, run.id, "가", "")
    keep_draft(small.session, small.coordinator, run.id, kept=False)
    small.session.expire_all()
    assert run.version == before
    small.publish(run)


def test_a_name_given_meanwhile_is_not_overwritten(small: SmallTerm) -> None:
    run = draft(small)
    name_draft(small.session, small.coordinator, run.id, "가", "")
    with pytest.raises(Conflict):
        name_draft(small.session, small.coordinator, run.id, "나", "")
    name_draft(small.session, small.coordinator, run.id, "가", "")
    assert run.name == "가"
    name_draft(small.session, small.coordinator, run.id, "", "가")
    assert run.name is None


@pytest.mark.parametrize(("name", "reason"), [("가" * 61, "too_long"), ("<b>", "markup")])
def test_a_name_that_cannot_be_one_is_refused(small: SmallTerm, name: str, reason: str) -> None:
    run = draft(small)
    with pytest.raises(InvalidForm) as refused:
        name_draft(small.session, small.coordinator, run.id, name, "")
    assert [(fault.field, fault.reason) for fault in refused.value.faults] == [("name", reason)]


def test_only_drafts_are_named_and_kept_and_only_by_staff(small: SmallTerm) -> None:
    run = draft(small)
    teacher = small.person(Role.TEACHER, "S0")
    with pytest.raises(Forbidden):
        name_draft(small.session, teacher, run.id, "가", "")
    with pytest.raises(Forbidden):
        keep_draft(small.session, teacher, run.id, kept=True)
    discard_run(small.session, small.clock, small.coordinator, run.id)
    with pytest.raises(IllegalTransition):
        name_draft(small.session, small.coordinator, run.id, "가", "")
    with pytest.raises(IllegalTransition):
        keep_draft(small.session, small.coordinator, run.id, kept=True)


def test_visits_outside_the_weeks_in_play_stay_with_their_groups(session: Session) -> None:
    document = small_document()
    for visit in document["visits"][4:]:
        visit["requested_slots"] = [slot["id"] for slot in document["slots"][12:16:2]]
    small = SmallTerm(session, document)
    small.publish()
    weeks = [week.code for week in weeks_of(small.session, small.term.id)]
    there = {visit: small.visit(visit).slot for visit in ("V0000", "V0001", "V0002", "V0003", "V0004", "V0005")}
    assert {slot.week for slot in there.values()} == set(weeks), "the plan has visits in both weeks"
    built = build_instance(small.session, small.clock, small.term, weeks=weeks[1:])
    for visit in built.instance.visits:
        outside = there[visit.id].week == weeks[0]
        assert (visit.locked is not None) == outside, visit.id
        if visit.locked is not None:
            assert visit.locked.slot == there[visit.id].code
            assert visit.locked.groups
    assert built.facts_sha256 == facts_now(small.session, small.clock, small.term)


def test_the_weeks_of_a_run_are_the_terms_own(small: SmallTerm) -> None:
    weeks = [week.code for week in weeks_of(small.session, small.term.id)]
    for wrong, reason in (([], "required"), (["2027-W99"], "unknown")):
        with pytest.raises(InvalidForm) as refused:
            start_run(small.session, small.clock, small.config, small.coordinator, weeks=wrong)
        assert [(fault.field, fault.reason) for fault in refused.value.faults] == [("weeks", reason)]
    run = start_run(small.session, small.clock, small.config, small.coordinator, weeks=weeks[:1])
    assert run.weeks == weeks[:1]


def test_all_weeks_are_no_choice(small: SmallTerm) -> None:
    weeks = [week.code for week in weeks_of(small.session, small.term.id)]
    assert start_run(small.session, small.clock, small.config, small.coordinator, weeks=weeks).weeks is None
