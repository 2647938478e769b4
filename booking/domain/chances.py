"""What a first choice has to expect: the congestion price of its slot, and what the engine made of such choices.

The engine moves a class when that is worth more to everybody than the class loses. What a class loses is known, the
step of the policy from the first choice to the second; what everybody gains is the difference of congestion prices. So
a slot that is hardly dearer than the term's slots on the average is likely to be given, and one much dearer is not.

Held against the engine (seed 1, before anything is placed, without a forecast; share of classes that got
their first choice, and how many classes the rule said it of):

==============================  ========  ========  ========
term                            likely    open      unlikely
==============================  ========  ========  ========
guro-2018-spring                92 % 48   80 % 176  48 % 63
the same at crowding price 3    96 % 217  72 % 67    0 % 3
the same at crowding price 30   89 % 19   67 % 43   52 % 225
busy-fall                       90 % 156  72 % 138  41 % 426
overfull                        74 % 27   35 % 80   29 % 42
==============================  ========  ========  ========

In *overfull* a fifth of the pupils cannot be placed at all, so that nothing in it is as likely as its price says.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Any

#: by how many steps from first to second choice a slot may be dearer than the average and still be likely
LIKELY_STEPS = 1.5
#: from how many steps on it is unlikely
UNLIKELY_STEPS = 5.0
#: pupils over seats below which a slot can be likely, and from which on it is unlikely
LIKELY_SHARE = 1.0
UNLIKELY_SHARE = 1.2


class Chance(StrEnum):
    """What a class that wishes a slot first has to expect."""

    LIKELY = "likely"
    OPEN = "open"
    UNLIKELY = "unlikely"


def congestion_price(policy: Mapping[str, Any], pupils: float, bare_seats: int) -> float:
    """Return what one more pupil costs everybody at a slot with ``pupils``; 0 where there are no seats to crowd."""
    return 2 * float(policy["crowding_price"]) * pupils / bare_seats if bare_seats else 0.0


def choice_step(policy: Mapping[str, Any]) -> float:
    """Return the cost per pupil of getting the second choice instead of the first."""
    costs = [float(cost) for cost in policy["date_cost"]]
    return (costs[1] if len(costs) > 1 else float(policy["shift_cost"])) - costs[0]


def mean_price(prices: Iterable[float]) -> float:
    """Return the average congestion price of a term's slots."""
    known = list(prices)
    return sum(known) / len(known) if known else 0.0


def chance(share: float, price: float, mean: float, step: float) -> Chance:
    """Return what to expect at a slot by its ``share`` of seats and its ``price``, beside the term's mean and step."""
    if share >= UNLIKELY_SHARE or price >= mean + UNLIKELY_STEPS * max(step, 0.0) > mean:
        return Chance.UNLIKELY
    if share < LIKELY_SHARE and price <= mean + LIKELY_STEPS * step:
        return Chance.LIKELY
    return Chance.OPEN
