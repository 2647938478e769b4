"""Which date shifts could be worth asking for, found with everybody else where they are. Plain Python."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from scheduler.allocation import Allocation
from scheduler.costs import accepted_slots, date_price
from scheduler.instance import Instance
from scheduler.moves import congestion_price
from scheduler.parts import Visit
from scheduler.placing import date_cost_at, place_party
from scheduler.usage import Usage

Calendar = Mapping[str, Iterable[str]]
"""By visit id, the slots that the school's calendar allows beyond those that the visit lists."""


class OfferKind(StrEnum):
    """Why a school is asked.

    - PLACE: the visit is not placed, and would be.
    - LEVEL: the visit is placed, and elsewhere everybody would be better off.
    - KEEP: the plan has the visit at a negotiable slot already, which the school has not accepted yet.
    """

    PLACE = "place"
    LEVEL = "level"
    KEEP = "keep"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A party (visit ids) and a slot that it did not ask for.

    `unplaced_pupils` and `date_stage` are figures of a plan with it there and everybody else where they are: the first
    step of a promise. They are None where that plan is still to be found.
    """

    kind: OfferKind
    visits: tuple[str, ...]
    school: str
    slot: str
    unplaced_pupils: int | None
    date_stage: float | None

    @property
    def rank(self) -> tuple[float, ...]:
        """Most worth asking first."""
        known = self.unplaced_pupils is not None
        return not known, self.unplaced_pupils or 0, self.date_stage or 0.0


def slots_open_to(instance: Instance, party: Sequence[Visit], calendar: Calendar | None) -> tuple[str, ...]:
    """Slots that a party could be asked for: accepted, or in the calendar, by every visit; not requested by all.

    Raises:
        KeyError: the calendar names an unknown slot.
    """
    allowed: list[set[str]] = []
    for visit in party:
        more = {instance.slot_by_id[slot].id for slot in (calendar or {}).get(visit.id, ())}
        allowed.append({*visit.requested_slots, *visit.negotiable_slots, *more})
    return tuple(
        slot.id
        for slot in instance.slots
        if all(slot.id in mine for mine in allowed) and not all(slot.id in visit.requested_slots for visit in party)
    )


def candidates(
    instance: Instance, allocation: Allocation, calendar: Calendar | None, threshold: float
) -> list[Candidate]:
    """Every shift that fits as things stand: whoever is left out, and whose shift lowers date_stage by `threshold`.

    Locked parties are not asked: they stay. A party that the plan has at a slot it did not ask for is a KEEP.
    """
    given = {a.id: a for a in allocation.visits if a.id in instance.visit_by_id}
    usage = Usage.of(instance, given.values())
    found: list[Candidate] = []
    for party in instance.parties:
        if any(visit.locked is not None for visit in party):
            continue
        here = given[party[0].id].slot if party[0].id in given else None
        if here is not None and any(here not in visit.requested_slots for visit in party):
            figures = allocation.kpis.unplaced_pupils, allocation.kpis.date_stage
            found.append(_candidate(OfferKind.KEEP, party, here, *figures))
            continue
        for visit in party if here is not None else ():
            usage.add(visit, here or "", given[visit.id].groups, -1)
        found += _shifts(instance, allocation, usage, party, here, calendar, threshold)
        for visit in party if here is not None else ():
            usage.add(visit, here or "", given[visit.id].groups, 1)
    return found


def _shifts(
    instance: Instance,
    allocation: Allocation,
    usage: Usage,
    party: Sequence[Visit],
    here: str | None,
    calendar: Calendar | None,
    threshold: float,
) -> Iterable[Candidate]:
    kpis, pupils = allocation.kpis, sum(visit.pupils for visit in party)
    for slot in slots_open_to(instance, party, calendar):
        cost = kpis.date_stage + date_cost_at(instance, usage.loads, party, slot)
        if here is not None:
            cost -= date_cost_at(instance, usage.loads, party, here)
            if cost > kpis.date_stage - threshold:
                continue
        if place_party(instance, usage, party, slot) is None:
            continue
        if here is None:
            yield _candidate(OfferKind.PLACE, party, slot, kpis.unplaced_pupils - pupils, cost)
        else:
            yield _candidate(OfferKind.LEVEL, party, slot, kpis.unplaced_pupils, cost)


def _candidate(
    kind: OfferKind, party: Sequence[Visit], slot: str, unplaced: int | None, cost: float | None
) -> Candidate:
    return Candidate(kind, tuple(visit.id for visit in party), party[0].school, slot, unplaced, cost)


def rearranged(instance: Instance, plan: Allocation, parties: Iterable[Sequence[Visit]]) -> list[Candidate]:
    """Shifts in a plan of the term with more slots open: parties that stand where they accept nothing as yet."""
    found = []
    for party in parties:
        slot = plan.by_visit[party[0].id].slot
        if slot is not None and slot not in accepted_slots(party):
            found.append(_candidate(OfferKind.PLACE, party, slot, None, None))
    return found


@dataclass(frozen=True, slots=True)
class SchoolSide:
    """What a shift means for the school.

    `pupils` who get a place; congestion prices (per pupil) where they are and where they would be, None where they are
    nowhere; `yielded` the date cost per pupil that the school takes on, to be credited to it.
    """

    pupils: int
    price_here: float | None
    price_there: float
    yielded: float


def school_side(instance: Instance, allocation: Allocation, visits: Sequence[str], slot: str) -> SchoolSide:
    """The school's side of a shift, from the plan as it is."""
    party = [instance.visit_by_id[name] for name in visits]
    here = allocation.by_visit[visits[0]].slot if visits[0] in allocation.by_visit else None
    loads = Usage.of(instance, (a for a in allocation.visits if a.id not in visits)).loads
    pupils = sum(visit.pupils for visit in party)
    with_them = {**loads, slot: loads[slot] + pupils}
    yielded = sum(v.pupils * date_price(instance.policy, v, slot) for v in party) / pupils
    if here is not None and here != slot:
        yielded -= sum(v.pupils * date_price(instance.policy, v, here) for v in party) / pupils
    price_here = None
    if here is not None:
        price_here = round(congestion_price(instance, {**loads, here: loads[here] + pupils}, here), 2)
    return SchoolSide(
        pupils=pupils if here is None else 0,
        price_here=price_here,
        price_there=round(congestion_price(instance, with_them, slot), 2),
        yielded=round(max(0.0, yielded), 4),
    )
