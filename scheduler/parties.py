"""Published sets of parties with ranked days, as terms: `family_id,choice_0,…,n_people`, one row for each party.

The best known is that of "Santa's Workshop Tour 2019": 5,000 families, ten choices each among 100 days, counted back
from Christmas (day 1 is the 24th of December). What maps: a party is a school with one visit; a day is a slot; the most
people of a day are its seats, carried by workplaces for one person that a party uses one of for each of its people, so
that every set of whole parties within the seats fits and no other; the present given for a lower choice is the date
cost of its rank, its part for a family spread over the mean family. What does not map: the fewest people of a day and
the accounting penalty (which punishes days unlike the next); the price of crowding levels the days instead. A party
stands at one of its choices or nowhere, where the original sends it anywhere at a high price.
"""

import csv
import datetime
import io
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from random import Random

from scheduler.faults import Fault, InputError
from scheduler.instance import Instance
from scheduler.instance_reading import MOST_PUPILS
from scheduler.parts import Policy, School, Slot, Visit, Workplace

LAST = datetime.date(2019, 12, 24)
"""Day 1."""

MOST_PEOPLE = 300
"""People that a day takes."""

MOST_DAYS = 1_000
"""Days that can be chosen at most."""

FOR_FAMILY = (0, 50, 50, 100, 200, 200, 300, 300, 400, 500)
FOR_PERSON = (0, 0, 9, 9, 9, 18, 18, 36, 36, 235)
"""What a family, and each of its people, is given for its choice of that rank."""

_CHOICE = re.compile(r"choice_(0|[1-9][0-9]{0,2})")
_WHOLE = re.compile(r"[0-9]{1,9}")


@dataclass(frozen=True, slots=True)
class Party:
    """One row: who, how many people, and the days wished for, the best first, each once."""

    name: str
    people: int
    days: tuple[int, ...]


def parties_term(data: bytes, name: str, *, last: datetime.date = LAST, most_people: int = MOST_PEOPLE) -> Instance:
    """The term of a CSV file in UTF-8.

    Columns may stand in any order; `choice_0` and on are as many as there are. A choice may be empty, and a day chosen
    again counts at its better rank.

    Args:
        data: the file's bytes.
        name: of the term.
        last: the date of day 1; day k is k - 1 days before.
        most_people: that a day takes.

    Raises:
        InputError: every fault, with its line and column.
        ValueError: `most_people` below 1.
    """
    if most_people < 1:
        raise ValueError("a day takes at least one person")
    parties = _read(data)
    count = max((day for party in parties for day in party.days), default=1)
    slots = {day: _slot(last, day) for day in range(count, 0, -1)}
    largest = max((party.people for party in parties), default=1)
    return Instance(
        name=name,
        slots=tuple(slots.values()),
        schools=tuple(School(p.name, f"party {p.name}", "elementary", 0.0, 0.0, 0, 0.0) for p in parties),
        workplaces=tuple(_seats(largest, most_people, [slot.id for slot in slots.values()])),
        visits=tuple(_visit(party, slots) for party in parties),
        coaches={},
        policy=_policy(parties),
    )


def _read(data: bytes) -> list[Party]:
    try:
        rows = list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""), strict=True))
    except (UnicodeDecodeError, csv.Error) as error:
        raise InputError((Fault("", f"is no CSV in UTF-8: {error}"),)) from None
    heads = [head.strip() for head in rows[0]] if rows else []
    faults = list(_head_faults(heads))
    if faults:
        raise InputError(tuple(faults))
    seen: dict[str, int] = {}
    parties = [
        _party(line, dict(zip(heads, row, strict=False)), len(row) - len(heads), seen, faults)
        for line, row in enumerate(rows[1:], start=2)
        if row
    ]
    if faults:
        raise InputError(tuple(faults))
    return parties


def _head_faults(heads: Sequence[str]) -> Iterator[Fault]:
    ranks = sorted(int(found[1]) for head in heads if (found := _CHOICE.fullmatch(head)))
    for head in ("family_id", "n_people"):
        if head not in heads:
            yield Fault("line 1", f"has no column {head}")
    if not ranks or ranks != list(range(len(ranks))):
        yield Fault("line 1", "must have the columns choice_0, choice_1 and on, without a gap")
    for head in dict.fromkeys(heads):
        if heads.count(head) > 1:
            yield Fault("line 1", f"column {head} stands twice")
        if head not in ("family_id", "n_people") and not _CHOICE.fullmatch(head):
            yield Fault("line 1", f"unknown column {head!r}")


def _party(line: int, row: Mapping[str, str], over: int, seen: dict[str, int], faults: list[Fault]) -> Party:
    if over:
        faults.append(Fault(f"line {line}", f"has {abs(over)} cells too {'many' if over > 0 else 'few'}"))
    name = row.get("family_id", "").strip()
    if not name:
        faults.append(Fault(f"line {line}, family_id", "is empty"))
    elif seen.setdefault(name, line) != line:
        faults.append(Fault(f"line {line}, family_id", f"{name} stands at line {seen[name]} already"))
    people = _whole(f"line {line}, n_people", row.get("n_people", ""), MOST_PUPILS, faults)
    ranks = sorted((head for head in row if head.startswith("choice_")), key=lambda head: int(head[7:]))
    days = [_whole(f"line {line}, {head}", row[head], MOST_DAYS, faults) for head in ranks if row[head].strip()]
    return Party(name, people, tuple(dict.fromkeys(days)))


def _whole(place: str, text: str, most: int, faults: list[Fault]) -> int:
    number = int(text) if _WHOLE.fullmatch(text.strip()) else 0
    if not 1 <= number <= most:
        faults.append(Fault(place, f"{text!r}, must be a whole number within 1..{most}"))
    return number


def _slot(last: datetime.date, day: int) -> Slot:
    date = last - datetime.timedelta(days=day - 1)
    year, week, _ = date.isocalendar()
    return Slot(f"{date}/AM", date, "AM", f"{year:04d}-W{week:02d}")


def _seats(largest: int, most_people: int, slots: Sequence[str]) -> Iterator[Workplace]:
    """Workplaces for one person: at least as many as the largest party has people, that take `most_people` together.

    Where these are all alike, parties filled in one after another to the emptiest workplaces always fit.
    """
    count = next((n for n in range(largest, most_people) if most_people % n == 0), most_people)
    for number in range(count):
        yield Workplace(
            id=f"seat-{number}",
            name=f"seat {number}",
            field="seat",
            lat=0.0,
            lon=0.0,
            min_group=1,
            max_group=1,
            groups_per_slot=most_people // count,
            visits_per_day=None,
            visits_per_week=None,
            visits_per_term=None,
            levels=("elementary",),
            open_slots=tuple(slots),
        )


def _visit(party: Party, slots: Mapping[int, Slot]) -> Visit:
    return Visit(
        id=party.name,
        school=party.name,
        label="",
        pupils=party.people,
        chaperones_needed=0,
        fields=("seat",),
        requested_slots=tuple(slots[day].id for day in party.days),
        negotiable_slots=(),
        bundle=None,
        max_travel_km=None,
        class_=None,
        excluded_workplaces=(),
        locked=None,
        previous=None,
    )


def _policy(parties: Sequence[Party]) -> Policy:
    mean = math.fsum(party.people for party in parties) / len(parties) if parties else 1.0
    given = [round(family / mean + person, 4) for family, person in zip(FOR_FAMILY, FOR_PERSON, strict=True)]
    return Policy(
        date_cost=tuple(given),
        shift_cost=given[-1],
        crowding_price=10.0,
        off_field_cost=0.0,
        travel_cost=0.0,
        group_cost=0.0,
        change_cost=0.0,
        fairness_slack=0.0,
    )


SIZES = ((2, 10), (3, 18), (4, 27), (5, 20), (6, 14), (7, 7), (8, 4))
"""People of a made-up party, with how many of a hundred are so large."""


def made_up_parties(parties: int = 5000, days: int = 100, choices: int = 10, seed: int = 1) -> str:
    """A set of the same shape from a seed, as CSV: the days just before Christmas and the ends of weeks are wanted.

    Raises:
        ValueError: more choices than days, or none of something.
    """
    if not 1 <= choices <= days <= MOST_DAYS or parties < 1:
        raise ValueError(f"there must be parties, and 1 <= choices <= days <= {MOST_DAYS}")
    chance = Random(f"{seed}/parties")
    calendar = range(1, days + 1)
    weights = [_wanted(_slot(LAST, day).date, day) for day in calendar]
    total = list(accumulate(weights))
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["family_id", *(f"choice_{rank}" for rank in range(choices)), "n_people"])
    for number in range(parties):
        chosen: dict[int, None] = {}
        while len(chosen) < choices:
            chosen[chance.choices(calendar, cum_weights=total)[0]] = None
        people = chance.choices([size for size, _ in SIZES], [share for _, share in SIZES])[0]
        writer.writerow([number, *chosen, people])
    return text.getvalue()


def _wanted(date: datetime.date, day: int) -> float:
    """How much a day is wanted beside an ordinary one."""
    return (3.0 if date.weekday() >= 4 else 1.0) + 12.0 / day
