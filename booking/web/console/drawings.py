"""Bars that lie: a line for each name, its parts one after the other, told apart by pattern and not by colour alone.

Lengths across are in per cent and heights in pixels, so that one drawing fills a desk screen, a telephone and a file.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

#: pixels of one line: its name, its bar, and the space below
LINE, NAME, BAR = 48, 18, 16
#: more lines than these stand in the table alone
MOST = 12
#: so many patterns there are (``static/dashboard.css`` and the macro ``drawing``)
PATTERNS = 6
#: room at the end of the longest bar for its number
WIDTH = 84.0


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a bar: where it begins and how long it is, in per cent, which pattern it has, and what it says."""

    x: float
    width: float
    pattern: int
    title: str


@dataclass(frozen=True, slots=True)
class Row:
    """One line: its name above, its bar, and its sum behind the bar."""

    y: int
    name: str
    total: str
    end: float
    pieces: tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class Drawing:
    """Everything that is drawn; ``more`` are the lines that the table has beyond it."""

    rows: tuple[Row, ...]
    legend: tuple[str, ...]
    height: int
    summary: str
    more: int


def drawn(
    lines: Sequence[tuple[str, Sequence[int], str]], legend: Sequence[str], summary: str, *, whole: bool = False
) -> Drawing | None:
    """Return the drawing of lines (name, parts, the words at its end), or None where there is nothing to draw.

    ``whole``: every bar fills the line, because shares are compared and not sizes. Negative parts are not drawn.
    """
    shown = [line for line in lines if sum(max(part, 0) for part in line[1])][:MOST]
    if not shown:
        return None
    most = max(sum(max(part, 0) for part in parts) for _, parts, _ in shown)
    rows = []
    for index, (name, parts, total) in enumerate(shown):
        scale = WIDTH / (sum(max(part, 0) for part in parts) if whole else most)
        pieces, x = [], 0.0
        for number, part in enumerate(parts):
            if part > 0:
                title = f"{name} · {legend[number]} {part:,}" if len(legend) > 1 else f"{name} {part:,}"
                pieces.append(Piece(round(x, 3), round(part * scale, 3), number % PATTERNS, title))
                x += part * scale
        rows.append(Row(index * LINE, name, total, round(x, 3), tuple(pieces)))
    height = len(rows) * LINE
    return Drawing(tuple(rows), tuple(legend), height, summary, max(0, len(lines) - len(shown)))
