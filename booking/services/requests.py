"""신청: a school asks, changes its mind, withdraws."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session, selectinload
from sqlalchemy.orm.attributes import flag_modified

from booking.clock import Clock
from booking.config import Config
from booking.domain.errors import Conflict, InvalidForm, InvalidInput, NotFound
from booking.domain.ids import RequestId, SlotId
from booking.domain.person import Person
from booking.domain.phases import Action, may_change, require, require_request
from booking.domain.states import (
    LIVE_VISITS,
    OFFER_STEPS,
    REQUEST_STEPS,
    VISIT_STEPS,
    OfferStatus,
    RequestStatus,
    VisitStatus,
    step,
)
from booking.domain.vocabulary import JobField, Role, SlotWish
from booking.models.offers import Offer
from booking.models.requests import Bundle, Request, RequestSlot
from booking.models.schools import School, SchoolClass
from booking.models.terms import Slot, Term
from booking.models.visits import Visit, VisitGroup
from booking.notify.catalogue import Kind
from booking.services.attendance import require_unreported
from booking.services.history import record_change
from booking.services.notices import refresh_notices
from booking.services.outlook_asking import ask_outlook
from booking.services.placing import live_groups, release
from booking.services.request_judging import RequestDraft, check_draft, check_wishes
from booking.services.school_year import request_grade
from booking.services.telling import slot_facts, tell_school
from booking.services.terms import current_term, lock_term, phase_today

MOST_PUPILS = 100
MOST_CHAPERONES = 20
MOST_REASON = 500


@dataclass(frozen=True, slots=True)
class RequestChange:
    """What a teacher changes of one request."""

    pupils: int
    chaperones_needed: int
    fields: tuple[JobField, ...]
    requested: tuple[SlotId, ...]
    negotiable: tuple[SlotId, ...] = ()


def _wishes(requested: Sequence[SlotId], negotiable: Sequence[SlotId]) -> list[RequestSlot]:
    return [
        RequestSlot(slot_id=slot, wish=wish, position=position)
        for wish, slots in ((SlotWish.REQUESTED, requested), (SlotWish.NEGOTIABLE, negotiable))
        for position, slot in enumerate(slots)
    ]


def _classes(session: Session, draft: RequestDraft) -> list[SchoolClass]:
    found = {
        row.id: row
        for row in session.scalars(
            sa.select(SchoolClass).where(
                SchoolClass.school_id == draft.school_id,
                SchoolClass.id.in_(set(draft.class_ids)),
                SchoolClass.active,
            )
        )
    }
    return [found[class_id] for class_id in draft.class_ids if class_id in found]


def _next_codes(session: Session, term: Term, count: int) -> list[str]:
    """Codes for new requests, after the largest that the term has; the term's row is locked by the caller."""
    last = session.scalar(
        sa.select(sa.func.max(sa.cast(sa.func.substring(Request.code, r"^V(\d+)$"), sa.BigInteger))).where(
            Request.term_id == term.id
        )
    )
    first = (last if last is not None else -1) + 1
    return [f"V{number:04d}" for number in range(first, first + count)]


def submit_requests(
    session: Session,
    clock: Clock,
    person: Person,
    draft: RequestDraft,
    *,
    bundle: Bundle | None = None,
    tell: bool = True,
) -> list[Request]:
    """Store one request for each class, bound together where they go out together, and confirm the receipt.

    A teacher asks for the own school, the office for any: a school may send a list. Between the window and the
    left-over phase requests are late: kept, and looked at in the left-over phase. ``bundle`` is one that they join;
    without ``tell`` the receipt is the caller's to confirm.

    Raises:
        InvalidForm: every fault of the draft, field by field.
        PhaseClosed: the term takes no requests at present.
        NotFound: another school's.
    """
    person.require_role(Role.TEACHER, Role.COORDINATOR, Role.ADMINISTRATOR)
    person.require_school(draft.school_id)
    term = current_term(session)
    late = require_request(phase_today(term, clock))
    classes = _classes(session, draft)
    check_draft(session, clock, term, draft, classes)
    lock_term(session, term)
    codes = _next_codes(session, term, len(classes))
    if bundle is None and draft.together and len(classes) > 1:
        bundle = Bundle(term_id=term.id, school_id=draft.school_id, code=f"bundle-{codes[0]}")
        session.add(bundle)
        session.flush()
    requests = [
        Request(
            term_id=term.id,
            school_id=draft.school_id,
            code=code,
            class_id=school_class.id,
            label=school_class.label,
            pupils=school_class.pupils,
            chaperones_needed=school_class.chaperones_needed,
            fields=[field.value for field in draft.fields],
            bundle_id=bundle.id if bundle is not None else None,
            late=late,
            created_by_id=person.user_id,
            wishes=_wishes(draft.requested, draft.negotiable),
        )
        for code, school_class in zip(codes, classes, strict=True)
    ]
    session.add_all(requests)
    session.flush()
    for request in requests:
        record_change(session, person.actor, "requested", "request", request.id, pupils=request.pupils)
    if tell:
        acknowledge(session, clock, term, requests)
    ask_outlook(session, term.id)
    return requests


def acknowledge(session: Session, clock: Clock, term: Term, requests: Sequence[Request]) -> None:
    """Confirm to their school that requests with the same wishes have arrived."""
    first = requests[0]
    school = session.get_one(School, first.school_id)
    slots = {
        slot.id: slot
        for slot in session.scalars(sa.select(Slot).where(Slot.id.in_([wish.slot_id for wish in first.requested])))
    }
    tell_school(
        session,
        clock,
        first.school_id,
        Kind.REQUEST_RECEIVED,
        f"submission:{first.id}",
        1,
        {
            "school": school.name,
            "school_sms": school.sms_name,
            "labels": [request.label for request in requests],
            "wishes": [slot_facts(slots[wish.slot_id]) for wish in first.requested],
            "late_on": term.leftovers_on.isoformat() if first.late else None,
        },
    )


def find_request(session: Session, person: Person, request_id: RequestId, *, lock: bool = False) -> Request:
    """Return a request that this person may see.

    Raises:
        NotFound: there is none, or it is another school's.
    """
    query = (
        sa.select(Request)
        .where(Request.id == request_id)
        .options(selectinload(Request.wishes).selectinload(RequestSlot.slot), selectinload(Request.school))
        .execution_options(populate_existing=lock)
    )
    request = session.scalar(query.with_for_update(of=Request) if lock else query)
    if request is None:
        raise NotFound(f"request {request_id}")
    person.require_school(request.school_id)
    return request


def _lock_for_change(
    session: Session, clock: Clock, person: Person, request_id: RequestId, version: int, action: Action
) -> Request:
    request = find_request(session, person, request_id)
    term = session.get_one(Term, request.term_id)
    phase = phase_today(term, clock)
    if action is not Action.CHANGE_REQUEST or not may_change(phase, late=request.late):
        require(phase, action)
    lock_term(session, term)
    request = find_request(session, person, request_id, lock=True)
    if request.version != version:
        raise Conflict("the request was changed meanwhile", yours=version, now=request.version)
    return request


def change_request(
    session: Session, clock: Clock, person: Person, request_id: RequestId, version: int, change: RequestChange
) -> Request:
    """Change a request that has no visit yet.

    Raises:
        InvalidForm: every fault, field by field.
        Conflict: somebody changed it since ``version`` was read, or it stands in the published plan
            (``reason`` ``already_allocated``: the centre is asked for a change then).
        PhaseClosed, NotFound: as for ``submit_requests``.
    """
    request = _lock_for_change(session, clock, person, request_id, version, Action.CHANGE_REQUEST)
    term = session.get_one(Term, request.term_id)
    free = request.school_id, [request_grade(session, request)]
    faults = check_wishes(session, clock, term, change.fields, change.requested, change.negotiable, free)
    if not 1 <= change.pupils <= MOST_PUPILS:
        faults.insert(0, InvalidInput(field="pupils", reason="range", least=1, most=MOST_PUPILS))
    if not 0 <= change.chaperones_needed <= MOST_CHAPERONES:
        faults.append(InvalidInput(field="chaperones_needed", reason="range", least=0, most=MOST_CHAPERONES))
    if faults:
        raise InvalidForm(faults)
    if request.status not in {RequestStatus.SUBMITTED, RequestStatus.UNSERVED}:
        raise Conflict("it stands in the published plan", reason="already_allocated")
    before = {"pupils": request.pupils, "slots": [wish.slot.code for wish in request.requested]}
    request.pupils = change.pupils
    request.chaperones_needed = change.chaperones_needed
    request.fields = [field.value for field in change.fields]
    request.status = RequestStatus.SUBMITTED
    request.wishes.clear()
    session.flush()
    request.wishes.extend(_wishes(change.requested, change.negotiable))
    # where only the wishes changed, the row itself must be seen to have changed as well
    flag_modified(request, "fields")
    session.flush()
    session.expire(request, ["wishes"])
    record_change(session, person.actor, "request_changed", "request", request.id, before=before)
    ask_outlook(session, term.id)
    return request


def withdraw_request(
    session: Session, clock: Clock, config: Config, person: Person, request_id: RequestId, version: int, reason: str
) -> Request:
    """Withdraw a request, with its reason; a published visit is cancelled and its workplaces are told.

    Raises:
        InvalidInput: no reason was given, or it is too long.
        IllegalTransition: it was withdrawn or served already.
        Conflict, PhaseClosed, NotFound: as for ``change_request``.
    """
    text = reason.strip()
    if not text or len(text) > MOST_REASON:
        raise InvalidInput(field="reason", reason="required" if not text else "too_long", most=MOST_REASON)
    request = _lock_for_change(session, clock, person, request_id, version, Action.WITHDRAW_REQUEST)
    request.status = step(REQUEST_STEPS, request.status, RequestStatus.WITHDRAWN)
    request.withdrawn_reason = text
    request.pinned_slot_id = None
    for offer in session.scalars(
        sa.select(Offer).where(Offer.request_id == request.id, Offer.status.in_([OfferStatus.FOUND, OfferStatus.SENT]))
    ):
        offer.status = step(OFFER_STEPS, offer.status, OfferStatus.WITHDRAWN)
    visit = session.scalar(
        sa.select(Visit)
        .where(Visit.request_id == request.id, Visit.status.in_(LIVE_VISITS))
        .options(selectinload(Visit.groups).selectinload(VisitGroup.workplace), selectinload(Visit.slot))
    )
    if visit is not None:
        require_unreported(session, visit)
        touched = release(live_groups(visit))
        visit.status = step(VISIT_STEPS, visit.status, VisitStatus.CANCELLED)
        visit.cancelled_by = person.actor
        refresh_notices(session, clock, config, touched)
    record_change(session, person.actor, "withdrawn", "request", request.id, reason=text)
    ask_outlook(session, request.term_id)
    session.flush()
    return request
