"""Levelling against first choices: the few plans among which a person chooses, by the price of crowding.

A plan's place on the frontier has two figures: what the dates cost the schools, and how crowded the slots are. A price
of crowding finds one plan; the price at which two known plans are worth the same finds the one between them, if any.
"""

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace

from scheduler.allocate import allocate
from scheduler.allocation import Allocation, Kpis
from scheduler.instance import Instance
from scheduler.limits import Limits, Progress
from scheduler.usage import Usage
from scheduler.verifier import verify

FEWEST, MOST = 5, 9
"""How many points a person may ask for."""

EXTREME = 64.0
"""How many times dearer and cheaper than the term's own price crowding is at the ends."""

PLAIN_PRICE = 10.0
"""The price around which the frontier is drawn where the term's own is 0."""


@dataclass(frozen=True, slots=True)
class Point:
    """One plan to choose from.

    `crowding_price` is the price that found it; `kpis` are its figures under the term's own policy. `date_cost` (with
    the cost of changes) and `spread` (Σ load² / seats over the slots, the crowding at price 1) are its two sides.
    `own` marks the plan of the term's own price; `knee` the one where more of either side begins to cost most.
    """

    crowding_price: float
    kpis: Kpis
    date_cost: float
    spread: float
    own: bool
    knee: bool
    plan: Allocation

    def document(self) -> dict[str, object]:
        """The point as a JSON object, without its plan."""
        return {
            "crowding_price": self.crowding_price,
            "own": self.own,
            "knee": self.knee,
            "date_cost_with_changes": self.date_cost,
            "spread": self.spread,
            "cut_short": self.plan.solver.cut_short,
            "kpis": asdict(self.kpis),
        }


def frontier(
    instance: Instance,
    limits: Limits = Limits(),  # noqa: B008  (frozen)
    points: int = 7,
    *,
    sha256: str = "",
    on_progress: Callable[[Progress], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> tuple[Point, ...]:
    """At most `points` plans from "everybody's first choice" to "as level as can be"; none is beaten on all sides.

    Solved are the two ends, the term's own price, and then, again and again, the widest gap between neighbours. Fewer
    come back where the term has no more of them, or the time is up.

    Args:
        instance: the term.
        limits: `seconds` are for all plans together.
        points: 5 to 9.
        sha256: hash of the instance file's bytes, written into the plans.
        on_progress: told where each solve stands.
        should_stop: asked about ten times a second; once true, the points found so far are returned.
        clock: a monotonic clock in seconds.

    Raises:
        ValueError: `points` out of range.
        LockConflict: as `allocate`.
    """
    if not FEWEST <= points <= MOST:
        raise ValueError(f"{points} points, must be {FEWEST} to {MOST}")
    deadline = clock() + limits.seconds
    found: list[Point] = []
    tried: set[float] = set()

    def over() -> bool:
        return clock() >= deadline or (should_stop is not None and should_stop())

    def solve(price: float) -> None:
        tried.add(price)
        left = points - len(tried) + 1
        mine = replace(limits, seconds=max(0.1, (deadline - clock()) / max(1, left)))
        asked = replace(instance, policy=replace(instance.policy, crowding_price=price, fairness_slack=0.0))
        plan = allocate(asked, mine, sha256=sha256, on_progress=on_progress, should_stop=should_stop, clock=clock)
        found.append(_point(instance, plan, price))

    own = instance.policy.crowding_price or PLAIN_PRICE
    for price in (own, own / EXTREME, own * EXTREME):
        if not found or not over():
            solve(price)
    while len(tried) < points and not over():
        prices = [price for price in _between(_front(found)) if price not in tried]
        if not prices:
            break
        solve(prices[0])
    return _marked(_front(found), instance.policy.crowding_price)


def _point(instance: Instance, plan: Allocation, price: float) -> Point:
    """A plan under the term's own prices."""
    kpis = verify(instance, plan).kpis
    loads = Usage.of(instance, plan.visits).loads
    seats = instance.seats_by_slot
    spread = math.fsum(load * load / seats[slot] for slot, load in loads.items() if seats[slot])
    judged = replace(plan, kpis=kpis, solver=replace(plan.solver, policy={"crowding_price": price}))
    date_cost = round(kpis.date_stage - kpis.crowding, 2)
    return Point(price, kpis, date_cost, round(spread, 2), False, False, judged)


def _sides(point: Point) -> tuple[float, ...]:
    return point.kpis.unplaced_pupils, point.date_cost, point.spread


def _front(found: Sequence[Point]) -> list[Point]:
    """The points that no other beats or equals on every side, from first choices to level days."""
    kept: list[Point] = []
    for point in sorted(found, key=_sides):
        mine = _sides(point)
        if not any(all(a <= b for a, b in zip(_sides(other), mine, strict=True)) for other in kept):
            kept.append(point)
    return sorted(kept, key=lambda point: (point.date_cost, -point.spread))


def _scaled(front: Sequence[Point]) -> list[tuple[float, float]]:
    """Both sides from 0 to 1 over the frontier."""
    dates = [point.date_cost for point in front]
    spreads = [point.spread for point in front]
    wide, high = (max(values) - min(values) or 1.0 for values in (dates, spreads))
    return [((d - min(dates)) / wide, (s - min(spreads)) / high) for d, s in zip(dates, spreads, strict=True)]


def _between(front: Sequence[Point]) -> list[float]:
    """Prices at which neighbours are worth the same, those of the widest gaps first."""
    scaled = _scaled(front) if front else []
    gaps = []
    for i in range(len(front) - 1):
        saved = front[i].spread - front[i + 1].spread
        if saved > 0:
            width = math.dist(scaled[i], scaled[i + 1])
            gaps.append((-width, round((front[i + 1].date_cost - front[i].date_cost) / saved, 6)))
    return [price for _, price in sorted(gaps)]


def _marked(front: Sequence[Point], own: float) -> tuple[Point, ...]:
    """The front with the plan of the term's own price, and the knee: the farthest below the line between its ends."""
    scaled = _scaled(front) if front else []
    below = [1.0 - x - y for x, y in scaled]
    knee = below.index(max(below)) if len(front) > 2 and max(below) > 0 else None
    return tuple(replace(point, own=point.crowding_price == own, knee=i == knee) for i, point in enumerate(front))


def columns(point: Point) -> Mapping[str, object]:
    """The figures of a point in one row, as the table and the CSV file show them."""
    kpis = point.kpis
    return {
        "crowding_price": point.crowding_price,
        "unplaced_pupils": kpis.unplaced_pupils,
        "first_choice_share": kpis.first_choice_share,
        "peak_load": kpis.peak_load,
        "bunching": kpis.bunching,
        "date_cost": kpis.date_cost,
        "crowding": kpis.crowding,
        "date_stage": kpis.date_stage,
        "worst_school_cost": kpis.worst_school_cost,
        "shifted_visits": kpis.shifted_visits,
        "workplace_stage": kpis.workplace_stage,
        "own": point.own,
        "knee": point.knee,
    }
