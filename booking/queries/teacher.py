"""What a teacher sees: the school's classes, its requests with what they got, and the offers that wait for an answer.

Every select is scoped to the schools that the person speaks for; what lies outside is not found.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, selectinload

from booking.domain.errors import NotFound
from booking.domain.ids import BundleId, ClassId, RequestId, SchoolId, SlotId, TermId
from booking.domain.person import Person
from booking.domain.states import LIVE_GROUPS, LIVE_VISITS, OfferStatus, RequestStatus, VisitStatus
from booking.models.offers import Offer
from booking.models.requests import Request, RequestSlot
from booking.models.runs import AllocationRun, Proposal
from booking.models.schools import School
from booking.models.terms import Slot, Term
from booking.models.visits import Visit, VisitGroup
from booking.models.workplaces import Workplace


@dataclass(frozen=True, slots=True)
class RequestRow:
    """One request with the visit it got, the reason where that is not its first choice, and its open offer."""

    request: Request
    visit: Visit | None
    why: dict[str, Any] | None
    offer: Offer | None
    #: the cheapest repair that the engine found
    remedy: dict[str, Any] | None = None
    #: the newest offer that was answered with another date, or not in time
    past_offer: Offer | None = None

    @property
    def first(self) -> Slot | None:
        """The first choice."""
        wishes = self.request.requested
        return wishes[0].slot if wishes else None

    @property
    def groups(self) -> list[VisitGroup]:
        """The groups that have a place at present."""
        return [group for group in self.visit.groups if group.status in LIVE_GROUPS] if self.visit else []

    @property
    def rank(self) -> int | None:
        """Which choice the given slot was: 0 for the first, None where it was not among the ranked ones."""
        if self.visit is None:
            return None
        slots = [wish.slot_id for wish in self.request.requested]
        return slots.index(self.visit.slot_id) if self.visit.slot_id in slots else None

    @property
    def given(self) -> bool:
        """Whether the date stands: an offered date stands only once the school has agreed."""
        return self.visit is not None and self.visit.status is not VisitStatus.PROPOSED


@dataclass(frozen=True, slots=True)
class OfferCard:
    """Offers that are answered together: one request, or all of a bundle."""

    offers: tuple[Offer, ...]
    #: whether places are held until the answer
    held: bool
    #: where the visits stand at present, and stay unless the school agrees; None where they stand nowhere
    stands: Slot | None

    @property
    def pupils(self) -> int:
        """How many pupils are asked."""
        return sum(offer.request.pupils for offer in self.offers)

    @property
    def slot(self) -> Slot:
        """The date that is offered."""
        return self.offers[0].slot

    @property
    def labels(self) -> list[str]:
        """The classes that are asked."""
        return [offer.request.label for offer in self.offers]

    @property
    def first(self) -> Slot | None:
        """What had been asked for first."""
        wishes = self.offers[0].request.requested
        return wishes[0].slot if wishes else None


@dataclass(slots=True)
class Summary:
    """How the school's requests of the term stand, in classes."""

    asked: int = 0
    confirmed: int = 0
    waiting: int = 0
    unplaced: int = 0
    pupils: int = 0
    by_class: dict[ClassId, int] = field(default_factory=dict)


def schools_of(session: Session, person: Person) -> list[School]:
    """Return the schools that the teacher speaks for at present, with their classes."""
    return list(
        session.scalars(
            sa.select(School)
            .where(School.id.in_(person.school_ids))
            .options(selectinload(School.classes))
            .order_by(School.name)
        )
    )


def school_of(session: Session, person: Person, school_id: SchoolId | None) -> School:
    """Return one of the teacher's schools: the one that is named, else the first.

    Raises:
        NotFound: another's school, or a teacher without one.
    """
    schools = schools_of(session, person)
    found = next((school for school in schools if school_id in (None, school.id)), None)
    if found is None:
        raise NotFound(f"school {school_id}")
    return found


_WITH_WISHES = selectinload(Request.wishes).selectinload(RequestSlot.slot)


def _visits(session: Session, ids: Iterable[RequestId]) -> dict[RequestId, Visit]:
    rows = session.scalars(
        sa.select(Visit)
        .where(Visit.request_id.in_(list(ids)), Visit.status.in_(LIVE_VISITS))
        .options(selectinload(Visit.slot), selectinload(Visit.groups).selectinload(VisitGroup.workplace))
    )
    return {visit.request_id: visit for visit in rows}


@dataclass(frozen=True, slots=True)
class _Finding:
    """What the engine says of a request that is not at its first choice."""

    why: dict[str, Any] | None = None
    remedy: dict[str, Any] | None = None


_NOTHING = _Finding()


def _findings(session: Session, ids: Iterable[RequestId], visits: dict[RequestId, Visit]) -> dict[RequestId, _Finding]:
    """Those of the visit's own run; for a request without a visit those of the newest published run."""
    rows = session.execute(
        sa.select(Proposal.request_id, Proposal.run_id, Proposal.why, Proposal.remedy)
        .join(AllocationRun, AllocationRun.id == Proposal.run_id)
        .where(Proposal.request_id.in_(list(ids)), AllocationRun.published_at.is_not(None), Proposal.why.is_not(None))
        .order_by(AllocationRun.published_at.desc())
    )
    found: dict[RequestId, _Finding] = {}
    for request_id, run_id, why, remedy in rows:
        visit = visits.get(request_id)
        if request_id not in found and why and (visit is None or visit.run_id == run_id):
            found[request_id] = _Finding(why, remedy)
    return found


def open_offers(session: Session, term_id: TermId, school_id: SchoolId) -> list[OfferCard]:
    """Return the offers that the school has still to answer, those of a bundle together, the most urgent first."""
    rows = session.scalars(
        sa.select(Offer)
        .join(Request, Request.id == Offer.request_id)
        .where(Request.term_id == term_id, Request.school_id == school_id, Offer.status == OfferStatus.SENT)
        .options(selectinload(Offer.slot), selectinload(Offer.request).options(_WITH_WISHES))
        .order_by(Offer.answer_by, Request.label)
    )
    cards: defaultdict[tuple[BundleId | None, int, SlotId], list[Offer]] = defaultdict(list)
    found = list(rows)
    visits = _visits(session, [offer.request_id for offer in found])
    for offer in found:
        bundle = offer.request.bundle_id
        cards[bundle, 0 if bundle else offer.id, offer.slot_id].append(offer)
    return [_card(offers, visits.get(offers[0].request_id)) for offers in cards.values()]


def _card(offers: list[Offer], visit: Visit | None) -> OfferCard:
    held = visit is not None and visit.slot_id == offers[0].slot_id
    return OfferCard(tuple(offers), held, visit.slot if visit is not None and not held else None)


def _rows(session: Session, requests: list[Request]) -> list[RequestRow]:
    ids = [request.id for request in requests]
    visits = _visits(session, ids)
    findings = _findings(session, ids, visits)
    offers: dict[RequestId, Offer] = {}
    past: dict[RequestId, Offer] = {}
    for offer in session.scalars(
        sa.select(Offer)
        .where(
            Offer.request_id.in_(ids),
            Offer.status.in_([OfferStatus.SENT, OfferStatus.COUNTERED, OfferStatus.EXPIRED]),
        )
        .options(selectinload(Offer.slot), selectinload(Offer.counter_slot))
        .order_by(Offer.id)
    ):
        (offers if offer.status is OfferStatus.SENT else past)[offer.request_id] = offer
    return [
        RequestRow(
            request,
            visits.get(request.id),
            findings.get(request.id, _NOTHING).why,
            offers.get(request.id),
            findings.get(request.id, _NOTHING).remedy,
            _worth_saying(request, visits.get(request.id), past.get(request.id)),
        )
        for request in requests
    ]


def _worth_saying(request: Request, visit: Visit | None, offer: Offer | None) -> Offer | None:
    """An answered offer while it still matters: until the request is changed, or has found its place."""
    if offer is None:
        return None
    proposed = offer.counter_slot_id
    if proposed is None:
        return offer if request.status is RequestStatus.UNSERVED else None
    named = any(wish.slot_id == proposed for wish in request.negotiable)
    return offer if named and (visit is None or visit.slot_id != proposed) else None


def school_rows(session: Session, term: Term, school_id: SchoolId) -> list[RequestRow]:
    """Return the school's requests of the term, those that stand first, by class."""
    requests = list(
        session.scalars(
            sa.select(Request)
            .where(Request.term_id == term.id, Request.school_id == school_id)
            .options(_WITH_WISHES, selectinload(Request.bundle))
            .order_by(Request.status == RequestStatus.WITHDRAWN, Request.label, Request.id)
        )
    )
    return _rows(session, requests)


def by_bundle(rows: list[RequestRow]) -> list[list[RequestRow]]:
    """Return the rows in their order, those of a bundle that stand together in one list."""
    blocks: dict[tuple[BundleId | None, int], list[RequestRow]] = {}
    for row in rows:
        bundle = row.request.bundle_id
        gone = row.request.status is RequestStatus.WITHDRAWN
        blocks.setdefault((None, row.request.id) if bundle is None or gone else (bundle, 0), []).append(row)
    return list(blocks.values())


def request_row(session: Session, person: Person, request_id: int) -> RequestRow:
    """Return one request of the teacher's schools.

    Raises:
        NotFound: it does not exist, or is another school's.
    """
    request = session.scalar(
        sa.select(Request)
        .where(Request.id == RequestId(request_id), Request.school_id.in_(person.school_ids))
        .options(_WITH_WISHES, selectinload(Request.school))
    )
    if request is None:
        raise NotFound(f"request {request_id}")
    return _rows(session, [request])[0]


def bundle_labels(session: Session, request: Request) -> list[str]:
    """Return the other classes that go out together with this one."""
    if request.bundle_id is None:
        return []
    return list(
        session.scalars(
            sa.select(Request.label)
            .where(
                Request.bundle_id == request.bundle_id,
                Request.id != request.id,
                Request.status != RequestStatus.WITHDRAWN,
            )
            .order_by(Request.label)
        )
    )


def summarise(rows: list[RequestRow]) -> Summary:
    """Count how the requests stand."""
    summary = Summary()
    for row in rows:
        if row.request.status is RequestStatus.WITHDRAWN:
            continue
        summary.asked += 1
        summary.pupils += row.request.pupils
        if row.request.class_id is not None:
            summary.by_class[row.request.class_id] = summary.by_class.get(row.request.class_id, 0) + 1
        if row.visit is not None and row.visit.status in (VisitStatus.CONFIRMED, VisitStatus.COMPLETED):
            summary.confirmed += 1
        elif row.visit is not None:
            summary.waiting += 1
        elif row.request.status is RequestStatus.UNSERVED:
            summary.unplaced += 1
    return summary


def workplaces_by_field(session: Session, level: str) -> dict[str, int]:
    """Return how many active workplaces of each job field take pupils of this level."""
    rows = session.execute(
        sa.select(Workplace.field, sa.func.count())
        .where(Workplace.status == "active", Workplace.levels.any_() == level)
        .group_by(Workplace.field)
    )
    return {str(name): count for name, count in rows}
