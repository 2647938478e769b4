"""Moves a sample term to the semester that comes next, so that the demo is always now."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

import holidays

from scheduler.instance import Instance, Slot


def move_dates(dates: Sequence[dt.date], start: dt.date) -> dict[dt.date, dt.date]:
    """Map each date onto one from ``start`` on: the n-th Monday onto the n-th Monday that is no holiday, and so on.

    Weekdays stay, so that weekly patterns stay true; nobody goes out on a holiday.
    """
    closed = holidays.country_holidays("KR", years=range(start.year, start.year + 3))
    by_weekday: defaultdict[int, list[dt.date]] = defaultdict(list)
    for date in sorted(set(dates)):
        by_weekday[date.weekday()].append(date)
    moved: dict[dt.date, dt.date] = {}
    for weekday, old in by_weekday.items():
        day = start + dt.timedelta(days=(weekday - start.weekday()) % 7)
        for date in old:
            while day in closed:
                day += dt.timedelta(days=7)
            moved[date] = day
            day += dt.timedelta(days=7)
    return moved


def _week(date: dt.date) -> str:
    year, week, _ = date.isocalendar()
    return f"{year}-W{week:02d}"


def move_instance(instance: Instance, start: dt.date) -> Instance:
    """Return the term moved so that it begins at ``start``; slot ids follow their dates where they carry them."""
    dates = move_dates([slot.date for slot in instance.slots], start)
    names = {slot.id: slot.id.replace(slot.date.isoformat(), dates[slot.date].isoformat()) for slot in instance.slots}
    slots = sorted(
        (
            Slot(id=names[slot.id], date=dates[slot.date], block=slot.block, week=_week(dates[slot.date]))
            for slot in instance.slots
        ),
        key=lambda slot: (slot.date, slot.block),
    )
    order = {slot.id: place for place, slot in enumerate(slots)}
    return replace(
        instance,
        slots=tuple(slots),
        workplaces=tuple(
            replace(place, open_slots=tuple(sorted((names[slot] for slot in place.open_slots), key=order.__getitem__)))
            for place in instance.workplaces
        ),
        visits=tuple(
            replace(
                visit,
                requested_slots=tuple(names[slot] for slot in visit.requested_slots),
                negotiable_slots=tuple(names[slot] for slot in visit.negotiable_slots),
            )
            for visit in instance.visits
        ),
        coaches={slot.id: instance.coaches.get(old, 0) for old, slot in _by_old(names, slots)},
    )


def _by_old(names: dict[str, str], slots: Sequence[Slot]) -> list[tuple[str, Slot]]:
    old = {new: before for before, new in names.items()}
    return [(old[slot.id], slot) for slot in slots]
