"""The peer that chooses dates with Timefold, against a stand-in for its library: the score's rules, and what follows.

The real library needs Java and is an optional extra. The stand-in reads the same rules, tries every choice and keeps
the best score, so that a rule that is wrong chooses wrong dates.
"""

from __future__ import annotations

import importlib
import itertools
import shutil
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from scheduler.baseline import first_come_first_served
from scheduler.peers import run
from scheduler.verifier import verify
from tests.unit.scheduler.terms import MONDAY, TUESDAY, allocation, read, school, term, visit, workplace

Score = tuple[int, int, int]


class Stream:
    """Facts, filtered, grouped and penalised as the library's streams are."""

    def __init__(self, rows: Iterable[tuple[Any, ...]]) -> None:
        self.rows = list(rows)
        self.score: Score = (0, 0, 0)

    def filter(self, keeps: Callable[..., bool]) -> Stream:
        return Stream(row for row in self.rows if keeps(*row))

    def group_by(self, *by: Any) -> Stream:
        keys, (collector,) = by[:-1], by[-1:]
        groups: dict[tuple[Any, ...], int] = {}
        for row in self.rows:
            key = tuple(each(*row) for each in keys)
            groups[key] = groups.get(key, 0) + collector.value(*row)
        return Stream((*key, total) for key, total in groups.items())

    def penalize(self, level: Score, weight: Callable[..., int]) -> Stream:
        total = sum(weight(*row) for row in self.rows)
        self.score = (-total * level[0], -total * level[1], -total * level[2])
        return self

    def as_constraint(self, _name: str) -> Score:
        return self.score


class Factory:
    def __init__(self, parties: Sequence[Any]) -> None:
        self._parties = parties

    def for_each_including_unassigned(self, _kind: type) -> Stream:
        return Stream((party,) for party in self._parties)

    def for_each(self, _kind: type) -> Stream:
        return Stream((party,) for party in self._parties if party.place is not None)


class Solver:
    def __init__(self, config: Any) -> None:
        self._rules = config.score_director_factory_config.constraint_provider_function

    def build_solver(self) -> Solver:
        return self

    def solve(self, dates: Any) -> Any:
        def tried() -> Iterator[tuple[Score, tuple[Any, ...]]]:
            for places in itertools.product(*([None, *party.places] for party in dates.parties)):
                for party, place in zip(dates.parties, places, strict=True):
                    party.place = place
                scores = self._rules(Factory(dates.parties))
                hard, medium, soft = (sum(level) for level in zip(*scores, strict=True))
                yield (hard, medium, soft), places

        _, best = max(tried(), key=lambda pair: pair[0])
        for party, place in zip(dates.parties, best, strict=True):
            party.place = place
        return dates


@pytest.fixture
def peer(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The peer's module, read with the stand-in."""

    def same(kind: Any) -> Any:
        return kind

    def kept(**values: Any) -> SimpleNamespace:
        return SimpleNamespace(**values)

    parts: dict[str, dict[str, Any]] = {
        "timefold": {},
        "timefold.solver": {"SolverFactory": SimpleNamespace(create=Solver)},
        "timefold.solver.config": dict.fromkeys(
            ("Duration", "ScoreDirectorFactoryConfig", "SolverConfig", "TerminationConfig"), kept
        ),
        "timefold.solver.domain": {
            **dict.fromkeys(
                ("PlanningEntityCollectionProperty", "PlanningId", "PlanningScore", "ValueRangeProvider"), 0
            ),
            "PlanningVariable": kept,
            "planning_entity": same,
            "planning_solution": same,
        },
        "timefold.solver.score": {
            "Constraint": object,
            "ConstraintFactory": Factory,
            "ConstraintCollectors": SimpleNamespace(sum=lambda value: SimpleNamespace(value=value)),
            "HardMediumSoftScore": type(
                "Score", (), {"ONE_HARD": (1, 0, 0), "ONE_MEDIUM": (0, 1, 0), "ONE_SOFT": (0, 0, 1)}
            ),
            "constraint_provider": same,
        },
    }
    for name, values in parts.items():
        module = ModuleType(name)
        vars(module).update(values)
        monkeypatch.setitem(sys.modules, name, module)
    monkeypatch.delitem(sys.modules, "scheduler.peers.timefold_dates", raising=False)
    yield importlib.import_module("scheduler.peers.timefold_dates")
    sys.modules.pop("scheduler.peers.timefold_dates", None)


def test_dates_are_the_best_by_the_score(peer: Any) -> None:
    # Level days are worth more than first choices: one of two goes to Tuesday.
    instance = read(term())
    found = allocation(instance, peer.timefold(instance, 1.0))
    assert verify(instance, found).clean
    assert found.kpis.unplaced_pupils == 0
    assert {a.slot for a in found.visits} == {MONDAY, TUESDAY}
    # Without a price of crowding both stay at their first choice.
    document = term()
    document["policy"]["crowding_price"] = 0
    first = allocation(read(document), peer.timefold(read(document), 1.0))
    assert {a.slot for a in first.visits} == {MONDAY}


def test_seats_and_coaches_are_hard(peer: Any) -> None:
    document = term(visits=[visit(f"V{i}", school=f"S{i % 2}", requested_slots=[MONDAY]) for i in range(3)])
    document["schools"] = [school(f"S{i}", own_chaperones_per_slot=0) for i in range(2)]
    document["policy"] |= {"crowding_price": 0, "shift_cost": 1000}
    for each in document["visits"]:
        each["negotiable_slots"] = []
    document["coaches"] = {MONDAY: 3}
    instance = read(document)
    assert allocation(instance, peer.timefold(instance, 1.0)).kpis.placed_pupils == 12
    document["coaches"] = {MONDAY: 1}
    instance = read(document)
    assert allocation(instance, peer.timefold(instance, 1.0)).kpis.placed_pupils == 6
    document["slots"][0]["id"] = MONDAY
    document["workplaces"] = [workplace("W0", open_slots=[])]
    instance = read(document)
    assert allocation(instance, peer.timefold(instance, 1.0)).kpis.placed_pupils == 0


def test_who_finds_no_groups_goes_where_there_is_room(peer: Any) -> None:
    # Seats for both on Monday, but each needs two of three groups; the bundle gives back what it took.
    places = [workplace("W0"), workplace("W1", min_group=4), workplace("W2", max_group=2)]
    both = {"pupils": 7, "negotiable_slots": []}
    visits = [visit("V0", bundle="B", **both), visit("V1", bundle="B", **both)]
    document = term(visits=visits, workplaces=places)
    instance = read(document)
    assert allocation(instance, peer.timefold(instance, 1.0)).kpis.placed_pupils == 0
    document["visits"] = [visit("V0", **both), visit("V1", **both)]
    document["policy"]["crowding_price"] = 0
    instance = read(document)
    found = allocation(instance, peer.timefold(instance, 1.0))
    assert verify(instance, found).clean
    assert {a.slot for a in found.visits} == {MONDAY, TUESDAY}


def test_one_class_twice_on_a_date_is_left_to_the_insertion(peer: Any) -> None:
    # The score knows no classes: the second visit of the class goes to another date afterwards.
    document = term(visits=[visit(f"V{i}", **{"class": "C"}) for i in range(2)])
    document["policy"]["crowding_price"] = 0
    instance = read(document)
    found = allocation(instance, peer.timefold(instance, 1.0))
    assert verify(instance, found).clean
    assert {a.slot for a in found.visits} == {MONDAY, TUESDAY}
    assert found.kpis.placed_pupils == allocation(instance, first_come_first_served(instance)).kpis.placed_pupils


@pytest.mark.parametrize(
    ("java", "package", "told"),
    [(None, True, "Java is missing"), ("java", False, "package timefold is missing"), ("java", True, None)],
)
def test_what_is_missing_is_told(
    java: str | None, package: bool, told: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "which", lambda _: java)
    monkeypatch.setattr("importlib.util.find_spec", lambda _: object() if package else None)
    missing = run.what_is_missing("timefold")
    assert missing is None if told is None else missing is not None and told in missing
