"""What a person does about a message that did not arrive, or of which nobody knows: send it again, as it is or in other
words, say it on the telephone, let it through at night.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.config import Config
from booking.domain.errors import Conflict, InvalidForm, InvalidInput, NotFound
from booking.domain.ids import MessageId
from booking.domain.person import Person
from booking.domain.sms import Measure, measure
from booking.domain.states import MESSAGE_STEPS, MessageStatus, may_step, step
from booking.domain.topics import Topic
from booking.domain.vocabulary import Channel, Role
from booking.models.messages import Message
from booking.notify.catalogue import CATALOGUE, Kind
from booking.notify.rendering import CannotRender, render_email, render_sms
from booking.queries.recipients import to_the_same
from booking.services.composing import LINK_MARK, addressed, carries_private_link, kind_of, recipient_of
from booking.services.history import record_change
from booking.services.holding import QUIET_URGENT
from booking.services.outbox import enqueue

STAFF = (Role.COORDINATOR, Role.ADMINISTRATOR)
LONGEST_SUBJECT, LONGEST_TEXT = 100, 4000
#: what a person may still do something about
OPEN = frozenset({MessageStatus.FAILED, MessageStatus.BOUNCED, MessageStatus.UNKNOWN})


def the_message(session: Session, message_id: MessageId) -> Message:
    """A message, for reading.

    Raises:
        NotFound: there is no such message.
    """
    message = session.get(Message, message_id)
    if message is None:
        raise NotFound(f"message {message_id}")
    return message


def send_again(session: Session, person: Person, message_id: MessageId) -> Message:
    """Send a message once more on a person's word: one that failed or bounced, or one of unknown fate.

    Raises:
        NotFound: there is no such message.
        Conflict: it waits to be sent already.
        IllegalTransition: it has arrived, was withdrawn, or was said on the telephone.
    """
    message = _locked(session, person, message_id)
    _send(session, message)
    record_change(session, person.actor, "message_resent", "message", message.id, kind=message.kind)
    return message


def send_in_own_words(session: Session, person: Person, message_id: MessageId, *, subject: str, text: str) -> Message:
    """Send a message once more with a text that a person has written; an SMS has no subject.

    Raises:
        InvalidForm: the text cannot be sent: too long, empty, characters that no carrier carries, its link missing.
        NotFound, Conflict, IllegalTransition: as :func:`send_again`.
    """
    message = _locked(session, person, message_id)
    if message.kind == Kind.ANNOUNCEMENT:
        # its first and last characters are the law's; what is wrong in it is put right in another announcement
        raise Conflict(f"message {message_id} is an announcement")
    subject, text = _checked(message, subject, text, needs_link(session, message))
    _send(session, message)
    message.own_text = text
    message.own_subject = subject if message.channel is Channel.EMAIL else None
    session.flush()
    record_change(session, person.actor, "message_reworded", "message", message.id, kind=message.kind)
    return message


def settle_by_telephone(session: Session, person: Person, message_id: MessageId) -> int:
    """Note that what a message says was said on the telephone: it and its like on the other channel are settled.

    Returns how many messages that settles.

    Raises:
        NotFound: there is no such message.
        IllegalTransition: it has arrived, waits to leave, or was settled.
    """
    message = _locked(session, person, message_id)
    alike = session.scalars(
        sa.select(Message)
        .where(
            to_the_same(message),
            Message.kind == message.kind,
            Message.subject == message.subject,
            Message.version == message.version,
            Message.id != message.id,
        )
        .with_for_update()
    )
    settled = [message, *(other for other in alike if may_step(MESSAGE_STEPS, other.status, MessageStatus.TOLD))]
    for one in settled:
        one.status = step(MESSAGE_STEPS, one.status, MessageStatus.TOLD)
        one.settled_at = sa.func.now()
        one.lease_until = one.ask_at = None
    record_change(session, person.actor, "message_told", "message", message.id, kind=message.kind)
    session.flush()
    return len(settled)


def let_through(session: Session, person: Person, message_ids: Iterable[MessageId] = ()) -> int:
    """Let urgent messages that wait for the morning leave now; without numbers all of them. Returns how many."""
    person.require_role(*STAFF)
    waiting = sa.select(Message).where(Message.status == MessageStatus.CREATED, Message.last_error == QUIET_URGENT)
    chosen = list(message_ids)
    if chosen:
        waiting = waiting.where(Message.id.in_(chosen))
    found = session.scalars(waiting.order_by(Message.id).with_for_update()).all()
    for message in found:
        message.disturb = True
        message.last_error = None
        message.available_at = sa.func.now()
        record_change(session, person.actor, "message_let_through", "message", message.id, kind=message.kind)
    session.flush()
    for message in found:
        enqueue(session, Topic.SEND_MESSAGE, message.id)
    return len(found)


def words_of(session: Session, config: Config, message: Message) -> tuple[str, str]:
    """The subject and the text as they stand now, for a person to change; :data:`LINK_MARK` where a link will be.

    Empty where they cannot be written at all, which may be why the message failed.
    """
    if message.own_text is not None:
        return message.own_subject or "", message.own_text
    try:
        kind = kind_of(message)
        letter, _ = addressed(session, config, message, kind, LINK_MARK if needs_link(session, message) else "")
        if message.channel is Channel.SMS:
            return "", render_sms(letter).text
        words = render_email(letter)
    except CannotRender:
        return "", ""
    return words.subject, words.text.strip()


def needs_link(session: Session, message: Message) -> bool:
    """Whether the text has to carry a link, without which it cannot be answered."""
    if message.kind not in set(Kind):
        return False
    kind = Kind(message.kind)
    if carries_private_link(kind, message.channel, recipient_of(session, message)):
        return True
    entry = CATALOGUE[kind]
    return message.channel is Channel.EMAIL and (entry.consented or entry.one_time is not None)


def measured(message: Message, text: str) -> Measure | None:
    """What a carrier makes of the text, where it goes by SMS."""
    return measure(text) if message.channel is Channel.SMS else None


def _checked(message: Message, subject: str, text: str, linked: bool) -> tuple[str, str]:
    faults = []
    text = text.replace("\r\n", "\n").strip()
    if not text:
        faults.append(InvalidInput(field="text", reason="required"))
    if message.channel is Channel.SMS:
        found = measure(text)
        if found.unencodable:
            faults.append(InvalidInput(field="text", reason="sms_characters", signs=" ".join(found.unencodable)))
        elif text and found.kind is None:
            faults.append(InvalidInput(field="text", reason="sms_too_long"))
        text = found.text
    else:
        subject = " ".join(subject.split())
        if not subject:
            faults.append(InvalidInput(field="subject", reason="required"))
        elif len(subject) > LONGEST_SUBJECT or not subject.isprintable():
            faults.append(InvalidInput(field="subject", reason="too_long"))
        if len(text) > LONGEST_TEXT:
            faults.append(InvalidInput(field="text", reason="too_long"))
    if text and linked and text.count(LINK_MARK) != 1 and not any(fault.field == "text" for fault in faults):
        faults.append(InvalidInput(field="text", reason="link_missing"))
    if faults:
        raise InvalidForm(faults)
    return subject, text


def _locked(session: Session, person: Person, message_id: MessageId) -> Message:
    person.require_role(*STAFF)
    message = session.get(Message, message_id, with_for_update=True, populate_existing=True)
    if message is None:
        raise NotFound(f"message {message_id}")
    return message


def _send(session: Session, message: Message) -> None:
    if message.status is MessageStatus.CREATED:
        raise Conflict(f"message {message.id} waits already")
    if message.emptied_at is not None:
        raise Conflict(f"message {message.id} has no words any more")
    if message.status is MessageStatus.BOUNCED:
        # an old receipt, which may come again, must not speak for the new try
        message.ref = uuid.uuid4()
        message.provider_ref = None
    message.status = step(MESSAGE_STEPS, message.status, MessageStatus.CREATED)
    message.available_at = sa.func.now()
    message.attempts = 0
    message.lease_until = message.settled_at = message.last_error = message.ask_at = None
    session.flush()
    enqueue(session, Topic.SEND_MESSAGE, message.id)
