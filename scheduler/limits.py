"""What a run may use, and what it tells on the way."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of a run.

    Attributes:
        seconds: wall clock, a backstop: passes end on gaps and counted work; what the clock ended is owned up to.
        seed: same input, seed and version give the same plan.
        workers: child processes at a time; the plan does not depend on it. With 0 everything runs in this process,
            where neither the wall clock nor the caller can end a pass: for terms of a few visits.
        mip_gap: relative gap at which a pass of the date stage ends; None chooses by size.
    """

    seconds: float = 120.0
    seed: int = 1
    workers: int = 2
    mip_gap: float | None = None


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a run stands.

    `stage` is one of start, dates, workplaces, feedback, fairness, done; `incumbent` and `bound` are of that stage's
    cost (None where there is none yet), `gap` between them. `placed_pupils` and `load` (pupils by slot id) are of the
    best plan so far.
    """

    stage: str
    incumbent: float | None
    bound: float | None
    gap: float | None
    seconds: float
    placed_pupils: int
    load: Mapping[str, int] | None
