"""The sub-command parties: a published set of parties with ranked days as a term; and the bench on such a set."""

import argparse
import json
from datetime import date
from pathlib import Path

from scheduler.commands import as_json, read_file, write_text
from scheduler.commands_explain import positive
from scheduler.console import print_table, say
from scheduler.faults import Fault, InputError
from scheduler.instance import Instance
from scheduler.parties import LAST, MOST_PEOPLE, made_up_parties, parties_term

MADE_UP = "parties-5000"
"""Name of the set that bench makes up where it is given none."""


def add_parties(commands_of: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the sub-command to the parser."""
    parser = commands_of.add_parser("parties", help="make a term of a CSV file of parties with ranked days")
    parser.set_defaults(command=convert)
    parser.add_argument("file", metavar="FILE", help="family_id,choice_0,…,n_people, or - for standard input")
    parser.add_argument("--last", type=date.fromisoformat, default=LAST, metavar="DATE", help=f"date of day 1 ({LAST})")
    parser.add_argument(
        "--most", type=positive, default=MOST_PEOPLE, metavar="N", help=f"people that a day takes ({MOST_PEOPLE})"
    )
    parser.add_argument("-o", "--output", default="-", metavar="FILE", help="where the term goes (standard output)")


def convert(options: argparse.Namespace) -> int:
    """Make a term of a CSV file."""
    name = "parties" if options.file == "-" else Path(options.file).stem
    instance = _read(options.file, name, options.last, options.most)
    write_text(options.output, as_json(instance.to_document()))
    return 0


def bench_parties(options: argparse.Namespace, folder: Path) -> None:
    """Ours on a set of parties: the file that was named, or one made up."""
    from scheduler.benchmark import US, run_one
    from scheduler.benchmark_report import HEADS, table_rows, to_csv

    if options.parties:
        instance = _read(options.parties, Path(options.parties).stem, LAST, MOST_PEOPLE)
    else:
        instance = parties_term(made_up_parties().encode("utf-8"), MADE_UP)
    term = folder / f"{instance.name}.json"
    term.write_text(json.dumps(instance.to_document(), ensure_ascii=False), encoding="utf-8")
    result = run_one(instance, term, US, options.limit, options.workers, folder / f"{term.stem}.{US}.json")
    (folder / "parties.csv").write_text(to_csv([result]), encoding="utf-8")
    print_table(HEADS, table_rows([result]))
    say(f"written: {folder / 'parties.csv'}")


def _read(path: str, name: str, last: date, most: int) -> Instance:
    try:
        return parties_term(read_file(path), name, last=last, most_people=most)
    except InputError as error:
        raise InputError(
            tuple(Fault(f"{path}: {f.path}" if f.path else path, f.message) for f in error.faults)
        ) from None
