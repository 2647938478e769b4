"""조정 제안: a school's answer to a date that it did not ask for: yes or no."""

from __future__ import annotations

from collections.abc import Collection

import sqlalchemy as sa
from sqlalchemy.orm import Session, selectinload

from booking.clock import Clock
from booking.config import Config
from booking.domain.credit import credit_for_yielding
from booking.domain.errors import NotFound, OfferGone
from booking.domain.ids import BundleId, OfferId, RequestId, SlotId
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
from booking.domain.vocabulary import Role
from booking.models.offers import Offer
from booking.models.requests import Request
from booking.models.schools import School
from booking.models.terms import Slot, Term
from booking.models.visits import Visit
from booking.notify.catalogue import Kind
from booking.services.history import record_change
from booking.services.notices import Pair, refresh_notices
from booking.services.outlook_asking import ask_outlook
from booking.services.placing import live_groups, release
from booking.services.shifts import NoRoom, Room, move
from booking.services.telling import slot_facts, tell_school
from booking.services.terms import lock_term


def open_offers(session: Session, person: Person, offer_ids: Collection[OfferId]) -> list[Offer]:
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


def lock_unanswered(session: Session, offers: list[Offer], wanted: OfferStatus) -> list[Offer]:
    """Lock the term and the offers; return those that are not answered in that way already."""
    lock_term(session, session.get_one(Term, offers[0].request.term_id))
    for offer in offers:
        session.refresh(offer, with_for_update=True)
    return [offer for offer in offers if offer.status is not wanted]


def mark_answered(clock: Clock, person: Person, offer: Offer, wanted: OfferStatus, reason: str) -> None:
    """Note who answered, when and why; whoever is not the school's enters what it said on the telephone."""
    offer.status = step(OFFER_STEPS, offer.status, wanted)
    offer.answered_by_id = person.user_id
    offer.answered_at = clock.now()
    offer.by_telephone = person.role is not Role.TEACHER
    offer.reason = reason.strip()[:500] or None


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

    The centre answers for a school that called, by the same rules.

    Accepting publishes the visits that were held, or moves those that stand elsewhere, asks their workplaces and
    credits the school; declining frees what was held and takes the slot off the request's negotiable ones.

    Raises:
        NotFound: an offer is another school's, or does not exist.
        IllegalTransition: an offer was answered otherwise, or withdrawn.
        OfferGone: nothing was held for the offer, and by now there is no room; to be put away by :func:`withdraw_gone`.
    """
    offers = open_offers(session, person, offer_ids)
    wanted = OfferStatus.ACCEPTED if accept else OfferStatus.DECLINED
    waiting = lock_unanswered(session, offers, wanted)
    touched: set[Pair] = set()
    for offer in waiting:
        mark_answered(clock, person, offer, wanted, reason)
    if accept:
        touched = _agree(session, clock, waiting)
    else:
        for offer in waiting:
            touched |= free_held(session, offer, person.actor)
            drop_wish(offer)
    for offer in waiting:
        record_change(
            session,
            person.actor,
            f"offer_{wanted}",
            "request",
            offer.request_id,
            reason=offer.reason,
            offer=offer.id,
            telephone=offer.by_telephone,
        )
    if accept and waiting:
        credit_school(session, person, [offer.request for offer in waiting], waiting[0].slot)
    refresh_notices(session, clock, config, touched)
    ask_outlook(session, offers[0].request.term_id)
    session.flush()


def standing_visit(session: Session, request_id: RequestId) -> Visit | None:
    """The visit of a request, with its groups; None where it has none."""
    return session.scalar(
        sa.select(Visit)
        .where(Visit.request_id == request_id, Visit.status.in_(LIVE_VISITS))
        .options(selectinload(Visit.groups), selectinload(Visit.slot), selectinload(Visit.request))
        .execution_options(populate_existing=True)
    )


def free_held(session: Session, offer: Offer, actor: str) -> set[Pair]:
    """Free what was held for an offer and put its request back among those without a place.

    A visit that stands elsewhere stays where it is.
    """
    visit = standing_visit(session, offer.request_id)
    if visit is None or visit.slot_id != offer.slot_id or visit.status is not VisitStatus.PROPOSED:
        return set()
    touched = release(live_groups(visit))
    visit.status = step(VISIT_STEPS, visit.status, VisitStatus.CANCELLED)
    visit.cancelled_by = actor
    offer.request.status = step(REQUEST_STEPS, offer.request.status, RequestStatus.UNSERVED)
    return touched


def drop_wish(offer: Offer) -> None:
    """Take the date that was offered off the request's negotiable ones."""
    for wish in [wish for wish in offer.request.negotiable if wish.slot_id == offer.slot_id]:
        offer.request.wishes.remove(wish)


def _agree(session: Session, clock: Clock, offers: list[Offer]) -> set[Pair]:
    touched: set[Pair] = set()
    elsewhere: list[tuple[Offer, Visit]] = []
    for offer in offers:
        visit = standing_visit(session, offer.request_id)
        if visit is None:
            raise OfferGone("its visit was cancelled", offers=[one.id for one in offers])
        if visit.slot_id != offer.slot_id:
            elsewhere.append((offer, visit))
            continue
        visit.status = step(VISIT_STEPS, visit.status, VisitStatus.PUBLISHED)
        for group in live_groups(visit):
            group.status = step(GROUP_STEPS, group.status, GroupStatus.ASKED)
            touched.add((group.workplace_id, visit.slot.date))
    session.flush()
    if elsewhere:
        touched |= _move(session, clock, elsewhere)
    for offer in offers:
        tell_agreed(session, clock, offer, offer.slot)
    return touched


def _move(session: Session, clock: Clock, elsewhere: list[tuple[Offer, Visit]]) -> set[Pair]:
    """Move visits that stand elsewhere to what is free at their offered slots, those of a slot together."""
    term = session.get_one(Term, elsewhere[0][0].request.term_id)
    room = Room(session, clock, term)
    touched: set[Pair] = set()
    parties: dict[tuple[BundleId | None, OfferId | None, SlotId], list[tuple[Offer, Visit]]] = {}
    for offer, visit in elsewhere:
        bundle = offer.request.bundle_id
        parties.setdefault((bundle, None if bundle else offer.id, offer.slot_id), []).append((offer, visit))
    for party in parties.values():
        slot = party[0][0].slot
        try:
            places = room.put([offer.request.code for offer, _ in party], slot.code)
        except NoRoom as error:
            raise OfferGone(str(error), offers=[offer.id for offer, _ in elsewhere]) from error
        touched |= move(session, party[0][0].run_id, [visit for _, visit in party], slot, places)
    return touched


def tell_agreed(session: Session, clock: Clock, offer: Offer, slot: Slot) -> None:
    """Tell the school that its visit goes at the slot that was agreed."""
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
            **(slot_facts(slot) or {}),
        },
    )


def credit_school(session: Session, person: Person, requests: list[Request], slot: Slot) -> None:
    """Credit the school of these requests for going at a slot that it had not asked for."""
    first = requests[0]
    moved = sum(request.pupils for request in requests)
    asked_for = session.scalar(
        sa.select(sa.func.sum(Request.pupils)).where(
            Request.school_id == first.school_id,
            Request.term_id == first.term_id,
            Request.status.in_([*OPEN_REQUESTS, RequestStatus.SERVED]),
        )
    )
    school = session.get_one(School, first.school_id, with_for_update=True)
    credit = credit_for_yielding(moved, int(asked_for or 0))
    school.fairness_credit = round(school.fairness_credit + credit, 2)
    record_change(
        session,
        person.actor,
        "credited",
        "school",
        school.id,
        credit=credit,
        now=school.fairness_credit,
        labels=[request.label for request in requests],
        slot=slot.code,
    )
