"""One mixed-integer program of everything, solved by HiGHS inside MathOpt; crowding by chords 2 % apart."""

import time

from scheduler.allocation import Assignment
from scheduler.baseline import first_come_first_served
from scheduler.instance import Instance
from scheduler.mip_solving import solve_mip
from scheduler.peers.whole import DATE_WEIGHT, Whole, build_whole

GAP = 1e-3


def highs(instance: Instance, seconds: float) -> tuple[Assignment, ...]:
    """The best plan found within the limit, building included; it starts from first come, first served."""
    began = time.monotonic()
    whole = build_whole(instance)
    add_crowding(whole)
    start = first_come_first_served(instance)
    left = max(0.1, seconds - (time.monotonic() - began))
    result = solve_mip(whole.mip, GAP, seconds=left, hint=whole.values(start))
    return whole.assignments(result.values) if result.values is not None else start


def add_crowding(whole: Whole) -> None:
    """The crowding of each slot from below, exact at the ends of each chord."""
    price = whole.instance.policy.crowding_price
    for slot, load in whole.loads.items():
        scale = price / whole.instance.seats_by_slot[slot]
        crowd = whole.mip.variable(DATE_WEIGHT)
        n = 0
        while scale and n <= whole.mip.upper[load]:
            whole.mip.row([crowd, load], [1.0, -scale * (2 * n + 1)], lower=-scale * n * (n + 1))
            n = max(n + 4, round(n * 1.02))
