"""The private links of workplaces on the small term behind the application."""

from __future__ import annotations

import sqlalchemy as sa

from booking.domain.ids import GroupId
from booking.domain.states import GroupStatus
from booking.models.visits import VisitGroup, WorkplaceNotice
from tests.support.pages import Site


def links(site: Site, groups: int) -> tuple[str, list[GroupId]]:
    """The link of a workplace that expects so many groups on one day, and the groups' ids."""
    for notice in site.session.scalars(sa.select(WorkplaceNotice).order_by(WorkplaceNotice.id)):
        if len(notice.facts["groups"]) == groups:
            token = site.small.link(notice)
            ids = [
                group.id
                for group in site.session.scalars(
                    sa.select(VisitGroup)
                    .join(VisitGroup.visit)
                    .where(VisitGroup.workplace_id == notice.workplace_id, VisitGroup.status == GroupStatus.ASKED)
                    .order_by(VisitGroup.id)
                )
                if group.visit.slot.date == notice.date
            ]
            site.session.commit()
            return token, ids
    raise AssertionError(f"no workplace expects {groups} groups")


def statuses(site: Site, ids: list[GroupId]) -> list[GroupStatus]:
    site.session.rollback()
    site.session.expire_all()
    return [site.session.get_one(VisitGroup, group).status for group in ids]
