"""The parts of a term: slots, schools, workplaces, visits, policy. Frozen values, as wx-instance/1 writes them."""

import datetime
from dataclasses import dataclass

BLOCKS = ("AM", "PM")
LEVELS = ("elementary", "middle", "high")


@dataclass(frozen=True, slots=True)
class Slot:
    """One date and one block of it (`AM` or `PM`); `week` is the ISO week of the date, as `2026-W36`."""

    id: str
    date: datetime.date
    block: str
    week: str


@dataclass(frozen=True, slots=True)
class School:
    """A school; `fairness_credit` is what it has to its credit for having yielded before, in cost per pupil."""

    id: str
    name: str
    level: str
    lat: float
    lon: float
    own_chaperones_per_slot: int
    fairness_credit: float


@dataclass(frozen=True, slots=True)
class Workplace:
    """A workplace that receives groups of `min_group..max_group` pupils; limits of `None` do not bind."""

    id: str
    name: str
    field: str
    lat: float
    lon: float
    min_group: int
    max_group: int
    groups_per_slot: int
    visits_per_day: int | None
    visits_per_week: int | None
    visits_per_term: int | None
    levels: tuple[str, ...]
    open_slots: tuple[str, ...]


@dataclass(frozen=True, slots=True, order=True)
class Group:
    """The pupils of one visit at one workplace."""

    workplace: str
    pupils: int


@dataclass(frozen=True, slots=True)
class Placement:
    """Where a visit is or was: `slot` None is not placed, `groups` None is not known."""

    slot: str | None
    groups: tuple[Group, ...] | None


@dataclass(frozen=True, slots=True)
class Visit:
    """One class's outing; `requested_slots` are ranked, best first; `class_` says which class it is (labels do not).

    `largest_groups` are workplaces that take this visit in smaller groups only than they take others.
    """

    id: str
    school: str
    label: str
    pupils: int
    chaperones_needed: int
    fields: tuple[str, ...]
    requested_slots: tuple[str, ...]
    negotiable_slots: tuple[str, ...]
    bundle: str | None
    max_travel_km: float | None
    class_: str | None
    excluded_workplaces: tuple[str, ...]
    locked: Placement | None
    previous: Placement | None
    largest_groups: tuple[Group, ...] = ()


@dataclass(frozen=True, slots=True)
class Policy:
    """The prices of a term; `date_cost[r]` per pupil at the requested slot of rank r, its last for every later rank."""

    date_cost: tuple[float, ...]
    shift_cost: float
    crowding_price: float
    off_field_cost: float
    travel_cost: float
    group_cost: float
    change_cost: float
    fairness_slack: float
