"""What the benchmark found, as a table for people, CSV for machines and drawings (SVG, written by hand)."""

import csv
import io
from collections.abc import Mapping, Sequence
from html import escape

from scheduler.allocation import gap
from scheduler.benchmark import US, Result

HEADS = (
    "term",
    "way",
    "seconds",
    "MB",
    "unplaced",
    "date stage",
    "bound",
    "gap",
    "workplace stage",
    "bound",
    "gap",
    "first choice",
    "peak",
    "note",
)

COLUMNS = (
    "term",
    "way",
    "seconds",
    "megabytes",
    "unplaced_pupils",
    "date_stage",
    "date_stage_bound",
    "workplace_stage",
    "workplace_stage_bound",
    "first_choice_share",
    "peak_load",
    "bunching",
    "worst_school_cost",
    "note",
)


def table_rows(results: Sequence[Result]) -> list[tuple[str, ...]]:
    """A row for each result, under `HEADS`.

    Gaps of dates are against the bound that we proved for the term, which holds for every plan that leaves no more
    pupils unplaced; those of workplaces hold for the slots of one plan, so that only ours has one.
    """
    proven = {result.term: result.bounds for result in results if result.bounds is not None}
    placed = {result.term: result.kpis for result in results if result.way == US and result.kpis is not None}
    rows = []
    for result in results:
        row = [result.term, result.way, f"{result.seconds:.1f}", f"{result.megabytes:.0f}"]
        kpis, bounds = result.kpis, proven.get(result.term)
        if kpis is None:
            rows.append((*row, *[""] * 9, result.note))
            continue
        row += [f"{kpis.unplaced_pupils:,}", f"{kpis.date_stage:,.1f}"]
        ours = placed.get(result.term)
        if bounds is not None and ours is not None and kpis.unplaced_pupils <= ours.unplaced_pupils:
            row += [f"{bounds.date_stage:,.1f}", f"{gap(kpis.date_stage, bounds.date_stage):.2%}"]
        else:
            row += ["", ""]
        row.append(f"{kpis.workplace_stage:,.1f}")
        if result.bounds is not None:
            least = result.bounds.workplace_stage
            row += [f"{least:,.1f}", f"{gap(kpis.workplace_stage, least):.2%}"]
        else:
            row += ["", ""]
        rows.append((*row, f"{kpis.first_choice_share:.1%}", f"{kpis.peak_load:,}", result.note))
    return rows


def to_csv(results: Sequence[Result]) -> str:
    """The results as CSV under `COLUMNS`; empty where there is nothing."""
    rows = []
    for result in results:
        kpis, bounds = result.kpis, result.bounds
        values: dict[str, object] = {
            "term": result.term,
            "way": result.way,
            "seconds": round(result.seconds, 2),
            "megabytes": round(result.megabytes),
            "date_stage_bound": bounds.date_stage if bounds is not None else "",
            "workplace_stage_bound": bounds.workplace_stage if bounds is not None else "",
            "note": result.note,
        }
        rows.append([values.get(column, getattr(kpis, column, "")) for column in COLUMNS])
    return csv_text(COLUMNS, rows)


def csv_text(heads: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Rows under their heads as CSV."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(heads)
    writer.writerows(rows)
    return text.getvalue()


COLOURS = ("#1d4ed8", "#b45309", "#047857", "#be123c", "#6d28d9", "#475569")


def bars_svg(results: Sequence[Result]) -> str:
    """For each term a bar for each way: its date stage, and the pupils that it leaves unplaced written beside it."""
    terms = list(dict.fromkeys(result.term for result in results))
    parts: list[str] = []
    y = 16
    for term in terms:
        mine = [result for result in results if result.term == term]
        most = max((result.kpis.date_stage for result in mine if result.kpis is not None), default=0.0) or 1.0
        parts.append(
            f'<text x="8" y="{y + 14}" font-weight="bold">{escape(term)}: date stage (shorter is better)</text>'
        )
        y += 26
        for i, result in enumerate(mine):
            parts.append(f'<text x="120" y="{y + 13}" text-anchor="end">{escape(result.way)}</text>')
            if result.kpis is None:
                parts.append(f'<text x="128" y="{y + 13}" fill="#64748b">{escape(result.note)}</text>')
            else:
                width = 440 * result.kpis.date_stage / most
                colour = COLOURS[i % len(COLOURS)]
                told = f"{result.kpis.date_stage:,.0f} · {result.kpis.unplaced_pupils:,} unplaced"
                parts.append(f'<rect x="128" y="{y}" width="{width:.1f}" height="16" fill="{colour}"/>')
                told += f" · {result.seconds:.1f} s"
                parts.append(f'<text x="{132 + width:.1f}" y="{y + 13}">{escape(told)}</text>')
            y += 22
        y += 18
    return _svg(820, y, parts)


def lines_svg(title: str, across: str, up: str, lines: Mapping[str, Sequence[tuple[float, float]]]) -> str:
    """Points joined by lines, a line for each name; both axes begin at 0."""
    points = [point for line in lines.values() for point in line]
    right = max((x for x, _ in points), default=0.0) or 1.0
    top = max((y for _, y in points), default=0.0) or 1.0
    left, bottom, wide, high = 70, 320, 560, 270

    def at(x: float, y: float) -> tuple[float, float]:
        return left + wide * x / right, bottom - high * y / top

    parts = [f'<text x="{left}" y="24" font-weight="bold">{escape(title)}</text>']
    for step in range(5):
        x, y = at(right * step / 4, top * step / 4)
        parts.append(f'<line x1="{left}" y1="{y:.1f}" x2="{left + wide}" y2="{y:.1f}" stroke="#e2e8f0"/>')
        parts.append(f'<text x="{left - 6}" y="{y + 4:.1f}" text-anchor="end">{top * step / 4:,.4g}</text>')
        parts.append(f'<text x="{x:.1f}" y="{bottom + 18}" text-anchor="middle">{right * step / 4:,.4g}</text>')
    parts.append(f'<text x="{left + wide / 2}" y="{bottom + 38}" text-anchor="middle">{escape(across)}</text>')
    parts.append(f'<text x="{left}" y="44" fill="#475569">{escape(up)}</text>')
    for i, (name, line) in enumerate(lines.items()):
        colour = COLOURS[i % len(COLOURS)]
        places = [at(x, y) for x, y in sorted(line)]
        drawn = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
        parts.append(f'<polyline points="{drawn}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" fill="{colour}"/>' for x, y in places]
        parts.append(f'<text x="{left + wide + 12}" y="{70 + 20 * i}" fill="{colour}">{escape(name)}</text>')
    return _svg(820, bottom + 54, parts)


def _svg(width: int, height: int, parts: Sequence[str]) -> str:
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
    style = 'font-family="system-ui, sans-serif" font-size="12" fill="#0f172a"'
    body = "\n".join(parts)
    return f'{head} {style}>\n<rect width="100%" height="100%" fill="#ffffff"/>\n{body}\n</svg>\n'
