"""일터: what a person enters of a workplace, checked once for the form, for many rows at a time, and for tables."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from itertools import product

from booking.domain.entered import Entered, Given
from booking.domain.vocabulary import Block, JobField, Language, Level, Setting, SiteKind

LONGEST_NAME, LONGEST_ADDRESS, LONGEST_NOTES, LONGEST_REASON = 80, 200, 2000, 100
SMS_NAME_BYTES = 16
#: a group, and groups or visits at a time
MOST_PUPILS, MOST_GROUPS, MOST_VISITS = 100, 20, 500
#: the country, in degrees: whatever lies outside is a slip of the pen
LATITUDES, LONGITUDES = (33.0, 39.0), (124.0, 132.0)
#: the days of a weekly pattern, Monday first
WEEKDAYS = range(7)
HALVES = tuple(f"{weekday}-{block.value}" for weekday, block in product(WEEKDAYS, Block))
#: a closure of one half-day, some days, or a stretch of time, in days at most
LONGEST_CLOSURE = 200


@dataclass(frozen=True, slots=True)
class ContactEntry:
    """체험처 담당자, as entered."""

    name: str
    title: str
    email: str | None
    phone: str | None
    language: Language


@dataclass(frozen=True, slots=True)
class WorkplaceEntry:
    """A workplace, as entered: what a form or a row of a table says of it, all of it valid."""

    name: str
    sms_name: str
    kind: SiteKind
    field: JobField
    address: str
    lat: float
    lon: float
    min_group: int
    max_group: int
    groups_per_slot: int
    visits_per_day: int | None
    visits_per_week: int | None
    visits_per_term: int | None
    levels: tuple[str, ...]
    safety_valid_until: dt.date | None
    insurance_valid_until: dt.date | None
    certified_until: dt.date | None
    notes: str
    hours: frozenset[tuple[int, Block]]
    contact: ContactEntry | None
    setting: Setting


def _contact(entered: Entered) -> ContactEntry | None:
    """The contact; nothing where all of its fields are empty. Whoever is named can be reached."""
    email, phone = entered.email("contact_email"), entered.phone("contact_phone")
    title = entered.line("contact_title", 60, required=False)
    if not any(entered.text(f"contact_{field}") for field in ("name", "title", "email", "phone")):
        return None
    name = entered.line("contact_name", 60)
    if not entered.text("contact_email") and not entered.text("contact_phone"):
        entered.fault("contact_phone", "reachable")
    language = entered.one_of(Language, "contact_language") if entered.text("contact_language") else Language.KO
    return ContactEntry(name, title, email, phone, language)


def read_contact(given: Given) -> ContactEntry | None:
    """Return the entered contact, or nothing where all of its fields are empty.

    Raises:
        InvalidForm: every field that cannot be accepted.
    """
    entered = Entered(given)
    contact = _contact(entered)
    entered.finish()
    return contact


def read_workplace(given: Given) -> WorkplaceEntry:
    """Return the entered workplace; ``hours`` come as ``0-AM`` (Monday morning), levels as their codes.

    Raises:
        InvalidForm: every field that cannot be accepted.
    """
    entered = Entered(given)
    name = entered.line("name", LONGEST_NAME)
    sms_name = entered.sms_name("sms_name", SMS_NAME_BYTES)
    kind, field = entered.one_of(SiteKind, "kind"), entered.one_of(JobField, "field")
    address = entered.line("address", LONGEST_ADDRESS, required=False)
    lat, lon = entered.degrees("lat", *LATITUDES), entered.degrees("lon", *LONGITUDES)
    least, most = entered.number("min_group", 1, MOST_PUPILS), entered.number("max_group", 1, MOST_PUPILS)
    if most < least and not {"min_group", "max_group"} & {fault.field for fault in entered.faults}:
        entered.fault("max_group", "order")
    entry = WorkplaceEntry(
        name=name,
        sms_name=sms_name,
        kind=kind,
        field=field,
        address=address,
        lat=lat,
        lon=lon,
        min_group=least,
        max_group=most,
        groups_per_slot=entered.number("groups_per_slot", 1, MOST_GROUPS),
        visits_per_day=entered.number_or_none("visits_per_day", 1, MOST_VISITS),
        visits_per_week=entered.number_or_none("visits_per_week", 1, MOST_VISITS),
        visits_per_term=entered.number_or_none("visits_per_term", 1, MOST_VISITS),
        levels=tuple(entered.several("levels", Level, required=True)),
        safety_valid_until=entered.date("safety_valid_until"),
        insurance_valid_until=entered.date("insurance_valid_until"),
        certified_until=entered.date("certified_until"),
        notes=entered.lines("notes", LONGEST_NOTES),
        hours=frozenset((int(half[0]), Block(half[2:])) for half in entered.several("hours", HALVES)),
        contact=_contact(entered),
        # a table that was made before the column was asked for says nothing
        setting=entered.one_of(Setting, "setting") if entered.text("setting") else Setting.INDOOR,
    )
    entered.finish()
    return entry


@dataclass(frozen=True, slots=True)
class ClosureEntry:
    """Half-days that differ from the weekly pattern: ``first`` to ``last``, these blocks, closed or open, and why."""

    first: dt.date
    last: dt.date
    blocks: tuple[Block, ...]
    open: bool
    reason: str

    def halves(self) -> list[tuple[dt.date, Block]]:
        """The half-days, in the order of the calendar."""
        days = [self.first + dt.timedelta(days=n) for n in range((self.last - self.first).days + 1)]
        return [(day, block) for day in days for block in self.blocks]


def read_closure(given: Given, today: dt.date) -> ClosureEntry:
    """Return the entered closure: ``last`` empty is one day, ``blocks`` empty both halves, ``open`` an extra opening.

    Raises:
        InvalidForm: every field that cannot be accepted.
    """
    entered = Entered(given)
    first = entered.required_date("first")
    last = entered.date("last") or first
    if first != dt.date.min:
        if first <= today:
            entered.fault("first", "past")
        if last < first:
            entered.fault("last", "order")
        elif (last - first).days >= LONGEST_CLOSURE:
            entered.fault("last", "between", least=1, most=LONGEST_CLOSURE)
    blocks = tuple(Block(code) for code in entered.several("blocks", Block)) or tuple(Block)
    reason = entered.line("reason", LONGEST_REASON)
    entered.finish()
    return ClosureEntry(first, last, blocks, entered.text("open") == "1", reason)
