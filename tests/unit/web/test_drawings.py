"""Bars that lie: as long as what they count, their parts one after the other, never longer than the line."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from booking.web.console.drawings import LINE, MOST, PATTERNS, WIDTH, drawn

PARTS = st.lists(st.integers(-50, 900), min_size=3, max_size=3)
LEGEND = ("가", "나", "다")


@given(st.lists(PARTS, max_size=20), st.booleans())
def test_a_bar_is_as_long_as_what_it_counts(rows: list[list[int]], whole: bool) -> None:
    lines = [(f"줄 {number}", parts, "") for number, parts in enumerate(rows)]
    found = drawn(lines, LEGEND, "", whole=whole)
    sums = [sum(max(part, 0) for part in parts) for parts in rows]
    shown = [number for number, total in enumerate(sums) if total][:MOST]
    if not shown:
        assert found is None
        return
    assert found is not None
    assert [row.name for row in found.rows] == [f"줄 {number}" for number in shown]
    assert found.more == len(lines) - len(shown)
    assert found.height == len(shown) * LINE
    most = max(sums[number] for number in shown)
    for row, number in zip(found.rows, shown, strict=True):
        share = 1 if whole else sums[number] / most
        assert row.end == pytest.approx(WIDTH * share, abs=0.01)
        assert sum(piece.width for piece in row.pieces) == pytest.approx(row.end, abs=0.01)
        at = 0.0
        for piece in row.pieces:
            assert piece.x == pytest.approx(at, abs=0.01)
            at += piece.width


def test_parts_differ_by_pattern_and_say_what_they_are() -> None:
    found = drawn([("개봉중", [1_000, 0, 20], "98%")], LEGEND, "무엇을 그렸는지")
    assert found is not None
    assert [(piece.pattern, piece.title) for piece in found.rows[0].pieces] == [
        (0, "개봉중 · 가 1,000"), (2, "개봉중 · 다 20"),
    ]  # fmt: skip
    assert found.summary == "무엇을 그렸는지"
    alone = drawn([("개봉중", [7], "7")], ("연인원",), "")
    assert alone is not None
    assert alone.rows[0].pieces[0].title == "개봉중 7"
    many = drawn([("줄", [1] * PATTERNS, "")], [str(number) for number in range(PATTERNS)], "")
    assert many is not None
    assert len({piece.pattern for piece in many.rows[0].pieces}) == PATTERNS
