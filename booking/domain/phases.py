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
    #: 늦은 신청: it is taken, and looked at in the left-over phase only
    REQUEST_LATE = "request_late"
    CHANGE_REQUEST = "change_request"
    WITHDRAW_REQUEST = "withdraw_request"
    ALLOCATE = "allocate"
    PUBLISH = "publish"
    ANSWER = "answer"


_CLOSED_WINDOW = frozenset(
    {Action.REQUEST_LATE, Action.WITHDRAW_REQUEST, Action.ALLOCATE, Action.PUBLISH, Action.ANSWER}
)
ALLOWED: dict[Phase, frozenset[Action]] = {
    Phase.BEFORE: frozenset(),
    Phase.WISH: frozenset(Action) - {Action.REQUEST_LATE},
    Phase.ALLOCATION: _CLOSED_WINDOW,
    Phase.CONFIRMATION: _CLOSED_WINDOW,
    Phase.LEFTOVERS: frozenset(Action) - {Action.REQUEST_LATE},
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


def require_request(phase: Phase) -> bool:
    """Return whether a request made in ``phase`` is a late one.

    Raises:
        PhaseClosed: no requests are taken at all.
    """
    late = Action.REQUEST_LATE in ALLOWED[phase]
    if not late:
        require(phase, Action.REQUEST)
    return late


def may_change(phase: Phase, *, late: bool) -> bool:
    """Whether a request may be changed: in the window, and a late one as long as nobody has looked at it."""
    return Action.CHANGE_REQUEST in ALLOWED[phase] or (late and Action.REQUEST_LATE in ALLOWED[phase])


def looks_at_late(phase: Phase) -> bool:
    """Whether late requests count as all others: from the left-over phase on."""
    return phase in (Phase.LEFTOVERS, Phase.CLOSED)
