"""Tables and progress for people; nothing here when the output is for machines."""

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from scheduler.limits import Progress as Standing


def say(text: str) -> None:
    """A line on standard error."""
    sys.stderr.write(f"{text}\n")


def print_table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """A table on standard output, as wide as its text where that is no terminal."""
    table = Table(*heads)
    for row in rows:
        table.add_row(*(escape(cell) for cell in row))
    _console().print(table)


def print_pairs(title: str, pairs: Mapping[str, object]) -> None:
    """Names and values on standard output."""
    table = Table("figure", "value", title=escape(title))
    table.columns[1].justify = "right"
    for name, value in pairs.items():
        table.add_row(escape(name), escape(told(value)))
    _console().print(table)


def told(value: object) -> str:
    """A value for people: thousands apart, yes or no."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:,}" if isinstance(value, int | float) else str(value)


def _console() -> Console:
    return Console() if sys.stdout.isatty() else Console(width=200)


@contextmanager
def progress_bar() -> Iterator[Callable[[Standing], None] | None]:
    """A line with stage, incumbent, bound and gap on standard error, where that is a terminal; else None."""
    if not sys.stderr.isatty():
        yield None
        return
    columns = (TextColumn("{task.description}"), BarColumn(bar_width=24, pulse_style="cyan"), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("start", total=None)

        def show(standing: Standing) -> None:
            parts = [standing.stage, f"{standing.placed_pupils:,} placed"]
            if standing.incumbent is not None:
                parts.append(f"cost {standing.incumbent:,.2f}")
            if standing.bound is not None and standing.gap is not None:
                parts.append(f"bound {standing.bound:,.2f} gap {standing.gap:.2%}")
            progress.update(task, description=" · ".join(parts))

        yield show
