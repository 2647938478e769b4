"""What a first choice has to expect, by the crowding of its slot and its price beside the term's."""

from __future__ import annotations

import pytest

from booking.domain.chances import Chance, chance, choice_step, congestion_price, mean_price

POLICY = {"date_cost": [0, 1, 3], "shift_cost": 15, "crowding_price": 10}


def test_the_price_is_that_of_one_more_pupil() -> None:
    # 10 × load² / seats, one pupil more at 40 of 80: 10 × (41² − 40²) / 80, in the limit 2 × 10 × 40 / 80
    assert congestion_price(POLICY, 40, 80) == 10.0
    assert congestion_price(POLICY, 0, 80) == 0.0
    assert congestion_price(POLICY, 40, 0) == 0.0


def test_the_step_is_what_the_second_choice_costs() -> None:
    assert choice_step(POLICY) == 1
    assert choice_step({"date_cost": [2], "shift_cost": 15}) == 13


def test_the_mean_of_nothing_is_nothing() -> None:
    assert mean_price([]) == 0
    assert mean_price([1, 2, 6]) == 3


@pytest.mark.parametrize(
    ("share", "price", "expected"),
    [
        (0.0, 0.0, Chance.LIKELY),
        (0.9, 2.5, Chance.LIKELY),
        (0.9, 2.6, Chance.OPEN),
        (1.0, 2.0, Chance.OPEN),
        (0.5, 5.9, Chance.OPEN),
        (0.5, 6.0, Chance.UNLIKELY),
        (1.2, 0.5, Chance.UNLIKELY),
    ],
)
def test_crowded_or_dear_is_not_likely(share: float, price: float, expected: Chance) -> None:
    assert chance(share, price, mean=1.0, step=1.0) is expected


def test_where_the_second_choice_costs_nothing_the_average_slot_is_still_likely() -> None:
    assert chance(0.5, 1.0, mean=1.0, step=0.0) is Chance.LIKELY
    assert chance(0.5, 1.1, mean=1.0, step=0.0) is Chance.OPEN
