"""여는 시간 표: the weekly pattern of a workplace as a grid, and the dates that differ from it, a row each."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from booking.domain.entered import Entered
from booking.domain.sheet_rows import WEEKDAYS_EN, WEEKDAYS_KO, Cell, Column
from booking.domain.vocabulary import Block
from booking.domain.workplace_entry import HALVES, ClosureEntry, read_closure

_WHO = (
    Column("code", "번호", "Number", ("일터 번호", "관리번호", "code", "id")),
    Column("name", "일터", "Workplace", ("일터명", "일터 이름", "체험처", "체험처명", "기관명")),
)
_KO, _EN = {"AM": "오전", "PM": "오후"}, {"AM": "AM", "PM": "PM"}
PATTERN_COLUMNS: tuple[Column, ...] = (
    *_WHO,
    *(
        Column(
            half,
            f"{WEEKDAYS_KO[int(half[0])]} {_KO[half[2:]]}",
            f"{WEEKDAYS_EN[int(half[0])].title()} {_EN[half[2:]]}",
            (f"{WEEKDAYS_KO[int(half[0])]}요일 {_KO[half[2:]]}",),
            Cell.YES,
        )
        for half in HALVES
    ),
)
DAY_COLUMNS: tuple[Column, ...] = (
    *_WHO,
    Column("first", "첫날", "First day", ("날짜", "시작일", "date"), Cell.DATE, required=True),
    Column("last", "끝 날", "Last day", ("마지막 날", "종료일"), Cell.DATE),
    Column("blocks", "오전·오후", "Half-day", ("시간", "반일", "오전 오후"), Cell.WORDS),
    Column("state", "여닫음", "Open or closed", ("구분", "상태"), Cell.WORDS, required=True),
    Column("reason", "까닭", "Reason", ("사유", "비고", "내용"), required=True),
)


class DayState(StrEnum):
    """What a workplace is on a date: closed although its pattern is open, open although closed, or as usual again."""

    CLOSED = "closed"
    OPEN = "open"
    USUAL = "usual"


@dataclass(frozen=True, slots=True)
class DayRow:
    """Half-days of a workplace, and what they become."""

    closure: ClosureEntry
    state: DayState


def read_pattern(form: Mapping[str, Sequence[str]]) -> frozenset[tuple[int, Block]]:
    """Return the half-days of the week that a row says are open."""
    return frozenset((int(half[0]), Block(half[2:])) for half in HALVES if "".join(form.get(half, [])) == "1")


def read_day(form: Mapping[str, Sequence[str]], today: dt.date) -> DayRow:
    """Return what a row says of a date, or of a stretch of them.

    Raises:
        InvalidForm: every field that cannot be accepted.
    """
    entered = Entered(form)
    state = entered.one_of(DayState, "state")
    entered.finish()
    given = {**form, "open": ["1" if state is DayState.OPEN else ""]}
    if state is DayState.USUAL and not entered.text("reason"):
        # what is as usual again needs no reason
        given["reason"] = [state.value]
    return DayRow(read_closure(given, today), state)
