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
from booking.services.offer_making import put_forward
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
    #: the subjects of the messages that tell of them
    subjects: list[str] = field(default_factory=list)
    #: a second date for visits that an earlier, better line asks about already
    passed_over: list[Fault] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Obstacle:
    """What is in the way of one line: a code that the edge has words for, and the requests that it is about."""

    line: ShiftLine
    reason: str
    codes: tuple[str, ...] = ()


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
    sender = open_sending(session, clock, until, actor)
    for line in lines:
        sender.take(line)
    if sender.faults:
        raise InputError(tuple(sender.faults))
    return sender.carry_out()


def open_sending(session: Session, clock: Clock, until: dt.date, actor: str) -> Sender:
    """Lock the term and begin a sending until the day ``until``.

    Raises:
        InvalidInput, Conflict, PhaseClosed: as for :func:`send_offers`.
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
    return Sender(session, clock, term, run, until, actor)


class Sender:
    """One sending; holds what its lines share."""

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
                sa.select(Offer.request_id).where(Offer.request_id.in_(ids), Offer.status == OfferStatus.SENT)
            )
        )
        self.taken: dict[str, str] = {}
        self.faults: list[Fault] = []
        self.obstacles: list[Obstacle] = []
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

    def carry_out(self) -> Sent:
        """Tell the schools of what has been taken, none of which was at fault."""
        self._tell()
        self.sent.schools = len(self.asked)
        ask_outlook(self.session, self.term.id)
        self.session.flush()
        return self.sent

    def _fault(self, line: ShiftLine, field_name: str, reason: str, message: str, *codes: str) -> None:
        self.faults.append(Fault(f"{line.path}.{field_name}", message))
        self.obstacles.append(Obstacle(line, reason, codes or line.visits))

    def _checked(self, line: ShiftLine) -> _Shift | None:
        """The line in our rows; None, with its faults noted, where the term as it is now does not allow it."""
        slot = self.slots.get(line.slot)
        if slot is None:
            self._fault(line, "slot", "out_of_term", f"{line.slot} is no slot of the term")
        elif slot.date <= max(self.today, self.until):
            self._fault(line, "slot", "too_soon", f"{line.slot} must lie after the last day to answer, {self.until}")
        known = self.room.built.requests
        for code in line.visits:
            if code not in self.requests:
                self._fault(line, "visits", "gone", f"{code} is no request of the term", code)
            elif code not in known:
                status = self.requests[code].status.value
                self._fault(line, "visits", "gone", f"{code} is {status}, and not to be placed", code)
            elif self.requests[code].school.code != line.school:
                owner = self.requests[code].school.code
                self._fault(line, "school", "gone", f"{code} is a request of {owner}", code)
        requests = [self.requests[code] for code in line.visits if code in known]
        if slot is None or len(requests) < len(line.visits):
            return None
        self._check_party(line, requests)
        visits = self._check_consent(line, requests, slot)
        return _Shift(line, requests, slot, visits)

    def _check_party(self, line: ShiftLine, requests: list[Request]) -> None:
        party = {visit.id for visit in self.room.instance.party_by_visit[line.visits[0]]}
        if party != set(line.visits):
            together = ", ".join(sorted(party))
            self._fault(line, "visits", "together", f"must be all that go out together: {together}")
        for request in requests:
            if request.id in self.open:
                text = f"{request.code} has an offer that waits for its answer"
                self._fault(line, "visits", "asked_already", text, request.code)

    def _check_consent(self, line: ShiftLine, requests: list[Request], slot: Slot) -> list[Visit]:
        grades = [request_grade(self.session, request) for request in requests]
        if blocked(self.session, requests[0].school_id, grades, halves([slot])):
            self._fault(line, "slot", "blocked", f"{line.slot} is blocked in the school's calendar")
        if all(any(wish.slot_id == slot.id for wish in request.requested) for request in requests):
            text = f"{line.slot} is a date that the school asked for: no consent is needed"
            self._fault(line, "slot", "wished", text)
        if any((request.id, slot.id) in self.refused for request in requests):
            self._fault(line, "slot", "declined", f"{line.slot} was declined by the school before")
        visits = [visit for request in requests if (visit := standing_visit(self.session, request.id)) is not None]
        for visit in visits:
            if visit.slot_id == slot.id:
                code = visit.request.code
                self._fault(line, "slot", "there_already", f"{code} stands at {line.slot} already", code)
            elif visit.status is not VisitStatus.PUBLISHED:
                text = f"{visit.request.code} is {visit.status.value}, and stays where it is"
                self._fault(line, "visits", "settled", text, visit.request.code)
        if 0 < len(visits) < len(requests):
            text = "only some of them have a place: publish or repair the plan first"
            self._fault(line, "visits", "half_placed", text)
        return visits

    def _make(self, shift: _Shift) -> None:
        held = not shift.visits
        try:
            # what is not held leaves the plan as it is: its school may say no, and then its places are not free
            places = self.room.put(shift.line.visits, shift.slot.code, keep=held)
        except NoRoom as error:
            text = f"no room at {shift.slot.code} as the plan stands now: {error}"
            self._fault(shift.line, "slot", "no_room", text)
            return
        if held:
            hold(self.session, self.run, shift.requests, shift.slot, places)
            self.sent.held += len(shift.requests)
        for request in shift.requests:
            offer = put_forward(
                self.session, self.clock, request.id, shift.slot.id, self.run, self.until, shift.line.gains
            )
            self.session.flush()
            self.sent.offers.append(offer)
            self.asked[request.school_id].append((offer, held))
            record_change(
                self.session, self.actor, "offer_sent", "request", request.id, offer=offer.id, slot=shift.slot.code
            )

    def _tell(self) -> None:
        """One message a school for all dates that it is asked to take."""
        for school_id, asked in self.asked.items():
            first, _ = asked[0]
            school = self.by_id[first.request_id].school
            subject = f"offers:{self.run}:from:{first.id}"
            self.sent.subjects.append(subject)
            tell_school(
                self.session,
                self.clock,
                school_id,
                Kind.SHIFT_OFFER,
                subject,
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
