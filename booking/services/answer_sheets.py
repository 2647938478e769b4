"""What a private link shows: a workplace's day, and beside it the other days of its week that it was asked about.

A link answers for one notice at one version. Days beside it are answered only by a page that says which versions of
their notices it has shown (:attr:`Sheet.seen`).
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session, selectinload

from booking.clock import Clock, seoul_date
from booking.domain.errors import NotFound
from booking.domain.ids import NoticeId, WorkplaceId
from booking.domain.states import GroupStatus
from booking.models.requests import Request
from booking.models.terms import Slot
from booking.models.visits import Visit, VisitGroup, WorkplaceNotice
from booking.models.workplaces import Workplace
from booking.services.links import resolve

#: groups that a workplace sees on its page: those it expects, and those it has declined there
SHOWN = (GroupStatus.ASKED, GroupStatus.ACCEPTED, GroupStatus.EXPIRED, GroupStatus.DECLINED)
#: groups for which there is nothing to answer any more
GONE = frozenset({GroupStatus.DECLINED, GroupStatus.RELEASED})


@dataclass(frozen=True, slots=True)
class Day:
    """One date of a workplace: its notice and its groups."""

    notice: WorkplaceNotice
    groups: list[VisitGroup]
    may_answer: bool

    @property
    def coming(self) -> list[VisitGroup]:
        """The groups that are still expected."""
        return [group for group in self.groups if group.status not in GONE]


@dataclass(frozen=True, slots=True)
class Sheet:
    """What a private link shows: one workplace, one date, its groups; ``beside`` are the other days of the week."""

    workplace: Workplace
    day: Day
    beside: tuple[Day, ...] = ()

    @property
    def notice(self) -> WorkplaceNotice:
        """What the link was made for."""
        return self.day.notice

    @property
    def groups(self) -> list[VisitGroup]:
        """The groups of the link's own date."""
        return self.day.groups

    @property
    def may_answer(self) -> bool:
        """Whether the link's own date can still be answered."""
        return self.day.may_answer

    @property
    def days(self) -> list[Day]:
        """All days of the week, in order."""
        return sorted((self.day, *self.beside), key=lambda day: day.notice.date)

    @property
    def seen(self) -> str:
        """Which versions a page shows: another mark later means that something has changed."""
        return "-".join(f"{day.notice.id}.{day.notice.version}" for day in self.days)

    def answerable(self, *, week: bool) -> list[VisitGroup]:
        """The groups that can be answered for: of the link's own date, or of its whole week."""
        days = self.days if week else [self.day]
        return [group for day in days if day.may_answer for group in day.groups]

    @property
    def contact_name(self) -> str:
        """How the page addresses its reader."""
        contact = self.workplace.contact
        return f"{contact.name} {contact.title}".strip() if contact is not None else self.workplace.name


def read_sheet(session: Session, clock: Clock, token: str) -> Sheet:
    """Return what the link shows; reading changes nothing, because mail scanners open links.

    Raises:
        LinkInvalid: forged, expired, or replaced by a newer one (``reason``).
    """
    return sheet_of(session, clock, resolve(session, token).notice, week=True)


def read_notice(session: Session, clock: Clock, notice_id: NoticeId) -> Sheet:
    """Return one day alone to the centre, which needs no link.

    Raises:
        NotFound: there is no such notice.
    """
    notice = session.get(WorkplaceNotice, notice_id, populate_existing=True)
    if notice is None:
        raise NotFound(f"notice {notice_id}")
    return sheet_of(session, clock, notice, week=False)


def sheet_of(session: Session, clock: Clock, notice: WorkplaceNotice, *, week: bool) -> Sheet:
    """Return the sheet of a notice, with the other days of its week that are still to come where ``week`` asks."""
    today = seoul_date(clock.now())
    workplace = session.get_one(Workplace, notice.workplace_id, options=[selectinload(Workplace.contact)])
    notices = [notice, *(_others_of_the_week(session, notice, today) if week else ())]
    groups = _groups(session, notice.workplace_id, [one.date for one in notices])
    own, *others = (Day(one, groups[one.date], one.date > today and bool(groups[one.date])) for one in notices)
    return Sheet(workplace, own, tuple(day for day in others if day.coming))


def _others_of_the_week(session: Session, notice: WorkplaceNotice, today: dt.date) -> list[WorkplaceNotice]:
    monday = notice.date - dt.timedelta(days=notice.date.weekday())
    return list(
        session.scalars(
            sa.select(WorkplaceNotice)
            .where(
                WorkplaceNotice.workplace_id == notice.workplace_id,
                WorkplaceNotice.id != notice.id,
                WorkplaceNotice.date.between(max(monday, today + dt.timedelta(days=1)), monday + dt.timedelta(days=6)),
            )
            .order_by(WorkplaceNotice.date)
            .execution_options(populate_existing=True)
        )
    )


def _groups(
    session: Session, workplace_id: WorkplaceId, dates: Iterable[dt.date]
) -> defaultdict[dt.date, list[VisitGroup]]:
    found: defaultdict[dt.date, list[VisitGroup]] = defaultdict(list)
    rows = session.scalars(
        sa.select(VisitGroup)
        .join(Slot, Slot.id == VisitGroup.slot_id)
        .where(VisitGroup.workplace_id == workplace_id, Slot.date.in_(list(dates)), VisitGroup.status.in_(SHOWN))
        .options(
            selectinload(VisitGroup.visit).selectinload(Visit.request).selectinload(Request.school),
            selectinload(VisitGroup.visit).selectinload(Visit.slot),
            selectinload(VisitGroup.visit).selectinload(Visit.groups).selectinload(VisitGroup.workplace),
        )
        .order_by(Slot.date, Slot.block, VisitGroup.id)
        .execution_options(populate_existing=True)
    )
    for group in rows:
        found[group.visit.slot.date].append(group)
    return found
