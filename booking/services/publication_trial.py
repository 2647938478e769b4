"""Every message that publishing a run would send, word for word: it is published, read, and taken back.

The trial runs inside a savepoint of the caller's transaction, by the very code that publishes, so that the preview
cannot say anything else than what will happen. Nothing of it is ever visible to anybody.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, selectinload

from booking.clock import Clock
from booking.config import Config
from booking.domain.ids import RunId
from booking.domain.sms import Measure
from booking.domain.vocabulary import Channel, Language
from booking.models.coaches import Coach
from booking.models.foretelling import ForetoldMessage
from booking.models.messages import Message
from booking.models.people import User
from booking.models.runs import AllocationRun
from booking.models.sending import AlimtalkTemplate
from booking.models.workplaces import Workplace
from booking.notify.catalogue import Kind
from booking.notify.rendering import CannotRender, EmailText, Letter, render_email, render_sms
from booking.services.alimtalk import Key, known_templates, offered, usable
from booking.services.composing import (
    PRIVATE_PATH,
    addressed,
    carries_private_link,
    filled_alimtalk,
    kind_of,
    recipient_of,
)
from booking.services.messages import Recipient
from booking.services.publishing import publish_as
from booking.services.terms import the_centre

#: whose doing the publication would be, in the history that is taken back with it
TRIED_BY = "trial"
COLUMNS = (
    "user_id", "workplace_id", "coach_id", "kind", "channel", "subject", "version", "language", "facts",
)  # fmt: skip
#: stands where a private link will stand
SAMPLE_LINK = "https://…"


@dataclass(frozen=True, slots=True)
class Foretold:
    """One message as it would leave: a text with its bytes and class of cost, or an e-mail; or why it cannot leave."""

    kind: Kind
    channel: Channel
    recipient: str
    language: Language
    letter: Letter | None = None
    sms: Measure | None = None
    #: what KakaoTalk will show, where it goes there first; ``sms`` then stands in for it
    alimtalk: str = ""
    fault: str = ""

    @property
    def email(self) -> EmailText | None:
        """The e-mail, written when somebody looks: a term's publication is a thousand of them."""
        if self.letter is None or self.channel is not Channel.EMAIL:
            return None
        return render_email(self.letter)


@dataclass(frozen=True, slots=True)
class Trial:
    """All messages of a publication: each as the row that publishing would write, and as its reader would see it."""

    rows: tuple[Message, ...]
    messages: tuple[Foretold, ...]


def try_publication(session: Session, clock: Clock, config: Config, run_id: RunId) -> Trial:
    """Return what publishing the run would say to whom, and leave everything as it is.

    Raises:
        StalePlan, RuleBroken, Conflict, IllegalTransition, PhaseClosed: as publishing itself would be refused.
    """
    version = session.get_one(AllocationRun, run_id).version
    trial = session.begin_nested()
    try:
        publish_as(session, clock, config, TRIED_BY, run_id, version)
        # the moment at which this transaction began: what others write meanwhile is not of this publication
        ours = sa.select(Message).where(Message.created_at == sa.func.now()).order_by(Message.id)
        rows = tuple(Message(**columns_of(row), last_error=row.last_error) for row in session.scalars(ours))
    finally:
        # before anything is read: that takes as long again, and the plan of the term is held until here
        trial.rollback()
    return Trial(rows, tuple(as_read(session, config, rows)))


def columns_of(row: Message | ForetoldMessage) -> dict[str, Any]:
    """What a message and a foretold one have in common, by column."""
    return {name: getattr(row, name) for name in COLUMNS}


def as_read(session: Session, config: Config, rows: Sequence[Message]) -> list[Foretold]:
    """Return the messages as their readers would see them; the rows need not be in the database."""
    # held until everything is read: the session itself forgets what nobody holds, and would ask a thousand times
    known = (the_centre(session), _recipients(session, rows))
    templates = known_templates(session) if offered(config) else {}
    found = [_foretell(session, config, message, templates) for message in rows]
    del known
    return found


def _recipients(session: Session, rows: Sequence[Message]) -> list[Recipient]:
    """The recipients, read by a query a kind; whoever holds them spares the session one query for each message."""
    people = {row.user_id for row in rows if row.user_id is not None}
    places = {row.workplace_id for row in rows if row.workplace_id is not None}
    teachers = session.scalars(sa.select(User).where(User.id.in_(people)))
    hosts = session.scalars(
        sa.select(Workplace).where(Workplace.id.in_(places)).options(selectinload(Workplace.contact))
    )
    coaches = session.scalars(sa.select(Coach).where(Coach.id.in_({row.coach_id for row in rows if row.coach_id})))
    return [*teachers, *hosts, *coaches]


def _foretell(
    session: Session, config: Config, message: Message, templates: Mapping[Key, AlimtalkTemplate]
) -> Foretold:
    kind = kind_of(message)
    recipient = recipient_of(session, message)
    common = (kind, message.channel, recipient.name, message.language)
    if message.last_error is not None:
        return Foretold(*common, fault=message.last_error)
    try:
        link = ""
        if carries_private_link(kind, message.channel, recipient):
            # of a text message the length counts
            link = SAMPLE_LINK if message.channel is Channel.EMAIL else f"{config.base_url}{PRIVATE_PATH}{'…' * 22}"
        letter, _address = addressed(session, config, message, kind, link)
        if message.channel is not Channel.SMS:
            return Foretold(*common, letter)
        return Foretold(*common, letter, render_sms(letter), _in_kakaotalk(letter, templates))
    except CannotRender as error:
        return Foretold(*common, fault=error.reason or error.code)


def _in_kakaotalk(letter: Letter, templates: Mapping[Key, AlimtalkTemplate]) -> str:
    """What KakaoTalk will show of a letter; nothing where it goes as a text message."""
    template = templates.get((letter.kind, letter.language))
    if not usable(template):
        return ""
    filled = filled_alimtalk(replace(letter, link=letter.link or SAMPLE_LINK), template)
    return filled.text if filled else ""
