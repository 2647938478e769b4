"""What every sender takes and answers. Four answers, and no exception for what a peer does."""

from __future__ import annotations

import datetime as dt
import time
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol, TypeVar
from uuid import UUID

from booking.domain.alimtalk import SentAs
from booking.domain.invitations import Method
from booking.domain.retries import SEND_LIMIT
from booking.domain.sms import SmsKind


class Verdict(StrEnum):
    """What became of a message that was handed over."""

    ACCEPTED = "accepted"
    #: certainly not taken, and worth another try
    NOT_NOW = "not_now"
    #: certainly not taken, and never will be
    REFUSED = "refused"
    #: perhaps taken: a silence or a broken line after the body had left
    UNCERTAIN = "uncertain"


@dataclass(frozen=True, slots=True)
class Outcome:
    """A sender's answer. ``code`` is the provider's own code after the sender's name; it never holds an address."""

    verdict: Verdict
    code: str = ""
    provider_ref: str | None = None
    #: how long the peer asked us to wait
    retry_after: dt.timedelta | None = None
    #: in which form a text message was taken
    sent_as: SentAs | None = None
    #: why the provider would not have it as 알림톡, where it went as a text message for that
    alimtalk_refused: str = ""


class Stage(StrEnum):
    """How far a message has come, as a provider reports it."""

    ON_ITS_WAY = "on_its_way"
    DELIVERED = "delivered"
    BOUNCED = "bounced"


class Sighting(StrEnum):
    """What a look-up found."""

    THERE = "there"
    NOT_THERE = "not_there"
    #: the provider could not be asked
    NO_ANSWER = "no_answer"


@dataclass(frozen=True, slots=True)
class LookUp:
    """The answer to the question whether a message has arrived at the provider."""

    sighting: Sighting
    provider_ref: str | None = None
    #: the provider's present code for it
    code: str = ""
    #: in which form it is there
    sent_as: SentAs | None = None


@dataclass(frozen=True, slots=True)
class CalendarPart:
    """A calendar file that goes with an e-mail."""

    name: str
    method: Method
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Email:
    """An e-mail that is ready to leave."""

    ref: UUID
    to: str = field(repr=False)
    sender_name: str
    subject: str = field(repr=False)
    text: str = field(repr=False)
    html: str = field(repr=False)
    calendar: tuple[CalendarPart, ...] = ()
    #: the address by which its reader wants no more of the kind, with one press (RFC 8058)
    unsubscribe: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Alimtalk:
    """An approved template and what goes into it."""

    template: str
    #: as the provider names them: ``#{학교}``
    variables: dict[str, str] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Sms:
    """A text message that is ready to leave."""

    ref: UUID
    to: str = field(repr=False)
    text: str = field(repr=False)
    kind: SmsKind
    #: shown above an LMS
    subject: str = ""
    #: goes first, where the sender takes it; the text is what stands in for it on a telephone without KakaoTalk
    alimtalk: Alimtalk | None = None


Parcel_contra = TypeVar("Parcel_contra", contravariant=True)


class Sender(Protocol[Parcel_contra]):
    """One provider of one channel."""

    @property
    def name(self) -> str:
        """How the provider is called in the messages' rows."""
        ...

    @property
    def searchable(self) -> bool:
        """Whether a message of unknown fate can be looked up by its ref."""
        ...

    @property
    def takes_alimtalk(self) -> bool:
        """Whether it carries 알림톡; one that does not sends the text."""
        ...

    @property
    def number(self) -> str | None:
        """The digits of the number from which it sends, which has to be registered; an e-mail leaves from none."""
        ...

    def send(self, parcel: Parcel_contra) -> Outcome:
        """Hand one message over, within :data:`SEND_LIMIT`."""
        ...

    def look_up(self, ref: UUID, to: str, since: dt.datetime) -> LookUp:
        """Ask whether the message with this ref, handed over after ``since``, has arrived."""
        ...

    def close(self) -> None:
        """Let go of what is kept open between two messages."""
        ...


class Deadline:
    """The end of one try. A sender that is past it hands nothing over any more: its lease may soon be another's."""

    def __init__(self, limit: dt.timedelta = SEND_LIMIT) -> None:
        self._ends = time.monotonic() + limit.total_seconds()

    @property
    def passed(self) -> bool:
        """Whether the time is up."""
        return time.monotonic() >= self._ends

    def within(self, seconds: float) -> float:
        """``seconds``, or what is left where that is less (never nothing, which would mean for ever)."""
        return max(0.1, min(seconds, self._ends - time.monotonic()))
