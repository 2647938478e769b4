"""조정 제안을 거둠: a question to a school is taken back, its places are free again, and the school is told."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence

from sqlalchemy.orm import Session

from booking.clock import Clock
from booking.config import Config
from booking.domain.ids import OfferId, SchoolId
from booking.domain.person import Person
from booking.domain.states import OFFER_STEPS, OfferStatus, step
from booking.domain.vocabulary import Role
from booking.models.offers import Offer
from booking.notify.catalogue import Kind
from booking.services.allocations import STAFF
from booking.services.history import record_change
from booking.services.notices import Pair, refresh_notices
from booking.services.offers import free_held, lock_unanswered, open_offers
from booking.services.outlook_asking import ask_outlook
from booking.services.telling import slot_facts, tell_school


def withdraw_offers(
    session: Session, clock: Clock, config: Config, person: Person, offer_ids: Collection[OfferId], reason: str = ""
) -> None:
    """Take back offers that schools have not answered; a bundle's together. Taking back again changes nothing.

    What was held is free again; a visit that stands elsewhere stays there. The school is told, each once.

    Raises:
        Forbidden: not the coordinator's.
        NotFound: there is no such offer.
        IllegalTransition: one was answered or has expired meanwhile; nothing was taken back.
    """
    person.require_role(*STAFF)
    offers = open_offers(session, person, offer_ids)
    waiting = lock_unanswered(session, offers, OfferStatus.WITHDRAWN)
    touched: set[Pair] = set()
    for offer in waiting:
        offer.status = step(OFFER_STEPS, offer.status, OfferStatus.WITHDRAWN)
        offer.reason = reason.strip()[:500] or None
        touched |= free_held(session, offer, person.actor)
        record_change(
            session,
            person.actor,
            "offer_withdrawn",
            "request",
            offer.request_id,
            reason=offer.reason,
            offer=offer.id,
            told=True,
        )
    tell_given_up(session, clock, Kind.SHIFT_WITHDRAWN, waiting)
    refresh_notices(session, clock, config, touched)
    ask_outlook(session, offers[0].request.term_id)
    session.flush()


def withdraw_gone(session: Session, clock: Clock, person: Person, offer_ids: Collection[OfferId]) -> None:
    """Put away offers for which there is no room any more. The visits stay where they are.

    A teacher who has just answered reads it on the page; where the centre entered the answer, the school is told.
    """
    gone = []
    told = person.role is not Role.TEACHER
    for offer in open_offers(session, person, offer_ids):
        session.refresh(offer, with_for_update=True)
        if offer.status is OfferStatus.SENT:
            offer.status = step(OFFER_STEPS, offer.status, OfferStatus.WITHDRAWN)
            gone.append(offer)
            record_change(
                session,
                person.actor,
                "offer_withdrawn",
                "request",
                offer.request_id,
                reason="no_room",
                offer=offer.id,
                told=told,
            )
    if told:
        tell_given_up(session, clock, Kind.SHIFT_WITHDRAWN, gone)
    session.flush()


def tell_given_up(session: Session, clock: Clock, kind: Kind, offers: Sequence[Offer]) -> None:
    """Tell each school once of its offers that are no longer open (``kind``: why)."""
    by_school: defaultdict[SchoolId, list[Offer]] = defaultdict(list)
    for offer in sorted(offers, key=lambda one: one.id):
        by_school[offer.request.school_id].append(offer)
    for school_id, mine in by_school.items():
        school = mine[0].request.school
        tell_school(
            session,
            clock,
            school_id,
            kind,
            f"offer:{mine[0].id}",
            1,
            {
                "school": school.name,
                "school_sms": school.sms_name,
                "offer_ids": [offer.id for offer in mine],
                "offers": [
                    {
                        "label": offer.request.label,
                        "pupils": offer.request.pupils,
                        "offered": slot_facts(offer.slot),
                    }
                    for offer in mine
                ],
            },
        )
