"""Which sender serves which channel of this installation."""

from __future__ import annotations

from dataclasses import dataclass

from booking.clock import Clock
from booking.config import Config
from booking.notify.senders.base import Email, Sender, Sms
from booking.notify.senders.smtp import SmtpSender
from booking.notify.senders.solapi import SolapiSender


@dataclass(frozen=True, slots=True)
class Senders:
    """The senders that are set up; a channel without one keeps its messages until it has one."""

    email: Sender[Email] | None
    sms: Sender[Sms] | None


def senders_of(config: Config, clock: Clock) -> Senders:
    """Return the senders that the configuration names."""
    return Senders(
        email=None if config.smtp is None else SmtpSender(config.smtp, clock),
        sms=None if config.solapi is None else SolapiSender(config.solapi, clock),
    )
