"""What has been written down of a publication that was tried: its messages page by page, and what they come to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.domain.ids import RunId
from booking.domain.sms import SmsKind
from booking.domain.vocabulary import Channel
from booking.models.foretelling import ForetoldMessage
from booking.queries.paging import Page, paged


@dataclass(slots=True)
class Totals:
    """What all messages of a publication come to."""

    messages: int = 0
    emails: int = 0
    #: text messages by their class of cost; those that go to KakaoTalk first are not among them
    costs: Counter[SmsKind] = field(default_factory=Counter)
    alimtalk: int = 0
    faulty: int = 0
    kinds: set[str] = field(default_factory=set)


def foretold_totals(session: Session, run_id: RunId) -> Totals:
    """Count the messages of a publication by what they are and cost."""
    told = ForetoldMessage
    what = (told.kind, told.channel, told.sms_kind, told.in_kakaotalk, told.fault.is_not(None))
    found = Totals()
    for kind, channel, sms_kind, in_kakaotalk, faulty, number in session.execute(
        sa.select(*what, sa.func.count()).where(told.run_id == run_id).group_by(*what)
    ):
        found.messages += number
        found.kinds.add(kind)
        if faulty:
            found.faulty += number
        elif channel is Channel.EMAIL:
            found.emails += number
        if in_kakaotalk:
            found.alimtalk += number
        elif sms_kind is not None:
            found.costs[sms_kind] += number
    return found


def foretold_messages(
    session: Session, run_id: RunId, number: int, size: int, *, kind: str | None, channel: Channel | None, text: str
) -> Page[ForetoldMessage]:
    """Return one page of the messages, narrowed to a kind, a channel and a part of the recipient's name."""
    statement = sa.select(ForetoldMessage).where(ForetoldMessage.run_id == run_id).order_by(ForetoldMessage.number)
    if kind is not None:
        statement = statement.where(ForetoldMessage.kind == kind)
    if channel is not None:
        statement = statement.where(ForetoldMessage.channel == channel)
    if text:
        statement = statement.where(ForetoldMessage.recipient.icontains(text, autoescape=True))

    def read(limited: sa.Select[ForetoldMessage]) -> Sequence[ForetoldMessage]:
        return session.scalars(limited).all()

    return paged(session, statement, number, size, read)
