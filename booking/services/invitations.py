"""The coordinator's side of accounts: invite, invite again, withdraw. The office's accounts are the administrator's."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.clock import Clock, seoul_date
from booking.domain.contacts import clean_email, clean_line
from booking.domain.entry import LIFETIMES, LinkPurpose
from booking.domain.errors import Conflict, InvalidForm, InvalidInput, NotFound
from booking.domain.ids import SchoolId, UserId
from booking.domain.person import Person
from booking.domain.vocabulary import Language, Role
from booking.models.people import TeacherPost, User
from booking.models.schools import School
from booking.notify.catalogue import Kind
from booking.services.entry import next_version
from booking.services.history import record_change
from booking.services.messages import Draft, withdraw_messages, write_message
from booking.services.one_time_links import close_links
from booking.services.posts import begin_post, open_questions, posts_now

#: accounts that only an administrator invites, changes or switches off
OFFICE = (Role.COORDINATOR, Role.OFFICER, Role.ADMINISTRATOR)


@dataclass(frozen=True, slots=True)
class Invited:
    """Whom to invite, as the form has it; school and title are a teacher's."""

    email: str
    name: str
    role: Role = Role.TEACHER
    school_id: SchoolId | None = None
    title: str = ""
    language: Language = Language.KO


def require_keeper(person: Person, role: Role) -> None:
    """Refuse whoever may not keep accounts of this role: teachers' are the coordinators', the office's are not.

    Raises:
        Forbidden: with the role that is missing.
    """
    person.require_role(Role.ADMINISTRATOR, *(() if role in OFFICE else (Role.COORDINATOR,)))


def invite(session: Session, clock: Clock, person: Person, wanted: Invited) -> tuple[User, bool]:
    """Invite somebody, or give a teacher with an account a further school; returns the account and if it is new.

    Raises:
        Forbidden: the role is not this person's to give.
        InvalidForm: naming each field that cannot be accepted.
    """
    require_keeper(person, wanted.role)
    email, name, title, school = _checked(session, wanted)
    session.execute(sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtext(f"invite:{email}"))))
    user = session.scalar(sa.select(User).where(User.email == email).execution_options(populate_existing=True))
    if user is not None and (user.active or user.password_hash is not None):
        return _further_school(session, clock, person, user, wanted.role, school, title), False
    if user is None:
        user = User(email=email, name=name, role=wanted.role, language=wanted.language, active=False)
        session.add(user)
    else:
        require_keeper(person, user.role)
        user.name, user.role, user.language = name, wanted.role, wanted.language
        for post in posts_now(session, clock, user.id):
            post.until = seoul_date(clock.now())
    session.flush()
    if school is not None:
        begin_post(session, clock, person, user, school, title)
    _write_invitation(session, person, user, school, title)
    return user, True


def _checked(session: Session, wanted: Invited) -> tuple[str, str, str, School | None]:
    faults: list[InvalidInput] = []
    email = name = title = ""
    school = None
    try:
        email = clean_email(wanted.email)
    except InvalidInput as fault:
        faults.append(fault)
    try:
        name = clean_line(wanted.name, "name")
    except InvalidInput as fault:
        faults.append(fault)
    if wanted.role is Role.TEACHER:
        school = session.get(School, wanted.school_id) if wanted.school_id is not None else None
        if school is None:
            faults.append(InvalidInput(field="school", reason="required"))
        try:
            title = clean_line(wanted.title, "title")
        except InvalidInput as fault:
            faults.append(fault)
    if faults:
        raise InvalidForm(faults)
    return email, name, title, school


def _further_school(
    session: Session, clock: Clock, person: Person, user: User, role: Role, school: School | None, title: str
) -> User:
    """A known address: a teacher gets one more school and keeps name and password; nobody gets a second account."""
    if school is None or user.role is not Role.TEACHER or role is not Role.TEACHER:
        raise InvalidForm([InvalidInput(field="email", reason="has_account")])
    if not user.active:
        raise InvalidForm([InvalidInput(field="email", reason="switched_off")])
    if any(post.school_id == school.id for post in posts_now(session, clock, user.id)):
        raise InvalidForm([InvalidInput(field="email", reason="already_there")])
    begin_post(session, clock, person, user, school, title)
    facts = {"school": school.name, "title": title, "before": None, **open_questions(session, school)}
    write_message(session, Draft(Kind.SCHOOL_ADDED, user, f"user:{user.id}", next_version(session, user), facts))
    return user


def _write_invitation(session: Session, person: Person, user: User, school: School | None, title: str) -> None:
    """A new invitation takes the place of an older one, sent or not."""
    version = next_version(session, user)
    withdraw_messages(session, f"user:{user.id}", version)
    close_links(session, user.id, LinkPurpose.INVITATION)
    user.invited_at = sa.func.now()
    session.flush()
    facts = {
        "school": school.name if school else None,
        "title": title or None,
        "days": LIFETIMES[LinkPurpose.INVITATION].days,
        **open_questions(session, school),
    }
    write_message(session, Draft(Kind.INVITATION, user, f"user:{user.id}", version, facts))
    record_change(session, person.actor, "invited", "user", user.id, role=user.role.value)


def _waiting(session: Session, person: Person, user_id: UserId) -> User:
    user = session.get(User, user_id, with_for_update=True, populate_existing=True)
    if user is None:
        raise NotFound(f"user {user_id}")
    require_keeper(person, user.role)
    if user.invited_at is None:
        raise Conflict(f"no invitation of user {user_id} waits")
    return user


def invite_again(session: Session, clock: Clock, person: Person, user_id: UserId) -> User:
    """Send an invitation that waits once more, with a new link; the older link no longer opens.

    Raises:
        NotFound: there is no such account.
        Conflict: no invitation waits: it was accepted or withdrawn meanwhile.
    """
    user = _waiting(session, person, user_id)
    post: TeacherPost | None = next(iter(posts_now(session, clock, user.id)), None)
    _write_invitation(session, person, user, post.school if post else None, post.title if post else "")
    return user


def withdraw(session: Session, clock: Clock, person: Person, user_id: UserId) -> User:
    """Take an invitation back: its link no longer opens, and its schools are given up.

    Raises:
        NotFound: there is no such account.
        Conflict: no invitation waits: it was accepted or withdrawn meanwhile.
    """
    user = _waiting(session, person, user_id)
    user.invited_at = None
    for post in posts_now(session, clock, user.id):
        post.until = seoul_date(clock.now())
    close_links(session, user.id)
    withdraw_messages(session, f"user:{user.id}", next_version(session, user))
    record_change(session, person.actor, "invitation_withdrawn", "user", user.id)
    return user
