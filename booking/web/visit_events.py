"""Calendar entries to download: a school's visit, a workplace's day; named as in the e-mails, so nothing is doubled."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote

from flask import Response

from booking.clock import seoul_time
from booking.domain.invitations import Event, EventStatus
from booking.domain.states import LIVE_GROUPS, GroupStatus, VisitStatus
from booking.exchange.icalendar import calendar_file
from booking.models.visits import Visit, VisitGroup
from booking.models.workplaces import Workplace
from booking.services.notices import group_uid
from booking.web.database import clock, config
from booking.web.formats import pupils
from booking.web.marking import gettext


def _uid(name: str) -> str:
    return f"{name}@{config().trusted_host}"


def school_event(visit: Visit, groups: Sequence[VisitGroup]) -> Event:
    """The visit as its school keeps it: where each group goes."""
    request, slot = visit.request, visit.slot
    starts, ends = request.school.hours(slot.block)
    lines = [f"{group.workplace.name} · {pupils(group.pupils)} · {group.workplace.address}" for group in groups]
    settled = visit.status in (VisitStatus.CONFIRMED, VisitStatus.COMPLETED)
    return Event(
        uid=_uid(f"visit-{visit.request_id}"),
        sequence=visit.version,
        starts=seoul_time(slot.date, starts),
        ends=seoul_time(slot.date, ends),
        summary=gettext("%(label)s반 일터체험", label=request.label),
        description="\n".join(lines),
        location=groups[0].workplace.address if len(groups) == 1 else "",
        status=_status(visit.status, settled),
    )


def _status(status: VisitStatus, settled: bool) -> EventStatus:
    if status is VisitStatus.CANCELLED:
        return EventStatus.CANCELLED
    return EventStatus.CONFIRMED if settled else EventStatus.TENTATIVE


def workplace_event(group: VisitGroup, workplace: Workplace) -> Event:
    """One group as its workplace keeps it: who comes, how many."""
    request, slot = group.visit.request, group.visit.slot
    starts, ends = request.school.hours(slot.block)
    return Event(
        uid=_uid(group_uid(group)),
        sequence=group.visit.version,
        starts=seoul_time(slot.date, starts),
        ends=seoul_time(slot.date, ends),
        summary=gettext("%(school)s 학생 %(pupils)s 일터체험", school=request.school.name, pupils=pupils(group.pupils)),
        description=workplace.prepares,
        location=workplace.address,
        status=_group_status(group.status),
    )


def _group_status(status: GroupStatus) -> EventStatus:
    if status not in LIVE_GROUPS:
        return EventStatus.CANCELLED
    return EventStatus.CONFIRMED if status is GroupStatus.ACCEPTED else EventStatus.TENTATIVE


def download(events: Sequence[Event], name: str) -> Response:
    """Return the events as a file; the name may be Korean."""
    response = Response(calendar_file(events, clock().now()), mimetype="text/calendar")
    response.headers["Content-Disposition"] = f"attachment; filename=\"visit.ics\"; filename*=UTF-8''{quote(name)}"
    return response
