"""Splitting the pupils of one class into groups, exactly and in plain Python (milliseconds for one class)."""

from collections.abc import Callable, Sequence


def reachable(ranges: Sequence[tuple[int, int]], pupils: int) -> bool:
    """Whether `pupils` can be split over some of the workplaces, each taking a group within its (min, max).

    A choice of workplaces reaches every total between the sum of its minima and the sum of its maxima, so that
    the totals reachable are a bit set, widened workplace by workplace.
    """
    if sum(most for _, most in ranges) < pupils:
        return False
    mask = (1 << (pupils + 1)) - 1
    bits = 1
    for least, most in ranges:
        shifted = bits << least
        width = 1
        span = min(most, pupils) - least + 1
        if span <= 0:
            continue
        while width < span:
            step = min(width, span - width)
            shifted |= shifted << step
            width += step
        bits |= shifted & mask
        if bits >> pupils & 1:
            return True
    return bool(bits >> pupils & 1)


def cheapest_split(
    offers: Sequence[tuple[int, int]], pupils: int, price: Callable[[int, int], float]
) -> tuple[float, tuple[tuple[int, int], ...]] | None:
    """The cheapest groups that add up to `pupils`, exactly.

    Args:
        offers: (min, max) group of each workplace on offer.
        pupils: the pupils to place.
        price: cost of a group of n pupils at offer i, as `price(i, n)`.

    Returns:
        The cost and the groups as (offer, pupils), or None where no groups add up. Ties go to earlier offers.
    """
    infinite = float("inf")
    best = [0.0] + [infinite] * pupils
    trail: list[list[int]] = []
    for i, (least, most) in enumerate(offers):
        sizes = [(n, price(i, n)) for n in range(least, min(most, pupils) + 1)]
        taken = [0] * (pupils + 1)
        after = best[:]
        for n, cost in sizes:
            for total in range(n, pupils + 1):
                candidate = best[total - n] + cost
                if candidate < after[total] - 1e-12:
                    after[total] = candidate
                    taken[total] = n
        best = after
        trail.append(taken)
    if best[pupils] == infinite:
        return None
    groups: list[tuple[int, int]] = []
    left = pupils
    for i in range(len(offers) - 1, -1, -1):
        if trail[i][left]:
            groups.append((i, trail[i][left]))
            left -= trail[i][left]
    return best[pupils], tuple(reversed(groups))
