"""Undoing and doing again are lines of the journal; a new change drops what was undone before it."""

from __future__ import annotations

import pytest

from booking.domain.journal import Entry, HandKind, line_of

MOVE, SWAP, UNDO, REDO = HandKind.MOVE, HandKind.SWAP, HandKind.UNDO, HandKind.REDO
Written = list[tuple[HandKind, int | None]]


def entries(written: Written) -> list[Entry]:
    return [Entry(number, kind, target) for number, (kind, target) in enumerate(written, start=1)]


@pytest.mark.parametrize(
    ("written", "standing", "undone"),
    [
        ([], (), ()),
        ([(MOVE, None), (SWAP, None)], (1, 2), ()),
        ([(MOVE, None), (SWAP, None), (UNDO, 2)], (1,), (2,)),
        ([(MOVE, None), (SWAP, None), (UNDO, 2), (UNDO, 1)], (), (1, 2)),
        ([(MOVE, None), (SWAP, None), (UNDO, 2), (UNDO, 1), (REDO, 1)], (1,), (2,)),
        ([(MOVE, None), (UNDO, 1), (REDO, 1), (UNDO, 1)], (), (1,)),
        ([(MOVE, None), (SWAP, None), (UNDO, 2), (MOVE, None)], (1, 4), ()),
    ],
)
def test_what_stands_and_what_can_be_done_again(
    written: Written, standing: tuple[int, ...], undone: tuple[int, ...]
) -> None:
    line = line_of(entries(written))
    assert (line.standing, line.undone) == (standing, undone)
    assert line.to_undo == (standing[-1] if standing else None)
    assert line.to_redo == (undone[0] if undone else None)


@pytest.mark.parametrize(
    "written",
    [
        [(UNDO, 1)],
        [(MOVE, None), (SWAP, None), (UNDO, 1)],
        [(MOVE, None), (REDO, 1)],
        [(MOVE, None), (UNDO, 1), (SWAP, None), (REDO, 1)],
    ],
)
def test_nothing_is_undone_out_of_turn(written: Written) -> None:
    with pytest.raises(ValueError, match="entry"):
        line_of(entries(written))
