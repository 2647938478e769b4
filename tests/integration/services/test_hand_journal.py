"""The journal that nobody changes; undo and redo, exactly; what was changed meanwhile is not overwritten."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from booking.domain.errors import Conflict, IllegalTransition, InvalidInput, RuleBroken
from booking.models.workplaces import Workplace
from booking.services import hand_changes, hand_undo
from booking.services.audit import run_audit
from tests.support.factory import SmallTerm
from tests.support.hand import EMPTY, FIRST, SECOND, WHY, Hand


def test_undo_restores_exactly_what_was_and_redo_what_came(hand: Hand) -> None:
    code = "V0000"
    states = [hand.state()]
    steps: tuple[Callable[[], None], ...] = (
        lambda: hand.move(code, EMPTY),
        lambda: hand.pin(code),
        lambda: hand.exclude(code, next(iter(hand.groups(code)))),
        lambda: hand.swap(code, "V0003"),
        lambda: hand.move(code, None),
    )
    for step in steps:
        step()
        states.append(hand.state())
    for state in states[-2::-1]:
        hand.undo()
        assert hand.state() == state
    with pytest.raises(IllegalTransition):
        hand.undo()
    for state in states[1:]:
        hand.redo()
        assert hand.state() == state
    with pytest.raises(IllegalTransition):
        hand.redo()
    hand.holds()
    assert [entry.sequence for entry in hand.journal()] == list(range(1, 16))


def test_a_new_change_drops_what_was_undone(hand: Hand) -> None:
    hand.move("V0000", None)
    hand.undo()
    hand.pin("V0002")
    with pytest.raises(IllegalTransition):
        hand.redo()
    hand.undo()
    with pytest.raises(IllegalTransition):
        hand.undo()


def test_a_page_that_was_opened_before_overwrites_nothing(hand: Hand) -> None:
    seen = hand.opened
    hand.pin("V0002")
    after = hand.state()
    request, other = hand.small.request("V0000").id, hand.small.request("V0003").id
    late_ones: tuple[Callable[[], None], ...] = (
        lambda: hand_changes.move(*seen, request, None, WHY),
        lambda: hand_changes.swap(*seen, request, other, WHY),
        lambda: hand_changes.exclude(*seen, request, hand.place("W0"), WHY),
        lambda: hand_changes.split(*seen, request, {hand.place("W0"): 20}, WHY),
        lambda: hand_undo.undo(*seen),
    )
    for late in late_ones:
        with pytest.raises(Conflict):
            late()
    assert hand.state() == after
    assert len(hand.journal()) == 1


def test_what_was_changed_by_another_way_is_not_undone_blindly(hand: Hand) -> None:
    hand.pin("V0002")
    # another draft of the same term lets it go
    hand.small.request("V0002").pinned_slot_id = None
    hand.small.session.flush()
    with pytest.raises(Conflict):
        hand.undo()


def test_a_pin_follows_a_visit_that_is_moved(hand: Hand) -> None:
    code = "V0000"
    hand.pin(code)
    with pytest.raises(InvalidInput):
        hand.pin(code)
    hand.move(code, EMPTY)
    assert hand.small.request(code).pinned_slot_id == hand.small.slots()[EMPTY].id
    assert "pinned" in hand.journal()[-1].overrides
    hand.pin(code, pinned=False)
    hand.move(code, FIRST)
    assert hand.small.request(code).pinned_slot_id is None


def test_a_pin_that_the_run_was_solved_with_can_be_loosened(roomy: SmallTerm) -> None:
    roomy.request("V0002").pinned_slot_id = roomy.slots()[SECOND].id
    roomy.session.flush()
    hand = Hand(roomy, roomy.propose())
    with pytest.raises(RuleBroken):
        hand.move("V0002", EMPTY)

    hand.pin("V0002", pinned=False)
    hand.move("V0002", EMPTY)

    assert hand.slot("V0002") == EMPTY
    hand.holds()


def test_a_changed_plan_is_published_as_it_stands(hand: Hand) -> None:
    hand.exclude("V0000", next(iter(hand.groups("V0000"))))
    hand.swap("V0000", "V0003")
    groups = hand.groups("V0000")
    hand.small.publish(hand.run)
    visit = hand.small.visit("V0000")
    names = dict(hand.small.session.execute(sa.select(Workplace.id, Workplace.code)).all())
    assert {names[group.workplace_id]: group.pupils for group in visit.groups} == groups
    assert run_audit(hand.small.session, hand.small.clock.now()) == []
    with pytest.raises(IllegalTransition):
        hand.undo()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE hand_change SET reason = 'x'",
        "DELETE FROM hand_change",
        "TRUNCATE hand_change",
        "INSERT INTO hand_change (run_id, sequence, kind, at, actor_id, reason, overrides, before, after, run_version)"
        " SELECT run_id, 7, kind, at, actor_id, reason, overrides, before, after, run_version FROM hand_change",
    ],
)
def test_the_database_lets_nobody_rewrite_the_journal(hand: Hand, statement: str) -> None:
    hand.pin("V0002")
    with pytest.raises(DBAPIError), hand.small.session.begin_nested():
        hand.small.session.execute(sa.text(statement))


def test_the_audit_finds_a_plan_that_left_its_journal(hand: Hand) -> None:
    hand.move("V0000", None)
    hand.small.session.execute(
        sa.text("UPDATE proposal SET slot_id = :slot, overrides = NULL WHERE id = :id"),
        {"slot": hand.small.slots()[FIRST].id, "id": hand.proposal("V0000").id},
    )
    found = run_audit(hand.small.session, hand.small.clock.now())
    assert [breach.rule for breach in found] == ["plan_is_that_of_its_journal"]
