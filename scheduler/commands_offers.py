"""The sub-commands that help to choose and to answer: explain, offers, frontier, drill."""

import argparse
import csv
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict

from scheduler.allocation import Allocation, Assignment
from scheduler.children import Stopped
from scheduler.commands import as_json, interruptible, read_file, read_pair, write_text
from scheduler.commands_explain import (
    Budget,
    add_explain,
    add_limits,
    add_plan,
    add_time_limit,
    limits_of,
    positive,
)
from scheduler.console import print_pairs, print_table, progress_bar, say
from scheduler.explain_repairs import cheapest_repair
from scheduler.faults import Fault, InputError
from scheduler.instance import Instance, instance_sha256
from scheduler.parts import Visit
from scheduler.sentences import repair


def add_commands(commands_of: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the sub-commands to the parser."""
    add_explain(commands_of)

    asked = commands_of.add_parser("offers", help="date shifts worth asking a school for")
    asked.set_defaults(command=find_offers)
    add_plan(asked)
    asked.add_argument("--calendar", metavar="FILE", help="JSON object: more slots that calendars allow, by visit id")
    asked.add_argument("--any-slot", action="store_true", help="ask who is left out for any slot of the term")
    asked.add_argument("--threshold", type=float, metavar="COST", help="least gain in date_stage of a placed visit")
    add_limits(asked, 120.0)

    points = commands_of.add_parser("frontier", help="plans between first choices and level days")
    points.set_defaults(command=draw_frontier)
    points.add_argument("instance", metavar="INSTANCE", help="wx-instance/1 file, or - for standard input")
    points.add_argument("--points", type=int, default=7, choices=range(5, 10), help="plans to choose from (7)")
    points.add_argument("--csv", metavar="FILE", help="also as a CSV file")
    points.add_argument("--json", action="store_true", help="for machines")
    add_limits(points, 240.0)

    rehearsed = commands_of.add_parser("drill", help="what the loss of workplaces would do to each day")
    rehearsed.set_defaults(command=rehearse)
    add_plan(rehearsed)
    rehearsed.add_argument("--losses", type=positive, default=1, metavar="K", help="workplaces lost on a day (1)")
    rehearsed.add_argument("--trials", type=positive, default=60, metavar="N", help="losses tried for a day (60)")
    rehearsed.add_argument("--seed", type=int, default=1, metavar="N", help="of the draw (1)")
    add_time_limit(rehearsed, 300.0)


def find_offers(options: argparse.Namespace) -> int:
    """Shifts worth asking for; on standard error, who is left out and helped by no date."""
    from scheduler.offers import offers

    instance, plan = read_pair(options)
    calendar = _calendar(instance, options.calendar)
    out = [v.id for v in instance.visits if plan.by_visit.get(v.id, Assignment(v.id, None)).slot is None]
    if options.any_slot:
        calendar |= {name: list(instance.slot_by_id) for name in out}
    with interruptible() as stopped:
        budget = Budget(options.time_limit, lambda: bool(stopped))
        found = offers(
            instance,
            plan,
            limits_of(options),
            calendar=calendar,
            threshold=options.threshold,
            should_stop=lambda: bool(stopped),
        )
        helped = {name for offer in found for name in offer.visits}
        for party in instance.parties:
            if party[0].id in out and party[0].id not in helped:
                say(
                    f"{', '.join(visit.id for visit in party)}: no date found; {_remedy(instance, plan, party, budget)}"
                )
    if options.json:
        write_text("-", as_json([asdict(offer) for offer in found]))
        return 0
    heads = ("school", "visits", "slot", "why", "pupils placed", "date_stage gained", "school yields", "solved")
    rows = [
        (
            offer.school,
            ", ".join(offer.visits),
            offer.slot,
            offer.kind.value,
            f"{offer.pupils_gained:,}",
            f"{offer.date_stage_gained:,.2f}",
            f"{offer.for_school.yielded:,.2f}",
            "yes" if offer.solved else "no",
        )
        for offer in found
    ]
    print_table(heads, rows)
    return 0


def _remedy(instance: Instance, plan: Allocation, party: Sequence[Visit], budget: Budget) -> str:
    try:
        remedy = cheapest_repair(instance, plan, party[0].id, should_stop=budget.over)
    except Stopped:
        return "the cheapest repair was not found in time"
    return f"cheapest repair: {repair(remedy)}"


def draw_frontier(options: argparse.Namespace) -> int:
    """Plans to choose from, with their figures; Ctrl-C shows those found so far."""
    from scheduler.allocate import LockConflict
    from scheduler.frontier import columns, frontier

    data = read_file(options.instance)
    instance = Instance.from_json(data)
    try:
        with interruptible() as stopped, progress_bar() as on_progress:
            points = frontier(
                instance,
                limits_of(options),
                options.points,
                sha256=instance_sha256(data),
                on_progress=on_progress,
                should_stop=lambda: bool(stopped),
            )
    except LockConflict as conflict:
        say(str(conflict))
        return 1
    rows = [columns(point) for point in points]
    if options.csv is not None:
        text = io.StringIO()
        table = csv.DictWriter(text, fieldnames=list(rows[0]), lineterminator="\n")
        table.writeheader()
        table.writerows(rows)
        write_text(options.csv, text.getvalue())
    if options.json:
        write_text("-", as_json([point.document() for point in points]))
    else:
        print_table(list(rows[0]), [[_cell(value) for value in row.values()] for row in rows])
    return 0


def rehearse(options: argparse.Namespace) -> int:
    """The drill: chances by day, the workplaces whose loss hurts most, the cheapest reserve."""
    from scheduler.drill import Cases, drill

    instance, plan = read_pair(options)
    with interruptible() as stopped:
        found = drill(
            instance,
            plan,
            Cases(options.losses, options.trials, options.seed),
            seconds=options.time_limit,
            should_stop=lambda: bool(stopped),
        )
    if options.json:
        write_text("-", as_json(found.document()))
        return 0
    head = {"losses": found.losses, "seed": found.seed, "chance (mean)": found.chance, "cut short": found.cut_short}
    print_pairs("drill", head)
    for rows in (found.days, found.worst, found.fragile, found.reserve):
        listed: Sequence[Mapping[str, object]] = [asdict(row) for row in rows]
        if listed:
            print_table(list(listed[0]), [[_cell(value) for value in row.values()] for row in listed])
    return 0


def _cell(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else ""
    return f"{value:,}" if isinstance(value, int | float) else str(value)


def _calendar(instance: Instance, path: str | None) -> dict[str, list[str]]:
    """Slots by visit id from a JSON file; none without a file."""
    if path is None:
        return {}
    try:
        document = json.loads(read_file(path))
    except ValueError:
        raise InputError((Fault(path, "is not JSON"),)) from None
    faults = [] if isinstance(document, dict) else [Fault(path, "must be an object of lists by visit id")]
    for name, slots in document.items() if isinstance(document, dict) else ():
        if name not in instance.visit_by_id:
            faults.append(Fault(f"{path}: {name}", "is an unknown visit"))
        elif not isinstance(slots, list) or any(slot not in instance.slot_by_id for slot in map(str, slots)):
            faults.append(Fault(f"{path}: {name}", "must be a list of slots of the term"))
    if faults:
        raise InputError(tuple(faults))
    return {name: [str(slot) for slot in slots] for name, slots in document.items()}
