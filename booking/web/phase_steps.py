"""The phases of a term as a row of steps: which one it is, what comes next, and what a teacher can do in it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from booking.domain.phases import Phase
from booking.models.terms import Term
from booking.web.marking import N_

#: what a teacher can do in each phase
PHASE_WORDS = {
    Phase.BEFORE: N_("아직 접수를 시작하지 않았습니다. 접수가 시작되면 여기에서 신청하실 수 있습니다."),
    Phase.WISH: N_("신청을 받고 있습니다. 이 기간에는 언제든 고치거나 취소하실 수 있습니다."),
    Phase.ALLOCATION: N_("신청을 모아 날짜와 일터를 정하고 있습니다. 결과가 나오면 전자우편과 문자로 알려 드립니다."),
    Phase.CONFIRMATION: N_("일터의 답을 받고 있습니다. 모든 일터가 답하면 방문이 확정됩니다."),
    Phase.LEFTOVERS: N_("남은 자리를 신청하실 수 있습니다."),
    Phase.CLOSED: N_("이번 학기 신청을 마쳤습니다."),
}


@dataclass(frozen=True, slots=True)
class PhaseStep:
    """One phase with its days, and where it stands today."""

    phase: Phase
    first: dt.date
    last: dt.date
    now: bool
    done: bool


def phase_steps(term: Term, today: dt.date) -> list[PhaseStep]:
    """Return the phases of the term that have any day at all."""
    starts = [
        (Phase.WISH, term.opens_on),
        (Phase.ALLOCATION, term.allocation_on),
        (Phase.CONFIRMATION, term.confirmation_on),
        (Phase.LEFTOVERS, term.leftovers_on),
    ]
    ends = [*(start for _, start in starts[1:]), term.closes_on]
    current = term.calendar.phase(today)
    return [
        PhaseStep(phase, first, after - dt.timedelta(days=1), phase is current, today >= after)
        for (phase, first), after in zip(starts, ends, strict=True)
        if first < after
    ]
