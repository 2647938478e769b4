"""What visits cost where they stand, by who bears it. Plain Python."""

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from scheduler.allocation import Assignment
from scheduler.costs import groups_price, slot_price
from scheduler.instance import Instance
from scheduler.parts import Visit


@dataclass(frozen=True, slots=True)
class Bill:
    """What visits cost where they stand, or what a change of them adds.

    `dates` and `workplaces` are borne by the schools of the visits, `crowding` by everybody at the same slots.
    """

    dates: float = 0.0
    workplaces: float = 0.0
    crowding: float = 0.0

    @property
    def total(self) -> float:
        """All of it: date_stage plus workplace_stage."""
        return math.fsum((self.dates, self.workplaces, self.crowding))


def bill(
    instance: Instance, loads: Mapping[str, int], visits: Iterable[Visit], given: Mapping[str, Assignment]
) -> Bill:
    """What visits add to both stages where they are given, with the others' loads; who is not placed adds nothing."""
    placed = [(visit, slot, given[visit.id].groups) for visit in visits if (slot := given[visit.id].slot) is not None]
    more: Counter[str] = Counter()
    for visit, slot, _ in placed:
        more[slot] += visit.pupils
    return Bill(
        dates=math.fsum(visit.pupils * slot_price(instance.policy, visit, slot) for visit, slot, _ in placed),
        workplaces=math.fsum(groups_price(instance, visit, groups) for visit, _, groups in placed),
        crowding=instance.policy.crowding_price * math.fsum(_squares(instance, loads, more)),
    )


def _squares(instance: Instance, loads: Mapping[str, int], more: Mapping[str, int]) -> Iterator[float]:
    """load² / seats that more pupils add at each slot; a slot without seats adds nothing."""
    for slot, pupils in more.items():
        seats, load = instance.seats_by_slot[slot], loads.get(slot, 0)
        yield (2 * load + pupils) * pupils / seats if seats else 0.0
