"""How cost grows with the size of a term, and what a nation of centres costs on this machine."""

import json
import math
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from random import Random

from scheduler.benchmark import US, Result, run_one
from scheduler.generate import generate

SIZES = ((100, 100), (250, 200), (500, 400), (1000, 800), (2000, 1400), (5000, 2000))
"""Visits and workplaces of the terms by which growth is measured."""

CENTRES = 230
"""Centres in the nation: about one for each district."""

SEED = 1


@dataclass(frozen=True, slots=True)
class Sized:
    """A generated term of some size and what became of it; `stands_for` so many centres."""

    visits: int
    workplaces: int
    result: Result
    stands_for: int = 1


def scaling(folder: Path, seconds: float, workers: int, largest: int) -> Iterator[Sized]:
    """Ours on terms of growing size, one after another, up to `largest` visits."""
    for visits, workplaces in SIZES:
        if visits <= largest:
            yield Sized(visits, workplaces, _solved(folder, visits, workplaces, SEED, seconds, workers))


def centre_sizes(seed: int = SEED) -> list[tuple[int, int]]:
    """Visits and workplaces of each centre of a nation, the smallest first: many small ones, some large.

    Visits are log-normal about 150 (from 20 to 1,200), with about as many workplaces as visits in a small centre and
    fewer for each visit in a large one.
    """
    chance = Random(f"{seed}/nation")
    visits = sorted(min(1200, max(20, round(chance.lognormvariate(math.log(150), 0.8)))) for _ in range(CENTRES))
    return [(n, max(30, round(2.2 * n**0.8))) for n in visits]


def nation(
    folder: Path, seconds: float, sample: int, on_result: Callable[[Sized], None] | None = None
) -> tuple[list[Sized], float, int]:
    """What 230 centres cost, from a sample: its results, the seconds estimated for all, and the processes at a time.

    The centres are put in order of size and cut into `sample` equal parts; the middle one of each stands for its part.
    Each is one process with one worker, as many at a time as there are processors. The estimate is the sum of the
    sample's seconds, each as often as it stands for, over the processes at a time: queueing and the last few centres,
    which leave processors idle, are not in it.
    """
    sizes = centre_sizes()
    sample = max(1, min(sample, len(sizes)))
    ends = [round(i * len(sizes) / sample) for i in range(sample + 1)]
    parts = [(sizes[(low + high) // 2], high - low) for low, high in pairwise(ends)]
    at_a_time = max(1, os.cpu_count() or 1)

    def solve(number: int) -> Sized:
        (visits, workplaces), many = parts[number]
        sized = Sized(visits, workplaces, _solved(folder, visits, workplaces, SEED + number, seconds, 1), many)
        if on_result is not None:
            on_result(sized)
        return sized

    with ThreadPoolExecutor(at_a_time) as pool:
        # The largest first, as a queue would be worked off well.
        found = list(pool.map(solve, reversed(range(len(parts)))))[::-1]
    return found, sum(each.result.seconds * each.stands_for for each in found) / at_a_time, at_a_time


def _solved(folder: Path, visits: int, workplaces: int, seed: int, seconds: float, workers: int) -> Result:
    term = folder / f"generated-{visits}-{workplaces}-{seed}.json"
    schools = max(1, round(visits / 12))
    made = generate(schools=schools, workplaces=workplaces, visits=visits, seed=seed, name=term.stem)
    term.write_text(json.dumps(made.instance.to_document(), ensure_ascii=False), encoding="utf-8")
    return run_one(made.instance, term, US, seconds, workers, folder / f"{term.stem}.{US}.json")


SIZED_COLUMNS = (
    "visits",
    "workplaces",
    "stands_for",
    "seconds",
    "megabytes",
    "pupils",
    "unplaced_pupils",
    "date_stage",
    "date_stage_bound",
    "workplace_stage",
    "workplace_stage_bound",
    "note",
)


def sized_rows(results: Sequence[Sized]) -> list[tuple[object, ...]]:
    """Rows under `SIZED_COLUMNS`."""
    rows: list[tuple[object, ...]] = []
    for sized in results:
        result = sized.result
        head = (sized.visits, sized.workplaces, sized.stands_for, round(result.seconds, 2), round(result.megabytes))
        kpis, bounds = result.kpis, result.bounds
        if kpis is None or bounds is None:
            rows.append((*head, *[""] * 6, result.note))
            continue
        dates = (kpis.date_stage, bounds.date_stage)
        groups = (kpis.workplace_stage, bounds.workplace_stage)
        pupils = kpis.placed_pupils + kpis.unplaced_pupils
        rows.append((*head, pupils, kpis.unplaced_pupils, *dates, *groups, result.note))
    return rows
