"""The sub-command explain: why, at what cost to everybody, and what would help."""

import argparse
import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace

from scheduler.allocation import Allocation, Assignment
from scheduler.children import Stopped
from scheduler.commands import as_json, interruptible, read_pair, write_text
from scheduler.console import print_table, say
from scheduler.explain import WhyCode, reasons
from scheduler.explain_changes import Remedy
from scheduler.explain_estimate import estimate_first_choices
from scheduler.explain_repairs import cheapest_repair
from scheduler.faults import Fault, InputError
from scheduler.instance import Instance
from scheduler.limits import Limits
from scheduler.sentences import price, reason, repair, slot_words

SOFT = (WhyCode.LEVELLED.value, WhyCode.WITHIN_GAP.value, WhyCode.LOCKED.value, WhyCode.NOT_REQUESTED.value)
"""Reasons of placed visits that are a matter of price or will: nothing is broken that could be repaired."""


def add_explain(commands_of: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the sub-command to the parser."""
    explained = commands_of.add_parser("explain", help="why visits are not at their first choice, and what would help")
    explained.set_defaults(command=explain)
    add_plan(explained)
    explained.add_argument("visits", metavar="VISIT", nargs="*", help="visit ids; all that missed their first choice")
    explained.add_argument("--estimate", action="store_true", help="estimate named visits too, without solving again")
    add_limits(explained, 300.0)


def explain(options: argparse.Namespace) -> int:
    """Why visits are not at their first choice, what it would have cost everybody, and the cheapest repair."""
    instance, plan = read_pair(options)
    unknown = [name for name in options.visits if name not in instance.visit_by_id]
    if unknown:
        raise InputError(tuple(Fault("", f"unknown visit {name}") for name in unknown))
    given = tuple(plan.by_visit.get(visit.id, Assignment(visit.id, None)) for visit in instance.visits)
    explained = {assignment.id: assignment for assignment in reasons(instance, given)}
    chosen = options.visits or [name for name, assignment in explained.items() if assignment.why is not None]
    with interruptible() as stopped:
        budget = Budget(options.time_limit, lambda: bool(stopped))
        costs = _costs(instance, plan, chosen, options, budget)
        repairs, late = _repairs(instance, plan, {name: explained[name] for name in chosen}, budget)
    late |= {name for name in chosen if name not in costs}
    if options.json:
        document = []
        for name in chosen:
            why, remedy = explained[name].why, repairs.get(name)
            document.append(
                {
                    "id": name,
                    "slot": explained[name].slot,
                    "why": None if why is None else {"code": why.code, **why.facts},
                    "first_choice": costs.get(name),
                    "repair": None if remedy is None else remedy.document(),
                    "cut_short": name in late,
                }
            )
        write_text("-", as_json(document))
        return 0
    parties = _parties(instance, chosen)
    rows = [row for names in parties for row in _told(_joined(names), explained[names[0]])]
    print_table(("visit", "is at", "why not better"), rows)
    paid = [(_joined(names), price(costs[names[0]])) for names in parties if names[0] in costs]
    print_table(("visit", "its first choice would cost everybody"), paid)
    helped = [(_joined(names), repair(repairs[names[0]])) for names in parties if names[0] in repairs]
    if helped:
        print_table(("visit", "cheapest repair"), helped)
    return 0


class Budget:
    """What is left of the time of a command; used up as well once the caller wants to stop."""

    def __init__(
        self, seconds: float, should_stop: Callable[[], bool], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._end, self._should_stop, self._clock = clock() + seconds, should_stop, clock

    def left(self) -> float:
        """Seconds left, none once the caller wants to stop."""
        return 0.0 if self._should_stop() else max(0.0, self._end - self._clock())

    def over(self) -> bool:
        """Whether nothing is left."""
        return self.left() <= 0.0


def _costs(
    instance: Instance, plan: Allocation, chosen: Sequence[str], options: argparse.Namespace, budget: Budget
) -> dict[str, dict[str, object] | None]:
    """What first choices would have cost: solved for the visits named, estimated for the rest. None: no price.

    Visits for which that was not found out in time are not in it, and told.
    """
    found: dict[str, dict[str, object] | None] = {}
    if not options.visits or options.estimate:
        estimates = estimate_first_choices(instance, plan, chosen, should_stop=budget.over)
        for name, estimate in estimates.items():
            found[name] = None if estimate is None else {**asdict(estimate), "exact": False}
        if len(found) < len(chosen):
            say(f"cut short: {len(chosen) - len(found)} visits were not estimated in time")
        return found
    from scheduler.allocate import LockConflict
    from scheduler.explain_cost import cost_of_first_choice, solve_anew

    def limits() -> Limits:
        return replace(limits_of(options), seconds=budget.left())

    try:
        base = solve_anew(instance, limits(), should_stop=budget.over)
    except LockConflict as conflict:
        say(str(conflict))
        return found
    for name in chosen:
        if budget.over():
            say(f"{name}: what its first choice costs was not found in time")
            continue
        cost = cost_of_first_choice(instance, plan, name, limits(), base=base, should_stop=budget.over)
        if cost.possible is None:
            say(f"{name}: whether its first choice can be had was not decided")
            continue
        facts = {key: getattr(cost, key) for key in ("slot", "unplaced_pupils", "date_stage", "at_least", "at_most")}
        found[name] = {**facts, "exact": not cost.cut_short} if cost.possible else None
    return found


def _repairs(
    instance: Instance, plan: Allocation, explained: Mapping[str, Assignment], budget: Budget
) -> tuple[dict[str, Remedy | None], set[str]]:
    """The cheapest repair of everybody unplaced, and of those whom a hard rule kept from their first choice.

    With those for whom it was not found in time, who are told.
    """
    found: dict[str, Remedy | None] = {}
    late: set[str] = set()
    for name, assignment in explained.items():
        if assignment.why is None or (assignment.slot is not None and assignment.why.code in SOFT):
            continue
        first = instance.visit_by_id[name].requested_slots[:1]
        slots = None if assignment.slot is None else first
        try:
            found[name] = cheapest_repair(instance, plan, name, slots=slots, should_stop=budget.over)
        except Stopped:
            late.add(name)
    if late:
        say(f"cut short: the cheapest repairs of {len(late)} visits were not found in time")
    return found, late


def _parties(instance: Instance, chosen: Sequence[str]) -> list[list[str]]:
    """The visits asked about; those that go out together with the same wishes, and so the same reasons, in one list."""
    parties: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    for name in chosen:
        wishes = instance.visit_by_id[name].requested_slots
        parties.setdefault((instance.party_by_visit[name][0].id, wishes), []).append(name)
    return list(parties.values())


def _joined(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{names[0]} and {len(names) - 1} with it"


def _told(name: str, explained: Assignment) -> list[tuple[str, ...]]:
    """A row for each better slot, the best first; who and where stand in the first of them."""
    why, here = explained.why, "not placed" if explained.slot is None else slot_words(explained.slot)
    if why is None:
        return [(name, here, "this is its first choice")]
    better = why.facts.get("better")
    entries = [reason(entry) for entry in better] if isinstance(better, list) else []
    told = entries or [reason({"code": why.code})]
    return [(name, here, told[0]), *(("", "", text) for text in told[1:])]


def add_plan(parser: argparse.ArgumentParser) -> None:
    """The arguments of a term and its plan."""
    parser.add_argument("instance", metavar="INSTANCE", help="wx-instance/1 file, or - for standard input")
    parser.add_argument("allocation", metavar="ALLOCATION", help="wx-allocation/1 file, or - for standard input")
    parser.add_argument("--json", action="store_true", help="for machines")


def add_limits(parser: argparse.ArgumentParser, seconds: float) -> None:
    """The arguments of a run's limits."""
    add_time_limit(parser, seconds)
    parser.add_argument("--workers", type=positive, default=2, metavar="N", help="child processes at a time (2)")
    parser.add_argument(
        "--seed", type=int, default=1, metavar="N", help="same input, seed and version: same answer (1)"
    )


def add_time_limit(parser: argparse.ArgumentParser, seconds: float) -> None:
    """The wall limit of everything that a command does, after which it gives what it has."""
    parser.add_argument(
        "--time-limit", type=_seconds, default=seconds, metavar="S", help=f"seconds, a backstop ({seconds:g})"
    )


def limits_of(options: argparse.Namespace) -> Limits:
    """The limits that were asked for."""
    return Limits(seconds=options.time_limit, seed=options.seed, workers=options.workers)


def positive(text: str) -> int:
    """A whole number of at least 1."""
    number = int(text)
    if number < 1:
        raise ValueError(text)
    return number


def _seconds(text: str) -> float:
    seconds = float(text)
    if not math.isfinite(seconds) or seconds <= 0:
        raise ValueError(text)
    return seconds
