"""What the tests of workplaces' answers share: a group's notice and link, what a repair was asked for."""

from __future__ import annotations

import sqlalchemy as sa

from booking.domain.answers import Answer
from booking.domain.states import GroupStatus, RunKind
from booking.models.runs import AllocationRun
from booking.models.visits import VisitGroup, WorkplaceNotice
from booking.services.audit import run_audit
from booking.services.confirmations import answer
from booking.services.placing import live_groups
from tests.support.factory import SmallTerm


def notice_of(small: SmallTerm, group: VisitGroup) -> WorkplaceNotice:
    return small.session.scalars(
        sa.select(WorkplaceNotice).where(
            WorkplaceNotice.workplace_id == group.workplace_id, WorkplaceNotice.date == group.visit.slot.date
        )
    ).one()


def link_of(small: SmallTerm, group: VisitGroup) -> str:
    return small.link(notice_of(small, group))


def reduced(small: SmallTerm, pupils: int) -> VisitGroup:
    group = max(live_groups(small.visit("V0000")), key=lambda one: one.pupils)
    answer(small.session, small.clock, small.config, link_of(small, group), {group.id: Answer(True, pupils=pupils)})
    small.judge()
    return group


def status_of(small: SmallTerm, group: VisitGroup) -> GroupStatus:
    return small.session.get_one(VisitGroup, group.id, populate_existing=True).status


def repairs(small: SmallTerm) -> list[AllocationRun]:
    return list(small.session.scalars(sa.select(AllocationRun).where(AllocationRun.kind == RunKind.REPAIR)))


def clean(small: SmallTerm) -> bool:
    return run_audit(small.session, small.clock.now()) == []
