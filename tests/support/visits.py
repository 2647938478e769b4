"""Visits of the small term on their day: published, their workplaces willing, the clock where a test needs it."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa

from booking.clock import seoul_time
from booking.domain.states import GROUP_STEPS, GroupStatus, MessageStatus, step
from booking.models.messages import Message
from booking.models.visits import Visit, VisitGroup
from booking.services.attendance import GroupFigures
from booking.services.placing import live_groups, settle
from booking.services.telling import tell_confirmed
from tests.support.factory import SmallTerm

#: the Monday on which V0000 and V0001 go out in the morning
DAY = dt.date(2027, 3, 15)
QUESTION = "overall"


def at(small: SmallTerm, date: dt.date, time: dt.time = dt.time(10, 0)) -> None:
    """Let the clock of a term stand at a time of a day in Seoul."""
    small.clock.moment = seoul_time(date, time)


def everything_left(small: SmallTerm) -> None:
    """As if every message had left."""
    small.session.execute(
        sa.update(Message).where(Message.status == MessageStatus.CREATED).values(status=MessageStatus.SENT)
    )


def confirmed(small: SmallTerm, code: str = "V0000") -> Visit:
    """The visit of a request, every workplace of it willing, its school told."""
    visit = small.visit(code)
    for group in live_groups(visit):
        if group.status is GroupStatus.ASKED:
            group.status = step(GROUP_STEPS, group.status, GroupStatus.ACCEPTED)
    small.session.flush()
    if settle(visit):
        tell_confirmed(small.session, small.clock, visit)
    small.session.flush()
    return visit


def figures(visit: Visit, *, fewer: int = 0, remark: str = "", version: int = 0) -> list[GroupFigures]:
    """Everybody came but for ``fewer`` of the first group."""
    groups: list[VisitGroup] = live_groups(visit)
    return [
        GroupFigures(group.id, group.pupils - (fewer if number == 0 else 0), remark, version)
        for number, group in enumerate(groups)
    ]
