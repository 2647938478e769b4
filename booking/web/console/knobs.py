"""The knobs of a run that a person understands, as steps with a number behind each, and how a form sets them.

``crowding_price`` weighs level days against first choices, ``change_cost`` the published plan against a better one;
both are steps around the term's own price, or a number of one's own. Beside them: which weeks are in play.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from werkzeug.datastructures import MultiDict

from booking.domain.errors import InvalidForm, InvalidInput
from booking.web.marking import N_

OWN = "own"
LARGEST = 1000.0


@dataclass(frozen=True, slots=True)
class Step:
    """One position of a knob: its name in the form, its factor on the term's price, its word and what it does."""

    name: str
    factor: float
    word: str
    effect: str


@dataclass(frozen=True, slots=True)
class Knob:
    """A price of the policy with its positions; ``usual`` leaves the term's price as it is."""

    price: str
    steps: tuple[Step, ...]
    usual: str

    def number(self, step: Step, policy: Mapping[str, Any]) -> float:
        """The price at a position, for a term with this policy."""
        return round(float(policy[self.price]) * step.factor, 2)


LEVELLING = Knob(
    "crowding_price",
    (
        Step("wishes", 0.2, N_("1지망 먼저"), N_("붐비더라도 학교가 고른 날을 지킵니다.")),
        Step("rather_wishes", 0.5, N_("1지망 쪽으로"), N_("아주 붐비는 날만 나눕니다.")),
        Step("both", 1.0, N_("두루 맞춤"), N_("이번 학기에 정해 둔 값입니다.")),
        Step("rather_level", 2.0, N_("고르게 쪽으로"), N_("붐비는 날을 더 많이 나눕니다.")),
        Step("level", 4.0, N_("고르게 먼저"), N_("2·3지망이 늘더라도 날마다 비슷하게 합니다.")),
    ),
    "both",
)
KEEPING = Knob(
    "change_cost",
    (
        Step("free", 0.0, N_("새로 짬"), N_("이미 게시한 날짜도 더 나으면 바꿉니다.")),
        Step("usual", 1.0, N_("되도록 그대로"), N_("분명히 나을 때만 바꿉니다.")),
        Step("firm", 5.0, N_("웬만하면 그대로"), N_("꼭 필요한 곳만 바꿉니다.")),
    ),
    "usual",
)
KNOBS = (LEVELLING, KEEPING)


def _own_number(knob: Knob, text: str) -> float:
    try:
        value = float(text.strip().replace(",", "."))
    except ValueError:
        raise InvalidInput(field=f"{knob.price}_own", reason="number") from None
    if not 0 <= value <= LARGEST:
        raise InvalidInput(field=f"{knob.price}_own", reason="range")
    return round(value, 4)


def _read(knob: Knob, form: Mapping[str, str], policy: Mapping[str, Any]) -> float:
    chosen = form.get(knob.price, knob.usual)
    if chosen == OWN:
        return _own_number(knob, form.get(f"{knob.price}_own", ""))
    step = next((step for step in knob.steps if step.name == chosen), None)
    if step is None:
        raise InvalidInput(field=knob.price, reason="unknown")
    return knob.number(step, policy)


def read_knobs(form: Mapping[str, str], policy: Mapping[str, Any]) -> dict[str, float]:
    """Return the prices that a form changes against the term's policy; what is left as it is, is left out.

    Raises:
        InvalidForm: a position is unknown, or a number is none or out of range.
    """
    changed: dict[str, float] = {}
    faults: list[InvalidInput] = []
    for knob in KNOBS:
        try:
            value = _read(knob, form, policy)
        except InvalidInput as fault:
            faults.append(fault)
            continue
        if value != float(policy[knob.price]):
            changed[knob.price] = value
    if faults:
        raise InvalidForm(faults)
    return changed


def read_weeks(form: MultiDict[str, str]) -> list[str] | None:
    """Return the weeks in play that a form names; None: the whole term."""
    return form.getlist("weeks") if form.get("scope") == "weeks" else None


def position(knob: Knob, policy: Mapping[str, Any], run_policy: Mapping[str, Any]) -> tuple[Step | None, float]:
    """Return at which position a run's price stood (None: a number of its own), and the number."""
    value = float(run_policy.get(knob.price, policy[knob.price]))
    return next((step for step in knob.steps if knob.number(step, policy) == value), None), value
