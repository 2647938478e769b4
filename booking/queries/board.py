"""The board of a plan: a week's visits by school or by workplace, day by day, and the whole term in numbers."""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, selectinload

from booking.domain.ids import RequestId, SlotId
from booking.domain.vocabulary import Block, Level
from booking.models.requests import Request
from booking.models.runs import AllocationRun, Proposal, ProposalGroup
from booking.models.terms import Slot


@dataclass(frozen=True, slots=True)
class BoardVisit:
    """A visit of the plan; ``rank`` 0 is the first choice, None a slot that was not asked for, or no slot.

    ``wishes`` are the slots that the school asked for, best first, ``asks`` those it would have to be asked about.
    ``groups`` are codes and names of workplaces, with pupils.
    """

    request_id: RequestId
    school: str
    school_code: str
    level: Level
    label: str
    pupils: int
    slot_id: SlotId | None
    rank: int | None
    pinned: bool
    by_hand: bool
    together: bool
    overrides: tuple[str, ...]
    wishes: tuple[SlotId, ...]
    asks: tuple[SlotId, ...]
    groups: tuple[tuple[str, str, int], ...]


@dataclass(frozen=True, slots=True)
class Filter:
    """Narrows a board: a school level, words of a school or class, words of a workplace."""

    level: Level | None = None
    school: str = ""
    place: str = ""

    def takes(self, visit: BoardVisit) -> bool:
        """Whether a visit is to be seen."""
        return (
            self.level in (None, visit.level)
            and _has(f"{visit.school} {visit.label}", self.school)
            and (not self.place or any(_has(name, self.place) for _, name, _ in visit.groups))
        )


@dataclass(frozen=True, slots=True)
class Item:
    """A visit in a cell, with its pupils there: all of them, or those of its group at a workplace."""

    visit: BoardVisit
    pupils: int


@dataclass(slots=True)
class Row:
    """A school or a workplace with its visits by slot.

    ``detail`` is the school's level or the workplace's field, ``limit`` its groups a week at most.
    """

    code: str
    name: str
    detail: str
    limit: int | None = None
    total: int = 0
    cells: defaultdict[SlotId, list[Item]] = field(default_factory=lambda: defaultdict(list))


@dataclass(frozen=True, slots=True)
class Load:
    """Visits and pupils at a slot, of the seats that are open at it."""

    visits: int
    pupils: int
    seats: int

    @property
    def share(self) -> float | None:
        """Pupils of seats; None where there are no seats."""
        return self.pupils / self.seats if self.seats else None


def weeks_of(slots: Iterable[Slot]) -> dict[str, list[Slot]]:
    """Return the slots of a term by week, in the order of the calendar."""
    weeks: dict[str, list[Slot]] = {}
    for slot in slots:
        weeks.setdefault(slot.week, []).append(slot)
    return weeks


def days_of(slots: Iterable[Slot]) -> dict[dt.date, dict[Block, Slot]]:
    """Return slots by date and block."""
    days: dict[dt.date, dict[Block, Slot]] = {}
    for slot in slots:
        days.setdefault(slot.date, {})[slot.block] = slot
    return days


def loads_of(session: Session, run: AllocationRun, slots: Iterable[Slot]) -> dict[SlotId, Load]:
    """Return the load of each slot in a plan, and the seats of the instance that it was made for."""
    counted = {
        slot: (visits, pupils)
        for slot, visits, pupils in session.execute(
            sa.select(Proposal.slot_id, sa.func.count(), sa.func.sum(Request.pupils))
            .join(Request, Request.id == Proposal.request_id)
            .where(Proposal.run_id == run.id, Proposal.slot_id.is_not(None))
            .group_by(Proposal.slot_id)
        )
    }
    seats: Counter[str] = Counter()
    for place in _workplaces(run):
        for code in place["open_slots"]:
            seats[code] += place["max_group"] * place["groups_per_slot"]
    return {slot.id: Load(*counted.get(slot.id, (0, 0)), seats[slot.code]) for slot in slots}


def visits_at(session: Session, run: AllocationRun, slots: Iterable[SlotId] | None) -> list[BoardVisit]:
    """Return the visits of a plan at these slots, by school and class; None: those without a slot."""
    where = Proposal.slot_id.is_(None) if slots is None else Proposal.slot_id.in_(set(slots))
    found = session.scalars(
        sa.select(Proposal)
        .where(Proposal.run_id == run.id, where)
        .options(
            selectinload(Proposal.groups).selectinload(ProposalGroup.workplace),
            selectinload(Proposal.request).selectinload(Request.school),
            selectinload(Proposal.request).selectinload(Request.wishes),
        )
    )
    return sorted((_visit(proposal) for proposal in found), key=lambda visit: (visit.school, visit.label))


def by_school(run: AllocationRun, visits: Iterable[BoardVisit], wanted: Filter, *, empty: bool) -> list[Row]:
    """Return a row for each school with a visit to be seen; with ``empty`` for every school of the run."""
    rows: dict[str, Row] = {}
    if empty and not wanted.place:
        asking = {visit["school"] for visit in _document(run)["visits"]}
        for school in _document(run)["schools"]:
            known = school["id"] in asking and wanted.level in (None, school["level"])
            if known and _has(school["name"], wanted.school):
                rows[school["id"]] = Row(school["id"], school["name"], school["level"])
    for visit in visits:
        if not wanted.takes(visit) or visit.slot_id is None:
            continue
        row = rows.setdefault(visit.school_code, Row(visit.school_code, visit.school, visit.level.value))
        row.cells[visit.slot_id].append(Item(visit, visit.pupils))
        row.total += visit.pupils
    return sorted(rows.values(), key=lambda row: row.name)


def by_workplace(run: AllocationRun, visits: Iterable[BoardVisit], wanted: Filter, *, empty: bool) -> list[Row]:
    """Return a row for each workplace with a group to be seen; with ``empty`` for every one that could be used.

    ``total`` counts all its groups of these visits, seen or not, so that it can be held against the limit.
    """
    places = {place["id"]: place for place in _workplaces(run)}
    rows: dict[str, Row] = {}
    used: Counter[str] = Counter()
    if empty and not wanted.school:
        for code, place in places.items():
            if _has(place["name"], wanted.place) and wanted.level in (None, *place["levels"]):
                rows[code] = _place_row(code, place["name"], places)
    for visit in visits:
        for code, name, pupils in visit.groups:
            used[code] += 1
            if visit.slot_id is not None and wanted.takes(visit) and _has(name, wanted.place):
                row = rows.setdefault(code, _place_row(code, name, places))
                row.cells[visit.slot_id].append(Item(visit, pupils))
    for code, row in rows.items():
        row.total = used[code]
    return sorted(rows.values(), key=lambda row: row.name)


def closed_at(run: AllocationRun, rows: Iterable[Row], slots: Sequence[Slot]) -> dict[str, frozenset[SlotId]]:
    """Return the slots at which each workplace of these rows is closed."""
    opened = {place["id"]: frozenset(place["open_slots"]) for place in _workplaces(run)}
    return {
        row.code: frozenset(slot.id for slot in slots if slot.code not in opened.get(row.code, frozenset()))
        for row in rows
    }


def _place_row(code: str, name: str, places: Mapping[str, Mapping[str, Any]]) -> Row:
    place = places.get(code, {})
    return Row(code, name, str(place.get("field", "")), place.get("visits_per_week"))


def _visit(proposal: Proposal) -> BoardVisit:
    request = proposal.request
    wishes = tuple(wish.slot_id for wish in request.requested)
    return BoardVisit(
        request_id=request.id,
        school=request.school.name,
        school_code=request.school.code,
        level=request.school.level,
        label=request.label,
        pupils=request.pupils,
        slot_id=proposal.slot_id,
        rank=wishes.index(proposal.slot_id) if proposal.slot_id in wishes else None,
        pinned=request.pinned_slot_id is not None,
        by_hand=proposal.by_hand,
        together=request.bundle_id is not None,
        overrides=tuple((proposal.overrides or {}).get("rules", ())),
        wishes=wishes,
        asks=tuple(wish.slot_id for wish in request.negotiable),
        groups=tuple((group.workplace.code, group.workplace.name, group.pupils) for group in proposal.groups),
    )


def _document(run: AllocationRun) -> Mapping[str, Any]:
    return run.instance or {"schools": [], "workplaces": [], "visits": []}


def _workplaces(run: AllocationRun) -> Sequence[Mapping[str, Any]]:
    found: Sequence[Mapping[str, Any]] = _document(run)["workplaces"]
    return found


def _has(text: str, words: str) -> bool:
    """Whether each of the words stands in a text, upper or lower case."""
    text = text.casefold()
    return all(word in text for word in words.casefold().split())
