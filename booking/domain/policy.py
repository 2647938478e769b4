"""배정 규칙의 값: the prices by which the engine weighs one thing against another, as a person enters them.

They are the ``policy`` of wx-instance/1: costs per pupil, all of one currency, so that 10 is twice as bad as 5.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from booking.domain.entered import Entered, Given

PRICES = ("shift_cost", "crowding_price", "off_field_cost", "travel_cost", "group_cost", "change_cost")
LARGEST_PRICE = 1000.0
#: per cent; beyond it the worst-off school would be paid for by everybody
LARGEST_SLACK = 5.0
_NUMBER = re.compile(r"\d{1,5}([.,]\d{1,3})?", re.ASCII)


@dataclass(frozen=True, slots=True)
class PolicyEntry:
    """The values of a term: ``date_cost`` by rank, from the first choice on; ``fairness_slack`` as a share."""

    date_cost: tuple[float, ...]
    prices: tuple[tuple[str, float], ...]
    fairness_slack: float

    @property
    def policy(self) -> dict[str, Any]:
        """As it is stored with a term and stands in an instance."""
        return {"date_cost": list(self.date_cost), **dict(self.prices), "fairness_slack": self.fairness_slack}


def rank_field(rank: int) -> str:
    """The field for the cost of a rank, 0 for the first choice."""
    return f"date_cost_{rank}"


def policy_fields(policy: Mapping[str, Any]) -> dict[str, str]:
    """What the form shows of a stored policy; the slack in per cent."""
    ranks = {rank_field(rank): f"{cost:g}" for rank, cost in enumerate(policy["date_cost"])}
    prices = {price: f"{float(policy[price]):g}" for price in PRICES}
    return {**ranks, **prices, "fairness_slack": f"{float(policy['fairness_slack']) * 100:g}"}


def read_policy(given: Given, ranks: int) -> PolicyEntry:
    """Return the entered values for a term whose schools rank up to ``ranks`` dates.

    Raises:
        InvalidForm: each field that is no number from 0 to its limit, or a later choice that costs less than the one
            before it.
    """
    entered = Entered(given)
    costs = [_number(entered, rank_field(rank), LARGEST_PRICE) for rank in range(ranks)]
    for rank in range(1, ranks):
        if not entered.faults and costs[rank] < costs[rank - 1]:
            entered.fault(rank_field(rank), "cheaper_than_before")
    prices = tuple((price, _number(entered, price, LARGEST_PRICE)) for price in PRICES)
    slack = _number(entered, "fairness_slack", LARGEST_SLACK, "slack")
    entered.finish()
    return PolicyEntry(tuple(costs), prices, round(slack / 100, 6))


def _number(entered: Entered, field: str, most: float, reason: str = "price") -> float:
    text = entered.text(field)
    if not _NUMBER.fullmatch(text):
        entered.fault(field, reason if text else "required")
        return 0.0
    value = float(text.replace(",", "."))
    if value > most:
        entered.fault(field, reason)
    return value
