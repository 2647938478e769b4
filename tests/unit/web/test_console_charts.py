"""The drawing of pupils by day: everything inside its frame, and said in words too."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest

from booking.queries.planning import DayLoad
from booking.web.console.charts import BOTTOM, TOP, chart, peaks

Speak = Callable[[str], None]
FIRST = dt.date(2027, 3, 15)


def days(*pupils: tuple[int, int]) -> list[DayLoad]:
    return [DayLoad(FIRST + dt.timedelta(days=n), now, 0, before, 0) for n, (now, before) in enumerate(pupils)]


def test_nothing_is_drawn_of_nothing() -> None:
    assert chart([]) is None


def test_bars_and_ticks_stay_in_the_frame(speak: Speak) -> None:
    speak("ko")
    drawn = chart(days((393, 210), (0, 598), (12, 0)))
    assert drawn is not None
    for bar in drawn.bars:
        assert TOP <= bar.y <= BOTTOM
        assert abs(bar.y + bar.height - BOTTOM) < 0.02
        assert bar.tick is None or TOP <= bar.tick <= BOTTOM
        assert 0 <= bar.tick_x1 < bar.x < bar.x + bar.width < bar.tick_x2 <= 100.001
    assert [bar.tick is None for bar in drawn.bars] == [False, False, True]
    assert [mark.text for mark in drawn.grid] == ["300", "600"]


def test_the_summary_names_both_peaks(speak: Speak) -> None:
    speak("ko")
    drawn = chart(days((393, 210), (0, 598)))
    assert drawn is not None
    assert "3월 15일 (월) 393명" in drawn.summary
    assert "3월 16일 (화) 598명" in drawn.summary
    assert peaks(days((393, 210), (0, 598))) == (598, 393)


def test_without_a_before_there_is_no_tick(speak: Speak) -> None:
    speak("ko")
    drawn = chart(days((10, 20)), before=False)
    assert drawn is not None
    assert drawn.bars[0].tick is None
    assert drawn.peak_before is None
    assert "희망" not in drawn.summary


def test_a_day_without_anybody_has_no_height(speak: Speak) -> None:
    speak("ko")
    drawn = chart(days((0, 0)))
    assert drawn is not None
    assert drawn.bars[0].height == 0
    assert drawn.peak is None


@pytest.mark.parametrize(
    ("loads", "ends"),
    [
        ([(1, 1)] * 9 + [(40, 120)], [(0, "start"), (0, "start")]),
        ([(40, 120)] + [(1, 1)] * 9, [(100, "end"), (100, "end")]),
        ([(40, 1)] + [(1, 1)] * 8 + [(1, 120)], [(0, "start"), (0, "start")]),
        ([(1, 120)] + [(1, 1)] * 8 + [(40, 1)], [(0, "start")]),
    ],
    ids=["last", "first", "both, apart", "both, one on a line"],
)
def test_the_words_of_the_lines_keep_clear_of_the_numbers(
    speak: Speak, loads: list[tuple[int, int]], ends: list[tuple[float, str]]
) -> None:
    speak("ko")
    drawn = chart(days(*loads))
    assert drawn is not None
    assert [(mark.x, mark.anchor) for mark in drawn.grid] == ends
