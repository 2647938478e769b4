"""A teacher, a workplace and their messages in a database of a test's own; and time that passes when it is told to."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace

import sqlalchemy as sa
from sqlalchemy.orm import Session, sessionmaker

from booking.clock import Clock, SystemClock
from booking.config import Config, load_config
from booking.db import transaction
from booking.domain.ids import MessageId
from booking.domain.person import Person
from booking.domain.sender_numbers import digits_of
from booking.domain.states import MessageStatus
from booking.domain.topics import Topic
from booking.domain.vocabulary import JobField, Language, Role
from booking.models.coaches import Coach
from booking.models.messages import Message
from booking.models.outbox import Job
from booking.models.people import User
from booking.models.sending import SenderNumber
from booking.models.terms import Centre
from booking.models.visits import WorkplaceNotice
from booking.models.workplaces import Workplace, WorkplaceContact
from booking.notify.catalogue import Kind
from booking.notify.senders.choice import Senders, senders_of
from booking.services.delivery import deliver
from booking.services.messages import Draft, Recipient, write_message
from tests.support.letters import usual
from tests.support.nhn import NhnGateway
from tests.support.peers import SENDER_NUMBER, FaultyGateway, MailServer
from tests.support.servers import settings


@dataclass
class Post:
    """Everything a test of messages needs."""

    sessions: sessionmaker[Session]
    config: Config
    clock: Clock
    senders: Senders
    teacher: User
    workplace: Workplace
    notice: WorkplaceNotice
    coach: Coach

    def write(self, kind: Kind = Kind.VISIT_CONFIRMED, *, version: int = 1, number: int = 1) -> list[MessageId]:
        """Write a message about a subject of its own, or the workplace's notice, to whom its kind is for."""
        recipient: Recipient
        with self.sessions() as session, transaction(session):
            if kind.startswith("workplace"):
                recipient, subject = session.get_one(Workplace, self.workplace.id), f"notice:{self.notice.id}"
            elif kind.startswith("coach"):
                recipient, subject = session.get_one(Coach, self.coach.id), f"dispatch:{number}"
            else:
                recipient, subject = session.get_one(User, self.teacher.id), f"visit:{number}"
            return write_message(session, Draft(kind, recipient, subject, version, usual(kind)))

    def deliver(self, message_id: MessageId) -> MessageStatus:
        """Do what the worker does with a message, and say where it stands then."""
        deliver(self.sessions, self.clock, self.config, message_id, self.senders)
        return self.message(message_id).status

    def message(self, message_id: MessageId) -> Message:
        """A message as it is now."""
        with self.sessions() as session:
            return session.get_one(Message, message_id)

    def set_centre(self, **values: object) -> None:
        """Change settings of the centre."""
        with self.sessions() as session, transaction(session):
            session.execute(sa.update(Centre).values(**values))

    def somebody(self, role: Role = Role.COORDINATOR) -> Person:
        """A person of the office, or of another role."""
        return Person(user_id=self.teacher.id, name="한가람", role=role, language=Language.KO, school_ids=())

    def time_passes(self, by: dt.timedelta = dt.timedelta(hours=1)) -> None:
        """Move every time that something waits for into the past."""
        with self.sessions() as session, transaction(session):
            for column in (Message.available_at, Message.lease_until, Message.sent_at, Message.ask_at):
                session.execute(sa.update(Message).values({column: column - by}))
            for column in (Job.available_at, Job.lease_until, Job.again_at):
                session.execute(sa.update(Job).values({column: column - by}))

    def open_jobs(self) -> list[tuple[str, int]]:
        """What is still to be done: topic and subject."""
        with self.sessions() as session:
            rows = session.execute(sa.select(Job.topic, Job.subject_id).where(Job.done_at.is_(None)).order_by(Job.id))
            return [(Topic(topic).value, subject) for topic, subject in rows]

    def by_status(self) -> dict[MessageStatus, int]:
        """How many messages are in which state."""
        with self.sessions() as session:
            rows = session.execute(sa.select(Message.status, sa.func.count()).group_by(Message.status))
            return dict(rows.all())


def post_office(
    sessions: sessionmaker[Session],
    database_url: str,
    mail: MailServer | None,
    texts: FaultyGateway | None,
    redis_url: str = "redis+socket:///nowhere",
    nhn: NhnGateway | None = None,
) -> Post:
    """Fill a database with one centre, one teacher, one workplace and its notice."""
    config = replace(
        load_config(settings(database_url, redis_url)),
        smtp=mail.settings if mail is not None else None,
        solapi=texts.account if texts is not None else None,
        nhn=nhn.account if nhn is not None else None,
    )
    teacher = User(email="teacher@example.kr", name="김하늘", phone="010-0000-0001", role=Role.TEACHER)
    workplace = Workplace(
        code="W1",
        name="구로소방서",
        sms_name="구로소방서",
        field=JobField.PUBLIC_SERVICE,
        lat=37.5,
        lon=126.9,
        min_group=2,
        max_group=20,
        levels=["middle"],
        contact=WorkplaceContact(name="이나라", title="소방교", email="host@example.kr", phone="010-0000-0002"),
    )
    coach = Coach(
        name="박바다", email="coach@example.kr", phone="010-0000-0003", training_valid_until=dt.date(2030, 1, 1)
    )
    with sessions() as session, transaction(session):
        session.add_all(
            [
                Centre(
                    name="구로구 청소년 진로직업체험지원센터",
                    name_en="Guro Youth Career Centre",
                    sms_header="[구로진로]",
                    sms_header_en="[Guro Career]",
                    telephone="02-0000-0000",
                ),
                SenderNumber(number=digits_of(SENDER_NUMBER), holder="구로구", registered_on=dt.date(2026, 1, 2)),
                teacher,
                workplace,
                coach,
            ]
        )
        session.flush()
        day = dt.datetime.now(dt.UTC).date() + dt.timedelta(days=30)
        notice = WorkplaceNotice(workplace_id=workplace.id, date=day, answer_by=day, facts={"groups": []})
        session.add(notice)
    clock = SystemClock()
    return Post(sessions, config, clock, senders_of(config, clock), teacher, workplace, notice, coach)
