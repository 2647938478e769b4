"""Why a message that is due may not leave yet, and until when: asked anew each time it is taken up."""

from __future__ import annotations

import datetime as dt
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.clock import SEOUL, seoul_date, seoul_time
from booking.domain.announcements import opens_after
from booking.domain.quiet import next_morning
from booking.domain.retries import PAUSED_WAIT, UNCONFIGURED_WAIT
from booking.domain.sender_numbers import NumberState, number_state
from booking.domain.states import MessageStatus
from booking.models.messages import Message
from booking.models.sending import SenderNumber
from booking.models.terms import Centre
from booking.notify.catalogue import CATALOGUE, Kind, Urgency
from booking.notify.senders.base import Email, Sender, Sms
from booking.queries.recipients import to_the_same
from booking.services.pausing import AT_THE_DOOR, PAUSED, holds_back

#: the channel has no sender
NOT_CONFIGURED = "channel_not_configured"
#: it can wait for the morning
QUIET = "quiet_hours"
#: it presses, and nobody has said yet that it may disturb at night
QUIET_URGENT = "quiet_hours_urgent"
#: an announcement leaves by day only, whatever the quiet hours of the centre are
ANNOUNCEMENT_HOURS = "announcement_hours"
#: its reader has been written to often enough today
DAILY_LIMIT = "daily_limit"
_HAS_LEFT = (MessageStatus.SENDING, MessageStatus.SENT, MessageStatus.DELIVERED, MessageStatus.UNKNOWN)


class Hold(NamedTuple):
    """Why a message waits, and when it is looked at again."""

    reason: str
    until: dt.datetime


def held(
    session: Session, centre: Centre, message: Message, sender: Sender[Email] | Sender[Sms] | None, now: dt.datetime
) -> Hold | None:
    """Return why a message may not leave at this moment, or None where it may.

    What somebody at the door has just asked for is kept by nothing but a pause that was there before it.
    """
    if sender is None:
        return Hold(NOT_CONFIGURED, now + UNCONFIGURED_WAIT)
    if holds_back(centre, message):
        return Hold(PAUSED, now + PAUSED_WAIT)
    if sender.number is not None:
        state = sender_state(session, sender.number, seoul_date(now))
        if state is not NumberState.VALID:
            return Hold(state.value, now + UNCONFIGURED_WAIT)
    if message.kind in AT_THE_DOOR:
        return None
    if message.kind == Kind.ANNOUNCEMENT and (opens := opens_after(now)) is not None:
        return Hold(ANNOUNCEMENT_HOURS, opens)
    return _at_night(message, centre, now) or _often_enough(session, message, centre, now)


def sender_state(session: Session, number: str, today: dt.date) -> NumberState:
    """Whether messages may leave from a number today."""
    registered = session.get(SenderNumber, number)
    return NumberState.UNREGISTERED if registered is None else number_state(registered.expires_on, today)


def is_urgent(message: Message) -> bool:
    """Whether a message may disturb at night once a person has said so."""
    return message.kind in set(Kind) and CATALOGUE[Kind(message.kind)].urgency is Urgency.URGENT


def _at_night(message: Message, centre: Centre, now: dt.datetime) -> Hold | None:
    ends = None if centre.quiet is None or message.disturb else centre.quiet.end_after(now)
    return None if ends is None else Hold(QUIET_URGENT if is_urgent(message) else QUIET, ends)


def _often_enough(session: Session, message: Message, centre: Centre, now: dt.datetime) -> Hold | None:
    if centre.daily_limit is None or is_urgent(message):
        return None
    midnight = seoul_time(now.astimezone(SEOUL).date(), dt.time(0))
    today = session.scalar(
        sa.select(sa.func.count()).where(
            to_the_same(message),
            Message.channel == message.channel,
            Message.status.in_(_HAS_LEFT),
            sa.func.coalesce(Message.sent_at, Message.lease_until) >= midnight,
        )
    )
    return Hold(DAILY_LIMIT, next_morning(now, centre.quiet)) if (today or 0) >= centre.daily_limit else None
