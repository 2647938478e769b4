"""The states of a class or group at a session, and the one table of their steps; as :mod:`booking.domain.states`."""

from __future__ import annotations

from enum import StrEnum

from booking.domain.states import Steps


class PartyStatus(StrEnum):
    """프로그램 신청: a class or group of a school for one session; ``offered`` holds places until it is answered."""

    WAITING = "waiting"
    OFFERED = "offered"
    REGISTERED = "registered"
    DECLINED = "declined"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"
    REMOVED = "removed"
    CALLED_OFF = "called_off"


PARTY_STEPS: Steps[PartyStatus] = {
    # registered at once: its school is asking just now, or the office gives it the places
    PartyStatus.WAITING: frozenset(
        {
            PartyStatus.OFFERED,
            PartyStatus.REGISTERED,
            PartyStatus.WITHDRAWN,
            PartyStatus.REMOVED,
            PartyStatus.CALLED_OFF,
        }
    ),
    PartyStatus.OFFERED: frozenset(
        {
            PartyStatus.REGISTERED,
            PartyStatus.DECLINED,
            PartyStatus.EXPIRED,
            PartyStatus.REMOVED,
            PartyStatus.CALLED_OFF,
        }
    ),
    PartyStatus.REGISTERED: frozenset({PartyStatus.WITHDRAWN, PartyStatus.REMOVED, PartyStatus.CALLED_OFF}),
    PartyStatus.DECLINED: frozenset(),
    PartyStatus.EXPIRED: frozenset(),
    PartyStatus.WITHDRAWN: frozenset(),
    PartyStatus.REMOVED: frozenset(),
    PartyStatus.CALLED_OFF: frozenset(),
}
#: A party that takes places at a session: promised, or held until it is answered.
HOLDING_PARTIES = frozenset({PartyStatus.OFFERED, PartyStatus.REGISTERED})
#: A party that has not ended.
LIVE_PARTIES = HOLDING_PARTIES | {PartyStatus.WAITING}
