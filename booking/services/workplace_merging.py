"""합치기: two entries of one workplace become one, in one transaction, with all that points to them.

Visits, answers, notices, messages, proposals and exclusions of the one that goes belong to the one that stays. Its row
remains as a sign that leads there, with the days of its pipeline, which nobody rewrites. It is not undone: what is one
afterwards cannot be told apart again.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, selectinload

from booking.clock import Clock, seoul_date
from booking.config import Config
from booking.domain.errors import Conflict, InvalidForm, InvalidInput
from booking.domain.ids import GroupId, WorkplaceId
from booking.domain.merging import CHOICES
from booking.domain.person import Person
from booking.domain.standing import Hit, unfit
from booking.domain.states import LIVE_GROUPS
from booking.domain.vocabulary import WorkplaceStatus
from booking.domain.workplace_entry import ClosureEntry
from booking.models.duplicates import DistinctPair
from booking.models.terms import Slot, Term
from booking.models.visits import VisitGroup
from booking.models.workplaces import Workplace, WorkplaceContact, WorkplaceException, WorkplaceHours, WorkplaceStep
from booking.services.allocations import STAFF
from booking.services.history import record_change
from booking.services.merging_rows import move_notices, move_rows
from booking.services.notices import refresh_notices
from booking.services.outlook_asking import ask_current_outlook
from booking.services.terms import lock_term
from booking.services.workplace_effects import Patch, limits_after, limits_of, standing_groups, standing_of
from booking.services.workplaces import find_workplace

#: notes of both, the later ones below
BETWEEN_NOTES = "\n\n"


@dataclass(frozen=True, slots=True)
class Clash:
    """A group that could not stay where both are one, and why; ``twice``: its visit is at both."""

    group: VisitGroup
    why: Hit | str


def clashes(
    session: Session, clock: Clock, keep: Workplace, other: Workplace, taken: Collection[str]
) -> list[Clash]:  # fmt: skip
    """Say which groups of this term would not fit if the two were one, with these choices of the one that goes."""
    today = seoul_date(clock.now())
    both = {place.id: standing_groups(session, place.id) for place in (keep, other)}
    groups = [group for found in both.values() for group in found]
    standing = [standing_of(group) for group in groups]
    before: dict[GroupId, Hit] = {}
    for place in (keep, other):
        before |= unfit(limits_of(place), [standing_of(group) for group in both[place.id]], today)
    after = unfit(limits_after(keep, _patch(keep, other, taken)), standing, today)
    by_id = {group.id: group for group in groups}
    found = [Clash(by_id[key], why) for key, why in after.items() if key not in before]
    visits = {group.visit_id for group in both[keep.id]}
    found += [Clash(group, "twice") for group in both[other.id] if group.visit_id in visits]
    return found


def _values(other: Workplace, taken: Collection[str]) -> dict[str, Any]:
    """The columns that the one that stays gets from the one that goes."""
    return {column: getattr(other, column) for name in CHOICES if name in taken for column in CHOICES[name]}


def _hours(keep: Workplace, other: Workplace, taken: Collection[str]) -> frozenset[tuple[int, Any]]:
    source = other if "hours" in taken else keep
    return frozenset((row.weekday, row.block) for row in source.hours)


def _patch(keep: Workplace, other: Workplace, taken: Collection[str]) -> Patch:
    """What becomes different of the one that stays, as far as standing groups are concerned."""
    halves = {(row.date, row.block) for row in keep.exceptions}
    closures = tuple(
        ClosureEntry(row.date, row.date, (row.block,), row.open, row.reason)
        for row in other.exceptions
        if (row.date, row.block) not in halves
    )
    return Patch(_values(other, taken), hours=_hours(keep, other, taken), closures=closures)


def merge(
    session: Session,
    clock: Clock,
    config: Config,
    person: Person,
    keep_id: WorkplaceId,
    other_id: WorkplaceId,
    taken: Collection[str],
    *,
    seen: tuple[int, int],
) -> Workplace:
    """Make two workplaces one: ``keep_id`` stays, with the choices ``taken`` from the other.

    Raises:
        InvalidForm: groups that stand at both would not fit into one (``form``, ``clash``).
        Conflict: one of them was changed since these versions, or belongs to another by now.
        NotFound: there is no such workplace.
    """
    person.require_role(*STAFF)
    if keep_id == other_id:
        raise InvalidForm([InvalidInput(field="form", reason="same")])
    term = session.scalar(sa.select(Term).where(Term.is_current))
    if term is not None:
        lock_term(session, term)
    places = {number: find_workplace(session, number, lock=True) for number in sorted((keep_id, other_id))}
    keep, other = places[keep_id], places[other_id]
    if keep.merged_into_id is not None or other.merged_into_id is not None:
        raise Conflict("one of them belongs to another workplace by now", reason="merged")
    if (keep.version, other.version) != seen:
        raise Conflict("one of them was changed meanwhile", reason="changed")
    if clashes(session, clock, keep, other, taken):
        raise InvalidForm([InvalidInput(field="form", reason="clash")])
    before = {column: getattr(keep, column) for column in _values(other, taken)}
    _write(session, keep, other, taken)
    try:
        with session.begin_nested():
            touched = _move_groups(session, keep, other)
            # limits of earlier terms are judged here as well, and not only at the end
            session.execute(sa.text("SET CONSTRAINTS check_workplace_budget IMMEDIATE"))
            session.execute(sa.text("SET CONSTRAINTS check_workplace_budget DEFERRED"))
    except IntegrityError as error:
        raise InvalidForm([InvalidInput(field="form", reason="clash")]) from error
    move_rows(session, keep.id, other.id)
    both = move_notices(session, keep.id, other.id)
    _end(session, clock, keep, other)
    after = {column: getattr(keep, column) for column in before}
    record_change(
        session, person.actor, "workplace_merged", "workplace", keep.id, merged=other.id,
        before={name: _plain(value) for name, value in before.items()},
        after={name: _plain(value) for name, value in after.items()},
        more=sorted({"hours", "contact"} & set(taken)),
    )  # fmt: skip
    record_change(session, person.actor, "workplace_merged_away", "workplace", other.id, into=keep.id)
    session.flush()
    # whoever was told by two notices of one day is told by one
    refresh_notices(session, clock, config, {(keep.id, date) for date in both & touched})
    ask_current_outlook(session)
    session.flush()
    return keep


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, dt.date) else value


def _write(session: Session, keep: Workplace, other: Workplace, taken: Collection[str]) -> None:
    """Give the one that stays what was chosen, the notes of both, and the dates on which either differs."""
    for column, value in _values(other, taken).items():
        setattr(keep, column, value)
    hours = _hours(keep, other, taken)
    for row in [row for row in keep.hours if (row.weekday, row.block) not in hours]:
        keep.hours.remove(row)
    known = {(row.weekday, row.block) for row in keep.hours}
    keep.hours.extend(WorkplaceHours(weekday=day, block=block) for day, block in sorted(hours - known))
    keep.exceptions.extend(
        WorkplaceException(date=closure.first, block=closure.blocks[0], open=closure.open, reason=closure.reason)
        for closure in _patch(keep, other, taken).closures
    )
    if other.notes and other.notes != keep.notes:
        keep.notes = BETWEEN_NOTES.join(filter(None, (keep.notes, other.notes)))
    contact = other.contact
    if "contact" in taken or keep.contact is None:
        values = {
            name: getattr(contact, name) for name in ("name", "title", "email", "phone", "language")
        } if contact is not None else None  # fmt: skip
        if values is None:
            keep.contact = None
        elif keep.contact is None:
            keep.contact = WorkplaceContact(**values)
        else:
            for name, value in values.items():
                setattr(keep.contact, name, value)
    # nobody's number stays with an entry that stands for nothing
    other.contact = None
    session.flush()


def _move_groups(session: Session, keep: Workplace, other: Workplace) -> set[dt.date]:
    """Let every group of the other belong to this one, each on a seat of its slot; returns the dates of live ones.

    Calendars go on calling a group as they did.
    """
    rows = session.scalars(
        sa.select(VisitGroup)
        .where(VisitGroup.workplace_id.in_((keep.id, other.id)))
        .options(selectinload(VisitGroup.visit))
        .order_by(VisitGroup.id)
    ).all()
    live: defaultdict[int, list[VisitGroup]] = defaultdict(list)
    touched: set[int] = set()
    for group in rows:
        if group.status in LIVE_GROUPS:
            live[group.slot_id].append(group)
        elif group.workplace_id == other.id:
            group.called_after_id = group.called_after_id or other.id
            group.workplace_id = keep.id
    for slot_id, groups in live.items():
        taken = {group.seat for group in groups if group.workplace_id == keep.id and group.seat <= keep.groups_per_slot}
        for group in groups:
            if group.workplace_id == keep.id and group.seat <= keep.groups_per_slot:
                continue
            seat = next((number for number in range(1, len(groups) + 1) if number not in taken), group.seat)
            taken.add(seat)
            if group.workplace_id == other.id:
                group.called_after_id = group.called_after_id or other.id
                group.workplace_id = keep.id
                touched.add(slot_id)
            group.seat = seat
            session.flush()
    session.flush()
    return set(session.scalars(sa.select(Slot.date).where(Slot.id.in_(touched))))


def _end(session: Session, clock: Clock, keep: Workplace, other: Workplace) -> None:
    """Leave a sign that leads to the one that stays; its own pipeline ends today, and is counted no more."""
    if other.status is not WorkplaceStatus.ENDED:
        before, today = other.status, seoul_date(clock.now())
        since = max([today, *(step.since for step in other.steps[-1:])])
        other.status = WorkplaceStatus.ENDED
        other.steps.append(WorkplaceStep(status_before=before, status=WorkplaceStatus.ENDED, since=since))
    other.merged_into_id = keep.id
    session.execute(sa.update(Workplace).where(Workplace.merged_into_id == other.id).values(merged_into_id=keep.id))
    keep.version += 1
    other.version += 1
    session.flush()


def say_distinct(session: Session, clock: Clock, person: Person, one_id: WorkplaceId, other_id: WorkplaceId) -> None:
    """Remember that two workplaces that look alike are two; saying so again changes nothing.

    Raises:
        InvalidForm: it is the same one twice.
        NotFound: there is no such workplace.
    """
    person.require_role(*STAFF)
    low, high = sorted((one_id, other_id))
    if low == high:
        raise InvalidForm([InvalidInput(field="form", reason="same")])
    for number in (low, high):
        find_workplace(session, number)
    if session.get(DistinctPair, (low, high)) is None:
        session.add(DistinctPair(one_id=low, other_id=high, by_id=person.user_id, at=clock.now()))
        record_change(session, person.actor, "workplaces_distinct", "workplace", low, other=high)
        session.flush()
