"""손으로 바꾼 일: kinds of changes by hand, and which of them stand, read from a journal that nobody changes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

#: a reason is a sentence or two
REASON_LENGTH = 500


class HandKind(StrEnum):
    """What a person did to a proposed plan; undoing and doing again are entries of their own."""

    MOVE = "move"
    SWAP = "swap"
    SPLIT = "split"
    PIN = "pin"
    UNPIN = "unpin"
    EXCLUDE = "exclude"
    ADMIT = "admit"
    #: several requests at once, as a spreadsheet has them
    SHEET = "sheet"
    UNDO = "undo"
    REDO = "redo"


#: a plan decided against what was kept at a slot by a person; beside ``scheduler.soft_rules``, which know no pins
PINNED = "pinned"


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the journal; ``target`` is the sequence of the change that an undo or a redo is about."""

    sequence: int
    kind: HandKind
    target: int | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """Sequences of the changes that stand, oldest first, and of those undone that can be done again, next first."""

    standing: tuple[int, ...]
    undone: tuple[int, ...]

    @property
    def to_undo(self) -> int | None:
        """The newest change that stands."""
        return self.standing[-1] if self.standing else None

    @property
    def to_redo(self) -> int | None:
        """The change that was undone last."""
        return self.undone[0] if self.undone else None


def line_of(entries: Iterable[Entry]) -> Line:
    """Replay a journal in the order of its sequence: a new change drops what was undone before it.

    Raises:
        ValueError: an entry undoes what is not the newest, or does again what was not undone last.
    """
    standing: list[int] = []
    undone: list[int] = []
    for entry in entries:
        if entry.kind is HandKind.UNDO:
            if not standing or entry.target != standing[-1]:
                raise ValueError(f"entry {entry.sequence} undoes {entry.target}, which is not the newest")
            undone.insert(0, standing.pop())
        elif entry.kind is HandKind.REDO:
            if not undone or entry.target != undone[0]:
                raise ValueError(f"entry {entry.sequence} does {entry.target} again, which was not undone last")
            standing.append(undone.pop(0))
        else:
            standing.append(entry.sequence)
            undone.clear()
    return Line(tuple(standing), tuple(undone))
