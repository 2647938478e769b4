"""Makes a parcel of a message: who it goes to, its texts, its calendar entries, its private or one-time link.

The link is the only thing that is written here; the caller commits it before anything leaves: a link that somebody
holds must open. A person's own words take the place of the template's.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import NamedTuple

from sqlalchemy.orm import Session, joinedload

from booking.clock import Clock
from booking.config import Config
from booking.domain.entry import PATHS
from booking.domain.ids import DispatchId, NoticeId
from booking.domain.invitations import Party
from booking.domain.satisfaction import OPEN_DAYS
from booking.domain.vocabulary import Channel, Language
from booking.exchange.icalendar import invitation
from booking.log import get_logger
from booking.models.coaches import Coach
from booking.models.messages import Message
from booking.models.people import User
from booking.models.sending import AlimtalkTemplate
from booking.models.terms import Centre
from booking.models.workplaces import Workplace
from booking.notify import calendar
from booking.notify.alimtalk import Filled, carries_link, render_alimtalk
from booking.notify.catalogue import CATALOGUE, Kind
from booking.notify.rendering import (
    CannotRender,
    EmailText,
    Letter,
    Letterhead,
    Reader,
    checked_sms,
    render_email,
    render_own_email,
    render_sms,
)
from booking.notify.senders.base import Alimtalk, CalendarPart, Email, Sms
from booking.queries.recipients import recipient as recipient_row
from booking.services import one_time_links
from booking.services.alimtalk import usable_template
from booking.services.consents import off_token
from booking.services.dispatch_links import issue_dispatch_link
from booking.services.links import issue
from booking.services.messages import NO_ADDRESS, Recipient, addresses_of
from booking.services.terms import the_centre

log = get_logger(__name__)

#: stands in the stored text where a private link was
BLOTTED = "…"
#: stands for the link in the words that a person writes
LINK_MARK = "[[LINK]]"
#: why a link was not made: the invitation was withdrawn or accepted meanwhile, the account switched off
NOT_WANTED = "not_wanted"
PRIVATE_PATH, COACH_PATH, OFF_PATH = "/a/", "/c/", "/announcements/off/"


@dataclass(frozen=True, slots=True)
class Composed:
    """One of the two parcels, and the text as it is stored: without its link."""

    body: str = field(repr=False)
    #: the text message that stands in for an 알림톡, likewise
    substitute: str | None = field(repr=False, default=None)
    email: Email | None = None
    sms: Sms | None = None


class _Link(NamedTuple):
    """A link that was made for one message."""

    token: str
    path: str


class Addressed(NamedTuple):
    """The two ends of a message."""

    letter: Letter
    address: str


def compose(
    session: Session, clock: Clock, config: Config, message: Message, *, takes_alimtalk: bool = False
) -> Composed:
    """Make the parcel of a message, and its link where the kind has one; to be committed before it leaves.

    A text message goes as 알림톡 where its sender takes that and its kind has an approved template.

    Raises:
        CannotRender: a fact or an address is missing, or the text cannot be sent as it is.
    """
    kind = kind_of(message)
    # a person's own words were approved by nobody
    by_alimtalk = takes_alimtalk and message.channel is Channel.SMS and message.own_text is None
    template = usable_template(session, kind, message.language) if by_alimtalk else None
    shown = template is not None and carries_link(template.body, template.button)
    link = _make_link(session, config, message, kind, recipient_of(session, message), in_alimtalk=shown)
    letter, address = addressed(
        session, config, message, kind, f"{config.base_url}{link.path}{link.token}" if link else ""
    )
    if message.channel is Channel.SMS:
        own = None if message.own_text is None else message.own_text.replace(LINK_MARK, letter.link)
        measured = render_sms(letter) if own is None else checked_sms(own)
        if measured.kind is None:
            raise CannotRender(f"message {message.id}", reason="sms_too_long")
        sms = Sms(message.ref, address, measured.text, measured.kind, letter.centre.name)
        filled = None if template is None else filled_alimtalk(letter, template)
        if template is None or filled is None:
            return Composed(_stored(measured.text, link), sms=sms)
        sms = replace(sms, alimtalk=Alimtalk(template.code, filled.variables))
        return Composed(_stored(filled.text, link), _stored(measured.text, link), sms=sms)
    words = render_email(letter) if message.own_text is None else own_email(letter, message)
    return Composed(
        _stored(f"{words.subject}\n\n{words.text}", link),
        email=Email(
            ref=message.ref,
            to=address,
            sender_name=letter.centre.name,
            subject=words.subject,
            text=words.text,
            html=words.html,
            calendar=_calendar(letter, address, clock, config),
            unsubscribe=letter.link if CATALOGUE[kind].consented else "",
        ),
    )


def filled_alimtalk(letter: Letter, template: AlimtalkTemplate) -> Filled | None:
    """The template with this letter's facts; nothing where they do not fill it: the text message says the same."""
    try:
        return render_alimtalk(letter, template.body, template.button)
    except CannotRender as error:
        log.warning("alimtalk_not_filled", kind=letter.kind, reason=error.reason, detail=str(error))
        return None


def _stored(text: str, link: _Link | None) -> str:
    return text.replace(link.token, BLOTTED) if link else text


def own_email(letter: Letter, message: Message) -> EmailText:
    """The e-mail in a person's own words, its link in the place of :data:`LINK_MARK`."""
    text = (message.own_text or "").replace(LINK_MARK, letter.link)
    return render_own_email(letter, message.own_subject or "", text)


def kind_of(message: Message) -> Kind:
    """The kind of a message.

    Raises:
        CannotRender: the catalogue no longer has it.
    """
    try:
        return Kind(message.kind)
    except ValueError:
        raise CannotRender(f"kind {message.kind}", reason="unknown_kind") from None


def recipient_of(session: Session, message: Message) -> Recipient:
    """Whom a message is for."""
    if message.user_id is not None:
        return session.get_one(User, message.user_id)
    if message.coach_id is not None:
        return session.get_one(Coach, message.coach_id)
    return session.get_one(Workplace, message.workplace_id, options=[joinedload(Workplace.contact)])


def letterhead(centre: Centre, language: Language, home: str) -> Letterhead:
    """The centre as it signs in a language."""
    if language is Language.EN:
        return Letterhead(centre.name_en, centre.telephone, centre.sms_header_en, home)
    return Letterhead(centre.name, centre.telephone, centre.sms_header, home)


def carries_private_link(kind: Kind, channel: Channel, recipient: Recipient) -> bool:
    """Whether a message carries the link on which its reader answers: the e-mail does, and where there is no address
    for one, the text message, which is a long one then.
    """
    if not CATALOGUE[kind].private_link:
        return False
    return channel is Channel.EMAIL or not addresses_of(recipient).get(Channel.EMAIL)


def _make_link(
    session: Session, config: Config, message: Message, kind: Kind, recipient: Recipient, *, in_alimtalk: bool
) -> _Link | None:
    entry = CATALOGUE[kind]
    in_text = carries_private_link(kind, message.channel, recipient) or (in_alimtalk and entry.private_link)
    if message.channel is not Channel.EMAIL and not in_text:
        return None
    if entry.consented:
        return _Link(off_token(config.secret_key, *recipient_row(message)), OFF_PATH)
    if entry.private_link and message.coach_id is not None:
        number = _number(message, "dispatch")
        return _Link(issue_dispatch_link(session, DispatchId(number), message.version), COACH_PATH)
    if entry.private_link:
        days = OPEN_DAYS if kind is Kind.WORKPLACE_THANKS else 0
        number = _number(message, "notice", "thanks")
        return _Link(issue(session, NoticeId(number), message.version, days_after=days), PRIVATE_PATH)
    if entry.one_time is None:
        return None
    if not isinstance(recipient, User) or not one_time_links.is_wanted(recipient, entry.one_time):
        raise CannotRender(f"message {message.id}", reason=NOT_WANTED)
    return _Link(one_time_links.issue(session, recipient.id, entry.one_time), PATHS[entry.one_time])


def addressed(session: Session, config: Config, message: Message, kind: Kind, link: str) -> Addressed:
    """The letter of a message and where it goes; ``link`` is the whole address that its e-mail carries, or nothing.

    Raises:
        CannotRender: the recipient has no address for this channel.
    """
    recipient = recipient_of(session, message)
    addresses = addresses_of(recipient)
    address = addresses.get(message.channel)
    if not address:
        raise CannotRender(f"message {message.id}", reason=NO_ADDRESS)
    reader = recipient.contact if isinstance(recipient, Workplace) else recipient
    name = reader.name if reader is not None else ""
    letter = Letter(
        kind=kind,
        language=message.language,
        facts=message.facts,
        centre=letterhead(the_centre(session), message.language, config.base_url),
        reader=Reader(name, has_email=bool(addresses.get(Channel.EMAIL))),
        link=link,
    )
    return Addressed(letter, address)


def _number(message: Message, *what: str) -> int:
    """The number in a subject, as of ``notice:12``."""
    prefix, _, number = message.subject.partition(":")
    if prefix not in what or not number.isdecimal():
        raise CannotRender(f"subject {message.subject}", reason="no_notice")
    return int(number)


def _calendar(letter: Letter, address: str, clock: Clock, config: Config) -> tuple[CalendarPart, ...]:
    organizer = Party(letter.centre.name, config.smtp.sender if config.smtp else "")
    attendee = Party(letter.reader.name, address)
    found = calendar.entries(letter.kind, letter.facts, letter.language, config.trusted_host)
    return tuple(
        CalendarPart(
            name="invite.ics" if len(found) == 1 else f"invite-{number}.ics",
            method=method,
            content=invitation(event, method, organizer=organizer, attendee=attendee, stamp=clock.now()),
        )
        for number, (method, event) in enumerate(found, start=1)
    )
