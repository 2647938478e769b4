"""The drill: exact where everything is tried, the same for the same seed, a reserve that helps."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from scheduler.allocation import Allocation
from scheduler.children import Stopped
from scheduler.drill import Cases, Fragile, Loss, drill
from scheduler.drill_day import Day
from scheduler.instance import Instance
from scheduler.mip import MipResult
from tests.unit.scheduler.terms import MONDAY, MONDAY_PM, TUESDAY, plan, read, term, visit, workplace


def rehearsed(**changes: Any) -> tuple[Instance, Allocation]:
    """Monday: a class at W0 and W1, W2 idle but small. W3 is closed on Monday. Tuesday: a class at W2 alone."""
    document = term(
        visits=[visit("V0", pupils=10), visit("V1", pupils=3)],
        workplaces=[
            workplace("W0"),
            workplace("W1"),
            workplace("W2", max_group=4, **changes),
            workplace("W3", open_slots=[TUESDAY]),
        ],
    )
    instance = read(document)
    return instance, plan(instance, V0=(MONDAY, {"W0": 6, "W1": 4}), V1=(TUESDAY, {"W2": 3}))


def test_a_day_that_survives_and_one_loss_after_the_other() -> None:
    instance, found = rehearsed()
    result = drill(instance, found)
    assert [(d.date, d.trials, d.exact, d.chance) for d in result.days] == [
        ("2026-10-12", 2, True, 1.0),
        ("2026-10-13", 1, True, 1.0),
    ]
    assert (result.chance, result.worst, result.reserve) == (1.0, (), ())


def test_what_hurts_and_the_reserve_that_helps() -> None:
    instance, found = rehearsed(open_slots=[TUESDAY])
    result = drill(instance, found)
    assert [d.chance for d in result.days] == [0.0, 1.0]
    assert result.chance == 0.5
    assert result.worst == (Loss("W0", 1, 1, 10), Loss("W1", 1, 1, 10))
    (reserve,) = result.reserve
    # W2 with four pupils would do as well, but the larger groups of W3 are tried first.
    assert (reserve.date, reserve.workplace, reserve.chance_before, reserve.chance_after) == ("2026-10-12", "W3", 0, 1)


def test_budgets_of_other_days_bind() -> None:
    instance, found = rehearsed(visits_per_term=1)
    assert drill(instance, found).days[0].chance == 0.0
    assert not Day(instance, found, "2026-10-12").survives(("W0",))


def test_others_may_be_given_other_groups() -> None:
    # V0 takes both large places although it needs one; V1 cannot go anywhere else once W2 is lost.
    visits = [visit("V0", pupils=6), visit("V1", pupils=6)]
    instance = read(term(visits=visits, workplaces=[workplace(f"W{i}") for i in range(3)]))
    found = plan(instance, V0=(MONDAY, {"W0": 3, "W1": 3}), V1=(MONDAY, {"W2": 6}))
    day = Day(instance, found, "2026-10-12")
    assert day.survives(("W2",))
    assert not day.survives(("W1", "W2"))
    assert drill(instance, found, Cases(losses=5)).days[0].chance == 0.0


def test_the_day_budget_counts_both_blocks() -> None:
    visits = [visit("V0"), visit("V1", requested_slots=[MONDAY_PM])]
    places = [workplace("W0", visits_per_day=1), workplace("W1"), workplace("W2", visits_per_day=1)]
    instance = read(term(visits=visits, workplaces=places))
    found = plan(instance, V0=(MONDAY, {"W0": 6}), V1=(MONDAY_PM, {"W1": 6}))
    day = Day(instance, found, "2026-10-12")
    assert day.survives(("W1",))
    assert not day.survives(("W1", "W2"))


def test_drawn_from_the_seed() -> None:
    places = [workplace(f"W{i}", open_slots=[MONDAY]) for i in range(9)]
    instance = read(term(visits=[visit(f"V{i}", pupils=12) for i in range(4)], workplaces=places))
    taken = {f"V{i}": (MONDAY, {f"W{2 * i}": 6, f"W{2 * i + 1}": 6}) for i in range(4)}
    found = plan(instance, **taken)
    once, again = (drill(instance, found, Cases(2, 10, seed=3)) for _ in range(2))
    assert once == again
    assert not once.days[0].exact
    assert (once.days[0].trials, once.days[0].chance) == (10, 0.0)
    assert drill(instance, found, Cases(2, 28)).days[0].exact
    assert drill(instance, found).days[0].chance == 1.0


def test_nothing_to_rehearse_and_nonsense() -> None:
    instance, found = rehearsed()
    assert drill(instance, plan(instance)).chance == 1.0
    assert drill(instance, plan(instance), should_stop=lambda: True).chance == 1.0
    with pytest.raises(ValueError, match="at least 1"):
        drill(instance, found, Cases(losses=0))


def test_who_would_be_left_and_who_moves() -> None:
    # Twelve and six and three places for groups of six: with one lost, the class of six gives way to the twelve.
    visits = [visit("V0", pupils=12), visit("V1", pupils=6), visit("V2", pupils=3, requested_slots=[TUESDAY])]
    instance = read(term(visits=visits, workplaces=[workplace(f"W{i}") for i in range(3)]))
    found = plan(instance, V0=(MONDAY, {"W0": 6, "W1": 6}), V1=(MONDAY, {"W2": 6}), V2=(TUESDAY, {"W0": 3}))
    result = drill(instance, found)
    monday, tuesday = result.days
    assert (monday.groups_lost, monday.pupils_left, monday.pupils_left_worst) == (1.0, 6.0, 6)
    # whichever workplace is lost, V1 stays behind: where its own is lost nobody moves, else the lost group of V0 does
    assert monday.groups_placed == 0.67
    assert (tuesday.groups_lost, tuesday.groups_placed, tuesday.pupils_left) == (1.0, 1.0, 0.0)
    assert result.fragile == (Fragile("2026-10-12", "V1", 6, 3),)
    assert Day(instance, found, "2026-10-12").lost_groups(("W0", "W1")) == {"V0": 2}
    assert [v.id for v in Day(instance, found, "2026-10-12").left(("W0", "W1"))] == ["V0"]
    assert Day(instance, found, "2026-10-12").left(()) == ()


def test_only_the_days_that_were_asked_for() -> None:
    instance, found = rehearsed(open_slots=[TUESDAY])
    told: list[tuple[int, int]] = []
    result = drill(instance, found, Cases(dates={"2026-10-12"}), on_progress=lambda *how_far: told.append(how_far))
    assert [day.date for day in result.days] == ["2026-10-12"]
    assert told == [(1, 1)]
    assert drill(instance, found, Cases(dates=())).days == ()


def test_the_caller_may_stop_before_it_is_known_who_is_left() -> None:
    instance, found = rehearsed(open_slots=[TUESDAY])
    answers = iter([False, True])
    with pytest.raises(Stopped):
        Day(instance, found, "2026-10-12", lambda: next(answers)).left(("W0",))


def test_what_is_cut_short_owns_up_to_it() -> None:
    instance, found = rehearsed(open_slots=[TUESDAY])
    whole = drill(instance, found)
    assert not whole.cut_short
    nothing = drill(instance, found, should_stop=lambda: True)
    assert (nothing.days, nothing.chance, nothing.cut_short) == ((), None, True)
    # Every question costs a second: time for Monday and its reserve, not for Tuesday.
    asked = len(questions(instance, found, "2026-10-12"))
    cut = drill(instance, found, seconds=asked + 0.5, clock=ticking())
    assert (cut.days, cut.reserve, cut.worst) == (whole.days[:1], whole.reserve, whole.worst)
    assert (cut.chance, cut.cut_short) == (0.0, True)
    # A day half rehearsed says nothing.
    assert drill(instance, found, seconds=asked - 0.5, clock=ticking()).days == ()
    assert drill(instance, found, seconds=100.0, clock=ticking()) == whole


def ticking() -> Callable[[], float]:
    """A clock that is a second later whenever it is looked at."""
    seconds = itertools.count()
    return lambda: float(next(seconds))


def questions(instance: Instance, found: Allocation, date: str) -> list[None]:
    """One for each loss that a drill rehearses on a day."""
    asked: list[None] = []
    first = replace(found, visits=tuple(a for a in found.visits if a.slot is not None and a.slot.startswith(date)))

    def ask() -> bool:
        asked.append(None)
        return False

    drill(instance, first, should_stop=ask)
    return asked


def test_a_loss_that_is_not_decided_in_time_is_owned_up_to(monkeypatch: pytest.MonkeyPatch) -> None:
    # Only the exact program can see that V0 does not need both its places.
    visits = [visit("V0", pupils=6), visit("V1", pupils=6)]
    instance = read(term(visits=visits, workplaces=[workplace(f"W{i}") for i in range(3)]))
    found = plan(instance, V0=(MONDAY, {"W0": 3, "W1": 3}), V1=(MONDAY, {"W2": 6}))
    assert not drill(instance, found).cut_short
    monkeypatch.setattr("scheduler.mip_solving.solve_mip", lambda mip, **limits: MipResult(None, 0.0, 0.0, False))
    result = drill(instance, found)
    assert (result.days[0].chance, result.cut_short) == (0.6667, True)
    # who is hit counts as left where nobody could say better
    assert result.fragile == (Fragile("2026-10-12", "V1", 6, 1),)
