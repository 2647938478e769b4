"""Fills an empty installation with a sample term, its centre and the people to sign in as."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.clock import Clock, seoul_date
from booking.demo.briefings import BRIEFINGS
from booking.demo.calendar import move_instance
from booking.demo.last_term import store_last_term
from booking.demo.people import ACCOUNTS, PASSWORD, SENDER_NUMBER, DemoAccount
from booking.domain.errors import NotFound
from booking.domain.person import Person
from booking.domain.terms import next_semester
from booking.domain.vocabulary import JobField, Role, Setting
from booking.exchange.instances import import_instance
from booking.models.people import TeacherPost, User
from booking.models.schools import School
from booking.models.sending import SenderNumber
from booking.models.terms import Centre, Term
from booking.models.workplaces import Workplace
from booking.services.accounts import hash_password
from booking.services.outlook_asking import ask_outlook
from scheduler.instance import Instance

#: work that is done outdoors, and work that has a room for bad weather
SETTINGS = {
    JobField.AGRICULTURE: Setting.OUTDOOR,
    JobField.CONSTRUCTION: Setting.OUTDOOR,
    JobField.SALES_TRANSPORT: Setting.EITHER,
}
#: every school has a teacher in the demo, so that every message finds somebody
TEACHER_TITLE = "진로부장교사"


def is_empty(session: Session) -> bool:
    """Whether nothing has been set up yet."""
    return session.scalar(sa.select(sa.func.count()).select_from(Term)) == 0


def load_demo(session: Session, clock: Clock, instance: Instance, *, current: bool) -> Term:
    """Store the sample term and the demo's people; ``current`` moves the dates to the semester that comes next.

    Beside a term that is moved stands the one of a year before, so that there is something to bring over.

    Raises:
        Conflict: the installation is not empty.
    """
    today = seoul_date(clock.now())
    moved = move_instance(instance, next_semester(today)) if current else instance
    term = import_instance(session, clock, moved)
    if current:
        store_last_term(session, term, moved)
    session.merge(
        Centre(
            id=1,
            name="구로 청소년 진로직업체험지원센터",
            name_en="Guro Youth Career Experience Centre",
            sms_header="[구로진로]",
            sms_header_en="[Guro Career]",
            telephone="02-0000-0000",
            yearly_target=12_000,
        )
    )
    session.merge(
        SenderNumber(
            number=SENDER_NUMBER,
            holder="구로구청",
            registered_on=today.replace(month=1, day=2),
            evidence="통신서비스 이용증명원과 이용승낙서, 서류함 2번",
        )
    )
    for place in session.scalars(sa.select(Workplace)):
        sample = BRIEFINGS[place.field]
        place.briefing, place.prepares = sample.briefing, sample.prepares
        place.setting = SETTINGS.get(place.field, Setting.INDOOR)
    # one hash for all: hashing thirty times takes seconds, and everybody may know this password
    hashed = hash_password(PASSWORD)
    named = {account.school: account for account in ACCOUNTS if account.school is not None}
    for account in ACCOUNTS:
        if account.role is not Role.TEACHER:
            session.add(_user(account, hashed))
    for number, school in enumerate(session.scalars(sa.select(School).order_by(School.code)), start=1):
        known = named.get(school.code)
        user = (
            _user(known, hashed, phone="010-0000-7000")
            if known is not None
            else User(
                email=f"t{number:03d}@school.example.kr",
                name=f"{school.sms_name} 진로부장",
                phone=f"010-0000-{7000 + number:04d}",
                role=Role.TEACHER,
                password_hash=hashed,
            )
        )
        user.posts.append(TeacherPost(school_id=school.id, title=TEACHER_TITLE, since=today))
        session.add(user)
    session.flush()
    ask_outlook(session, term.id)
    return term


def _user(account: DemoAccount, hashed: str, phone: str | None = None) -> User:
    return User(email=account.email, name=account.name, phone=phone, role=account.role, password_hash=hashed)


def coordinator(session: Session) -> Person:
    """The demo's coordinator, in whose name samples are entered."""
    user = session.scalars(sa.select(User).where(User.role == Role.COORDINATOR).order_by(User.id)).first()
    if user is None:
        raise NotFound("the demo has no coordinator")
    return Person(user.id, user.name, user.role, user.language)
