"""동의: dates that a school has agreed to although it did not ask for them. The newest answer about a date counts."""

from __future__ import annotations

from collections.abc import Iterable

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.domain.ids import RequestId, SlotId
from booking.domain.states import OfferStatus
from booking.models.offers import Offer

_ANSWERED = (OfferStatus.ACCEPTED, OfferStatus.DECLINED, OfferStatus.COUNTERED)


def _answers(session: Session, requests: Iterable[RequestId]) -> list[Offer]:
    return list(
        session.scalars(
            sa.select(Offer)
            .where(Offer.request_id.in_(set(requests)), Offer.status.in_(_ANSWERED))
            .order_by(Offer.answered_at, Offer.id)
        )
    )


def agreed_dates(session: Session, requests: Iterable[RequestId]) -> set[tuple[RequestId, SlotId]]:
    """Return the dates to which the school of each request has said yes, or which it proposed itself.

    A request may be placed there without asking again. Whoever declines the date later, or proposes another one
    instead of it, has taken the consent back.
    """
    agreed: set[tuple[RequestId, SlotId]] = set()
    for offer in _answers(session, requests):
        if offer.status is OfferStatus.ACCEPTED:
            agreed.add((offer.request_id, offer.slot_id))
            continue
        agreed.discard((offer.request_id, offer.slot_id))
        if offer.counter_slot_id is not None:
            agreed.add((offer.request_id, offer.counter_slot_id))
    return agreed


def refused_dates(session: Session, requests: Iterable[RequestId]) -> set[tuple[RequestId, SlotId]]:
    """Return the dates to which the newest answer of each request's school was no."""
    refused: set[tuple[RequestId, SlotId]] = set()
    for offer in _answers(session, requests):
        if offer.status is OfferStatus.ACCEPTED:
            refused.discard((offer.request_id, offer.slot_id))
            continue
        refused.add((offer.request_id, offer.slot_id))
        if offer.counter_slot_id is not None:
            refused.discard((offer.request_id, offer.counter_slot_id))
    return refused
