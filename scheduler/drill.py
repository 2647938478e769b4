"""A disruption drill before publishing: what the loss of workplaces would do to each day, and the cheapest reserve."""

import itertools
import math
import random
import time
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, replace

from scheduler.allocation import Allocation
from scheduler.children import Stopped
from scheduler.costs import distance_km, why_not
from scheduler.drill_day import Day
from scheduler.instance import Instance
from scheduler.parts import Visit, Workplace

RESERVES = 3
"""Workplaces that a day is given in reserve at most."""

REHEARSED, KINDS = 20, 8
"""Lost cases of a day on which a reserve is tried, and kinds of workplaces tried on them: the largest first."""


@dataclass(frozen=True, slots=True)
class Cases:
    """What is rehearsed: `losses` workplaces lost on a day (all, where it uses fewer), on `dates` (None: every day).

    All choices are tried where they are at most `trials`, else so many drawn from `seed`.

    Raises:
        ValueError: `losses` or `trials` below 1.
    """

    losses: int = 1
    trials: int = 60
    seed: int = 1
    dates: Collection[str] | None = None

    def __post_init__(self) -> None:
        if self.losses < 1 or self.trials < 1:
            raise ValueError("losses and trials must be at least 1")


@dataclass(frozen=True, slots=True)
class DayDrill:
    """One day: the share of `trials` losses after which every visit keeps its slot; `exact` where all were tried.

    The mean over the trials of the groups lost, of those of them that find another workplace at the same slot, and of
    the pupils who are left without a place at least; `pupils_left_worst` is the worst of the trials.
    """

    date: str
    visits: int
    workplaces: int
    trials: int
    exact: bool
    chance: float
    groups_lost: float = 0.0
    groups_placed: float = 0.0
    pupils_left: float = 0.0
    pupils_left_worst: int = 0


@dataclass(frozen=True, slots=True)
class Fragile:
    """A visit that loses its slot in `cases` of a day's trials."""

    date: str
    visit: str
    pupils: int
    cases: int


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
    first; `reserve` what to ask for; `fragile` the visits, by day, that lose their slot most often first.
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
    fragile: tuple[Fragile, ...] = ()
    cut_short: bool = False

    def document(self) -> dict[str, object]:
        """The drill as a JSON object."""
        return asdict(self)


def drill(
    instance: Instance,
    allocation: Allocation,
    cases: Cases = Cases(),
    *,
    seconds: float = math.inf,
    should_stop: Callable[[], bool] | None = None,
    on_progress: Callable[[int, int], None] | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> Drill:
    """Rehearse a plan: take workplaces used on each day away, and see whether every visit keeps its slot.

    The same input and cases give the same drill, unless it is cut short.

    Args:
        instance: the term.
        allocation: its plan, clean.
        cases: which losses are tried.
        seconds: wall clock, after which the days rehearsed so far are returned.
        should_stop: asked between losses; once true, the days rehearsed so far are returned.
        on_progress: told after each day how many have been rehearsed, and of how many.
        clock: a monotonic clock in seconds.
    """
    end = clock() + seconds

    def over() -> bool:
        return clock() >= end or (should_stop is not None and should_stop())

    rehearsed: list[_Rehearsal] = []
    cut_short = False
    asked = [date for date in _dates(instance) if cases.dates is None or date in cases.dates]
    for number, date in enumerate(asked, start=1):
        day = Day(instance, allocation, date, over)
        if not day.visits:
            continue
        tried, exact = _tried(day, cases, random.Random(f"{cases.seed} {date}"))
        try:
            rehearsed.append(_rehearse(instance, day, date, tried, exact))
        except Stopped:
            cut_short = True
            break
        cut_short = cut_short or day.undecided
        if on_progress is not None:
            on_progress(number, len(asked))
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
        losses=cases.losses,
        trials=cases.trials,
        seed=cases.seed,
        chance=chance,
        days=days,
        worst=tuple(Loss(name, used[name], broken[name], pupils[name]) for name in worst),
        reserve=tuple(reserve for each in rehearsed for reserve in each.reserve),
        fragile=tuple(visit for each in rehearsed for visit in each.fragile),
        cut_short=cut_short,
    )


@dataclass(frozen=True, slots=True)
class _Rehearsal:
    """What one day adds: workplaces `used`, pupils hit by those whose loss alone breaks it, its reserve."""

    day: DayDrill
    used: tuple[str, ...]
    broken: Mapping[str, int]
    reserve: Sequence[Reserve]
    fragile: Sequence[Fragile]


def _dates(instance: Instance) -> list[str]:
    return list(dict.fromkeys(slot.date.isoformat() for slot in instance.slots))


def _rehearse(instance: Instance, day: Day, date: str, cases: Sequence[tuple[str, ...]], exact: bool) -> _Rehearsal:
    lost = [case for case in cases if not day.survives(case)]
    chance = round(1.0 - len(lost) / len(cases), 4)
    # A single loss that a whole case survived is survived as well: more is asked only where a case broke.
    alone = sorted({name for case in lost for name in case})
    broken = {name: sum(v.pupils for v in day.hit((name,))) for name in alone if not day.survives((name,))}
    left = [day.left(case) for case in lost]
    behind = [sum(visit.pupils for visit in visits) for visits in left]
    hit = sum(sum(day.lost_groups(case).values()) for case in cases)
    nowhere = sum(
        sum(day.lost_groups(case).get(visit.id, 0) for visit in visits) for case, visits in zip(lost, left, strict=True)
    )
    figures = DayDrill(
        date=date,
        visits=len(day.visits),
        workplaces=len(day.used),
        trials=len(cases),
        exact=exact,
        chance=chance,
        groups_lost=round(hit / len(cases), 2),
        groups_placed=round((hit - nowhere) / len(cases), 2),
        pupils_left=round(sum(behind) / len(cases), 2),
        pupils_left_worst=max(behind, default=0),
    )
    reserve = _reserve(instance, day, date, lost, len(cases))
    return _Rehearsal(figures, day.used, broken, reserve, _fragile(date, left))


def _fragile(date: str, left: Sequence[Sequence[Visit]]) -> list[Fragile]:
    """The visits that lose their slot, most often first; of those the largest first."""
    cases = Counter(visit for visits in left for visit in visits)
    ranked = sorted(cases, key=lambda visit: (-cases[visit], -visit.pupils, visit.id))
    return [Fragile(date, visit.id, visit.pupils, cases[visit]) for visit in ranked]


def _tried(day: Day, cases: Cases, picked: random.Random) -> tuple[list[tuple[str, ...]], bool]:
    """The losses to be tried, and whether they are all that there are."""
    count = min(cases.losses, len(day.used))
    if math.comb(len(day.used), count) <= cases.trials:
        return list(itertools.combinations(day.used, count)), True
    return [tuple(sorted(picked.sample(day.used, count))) for _ in range(cases.trials)], False


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
