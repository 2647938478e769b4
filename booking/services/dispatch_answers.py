"""A coach says yes or no to a dispatch: on a private link, or on the telephone. A no is replaced from the pool."""

from __future__ import annotations

from collections.abc import Collection

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from booking.clock import Clock, seoul_date
from booking.config import Config
from booking.domain.contacts import clean_line
from booking.domain.errors import Conflict, InvalidInput, NotFound
from booking.domain.ids import CoachId, DispatchId, SchoolId, SlotId
from booking.domain.person import Person
from booking.domain.states import DISPATCH_STEPS, LIVE_DISPATCHES, DispatchStatus, step
from booking.domain.workplace_notes import LONGEST_NOTE
from booking.models.coaches import CoachAvailability
from booking.models.dispatches import CoachDispatch
from booking.models.terms import Slot, Term
from booking.queries.coaches import available, needed
from booking.services.allocations import STAFF, request_repair
from booking.services.coach_suggestions import suggestions
from booking.services.dispatch_links import resolve_dispatch_link
from booking.services.dispatching import call_back, refresh_dispatches, send
from booking.services.history import record_change
from booking.services.outlook_asking import ask_outlook
from booking.services.terms import current_term, lock_term

#: who is to be sent where, as a page names it
Pair = tuple[SlotId, SchoolId, CoachId]


def read_dispatch(session: Session, token: str) -> CoachDispatch:
    """Return what a coach's link shows; reading changes nothing.

    Raises:
        LinkInvalid: forged, expired, or replaced by a newer one.
    """
    return resolve_dispatch_link(session, token).dispatch


def may_answer(clock: Clock, dispatch: CoachDispatch) -> bool:
    """Whether the coach can still answer: until the day before."""
    return dispatch.status in LIVE_DISPATCHES and dispatch.slot.date > seoul_date(clock.now())


def answer_dispatch(
    session: Session, clock: Clock, config: Config, token: str, *, accept: bool, reason: str = ""
) -> CoachDispatch:
    """Take a coach's answer. The same answer again changes nothing; a yes can become a no until the day before.

    Raises:
        LinkInvalid: as for ``read_dispatch``.
        InvalidInput: the reason is too long.
        Conflict: the day has come, or a no is to become a yes after somebody else was asked.
    """
    lock_term(session, _term_of(session, read_dispatch(session, token)))
    dispatch = read_dispatch(session, token)
    return _take(session, clock, config, dispatch, f"coach:{dispatch.coach_id}", accept=accept, reason=reason)


def answer_dispatch_by_telephone(
    session: Session, clock: Clock, config: Config, person: Person, dispatch_id: DispatchId, *, accept: bool
) -> CoachDispatch:
    """Enter what a coach has said on the telephone.

    Raises:
        NotFound: there is no such dispatch.
        Conflict: as for ``answer_dispatch``.
    """
    person.require_role(*STAFF)
    dispatch = _locked(session, dispatch_id)
    return _take(session, clock, config, dispatch, person.actor, accept=accept, reason="")


def call_coach_back(session: Session, clock: Clock, person: Person, dispatch_id: DispatchId) -> None:
    """Cancel a dispatch on a person's word and tell the coach; cancelling it twice is once.

    Raises:
        NotFound: there is no such dispatch.
        Conflict: the day has come.
    """
    person.require_role(*STAFF)
    dispatch = _locked(session, dispatch_id)
    if dispatch.status not in LIVE_DISPATCHES:
        return
    if dispatch.slot.date <= seoul_date(clock.now()):
        raise Conflict("the day has come", reason="too_late")
    call_back(session, dispatch, person.actor, clock.now())
    session.flush()


def send_chosen(session: Session, clock: Clock, config: Config, person: Person, chosen: Collection[Pair]) -> int:
    """Ask the coaches whom a page has suggested and a person has chosen; returns how many.

    Raises:
        InvalidInput: nobody is chosen.
        Conflict: the plan or the pool has changed since: somebody is no longer suggested there.
    """
    person.require_role(*STAFF)
    if not chosen:
        raise InvalidInput(field="chosen", reason="required")
    term = current_term(session)
    lock_term(session, term)
    wanted = set(chosen)
    found = [
        one
        for one in suggestions(session, term, seoul_date(clock.now()))
        if (one.slot.id, one.school.id, one.coach.id) in wanted
    ]
    if len(found) < len(wanted):
        raise Conflict("the suggestions have changed", reason="changed")
    return len(send(session, clock, config, found, person.actor))


def _take(
    session: Session, clock: Clock, config: Config, dispatch: CoachDispatch, actor: str, *, accept: bool, reason: str
) -> CoachDispatch:
    wanted = DispatchStatus.ACCEPTED if accept else DispatchStatus.DECLINED
    words = clean_line(reason, "reason", LONGEST_NOTE) if reason.strip() else None
    if dispatch.status is wanted:
        return dispatch
    if dispatch.status is DispatchStatus.DECLINED:
        raise Conflict("somebody else was asked", reason="declined_before")
    if not may_answer(clock, dispatch):
        raise Conflict("the day has come", reason="too_late")
    dispatch.status = step(DISPATCH_STEPS, dispatch.status, wanted)
    dispatch.answered_at, dispatch.answer_reason = clock.now(), words
    action = "coach_accepted" if accept else "coach_declined"
    record_change(session, actor, action, "coach", dispatch.coach_id, slot=dispatch.slot.code)
    if not accept:
        _replace(session, clock, config, dispatch, actor)
    session.flush()
    return dispatch


def _replace(session: Session, clock: Clock, config: Config, dispatch: CoachDispatch, actor: str) -> None:
    """Take the half-day from what the coach has promised; whoever is next is asked, or suggested to the office."""
    term = _term_of(session, dispatch)
    session.execute(
        sa.delete(CoachAvailability).where(
            CoachAvailability.coach_id == dispatch.coach_id, CoachAvailability.slot_id == dispatch.slot_id
        )
    )
    dispatch.coach.version += 1
    session.flush()
    refresh_dispatches(session, clock, config, term)
    ask_outlook(session, term.id)
    if needed(session, term.id)[dispatch.slot_id] > available(session, term.id)[dispatch.slot_id]:
        request_repair(session, clock, config, term.id, actor)


def _term_of(session: Session, dispatch: CoachDispatch) -> Term:
    return session.scalars(sa.select(Term).join(Slot, Slot.term_id == Term.id).where(Slot.id == dispatch.slot_id)).one()


def _locked(session: Session, dispatch_id: DispatchId) -> CoachDispatch:
    dispatch = session.get(CoachDispatch, dispatch_id)
    if dispatch is None:
        raise NotFound(f"dispatch {dispatch_id}")
    lock_term(session, _term_of(session, dispatch))
    return session.get_one(
        CoachDispatch, dispatch_id, options=[joinedload(CoachDispatch.slot), joinedload(CoachDispatch.coach)],
        populate_existing=True,
    )  # fmt: skip
