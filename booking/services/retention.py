"""파기: every night what has been kept for long enough is erased, and the record says what. Statistics stay.

Nothing here depends on when or how often it runs: what is due is asked of the data, and what is erased is due no more.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.clock import Clock, seoul_date, seoul_time
from booking.domain.errors import NotFound
from booking.domain.person import Person
from booking.domain.retention import LINK_DAYS, Erased, Periods, months_before, name_left
from booking.domain.states import LIVE_GROUPS, MessageStatus
from booking.domain.vocabulary import Role, WorkplaceStatus
from booking.domain.whose import Whose
from booking.models.coaches import Coach
from booking.models.history import AccessEntry, HistoryEntry
from booking.models.messages import Message
from booking.models.people import CalendarFeed, OneTimeLink, RecoveryCode, SecondFactor, TeacherPost, User, WebSession
from booking.models.retention import Erasure
from booking.models.terms import Centre, Slot
from booking.models.visits import VisitGroup
from booking.models.workplace_words import WorkplaceFeed, WorkplaceNote
from booking.models.workplaces import Workplace, WorkplaceContact, WorkplaceStep
from booking.services.consents import end_consents
from booking.services.free_words import count_words, erase_words
from booking.services.history import record_change
from booking.services.terms import the_centre

WORKER = "worker"
#: still to be sent, or being sent: its words are needed
UNDER_WAY = (MessageStatus.CREATED, MessageStatus.SENDING)
Ids = sa.Select[Any]


@dataclass(frozen=True, slots=True)
class Limits:
    """The moments before which something has been kept for long enough."""

    contacts: dt.datetime
    texts: dt.datetime
    access: dt.datetime
    links: dt.datetime

    @classmethod
    def of(cls, clock: Clock, periods: Periods) -> Limits:
        """The limits as of today."""
        now = clock.now()
        today = seoul_date(now)

        def before(months: int) -> dt.datetime:
            return seoul_time(months_before(today, months), dt.time(0))

        return cls(
            before(periods.contact_months), before(periods.text_months), before(periods.access_months),
            now - dt.timedelta(days=LINK_DAYS),
        )  # fmt: skip


def periods_of(centre: Centre) -> Periods:
    """The periods that the centre has set."""
    return Periods(centre.contact_months, centre.text_months, centre.access_months)


def _due_texts(limits: Limits) -> Ids:
    since = sa.func.coalesce(Message.settled_at, Message.sent_at, Message.created_at)
    return sa.select(Message.id).where(
        Message.emptied_at.is_(None), Message.status.not_in(UNDER_WAY), since < limits.texts
    )


def _due_contacts(limits: Limits) -> Ids:
    """Of workplaces that ended, so long after their end and their last visit."""
    ended = sa.select(sa.func.max(WorkplaceStep.since)).where(WorkplaceStep.workplace_id == Workplace.id)
    visited = (
        sa.select(sa.func.max(Slot.date))
        .join(VisitGroup, VisitGroup.slot_id == Slot.id)
        .where(VisitGroup.workplace_id == Workplace.id, VisitGroup.status.in_(LIVE_GROUPS))
    )
    last = sa.func.greatest(ended.scalar_subquery(), visited.scalar_subquery())
    return (
        sa.select(Workplace.id)
        .join(WorkplaceContact, WorkplaceContact.workplace_id == Workplace.id)
        .where(Workplace.status == WorkplaceStatus.ENDED, last < seoul_date(limits.contacts))
    )


def _last_seen() -> sa.ColumnElement[dt.datetime]:
    """When somebody with an account was last at work here: came in, was invited, left a school, was switched off."""
    came = sa.select(sa.func.max(WebSession.created_at)).where(WebSession.user_id == User.id).scalar_subquery()
    left = sa.select(sa.func.max(TeacherPost.until)).where(TeacherPost.user_id == User.id).scalar_subquery()
    off = (
        sa.select(sa.func.max(HistoryEntry.at))
        .where(
            HistoryEntry.subject_type == "user",
            HistoryEntry.subject_id == User.id,
            HistoryEntry.action == "account_switched_off",
        )
        .scalar_subquery()
    )
    return cast(
        "sa.ColumnElement[dt.datetime]",
        sa.func.greatest(User.created_at, User.invited_at, came, off, sa.cast(left, sa.DateTime(timezone=True))),
    )


def _due_teachers(limits: Limits) -> Ids:
    """Who speaks for no school any more, or was switched off, for so long."""
    speaks = sa.exists().where(TeacherPost.user_id == User.id, TeacherPost.until.is_(None))
    return sa.select(User.id).where(
        User.role == Role.TEACHER,
        User.erased_at.is_(None),
        sa.or_(~speaks, ~User.active),
        _last_seen() < limits.contacts,
    )


def _due_office(limits: Limits) -> Ids:
    """Who was switched off for as long as the log has to say who somebody was."""
    return sa.select(User.id).where(
        User.role != Role.TEACHER, User.erased_at.is_(None), ~User.active, _last_seen() < limits.access
    )


def _due_coaches(limits: Limits) -> Ids:
    return sa.select(Coach.id).where(Coach.erased_at.is_(None), Coach.ended_on < seoul_date(limits.contacts))


def _due_sessions(limits: Limits) -> Ids:
    return sa.select(WebSession.token_hash).where(
        sa.func.coalesce(WebSession.ended_at, WebSession.expires_at) < limits.contacts
    )


def _due_looks(limits: Limits) -> Ids:
    return sa.select(AccessEntry.id).where(AccessEntry.at < limits.access)


#: what is due, by what is erased, in the order of the work
DUE: dict[Erased, Callable[[Limits], Ids]] = {
    Erased.MESSAGE_TEXT: _due_texts,
    Erased.WORKPLACE_CONTACT: _due_contacts,
    Erased.TEACHER: _due_teachers,
    Erased.OFFICE_ACCOUNT: _due_office,
    Erased.COACH: _due_coaches,
    Erased.SIGN_IN: _due_sessions,
    Erased.ACCESS_LOG: _due_looks,
}


def count_due(session: Session, clock: Clock) -> dict[Erased, int]:
    """Return how much of each kind the next night erases; what is nothing is left out."""
    limits = Limits.of(clock, periods_of(the_centre(session)))
    found = {
        what: session.scalar(sa.select(sa.func.count()).select_from(due(limits).subquery())) or 0
        for what, due in DUE.items()
    }
    found[Erased.FREE_WORDS] = count_words(session, limits.contacts)
    return {what: found[what] for what in Erased if found.get(what)}


def erase_due(session: Session, clock: Clock) -> dict[Erased, int]:
    """Erase what has been kept for long enough, each kind with a line in the record; returns how many of each."""
    try:
        limits = Limits.of(clock, periods_of(the_centre(session)))
    except NotFound:
        return {}
    erased = {what: ERASE[what](session, clock, due(limits)) for what, due in DUE.items()}
    erased[Erased.FREE_WORDS] = erase_words(session, limits.contacts)
    session.execute(sa.delete(OneTimeLink).where(OneTimeLink.expires_at < limits.links))
    session.execute(sa.delete(CalendarFeed).where(CalendarFeed.revoked_at < limits.links))
    found = {what: count for what, count in erased.items() if count}
    for what, count in found.items():
        record_erasure(session, clock, WORKER, what, count)
    session.flush()
    return found


def record_erasure(
    session: Session, clock: Clock, actor: str, what: Erased, count: int, *, kind: Whose | None = None,
    subject_id: int | None = None, reason: str | None = None,
) -> None:  # fmt: skip
    """Write a line into the record."""
    session.add(
        Erasure(
            at=clock.now(), actor=actor, what=what, count=count, subject_type=kind, subject_id=subject_id, reason=reason
        )
    )


def empty_messages(session: Session, clock: Clock, which: Ids) -> int:
    """Erase the words of messages; that they were sent, to whom and with what result stays. Returns how many."""
    emptied = session.execute(
        sa.update(Message)
        .where(Message.id.in_(which), Message.emptied_at.is_(None), Message.status.not_in(UNDER_WAY))
        .values(body=None, substitute=None, own_subject=None, own_text=None, facts={}, emptied_at=clock.now())
        .returning(Message.id)
        .execution_options(synchronize_session=False)
    ).all()
    return len(emptied)


def erase_contacts(session: Session, clock: Clock, which: Ids) -> int:
    """Erase who answers for workplaces, and what was written of them in words. Returns how many."""
    places = session.scalars(which).all()
    if not places:
        return 0
    gone = session.execute(
        sa.delete(WorkplaceContact)
        .where(WorkplaceContact.workplace_id.in_(places))
        .returning(WorkplaceContact.workplace_id)
        .execution_options(synchronize_session=False)
    ).all()
    session.execute(sa.update(Workplace).where(Workplace.id.in_(places)).values(notes=""))
    session.execute(sa.update(WorkplaceNote).where(WorkplaceNote.workplace_id.in_(places)).values(text=""))
    session.execute(
        sa.update(WorkplaceFeed)
        .where(WorkplaceFeed.workplace_id.in_(places), WorkplaceFeed.revoked_at.is_(None))
        .values(revoked_at=clock.now())
    )
    end_consents(session, clock, WORKER, Whose.WORKPLACE, places)
    session.expire_all()
    return len(gone)


def erase_accounts(session: Session, clock: Clock, which: Ids) -> int:
    """Erase who accounts belong to: nobody can come in by them, and what they did keeps their number."""
    people = session.scalars(sa.select(User).where(User.id.in_(which)).with_for_update()).all()
    numbers = [person.id for person in people]
    for table in (WebSession, OneTimeLink, CalendarFeed, RecoveryCode, SecondFactor):
        session.execute(sa.delete(table).where(table.user_id.in_(numbers)))
    end_consents(session, clock, WORKER, Whose.USER, numbers)
    for person in people:
        person.name, person.phone, person.password_hash = name_left(person.id), None, None
        person.email = f"erased-{person.id}@erased.invalid"
        person.active, person.invited_at, person.erased_at = False, None, clock.now()
    session.flush()
    return len(people)


def erase_coaches(session: Session, clock: Clock, which: Ids) -> int:
    """Erase who coaches are; how many were sent along stays."""
    people = session.scalars(sa.select(Coach).where(Coach.id.in_(which)).with_for_update()).all()
    end_consents(session, clock, WORKER, Whose.COACH, [person.id for person in people])
    for person in people:
        person.name, person.phone, person.email, person.erased_at = name_left(person.id), None, None, clock.now()
        person.version += 1
    session.flush()
    return len(people)


def _delete(table: type[WebSession | AccessEntry], key: Any) -> Callable[[Session, Clock, Ids], int]:
    def erase(session: Session, _clock: Clock, which: Ids) -> int:
        gone = sa.delete(table).where(key.in_(which)).returning(key).execution_options(synchronize_session=False)
        return len(session.execute(gone).all())

    return erase


#: how each is erased; the counterpart of :data:`DUE`
ERASE: dict[Erased, Callable[[Session, Clock, Ids], int]] = {
    Erased.MESSAGE_TEXT: empty_messages,
    Erased.WORKPLACE_CONTACT: erase_contacts,
    Erased.TEACHER: erase_accounts,
    Erased.OFFICE_ACCOUNT: erase_accounts,
    Erased.COACH: erase_coaches,
    Erased.SIGN_IN: _delete(WebSession, WebSession.token_hash),
    Erased.ACCESS_LOG: _delete(AccessEntry, AccessEntry.id),
}


def save_periods(session: Session, person: Person, periods: Periods) -> bool:
    """Set for how long data are kept; returns whether that changed anything.

    Raises:
        Forbidden: not the administrator.
    """
    person.require_role(Role.ADMINISTRATOR)
    centre = the_centre(session)
    session.refresh(centre, with_for_update=True)
    before = periods_of(centre)
    if before == periods:
        return False
    centre.contact_months, centre.text_months = periods.contact_months, periods.text_months
    centre.access_months = periods.access_months
    record_change(
        session, person.actor, "retention_changed", "centre", centre.id,
        before=[before.contact_months, before.text_months, before.access_months],
        now=[periods.contact_months, periods.text_months, periods.access_months],
    )  # fmt: skip
    session.flush()
    return True
