"""What a table would do, row by row: the preview of every kind, and the mark of what was seen."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from booking.domain.errors import InvalidInput
from booking.domain.sheet_rows import UnknownWord
from booking.services.sheet_desk import Known

#: for each field of a vocabulary, the codes by the words in which people write them
Words = Mapping[str, Mapping[str, str]]


class Outcome(StrEnum):
    """What a row would do."""

    ADDED = "added"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class RowPlan:
    """What one row would do: ``changes`` are the old and the new cell values of each field."""

    #: as the spreadsheet counts: the head is 1
    number: int
    outcome: Outcome
    label: str
    changes: dict[str, tuple[list[str], list[str]]] = field(default_factory=dict)
    faults: tuple[InvalidInput, ...] = ()
    unknown: tuple[UnknownWord, ...] = ()
    #: groups of standing visits that would lose their place
    groups: int = 0
    known: Known | None = None
    form: dict[str, list[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Plan:
    """What a table would do."""

    rows: tuple[RowPlan, ...]

    @property
    def counts(self) -> Counter[Outcome]:
        """How many rows of each outcome."""
        return Counter(row.outcome for row in self.rows)

    @property
    def groups(self) -> int:
        """Groups of standing visits that would lose their place."""
        return sum(row.groups for row in self.rows)

    @property
    def seen(self) -> str:
        """The mark of all this: another one means that something has changed since it was shown."""
        said = [
            (row.number, row.outcome, row.known.version if row.known else 0, row.groups, sorted(row.changes.items()))
            for row in self.rows
        ]
        return hashlib.sha256(json.dumps(said, ensure_ascii=False).encode()).hexdigest()[:16]
