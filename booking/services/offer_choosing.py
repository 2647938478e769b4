"""조정 제안을 골라 보냄: found offers that the coordinator has chosen, all of them sent in one transaction, or none."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session, selectinload

from booking.clock import Clock, seoul_date
from booking.domain.errors import Conflict, InvalidInput, NotFound, OffersDoNotFit
from booking.domain.ids import BundleId, OfferId, SchoolId, SlotId, TermId
from booking.domain.person import Person
from booking.domain.states import OfferStatus
from booking.domain.vocabulary import Channel
from booking.exchange.shift_offers import ShiftLine
from booking.models.messages import Message
from booking.models.offers import Offer
from booking.models.people import User
from booking.models.requests import Request
from booking.notify.catalogue import Kind
from booking.services.allocations import STAFF
from booking.services.counter_accepting import published_run
from booking.services.offer_sending import Obstacle, Sent, open_sending
from booking.services.terms import the_centre

#: how many questions one school has to answer at a time
MOST_PER_SCHOOL = 3

PartyKey = tuple[BundleId | None, OfferId | None, SlotId]


@dataclass(frozen=True, slots=True)
class Refused:
    """A found offer that cannot be sent as the term stands now: of which question, and why (a code)."""

    offer_id: OfferId
    obstacle: Obstacle


@dataclass(frozen=True, slots=True)
class Letter:
    """One message that sending would write."""

    school: str
    user: User
    channel: Channel
    facts: dict[str, object]


def party_key(offer: Offer) -> PartyKey:
    """Return what offers that are answered together have in common: the bundle and the slot, else the offer itself."""
    bundle = offer.request.bundle_id
    return bundle, None if bundle else offer.id, offer.slot_id


def found_parties(session: Session, term_id: TermId) -> list[list[Offer]]:
    """Return what was found and not sent, those of a bundle together, the most gained for everybody first."""
    rows = session.scalars(
        sa.select(Offer)
        .join(Request, Request.id == Offer.request_id)
        .where(Request.term_id == term_id, Offer.status == OfferStatus.FOUND)
        .options(
            selectinload(Offer.slot),
            selectinload(Offer.request).selectinload(Request.school),
            selectinload(Offer.request).selectinload(Request.wishes),
        )
        .order_by(Offer.id)
    )
    parties: dict[PartyKey, list[Offer]] = {}
    for offer in rows:
        parties.setdefault(party_key(offer), []).append(offer)
    return list(parties.values())


def default_deadline(session: Session, clock: Clock, offers: Sequence[Offer]) -> dt.date:
    """Return the last day to answer that is suggested: the centre's days from today, before the first of the dates."""
    latest = seoul_date(clock.now()) + dt.timedelta(days=the_centre(session).answer_days)
    return min([latest, *(offer.slot.date - dt.timedelta(days=1) for offer in offers)])


def open_questions(session: Session, term_id: TermId) -> Counter[SchoolId]:
    """Return how many questions wait for each school's answer; a bundle is one."""
    rows = session.scalars(
        sa.select(Offer)
        .join(Request, Request.id == Offer.request_id)
        .where(Request.term_id == term_id, Offer.status == OfferStatus.SENT)
        .options(selectinload(Offer.request))
    )
    schools = {party_key(offer): offer.request.school_id for offer in rows}
    return Counter(schools.values())


def send_found(
    session: Session, clock: Clock, person: Person, offer_ids: Collection[OfferId], until: dt.date | None
) -> Sent:
    """Send the offers that were chosen, with places held for those who have none: all of them, or none.

    A bundle goes as one, whichever of its classes was chosen.

    Raises:
        Forbidden: not the coordinator's.
        InvalidInput: nothing was chosen, or more than three questions for a school (``offers``); no day, one that is
            past, or one that is not before the dates that are offered (``until``).
        NotFound: there is no such offer.
        Conflict: one was sent or put away meanwhile, or was found in another plan than the published one.
        OffersDoNotFit: the term as it is now does not allow some of them; each is named.
        PhaseClosed: nothing is published in this phase.
    """
    person.require_role(*STAFF)
    if not offer_ids:
        raise InvalidInput("nothing was chosen", field="offers", reason="required")
    if until is None:
        raise InvalidInput("no day", field="until", reason="required")
    sender = open_sending(session, clock, until, person.actor)
    chosen = _chosen(session, sender.term.id, offer_ids)
    _check_number(session, sender.term.id, chosen)
    if any(offers[0].slot.date <= until for offers in chosen):
        raise InvalidInput("the day is not before the dates", field="until", reason="too_late")
    heads = {}
    for offers in chosen:
        line = ShiftLine(
            path=f"offers[{offers[0].id}]",
            school=offers[0].request.school.code,
            visits=tuple(offer.request.code for offer in offers),
            slot=offers[0].slot.code,
            gains=offers[0].gains,
        )
        heads[line.path] = offers[0].id
        sender.take(line)
    if sender.obstacles:
        raise OffersDoNotFit(
            "; ".join(str(fault) for fault in sender.faults),
            obstacles=[Refused(heads[obstacle.line.path], obstacle) for obstacle in sender.obstacles],
        )
    return sender.carry_out()


def _chosen(session: Session, term_id: TermId, offer_ids: Collection[OfferId]) -> list[list[Offer]]:
    wanted = set(offer_ids)
    statuses = dict(
        session.execute(
            sa.select(Offer.id, Offer.status)
            .join(Request, Request.id == Offer.request_id)
            .where(Offer.id.in_(wanted), Request.term_id == term_id)
        ).all()
    )
    if statuses.keys() != wanted:
        raise NotFound(f"offers {sorted(wanted - statuses.keys())}")
    if set(statuses.values()) != {OfferStatus.FOUND}:
        raise Conflict("some were sent or put away meanwhile", reason="changed")
    chosen = [offers for offers in found_parties(session, term_id) if wanted & {offer.id for offer in offers}]
    if {offers[0].run_id for offers in chosen} != {published_run(session, term_id)}:
        raise Conflict("they were found in another plan than the published one", reason="another_plan")
    return chosen


def _check_number(session: Session, term_id: TermId, chosen: Sequence[Sequence[Offer]]) -> None:
    asked = open_questions(session, term_id)
    asked.update(offers[0].request.school_id for offers in chosen)
    for offers in chosen:
        if asked[offers[0].request.school_id] > MOST_PER_SCHOOL:
            raise InvalidInput(
                "too many questions for a school",
                field="offers",
                reason="too_many",
                school=offers[0].request.school.name,
            )


def preview_found(
    session: Session, clock: Clock, person: Person, offer_ids: Collection[OfferId], until: dt.date | None
) -> list[Letter]:
    """Return the messages that sending would write, in its own words: it is done, and taken back at once.

    Raises:
        As for :func:`send_found`.
    """
    with session.begin_nested() as attempt:
        sent = send_found(session, clock, person, offer_ids, until)
        rows = session.execute(
            sa.select(Message.channel, Message.facts, User)
            .join(User, User.id == Message.user_id)
            .where(Message.kind == Kind.SHIFT_OFFER.value, Message.subject.in_(sent.subjects))
            .order_by(Message.id)
        ).all()
        attempt.rollback()
    session.expire_all()
    return [Letter(str(facts["school"]), user, channel, facts) for channel, facts, user in rows]
