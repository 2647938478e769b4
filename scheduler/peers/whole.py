"""Dates and workplaces in one program, as a textbook would write it; the peers of one model solve this.

Binaries place parties at slots and visits at workplaces of a slot; whole numbers are the pupils of a visit at a
workplace. The three goals, one before the other, become weights: a pupil unplaced outweighs any date, a date any
workplace. What it costs to change groups is left out (no sample has any); the verifier scores it all the same.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from scheduler.allocation import Assignment
from scheduler.capacity import candidate_slots
from scheduler.costs import may_use, pupil_price, slot_price
from scheduler.instance import Instance
from scheduler.mip import Mip
from scheduler.parts import Group, Visit

UNPLACED_WEIGHT, DATE_WEIGHT = 2000.0, 20.0
"""Cost of a pupil unplaced and of one point of the date stage, in points of the workplace stage."""


@dataclass
class Whole:
    """The program and its variables. `loads[slot]` are the pupils there; crowding is for the solver's side to add."""

    instance: Instance
    mip: Mip = field(default_factory=Mip)
    places: dict[tuple[int, str], int] = field(default_factory=dict)
    used: dict[tuple[str, str, str], int] = field(default_factory=dict)
    pupils: dict[tuple[str, str], int] = field(default_factory=dict)
    missing: dict[int, int] = field(default_factory=dict)
    loads: dict[str, int] = field(default_factory=dict)

    def assignments(self, values: Sequence[float]) -> tuple[Assignment, ...]:
        """The plan of a solution."""
        slots: dict[str, str] = {}
        for (party, slot), variable in self.places.items():
            if values[variable] > 0.5:
                slots |= {visit.id: slot for visit in self.instance.parties[party]}
        groups: dict[str, list[Group]] = defaultdict(list)
        for (name, workplace), variable in self.pupils.items():
            if name in slots and values[variable] > 0.5:
                groups[name].append(Group(workplace, round(values[variable])))
        return tuple(
            Assignment(visit.id, slots.get(visit.id), tuple(groups[visit.id])) for visit in self.instance.visits
        )

    def values(self, assignments: Sequence[Assignment]) -> dict[int, float]:
        """The variables of a plan that decide all others."""
        known = {assignment.id: assignment for assignment in assignments}
        given = dict.fromkeys((*self.places.values(), *self.used.values(), *self.pupils.values()), 0.0)
        for number, party in enumerate(self.instance.parties):
            slot = known[party[0].id].slot
            self._give(given, self.missing.get(number), float(slot is None))
            for visit in party if slot is not None else ():
                self._give(given, self.places.get((number, slot or "")), 1.0)
                for group in known[visit.id].groups:
                    self._give(given, self.used.get((visit.id, slot or "", group.workplace)), 1.0)
                    self._give(given, self.pupils.get((visit.id, group.workplace)), float(group.pupils))
        return given

    @staticmethod
    def _give(given: dict[int, float], variable: int | None, value: float) -> None:
        if variable is not None:
            given[variable] = value


def build_whole(instance: Instance) -> Whole:
    """The program of a term, without its crowding."""
    whole = Whole(instance)
    for number, (party, slots) in enumerate(zip(instance.parties, candidate_slots(instance), strict=True)):
        _place(whole, number, party, slots)
    _limits(whole)
    _coaches(whole)
    _classes(whole)
    return whole


def _place(whole: Whole, number: int, party: Sequence[Visit], slots: Sequence[str]) -> None:
    """H1, H6: the party at one slot or none; H2, H4: each visit's groups at workplaces open there."""
    mip, policy = whole.mip, whole.instance.policy
    for slot in slots:
        cost = sum(visit.pupils * slot_price(policy, visit, slot) for visit in party)
        whole.places[number, slot] = mip.binary(DATE_WEIGHT * cost)
    here = [whole.places[number, slot] for slot in slots]
    if not any(visit.locked is not None for visit in party):
        whole.missing[number] = mip.binary(UNPLACED_WEIGHT * sum(visit.pupils for visit in party))
        here.append(whole.missing[number])
    mip.row(here, lower=1, upper=1)
    for visit in party:
        _groups(whole, number, visit, slots)


def _groups(whole: Whole, number: int, visit: Visit, slots: Sequence[str]) -> None:
    mip, instance = whole.mip, whole.instance
    fixed = visit.locked.groups if visit.locked is not None else None
    sizes = {group.workplace: group.pupils for group in fixed or ()}
    there: dict[str, list[int]] = defaultdict(list)
    for slot in slots:
        for workplace in instance.open_at[slot]:
            small = workplace.min_group <= visit.pupils and may_use(instance, visit, workplace)
            if workplace.id in sizes if fixed is not None else small:
                used = mip.binary(instance.policy.group_cost)
                whole.used[visit.id, slot, workplace.id] = used
                mip.row([used, whole.places[number, slot]], [1.0, -1.0], upper=0)
                there[workplace.id].append(used)
    for name, used_at in there.items():
        workplace = instance.workplace_by_id[name]
        most = sizes.get(name, min(workplace.max_group, visit.pupils))
        pupils = mip.variable(pupil_price(instance, visit, workplace), 0.0, most, integer=True)
        whole.pupils[visit.id, name] = pupils
        mip.row([pupils, *used_at], [1.0] + [-float(most)] * len(used_at), upper=0)
        mip.row([pupils, *used_at], [1.0] + [-float(sizes.get(name, workplace.min_group))] * len(used_at), lower=0)
    mine = [whole.pupils[visit.id, name] for name in there]
    places = [whole.places[number, slot] for slot in slots]
    mip.row([*mine, *places], [1.0] * len(mine) + [-float(visit.pupils)] * len(places), lower=0, upper=0)


def _limits(whole: Whole) -> None:
    """H3: groups of a workplace at a slot, on a date, in a week, in the term. And the load of each slot."""
    instance, mip = whole.instance, whole.mip
    counts: dict[tuple[str, str, str], list[int]] = defaultdict(list)
    for (_, slot, name), used in whole.used.items():
        when = instance.slot_by_id[slot]
        counts[name, "groups_per_slot", slot].append(used)
        counts[name, "visits_per_day", when.date.isoformat()].append(used)
        counts[name, "visits_per_week", when.week].append(used)
        counts[name, "visits_per_term", ""].append(used)
    for (name, limit, _), used_then in counts.items():
        most: int | None = getattr(instance.workplace_by_id[name], limit)
        if most is not None and len(used_then) > most:
            mip.row(used_then, upper=most)
    at: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for (number, slot), place in whole.places.items():
        at[slot].append((place, sum(visit.pupils for visit in instance.parties[number])))
    for slot, placed in at.items():
        load = mip.variable(0.0, 0.0, sum(pupils for _, pupils in placed), integer=True)
        whole.loads[slot] = load
        mip.row([load, *(place for place, _ in placed)], [-1.0, *(float(n) for _, n in placed)], 0, 0)


def _coaches(whole: Whole) -> None:
    """H5: what the schools at a slot need beyond their own chaperones is at most the coaches there."""
    instance, mip = whole.instance, whole.mip
    needs: dict[str, dict[str, list[tuple[int, int]]]] = defaultdict(lambda: defaultdict(list))
    for (number, slot), place in whole.places.items():
        party = instance.parties[number]
        needs[slot][party[0].school].append((place, sum(visit.chaperones_needed for visit in party)))
    for slot, schools in needs.items():
        sent = []
        for school, listed in schools.items():
            own = instance.school_by_id[school].own_chaperones_per_slot
            coaches = mip.variable(0.0, 0.0, instance.coaches.get(slot, 0), integer=True)
            mip.row([*(p for p, _ in listed), coaches], [*(float(n) for _, n in listed), -1.0], upper=own)
            sent.append(coaches)
        mip.row(sent, upper=instance.coaches.get(slot, 0))


def _classes(whole: Whole) -> None:
    """H8: of the parties in which one class stands, at most one on a date."""
    days: dict[tuple[str, object], list[int]] = defaultdict(list)
    for (number, slot), place in whole.places.items():
        for name in {visit.class_ for visit in whole.instance.parties[number] if visit.class_ is not None}:
            days[name, whole.instance.slot_by_id[slot].date].append(place)
    for places in days.values():
        whole.mip.row(places, upper=1)
