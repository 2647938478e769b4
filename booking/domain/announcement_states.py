"""The states of an announcement, and the one table of their steps; as :mod:`booking.domain.states`."""

from __future__ import annotations

from enum import StrEnum

from booking.domain.states import Steps


class AnnouncementStatus(StrEnum):
    """상시 안내: worked on, waiting for its moment, or written to everybody."""

    DRAFT = "draft"
    SCHEDULED = "scheduled"
    SENT = "sent"


ANNOUNCEMENT_STEPS: Steps[AnnouncementStatus] = {
    AnnouncementStatus.DRAFT: frozenset({AnnouncementStatus.SCHEDULED}),
    AnnouncementStatus.SCHEDULED: frozenset({AnnouncementStatus.DRAFT, AnnouncementStatus.SENT}),
    AnnouncementStatus.SENT: frozenset(),
}
