"""What a change of a workplace would do, said before it is saved: each value from → to, and visits that stand.

A change is a :class:`Patch`, whether a form, a closure, a step of the pipeline or one row of many.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, selectinload

from booking.clock import Clock, seoul_date
from booking.domain.errors import InvalidInput
from booking.domain.ids import GroupId, WorkplaceId
from booking.domain.standing import OF_THE_TERM, Half, Hit, Limits, Standing, caused
from booking.domain.states import LIVE_GROUPS, WORKPLACE_STEPS, GroupStatus, may_step
from booking.domain.vocabulary import Block, WorkplaceStatus
from booking.domain.workplace_entry import ClosureEntry, ContactEntry, WorkplaceEntry
from booking.models.requests import Request
from booking.models.terms import Slot, Term
from booking.models.visits import Visit, VisitGroup
from booking.models.workplaces import Workplace

#: which field of the form is at fault where pupils have been there already
FIELDS = {Hit.SIZE: "max_group", Hit.LEVEL: "levels", Hit.BUDGET: "visits_per_term"}


@dataclass(frozen=True, slots=True)
class Patch:
    """What is to become different of a workplace; whatever is empty stays as it is."""

    values: Mapping[str, Any] = field(default_factory=dict)
    hours: frozenset[tuple[int, Block]] | None = None
    closures: tuple[ClosureEntry, ...] = ()
    #: half-days that follow the weekly pattern again
    undone: frozenset[Half] = frozenset()
    status: WorkplaceStatus | None = None
    #: the day of the step
    since: dt.date | None = None
    #: a new contact in a tuple of one; None in it: nobody any more
    contact: tuple[ContactEntry | None] | None = None


@dataclass(frozen=True, slots=True)
class Effect:
    """What a patch would do: each value from → to, the groups that lose their place, and why it is refused."""

    changes: dict[str, tuple[Any, Any]]
    hits: dict[GroupId, Hit]
    groups: tuple[VisitGroup, ...]
    refused: InvalidInput | None


def of_entry(entry: WorkplaceEntry) -> Patch:
    """Return the patch that makes a workplace what the form says; its contact is a matter of its own."""
    values = asdict(entry)
    del values["hours"], values["contact"]
    return Patch({**values, "levels": list(entry.levels)}, hours=entry.hours)


def examine(session: Session, clock: Clock, place: Workplace, patch: Patch) -> Effect:
    """Say what a patch would do to a workplace, without doing it."""
    today = seoul_date(clock.now())
    groups = standing_groups(session, place.id)
    standing = [
        Standing(
            group.id,
            group.visit.slot.date,
            group.visit.slot.block,
            group.pupils,
            group.visit.request.school.level,
            group.status is GroupStatus.ACCEPTED,
        )
        for group in groups
    ]
    found = caused(_limits(place), _limits_after(place, patch), standing, today)
    past = {one.key for one in standing if one.date <= today}
    hits = {key: why for key, why in found.items() if key not in past}
    by_id = {group.id: group for group in groups}
    refused = _wrong_step(place, patch, today)
    if refused is None:
        over = next((why for key, why in found.items() if key in past and why in OF_THE_TERM), None)
        if over is not None:
            refused = InvalidInput(field=FIELDS[over], reason="term_so_far")
        elif any(by_id[key].status is GroupStatus.PROPOSED for key in hits):
            refused = InvalidInput(field="form", reason="held")
    return Effect(_changes(place, patch), hits, tuple(group for group in groups if group.id in hits), refused)


def standing_groups(session: Session, workplace_id: WorkplaceId) -> list[VisitGroup]:
    """Return the groups that hold a place of the workplace in the current term, in the order of the calendar."""
    return list(
        session.scalars(
            sa.select(VisitGroup)
            .join(Slot, Slot.id == VisitGroup.slot_id)
            .join(Term, Term.id == Slot.term_id)
            .where(VisitGroup.workplace_id == workplace_id, Term.is_current, VisitGroup.status.in_(LIVE_GROUPS))
            .options(
                selectinload(VisitGroup.visit).selectinload(Visit.slot),
                selectinload(VisitGroup.visit).selectinload(Visit.groups),
                selectinload(VisitGroup.visit).selectinload(Visit.request).selectinload(Request.school),
            )
            .order_by(Slot.date, Slot.block, VisitGroup.id)
        )
    )


def _limits(place: Workplace) -> Limits:
    return Limits(
        status=place.status,
        checks=(place.safety_valid_until, place.insurance_valid_until, place.certified_until),
        hours=frozenset((row.weekday, row.block) for row in place.hours),
        exceptions={(row.date, row.block): row.open for row in place.exceptions},
        sizes=(place.min_group, place.max_group),
        levels=frozenset(place.levels),
        per_slot=place.groups_per_slot,
        per_day=place.visits_per_day,
        per_week=place.visits_per_week,
        per_term=place.visits_per_term,
    )


def _limits_after(place: Workplace, patch: Patch) -> Limits:
    def value(name: str) -> Any:
        return patch.values.get(name, getattr(place, name))

    now = _limits(place)
    exceptions = {half: is_open for half, is_open in now.exceptions.items() if half not in patch.undone}
    for closure in patch.closures:
        exceptions |= dict.fromkeys(closure.halves(), closure.open)
    return Limits(
        status=patch.status or place.status,
        checks=(value("safety_valid_until"), value("insurance_valid_until"), value("certified_until")),
        hours=now.hours if patch.hours is None else patch.hours,
        exceptions=exceptions,
        sizes=(value("min_group"), value("max_group")),
        levels=frozenset(value("levels")),
        per_slot=value("groups_per_slot"),
        per_day=value("visits_per_day"),
        per_week=value("visits_per_week"),
        per_term=value("visits_per_term"),
    )


def _wrong_step(place: Workplace, patch: Patch, today: dt.date) -> InvalidInput | None:
    if patch.status is None or patch.status is place.status:
        return None
    if not may_step(WORKPLACE_STEPS, place.status, patch.status):
        return InvalidInput(field="status", reason="step")
    since = patch.since or today
    if since > today:
        return InvalidInput(field="since", reason="future")
    if place.steps and since < place.steps[-1].since:
        return InvalidInput(field="since", reason="before_last_step")
    return None


def _changes(place: Workplace, patch: Patch) -> dict[str, tuple[Any, Any]]:
    """Each field that becomes different, from → to."""
    found = {
        name: (getattr(place, name), value) for name, value in patch.values.items() if getattr(place, name) != value
    }
    if patch.status is not None and patch.status is not place.status:
        found["status"] = (place.status, patch.status)
    hours = {(row.weekday, row.block) for row in place.hours}
    if patch.hours is not None and patch.hours != hours:
        found["hours"] = tuple(  # type: ignore[assignment]  # two lists: before and after
            [f"{weekday}-{block.value}" for weekday, block in sorted(which)] for which in (hours, patch.hours)
        )
    for closure in patch.closures:
        span = f"{closure.first}/{closure.last} {'+'.join(block.value for block in closure.blocks)}"
        name = "open" if closure.open else "closed"
        found[name] = (None, f"{found[name][1]}; {span}" if name in found else span)
    known = {(row.date, row.block) for row in place.exceptions}
    if patch.undone & known:
        found["pattern"] = (None, [f"{date} {block.value}" for date, block in sorted(patch.undone & known)])
    if patch.contact is not None:
        (new,) = patch.contact
        old = place.contact
        before = None if old is None else ContactEntry(old.name, old.title, old.email, old.phone, old.language)
        if before != new:
            found["contact"] = (None, None)
    return found
