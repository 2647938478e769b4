"""A disruption drill before publishing: what the loss of workplaces would do to each day, and the cheapest reserve."""

import itertools
import math
import random
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace

from scheduler.allocation import Allocation
from scheduler.children import Stopped
from scheduler.costs import distance_km, why_not
from scheduler.drill_day import Day
from scheduler.instance import Instance
from scheduler.parts import Workplace

RESERVES = 3
"""Workplaces that a day is given in reserve at most."""

REHEARSED, KINDS = 20, 8
"""Lost cases of a day on which a reserve is tried, and kinds of workplaces tried on them: the largest first."""


@dataclass(frozen=True, slots=True)
class DayDrill:
    """One day: the share of `trials` losses after which every visit keeps its slot; `exact` where all were tried."""

    date: str
    visits: int
    workplaces: int
    trials: int
    exact: bool
    chance: float


@dataclass(frozen=True, slots=True)
class Loss:
    """A workplace whose loss hurts: days it is used on, days that its loss alone breaks, pupils with it on those."""

    workplace: str
    days_used: int
    days_broken: int
    pupils: int


@dataclass(frozen=True, slots=True)
class Reserve:
    """A workplace to be asked to stand by on a day, and the day's chance before and after (with those before it)."""

    date: str
    workplace: str
    chance_before: float
    chance_after: float


@dataclass(frozen=True, slots=True)
class Drill:
    """What `losses` random workplaces lost on a day would do, over all days with visits.

    `chance` is the mean over the days, None where none was rehearsed in time; `worst` the workplaces that hurt most
    first; `reserve` what to ask for.
    `cut_short`: the limit or the caller ended it, so that these are only the days rehearsed by then; or a loss was not
    decided in time and counts as not survived.
    """

    losses: int
    trials: int
    seed: int
    chance: float | None
    days: tuple[DayDrill, ...]
    worst: tuple[Loss, ...]
    reserve: tuple[Reserve, ...]
    cut_short: bool = False

    def document(self) -> dict[str, object]:
        """The drill as a JSON object."""
        return asdict(self)


def drill(
    instance: Instance,
    allocation: Allocation,
    losses: int = 1,
    trials: int = 60,
    seed: int = 1,
    *,
    seconds: float = math.inf,
    should_stop: Callable[[], bool] | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> Drill:
    """Rehearse a plan: take `losses` workplaces used on each day away, and see whether every visit keeps its slot.

    All choices are tried where they are at most `trials`, else so many drawn from the seed. The same input and seed
    give the same drill, unless it is cut short.

    Args:
        instance: the term.
        allocation: its plan, clean.
        losses: workplaces lost on a day; a day that uses fewer loses them all.
        trials: losses tried for a day.
        seed: of the draw.
        seconds: wall clock, after which the days rehearsed so far are returned.
        should_stop: asked between losses; once true, the days rehearsed so far are returned.
        clock: a monotonic clock in seconds.

    Raises:
        ValueError: `losses` or `trials` below 1.
    """
    if losses < 1 or trials < 1:
        raise ValueError("losses and trials must be at least 1")
    end = clock() + seconds

    def over() -> bool:
        return clock() >= end or (should_stop is not None and should_stop())

    rehearsed: list[_Rehearsal] = []
    cut_short = False
    for date in dict.fromkeys(slot.date.isoformat() for slot in instance.slots):
        day = Day(instance, allocation, date, over)
        if not day.visits:
            continue
        cases, exact = _cases(day, losses, trials, random.Random(f"{seed} {date}"))
        try:
            rehearsed.append(_rehearse(instance, day, date, cases, exact))
        except Stopped:
            cut_short = True
            break
        cut_short = cut_short or day.undecided
    used = Counter(name for each in rehearsed for name in each.used)
    broken = Counter(name for each in rehearsed for name in each.broken)
    pupils = Counter[str]()
    for each in rehearsed:
        pupils.update(each.broken)
    days = tuple(each.day for each in rehearsed)
    chance = None if cut_short else 1.0
    if days:
        chance = round(math.fsum(day.chance for day in days) / len(days), 4)
    worst = sorted(broken, key=lambda name: (-pupils[name], -broken[name], name))
    return Drill(
        losses=losses,
        trials=trials,
        seed=seed,
        chance=chance,
        days=days,
        worst=tuple(Loss(name, used[name], broken[name], pupils[name]) for name in worst),
        reserve=tuple(reserve for each in rehearsed for reserve in each.reserve),
        cut_short=cut_short,
    )


@dataclass(frozen=True, slots=True)
class _Rehearsal:
    """What one day adds: workplaces `used`, pupils hit by those whose loss alone breaks it, its reserve."""

    day: DayDrill
    used: tuple[str, ...]
    broken: Mapping[str, int]
    reserve: Sequence[Reserve]


def _rehearse(instance: Instance, day: Day, date: str, cases: Sequence[tuple[str, ...]], exact: bool) -> _Rehearsal:
    lost = [case for case in cases if not day.survives(case)]
    chance = round(1.0 - len(lost) / len(cases), 4)
    # A single loss that a whole case survived is survived as well: more is asked only where a case broke.
    alone = sorted({name for case in lost for name in case})
    broken = {name: sum(v.pupils for v in day.hit((name,))) for name in alone if not day.survives((name,))}
    figures = DayDrill(date, len(day.visits), len(day.used), len(cases), exact, chance)
    return _Rehearsal(figures, day.used, broken, _reserve(instance, day, date, lost, len(cases)))


def _cases(day: Day, losses: int, trials: int, picked: random.Random) -> tuple[list[tuple[str, ...]], bool]:
    """The losses to be tried, and whether they are all that there are."""
    count = min(losses, len(day.used))
    if math.comb(len(day.used), count) <= trials:
        return list(itertools.combinations(day.used, count)), True
    return [tuple(sorted(picked.sample(day.used, count))) for _ in range(trials)], False


def _reserve(instance: Instance, day: Day, date: str, lost: Sequence[tuple[str, ...]], trials: int) -> list[Reserve]:
    """Workplaces closed on the day that would save most of the lost cases, one after the other, the fewest of them."""
    found: list[Reserve] = []
    standing: tuple[Workplace, ...] = ()
    left = list(lost)
    while left and len(found) < RESERVES:
        rehearsed = left[:REHEARSED]
        best: tuple[int, tuple[Workplace, ...]] = (0, ())
        for workplace in _kinds(instance, day, standing):
            together = (*standing, workplace)
            saved = sum(1 for case in rehearsed if day.survives(case, together))
            best = (saved, together) if saved > best[0] else best
        if not best[0]:
            break
        standing = best[1]
        before = 1.0 - len(left) / trials
        left = [case for case in left if not day.survives(case, standing)]
        found.append(Reserve(date, standing[-1].id, round(before, 4), round(1.0 - len(left) / trials, 4)))
    return found


def _kinds(instance: Instance, day: Day, standing: Sequence[Workplace]) -> list[Workplace]:
    """The nearest workplace of each kind that is closed on the day and suits one of its visits, open as a reserve.

    A kind is what decides whether it saves a day: levels, and smallest and largest group.
    """
    taken = {workplace.id for workplace in standing} | set(day.used)
    visits = [instance.visit_by_id[assignment.id] for assignment in day.visits]
    nearest: dict[tuple[object, ...], tuple[float, Workplace]] = {}
    for workplace in instance.workplaces:
        if workplace.id in taken or any(slot in workplace.open_slots for slot in day.slots):
            continue
        suits = [v for v in visits if why_not(instance.school_by_id[v.school], v, workplace) is None]
        if not suits:
            continue
        km = min(distance_km(instance.school_by_id[visit.school], workplace) for visit in suits)
        kind = workplace.levels, workplace.min_group, workplace.max_group
        if kind not in nearest or km < nearest[kind][0]:
            nearest[kind] = km, workplace
    ranked = sorted(nearest.values(), key=lambda pair: (-pair[1].max_group, pair[1].min_group, pair[0], pair[1].id))
    return [replace(w, open_slots=(*w.open_slots, *day.slots)) for _, w in ranked[:KINDS]]
