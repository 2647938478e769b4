"""What a run has so far: the best verified plan, what is proven, and what the caller is told."""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

from scheduler.allocation import Allocation, Assignment, Bounds, Kpis, SolverInfo, Status, gap
from scheduler.explain import reasons
from scheduler.instance import Instance
from scheduler.limits import Limits, Progress
from scheduler.verifier import verify
from scheduler.version import NAME, VERSION

PROVEN = 0.005
"""Gap at which a stage counts as proven."""


@dataclass(frozen=True, slots=True)
class Judged:
    """A plan without violations; `workplace_bound` holds for its slots, 0 where nothing is proven."""

    visits: tuple[Assignment, ...]
    kpis: Kpis
    workplace_bound: float = 0.0

    @property
    def rank(self) -> tuple[float, ...]:
        """Plans in the order of the contract: unplaced pupils, dates, fairness, workplaces; smaller is better."""
        kpis = self.kpis
        return kpis.unplaced_pupils, kpis.date_stage, kpis.worst_school_cost, kpis.workplace_stage


class Record:
    """The best plan of a run and its bounds; `stage` is what the run is doing, `finished` whether no clock ended it."""

    def __init__(
        self,
        instance: Instance,
        limits: Limits,
        clock: Callable[[], float],
        on_progress: Callable[[Progress], None] | None,
    ) -> None:
        self.best: Judged | None = None
        self.stage = "start"
        self.finished = False
        self.began = clock()
        self._instance = instance
        self._seed = limits.seed
        self._clock = clock
        self._on_progress = on_progress
        self._told = -math.inf
        self._unplaced_bound = 0
        # The bound of the date stage holds over plans that leave at most so many pupils unplaced.
        self._date_bound, self._date_bound_for = 0.0, -1

    def judge(self, visits: tuple[Assignment, ...], workplace_bound: float = 0.0) -> Judged | None:
        """A plan with its figures, None where the verifier finds a violation."""
        verdict = verify(self._instance, self._draft(visits))
        return Judged(visits, verdict.kpis, floor(workplace_bound)) if verdict.clean else None

    def offer(self, visits: tuple[Assignment, ...], workplace_bound: float = 0.0) -> None:
        """Keep a plan if it is clean and better than the one before."""
        plan = self.judge(visits, workplace_bound)
        if plan is not None and (self.best is None or plan.rank < self.best.rank):
            self.best = plan

    def prove(self, unplaced_bound: int, date_bound: float, unplaced: int) -> None:
        """Write down proven bounds; that of the dates holds over plans with at most `unplaced` pupils left out."""
        self._unplaced_bound = max(self._unplaced_bound, unplaced_bound)
        self._date_bound, self._date_bound_for = floor(date_bound), unplaced

    def bounds(self) -> Bounds:
        """The bounds that hold for the best plan, never above its own figures."""
        if self.best is None:
            return Bounds()
        kpis = self.best.kpis
        date_bound = self._date_bound if kpis.unplaced_pupils <= self._date_bound_for else 0.0
        return Bounds(
            min(self._unplaced_bound, kpis.unplaced_pupils),
            min(date_bound, kpis.date_stage),
            min(self.best.workplace_bound, kpis.workplace_stage),
        )

    def allocation(self, best: Judged, sha256: str) -> Allocation:
        """The best plan with its figures, bounds, reasons and status."""
        kpis, bounds = best.kpis, self.bounds()
        slack = self._instance.policy.fairness_slack
        proven = (
            kpis.unplaced_pupils <= bounds.unplaced_pupils
            and gap(kpis.date_stage, bounds.date_stage) <= PROVEN + slack
            and gap(kpis.workplace_stage, bounds.workplace_stage) <= PROVEN
        )
        status = Status.OPTIMAL if proven else Status.FEASIBLE
        draft = self._draft(reasons(self._instance, best.visits), sha256)
        return replace(draft, status=status, kpis=kpis, bounds=bounds)

    def tell(self, *, force: bool = False) -> None:
        """Tell the caller where the run stands, at most four times a second unless forced."""
        now = self._clock()
        if self._on_progress is None or (not force and now - self._told < 0.25):
            return
        self._told = now
        kpis, bounds = (self.best.kpis if self.best is not None else None), self.bounds()
        of_workplaces = self.stage in ("workplaces", "done")
        incumbent = bound = None
        if kpis is not None:
            incumbent = kpis.workplace_stage if of_workplaces else kpis.date_stage
            bound = (bounds.workplace_stage if of_workplaces else bounds.date_stage) or None
        self._on_progress(
            Progress(
                stage=self.stage,
                incumbent=incumbent,
                bound=bound,
                gap=None if incumbent is None or bound is None else gap(incumbent, bound),
                seconds=round(now - self.began, 2),
                placed_pupils=kpis.placed_pupils if kpis is not None else 0,
                load=self._loads(),
            )
        )

    def _loads(self) -> dict[str, int] | None:
        if self.best is None:
            return None
        loads: dict[str, int] = {}
        for assignment in self.best.visits:
            if assignment.slot is not None:
                pupils = self._instance.visit_by_id[assignment.id].pupils
                loads[assignment.slot] = loads.get(assignment.slot, 0) + pupils
        return loads

    def _draft(self, visits: tuple[Assignment, ...], sha256: str = "") -> Allocation:
        seconds = round(self._clock() - self.began, 2)
        info = SolverInfo(NAME, VERSION, seconds, self._seed, not self.finished, {})
        return Allocation(self._instance.name, sha256, Status.FEASIBLE, visits, Kpis(), Bounds(), info)


def floor(bound: float) -> float:
    """A bound written down to cents without passing the true one."""
    return math.floor(max(0.0, bound) * 100) / 100
