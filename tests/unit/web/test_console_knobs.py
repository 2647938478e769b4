"""The two knobs of a run: steps around the term's price, or a number of one's own."""

from __future__ import annotations

import pytest
from werkzeug.datastructures import MultiDict

from booking.domain.errors import InvalidForm
from booking.web.console.knobs import KEEPING, KNOBS, LEVELLING, Knob, position, read_knobs, read_weeks

POLICY = {"crowding_price": 10, "change_cost": 2}


def test_the_usual_position_changes_nothing() -> None:
    assert read_knobs({}, POLICY) == {}
    assert read_knobs({"crowding_price": "both", "change_cost": "usual"}, POLICY) == {}


@pytest.mark.parametrize("knob", KNOBS)
def test_every_position_gives_the_number_that_stands_beside_it(knob: Knob) -> None:
    for step in knob.steps:
        changed = read_knobs({knob.price: step.name}, POLICY)
        assert changed.get(knob.price, POLICY[knob.price]) == knob.number(step, POLICY)
        assert position(knob, POLICY, changed)[0] is step


def test_a_number_of_ones_own_is_no_position() -> None:
    changed = read_knobs({"crowding_price": "own", "crowding_price_own": "12.5"}, POLICY)
    assert changed == {"crowding_price": 12.5}
    assert position(LEVELLING, POLICY, changed) == (None, 12.5)
    assert position(KEEPING, POLICY, changed)[1] == 2


def test_every_fault_is_named() -> None:
    with pytest.raises(InvalidForm) as refused:
        read_knobs({"crowding_price": "loud", "change_cost": "own", "change_cost_own": ""}, POLICY)
    assert [(fault.field, fault.reason) for fault in refused.value.faults] == [
        ("crowding_price", "unknown"),
        ("change_cost_own", "number"),
    ]


def test_weeks_count_only_where_a_part_of_the_term_was_chosen() -> None:
    ticked = [("weeks", "2027-W11"), ("weeks", "2027-W12")]
    assert read_weeks(MultiDict([("scope", "weeks"), *ticked])) == ["2027-W11", "2027-W12"]
    assert read_weeks(MultiDict([("scope", "weeks")])) == []
    assert read_weeks(MultiDict([("scope", "all"), *ticked])) is None
    assert read_weeks(MultiDict()) is None
