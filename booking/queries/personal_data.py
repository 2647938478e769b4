"""열람: whose data there are, and everything that is kept about one person, to be shown to that person."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from booking.domain.errors import NotFound
from booking.domain.whose import Whose
from booking.models.coaches import Coach
from booking.models.history import AccessEntry, HistoryEntry
from booking.models.messages import Message
from booking.models.people import TeacherPost, User, WebSession
from booking.models.retention import Erasure
from booking.models.workplaces import WorkplaceContact
from booking.queries.recipients import COLUMN_OF

#: of each kind that a search finds, and of each list that is shown to somebody
MOST_FOUND, MOST_SHOWN = 30, 500
LONGEST_SEARCH = 80
#: of a telephone number: fewer belong to everybody
LEAST_DIGITS = 4


@dataclass(frozen=True, slots=True)
class Subject:
    """Somebody whose data are kept. ``name``, ``email`` and ``phone`` are for masking until a purpose is given."""

    kind: Whose
    id: int
    name: str
    email: str | None
    phone: str | None
    #: what of: the workplace that a contact answers for
    of: str = ""


@dataclass(frozen=True, slots=True)
class Held:
    """Everything that is kept about one person."""

    subject: Subject
    #: from a table's column to its value, as it stands
    facts: tuple[tuple[str, str], ...]
    posts: tuple[TeacherPost, ...]
    sign_ins: tuple[WebSession, ...]
    messages: tuple[Message, ...]
    #: who has looked at these data, and why
    looks: tuple[tuple[AccessEntry, str | None], ...]
    #: what the person has changed, by what it was, and how often
    changes: tuple[tuple[str, int], ...]


def find_people(session: Session, text: str) -> list[Subject]:
    """Return whom a name, an address or a number belongs to; numbers with or without their hyphens."""
    text = text.strip()[:LONGEST_SEARCH]
    if not text:
        return []
    users = sa.select(User).where(User.erased_at.is_(None), _matches(User, text)).order_by(User.name)
    contacts = (
        sa.select(WorkplaceContact)
        .where(_matches(WorkplaceContact, text))
        .options(joinedload(WorkplaceContact.workplace))
        .order_by(WorkplaceContact.name)
    )
    coaches = sa.select(Coach).where(Coach.erased_at.is_(None), _matches(Coach, text)).order_by(Coach.name)
    return [
        *(_user(one) for one in session.scalars(users.limit(MOST_FOUND))),
        *(_contact(one) for one in session.scalars(contacts.limit(MOST_FOUND))),
        *(_coach(one) for one in session.scalars(coaches.limit(MOST_FOUND))),
    ]


def _matches(table: type[User | WorkplaceContact | Coach], text: str) -> sa.ColumnElement[bool]:
    digits = "".join(sign for sign in text if sign.isdigit())
    tests = [table.name.icontains(text, autoescape=True), table.email.icontains(text, autoescape=True)]
    if len(digits) >= LEAST_DIGITS:
        tests.append(sa.func.regexp_replace(table.phone, r"\D", "", "g").contains(digits))
    return sa.or_(*tests)


def _user(one: User) -> Subject:
    return Subject(Whose.USER, one.id, one.name, one.email, one.phone)


def _contact(one: WorkplaceContact) -> Subject:
    return Subject(Whose.WORKPLACE, one.workplace_id, one.name, one.email, one.phone, one.workplace.name)


def _coach(one: Coach) -> Subject:
    return Subject(Whose.COACH, one.id, one.name, one.email, one.phone)


def find_subject(session: Session, kind: Whose, number: int) -> Subject:
    """Return one person.

    Raises:
        NotFound: there is none, or what there was is erased.
    """
    if kind is Whose.USER:
        user = session.get(User, number)
        if user is not None and user.erased_at is None:
            return _user(user)
    elif kind is Whose.WORKPLACE:
        contact = session.get(WorkplaceContact, number)
        if contact is not None:
            return _contact(contact)
    else:
        coach = session.get(Coach, number)
        if coach is not None and coach.erased_at is None:
            return _coach(coach)
    raise NotFound(f"{kind.value} {number}")


def held_about(session: Session, subject: Subject) -> Held:
    """Return everything that is kept about a person, the newest :data:`MOST_SHOWN` of each list."""
    user = subject.kind is Whose.USER
    posts = sa.select(TeacherPost).where(TeacherPost.user_id == subject.id).options(joinedload(TeacherPost.school))
    came = sa.select(WebSession).where(WebSession.user_id == subject.id).order_by(WebSession.created_at.desc())
    column = COLUMN_OF[subject.kind]
    messages = sa.select(Message).where(column == subject.id).order_by(Message.id.desc())
    looks = (
        sa.select(AccessEntry, User.name)
        .outerjoin(User, User.id == AccessEntry.user_id)
        .where(AccessEntry.subject_type == subject.kind.value, AccessEntry.subject_id == subject.id)
        .order_by(AccessEntry.id.desc())
    )
    actor = f"{subject.kind.value}:{subject.id}"
    changes = (
        sa.select(HistoryEntry.action, sa.func.count())
        .where(HistoryEntry.actor == actor)
        .group_by(HistoryEntry.action)
        .order_by(sa.func.count().desc(), HistoryEntry.action)
    )
    return Held(
        subject,
        _facts(session, subject),
        tuple(session.scalars(posts.order_by(TeacherPost.since))) if user else (),
        tuple(session.scalars(came.limit(MOST_SHOWN))) if user else (),
        tuple(session.scalars(messages.limit(MOST_SHOWN))),
        tuple((entry, name) for entry, name in session.execute(looks.limit(MOST_SHOWN))),
        tuple((action, count) for action, count in session.execute(changes)),
    )


_FACTS: dict[Whose, tuple[type[User | WorkplaceContact | Coach], tuple[str, ...]]] = {
    Whose.USER: (User, ("name", "email", "phone", "role", "language", "active", "created_at")),
    Whose.WORKPLACE: (WorkplaceContact, ("name", "title", "email", "phone", "language")),
    Whose.COACH: (Coach, ("name", "phone", "email", "language", "training_valid_until", "ended_on")),
}


def _facts(session: Session, subject: Subject) -> tuple[tuple[str, str], ...]:
    table, names = _FACTS[subject.kind]
    row = session.get_one(table, subject.id)
    values = ((name, getattr(row, name)) for name in names)
    return tuple((name, _text(value)) for name, value in values if value is not None)


def _text(value: object) -> str:
    return value.isoformat() if isinstance(value, dt.date) else str(value)


def erasures(session: Session, limit: int) -> Sequence[Erasure]:
    """Return the newest lines of the record of what was erased."""
    return session.scalars(sa.select(Erasure).order_by(Erasure.id.desc()).limit(limit)).all()
