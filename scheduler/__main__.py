"""The command line: `python -m scheduler COMMAND`; `--help` lists the commands.

Exit status: 0 done, 1 violations or contradictory locks (each named), 2 unusable input (every fault named, nothing
written). Standard output carries the result alone; progress and faults go to standard error.
"""

import argparse
import math
import sys
from collections.abc import Callable, Sequence

from scheduler import commands, commands_bench, commands_offers
from scheduler.faults import InputError


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status."""
    options = _parser().parse_args(arguments)
    command: Callable[[argparse.Namespace], int] = options.command
    try:
        return command(options)
    except InputError as error:
        for fault in error.faults:
            print(fault, file=sys.stderr)
        return 2
    except OSError as error:
        print(f"{error.filename or 'stream'}: {error.strerror or error}", file=sys.stderr)
        return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m scheduler", description="Allocate a term and look after its plan.")
    commands_of = parser.add_subparsers(required=True, metavar="COMMAND")

    solve = commands_of.add_parser("solve", help="allocate a term")
    solve.set_defaults(command=commands.solve)
    solve.add_argument("instance", metavar="INSTANCE", help="wx-instance/1 file, or - for standard input")
    _add_output(solve)
    solve.add_argument("--time-limit", type=_seconds, default=120.0, metavar="S", help="seconds, a backstop (120)")
    solve.add_argument("--seed", type=int, default=1, metavar="N", help="same input, seed and version: same plan (1)")
    solve.add_argument("--workers", type=_workers, default=2, metavar="N", help="child processes at a time (2)")
    solve.add_argument("--previous", metavar="ALLOCATION", help="the plan before, from which to change little")
    solve.add_argument("--policy", action="append", default=[], metavar="KEY=VALUE", help="another price, repeatable")

    verify = commands_of.add_parser("verify", help="check every rule and figure of a plan")
    verify.set_defaults(command=commands.verify_plan)
    _add_pair(verify)

    repair = commands_of.add_parser("repair", help="mend a plan after losses with the fewest changes")
    repair.set_defaults(command=commands.repair_plan)
    _add_pair(repair, output=True)
    for option, form, told in (
        ("--close", "WORKPLACE[@SLOT|@DATE]", "a workplace closes"),
        ("--coaches", "SLOT=N", "so many coaches are left at a slot"),
        ("--cancel", "VISIT", "a visit is cancelled"),
        ("--pupils", "VISIT=N", "a class has so many pupils now"),
    ):
        repair.add_argument(option, action="append", default=[], metavar=form, help=f"{told}; repeatable")
    repair.add_argument("--term", metavar="FILE", help="where the term as it is now goes, against which to verify")
    repair.add_argument("--place-unplaced", action="store_true", help="also place visits that the plan left out")
    commands_offers.add_commands(commands_of)
    commands_bench.add_commands(commands_of)
    return parser


def _add_pair(parser: argparse.ArgumentParser, *, output: bool = False) -> None:
    parser.add_argument("instance", metavar="INSTANCE", help="wx-instance/1 file, or - for standard input")
    parser.add_argument("allocation", metavar="ALLOCATION", help="wx-allocation/1 file, or - for standard input")
    if output:
        _add_output(parser)
    else:
        parser.add_argument("--json", action="store_true", help="for machines")


def _add_output(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("-o", "--output", default="-", metavar="FILE", help="where the plan goes (standard output)")
    parser.add_argument("--json", action="store_true", help="figures for machines, where the plan goes to a file")


def _seconds(text: str) -> float:
    seconds = float(text)
    if not math.isfinite(seconds) or seconds <= 0:
        raise ValueError(text)
    return seconds


def _workers(text: str) -> int:
    number = int(text)
    if not 1 <= number <= 64:
        raise ValueError(text)
    return number


if __name__ == "__main__":
    sys.exit(main())
