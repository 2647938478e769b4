"""The sub-commands that make, foresee and measure terms: generate, forecast, parties, bench."""

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from scheduler.commands_parties import add_parties, bench_parties
from scheduler.console import print_table, say
from scheduler.faults import Fault, InputError
from scheduler.instance import Instance
from scheduler.peers.run import PEERS
from scheduler.samples import sample_bytes, sample_names

if TYPE_CHECKING:
    from scheduler.forecast_error import Errors

QUICK = ("guro-2018-spring", "overfull")
"""The samples that bench runs unless told otherwise."""


def add_commands(commands_of: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the sub-commands to the parser."""
    _add_generate(commands_of.add_parser("generate", help="make a realistic term from a seed"))
    _add_forecast(commands_of.add_parser("forecast", help="the load of each slot before anybody has asked"))
    add_parties(commands_of)
    _add_bench(commands_of.add_parser("bench", help="us and the peers on the same terms, judged by the verifier"))


def _add_generate(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(command=generate_term)
    for what in ("schools", "workplaces", "visits"):
        parser.add_argument(f"--{what}", type=int, required=True, metavar="N")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="same arguments, same term (1)")
    parser.add_argument("--name", metavar="NAME", help="the term's name; made of the numbers where not given")
    parser.add_argument("--from", dest="first", type=_date, metavar="DATE", help="first day (2026-09-01)")
    parser.add_argument("--until", dest="last", type=_date, metavar="DATE", help="last day (2026-12-18)")
    parser.add_argument("--closed", type=_date, action="append", metavar="DATE", help="a public holiday, repeatable")
    parser.add_argument("--calendar", metavar="FILE", help="where the schools' calendars go (wx-calendar/1)")
    parser.add_argument("-o", "--output", default="-", metavar="FILE", help="where the term goes (standard output)")


def _add_forecast(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(command=forecast_load)
    parser.add_argument(
        "--history", nargs="+", default=[], metavar="INSTANCE", help="terms that are over, oldest first"
    )
    parser.add_argument("--calendar", nargs="+", default=[], metavar="FILE", help="wx-calendar/1 of all these terms")
    parser.add_argument("--slots", metavar="INSTANCE", help="the term to come: its slots and schools are used")
    parser.add_argument("--trial", type=int, metavar="N", help="instead: the error on N generated centres")
    parser.add_argument("--json", action="store_true", help="for machines")


def _add_bench(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(command=bench)
    parser.add_argument("terms", metavar="TERM", nargs="*", help=f"sample names or files ({', '.join(QUICK)})")
    parser.add_argument("--all", action="store_true", help="all samples")
    parser.add_argument("--limit", type=float, metavar="S", help="seconds of each run (60; 300 for --parties)")
    parser.add_argument("--workers", type=int, default=2, metavar="N", help="our child processes at a time (2)")
    parser.add_argument("--runs", type=int, default=1, metavar="N", help="runs of each, of which the median counts (1)")
    parser.add_argument("--peers", default=",".join(PEERS), metavar="NAMES", help=f"with commas ({','.join(PEERS)})")
    parser.add_argument("--scaling", action="store_true", help="how cost grows with size, instead of the peers")
    parser.add_argument("--largest", type=int, default=5000, metavar="N", help="most visits of --scaling (5000)")
    parser.add_argument("--nation", action="store_true", help="what 230 centres cost, instead of the peers")
    parser.add_argument(
        "--parties",
        nargs="?",
        const="",
        metavar="FILE",
        help="instead of the peers: parties with ranked days, as for the command parties (5,000 made up)",
    )
    parser.add_argument("--sample", type=int, default=6, metavar="N", help="centres solved for --nation (6)")
    parser.add_argument("-o", "--output", default="var/bench", metavar="FOLDER", help="plans, CSV, plots (var/bench)")


def generate_term(options: argparse.Namespace) -> int:
    """Make a term."""
    from scheduler.forecast_calendar import calendar_json
    from scheduler.generate import FALL, Span, generate

    span = FALL
    if options.first is not None or options.last is not None or options.closed:
        closed = FALL.closed if options.closed is None else tuple(options.closed)
        span = Span(options.first or FALL.first, options.last or FALL.last, closed)
    try:
        made = generate(
            schools=options.schools,
            workplaces=options.workplaces,
            visits=options.visits,
            seed=options.seed,
            span=span,
            name=options.name,
        )
    except ValueError as error:
        raise InputError((Fault("", str(error)),)) from error
    text = json.dumps(made.instance.to_document(), ensure_ascii=False, indent=1) + "\n"
    _write(options.output, text)
    if options.calendar is not None:
        _write(options.calendar, calendar_json(made.calendar))
    return 0


def forecast_load(options: argparse.Namespace) -> int:
    """The expected load of each slot; where the term to come has requests already, how far off it and guesses are."""
    from scheduler.forecast import forecast, learn
    from scheduler.forecast_calendar import Calendar, check_schools, parse_calendar_json
    from scheduler.forecast_error import as_last_term, asked_at, errors, held_out, uniform

    if options.trial is not None:
        trials = list(held_out(range(1, max(1, options.trial) + 1)))
        _show_errors(options, [(f"centre {t.seed}", t.model, t.last_term, t.even) for t in trials])
        return 0
    if not options.history or options.slots is None:
        raise InputError((Fault("", "--history and --slots are needed, or --trial"),))
    history = [Instance.from_json(Path(path).read_bytes()) for path in options.history]
    coming = Instance.from_json(Path(options.slots).read_bytes())
    known = [school.id for term in (*history, coming) for school in term.schools]
    calendar = Calendar()
    for path in options.calendar:
        found = parse_calendar_json(Path(path).read_bytes())
        check_schools(found, known, path)
        calendar = calendar.joined(found)
    expected = forecast(learn(history, calendar), coming.schools, coming.slots, calendar)
    seats = coming.seats_by_slot
    rows = [(slot.id, round(expected[slot.id], 1), seats[slot.id]) for slot in coming.slots]
    if options.json:
        document = [{"slot": slot, "pupils": pupils, "seats": there} for slot, pupils, there in rows]
        _write("-", json.dumps(document, ensure_ascii=False, indent=1) + "\n")
        return 0
    print_table(("slot", "pupils", "seats"), [(slot, f"{pupils:,.1f}", f"{there:,}") for slot, pupils, there in rows])
    asked = asked_at(coming)
    if asked and coming.slots:
        pupils = sum(expected.values())
        off = [
            errors(guess, asked, coming.slots)
            for guess in (expected, as_last_term(history[-1], pupils, coming.slots), uniform(pupils, coming.slots))
        ]
        _show_errors(options, [(coming.name, off[0], off[1], off[2])])
    return 0


def _show_errors(options: argparse.Namespace, found: "Sequence[tuple[str, Errors, Errors, Errors]]") -> None:
    """Errors of the forecast and of the guesses, side by side."""
    ways = ("forecast", "as last term", "all alike")
    if options.json:
        document = [
            {"term": name, **{way: asdict(e) for way, e in zip(ways, each, strict=True)}} for name, *each in found
        ]
        _write("-", json.dumps(document, ensure_ascii=False, indent=1) + "\n")
        return
    rows = []
    for name, *each in found:
        for way, error in zip(ways, each, strict=True):
            rows.append((name, way, f"{error.slot:.2f}", f"{error.day:.2f}", f"{error.week:.2f}"))
    print_table(("pupils misplaced, of all", "by", "slot", "day", "week"), rows)


def bench(options: argparse.Namespace) -> int:
    """Compare, or measure growth, a nation or a set of parties; tables to standard output, the rest into the folder."""
    peers = [name for name in options.peers.split(",") if name]
    unknown = [name for name in peers if name not in PEERS]
    if unknown:
        raise InputError(tuple(Fault("--peers", f"unknown peer {name}") for name in unknown))
    if options.limit is None:
        options.limit = 60.0 if options.parties is None else 300.0
    if options.limit <= 0 or options.workers < 1 or options.runs < 1:
        raise InputError((Fault("", "--limit, --workers and --runs must be above 0"),))
    folder = Path(options.output)
    folder.mkdir(parents=True, exist_ok=True)
    if options.scaling:
        _bench_scaling(options, folder)
    if options.nation:
        _bench_nation(options, folder)
    if options.parties is not None:
        bench_parties(options, folder)
    if not options.scaling and not options.nation and options.parties is None:
        return _bench_peers(options, peers, folder)
    return 0


def _bench_peers(options: argparse.Namespace, peers: Sequence[str], folder: Path) -> int:
    from scheduler.benchmark import US, compare
    from scheduler.benchmark_report import HEADS, bars_svg, table_rows, to_csv

    names = options.terms or (sample_names() if options.all else QUICK)
    terms = [_term(name, folder) for name in names]
    results = []
    for result in compare(terms, [US, *peers], options.limit, options.workers, options.runs, folder):
        say(f"{result.term}: {result.way} {result.seconds:.1f} s {result.note}".rstrip())
        results.append(result)
    (folder / "bench.csv").write_text(to_csv(results), encoding="utf-8")
    (folder / "bench.svg").write_text(bars_svg(results), encoding="utf-8")
    print_table(HEADS, table_rows(results))
    say(f"written: {folder / 'bench.csv'}, {folder / 'bench.svg'}")
    return 1 if any(result.way == US and (result.kpis is None or result.note) for result in results) else 0


def _bench_scaling(options: argparse.Namespace, folder: Path) -> None:
    from scheduler.benchmark_report import csv_text, lines_svg
    from scheduler.benchmark_scaling import SIZED_COLUMNS, scaling, sized_rows

    found = []
    for sized in scaling(folder, options.limit, options.workers, options.largest):
        say(f"{sized.visits} visits, {sized.workplaces} workplaces: {sized.result.seconds:.1f} s")
        found.append(sized)
    rows = sized_rows(found)
    lines = {"seconds": [(float(each.visits), each.result.seconds) for each in found]}
    title = f"Seconds by size (limit {options.limit:g} s, {options.workers} workers)"
    (folder / "scaling.csv").write_text(csv_text(SIZED_COLUMNS, rows), encoding="utf-8")
    (folder / "scaling.svg").write_text(lines_svg(title, "visits", "seconds", lines), encoding="utf-8")
    print_table(SIZED_COLUMNS, [[str(cell) for cell in row] for row in rows])


def _bench_nation(options: argparse.Namespace, folder: Path) -> None:
    from scheduler.benchmark_report import csv_text
    from scheduler.benchmark_scaling import CENTRES, SIZED_COLUMNS, nation, sized_rows

    found, seconds, at_a_time = nation(
        folder,
        options.limit,
        options.sample,
        lambda sized: say(f"{sized.visits} visits, {sized.workplaces} workplaces: {sized.result.seconds:.1f} s"),
    )
    rows = sized_rows(found)
    (folder / "nation.csv").write_text(csv_text(SIZED_COLUMNS, rows), encoding="utf-8")
    print_table(SIZED_COLUMNS, [[str(cell) for cell in row] for row in rows])
    visits = sum(each.visits * each.stands_for for each in found)
    told = f"{CENTRES} centres, about {visits:,} visits: about {seconds / 60:.1f} minutes with {at_a_time} processes"
    print_table(
        ("nation",),
        [(told,), (f"extrapolated from {len(found)} centres solved, each the middle of its part by size",)],
    )


def _term(name: str, folder: Path) -> Path:
    """The file of a term: a path, or a sample's name."""
    if name not in sample_names():
        return Path(name)
    path = folder / f"{name}.json"
    path.write_bytes(sample_bytes(name))
    return path


def _date(text: str) -> date:
    return date.fromisoformat(text)


def _write(path: str, text: str) -> None:
    if path == "-":
        sys.stdout.buffer.write(text.encode("utf-8"))
        sys.stdout.buffer.flush()
    else:
        Path(path).write_text(text, encoding="utf-8")
