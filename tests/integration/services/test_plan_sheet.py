"""A plan that was edited in a spreadsheet: judged like a change by hand, one line of the journal, undone as a whole."""

from __future__ import annotations

from dataclasses import replace

import pytest
import sqlalchemy as sa

from booking.domain.errors import Conflict, InvalidInput
from booking.domain.journal import HandKind
from booking.domain.sheet_rows import SheetKind
from booking.domain.states import RunStatus
from booking.domain.vocabulary import Block
from booking.exchange.sheets import Sheet
from booking.models.hand_changes import HandChange
from booking.models.runs import AllocationRun
from booking.queries.plan_table import GroupRow, draft_rows, published_rows
from booking.services.hand_changes import set_pin
from booking.services.sheet_desk import Desk
from booking.services.sheet_outcomes import Outcome, Plan
from booking.services.sheets import apply, plan, take_in, undo
from tests.support.factory import SmallTerm

HEAD = ("신청 번호", "학교", "학급", "날짜", "오전·오후", "일터 번호", "일터", "모둠 인원", "상태", "바꾸는 까닭")
WORDS = {"block": {"오전": "AM", "오후": "PM"}}


@pytest.fixture
def draft(small: SmallTerm) -> AllocationRun:
    return small.propose()


def cells(row: GroupRow, reason: str = "") -> list[str]:
    """A row of the table as it leaves."""
    date = row.slot.date.isoformat() if row.slot else ""
    block = ("오전" if row.slot.block is Block.AM else "오후") if row.slot else ""
    return [row.code, row.school, row.label, date, block, row.place_code, row.place, str(row.pupils), "", reason]


def taken(small: SmallTerm, draft: AllocationRun, rows: list[list[str]]) -> tuple[int, Plan]:
    sheet = Sheet(HEAD, tuple(tuple(row) for row in rows))
    upload = take_in(
        small.session, small.clock, small.coordinator, SheetKind.PLANS, "안.xlsx", sheet, draft.id
    )  # fmt: skip
    return upload.id, plan(Desk(small.session, small.clock, small.config, small.coordinator), upload, WORDS)


def save(small: SmallTerm, number: int, found: Plan) -> None:
    apply(small.session, small.clock, small.config, small.coordinator, number, WORDS, seen=found.seen)


def rows_of(small: SmallTerm, draft: AllocationRun, code: str) -> list[GroupRow]:
    small.session.expire_all()
    return [row for row in draft_rows(small.session, draft) if row.code == code]


def moved(rows: list[GroupRow], small: SmallTerm, slot: str, reason: str = "") -> list[list[str]]:
    """The rows of a request with another slot typed in, its workplaces cleared."""
    there = small.slot(slot)
    return [cells(replace(row, slot=there, place_code="", place=""), reason) for row in rows]


def free_slot(small: SmallTerm, code: str) -> str:
    """The last wish of a request, where nobody is in the plan."""
    return small.request(code).requested[-1].slot.code


def test_a_plan_that_comes_back_as_it_went_changes_nothing(small: SmallTerm, draft: AllocationRun) -> None:
    rows = [cells(row) for row in draft_rows(small.session, draft)]
    number, found = taken(small, draft, rows)
    assert found.counts == {Outcome.UNCHANGED: len(rows)}
    assert {row[0] for row in rows} == {f"V{n:04d}" for n in range(6)}
    assert number


def test_another_date_becomes_a_line_of_the_journal_and_is_undone(small: SmallTerm, draft: AllocationRun) -> None:
    before = rows_of(small, draft, "V0003")
    slot = free_slot(small, "V0003")
    number, found = taken(small, draft, moved(before, small, slot, "학교가 부탁함"))
    assert found.counts == {Outcome.CHANGED: len(before)}
    assert rows_of(small, draft, "V0003") == before, "looking changes nothing"

    save(small, number, found)
    after = rows_of(small, draft, "V0003")
    assert {row.slot.code for row in after if row.slot} == {slot}
    assert sum(row.pupils for row in after) == 20
    (line,) = small.session.scalars(sa.select(HandChange)).all()
    assert (line.kind, line.reason) == (HandKind.SHEET, "학교가 부탁함")

    assert undo(small.session, small.clock, small.config, small.coordinator, number) == (len(before), 0)
    assert rows_of(small, draft, "V0003") == before


def test_a_soft_rule_asks_for_a_reason_in_its_row(small: SmallTerm, draft: AllocationRun) -> None:
    before = rows_of(small, draft, "V0003")
    _, found = taken(small, draft, moved(before, small, free_slot(small, "V0003")))
    assert {row.outcome for row in found.rows} == {Outcome.REFUSED}
    assert [(fault.field, fault.reason) for fault in found.rows[0].faults] == [("reason", "soft")]


def test_what_breaks_a_hard_rule_is_refused_and_the_rest_is_judged_without_it(
    small: SmallTerm, draft: AllocationRun
) -> None:
    good = moved(rows_of(small, draft, "V0003"), small, free_slot(small, "V0003"), "학교가 부탁함")
    first, *rest = rows_of(small, draft, "V0001")
    too_many = [cells(replace(first, pupils=first.pupils + 30)), *(cells(row) for row in rest)]
    # V0004 and V0005 go together: one of them alone cannot leave
    alone = moved(rows_of(small, draft, "V0004"), small, free_slot(small, "V0003"), "하나만")
    number, found = taken(small, draft, [*good, *too_many, *alone])
    by_request = {row.label: row for row in found.rows}
    outcomes = {row.known.keys[0]: row.outcome for row in by_request.values() if row.known}
    assert outcomes == {"V0003": Outcome.CHANGED, "V0001": Outcome.REFUSED, "V0004": Outcome.REFUSED}
    rules = {
        row.known.keys[0]: {fault.reason for fault in row.faults if fault.field == "rule"}
        for row in by_request.values()
        if row.known
    }
    assert rules["V0001"] == {"H2"}
    assert "H6" in rules["V0004"]
    others = rows_of(small, draft, "V0001")
    save(small, number, found)
    assert rows_of(small, draft, "V0001") == others


def test_a_request_leaves_the_plan_when_its_date_is_cleared(small: SmallTerm, draft: AllocationRun) -> None:
    rows = [cells(replace(row, slot=None), "학교가 못 감") for row in rows_of(small, draft, "V0003")]
    number, found = taken(small, draft, rows)
    save(small, number, found)
    (row,) = rows_of(small, draft, "V0003")
    assert (row.slot, row.place, row.pupils) == (None, "", 20)


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({0: "V9999"}, ("code", "no_request")),
        ({3: "2031-01-01"}, ("date", "out_of_term")),
        ({3: ""}, ("date", "required")),
        ({5: "W99"}, ("place_code", "no_workplace")),
        ({5: "W6"}, ("place", "other_place")),
        ({5: "", 6: "없는 곳"}, ("place", "no_workplace")),
        ({7: ""}, ("pupils", "required")),
        ({7: "많이"}, ("pupils", "number")),
    ],
)
def test_a_row_that_cannot_be_read_is_named(
    small: SmallTerm, draft: AllocationRun, change: dict[int, str], fault: tuple[str, str]
) -> None:
    rows = [cells(row) for row in rows_of(small, draft, "V0003")]
    for at, text in change.items():
        for row in rows:
            row[at] = text
    _, found = taken(small, draft, rows)
    assert {row.outcome for row in found.rows} == {Outcome.REFUSED}
    assert fault in [(one.field, one.reason) for one in found.rows[0].faults]


def test_a_draft_that_was_changed_meanwhile_is_looked_at_again(small: SmallTerm, draft: AllocationRun) -> None:
    rows = moved(rows_of(small, draft, "V0003"), small, free_slot(small, "V0003"), "학교가 부탁함")
    number, found = taken(small, draft, rows)
    set_pin(small.session, small.clock, small.coordinator, draft.id, draft.version, small.request("V0000").id, True)
    with pytest.raises(Conflict) as changed:
        save(small, number, found)
    assert changed.value.reason == "changed"


def test_a_table_is_not_undone_past_a_later_change_by_hand(small: SmallTerm, draft: AllocationRun) -> None:
    rows = moved(rows_of(small, draft, "V0003"), small, free_slot(small, "V0003"), "학교가 부탁함")
    number, found = taken(small, draft, rows)
    save(small, number, found)
    set_pin(small.session, small.clock, small.coordinator, draft.id, draft.version, small.request("V0000").id, True)
    assert undo(small.session, small.clock, small.config, small.coordinator, number) == (0, len(rows))


def test_only_a_draft_takes_a_table(small: SmallTerm, draft: AllocationRun) -> None:
    rows = [cells(row) for row in draft_rows(small.session, draft)]
    number, _ = taken(small, draft, rows)
    small.publish(draft)
    assert draft.status is RunStatus.PUBLISHED
    published = published_rows(small.session, small.term.id)
    assert [cells(row)[:8] for row in published] == [row[:8] for row in rows]
    with pytest.raises(InvalidInput) as refused:
        taken(small, draft, rows)
    assert (refused.value.field, refused.value.reason) == ("run", "no_draft")
    assert number
