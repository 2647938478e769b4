"""조정 제안: a school's answer to a date that it did not ask for."""

from __future__ import annotations

from collections.abc import Collection

import sqlalchemy as sa
from sqlalchemy.orm import Session, selectinload

from booking.clock import Clock
from booking.config import Config
from booking.domain.credit import credit_for_yielding
from booking.domain.errors import IllegalTransition, NotFound
from booking.domain.ids import OfferId
from booking.domain.person import Person
from booking.domain.states import (
    GROUP_STEPS,
    LIVE_VISITS,
    OFFER_STEPS,
    OPEN_REQUESTS,
    REQUEST_STEPS,
    VISIT_STEPS,
    GroupStatus,
    OfferStatus,
    RequestStatus,
    VisitStatus,
    step,
)
from booking.domain.vocabulary import SlotWish
from booking.models.offers import Offer
from booking.models.requests import Request
from booking.models.schools import School
from booking.models.terms import Term
from booking.models.visits import Visit
from booking.notify.catalogue import Kind
from booking.services.history import record_change
from booking.services.notices import Pair, refresh_notices
from booking.services.outlook_asking import ask_outlook
from booking.services.placing import live_groups, release
from booking.services.telling import slot_facts, tell_school
from booking.services.terms import lock_term


def _open_offers(session: Session, person: Person, offer_ids: Collection[OfferId]) -> list[Offer]:
    """The offers named, with those of the same bundle: a bundle answers as one."""
    named = list(
        session.scalars(sa.select(Offer).where(Offer.id.in_(set(offer_ids))).options(selectinload(Offer.request)))
    )
    if len(named) != len(set(offer_ids)) or not named:
        raise NotFound(f"offers {sorted(offer_ids)}")
    for offer in named:
        person.require_school(offer.request.school_id)
    bundles = {offer.request.bundle_id for offer in named} - {None}
    together = session.scalars(
        sa.select(Offer)
        .join(Request, Request.id == Offer.request_id)
        .where(Request.bundle_id.in_(bundles), Offer.status == OfferStatus.SENT)
        .options(selectinload(Offer.request))
    )
    return list({offer.id: offer for offer in [*named, *together]}.values())


def answer_offers(
    session: Session,
    clock: Clock,
    config: Config,
    person: Person,
    offer_ids: Collection[OfferId],
    accept: bool,
    reason: str = "",
) -> None:
    """Accept or decline offers for a school; answering the same way again changes nothing.

    Accepting publishes the visits that were held, asks their workplaces and credits the school; declining frees the
    places and takes the slot off the request's negotiable ones.

    Raises:
        NotFound: an offer is another school's, or does not exist.
        IllegalTransition: an offer was answered otherwise, or withdrawn.
    """
    offers = _open_offers(session, person, offer_ids)
    lock_term(session, session.get_one(Term, offers[0].request.term_id))
    wanted = OfferStatus.ACCEPTED if accept else OfferStatus.DECLINED
    touched: set[Pair] = set()
    moved = 0
    for offer in offers:
        session.refresh(offer, with_for_update=True)
        if offer.status is wanted:
            continue
        offer.status = step(OFFER_STEPS, offer.status, wanted)
        offer.answered_by_id = person.user_id
        offer.answered_at = clock.now()
        offer.reason = reason.strip()[:500] or None
        visit = _held_visit(session, offer)
        touched |= _agree(session, clock, offer, visit) if accept else _refuse(session, offer, visit, person)
        moved += offer.request.pupils
        record_change(
            session, person.actor, f"offer_{wanted}", "request", offer.request_id, reason=offer.reason, offer=offer.id
        )
    if accept and moved:
        _credit(session, person, offers[0].request, moved)
    refresh_notices(session, clock, config, touched)
    ask_outlook(session, offers[0].request.term_id)
    session.flush()


def _held_visit(session: Session, offer: Offer) -> Visit:
    visit = session.scalar(
        sa.select(Visit)
        .where(Visit.request_id == offer.request_id, Visit.status.in_(LIVE_VISITS), Visit.slot_id == offer.slot_id)
        .options(selectinload(Visit.groups), selectinload(Visit.slot), selectinload(Visit.request))
    )
    if visit is None:
        raise IllegalTransition(f"offer {offer.id} holds no visit", old=offer.status.value, new="answered")
    return visit


def _agree(session: Session, clock: Clock, offer: Offer, visit: Visit) -> set[Pair]:
    visit.status = step(VISIT_STEPS, visit.status, VisitStatus.PUBLISHED)
    for group in live_groups(visit):
        group.status = step(GROUP_STEPS, group.status, GroupStatus.ASKED)
    request = offer.request
    tell_school(
        session,
        clock,
        request.school_id,
        Kind.SHIFT_AGREED,
        f"offer:{offer.id}",
        1,
        {
            "school": request.school.name,
            "school_sms": request.school.sms_name,
            "label": request.label,
            **(slot_facts(visit.slot) or {}),
        },
    )
    return {(group.workplace_id, visit.slot.date) for group in live_groups(visit)}


def _refuse(session: Session, offer: Offer, visit: Visit, person: Person) -> set[Pair]:
    touched = release(live_groups(visit))
    visit.status = step(VISIT_STEPS, visit.status, VisitStatus.CANCELLED)
    visit.cancelled_by = person.actor
    request = offer.request
    request.status = step(REQUEST_STEPS, request.status, RequestStatus.UNSERVED)
    for wish in [w for w in request.wishes if w.wish is SlotWish.NEGOTIABLE and w.slot_id == offer.slot_id]:
        request.wishes.remove(wish)
    return touched


def _credit(session: Session, person: Person, request: Request, moved: int) -> None:
    asked_for = session.scalar(
        sa.select(sa.func.sum(Request.pupils)).where(
            Request.school_id == request.school_id,
            Request.term_id == request.term_id,
            Request.status.in_([*OPEN_REQUESTS, RequestStatus.SERVED]),
        )
    )
    school = session.get_one(School, request.school_id, with_for_update=True)
    credit = credit_for_yielding(moved, int(asked_for or 0))
    school.fairness_credit = round(school.fairness_credit + credit, 2)
    record_change(session, person.actor, "credited", "school", school.id, credit=credit, now=school.fairness_credit)
