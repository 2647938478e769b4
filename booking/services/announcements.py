"""상시 안내를 씀: written, tried on oneself, scheduled, sent to whoever has agreed at that moment; each person once."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.clock import Clock
from booking.domain.announcement_states import ANNOUNCEMENT_STEPS, AnnouncementStatus
from booking.domain.announcements import AnnouncementEntry, Audience, sms_words, subject_of
from booking.domain.contacts import clean_line
from booking.domain.errors import Conflict, InvalidForm, InvalidInput, NotFound
from booking.domain.person import Person
from booking.domain.sms import Measure, measure
from booking.domain.states import step
from booking.domain.vocabulary import Channel, Language, Role
from booking.models.announcements import Announcement
from booking.models.messages import Message
from booking.models.people import User
from booking.models.terms import Centre
from booking.models.workplaces import Workplace
from booking.notify.catalogue import Kind
from booking.queries.recipients import recipient
from booking.services.announcement_reach import reach
from booking.services.consents import agreed
from booking.services.history import record_change
from booking.services.messages import Draft, Recipient, write_messages
from booking.services.terms import the_centre

STAFF = (Role.COORDINATOR, Role.ADMINISTRATOR)
TEST_SUBJECT = "announcement-test"
LONGEST_NUMBER = 20


def save_switch(session: Session, person: Person, *, on: bool, number: str) -> bool:
    """Allow announcements, or none; ``number`` is where advertising can be refused for nothing, or empty.

    Raises:
        Forbidden: not the administrator.
        InvalidForm: the number is none (``number``).
    """
    person.require_role(Role.ADMINISTRATOR)
    number = "".join(sign for sign in number if sign.isdigit() or sign == "-").strip("-")
    if number and not number.startswith("080"):
        raise InvalidForm([InvalidInput(field="number", reason="free_number")])
    centre = the_centre(session)
    session.refresh(centre, with_for_update=True)
    number_now = clean_line(number, "number", LONGEST_NUMBER) if number else None
    if (centre.announcing, centre.refusal_number) == (on, number_now):
        return False
    centre.announcing, centre.refusal_number = on, number_now
    record_change(session, person.actor, "announcing_set", "centre", centre.id, on=on)
    session.flush()
    return True


def find_announcement(session: Session, number: int, *, seen: int | None = None) -> Announcement:
    """Return an announcement; with ``seen`` locked, to be changed.

    Raises:
        NotFound: there is none.
        Conflict: it was changed since version ``seen``.
    """
    lock = seen is not None
    row = session.get(Announcement, number, with_for_update=lock, populate_existing=lock)
    if row is None:
        raise NotFound(f"announcement {number}")
    if lock and row.version != seen:
        raise Conflict(f"announcement {number} was changed meanwhile")
    return row


def text_message(centre: Centre, row: Announcement | AnnouncementEntry, language: Language) -> Measure:
    """Return an announcement as a text message, measured."""
    english = language is Language.EN
    header = centre.sms_header_en if english else centre.sms_header
    words = row.text_en if english and row.text_en else row.text
    return measure(sms_words(header, words, (centre.refusal_number or "") if row.advertising else None))


def checked(session: Session, entry: AnnouncementEntry) -> None:
    """Refuse what cannot be sent.

    Raises:
        InvalidForm: advertising by text message without a number to refuse it (``advertising``, ``free_number``), a
            text that no carrier takes (``text``, ``text_en``).
    """
    centre = the_centre(session)
    faults = []
    if entry.advertising and Channel.SMS in entry.channels and not centre.refusal_number:
        faults.append(InvalidInput(field="advertising", reason="no_free_number"))
    if Channel.SMS in entry.channels:
        written = ((Language.KO, "text"), *(((Language.EN, "text_en"),) if entry.text_en else ()))
        for language, field in written:
            measured = text_message(centre, entry, language)
            if measured.unencodable:
                signs = " ".join(measured.unencodable)
                faults.append(InvalidInput(field=field, reason="sms_characters", signs=signs))
            elif measured.kind is None:
                faults.append(InvalidInput(field=field, reason="sms_too_long"))
    if faults:
        raise InvalidForm(faults)


def save_announcement(
    session: Session, clock: Clock, person: Person, number: int | None, entry: AnnouncementEntry, *, seen: int
) -> Announcement:
    """Write an announcement (``number`` None), or change one that is not scheduled.

    Raises:
        InvalidForm: as :func:`checked`.
        NotFound, Conflict: as :func:`find_announcement`; it is scheduled or sent (``not_draft``).
    """
    person.require_role(*STAFF)
    checked(session, entry)
    if number is None:
        row = Announcement(created_at=clock.now(), created_by_id=person.user_id, version=0)
        session.add(row)
    else:
        row = find_announcement(session, number, seen=seen)
        _require_draft(row)
    row.subject, row.text, row.subject_en, row.text_en = entry.subject, entry.text, entry.subject_en, entry.text_en
    row.channels, row.audience = [one.value for one in entry.channels], entry.audience.document()
    row.advertising = entry.advertising
    row.version += 1
    session.flush()
    record_change(session, person.actor, "announcement_written", "announcement", row.id, advertising=row.advertising)
    return row


def _require_draft(row: Announcement) -> None:
    if row.status is not AnnouncementStatus.DRAFT:
        raise Conflict(f"announcement {row.id} is {row.status}", reason="not_draft")


def discard(session: Session, person: Person, number: int, *, seen: int) -> None:
    """Throw a draft away.

    Raises:
        NotFound, Conflict: as :func:`save_announcement`.
    """
    person.require_role(*STAFF)
    row = find_announcement(session, number, seen=seen)
    _require_draft(row)
    record_change(session, person.actor, "announcement_discarded", "announcement", row.id)
    session.delete(row)
    session.flush()


def _draft(row: Announcement, centre: Centre, reader: Recipient, subject: str, version: int) -> Draft:
    known = reader.contact if isinstance(reader, Workplace) else reader
    language = known.language if known is not None else None
    english = language is Language.EN and bool(row.text_en)
    number = (centre.refusal_number or "") if row.advertising else None
    facts = {
        "subject": row.subject_en if english else row.subject,
        "text": row.text_en if english else row.text,
        "advertising": row.advertising,
        "number": number,
    }
    return Draft(Kind.ANNOUNCEMENT, reader, subject, version, facts, channels=tuple(map(Channel, row.channels)))


def send_test(session: Session, person: Person, number: int) -> int:
    """Send an announcement to oneself alone, as it would arrive; returns how many messages that are.

    Raises:
        NotFound: there is none.
    """
    person.require_role(*STAFF)
    row = find_announcement(session, number)
    user = session.get_one(User, person.user_id)
    subject = f"{TEST_SUBJECT}:{row.id}"
    tried = sa.select(sa.func.max(Message.version)).where(Message.subject == subject, Message.user_id == user.id)
    version = (session.scalar(tried) or 0) + 1
    return len(write_messages(session, [_draft(row, the_centre(session), user, subject, version)]))


def schedule(session: Session, person: Person, number: int, moment: dt.datetime, *, seen: int) -> Announcement:
    """Let an announcement leave at a moment.

    Raises:
        NotFound, Conflict: as :func:`save_announcement`; announcements are switched off (``off``).
        InvalidForm: nobody would get it (``readers``, ``nobody``), or as :func:`checked`.
    """
    person.require_role(*STAFF)
    row = find_announcement(session, number, seen=seen)
    _require_draft(row)
    if not the_centre(session).announcing:
        raise Conflict("announcements are switched off", reason="off")
    audience, channels = Audience.of(row.audience), tuple(map(Channel, row.channels))
    checked(
        session,
        AnnouncementEntry(row.subject, row.text, row.subject_en, row.text_en, channels, audience, row.advertising),
    )
    if not reach(session, audience, channels).readers:
        raise InvalidForm([InvalidInput(field="readers", reason="nobody")])
    row.status, row.send_at = step(ANNOUNCEMENT_STEPS, row.status, AnnouncementStatus.SCHEDULED), moment
    row.version += 1
    record_change(session, person.actor, "announcement_scheduled", "announcement", row.id, send_at=moment.isoformat())
    session.flush()
    return row


def take_back(session: Session, person: Person, number: int, *, seen: int) -> Announcement:
    """Let a scheduled announcement be a draft again.

    Raises:
        NotFound, Conflict: as :func:`find_announcement`.
        IllegalTransition: it is written to everybody already.
    """
    person.require_role(*STAFF)
    row = find_announcement(session, number, seen=seen)
    row.status, row.send_at = step(ANNOUNCEMENT_STEPS, row.status, AnnouncementStatus.DRAFT), None
    row.version += 1
    record_change(session, person.actor, "announcement_taken_back", "announcement", row.id)
    session.flush()
    return row


def send_due(session: Session, clock: Clock) -> int:
    """Write what is due to everybody who has agreed by now; returns how many people that are. Twice is once."""
    centre = session.get(Centre, 1)
    if centre is None or not centre.announcing:
        return 0
    due = (
        sa.select(Announcement)
        .where(Announcement.status == AnnouncementStatus.SCHEDULED, Announcement.send_at <= clock.now())
        .order_by(Announcement.id)
        .with_for_update(skip_locked=True)
    )
    people = 0
    for row in session.scalars(due).all():
        found = reach(session, Audience.of(row.audience), tuple(map(Channel, row.channels)))
        write_messages(session, [_draft(row, centre, reader, subject_of(row.id), 1) for reader in found.readers])
        row.status, row.people = step(ANNOUNCEMENT_STEPS, row.status, AnnouncementStatus.SENT), len(found.readers)
        row.version += 1
        record_change(session, "worker", "announcement_sent", "announcement", row.id, people=row.people)
        people += len(found.readers)
    session.flush()
    return people


def still_wanted(session: Session, message: Message) -> bool:
    """Whether an announcement may still leave for its reader: a no is effective at once. A trial goes to its writer."""
    if message.subject.startswith(f"{TEST_SUBJECT}:"):
        return True
    if not the_centre(session).announcing:
        return False
    return agreed(session, *recipient(message)) is not None
