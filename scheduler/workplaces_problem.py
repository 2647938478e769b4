"""The workplace stage in numbers: every week's visits with their slots, the workplaces open to them, and the limits.

Visits are numbered within their week, workplaces (*places*) within their slot. Limits are *rows*: a workplace at a
slot, on a day, in a week or in the term takes at most so many groups. Visits with locked groups are taken out
beforehand and their groups off the limits.
"""

import datetime
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from scheduler.costs import may_use, pupil_price, pupils_before, sizes
from scheduler.instance import Instance
from scheduler.parts import Visit, Workplace

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Block:
    """The visits at one slot and the workplaces open to them.

    Attributes:
        visits: numbers of the visits in their week, shape (k,).
        pupils: pupils of each visit, shape (k,).
        names: workplace ids, length w.
        least, most: smallest and largest group of each workplace, shape (w,).
        rate: cost of a pupil of each visit at each workplace, infinite where it may not go, shape (k, w).
        before: pupils that stood there before, shape (k, w); -1 in the row of a visit to which changes cost nothing.
        rows: the limits that a group at each workplace counts against, shape (w, 4), padded with the last row.
    """

    visits: Integers
    pupils: Integers
    names: tuple[str, ...]
    least: Integers
    most: Integers
    rate: Floats
    before: Integers
    rows: Integers


@dataclass(frozen=True, slots=True)
class WeekProblem:
    """One week of the workplace stage.

    `limits` has one number per row and a last one, never reached, that pads; `term_rows` are the rows of term limits
    with their workplace, whose number here is what is left of the whole term's.
    """

    week: str
    names: tuple[str, ...]
    pupils: tuple[int, ...]
    dates: tuple[datetime.date, ...]
    blocks: tuple[Block, ...]
    limits: Integers
    term_rows: Mapping[int, str]
    group_cost: float
    change_cost: float


def build_weeks(instance: Instance, slots: Mapping[str, str]) -> tuple[WeekProblem, ...]:
    """The weeks of the workplace stage for visits with their slots (by id); in the order of the calendar."""
    taken: Counter[tuple[str, str]] = Counter()
    waiting: dict[str, dict[str, list[Visit]]] = defaultdict(lambda: defaultdict(list))
    for visit in instance.visits:
        name = slots.get(visit.id)
        if name is None:
            continue
        slot = instance.slot_by_id[name]
        if visit.locked is not None and visit.locked.groups is not None:
            for group in visit.locked.groups:
                for period in (name, slot.date.isoformat(), slot.week, ""):
                    taken[group.workplace, period] += 1
        else:
            waiting[slot.week][name].append(visit)
    scarce = _scarce(instance, waiting, taken)
    return tuple(_build_week(instance, week, waiting[week], taken, scarce) for week in sorted(waiting))


def _scarce(
    instance: Instance, waiting: Mapping[str, Mapping[str, Sequence[Visit]]], taken: Counter[tuple[str, str]]
) -> dict[str, int]:
    """What is left of the term limits that could bind: more groups could be wanted than they allow."""
    scarce: dict[str, int] = {}
    for workplace in instance.workplaces:
        if workplace.visits_per_term is None:
            continue
        left = max(0, workplace.visits_per_term - taken[workplace.id, ""])
        open_slots = set(workplace.open_slots)
        wanted = 0
        for week, by_slot in waiting.items():
            here = sum(min(workplace.groups_per_slot, len(v)) for slot, v in by_slot.items() if slot in open_slots)
            limit = workplace.visits_per_week
            wanted += here if limit is None else min(here, max(0, limit - taken[workplace.id, week]))
        if wanted > left:
            scarce[workplace.id] = left
    return scarce


def _build_week(
    instance: Instance,
    week: str,
    by_slot: Mapping[str, Sequence[Visit]],
    taken: Counter[tuple[str, str]],
    scarce: Mapping[str, int],
) -> WeekProblem:
    visits = [visit for slot in sorted(by_slot) for visit in by_slot[slot]]
    number = {visit.id: i for i, visit in enumerate(visits)}
    rows = _Rows(instance, by_slot, taken)
    places: dict[str, list[Workplace]] = {}
    used: dict[str, list[list[int]]] = {}
    for slot in sorted(by_slot):
        largest = max(visit.pupils for visit in by_slot[slot])
        fitting = [workplace for workplace in instance.open_at[slot] if workplace.min_group <= largest]
        places[slot] = [w for w in fitting if any(may_use(instance, visit, w) for visit in by_slot[slot])]
        used[slot] = [rows.of(workplace, slot, scarce) for workplace in places[slot]]
    pad = len(rows.limits)
    blocks = tuple(
        _block(
            instance,
            by_slot[slot],
            places[slot],
            [number[visit.id] for visit in by_slot[slot]],
            [row + [pad] * (4 - len(row)) for row in used[slot]],
        )
        for slot in sorted(by_slot)
    )
    slot_of = {visit.id: slot for slot, here in by_slot.items() for visit in here}
    return WeekProblem(
        week=week,
        names=tuple(visit.id for visit in visits),
        pupils=tuple(visit.pupils for visit in visits),
        dates=tuple(instance.slot_by_id[slot_of[visit.id]].date for visit in visits),
        blocks=blocks,
        limits=np.array([*rows.limits, 10**6], dtype=np.int64),
        term_rows=rows.term,
        group_cost=instance.policy.group_cost,
        change_cost=instance.policy.change_cost,
    )


def _block(
    instance: Instance,
    visits: Sequence[Visit],
    places: Sequence[Workplace],
    numbers: Sequence[int],
    rows: Sequence[Sequence[int]],
) -> Block:
    rate = np.full((len(visits), len(places)), np.inf)
    before = np.full((len(visits), len(places)), -1, dtype=np.int64)
    for i, visit in enumerate(visits):
        stood = pupils_before(visit)
        for j, workplace in enumerate(places):
            # sizes are a workplace's here, not a visit's: where the two differ, this stage leaves it alone
            if may_use(instance, visit, workplace) and sizes(visit, workplace)[1] == workplace.max_group:
                rate[i, j] = pupil_price(instance, visit, workplace)
            if stood is not None:
                before[i, j] = stood.get(workplace.id, 0)
    largest = max(visit.pupils for visit in visits)
    return Block(
        visits=np.array(numbers, dtype=np.int64),
        pupils=np.array([visit.pupils for visit in visits], dtype=np.int64),
        names=tuple(workplace.id for workplace in places),
        least=np.array([workplace.min_group for workplace in places], dtype=np.int64),
        most=np.array([min(workplace.max_group, largest) for workplace in places], dtype=np.int64),
        rate=rate,
        before=before,
        rows=np.array(rows, dtype=np.int64).reshape(len(places), 4),
    )


class _Rows:
    """Numbers the limits of a week as they are asked for; a limit that another existing one implies is left out."""

    def __init__(
        self, instance: Instance, by_slot: Mapping[str, Sequence[Visit]], taken: Counter[tuple[str, str]]
    ) -> None:
        self.limits: list[int] = []
        self.term: dict[int, str] = {}
        self._instance = instance
        self._by_slot = by_slot
        self._taken = taken
        self._by_workplace: dict[str, dict[str, list[int]]] = {}

    def of(self, workplace: Workplace, slot: str, scarce: Mapping[str, int]) -> list[int]:
        """The rows that a group of a workplace at a slot counts against."""
        if workplace.id not in self._by_workplace:
            self._by_workplace[workplace.id] = self._number(workplace, scarce)
        return self._by_workplace[workplace.id][slot]

    def _number(self, workplace: Workplace, scarce: Mapping[str, int]) -> dict[str, list[int]]:
        rows: dict[str, list[int]] = {s: [] for s in workplace.open_slots if s in self._by_slot}
        most: dict[str, int] = {}
        for slot in rows:
            left = workplace.groups_per_slot - self._taken[workplace.id, slot]
            most[slot] = self._row(rows, [slot], left, len(self._by_slot[slot]))
        days: dict[str, list[str]] = defaultdict(list)
        for slot in rows:
            days[self._instance.slot_by_id[slot].date.isoformat()].append(slot)
        total = 0
        for date, slots in days.items():
            wanted = sum(most[slot] for slot in slots)
            limit = workplace.visits_per_day
            left = wanted if limit is None else limit - self._taken[workplace.id, date]
            total += self._row(rows, slots, left, wanted)
        if rows and workplace.visits_per_week is not None:
            week = self._instance.slot_by_id[next(iter(rows))].week
            self._row(rows, list(rows), workplace.visits_per_week - self._taken[workplace.id, week], total)
        if rows and workplace.id in scarce:
            # Always a row of its own: it carries the price of the term and this week's share.
            self.term[len(self.limits)] = workplace.id
            self._row(rows, list(rows), scarce[workplace.id], 10**6)
        return rows

    def _row(self, rows: dict[str, list[int]], slots: Sequence[str], left: int, wanted: int) -> int:
        """A row over slots unless more than is left cannot be wanted; returns the groups possible there."""
        left = max(0, left)
        if left >= wanted:
            return wanted
        for slot in slots:
            rows[slot].append(len(self.limits))
        self.limits.append(left)
        return left
