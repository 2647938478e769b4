"""Timefold (local search in Java, driven from Python) chooses the dates; the telephone's greedy groups follow.

Timefold has no bound. Its score: hard, pupils beyond the seats of a slot and coaches beyond those there; medium, pupils
without a slot; soft, the date stage in hundredths. Needs the package `timefold` and Java 17.
"""

from dataclasses import dataclass, field
from typing import Annotated

from timefold.solver import SolverFactory  # type: ignore[import-not-found,unused-ignore]
from timefold.solver.config import (  # type: ignore[import-not-found,unused-ignore]
    Duration,
    ScoreDirectorFactoryConfig,
    SolverConfig,
    TerminationConfig,
)
from timefold.solver.domain import (  # type: ignore[import-not-found,unused-ignore]
    PlanningEntityCollectionProperty,
    PlanningId,
    PlanningScore,
    PlanningVariable,
    ValueRangeProvider,
    planning_entity,
    planning_solution,
)
from timefold.solver.score import (  # type: ignore[import-not-found,unused-ignore]
    Constraint,
    ConstraintCollectors,
    ConstraintFactory,
    HardMediumSoftScore,
    constraint_provider,
)

from scheduler.allocation import Assignment
from scheduler.baseline import quick_groups
from scheduler.capacity import candidate_slots
from scheduler.costs import slot_price
from scheduler.insertion import insert_parties
from scheduler.instance import Instance
from scheduler.usage import Usage


@dataclass(frozen=True)
class Slot:
    """A slot; `crowd` is what one square of its load costs, in hundredths."""

    id: str
    crowd: float
    seats: int
    coaches: int


@dataclass(frozen=True)
class School:
    """A school with the chaperones of its own."""

    id: str
    own: int


@dataclass
class Place:
    """A slot for one party, which costs it so many hundredths."""

    slot: Slot
    cost: int


@planning_entity  # type: ignore[misc,untyped-decorator,unused-ignore]
@dataclass
class Party:
    """A visit or bundle, to be given a place."""

    id: Annotated[int, PlanningId]
    pupils: int
    school: School
    needed: int
    places: Annotated[list[Place], ValueRangeProvider]
    place: Annotated[Place | None, PlanningVariable(allows_unassigned=True)] = field(default=None)


@planning_solution  # type: ignore[misc,untyped-decorator,unused-ignore]
@dataclass
class Dates:
    """All parties and their score."""

    parties: Annotated[list[Party], PlanningEntityCollectionProperty]
    score: Annotated[HardMediumSoftScore, PlanningScore] = field(default=None)


@constraint_provider  # type: ignore[misc,untyped-decorator,unused-ignore]
def rules(factory: ConstraintFactory) -> list[Constraint]:
    """The score, rule by rule."""
    load = ConstraintCollectors.sum(lambda party: party.pupils)
    needed = ConstraintCollectors.sum(lambda party: party.needed)
    sent = ConstraintCollectors.sum(lambda _slot, school, n: max(0, n - school.own))
    return [
        factory.for_each_including_unassigned(Party)
        .filter(lambda party: party.place is None)
        .penalize(HardMediumSoftScore.ONE_MEDIUM, lambda party: party.pupils)
        .as_constraint("everybody is placed"),
        factory.for_each(Party)
        .penalize(HardMediumSoftScore.ONE_SOFT, lambda party: party.place.cost)
        .as_constraint("dates as wished"),
        factory.for_each(Party)
        .group_by(lambda party: party.place.slot, load)
        .penalize(HardMediumSoftScore.ONE_SOFT, lambda slot, n: round(slot.crowd * n * n))
        .as_constraint("level days"),
        factory.for_each(Party)
        .group_by(lambda party: party.place.slot, load)
        .filter(lambda slot, n: n > slot.seats)
        .penalize(HardMediumSoftScore.ONE_HARD, lambda slot, n: n - slot.seats)
        .as_constraint("seats"),
        factory.for_each(Party)
        .group_by(lambda party: party.place.slot, lambda party: party.school, needed)
        .group_by(lambda slot, _school, _needed: slot, sent)
        .filter(lambda slot, n: n > slot.coaches)
        .penalize(HardMediumSoftScore.ONE_HARD, lambda slot, n: n - slot.coaches)
        .as_constraint("coaches"),
    ]


def timefold(instance: Instance, seconds: float) -> tuple[Assignment, ...]:
    """Timefold's dates within the limit, groups by the greedy rule; who finds none goes where there is room."""
    config = SolverConfig(
        solution_class=Dates,
        entity_class_list=[Party],
        score_director_factory_config=ScoreDirectorFactoryConfig(constraint_provider_function=rules),
        termination_config=TerminationConfig(spent_limit=Duration(milliseconds=round(1000 * seconds))),
        random_seed=1,
    )
    solved = SolverFactory.create(config).build_solver().solve(Dates(_parties(instance)))
    usage = Usage(instance)
    given: dict[str, Assignment] = {}
    for party, decided in zip(instance.parties, solved.parties, strict=True):
        if decided.place is None or not usage.admits(party, decided.place.slot.id):
            continue
        slot = str(decided.place.slot.id)
        mine: dict[str, Assignment] = {}
        for visit in party:
            groups = quick_groups(instance, usage, visit, slot, instance.open_at[slot])
            if groups is not None:
                usage.add(visit, slot, groups)
                mine[visit.id] = Assignment(visit.id, slot, groups)
        if len(mine) == len(party):
            given |= mine
        else:
            for assignment in mine.values():
                usage.add(instance.visit_by_id[assignment.id], slot, assignment.groups, -1)
    return insert_parties(instance, given)


def _parties(instance: Instance) -> list[Party]:
    seats, price, there = instance.seats_by_slot, instance.policy.crowding_price, instance.coaches
    slots = {
        name: Slot(name, 100 * price / seats[name] if seats[name] else 0.0, seats[name], there.get(name, 0))
        for name in instance.slot_by_id
    }
    schools = {school.id: School(school.id, school.own_chaperones_per_slot) for school in instance.schools}
    parties = []
    for number, (party, candidates) in enumerate(zip(instance.parties, candidate_slots(instance), strict=True)):
        places = []
        for name in candidates:
            cost = sum(visit.pupils * slot_price(instance.policy, visit, name) for visit in party)
            places.append(Place(slots[name], round(100 * cost)))
        pupils, needed = (sum(v.pupils for v in party), sum(v.chaperones_needed for v in party))
        parties.append(Party(number, pupils, schools[party[0].school], needed, places))
    return parties
