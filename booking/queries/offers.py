"""What the coordinator reads of offers: found, waiting, answered with another date, over; and the places they hold."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased, contains_eager, selectinload

from booking.domain.ids import BundleId, OfferId, RequestId, SchoolId, SlotId, TermId, UserId
from booking.domain.states import LIVE_GROUPS, LIVE_VISITS, OPEN_REQUESTS, OfferStatus, VisitStatus
from booking.models.history import HistoryEntry
from booking.models.offers import Offer
from booking.models.people import User
from booking.models.requests import Request, RequestSlot
from booking.models.schools import School
from booking.models.terms import Slot, Term
from booking.models.visits import Visit, VisitGroup
from booking.queries.paging import Page, paged
from booking.queries.teacher import OfferCard

#: an offer that is over, one way or the other
OVER = (OfferStatus.ACCEPTED, OfferStatus.DECLINED, OfferStatus.COUNTERED, OfferStatus.EXPIRED, OfferStatus.WITHDRAWN)
HISTORY_PER_PAGE = 50

_LOADED = (
    selectinload(Offer.slot),
    selectinload(Offer.counter_slot),
    contains_eager(Offer.request).selectinload(Request.school),
    contains_eager(Offer.request).selectinload(Request.wishes).selectinload(RequestSlot.slot),
)


def _of_term(term_id: TermId, status: OfferStatus) -> sa.Select[Offer]:
    return (
        sa.select(Offer).join(Offer.request).where(Request.term_id == term_id, Offer.status == status).options(*_LOADED)
    )


def _visits(session: Session, offers: Iterable[Offer]) -> dict[RequestId, Visit]:
    rows = session.scalars(
        sa.select(Visit)
        .where(Visit.request_id.in_([offer.request_id for offer in offers]), Visit.status.in_(LIVE_VISITS))
        .options(selectinload(Visit.slot))
    )
    return {visit.request_id: visit for visit in rows}


def _parties(session: Session, offers: Sequence[Offer]) -> list[OfferCard]:
    """The offers in their order, those that are answered together in one card."""
    visits = _visits(session, offers)
    parties: dict[tuple[BundleId | None, OfferId | None, SlotId], list[Offer]] = {}
    for offer in offers:
        bundle = offer.request.bundle_id
        parties.setdefault((bundle, None if bundle else offer.id, offer.slot_id), []).append(offer)
    return [_card(party, visits.get(party[0].request_id)) for party in parties.values()]


def _card(party: Sequence[Offer], visit: Visit | None) -> OfferCard:
    there = visit is not None and visit.slot_id == party[0].slot_id
    held = there and visit is not None and visit.status is VisitStatus.PROPOSED
    return OfferCard(tuple(party), held, visit.slot if visit is not None and not held else None)


def found_by_school(session: Session, term_id: TermId) -> list[tuple[School, list[OfferCard]]]:
    """Return what was found and not sent, school by school, the most gained for everybody first in each."""
    cards = _parties(session, session.scalars(_of_term(term_id, OfferStatus.FOUND).order_by(Offer.id)).all())
    schools: dict[SchoolId, tuple[School, list[OfferCard]]] = {}
    for card in cards:
        school = card.offers[0].request.school
        schools.setdefault(school.id, (school, []))[1].append(card)
    return list(schools.values())


def waiting_offers(session: Session, term_id: TermId) -> list[OfferCard]:
    """Return the offers that schools have not answered, the most pressing first."""
    statement = _of_term(term_id, OfferStatus.SENT).order_by(Offer.answer_by, Offer.id)
    return _parties(session, session.scalars(statement).all())


def countered_offers(session: Session, term_id: TermId) -> list[list[Offer]]:
    """Return the offers answered with another date of which no visit has come yet; those of a bundle together."""
    placed = sa.select(Visit.id).where(Visit.request_id == Offer.request_id, Visit.slot_id == Offer.counter_slot_id)
    later = aliased(Offer)
    newer = sa.select(later.id).where(
        later.request_id == Offer.request_id, later.id > Offer.id, later.sent_at.is_not(None)
    )
    rows = session.scalars(
        _of_term(term_id, OfferStatus.COUNTERED)
        .where(
            Request.status.in_(OPEN_REQUESTS),
            ~placed.where(Visit.status.in_(LIVE_VISITS)).exists(),
            ~newer.exists(),
        )
        .order_by(Offer.answered_at.desc(), Offer.id)
    )
    parties: dict[tuple[BundleId | None, OfferId | None, SlotId | None], list[Offer]] = {}
    for offer in rows:
        bundle = offer.request.bundle_id
        parties.setdefault((bundle, None if bundle else offer.id, offer.counter_slot_id), []).append(offer)
    return [sorted(party, key=lambda offer: offer.id) for party in parties.values()]


def offer_card(session: Session, offer_id: OfferId) -> OfferCard | None:
    """Return an offer that a school was asked, with those of its bundle that went the same way; None where none is."""
    offer = session.scalar(
        sa.select(Offer)
        .join(Offer.request)
        .where(Offer.id == offer_id, sa.or_(Offer.sent_at.is_not(None), Offer.status != OfferStatus.FOUND))
        .options(*_LOADED)
    )
    if offer is None:
        return None
    party = [offer]
    if offer.request.bundle_id is not None:
        statement = _of_term(offer.request.term_id, offer.status).where(
            Request.bundle_id == offer.request.bundle_id,
            Offer.slot_id == offer.slot_id,
            Offer.run_id == offer.run_id,
            Offer.counter_slot_id.is_not_distinct_from(offer.counter_slot_id),
        )
        party = list(session.scalars(statement.order_by(Offer.id)))
    return _card(party, _visits(session, party).get(offer.request_id))


@dataclass(frozen=True, slots=True)
class HeldSlot:
    """Places held at one slot for one question: seats at how many workplaces, for how many pupils, until when."""

    slot: Slot
    offers: tuple[Offer, ...]
    groups: tuple[VisitGroup, ...]

    @property
    def workplaces(self) -> int:
        """Workplaces that keep a place."""
        return len({group.workplace_id for group in self.groups})

    @property
    def pupils(self) -> int:
        """Pupils for whom a place is kept."""
        return sum(group.pupils for group in self.groups)

    @property
    def until(self) -> dt.date:
        """The last day on which they are held."""
        return max(offer.answer_by for offer in self.offers)


def held_places(session: Session, term_id: TermId) -> list[HeldSlot]:
    """Return the places that are held until a school has answered, by date."""
    rows = session.execute(
        sa.select(Visit, Offer)
        .join(Offer, sa.and_(Offer.request_id == Visit.request_id, Offer.slot_id == Visit.slot_id))
        .join(Offer.request)
        .join(Slot, Slot.id == Visit.slot_id)
        .where(Request.term_id == term_id, Visit.status == VisitStatus.PROPOSED, Offer.status == OfferStatus.SENT)
        .options(
            selectinload(Visit.slot),
            selectinload(Visit.groups).selectinload(VisitGroup.workplace),
            contains_eager(Offer.request).selectinload(Request.school),
        )
        .order_by(Slot.date, Slot.block, Offer.id)
    ).all()
    parties: dict[tuple[BundleId | None, OfferId | None, SlotId], list[tuple[Visit, Offer]]] = {}
    for visit, offer in rows:
        bundle = offer.request.bundle_id
        parties.setdefault((bundle, None if bundle else offer.id, visit.slot_id), []).append((visit, offer))
    return [
        HeldSlot(
            party[0][0].slot,
            tuple(offer for _, offer in party),
            tuple(group for visit, _ in party for group in visit.groups if group.status in LIVE_GROUPS),
        )
        for party in parties.values()
    ]


@dataclass(frozen=True, slots=True)
class PastOffer:
    """An offer that was put to a school: how it ended, when, and who entered the answer where the school called."""

    offer: Offer
    term: Term
    ended_at: dt.datetime | None
    entered_by: str | None

    @property
    def gave(self) -> int:
        """Pupils for whom a place was found by it, as the engine promised."""
        gained = self.offer.gains.get("pupils_gained", 0)
        return int(gained) if self.offer.status is OfferStatus.ACCEPTED and isinstance(gained, int | float) else 0

    @property
    def saved(self) -> float:
        """Congestion cost that it took off everybody, as the engine promised."""
        gained = self.offer.gains.get("date_stage_gained", 0)
        return float(gained) if self.offer.status is OfferStatus.ACCEPTED and isinstance(gained, int | float) else 0.0


def past_offers(session: Session, number: int, *, term_id: TermId | None = None) -> Page[PastOffer]:
    """Return the offers of a term that are over, the newest first."""
    statement = sa.select(Offer, Term).join(Offer.request).join(Term, Term.id == Request.term_id)
    statement = statement.where(Offer.status.in_(OVER), Offer.sent_at.is_not(None), Request.term_id == term_id)
    return paged(
        session,
        statement.order_by(Offer.answered_at.desc().nulls_last(), Offer.id.desc()),
        number,
        HISTORY_PER_PAGE,
        lambda selected: _past(session, selected),
    )


def school_offers(session: Session, school_id: SchoolId, number: int) -> Page[PastOffer]:
    """Return everything that a school was ever asked, over all terms, the newest first."""
    statement = sa.select(Offer, Term).join(Offer.request).join(Term, Term.id == Request.term_id)
    statement = statement.where(Request.school_id == school_id, Offer.sent_at.is_not(None))
    return paged(
        session,
        statement.order_by(Term.opens_on.desc(), Offer.id.desc()),
        number,
        HISTORY_PER_PAGE,
        lambda selected: _past(session, selected),
    )


def answer_counts(session: Session, school_id: SchoolId) -> dict[OfferStatus, int]:
    """Return how many offers a school was ever sent, by what became of them."""
    rows = session.execute(
        sa.select(Offer.status, sa.func.count())
        .join(Request, Request.id == Offer.request_id)
        .where(Request.school_id == school_id, Offer.sent_at.is_not(None))
        .group_by(Offer.status)
    )
    return dict(rows.all())


def _past(session: Session, selected: sa.Select[Offer, Term]) -> list[PastOffer]:
    rows = session.execute(selected.options(*_LOADED)).all()
    ended = _ended_at(session, [offer for offer, _ in rows])
    names = _names(session, {offer.answered_by_id for offer, _ in rows if offer.by_telephone} - {None})
    return [
        PastOffer(
            offer,
            term,
            offer.answered_at or ended.get(offer.id),
            names.get(offer.answered_by_id) if offer.answered_by_id is not None and offer.by_telephone else None,
        )
        for offer, term in rows
    ]


def _ended_at(session: Session, offers: Sequence[Offer]) -> dict[OfferId, dt.datetime]:
    """When offers expired or were taken back, as the history has it."""
    rows = session.execute(
        sa.select(HistoryEntry.detail["offer"].as_integer(), HistoryEntry.at).where(
            HistoryEntry.subject_type == "request",
            HistoryEntry.subject_id.in_([offer.request_id for offer in offers]),
            HistoryEntry.action.in_(["offer_expired", "offer_withdrawn"]),
        )
    )
    return {OfferId(number): at for number, at in rows if number is not None}


def _names(session: Session, users: Iterable[UserId | None]) -> dict[UserId, str]:
    return dict(session.execute(sa.select(User.id, User.name).where(User.id.in_(list(users)))).all())
