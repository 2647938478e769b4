"""The date stage as a mixed-integer program: which party at which slot, within the seats that can be given."""

import itertools
import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from scheduler.capacity import Source, candidate_slots, sources
from scheduler.costs import slot_price
from scheduler.instance import Instance
from scheduler.mip import Mip


@dataclass(frozen=True, slots=True)
class Cut:
    """What the second stage could not do: of these (party, slot) choices, at most `most` together."""

    choices: tuple[tuple[int, str], ...]
    most: int


@dataclass(frozen=True, slots=True)
class DateProblem:
    """What every pass of the date stage shares; computed once for an instance."""

    instance: Instance
    candidates: tuple[tuple[str, ...], ...]
    sources: tuple[Source, ...]
    pupils: tuple[int, ...]

    @classmethod
    def of(cls, instance: Instance) -> "DateProblem":
        """The problem of an instance."""
        candidates = candidate_slots(instance)
        pupils = tuple(sum(visit.pupils for visit in party) for party in instance.parties)
        return cls(instance, candidates, sources(instance, candidates), pupils)

    def price(self, party: int, slot: str) -> float:
        """Date cost of a party at a slot, changes included, crowding apart."""
        policy = self.instance.policy
        return math.fsum(visit.pupils * slot_price(policy, visit, slot) for visit in self.instance.parties[party])

    def cost(self, chosen: Sequence[str | None]) -> float:
        """The date stage's cost of a choice of slots, exactly."""
        loads: dict[str, int] = defaultdict(int)
        prices: list[float] = []
        for party, slot in enumerate(chosen):
            if slot is not None:
                loads[slot] += self.pupils[party]
                prices.append(self.price(party, slot))
        seats = self.instance.seats_by_slot
        price = self.instance.policy.crowding_price
        return math.fsum(prices + [price * load * load / seats[slot] for slot, load in loads.items() if seats[slot]])

    def unplaced(self, chosen: Sequence[str | None]) -> int:
        """Pupils of the parties without a slot."""
        return sum(pupils for pupils, slot in zip(self.pupils, chosen, strict=True) if slot is None)


@dataclass(slots=True)
class DateModel:
    """A program and its variables: `places[party, slot]` 0 or 1, `loads[slot]` pupils, `crowds[slot]` costs."""

    problem: DateProblem
    mip: Mip = field(default_factory=Mip)
    places: dict[tuple[int, str], int] = field(default_factory=dict)
    loads: dict[str, int] = field(default_factory=dict)
    most: dict[str, int] = field(default_factory=dict)
    crowds: dict[str, int] = field(default_factory=dict)

    def chosen(self, values: Sequence[float]) -> tuple[str | None, ...]:
        """The slot of each party in a solution."""
        slots: list[str | None] = [None] * len(self.problem.pupils)
        for (party, slot), variable in self.places.items():
            if values[variable] > 0.5:
                slots[party] = slot
        return tuple(slots)


def build(
    problem: DateProblem,
    *,
    unplaced: int | None,
    cuts: Sequence[Cut] = (),
    levels_at: Mapping[str, Sequence[int]] | None = None,
) -> DateModel:
    """The program of one pass.

    Args:
        problem: the instance and what it can take.
        unplaced: None minimises the pupils left unplaced; a number leaves at most so many and minimises the cost.
        cuts: what the second stage could not do.
        levels_at: loads at which the crowding of a slot is to be exact, on top of a coarse grid.
    """
    model = DateModel(problem)
    _places(model, unplaced)
    _seats(model)
    _coaches(model)
    _classes(model)
    if unplaced is not None:
        _crowding(model, levels_at or {})
    for cut in cuts:
        model.mip.row([model.places[choice] for choice in cut.choices if choice in model.places], upper=cut.most)
    return model


def _places(model: DateModel, unplaced: int | None) -> None:
    """Each party at one of its slots or nowhere; a locked one at its slot."""
    problem = model.problem
    missing: list[int] = []
    missed: list[float] = []
    for party, slots in enumerate(problem.candidates):
        locked = any(visit.locked is not None for visit in problem.instance.parties[party])
        for slot in slots:
            cost = 0.0 if unplaced is None else problem.price(party, slot)
            model.places[party, slot] = model.mip.binary(cost)
        here = [model.places[party, slot] for slot in slots]
        if locked or unplaced == 0:
            model.mip.row(here, lower=1, upper=1)
        else:
            out = model.mip.variable(problem.pupils[party] if unplaced is None else 0.0, upper=1)
            model.mip.row([*here, out], lower=1, upper=1)
            missing.append(out)
            missed.append(problem.pupils[party])
    if unplaced and missing:
        model.mip.row(missing, missed, upper=unplaced)


def _seats(model: DateModel) -> None:
    """Pupils of each set of levels at a slot within the seats of the sources that serve one of them (Hall's rows)."""
    problem = model.problem
    wishes: dict[str, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    for party, slots in enumerate(problem.candidates):
        level = problem.instance.school_by_id[problem.instance.parties[party][0].school].level
        for slot in slots:
            wishes[slot][level].append(party)
    flows: dict[str, dict[frozenset[str], list[int]]] = defaultdict(lambda: defaultdict(list))
    for source in problem.sources:
        given = {slot: model.mip.variable(upper=seats) for slot, seats in source.seats.items()}
        for slot, variable in given.items():
            flows[slot][source.levels].append(variable)
        for slots_together, seats in source.limits:
            model.mip.row([given[slot] for slot in slots_together], upper=seats)
    for slot, by_level in wishes.items():
        parties = [party for level in by_level.values() for party in level]
        model.most[slot] = min(sum(problem.pupils[p] for p in parties), problem.instance.seats_by_slot[slot])
        model.loads[slot] = model.mip.variable(upper=model.most[slot])
        places = [model.places[party, slot] for party in parties]
        pupils = [float(problem.pupils[party]) for party in parties]
        model.mip.row([*places, model.loads[slot]], [*pupils, -1.0], 0.0, 0.0)
        _hall_rows(model, slot, by_level, flows[slot])


def _hall_rows(
    model: DateModel, slot: str, by_level: Mapping[str, Sequence[int]], flows: Mapping[frozenset[str], Sequence[int]]
) -> None:
    levels = sorted(by_level)
    done: set[frozenset[str]] = set()
    # From the largest set of levels down: a smaller set that is served by the same sources says less.
    for size in range(len(levels), 0, -1):
        for some in itertools.combinations(levels, size):
            serving = [key for key in flows if key & set(some)]
            if (key := frozenset().union(*[frozenset(map(str, map(sorted, serving)))])) in done:
                continue
            done.add(key)
            variables = [variable for levels_served in serving for variable in flows[levels_served]]
            if size == len(levels):
                model.mip.row([model.loads[slot], *variables], [1.0] + [-1.0] * len(variables), upper=0.0)
                continue
            parties = [party for level in some for party in by_level[level]]
            places = [model.places[party, slot] for party in parties]
            pupils = [float(model.problem.pupils[party]) for party in parties]
            model.mip.row([*places, *variables], pupils + [-1.0] * len(variables), upper=0.0)


def _coaches(model: DateModel) -> None:
    """H5: what the schools at a slot need beyond their own chaperones is at most the coaches of the slot."""
    problem = model.problem
    needs: dict[str, dict[str, dict[int, int]]] = defaultdict(lambda: defaultdict(dict))
    for party, slots in enumerate(problem.candidates):
        visits = problem.instance.parties[party]
        needed = sum(visit.chaperones_needed for visit in visits)
        for slot in slots:
            needs[slot][visits[0].school][party] = needed
    for slot, by_school in needs.items():
        there = problem.instance.coaches.get(slot, 0)
        sent: list[int] = []
        most = 0
        for school, by_party in by_school.items():
            own = problem.instance.school_by_id[school].own_chaperones_per_slot
            if sum(by_party.values()) <= own:
                continue
            most += sum(by_party.values()) - own
            coaches = model.mip.variable(upper=there)
            places = [model.places[party, slot] for party in by_party]
            model.mip.row([*places, coaches], [*map(float, by_party.values()), -1.0], upper=own)
            sent.append(coaches)
        if most > there:
            model.mip.row(sent, upper=there)


def _classes(model: DateModel) -> None:
    """H8: of the parties in which one class stands, at most one on a date."""
    problem = model.problem
    dates: dict[tuple[str, object], list[int]] = defaultdict(list)
    for party, slots in enumerate(problem.candidates):
        for name in {visit.class_ for visit in problem.instance.parties[party] if visit.class_ is not None}:
            for slot in slots:
                dates[name, problem.instance.slot_by_id[slot].date].append(model.places[party, slot])
    for places in dates.values():
        if len(places) > 1:
            model.mip.row(places, upper=1)


def _crowding(model: DateModel, levels_at: Mapping[str, Sequence[int]]) -> None:
    """The crowding of each slot from below, by chords of load² between neighbouring whole loads.

    A chord between n and n + 1 is below the parabola at every whole load and exact at both its ends, so that it is a
    tighter valid bound than a tangent.
    """
    price = model.problem.instance.policy.crowding_price
    if not price:
        return
    for slot, load in model.loads.items():
        most = model.most[slot]
        scale = price / model.problem.instance.seats_by_slot[slot]
        crowd = model.mip.variable(1.0)
        model.crowds[slot] = crowd
        for n in _grid(most) | {max(0, exact - back) for exact in levels_at.get(slot, ()) for back in (0, 1)}:
            # crowd >= scale * ((2n + 1) * load - n (n + 1))
            model.mip.row([crowd, load], [1.0, -scale * (2 * n + 1)], lower=-scale * n * (n + 1))


def _grid(most: int) -> set[int]:
    """Loads up to `most` at which a chord stands: about 10 % apart, and none of the steps below one class."""
    grid, load = {0}, 10.0
    while load < most:
        grid.add(round(load))
        load *= 1.1
    return grid
