"""Which senders serve which channel of this installation."""

from __future__ import annotations

from dataclasses import dataclass

from booking.clock import Clock
from booking.config import Config
from booking.domain.vocabulary import Channel
from booking.notify.senders.base import Email, Sender, Sms
from booking.notify.senders.nhn import NhnSender
from booking.notify.senders.smtp import SmtpSender
from booking.notify.senders.solapi import SolapiSender


@dataclass(frozen=True, slots=True)
class Senders:
    """The senders that are set up; a channel without one keeps its messages until it has one."""

    email: Sender[Email] | None
    #: in the order of preference: the second has its turn while the first rests
    sms: tuple[Sender[Sms], ...]

    def of(self, channel: Channel) -> tuple[Sender[Email] | Sender[Sms], ...]:
        """The senders of a channel."""
        if channel is Channel.SMS:
            return self.sms
        return () if self.email is None else (self.email,)

    def named(self, channel: Channel, name: str | None) -> Sender[Email] | Sender[Sms] | None:
        """The sender of a channel that has a name."""
        return next((sender for sender in self.of(channel) if sender.name == name), None)

    def close(self) -> None:
        """Let go of what the senders keep open."""
        for channel in Channel:
            for sender in self.of(channel):
                sender.close()


def senders_of(config: Config, clock: Clock) -> Senders:
    """Return the senders that the configuration names."""
    texts: list[Sender[Sms]] = []
    if config.solapi is not None:
        texts.append(SolapiSender(config.solapi, clock))
    if config.nhn is not None:
        texts.append(NhnSender(config.nhn, clock))
    return Senders(None if config.smtp is None else SmtpSender(config.smtp, clock), tuple(texts))
