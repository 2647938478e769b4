"""일터: entering and changing workplaces. What a change does to visits that stand is agreed to before it is saved.

It is agreed to by naming the groups that lose their place: a change that would cost others is refused, so that nobody
agrees to what has not been seen.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import asdict
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, selectinload

from booking.clock import Clock, seoul_date
from booking.config import Config
from booking.domain.answers import DeclineReason
from booking.domain.errors import Conflict, InvalidForm, InvalidInput, NotFound, StandingVisits
from booking.domain.ids import GroupId, WorkplaceId
from booking.domain.person import Person
from booking.domain.standing import Hit
from booking.domain.states import GROUP_STEPS, WORKPLACE_STEPS, GroupStatus, step
from booking.domain.vocabulary import WorkplaceStatus
from booking.domain.workplace_entry import ContactEntry, WorkplaceEntry
from booking.models.terms import Term
from booking.models.visits import VisitGroup
from booking.models.workplaces import Workplace, WorkplaceContact, WorkplaceException, WorkplaceHours, WorkplaceStep
from booking.services.allocations import STAFF, request_repair
from booking.services.history import record_change
from booking.services.notices import refresh_notices
from booking.services.outlook_asking import ask_current_outlook, ask_outlook
from booking.services.placing import settle
from booking.services.terms import lock_term
from booking.services.workplace_effects import Effect, Patch, examine, of_entry, standing_groups

#: what history says of these is that they changed, never what stood there: it may be somebody's number
UNTOLD = frozenset({"notes", "contact"})
DECLINES = {
    Hit.NOT_ACTIVE: DeclineReason.NOT_ANY_MORE,
    Hit.EXPIRED: DeclineReason.NOT_ANY_MORE,
    Hit.CLOSED: DeclineReason.NOT_THIS_DAY,
    Hit.SIZE: DeclineReason.NOT_THIS_SIZE,
    Hit.LEVEL: DeclineReason.NOT_THIS_SIZE,
    Hit.BUDGET: DeclineReason.NOT_THIS_DAY,
}


def find_workplace(session: Session, workplace_id: WorkplaceId, *, lock: bool = False) -> Workplace:
    """Return a workplace with its pattern, exceptions, contact and steps.

    Raises:
        NotFound: there is none.
    """
    query = (
        sa.select(Workplace)
        .where(Workplace.id == workplace_id)
        .options(
            selectinload(Workplace.hours),
            selectinload(Workplace.exceptions),
            selectinload(Workplace.contact),
            selectinload(Workplace.steps),
        )
    )
    if lock:
        query = query.with_for_update(of=Workplace).execution_options(populate_existing=True)
    place = session.scalar(query)
    if place is None:
        raise NotFound(f"workplace {workplace_id}")
    return place


def change_workplace(
    session: Session,
    clock: Clock,
    config: Config,
    person: Person,
    workplace_id: WorkplaceId,
    patch: Patch,
    *,
    seen: int,
    agreed: Collection[GroupId] = (),
) -> Effect:
    """Change a workplace; ``agreed`` are the groups that lose their place by it, for which a repair is asked.

    What changes nothing is no change. The workplace is taken to have said no to the groups, as it would on its link.

    Raises:
        InvalidForm: a step that is not allowed, or what does not fit visits that have been or are being negotiated.
        Conflict: the workplace was changed since version ``seen``.
        StandingVisits: groups other than those agreed to would lose their place (``facts['groups']``).
        NotFound: there is no such workplace.
    """
    person.require_role(*STAFF)
    return apply_patch(session, clock, config, person.actor, workplace_id, patch, seen=seen, agreed=agreed)


def apply_patch(
    session: Session,
    clock: Clock,
    config: Config,
    actor: str,
    workplace_id: WorkplaceId,
    patch: Patch,
    *,
    seen: int,
    agreed: Collection[GroupId] = (),
) -> Effect:
    """Change a workplace as :func:`change_workplace` does, whoever is allowed to: the office, or the workplace itself.

    Raises:
        InvalidForm, Conflict, StandingVisits, NotFound: as there.
    """
    term = session.scalar(sa.select(Term).where(Term.is_current))
    if term is not None:
        lock_term(session, term)
    place = find_workplace(session, workplace_id, lock=True)
    effect = examine(session, clock, place, patch)
    if not effect.changes:
        return effect
    if place.version != seen or place.merged_into_id is not None:
        raise Conflict(f"workplace {workplace_id} was changed meanwhile", workplace=place.id)
    if effect.refused is not None:
        raise InvalidForm([effect.refused])
    if set(agreed) != set(effect.hits):
        raise StandingVisits(f"workplace {workplace_id}: {len(effect.hits)} groups", groups=effect.hits)
    _write(session, clock, place, patch)
    place.version += 1
    told = {name: pair for name, pair in effect.changes.items() if name not in UNTOLD}
    record_change(
        session, actor, "workplace_changed", "workplace", place.id,
        before={name: _plain(old) for name, (old, _) in told.items()},
        after={name: _plain(new) for name, (_, new) in told.items()},
        more=sorted(effect.changes.keys() & UNTOLD),
        groups=len(effect.hits),
        reason=" · ".join(dict.fromkeys(closure.reason for closure in patch.closures)) or None,
    )  # fmt: skip
    session.flush()
    if effect.hits and term is not None:
        _give_up(session, clock, config, actor, effect)
        ask_outlook(session, term.id)
        request_repair(session, clock, config, term.id, actor)
    else:
        ask_current_outlook(session)
    _fill_seats(session, place)
    session.flush()
    return effect


def _plain(value: Any) -> Any:
    """A value as history keeps it."""
    return value.isoformat() if isinstance(value, dt.date) else value


def _write(session: Session, clock: Clock, place: Workplace, patch: Patch) -> None:
    for name, value in patch.values.items():
        setattr(place, name, value)
    if patch.status is not None and patch.status is not place.status:
        before, since = place.status, patch.since or seoul_date(clock.now())
        place.status = step(WORKPLACE_STEPS, before, patch.status)
        place.steps.append(WorkplaceStep(status_before=before, status=place.status, since=since))
    if patch.hours is not None:
        known = {(row.weekday, row.block): row for row in place.hours}
        for key, row in known.items():
            if key not in patch.hours:
                place.hours.remove(row)
        place.hours.extend(WorkplaceHours(weekday=day, block=block) for day, block in sorted(patch.hours - set(known)))
    exceptions = {(row.date, row.block): row for row in place.exceptions}
    for half in patch.undone & set(exceptions):
        place.exceptions.remove(exceptions.pop(half))
    for closure in patch.closures:
        for date, block in closure.halves():
            known_row = exceptions.get((date, block))
            if known_row is None:
                known_row = WorkplaceException(date=date, block=block)
                place.exceptions.append(known_row)
            known_row.open, known_row.reason = closure.open, closure.reason
    if patch.contact is not None:
        _write_contact(place, patch.contact[0])


def _write_contact(place: Workplace, entry: ContactEntry | None) -> None:
    if entry is None:
        place.contact = None
    elif place.contact is None:
        place.contact = WorkplaceContact(**asdict(entry))
    else:
        for name, value in asdict(entry).items():
            setattr(place.contact, name, value)


def _give_up(session: Session, clock: Clock, config: Config, actor: str, effect: Effect) -> None:
    """Take each group's place away, as when its workplace declines; whoever else is expected there is told as usual."""
    touched = set()
    for group in effect.groups:
        reason = DECLINES[effect.hits[group.id]]
        group.status = step(GROUP_STEPS, group.status, GroupStatus.DECLINED)
        group.answer_reason = reason.value
        group.answered_at = clock.now()
        settle(group.visit)
        touched.add((group.workplace_id, group.visit.slot.date))
        record_change(
            session, actor, "group_declined", "group", group.id, reason=reason.value,
            request=group.visit.request_id,
        )  # fmt: skip
    session.flush()
    refresh_notices(session, clock, config, touched)


def _fill_seats(session: Session, place: Workplace) -> None:
    """Let the groups that stay sit on the seats that are left, where there are fewer than before."""
    by_slot: dict[int, dict[int, VisitGroup]] = {}
    for group in standing_groups(session, place.id):
        by_slot.setdefault(group.slot_id, {})[group.seat] = group
    for seats in by_slot.values():
        for seat in [seat for seat in seats if seat > place.groups_per_slot]:
            free = next(number for number in range(1, seat) if number not in seats)
            seats[free] = seats.pop(seat)
            seats[free].seat = free
            session.flush()


def add_workplace(
    session: Session, clock: Clock, person: Person, entry: WorkplaceEntry, status: WorkplaceStatus, since: dt.date
) -> Workplace:
    """Take a new workplace into the register, found on the day ``since``.

    Raises:
        InvalidForm: the day is to come, or a workplace of this name stands at this address.
    """
    person.require_role(*STAFF)
    if since > seoul_date(clock.now()):
        raise InvalidForm([InvalidInput(field="since", reason="future")])
    same = sa.select(Workplace.id).where(
        Workplace.name == entry.name, Workplace.address == entry.address, Workplace.merged_into_id.is_(None)
    )
    if session.scalar(same.limit(1)) is not None:
        raise InvalidForm([InvalidInput(field="name", reason="same_place")])
    patch = of_entry(entry)
    place = Workplace(code=_free_code(session), status=status, **patch.values)
    place.hours = [WorkplaceHours(weekday=weekday, block=block) for weekday, block in sorted(entry.hours)]
    place.steps = [WorkplaceStep(status_before=None, status=status, since=since)]
    _write_contact(place, entry.contact)
    session.add(place)
    session.flush()
    record_change(session, person.actor, "workplace_added", "workplace", place.id, status=status.value)
    ask_current_outlook(session)
    return place


def _free_code(session: Session) -> str:
    """A code that no workplace has: its number, unless a term that was taken in has used it."""
    number = (session.scalar(sa.select(sa.func.count()).select_from(Workplace)) or 0) + 1
    while session.scalar(sa.select(sa.func.count()).where(Workplace.code == f"W{number:04d}")):
        number += 1
    return f"W{number:04d}"
