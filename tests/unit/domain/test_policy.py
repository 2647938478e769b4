"""The values of the allocation rules, as they are typed and stored."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from booking.domain.errors import InvalidForm
from booking.domain.policy import PRICES, policy_fields, read_policy
from booking.domain.terms import FIRST_POLICY

FIELDS = policy_fields(FIRST_POLICY)


def read(**changes: str) -> dict[str, object]:
    return read_policy({name: [text] for name, text in {**FIELDS, **changes}.items()}, 5).policy


def test_what_is_shown_is_what_is_stored() -> None:
    assert read() == FIRST_POLICY
    assert FIELDS["fairness_slack"] == "0.5"


@given(
    st.lists(st.integers(0, 1000), min_size=5, max_size=5).map(sorted),
    st.lists(st.integers(0, 100_000), min_size=len(PRICES), max_size=len(PRICES)),
    st.integers(0, 500),
)
def test_every_policy_within_the_limits_comes_back_as_it_was(ranks: list[int], prices: list[int], slack: int) -> None:
    policy = {
        "date_cost": [float(cost) for cost in ranks],
        **{name: price / 100 for name, price in zip(PRICES, prices, strict=True)},
        "fairness_slack": slack / 10_000,
    }
    fields = policy_fields(policy)
    assert read_policy({name: [text] for name, text in fields.items()}, 5).policy == policy


@pytest.mark.parametrize(
    ("field", "text", "reason"),
    [
        ("shift_cost", "", "required"),
        ("shift_cost", "-1", "price"),
        ("crowding_price", "1000.1", "price"),
        ("crowding_price", "1e3", "price"),
        ("travel_cost", "٣", "price"),
        ("group_cost", "nan", "price"),
        ("date_cost_0", "2", "cheaper_than_before"),
        ("date_cost_4", "5", "cheaper_than_before"),
        ("fairness_slack", "5.1", "slack"),
    ],
)
def test_each_value_that_makes_no_sense_is_named(field: str, text: str, reason: str) -> None:
    with pytest.raises(InvalidForm) as refused:
        read(**{field: text})
    named = field if field != "date_cost_0" else "date_cost_1"
    assert [(fault.field, fault.reason) for fault in refused.value.faults] == [(named, reason)]


def test_a_comma_is_a_decimal_point() -> None:
    assert read(crowding_price="2,5")["crowding_price"] == 2.5
