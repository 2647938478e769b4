"""Every kind of message in one table: to whom, over which channels, how pressing, and what goes with it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from booking.domain.entry import LinkPurpose
from booking.domain.invitations import Method
from booking.domain.vocabulary import Channel


class Recipient(StrEnum):
    """Who is written to: somebody with an account (nearly always a teacher), a workplace, a coach, whoever agreed."""

    TEACHER = "teacher"
    WORKPLACE = "workplace"
    COACH = "coach"
    ANYBODY = "anybody"


class Urgency(StrEnum):
    """``routine`` keeps quiet hours, ``urgent`` may disturb: the visit is today."""

    ROUTINE = "routine"
    URGENT = "urgent"


class Kind(StrEnum):
    """What a message says. Its templates are named after it."""

    REQUEST_RECEIVED = "request_received"
    ALLOCATION_PROPOSED = "allocation_proposed"
    SHIFT_OFFER = "shift_offer"
    SHIFT_AGREED = "shift_agreed"
    SHIFT_EXPIRED = "shift_expired"
    SHIFT_WITHDRAWN = "shift_withdrawn"
    WORKPLACE_ASK = "workplace_ask"
    WORKPLACE_REMINDER = "workplace_reminder"
    WORKPLACE_CONFIRMED = "workplace_confirmed"
    WORKPLACE_CHANGED = "workplace_changed"
    WORKPLACE_CANCELLED = "workplace_cancelled"
    COACH_DISPATCHED = "coach_dispatched"
    COACH_CHANGED = "coach_changed"
    COACH_CANCELLED = "coach_cancelled"
    COACH_REMINDER = "coach_reminder"
    WORKPLACE_THANKS = "workplace_thanks"
    VISIT_CONFIRMED = "visit_confirmed"
    VISIT_CANCELLED = "visit_cancelled"
    DAY_CALLED_OFF = "day_called_off"
    VISIT_REMINDER = "visit_reminder"
    ATTENDANCE_DUE = "attendance_due"
    ATTENDANCE_REMINDER = "attendance_reminder"
    CHANGE_ANSWERED = "change_answered"
    ANNOUNCEMENT = "announcement"
    SESSION_REGISTERED = "session_registered"
    SESSION_WAITING = "session_waiting"
    SESSION_OFFER = "session_offer"
    SESSION_OFFER_EXPIRED = "session_offer_expired"
    SESSION_REMOVED = "session_removed"
    SESSION_CHANGED = "session_changed"
    SESSION_CALLED_OFF = "session_called_off"
    INVITATION = "invitation"
    SCHOOL_ADDED = "school_added"
    SIGN_IN_LINK = "sign_in_link"
    PASSWORD_RESET = "password_reset"  # noqa: S105 - a kind of message, not a secret


@dataclass(frozen=True, slots=True)
class Entry:
    """One row of the catalogue; the templates are ``email/<kind>/`` and ``sms/<kind>.txt``."""

    recipient: Recipient
    channels: tuple[Channel, ...]
    urgency: Urgency = Urgency.ROUTINE
    expects_answer: bool = False
    #: a calendar entry goes with the e-mail
    calendar: Method | None = None
    #: the e-mail carries a private link, under which its reader answers without an account
    private_link: bool = False
    #: the e-mail carries a link that its reader can use once
    one_time: LinkPurpose | None = None
    #: only to people who have agreed; the e-mail carries a link to say no
    consented: bool = False


_EMAIL = (Channel.EMAIL,)
_BOTH = (Channel.EMAIL, Channel.SMS)
_ASK, _CANCEL = Method.REQUEST, Method.CANCEL

CATALOGUE: dict[Kind, Entry] = {
    Kind.REQUEST_RECEIVED: Entry(Recipient.TEACHER, _EMAIL),
    Kind.ALLOCATION_PROPOSED: Entry(Recipient.TEACHER, _BOTH),
    Kind.SHIFT_OFFER: Entry(Recipient.TEACHER, _BOTH, expects_answer=True),
    Kind.SHIFT_AGREED: Entry(Recipient.TEACHER, _EMAIL),
    Kind.SHIFT_EXPIRED: Entry(Recipient.TEACHER, _BOTH),
    Kind.SHIFT_WITHDRAWN: Entry(Recipient.TEACHER, _BOTH),
    Kind.WORKPLACE_ASK: Entry(Recipient.WORKPLACE, _BOTH, expects_answer=True, calendar=_ASK, private_link=True),
    Kind.WORKPLACE_REMINDER: Entry(Recipient.WORKPLACE, _BOTH, expects_answer=True, private_link=True),
    Kind.WORKPLACE_CONFIRMED: Entry(Recipient.WORKPLACE, _BOTH, calendar=_ASK),
    Kind.WORKPLACE_CHANGED: Entry(Recipient.WORKPLACE, _BOTH, expects_answer=True, calendar=_ASK, private_link=True),
    Kind.WORKPLACE_CANCELLED: Entry(Recipient.WORKPLACE, _BOTH, Urgency.URGENT, calendar=_CANCEL),
    Kind.COACH_DISPATCHED: Entry(Recipient.COACH, _BOTH, expects_answer=True, calendar=_ASK, private_link=True),
    Kind.COACH_CHANGED: Entry(Recipient.COACH, _BOTH, expects_answer=True, calendar=_ASK, private_link=True),
    Kind.COACH_CANCELLED: Entry(Recipient.COACH, _BOTH, Urgency.URGENT, calendar=_CANCEL),
    Kind.COACH_REMINDER: Entry(Recipient.COACH, _BOTH),
    Kind.WORKPLACE_THANKS: Entry(Recipient.WORKPLACE, _EMAIL, private_link=True),
    Kind.VISIT_CONFIRMED: Entry(Recipient.TEACHER, _BOTH, calendar=_ASK),
    Kind.VISIT_CANCELLED: Entry(Recipient.TEACHER, _BOTH, Urgency.URGENT, calendar=_CANCEL),
    Kind.DAY_CALLED_OFF: Entry(Recipient.TEACHER, _BOTH, Urgency.URGENT, calendar=_CANCEL),
    Kind.VISIT_REMINDER: Entry(Recipient.TEACHER, _BOTH),
    Kind.ATTENDANCE_DUE: Entry(Recipient.TEACHER, _BOTH),
    Kind.ATTENDANCE_REMINDER: Entry(Recipient.TEACHER, _BOTH),
    Kind.CHANGE_ANSWERED: Entry(Recipient.TEACHER, _EMAIL, Urgency.URGENT, calendar=_CANCEL),
    Kind.ANNOUNCEMENT: Entry(Recipient.ANYBODY, _BOTH, consented=True),
    Kind.SESSION_REGISTERED: Entry(Recipient.TEACHER, _BOTH),
    Kind.SESSION_WAITING: Entry(Recipient.TEACHER, _EMAIL),
    Kind.SESSION_OFFER: Entry(Recipient.TEACHER, _BOTH, expects_answer=True),
    Kind.SESSION_OFFER_EXPIRED: Entry(Recipient.TEACHER, _BOTH),
    Kind.SESSION_REMOVED: Entry(Recipient.TEACHER, _BOTH),
    Kind.SESSION_CHANGED: Entry(Recipient.TEACHER, _BOTH),
    Kind.SESSION_CALLED_OFF: Entry(Recipient.TEACHER, _BOTH, Urgency.URGENT),
    Kind.INVITATION: Entry(Recipient.TEACHER, _EMAIL, expects_answer=True, one_time=LinkPurpose.INVITATION),
    Kind.SCHOOL_ADDED: Entry(Recipient.TEACHER, _EMAIL),
    Kind.SIGN_IN_LINK: Entry(Recipient.TEACHER, _EMAIL, Urgency.URGENT, one_time=LinkPurpose.SIGN_IN),
    Kind.PASSWORD_RESET: Entry(Recipient.TEACHER, _EMAIL, Urgency.URGENT, one_time=LinkPurpose.RESET),
}
