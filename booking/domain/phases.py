"""The phases of a term and what can be done in each: one table, read by services and pages alike.

wish -> allocation -> confirmation -> left-overs -> closed. The dates lie in the term's row, where the database guards
their order; which phase it is follows from today's date in Seoul.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum

from booking.domain.errors import PhaseClosed


class Phase(StrEnum):
    """Where the term stands."""

    BEFORE = "before"
    WISH = "wish"
    ALLOCATION = "allocation"
    CONFIRMATION = "confirmation"
    LEFTOVERS = "leftovers"
    CLOSED = "closed"


class Action(StrEnum):
    """What depends on the phase."""

    REQUEST = "request"
    CHANGE_REQUEST = "change_request"
    WITHDRAW_REQUEST = "withdraw_request"
    ALLOCATE = "allocate"
    PUBLISH = "publish"
    ANSWER = "answer"


ALLOWED: dict[Phase, frozenset[Action]] = {
    Phase.BEFORE: frozenset(),
    Phase.WISH: frozenset(Action),
    Phase.ALLOCATION: frozenset({Action.WITHDRAW_REQUEST, Action.ALLOCATE, Action.PUBLISH, Action.ANSWER}),
    Phase.CONFIRMATION: frozenset({Action.WITHDRAW_REQUEST, Action.ALLOCATE, Action.PUBLISH, Action.ANSWER}),
    Phase.LEFTOVERS: frozenset(Action),
    Phase.CLOSED: frozenset({Action.ANSWER}),
}


@dataclass(frozen=True, slots=True)
class Calendar:
    """The first day of each phase; ``closes_on`` is the first day after the term."""

    opens_on: dt.date
    allocation_on: dt.date
    confirmation_on: dt.date
    leftovers_on: dt.date
    closes_on: dt.date

    def phase(self, today: dt.date) -> Phase:
        """Return the phase of the day ``today`` (Asia/Seoul)."""
        starts = (
            (self.closes_on, Phase.CLOSED),
            (self.leftovers_on, Phase.LEFTOVERS),
            (self.confirmation_on, Phase.CONFIRMATION),
            (self.allocation_on, Phase.ALLOCATION),
            (self.opens_on, Phase.WISH),
        )
        return next((phase for start, phase in starts if today >= start), Phase.BEFORE)


def require(phase: Phase, action: Action) -> None:
    """Refuse ``action`` in a phase that does not allow it.

    Raises:
        PhaseClosed: with the phase and the action as facts.
    """
    if action not in ALLOWED[phase]:
        raise PhaseClosed(f"{action.value} in phase {phase.value}", phase=phase.value, action=action.value)
