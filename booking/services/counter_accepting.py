"""학교가 제안한 날로 정함: the date with which a school answered an offer goes into the published plan at once."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.clock import Clock, seoul_date
from booking.config import Config
from booking.domain.errors import Conflict, IllegalTransition
from booking.domain.ids import OfferId, RunId, TermId
from booking.domain.person import Person
from booking.domain.phases import Action, require
from booking.domain.states import (
    GROUP_STEPS,
    OPEN_REQUESTS,
    VISIT_STEPS,
    GroupStatus,
    OfferStatus,
    RunStatus,
    VisitStatus,
    step,
)
from booking.models.offers import Offer
from booking.models.requests import Request
from booking.models.runs import AllocationRun
from booking.models.terms import Slot, Term
from booking.models.visits import Visit
from booking.services.allocations import STAFF
from booking.services.history import record_change
from booking.services.notices import Pair, refresh_notices
from booking.services.offer_making import put_away_found
from booking.services.offers import credit_school, open_offers, standing_visit, tell_agreed
from booking.services.outlook_asking import ask_outlook
from booking.services.placing import live_groups
from booking.services.shifts import NoRoom, Places, Room, hold, move
from booking.services.terms import lock_term, phase_today
from scheduler.verifier import Violation


@dataclass(frozen=True, slots=True)
class Outlook:
    """What would come of a date that a school proposed: how many workplaces it would take, or why it does not fit."""

    workplaces: int = 0
    #: a code of :class:`booking.services.shifts.NoRoom`, or ``past``, ``settled``; None: it fits
    obstacle: str | None = None
    #: the rules that would break, where that is the reason
    violations: tuple[Violation, ...] = ()


def counter_party(session: Session, offer: Offer) -> list[Offer]:
    """Return the offers that were answered with this date together: those of a bundle, else the one."""
    bundle = offer.request.bundle_id
    if bundle is None:
        return [offer]
    together = session.scalars(
        sa.select(Offer)
        .join(Request, Request.id == Offer.request_id)
        .where(
            Request.bundle_id == bundle,
            Offer.status == OfferStatus.COUNTERED,
            Offer.counter_slot_id == offer.counter_slot_id,
        )
        .order_by(Offer.id)
    )
    newest = {other.request_id: other for other in together}
    return list(newest.values())


def counter_outlook(session: Session, clock: Clock, room: Room, offers: Sequence[Offer]) -> Outlook:
    """Look whether the date that a school proposed fits into the plan as it stands; nothing is changed."""
    slot = offers[0].counter_slot
    if slot is None or slot.date <= seoul_date(clock.now()):
        return Outlook(obstacle="past")
    if any(offer.request.code not in room.built.requests for offer in offers):
        return Outlook(obstacle="settled")
    try:
        places = room.put([offer.request.code for offer in offers], slot.code, keep=False)
    except NoRoom as error:
        return Outlook(obstacle=error.reason, violations=error.violations)
    return Outlook(workplaces=len({place for groups in places.values() for place in groups}))


def accept_counter(
    session: Session, clock: Clock, config: Config, person: Person, offer_ids: Collection[OfferId]
) -> list[Offer]:
    """Put visits at the date that their school proposed, ask the workplaces, tell the school and credit it.

    The school is not asked again, since the date is its own. Where the visits stand there already, nothing is changed.

    Raises:
        Forbidden: not the coordinator's.
        NotFound: there is no such offer.
        IllegalTransition: an offer was not answered with a date, or its request is no longer to be placed.
        Conflict: the date no longer fits (``reason`` as in :class:`Outlook`), or no plan has been published.
        PhaseClosed: nothing is published in this phase.
    """
    person.require_role(*STAFF)
    offers = counter_party(session, open_offers(session, person, offer_ids)[0])
    term = session.get_one(Term, offers[0].request.term_id)
    require(phase_today(term, clock), Action.PUBLISH)
    lock_term(session, term)
    for offer in offers:
        session.refresh(offer, with_for_update=True)
        session.refresh(offer.request)
        if offer.status is not OfferStatus.COUNTERED or offer.request.status not in OPEN_REQUESTS:
            raise IllegalTransition("there is no date to accept", old=offer.status.value, new="accepted")
    slot = session.get_one(Slot, offers[0].counter_slot_id)
    standing = [visit for offer in offers if (visit := standing_visit(session, offer.request_id)) is not None]
    if standing and all(visit.slot_id == slot.id for visit in standing):
        return offers
    places = _places(session, clock, term, offers, standing, slot)
    run = published_run(session, term.id)
    touched = (
        move(session, run, standing, slot, places)
        if standing
        else _publish(session, hold(session, run, [offer.request for offer in offers], slot, places))
    )
    put_away_found(session, [offer.request_id for offer in offers])
    for offer in offers:
        record_change(
            session, person.actor, "counter_accepted", "request", offer.request_id, offer=offer.id, slot=slot.code
        )
        tell_agreed(session, clock, offer, slot)
    credit_school(session, person, [offer.request for offer in offers], slot)
    refresh_notices(session, clock, config, touched)
    ask_outlook(session, term.id)
    session.flush()
    return offers


def published_run(session: Session, term_id: TermId) -> RunId:
    """Return the run whose plan is published.

    Raises:
        Conflict: there is none (``no_plan``).
    """
    run = session.scalar(
        sa.select(AllocationRun.id).where(AllocationRun.term_id == term_id, AllocationRun.status == RunStatus.PUBLISHED)
    )
    if run is None:
        raise Conflict("no plan has been published in this term", reason="no_plan")
    return run


def _places(
    session: Session, clock: Clock, term: Term, offers: Sequence[Offer], standing: Sequence[Visit], slot: Slot
) -> Places:
    if slot.date <= seoul_date(clock.now()):
        raise Conflict("the date is past", reason="past")
    if standing and (
        len(standing) < len(offers) or any(visit.status is not VisitStatus.PUBLISHED for visit in standing)
    ):
        raise Conflict("the visits are settled where they stand", reason="settled")
    room = Room(session, clock, term)
    if any(offer.request.code not in room.built.requests for offer in offers):
        raise Conflict("the request is not to be placed at present", reason="settled")
    try:
        return room.put([offer.request.code for offer in offers], slot.code)
    except NoRoom as error:
        raise Conflict(str(error), reason=error.reason) from error


def _publish(session: Session, visits: Sequence[Visit]) -> set[Pair]:
    """Publish visits that have just taken their places: their school has agreed beforehand."""
    touched: set[Pair] = set()
    for visit in visits:
        session.refresh(visit, ["groups", "slot"])
        visit.status = step(VISIT_STEPS, visit.status, VisitStatus.PUBLISHED)
        for group in live_groups(visit):
            group.status = step(GROUP_STEPS, group.status, GroupStatus.ASKED)
            touched.add((group.workplace_id, visit.slot.date))
    session.flush()
    return touched
