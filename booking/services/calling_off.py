"""A published visit is called off: its places are freed, its workplaces told, its request given up or open again."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.clock import Clock
from booking.config import Config
from booking.domain.person import Person
from booking.domain.states import (
    OFFER_STEPS,
    REQUEST_STEPS,
    VISIT_STEPS,
    OfferStatus,
    RequestStatus,
    VisitStatus,
    step,
)
from booking.domain.vocabulary import SlotWish
from booking.models.offers import Offer
from booking.models.requests import Request
from booking.models.terms import Term
from booking.models.visits import Visit
from booking.services.attendance import require_unreported
from booking.services.dispatching import refresh_dispatches
from booking.services.history import record_change
from booking.services.notices import Pair, refresh_notices
from booking.services.placing import live_groups, release


def call_off(
    session: Session, clock: Clock, config: Config, person: Person, visit: Visit, *, again: bool, reason: str
) -> None:
    """Cancel a visit as :func:`take_off` does, and tell its workplaces and the coaches who are no longer needed.

    Raises:
        Conflict, IllegalTransition: as there.
    """
    refresh_notices(session, clock, config, take_off(session, person, visit, again=again, reason=reason))
    refresh_dispatches(session, clock, config, session.get_one(Term, visit.request.term_id))


def take_off(session: Session, person: Person, visit: Visit, *, again: bool, reason: str) -> set[Pair]:
    """Cancel a visit; ``again``: its request waits for another date, else it is withdrawn. The term is locked.

    A request that waits again leaves its bundle, which keeps its date, and no longer wishes the date that it gave up.
    Returns the workplaces and dates that are to be told.

    Raises:
        Conflict: pupils have been reported to have come (``reported``).
        IllegalTransition: it is over, or was called off before.
    """
    require_unreported(session, visit)
    request = visit.request
    touched = release(live_groups(visit))
    visit.status = step(VISIT_STEPS, visit.status, VisitStatus.CANCELLED)
    visit.cancelled_by = person.actor
    visit.version += 1
    for offer in session.scalars(
        sa.select(Offer).where(Offer.request_id == request.id, Offer.status.in_([OfferStatus.FOUND, OfferStatus.SENT]))
    ):
        offer.status = step(OFFER_STEPS, offer.status, OfferStatus.WITHDRAWN)
    request.pinned_slot_id = None
    if again:
        request.status = step(REQUEST_STEPS, request.status, RequestStatus.SUBMITTED)
        request.bundle_id = None
        _forget_wish(session, request, visit)
    else:
        request.status = step(REQUEST_STEPS, request.status, RequestStatus.WITHDRAWN)
        request.withdrawn_reason = reason
    record_change(session, person.actor, "visit_cancelled", "request", request.id, reason=reason, again=again)
    session.flush()
    return touched


def _forget_wish(session: Session, request: Request, visit: Visit) -> None:
    """Take the date off the request's wishes; those that are left move up."""
    for wish in [wish for wish in request.wishes if wish.slot_id == visit.slot_id]:
        request.wishes.remove(wish)
    session.flush()
    for kind in SlotWish:
        left = sorted((wish for wish in request.wishes if wish.wish is kind), key=lambda wish: wish.position)
        for position, wish in enumerate(left):
            wish.position = position
