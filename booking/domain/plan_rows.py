"""배정안 표: a row for each group of a plan, as it leaves the house and as it comes back changed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from booking.domain.entered import Entered
from booking.domain.errors import InvalidInput
from booking.domain.sheet_rows import Cell, Column
from booking.domain.vocabulary import Block
from booking.domain.workplace_entry import MOST_PUPILS

LONGEST_REASON = 200
PLAN_COLUMNS: tuple[Column, ...] = (
    Column("code", "신청 번호", "Request", ("번호", "code"), required=True),
    Column("school", "학교", "School", ("학교명",)),
    Column("class", "학급", "Class", ("반",)),
    Column("date", "날짜", "Date", ("방문일", "체험일"), Cell.DATE),
    Column("block", "오전·오후", "Half-day", ("시간", "오전 오후"), Cell.WORDS),
    Column("place_code", "일터 번호", "Workplace number", ("관리번호",)),
    Column("place", "일터", "Workplace", ("일터명", "체험처", "체험처명")),
    Column("pupils", "모둠 인원", "Pupils", ("인원", "학생 수")),
    Column("status", "상태", "Status", ()),
    Column("reason", "바꾸는 까닭", "Reason", ("까닭", "사유")),
)
#: what a row only says and never changes
SAID = frozenset({"school", "class", "status"})


@dataclass(frozen=True, slots=True)
class PlanRow:
    """One group of a request: None for what the row leaves empty."""

    code: str
    slot: str | None
    place_code: str
    place: str
    pupils: int | None
    reason: str


def read_group(form: Mapping[str, Sequence[str]]) -> PlanRow:
    """Return what a row says of a group; the slot as its code, ``2027-04-21/AM``.

    Raises:
        InvalidForm: every field that cannot be read.
    """
    entered = Entered(form)
    code = entered.line("code", 40)
    date, block = entered.date("date"), entered.text("block")
    if (date is None) != (not block) and not entered.faults:
        entered.fault("block" if date else "date", "required")
    place_code, place = (entered.line(name, 80, required=False) for name in ("place_code", "place"))
    pupils = entered.number_or_none("pupils", 1, MOST_PUPILS)
    reason = entered.line("reason", LONGEST_REASON, required=False)
    entered.finish()
    return PlanRow(code, _slot(date, block), place_code, place, pupils, reason)


def _slot(date: dt.date | None, block: str) -> str | None:
    return f"{date.isoformat()}/{Block(block).value}" if date is not None and block in set(Block) else None


@dataclass(frozen=True, slots=True)
class Wanted:
    """Where a request is to go by all its rows; ``groups`` None: the best that are free at its slot."""

    slot: str | None
    groups: Mapping[str, int] | None
    reason: str


def gather(rows: Sequence[tuple[PlanRow, str]]) -> Wanted:
    """Return where a request is to go; each row comes with the code of the workplace that it means ('' for none).

    Raises:
        InvalidInput: its rows do not name one slot, or a group lacks its workplace, its size, or stands twice.
    """
    slots = {row.slot for row, _ in rows}
    if len(slots) > 1:
        raise InvalidInput(field="date", reason="not_one_slot")
    (slot,) = slots
    reason = " · ".join(dict.fromkeys(row.reason for row, _ in rows if row.reason))[:LONGEST_REASON]
    if slot is None:
        # out of the plan: whatever stands in the other cells
        return Wanted(None, {}, reason)
    if not any(place for _, place in rows):
        return Wanted(slot, None, reason)
    groups: dict[str, int] = {}
    for row, place in rows:
        if not place:
            raise InvalidInput(field="place", reason="required")
        if row.pupils is None:
            raise InvalidInput(field="pupils", reason="required")
        if place in groups:
            raise InvalidInput(field="place", reason="twice")
        groups[place] = row.pupils
    return Wanted(slot, groups, reason)
