"""What the command line does: reads the files, calls the engine, writes the result."""

import argparse
import json
import re
import signal
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from types import FrameType

from scheduler.allocation import Allocation, AllocationError, parse_allocation_json
from scheduler.console import print_pairs, print_table, progress_bar, say
from scheduler.damages import Damages, damage, lost_locks
from scheduler.faults import Fault, InputError
from scheduler.instance import Instance, instance_sha256
from scheduler.limits import Limits
from scheduler.parts import Placement
from scheduler.verifier import verify


def solve(options: argparse.Namespace) -> int:
    """Allocate a term; Ctrl-C writes the best plan so far."""
    from scheduler.allocate import LockConflict, allocate

    data = read_file(options.instance)
    instance = Instance.from_json(data)
    overrides = _overrides(options.policy)
    if overrides:
        instance = instance.with_policy(**overrides)
    if options.previous is not None:
        instance = with_previous(instance, _allocation(options.previous))
    limits = Limits(seconds=options.time_limit, seed=options.seed, workers=options.workers)
    try:
        with interruptible() as stopped, progress_bar() as on_progress:
            plan = allocate(
                instance,
                limits,
                sha256=instance_sha256(data),
                on_progress=on_progress,
                should_stop=lambda: bool(stopped),
            )
    except LockConflict as conflict:
        say(str(conflict))
        for name in conflict.visits:
            visit = instance.visit_by_id[name]
            say(f"{name}: locked to {visit.locked.slot if visit.locked is not None else None}")
        return 1
    write_plan(options, replace(plan, solver=replace(plan.solver, policy=overrides)))
    return 0


def verify_plan(options: argparse.Namespace) -> int:
    """Check a plan: 0 where no rule is broken and every figure is as claimed, else 1."""
    instance, plan = read_pair(options)
    verdict = verify(instance, plan)
    faults = [] if plan.instance == instance.name else [f"made for {plan.instance!r}, not for {instance.name!r}"]
    faults += [str(difference) for difference in verdict.differences]
    if options.json:
        document = {
            "violations": [asdict(violation) for violation in verdict.violations],
            "differences": faults,
            "kpis": asdict(verdict.kpis),
        }
        write_text("-", as_json(document))
    else:
        if verdict.violations:
            rows = [(violation.rule, violation.subject, violation.message) for violation in verdict.violations]
            print_table(("rule", "subject", "what is wrong"), rows)
        for fault in faults:
            say(fault)
        print_pairs("figures", asdict(verdict.kpis))
    return 1 if verdict.violations or faults else 0


def repair_plan(options: argparse.Namespace) -> int:
    """Mend a plan after damages; 1 where a rule stays broken, as by locks that contradict each other now."""
    from scheduler.repair import repair

    if options.term == options.output == "-":
        raise InputError((Fault("--term", "only one of the results can go to standard output"),))
    data, instance, plan = _read_both(options)
    damages = Damages.read(options.close, options.coaches, options.cancel, options.pupils)
    after = damage(instance, damages)
    for name, slot in lost_locks(instance, after).items():
        say(f"{name}: locked to {slot}, which cannot be kept as it was")
    text = as_json(after.to_document())
    if options.term is not None:
        data = text.encode("utf-8")
    with interruptible() as stopped:
        mended = repair(
            after,
            plan,
            place_unplaced=options.place_unplaced,
            sha256=instance_sha256(data),
            should_stop=lambda: bool(stopped),
        )
    if options.term is not None:
        write_text(options.term, text)
    write_plan(options, replace(mended, solver=replace(mended.solver, policy=plan.solver.policy)))
    violations = verify(after, mended).violations
    for violation in violations:
        say(str(violation))
    return 1 if violations else 0


def with_previous(instance: Instance, plan: Allocation) -> Instance:
    """The term with a plan as what stood before; visits that the plan does not know keep what the term says."""
    known = plan.by_visit
    visits = tuple(
        replace(visit, previous=Placement(known[visit.id].slot, known[visit.id].groups or None))
        if visit.id in known and known[visit.id].slot in (None, *instance.slot_by_id)
        else visit
        for visit in instance.visits
    )
    return replace(instance, visits=visits)


def read_pair(options: argparse.Namespace) -> tuple[Instance, Allocation]:
    """Instance and plan, the instance under the prices that the plan was made for."""
    return _read_both(options)[1:]


def _read_both(options: argparse.Namespace) -> tuple[bytes, Instance, Allocation]:
    """The same, after the bytes of the instance's file."""
    if options.instance == options.allocation == "-":
        raise InputError((Fault("", "only one of the files can be standard input"),))
    data = read_file(options.instance)
    instance = Instance.from_json(data)
    plan = _allocation(options.allocation)
    if plan.instance_sha256 and plan.instance_sha256 != instance_sha256(data):
        say("note: the plan was made for another version of this file")
    return data, (instance.with_policy(**plan.solver.policy) if plan.solver.policy else instance), plan


def _allocation(path: str) -> Allocation:
    try:
        return parse_allocation_json(read_file(path))
    except AllocationError as error:
        raise AllocationError(tuple(Fault(f"{path}: {fault.path}", fault.message) for fault in error.faults)) from None


def _overrides(settings: Sequence[str]) -> dict[str, object]:
    """Prices given as KEY=VALUE; a list of numbers with commas for date_cost."""
    found: dict[str, object] = {}
    for setting in settings:
        key, equals, value = setting.partition("=")
        numbers = [_number(part) for part in value.split(",")] if equals else []
        if not numbers or any(number is None for number in numbers):
            raise InputError((Fault("--policy", f"{setting!r}, must be KEY=NUMBER"),))
        found[key] = numbers if key == "date_cost" else numbers[0]
    return found


def _number(text: str) -> float | None:
    if not re.fullmatch(r"-?\d+(\.\d+)?([eE]-?\d+)?", text.strip()):
        return None
    value = float(text)
    return int(value) if value.is_integer() and abs(value) < 1e15 else value


def read_file(path: str) -> bytes:
    """The bytes of a file, or of standard input for `-`."""
    return sys.stdin.buffer.read() if path == "-" else Path(path).read_bytes()


def write_text(path: str, text: str) -> None:
    """Text to a file, or to standard output for `-`, in UTF-8."""
    if path == "-":
        sys.stdout.buffer.write(text.encode("utf-8"))
        sys.stdout.buffer.flush()
    else:
        Path(path).write_text(text, encoding="utf-8")


def as_json(document: object) -> str:
    """A document as the command line writes it."""
    return json.dumps(document, ensure_ascii=False, indent=1) + "\n"


def write_plan(options: argparse.Namespace, plan: Allocation) -> None:
    """The plan to its file and its figures to standard output, or the plan alone to standard output."""
    write_text(options.output, as_json(plan.to_document()))
    if options.output == "-":
        return
    head: Mapping[str, object] = {"status": plan.status.value, "seconds": plan.solver.seconds}
    bounds = {f"{key} bound": value for key, value in asdict(plan.bounds).items()}
    if options.json:
        document = {**head, "kpis": asdict(plan.kpis), "bounds": asdict(plan.bounds)}
        write_text("-", as_json({**document, "cut_short": plan.solver.cut_short}))
    else:
        print_pairs(plan.instance, {**head, **asdict(plan.kpis), **bounds, "cut short": plan.solver.cut_short})


@contextmanager
def interruptible() -> Iterator[list[int]]:
    """Ctrl-C and a polite end are noted instead of raised while the engine works."""
    caught: list[int] = []

    def note(number: int, _frame: FrameType | None) -> None:
        caught.append(number)

    before = {number: signal.signal(number, note) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield caught
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
