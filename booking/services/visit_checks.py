"""확인: a school ticks that parents have agreed and that pupils had their safety briefing, class by class."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy.orm import Session

from booking.clock import Clock, seoul_date
from booking.domain.errors import InvalidInput, NotNow
from booking.domain.ids import RequestId
from booking.domain.person import Person
from booking.domain.visit_days import Check
from booking.domain.vocabulary import Role
from booking.models.visits import Visit
from booking.services.history import record_change
from booking.services.standing_visits import standing_visit


def set_checks(
    session: Session, clock: Clock, person: Person, request_ids: Collection[RequestId], check: Check, done: bool
) -> int:
    """Tick a check for several classes, or take it back; returns for how many that was news.

    It can be changed until the day of the visit is over. Ticking twice keeps who did it first.

    Raises:
        InvalidInput: no class is named.
        NotFound: one has no visit, or is another school's; nothing is changed then.
        NotNow: the day of one is over (``after_the_day``).
    """
    person.require_role(Role.TEACHER)
    if not request_ids:
        raise InvalidInput(field="class", reason="required")
    today = seoul_date(clock.now())
    # in one order, so that two people who tick the same classes do not wait for each other for ever
    visits = [standing_visit(session, person, request_id, lock=True) for request_id in sorted(set(request_ids))]
    if any(visit.slot.date < today for visit in visits):
        raise NotNow("the day is over", reason="after_the_day")
    changed = [visit for visit in visits if is_checked(visit, check) is not done]
    for visit in changed:
        at, by = (clock.now(), person.user_id) if done else (None, None)
        if check is Check.CONSENT:
            visit.consent_at, visit.consent_by_id = at, by
        else:
            visit.briefed_at, visit.briefed_by_id = at, by
        action = f"{check}_{'checked' if done else 'unchecked'}"
        record_change(session, person.actor, action, "request", visit.request_id)
    session.flush()
    return len(changed)


def is_checked(visit: Visit, check: Check) -> bool:
    """Whether the school has ticked a check."""
    return (visit.consent_at if check is Check.CONSENT else visit.briefed_at) is not None
