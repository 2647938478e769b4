"""What a change of a workplace does to the groups that stand there: which of them it can no longer receive, and why."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

from booking.domain.eligibility import usable_on
from booking.domain.vocabulary import Block, Level, WorkplaceStatus

Half = tuple[dt.date, Block]
K = TypeVar("K")


class Hit(StrEnum):
    """Why a group cannot stay: no longer active, a check that has run out, closed, its size, its level, a budget."""

    NOT_ACTIVE = "not_active"
    EXPIRED = "expired"
    CLOSED = "closed"
    SIZE = "size"
    LEVEL = "level"
    BUDGET = "budget"


#: what also speaks against pupils who have been there already: the plan of the term has to go on adding up
OF_THE_TERM = frozenset({Hit.SIZE, Hit.LEVEL, Hit.BUDGET})


@dataclass(frozen=True, slots=True)
class Limits:
    """When and whom a workplace receives; limits that are None do not bind."""

    status: WorkplaceStatus
    checks: tuple[dt.date | None, dt.date | None, dt.date | None]
    hours: frozenset[tuple[int, Block]]
    exceptions: Mapping[Half, bool]
    sizes: tuple[int, int]
    levels: frozenset[str]
    per_slot: int
    per_day: int | None
    per_week: int | None
    per_term: int | None

    def is_open(self, half: Half) -> bool:
        """Whether the pattern, or what differs from it on this date, says open."""
        date, block = half
        return self.exceptions.get(half, (date.weekday(), block) in self.hours)


@dataclass(frozen=True, slots=True)
class Standing(Generic[K]):
    """A group that holds a place of the workplace in this term."""

    key: K
    date: dt.date
    block: Block
    pupils: int
    level: Level
    accepted: bool


def _unfit(limits: Limits, group: Standing[K], today: dt.date) -> Hit | None:
    """What speaks against a group by itself, the weightiest first."""
    if group.date > today:
        if limits.status is not WorkplaceStatus.ACTIVE:
            return Hit.NOT_ACTIVE
        if not usable_on(group.date, limits.status, *limits.checks):
            return Hit.EXPIRED
        if not limits.is_open((group.date, group.block)):
            return Hit.CLOSED
    least, most = limits.sizes
    if not least <= group.pupils <= most:
        return Hit.SIZE
    return None if group.level in limits.levels else Hit.LEVEL


def unfit(limits: Limits, groups: Collection[Standing[K]], today: dt.date) -> dict[K, Hit]:
    """Return what speaks against each group; budgets go to what was, what was accepted, what comes first."""
    found: dict[K, Hit] = {}
    counts: Counter[tuple[object, ...]] = Counter()
    for group in sorted(groups, key=lambda one: (one.date > today, not one.accepted, one.date, one.block)):
        why = _unfit(limits, group, today)
        year, week, _ = group.date.isocalendar()
        budgets = (
            (("slot", group.date, group.block), limits.per_slot),
            (("day", group.date), limits.per_day),
            (("week", year, week), limits.per_week),
            (("term",), limits.per_term),
        )
        if why is None and any(most is not None and counts[key] >= most for key, most in budgets):
            why = Hit.BUDGET
        if why is not None:
            found[group.key] = why
        if why is None or group.date <= today:
            counts.update(key for key, _ in budgets)
    return found


def caused(before: Limits, after: Limits, groups: Collection[Standing[K]], today: dt.date) -> dict[K, Hit]:
    """Return the groups against which the change speaks and nothing spoke before it, with the reason."""
    known = unfit(before, groups, today)
    return {key: why for key, why in unfit(after, groups, today).items() if key not in known}
