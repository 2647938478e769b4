"""One change for many workplaces: seen row by row first, then done in one transaction.

A row that was changed meanwhile, or whose visits changed, is refused and named; the others are done.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy.orm import Session

from booking.clock import Clock
from booking.config import Config
from booking.domain.entered import Entered, Given
from booking.domain.errors import BookingError, Conflict, InvalidForm, NotFound, StandingVisits
from booking.domain.ids import GroupId, WorkplaceId
from booking.domain.person import Person
from booking.domain.vocabulary import Level, Setting, WorkplaceStatus
from booking.domain.workplace_entry import MOST_VISITS, read_closure
from booking.models.workplaces import Workplace
from booking.queries.workplace_list import chosen_workplaces
from booking.services.allocations import STAFF
from booking.services.workplace_effects import Effect, Patch, examine
from booking.services.workplaces import change_workplace

#: so many workplaces at once, so that a page of them can be looked through
MOST_ROWS = 500


class Bulk(StrEnum):
    """What can be changed of many workplaces at once."""

    STATUS = "status"
    LEVELS = "levels"
    SETTING = "setting"
    BUDGET = "visits_per_term"
    SAFETY = "safety_valid_until"
    INSURANCE = "insurance_valid_until"
    CERTIFIED = "certified_until"
    CLOSURE = "closure"


DATES = (Bulk.SAFETY, Bulk.INSURANCE, Bulk.CERTIFIED)


@dataclass(frozen=True, slots=True)
class Row:
    """One workplace and what would become of it."""

    place: Workplace
    effect: Effect

    @property
    def does(self) -> bool:
        """Whether anything would be changed."""
        return bool(self.effect.changes) and self.effect.refused is None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was done: how many rows, how many groups look for another place, and which rows were refused and why."""

    done: int
    groups: int
    refused: tuple[tuple[Workplace, BookingError], ...]


def read_bulk(given: Given, today: dt.date) -> Patch:
    """Return the one change that was chosen.

    Raises:
        InvalidForm: nothing was chosen, or its field cannot be accepted.
    """
    entered = Entered(given)
    kind = entered.one_of(Bulk, "change")
    entered.finish()
    if kind is Bulk.CLOSURE:
        return Patch(closures=(read_closure(given, today),))
    if kind is Bulk.STATUS:
        status, since = entered.one_of(WorkplaceStatus, "status"), entered.date("since") or today
        entered.finish()
        return Patch(status=status, since=since)
    if kind is Bulk.LEVELS:
        levels = entered.several("levels", Level, required=True)
        entered.finish()
        return Patch({"levels": levels})
    if kind is Bulk.SETTING:
        setting = entered.one_of(Setting, "setting")
        entered.finish()
        return Patch({"setting": setting})
    if kind is Bulk.BUDGET:
        budget = entered.number_or_none("visits_per_term", 1, MOST_VISITS)
        entered.finish()
        return Patch({"visits_per_term": budget})
    until = entered.required_date("until")
    entered.finish()
    return Patch({kind.value: until})


def preview(session: Session, clock: Clock, ids: Collection[WorkplaceId], patch: Patch) -> list[Row]:
    """Say for each workplace what the change would do."""
    return [Row(place, examine(session, clock, place, patch)) for place in chosen_workplaces(session, ids)]


def apply_bulk(
    session: Session,
    clock: Clock,
    config: Config,
    person: Person,
    patch: Patch,
    rows: Mapping[WorkplaceId, int],
    agreed: Collection[GroupId],
) -> Outcome:
    """Change each workplace of ``rows`` (its number, the version that was seen); what is refused stays as it was.

    Raises:
        Forbidden: not the office's.
    """
    person.require_role(*STAFF)
    refused: list[tuple[Workplace, BookingError]] = []
    done = groups = 0
    for row in preview(session, clock, list(rows), patch):
        mine = set(row.effect.hits) & set(agreed)
        try:
            with session.begin_nested():
                effect = change_workplace(
                    session, clock, config, person, row.place.id, patch, seen=rows[row.place.id], agreed=mine
                )
        except (Conflict, StandingVisits, InvalidForm, NotFound) as error:
            refused.append((row.place, error))
            continue
        done += bool(effect.changes)
        groups += len(effect.hits)
    return Outcome(done, groups, tuple(refused))
