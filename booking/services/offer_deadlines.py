"""조정 제안의 기한: what a school has not answered in time is given up, and its places are free again."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session, selectinload

from booking.clock import Clock, seoul_date
from booking.config import Config
from booking.domain.states import OFFER_STEPS, OfferStatus, step
from booking.models.offers import Offer
from booking.models.requests import Request
from booking.models.terms import Term
from booking.notify.catalogue import Kind
from booking.services.history import record_change
from booking.services.notices import Pair, refresh_notices
from booking.services.offer_withdrawing import tell_given_up
from booking.services.offers import free_held
from booking.services.outlook_asking import ask_outlook
from booking.services.terms import lock_term


def expire_offers(session: Session, clock: Clock, config: Config) -> int:
    """Expire the offers whose last day has passed, and return how many they were. Safe at any time, by anybody.

    On the day itself an offer is still open. Its request goes back to those without a place and keeps the date as
    possible: silence is no refusal. Each school is told once of everything that it has not answered.
    """
    today = seoul_date(clock.now())
    late = sa.select(Offer.id).where(Offer.status == OfferStatus.SENT, Offer.answer_by < today)
    terms = session.scalars(
        sa.select(Request.term_id)
        .join(Offer, Offer.request_id == Request.id)
        .where(Offer.id.in_(late))
        .distinct()
        .order_by(Request.term_id)
    ).all()
    for term_id in terms:
        lock_term(session, session.get_one(Term, term_id))
    offers = session.scalars(
        sa.select(Offer)
        .where(Offer.id.in_(late))
        .options(selectinload(Offer.request))
        .order_by(Offer.id)
        .with_for_update(of=Offer)
        .execution_options(populate_existing=True)
    ).all()
    touched: set[Pair] = set()
    for offer in offers:
        offer.status = step(OFFER_STEPS, offer.status, OfferStatus.EXPIRED)
        touched |= free_held(session, offer, "worker")
        record_change(session, "worker", "offer_expired", "request", offer.request_id, offer=offer.id, told=True)
    tell_given_up(session, clock, Kind.SHIFT_EXPIRED, offers)
    for term_id in terms:
        ask_outlook(session, term_id)
    refresh_notices(session, clock, config, touched)
    session.flush()
    return len(offers)
