"""How far a forecast is off, against guesses that know nothing of calendars, and on generated terms held out."""

import math
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from scheduler.forecast import first_choices, forecast, learn
from scheduler.generate import FALL, SPRING, generate
from scheduler.instance import Instance
from scheduler.parts import Slot


@dataclass(frozen=True, slots=True)
class Errors:
    """Pupils forecast at the wrong place, as a part of all pupils: 0 is exact, 2 is everybody elsewhere.

    `slot`, `day` and `week` say within which period a pupil counts as at the right place.
    """

    slot: float
    day: float
    week: float


def errors(expected: Mapping[str, float], asked: Mapping[str, float], slots: Sequence[Slot]) -> Errors:
    """The errors of a forecast against what was asked, both by slot id."""
    return Errors(
        _error(expected, asked, [(slot.id, slot.id) for slot in slots]),
        _error(expected, asked, [(slot.id, slot.date.isoformat()) for slot in slots]),
        _error(expected, asked, [(slot.id, slot.week) for slot in slots]),
    )


def _error(expected: Mapping[str, float], asked: Mapping[str, float], periods: Sequence[tuple[str, str]]) -> float:
    off: dict[str, float] = defaultdict(float)
    for slot, period in periods:
        off[period] += expected.get(slot, 0.0) - asked.get(slot, 0.0)
    total = math.fsum(asked.values())
    return round(math.fsum(map(abs, off.values())) / total, 4) if total else 0.0


def asked_at(instance: Instance) -> dict[str, float]:
    """Pupils by first requested slot."""
    asked: dict[str, float] = defaultdict(float)
    for slots in first_choices(instance).values():
        for slot, pupils in slots.items():
            asked[slot] += pupils
    return dict(asked)


def uniform(pupils: float, slots: Sequence[Slot]) -> dict[str, float]:
    """The guess that every slot gets the same."""
    return {slot.id: pupils / len(slots) for slot in slots}


def as_last_term(last: Instance, pupils: float, slots: Sequence[Slot]) -> dict[str, float]:
    """The guess that a slot gets what the same weekday and block got as far into the last term; scaled to `pupils`."""
    asked = asked_at(last)
    before: dict[tuple[int, int, str], float] = defaultdict(float)
    weeks, old = sorted({slot.week for slot in slots}), sorted({slot.week for slot in last.slots})
    for slot in last.slots:
        before[old.index(slot.week), slot.date.weekday(), slot.block] += asked.get(slot.id, 0.0)
    guess: dict[str, float] = {}
    for slot in slots:
        far = weeks.index(slot.week) / max(1, len(weeks) - 1)
        guess[slot.id] = before[round(far * (len(old) - 1)), slot.date.weekday(), slot.block]
    total = math.fsum(guess.values())
    return {slot: n * pupils / total for slot, n in guess.items()} if total else uniform(pupils, slots)


@dataclass(frozen=True, slots=True)
class Trial:
    """One generated centre: learnt in spring, forecast for fall, held against what fall then asked."""

    seed: int
    model: Errors
    last_term: Errors
    even: Errors


def held_out(seeds: Sequence[int], schools: int = 40, visits: int = 720) -> Iterator[Trial]:
    """The forecast on generated centres: fall's requests are seen by nobody before the forecast is made."""
    for seed in seeds:
        spring = generate(schools=schools, workplaces=1, visits=visits, seed=seed, span=SPRING)
        fall = generate(schools=schools, workplaces=1, visits=visits, seed=seed, span=FALL)
        learnt = learn([spring.instance], spring.calendar)
        slots, asked = fall.instance.slots, asked_at(fall.instance)
        pupils = float(sum(each.pupils for each in fall.calendar.classes))
        yield Trial(
            seed,
            errors(forecast(learnt, fall.instance.schools, slots, fall.calendar), asked, slots),
            errors(as_last_term(spring.instance, pupils, slots), asked, slots),
            errors(uniform(pupils, slots), asked, slots),
        )
