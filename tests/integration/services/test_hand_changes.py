"""Moves, swaps, splits, exclusions and overrides by hand: what holds, what is refused, what stays marked."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from booking.domain.errors import InvalidInput, NotFound, RuleBroken
from booking.domain.ids import RequestId
from booking.domain.journal import HandKind
from booking.models.history import HistoryEntry
from booking.services import hand_changes
from booking.services.hand_intents import intend_move, look
from booking.services.instance_builder import build_instance
from booking.services.proposals import plan_of
from tests.support.hand import EMPTY, FIRST, WHY, Hand


def test_two_visits_change_places_in_one_step(hand: Hand) -> None:
    before = (hand.slot("V0000"), hand.slot("V0003"))
    assert before[0] != before[1]
    version = hand.run.version

    hand.swap("V0000", "V0003")

    assert (hand.slot("V0003"), hand.slot("V0000")) == before
    assert hand.run.version == version + 1
    (entry,) = hand.journal()
    assert (entry.kind, entry.sequence, entry.reason, entry.run_version) == (HandKind.SWAP, 1, WHY, version + 1)
    assert set(entry.after["visits"]) == {"V0000", "V0003"}
    hand.holds()


def test_a_swap_that_cannot_be_is_refused_with_its_reason(hand: Hand) -> None:
    with pytest.raises(InvalidInput) as caught:
        hand.swap("V0004", "V0005")
    assert caught.value.reason == "same_party"
    with pytest.raises(NotFound):
        hand_changes.swap(*hand.opened, hand.small.request("V0000").id, RequestId(10**9))


def test_a_bundle_moves_whole(hand: Hand) -> None:
    assert hand.slot("V0004") == hand.slot("V0005") != EMPTY

    hand.move("V0004", EMPTY)

    assert hand.slot("V0004") == hand.slot("V0005") == EMPTY
    assert len(hand.journal()) == 1
    hand.holds()


def test_pupils_are_spread_as_a_person_chose(hand: Hand) -> None:
    hand.move("V0001", None)
    chosen = {"W1": 6, "W2": 5, "W4": 5, "W5": 4}

    hand.split("V0000", chosen)

    assert hand.groups("V0000") == chosen
    assert hand.proposal("V0000").by_hand
    # pupils of arts at workplaces of health
    assert hand.journal()[-1].overrides == ["off_field"]
    hand.holds()


@pytest.mark.parametrize(
    ("groups", "rule"),
    [
        ({"W0": 6, "W1": 6, "W2": 6}, "H2"),
        ({"W0": 7, "W1": 6, "W2": 7}, "H2"),
        ({"W0": 6, "W1": 6, "W2": 6, "W4": 3}, "H2"),
    ],
)
def test_a_split_is_judged_by_the_verifier(hand: Hand, groups: dict[str, int], rule: str) -> None:
    before = hand.state()
    with pytest.raises(RuleBroken) as caught:
        hand.split("V0000", groups)
    violations = caught.value.facts["violations"]
    assert isinstance(violations, list)
    assert any(rule in violation for violation in violations)
    hand.small.session.expire_all()
    assert hand.state() == before
    assert hand.journal() == []


def test_a_split_needs_workplaces_and_a_slot(hand: Hand) -> None:
    for groups in ({}, {"W0": 0}):
        with pytest.raises(InvalidInput) as caught:
            hand.split("V0000", groups)
        assert (caught.value.field, caught.value.reason) == ("groups", "required")
    hand.move("V0000", None)
    with pytest.raises(InvalidInput) as caught:
        hand.split("V0000", {"W0": 20})
    assert caught.value.reason == "no_slot"


def test_what_was_not_asked_for_needs_a_reason_and_stays_marked(hand: Hand) -> None:
    code = "V0000"
    with pytest.raises(InvalidInput) as caught:
        hand.move(code, EMPTY, "  ")
    assert (caught.value.field, caught.value.reason) == ("reason", "required")

    hand.move(code, EMPTY)

    marked = hand.proposal(code).overrides
    assert marked is not None
    assert "not_asked" in marked["rules"]
    assert marked["reason"] == WHY
    (entry,) = hand.journal()
    assert "not_asked" in entry.overrides
    noted = hand.small.session.scalars(sa.select(HistoryEntry).where(HistoryEntry.action == "proposal_moved")).one()
    assert noted.reason == WHY
    assert "not_asked" in noted.detail["overrides"]

    hand.move(code, FIRST, "")

    again = hand.proposal(code).overrides
    assert again is None or "not_asked" not in again["rules"]


def test_a_hard_rule_is_not_overridden_by_any_reason(hand: Hand) -> None:
    with pytest.raises(RuleBroken):
        hand.move("V0000", 15, WHY)
    assert hand.journal() == []


def test_what_is_seen_is_what_is_saved(hand: Hand) -> None:
    code = "V0000"
    plan = plan_of(hand.small.session, hand.run.id)
    seen = look(intend_move(plan, hand.small.request(code).id, hand.small.slots()[EMPTY].id))
    promised = seen.preview.allocation.by_visit[code].groups

    hand.move(code, EMPTY)

    assert hand.groups(code) == {group.workplace: group.pupils for group in promised}
    assert hand.run.kpis is not None
    assert hand.run.kpis["workplace_stage"] == seen.preview.after.workplace_stage


def test_an_excluded_workplace_is_left_now_and_in_later_runs(hand: Hand) -> None:
    code, name = next((code, name) for code in ("V0000", "V0002") for name in hand.groups(code))
    hand.exclude(code, name)

    assert name not in hand.groups(code)
    assert sum(hand.groups(code).values()) == 20
    hand.holds()
    built = build_instance(hand.small.session, hand.small.clock, hand.small.term)
    assert name in built.instance.visit_by_id[code].excluded_workplaces
    # it is a decision about the plan and no fact: the plan that it was made in can be published
    assert built.facts_sha256 == hand.run.facts_sha256
    with pytest.raises(InvalidInput):
        hand.exclude(code, name)

    hand.admit(code, name)

    assert name not in plan_of(hand.small.session, hand.run.id).instance.visit_by_id[code].excluded_workplaces
    with pytest.raises(NotFound):
        hand.admit(code, name)


def test_an_exclusion_needs_a_reason_and_room_elsewhere(hand: Hand) -> None:
    with pytest.raises(InvalidInput) as caught:
        hand.exclude("V0000", "W0", "")
    assert (caught.value.field, caught.value.reason) == ("reason", "required")
    refused = None
    for name in ("W0", "W1", "W2", "W3", "W4", "W5", "W6", "W7"):
        try:
            hand.exclude("V0000", name)
        except RuleBroken as error:
            refused = error
            break
    # eight workplaces of six: with so many left out, the twenty do not fit any more
    assert refused is not None
    assert sum(hand.groups("V0000").values()) == 20
    hand.holds()


def test_a_workplace_that_is_not_used_now_is_excluded_without_moving_anybody(hand: Hand) -> None:
    before = hand.groups("V0000")
    name = next(name for name in ("W0", "W1", "W2", "W3", "W4", "W5", "W6", "W7") if name not in before)
    hand.exclude("V0000", name)
    assert hand.groups("V0000") == before
    assert not hand.proposal("V0000").by_hand
