"""삭제 요구: one person's data are erased because that person wants it; what happened stays counted."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.clock import Clock, seoul_date
from booking.domain.errors import Conflict, InvalidForm, InvalidInput
from booking.domain.ids import SlotId
from booking.domain.person import Person
from booking.domain.retention import LEAST_REASON, MOST_REASON, Erased
from booking.domain.states import LIVE_DISPATCHES, LIVE_GROUPS
from booking.domain.vocabulary import Role
from booking.domain.whose import Whose
from booking.models.coaches import Coach
from booking.models.dispatches import CoachDispatch
from booking.models.foretelling import Foretelling
from booking.models.messages import Message
from booking.models.people import TeacherPost, User
from booking.models.terms import Slot
from booking.models.visits import VisitGroup
from booking.models.workplaces import WorkplaceContact
from booking.queries.personal_data import Subject, find_subject
from booking.queries.recipients import COLUMN_OF
from booking.services.history import record_change
from booking.services.retention import (
    UNDER_WAY,
    empty_messages,
    erase_accounts,
    erase_coaches,
    erase_contacts,
    record_erasure,
)

WHAT = {Whose.WORKPLACE: Erased.WORKPLACE_CONTACT, Whose.COACH: Erased.COACH}


class StillNeeded(Conflict):
    """Somebody is still expected to be there: ``reason`` says what has to be done before the data can go."""

    code = "still_needed"


def read_reason(text: str) -> str:
    """Return why it is erased, in one line.

    Raises:
        InvalidForm: it says too little or too much (``reason``).
    """
    reason = " ".join(text.replace("\0", " ").split())
    if not LEAST_REASON <= len(reason) <= MOST_REASON:
        raise InvalidForm([InvalidInput(field="reason", reason="purpose", least=LEAST_REASON, most=MOST_REASON)])
    return reason


def needed_for(session: Session, clock: Clock, subject: Subject) -> str | None:
    """Return why a person's data cannot go yet; None where they can go.

    The reasons: ``has_post``, ``visits_ahead``, ``outings_ahead``, ``active``, ``goes_on``, ``messages``.
    """
    if _under_way(session, subject):
        return "messages"
    today = seoul_date(clock.now())
    if subject.kind is Whose.WORKPLACE:
        visits = sa.select(VisitGroup.slot_id).where(
            VisitGroup.workplace_id == subject.id, VisitGroup.status.in_(LIVE_GROUPS)
        )
        return "visits_ahead" if _lies_ahead(session, today, visits) else None
    if subject.kind is Whose.COACH:
        outings = sa.select(CoachDispatch.slot_id).where(
            CoachDispatch.coach_id == subject.id, CoachDispatch.status.in_(LIVE_DISPATCHES)
        )
        if _lies_ahead(session, today, outings):
            return "outings_ahead"
        ended = session.get_one(Coach, subject.id).ended_on
        return "goes_on" if ended is None or ended > today else None
    user = session.get_one(User, subject.id)
    if user.role is not Role.TEACHER:
        return "active" if user.active else None
    speaks = sa.select(TeacherPost.id).where(TeacherPost.user_id == user.id, TeacherPost.until.is_(None))
    return "has_post" if session.scalar(speaks.limit(1)) is not None else None


def _lies_ahead(session: Session, today: dt.date, slots: sa.Select[SlotId]) -> bool:
    """Whether one of these slots is today or later."""
    ahead = sa.select(Slot.id).where(Slot.id.in_(slots), Slot.date >= today)
    return session.scalar(ahead.limit(1)) is not None


def _to(subject: Subject) -> sa.ColumnElement[bool]:
    return COLUMN_OF[subject.kind] == subject.id


def _under_way(session: Session, subject: Subject) -> bool:
    waiting = sa.select(Message.id).where(_to(subject), Message.status.in_(UNDER_WAY))
    return session.scalar(waiting.limit(1)) is not None


def _naming(subject: Subject) -> sa.ColumnElement[bool]:
    """Messages, to whomever, in which the person's address, number or name stands."""
    words = [text for text in (subject.email, subject.phone, subject.name) if text and len(text) > 1]
    words += ["".join(sign for sign in text if sign.isdigit()) for text in words if text == subject.phone]
    texts = (sa.cast(Message.facts, sa.Text), Message.body, Message.own_text, Message.own_subject)
    return sa.or_(*(column.contains(word, autoescape=True) for column in texts for word in words))


def erase_person(session: Session, clock: Clock, person: Person, kind: Whose, number: int, reason: str) -> int:
    """Erase a person's data, and the words of every message to them or naming them; returns how many messages.

    The number of the row stays, so that visits, attendances and the log still add up.

    Raises:
        Forbidden: not the administrator.
        InvalidForm: no reason is given (``reason``).
        NotFound: there is nobody, or nothing is left.
        StillNeeded: the person is still expected (``reason`` as :func:`needed_for`).
    """
    person.require_role(Role.ADMINISTRATOR)
    why = read_reason(reason)
    subject = find_subject(session, kind, number)
    _lock(session, subject)
    subject = find_subject(session, kind, number)
    needed = needed_for(session, clock, subject)
    if needed is not None:
        raise StillNeeded(f"{kind.value} {number}", reason=needed)
    which = sa.select(Message.id).where(sa.or_(_to(subject), _naming(subject)))
    emptied = empty_messages(session, clock, which)
    # what was written only to be looked at names people too; whoever looks again has it written anew
    session.execute(sa.delete(Foretelling))
    this = sa.select(sa.literal(number))
    if kind is Whose.USER:
        what = Erased.TEACHER if session.get_one(User, number).role is Role.TEACHER else Erased.OFFICE_ACCOUNT
        erase_accounts(session, clock, this)
    else:
        what = WHAT[kind]
        (erase_contacts if kind is Whose.WORKPLACE else erase_coaches)(session, clock, this)
    record_erasure(session, clock, person.actor, what, 1, kind=kind, subject_id=number, reason=why)
    if emptied:
        record_erasure(
            session, clock, person.actor, Erased.MESSAGE_TEXT, emptied, kind=kind, subject_id=number, reason=why
        )
    record_change(session, person.actor, "person_erased", kind.value, number, messages=emptied)
    session.flush()
    return emptied


def _lock(session: Session, subject: Subject) -> None:
    if subject.kind is Whose.USER:
        session.get(User, subject.id, with_for_update=True, populate_existing=True)
    elif subject.kind is Whose.WORKPLACE:
        session.get(WorkplaceContact, subject.id, with_for_update=True, populate_existing=True)
    else:
        session.get(Coach, subject.id, with_for_update=True, populate_existing=True)
