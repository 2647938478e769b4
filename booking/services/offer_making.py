"""조정 제안을 내놓음: one question for one request. What a search found for the same date is put forward as it is."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.clock import Clock
from booking.domain.ids import RequestId, RunId, SlotId, TermId
from booking.domain.states import OFFER_STEPS, OfferStatus, step
from booking.models.offers import Offer
from booking.models.requests import Request


def put_forward(
    session: Session,
    clock: Clock,
    request_id: RequestId,
    slot_id: SlotId,
    run_id: RunId,
    answer_by: dt.date,
    gains: dict[str, Any] | None = None,
) -> Offer:
    """Ask for a date until ``answer_by``: the offer found for it keeps what it gains; one for another date is put away.

    ``gains`` as the engine states them, where the caller knows them.
    """
    found = session.scalar(
        sa.select(Offer).where(Offer.request_id == request_id, Offer.status == OfferStatus.FOUND).with_for_update()
    )
    if found is not None and found.slot_id != slot_id:
        found.status = step(OFFER_STEPS, found.status, OfferStatus.WITHDRAWN)
        session.flush()
        found = None
    offer = found or Offer(request_id=request_id, slot_id=slot_id, status=OfferStatus.SENT)
    if found is not None:
        offer.status = step(OFFER_STEPS, offer.status, OfferStatus.SENT)
    if gains is not None:
        offer.gains = gains
    offer.run_id, offer.answer_by, offer.sent_at = run_id, answer_by, clock.now()
    session.add(offer)
    return offer


def put_away_found(session: Session, requests: Collection[RequestId]) -> None:
    """Put away what was found for these requests and never sent."""
    for offer in session.scalars(
        sa.select(Offer)
        .where(Offer.request_id.in_(requests), Offer.status == OfferStatus.FOUND)
        .order_by(Offer.id)
        .with_for_update()
    ):
        offer.status = step(OFFER_STEPS, offer.status, OfferStatus.WITHDRAWN)
    session.flush()


def drop_found(session: Session, term_id: TermId, *, besides: RunId | None = None) -> None:
    """Put away what was found in a term and never sent; ``besides``: what was found in the plan of this run stays."""
    found = session.scalars(
        sa.select(Offer)
        .join(Request, Request.id == Offer.request_id)
        .where(Request.term_id == term_id, Offer.status == OfferStatus.FOUND, Offer.run_id.is_distinct_from(besides))
        .order_by(Offer.id)
        .with_for_update(of=Offer)
    ).all()
    for offer in found:
        offer.status = step(OFFER_STEPS, offer.status, OfferStatus.WITHDRAWN)
    session.flush()
