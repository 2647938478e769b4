"""조정 제안을 보냄: date shifts that the engine found are checked against the term as it is now, held, and asked."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

import sqlalchemy as sa
from sqlalchemy.orm import Session, selectinload

from booking.clock import Clock, seoul_date
from booking.domain.errors import Conflict, InvalidInput
from booking.domain.ids import RequestId, RunId, SchoolId
from booking.domain.phases import Action, require
from booking.domain.states import OfferStatus, RunStatus, VisitStatus
from booking.exchange.shift_offers import ShiftLine
from booking.models.offers import Offer
from booking.models.requests import Request
from booking.models.runs import AllocationRun
from booking.models.terms import Slot, Term
from booking.models.visits import Visit
from booking.notify.catalogue import Kind
from booking.services.consent import refused_dates
from booking.services.history import record_change
from booking.services.offers import standing_visit
from booking.services.outlook_asking import ask_outlook
from booking.services.school_year import blocked, halves, request_grade
from booking.services.shifts import NoRoom, Room, hold
from booking.services.telling import slot_facts, tell_school
from booking.services.terms import current_term, lock_term, phase_today
from scheduler.faults import Fault, InputError


@dataclass(slots=True)
class Sent:
    """What came of a file: the offers made, how many of them hold places, and the lines that were passed over."""

    offers: list[Offer] = field(default_factory=list)
    held: int = 0
    schools: int = 0
    #: a second date for visits that an earlier, better line asks about already
    passed_over: list[Fault] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Shift:
    """A line that stands, in our rows."""

    line: ShiftLine
    requests: list[Request]
    slot: Slot
    #: where the visits stand at present; empty where they stand nowhere, so that places can be held
    visits: list[Visit]


def send_offers(session: Session, clock: Clock, lines: Sequence[ShiftLine], until: dt.date, actor: str) -> Sent:
    """Ask schools for date shifts until the day ``until``: all lines, or none where one of them is at fault.

    A request without a place has places held for it; a visit that stands elsewhere stays there until the school has
    agreed, because nothing can be held twice. Each school is told once.

    Raises:
        InputError: every line at fault, with what is in its way as the term stands now.
        InvalidInput: ``until`` is past.
        Conflict: no plan has been published in this term.
        PhaseClosed: nothing is published in this phase.
    """
    term = current_term(session)
    require(phase_today(term, clock), Action.PUBLISH)
    if until < seoul_date(clock.now()):
        raise InvalidInput(f"{until} is past", field="until", reason="past")
    lock_term(session, term)
    run = session.scalar(
        sa.select(AllocationRun.id).where(AllocationRun.term_id == term.id, AllocationRun.status == RunStatus.PUBLISHED)
    )
    if run is None:
        raise Conflict("no plan has been published in this term", reason="no_plan")
    sender = _Sender(session, clock, term, run, until, actor)
    for line in lines:
        sender.take(line)
    if sender.faults:
        raise InputError(tuple(sender.faults))
    sender.tell()
    sender.sent.schools = len(sender.asked)
    ask_outlook(session, term.id)
    session.flush()
    return sender.sent


class _Sender:
    """One file; holds what its lines share."""

    def __init__(self, session: Session, clock: Clock, term: Term, run: RunId, until: dt.date, actor: str) -> None:
        self.session, self.clock, self.term = session, clock, term
        self.run, self.until, self.actor = run, until, actor
        self.today = seoul_date(clock.now())
        self.room = Room(session, clock, term)
        self.slots = {slot.code: slot for slot in session.scalars(sa.select(Slot).where(Slot.term_id == term.id))}
        self.requests = {
            request.code: request
            for request in session.scalars(
                sa.select(Request)
                .where(Request.term_id == term.id)
                .options(selectinload(Request.wishes), selectinload(Request.school))
            )
        }
        self.by_id = {request.id: request for request in self.requests.values()}
        self.dates = {slot.id: slot for slot in self.slots.values()}
        ids = list(self.by_id)
        self.refused = refused_dates(session, ids)
        self.open: set[RequestId] = set(
            session.scalars(
                sa.select(Offer.request_id).where(
                    Offer.request_id.in_(ids), Offer.status.in_([OfferStatus.FOUND, OfferStatus.SENT])
                )
            )
        )
        self.taken: dict[str, str] = {}
        self.faults: list[Fault] = []
        self.sent = Sent()
        self.asked: defaultdict[SchoolId, list[tuple[Offer, bool]]] = defaultdict(list)

    def take(self, line: ShiftLine) -> None:
        """Make the offers of one line, or note what is in its way."""
        earlier = next((self.taken[code] for code in line.visits if code in self.taken), None)
        if earlier is not None:
            self.sent.passed_over.append(Fault(line.path, f"{line.slot}: {earlier} asks about its visits already"))
            return
        found = len(self.faults)
        shift = self._checked(line)
        if shift is not None and len(self.faults) == found:
            self.taken.update(dict.fromkeys(line.visits, line.path))
            self._make(shift)

    def _fault(self, line: ShiftLine, field_name: str, message: str) -> None:
        self.faults.append(Fault(f"{line.path}.{field_name}", message))

    def _checked(self, line: ShiftLine) -> _Shift | None:
        """The line in our rows; None, with its faults noted, where the term as it is now does not allow it."""
        slot = self.slots.get(line.slot)
        if slot is None:
            self._fault(line, "slot", f"{line.slot} is no slot of the term")
        elif slot.date <= max(self.today, self.until):
            self._fault(line, "slot", f"{line.slot} must lie after the last day to answer, {self.until}")
        known = self.room.built.requests
        for code in line.visits:
            if code not in self.requests:
                self._fault(line, "visits", f"{code} is no request of the term")
            elif code not in known:
                self._fault(line, "visits", f"{code} is {self.requests[code].status.value}, and not to be placed")
            elif self.requests[code].school.code != line.school:
                self._fault(line, "school", f"{code} is a request of {self.requests[code].school.code}")
        requests = [self.requests[code] for code in line.visits if code in known]
        if slot is None or len(requests) < len(line.visits):
            return None
        self._check_party(line, requests)
        visits = self._check_consent(line, requests, slot)
        return _Shift(line, requests, slot, visits)

    def _check_party(self, line: ShiftLine, requests: list[Request]) -> None:
        party = {visit.id for visit in self.room.instance.party_by_visit[line.visits[0]]}
        if party != set(line.visits):
            self._fault(line, "visits", f"must be all that go out together: {', '.join(sorted(party))}")
        for request in requests:
            if request.id in self.open:
                self._fault(line, "visits", f"{request.code} has an offer that waits for its answer")

    def _check_consent(self, line: ShiftLine, requests: list[Request], slot: Slot) -> list[Visit]:
        grades = [request_grade(self.session, request) for request in requests]
        if blocked(self.session, requests[0].school_id, grades, halves([slot])):
            self._fault(line, "slot", f"{line.slot} is blocked in the school's calendar")
        if all(any(wish.slot_id == slot.id for wish in request.requested) for request in requests):
            self._fault(line, "slot", f"{line.slot} is a date that the school asked for: no consent is needed")
        if any((request.id, slot.id) in self.refused for request in requests):
            self._fault(line, "slot", f"{line.slot} was declined by the school before")
        visits = [visit for request in requests if (visit := standing_visit(self.session, request.id)) is not None]
        for visit in visits:
            if visit.slot_id == slot.id:
                self._fault(line, "slot", f"{visit.request.code} stands at {line.slot} already")
            elif visit.status is not VisitStatus.PUBLISHED:
                self._fault(line, "visits", f"{visit.request.code} is {visit.status.value}, and stays where it is")
        if 0 < len(visits) < len(requests):
            self._fault(line, "visits", "only some of them have a place: publish or repair the plan first")
        return visits

    def _make(self, shift: _Shift) -> None:
        held = not shift.visits
        try:
            # what is not held leaves the plan as it is: its school may say no, and then its places are not free
            places = self.room.put(shift.line.visits, shift.slot.code, keep=held)
        except NoRoom as error:
            self._fault(shift.line, "slot", f"no room at {shift.slot.code} as the plan stands now: {error}")
            return
        if held:
            hold(self.session, self.run, shift.requests, shift.slot, places)
            self.sent.held += len(shift.requests)
        for request in shift.requests:
            offer = Offer(
                request_id=request.id,
                slot_id=shift.slot.id,
                run_id=self.run,
                status=OfferStatus.SENT,
                gains=shift.line.gains,
                answer_by=self.until,
            )
            self.session.add(offer)
            self.session.flush()
            self.sent.offers.append(offer)
            self.asked[request.school_id].append((offer, held))
            record_change(
                self.session, self.actor, "offer_sent", "request", request.id, offer=offer.id, slot=shift.slot.code
            )

    def tell(self) -> None:
        """One message a school for all dates that it is asked to take."""
        for school_id, asked in self.asked.items():
            first, _ = asked[0]
            school = self.by_id[first.request_id].school
            tell_school(
                self.session,
                self.clock,
                school_id,
                Kind.SHIFT_OFFER,
                f"offers:{self.run}:from:{first.id}",
                1,
                {
                    "school": school.name,
                    "school_sms": school.sms_name,
                    "answer_by": self.until.isoformat(),
                    "held": all(held for _, held in asked),
                    "offers": [self._facts(offer) for offer, _ in asked],
                },
            )

    def _facts(self, offer: Offer) -> dict[str, object]:
        request = self.by_id[offer.request_id]
        wanted = next((wish.slot_id for wish in request.requested), None)
        return {
            "label": request.label,
            "pupils": request.pupils,
            "wanted": slot_facts(self.dates[wanted]) if wanted is not None else None,
            "offered": slot_facts(self.dates[offer.slot_id]),
        }
