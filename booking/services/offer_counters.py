"""다른 날의 제안: a school answers an offer with another date of the term."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy.orm import Session

from booking.clock import Clock, seoul_date
from booking.config import Config
from booking.domain.errors import IllegalTransition, InvalidInput
from booking.domain.ids import OfferId, SlotId
from booking.domain.person import Person
from booking.domain.states import OfferStatus
from booking.domain.vocabulary import SlotWish
from booking.models.offers import Offer
from booking.models.requests import Request, RequestSlot
from booking.models.terms import Slot
from booking.services.history import record_change
from booking.services.notices import Pair, refresh_notices
from booking.services.offers import drop_wish, free_held, lock_unanswered, mark_answered, open_offers
from booking.services.outlook_asking import ask_outlook
from booking.services.school_year import blocked, halves, request_grade


def counter_offers(
    session: Session,
    clock: Clock,
    config: Config,
    person: Person,
    offer_ids: Collection[OfferId],
    slot_id: SlotId | None,
    reason: str = "",
) -> None:
    """Propose another date of the term instead; proposing the same date again changes nothing.

    What was held is freed, and the date joins the request's negotiable ones: since the school proposed it itself, the
    next run may place the visit there without asking (:mod:`booking.services.consent`).

    Raises:
        InvalidInput: field ``counter``: no date of the term, past, blocked for the grades, the one that was offered, or
            one that the school has asked for anyway.
        NotFound, IllegalTransition: as for :func:`answer_offers`.
    """
    offers = open_offers(session, person, offer_ids)
    slot = _counter_slot(session, clock, offers, slot_id)
    waiting = lock_unanswered(session, offers, OfferStatus.COUNTERED)
    if any(offer.counter_slot_id != slot.id for offer in offers if offer.status is OfferStatus.COUNTERED):
        raise IllegalTransition("another date was proposed already", old="countered", new="countered")
    touched: set[Pair] = set()
    for offer in waiting:
        mark_answered(clock, person, offer, OfferStatus.COUNTERED, reason)
        offer.counter_slot_id = slot.id
        touched |= free_held(session, offer, person.actor)
        drop_wish(offer)
        _add_wish(offer.request, slot)
        record_change(
            session,
            person.actor,
            "offer_countered",
            "request",
            offer.request_id,
            reason=offer.reason,
            offer=offer.id,
            slot=slot.code,
            telephone=offer.by_telephone,
        )
    ask_outlook(session, offers[0].request.term_id)
    refresh_notices(session, clock, config, touched)
    session.flush()


def _counter_slot(session: Session, clock: Clock, offers: list[Offer], slot_id: SlotId | None) -> Slot:
    slot = session.get(Slot, slot_id) if slot_id is not None else None
    requests = [offer.request for offer in offers]
    reason = None
    if slot is None or slot.term_id != requests[0].term_id:
        reason = "required" if slot_id is None else "out_of_term"
    elif slot.date <= seoul_date(clock.now()):
        reason = "past"
    elif slot.id in {offer.slot_id for offer in offers}:
        reason = "offered"
    elif any(wish.slot_id == slot.id for request in requests for wish in request.requested):
        reason = "requested"
    else:
        grades = [request_grade(session, request) for request in requests]
        if blocked(session, requests[0].school_id, grades, halves([slot])):
            reason = "blocked"
    if slot is None or reason is not None:
        raise InvalidInput(f"slot {slot_id}", field="counter", reason=reason)
    return slot


def _add_wish(request: Request, slot: Slot) -> None:
    if any(wish.slot_id == slot.id for wish in request.wishes):
        return
    position = max((wish.position for wish in request.negotiable), default=-1) + 1
    request.wishes.append(RequestSlot(slot_id=slot.id, wish=SlotWish.NEGOTIABLE, position=position))
