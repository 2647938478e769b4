"""What workplaces are told of a day: one notice per workplace and date, a new version only when its list changes."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, contains_eager, selectinload

from booking.clock import Clock, seoul_date
from booking.config import Config
from booking.domain.called_off import Cause
from booking.domain.ids import WorkplaceId
from booking.domain.states import GroupStatus, MessageStatus, VisitStatus
from booking.models.messages import Message
from booking.models.requests import Request
from booking.models.terms import Slot
from booking.models.visits import Visit, VisitGroup, WorkplaceNotice
from booking.models.workplaces import Workplace
from booking.notify.catalogue import CATALOGUE, Kind, Urgency
from booking.services.answer_deadlines import AnswerDeadlines
from booking.services.links import carry_over, revoke_older
from booking.services.messages import Draft, withdraw_messages, write_messages

Pair = tuple[WorkplaceId, dt.date]
Facts = dict[str, Any]
TOLD = (GroupStatus.ASKED, GroupStatus.ACCEPTED, GroupStatus.EXPIRED)
#: a message in one of these states has reached somebody, or may have
LEFT = (
    MessageStatus.SENDING,
    MessageStatus.SENT,
    MessageStatus.DELIVERED,
    MessageStatus.BOUNCED,
    MessageStatus.UNKNOWN,
    MessageStatus.TOLD,
)


def notice_subject(notice: WorkplaceNotice) -> str:
    """How messages name the notice."""
    return f"notice:{notice.id}"


def _groups(session: Session, pairs: Collection[Pair]) -> dict[Pair, list[VisitGroup]]:
    """The groups that each workplace expects on each date; places that are only held are not told."""
    found: defaultdict[Pair, list[VisitGroup]] = defaultdict(list)
    rows = session.scalars(
        sa.select(VisitGroup)
        .join(VisitGroup.visit)
        .join(Visit.slot)
        .where(
            VisitGroup.workplace_id.in_({place for place, _ in pairs}),
            Slot.date.in_({date for _, date in pairs}),
            VisitGroup.status.in_(TOLD),
        )
        .options(
            contains_eager(VisitGroup.visit).contains_eager(Visit.slot),
            contains_eager(VisitGroup.visit).selectinload(Visit.request).selectinload(Request.school),
        )
        .order_by(Slot.block, VisitGroup.id)
        .execution_options(populate_existing=True)
    )
    for group in rows:
        found[group.workplace_id, group.visit.slot.date].append(group)
    return found


def group_uid(group: VisitGroup) -> str:
    """The calendar's name of a group: the same through every change of date and size, and through a merge."""
    return f"visit-{group.visit_id}-workplace-{group.called_after_id or group.workplace_id}"


def _group_facts(group: VisitGroup) -> Facts:
    request, slot = group.visit.request, group.visit.slot
    starts, ends = request.school.hours(slot.block)
    return {
        "uid": group_uid(group),
        "school": request.school.name,
        "school_sms": request.school.sms_name,
        "label": request.label,
        "pupils": group.pupils,
        "block": slot.block.value,
        "starts": starts.strftime("%H:%M"),
        "ends": ends.strftime("%H:%M"),
    }


def _marked(before: list[Facts], after: list[Facts]) -> list[Facts]:
    """The new list, each group marked new, same or changed, followed by those that are gone, marked cancelled."""
    old = {group["uid"]: {key: value for key, value in group.items() if key != "change"} for group in before}
    marked = [
        {
            **group,
            "change": "new" if group["uid"] not in old else "same" if old[group["uid"]] == group else "changed",
        }
        for group in after
    ]
    gone = [{**group, "change": "cancelled"} for uid, group in old.items() if uid not in {g["uid"] for g in after}]
    return marked + gone


def _with_cause(group: Facts, aired: Collection[str]) -> Facts:
    gone = group["change"] == "cancelled" and group["uid"] in aired
    return {**group, "cause": Cause.AIR.value} if gone else group


def _last_told(session: Session, notice: WorkplaceNotice) -> tuple[int, list[Facts]]:
    """The newest version of which a message has left (or may have), and its list; version 0 where none has."""
    message = session.scalar(
        sa.select(Message)
        .where(Message.subject == notice_subject(notice), Message.status.in_(LEFT))
        .order_by(Message.version.desc(), Message.id.desc())
        .limit(1)
    )
    if message is None:
        return 0, []
    return message.version, [
        {key: value for key, value in group.items() if key != "change"}
        for group in message.facts.get("groups", ())  # none where its words were erased
        if group.get("change") != "cancelled"
    ]


def _message_facts(place: Workplace, notice: WorkplaceNotice, groups: list[Facts]) -> Facts:
    contact = place.contact
    return {
        "workplace": place.name,
        "workplace_sms": place.sms_name,
        "contact": f"{contact.name} {contact.title}".strip() if contact is not None else place.name,
        "date": notice.date.isoformat(),
        "answer_by": notice.answer_by.isoformat(),
        "sequence": notice.version,
        "groups": groups,
    }


def refresh_notices(
    session: Session,
    clock: Clock,
    config: Config,
    pairs: Collection[Pair],
    *,
    disturb: bool = False,
    aired: Collection[str] = (),
) -> int:
    """Tell each workplace what has changed on each date, and return how many messages were written.

    Messages of an older version that have not left are withdrawn, links of older versions are revoked; a workplace that
    was never told of what is now gone is not told of it either, nor of what it has declined itself. The messages wait
    for the settling time, so that two changes within it are one message. ``disturb``: urgent ones leave in the quiet
    hours too. ``aired`` are the groups (by their calendar's name) that are gone because nobody goes outdoors.
    """
    if not pairs:
        return 0
    session.flush()
    now = clock.now()
    deadlines = AnswerDeadlines(session, seoul_date(now))
    groups = _groups(session, pairs)
    declined = _declined(session, pairs)
    notices = _notices(session, pairs)
    news: list[_News] = []
    for pair in sorted(set(pairs)):
        place_id, date = pair
        after = [_group_facts(group) for group in groups.get(pair, [])]
        asks = any(group.status is not GroupStatus.ACCEPTED for group in groups.get(pair, []))
        answer_by = deadlines.of(date, groups.get(pair, []))
        notice = notices.get(pair)
        told: list[Facts] = []
        if notice is None:
            if not after:
                continue
            notice = WorkplaceNotice(
                workplace_id=place_id, date=date, version=1, answer_by=answer_by, facts={"groups": after}
            )
            session.add(notice)
        else:
            gone = declined.get(pair, set())
            if [group for group in notice.facts["groups"] if group["uid"] not in gone] == after:
                continue
            told = [group for group in _supersede(session, notice, after, answer_by) if group["uid"] not in gone]
        kind = _kind(told, after, asks)
        if kind is not None:
            news.append(_News(notice, kind, [_with_cause(group, aired) for group in _marked(told, after)]))
    session.flush()
    return _write(session, news, now + dt.timedelta(seconds=config.settle_seconds), disturb=disturb)


@dataclass(frozen=True, slots=True)
class _News:
    """What one notice has to say."""

    notice: WorkplaceNotice
    kind: Kind
    groups: list[Facts]


def _write(session: Session, news: list[_News], available_at: dt.datetime, *, disturb: bool = False) -> int:
    places = {
        place.id: place
        for place in session.scalars(
            sa.select(Workplace)
            .where(Workplace.id.in_({item.notice.workplace_id for item in news}))
            .options(selectinload(Workplace.contact))
        )
    }
    written = write_messages(
        session,
        (
            Draft(
                kind=item.kind,
                recipient=places[item.notice.workplace_id],
                subject=notice_subject(item.notice),
                version=item.notice.version,
                facts=_message_facts(places[item.notice.workplace_id], item.notice, item.groups),
                available_at=available_at,
                disturb=disturb and CATALOGUE[item.kind].urgency is Urgency.URGENT,
            )
            for item in news
        ),
    )
    return len(written)


def _notices(session: Session, pairs: Collection[Pair]) -> dict[Pair, WorkplaceNotice]:
    """The notices, locked against any other change, and not against a worker that makes a link for one of them.

    That worker holds the message which is about to be taken back here: each would wait for the other.
    """
    rows = session.scalars(
        sa.select(WorkplaceNotice)
        .where(
            WorkplaceNotice.workplace_id.in_({place for place, _ in pairs}),
            WorkplaceNotice.date.in_({date for _, date in pairs}),
        )
        .with_for_update(key_share=True)
    )
    return {(notice.workplace_id, notice.date): notice for notice in rows}


def _declined(session: Session, pairs: Collection[Pair]) -> dict[Pair, set[str]]:
    """The groups that each workplace has declined for each date: it knows of those by itself."""
    found: defaultdict[Pair, set[str]] = defaultdict(set)
    rows = session.execute(
        sa.select(VisitGroup, Slot.date)
        .join(Slot, Slot.id == VisitGroup.slot_id)
        .where(
            VisitGroup.workplace_id.in_({place for place, _ in pairs}),
            Slot.date.in_({date for _, date in pairs}),
            VisitGroup.status == GroupStatus.DECLINED,
        )
    )
    for group, date in rows:
        found[group.workplace_id, date].add(group_uid(group))
    return found


def _supersede(session: Session, notice: WorkplaceNotice, after: list[Facts], answer_by: dt.date) -> list[Facts]:
    """Raise the version of a notice, take back what has not left, and return the list that the workplace holds."""
    told_version, told = _last_told(session, notice)
    notice.version += 1
    notice.answer_by = answer_by
    notice.facts = {"groups": after}
    withdraw_messages(session, notice_subject(notice), below_version=notice.version)
    revoke_older(session, notice.id, notice.version)
    if told == after:
        # changed and changed back before anything left: what the workplace holds is true again
        carry_over(session, notice.id, told_version, notice.version)
    return told


def _kind(told: list[Facts], after: list[Facts], asks: bool) -> Kind | None:
    if told == after:
        return None
    if not after:
        return Kind.WORKPLACE_CANCELLED
    if asks:
        return Kind.WORKPLACE_CHANGED if told else Kind.WORKPLACE_ASK
    return Kind.WORKPLACE_CHANGED


def confirm_notices(session: Session, clock: Clock, pairs: Collection[Pair]) -> int:
    """Tell workplaces whose every group on the date belongs to a confirmed visit that it is settled."""
    if not pairs:
        return 0
    session.flush()
    groups = _groups(session, pairs)
    news = [
        _News(notice, Kind.WORKPLACE_CONFIRMED, [{**_group_facts(group), "change": "same"} for group in groups[pair]])
        for pair, notice in sorted(_notices(session, pairs).items())
        if pair in pairs
        and groups.get(pair)
        and all(group.visit.status is VisitStatus.CONFIRMED for group in groups[pair])
    ]
    return _write(session, news, clock.now())


def remind_notices(session: Session, pairs: Collection[Pair], available_at: dt.datetime) -> int:
    """Ask again, once for each version of a notice, where a workplace has not answered for every group of it."""
    if not pairs:
        return 0
    groups = _groups(session, pairs)
    news = [
        _News(notice, Kind.WORKPLACE_REMINDER, [{**_group_facts(group), "change": "same"} for group in groups[pair]])
        for pair, notice in sorted(_notices(session, pairs).items())
        if pair in pairs and any(group.status is not GroupStatus.ACCEPTED for group in groups.get(pair, []))
    ]
    return _write(session, news, available_at)


def retell_notices(session: Session, clock: Clock, pairs: Collection[Pair]) -> int:
    """Tell what stands to a contact who has heard of nothing: at a new version, so that no older link opens.

    What is settled is told as settled, what is open is asked with a time to answer of its own; where the workplace has
    said yes and others have not, there is nothing to say yet. A day on which nobody is expected any more stays as it
    is told: its cancellation may be on its way.
    """
    if not pairs:
        return 0
    session.flush()
    now = clock.now()
    deadlines = AnswerDeadlines(session, seoul_date(now))
    groups = _groups(session, pairs)
    news: list[_News] = []
    for pair, notice in sorted(_notices(session, pairs).items()):
        standing = groups.get(pair, []) if pair in pairs else []
        if not standing:
            continue
        notice.version += 1
        withdraw_messages(session, notice_subject(notice), below_version=notice.version)
        revoke_older(session, notice.id, notice.version)
        told = [{**_group_facts(group), "change": "same"} for group in standing]
        if any(group.status is not GroupStatus.ACCEPTED for group in standing):
            notice.answer_by = deadlines.of(notice.date, standing)
            news.append(_News(notice, Kind.WORKPLACE_ASK, told))
        elif all(group.visit.status is VisitStatus.CONFIRMED for group in standing):
            news.append(_News(notice, Kind.WORKPLACE_CONFIRMED, told))
    session.flush()
    return _write(session, news, now)
