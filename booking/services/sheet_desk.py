"""What every kind of spreadsheet works with: whom a row can mean, who applies a table, and what a kind has to do."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from sqlalchemy.orm import Session

from booking.clock import Clock
from booking.config import Config
from booking.domain.errors import InvalidInput
from booking.domain.person import Person
from booking.domain.sheet_rows import Column, plain

Form = Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class Known:
    """What a row can mean: number, version, what it is found by, and what the form would hold."""

    id: int
    version: int
    keys: tuple[str, ...]
    values: dict[str, list[str]]
    #: how a page names it; empty: by its last key
    label: str = ""
    #: of what a table may speak only once; empty: of all of it
    once: str = ""

    @property
    def name(self) -> str:
        """How a page names it."""
        return self.label or (self.keys[-1] if self.keys else "")


@dataclass(frozen=True, slots=True)
class Stored:
    """What a row has become; ``before`` is what takes it back (None: it was added)."""

    id: int
    version: int
    before: Form | None


@dataclass(frozen=True, slots=True)
class Desk:
    """Who looks at or applies a table, and with what; ``shared`` is what the rows of this one table have in common."""

    session: Session
    clock: Clock
    config: Config
    person: Person
    shared: dict[str, Any] = field(default_factory=dict, compare=False)


class Handler(Protocol):
    """One kind of table."""

    @property
    def columns(self) -> tuple[Column, ...]:
        """The fields that a table may have."""

    @property
    def finds(self) -> frozenset[str]:
        """The fields that only say whom a row means; a table does not change them."""

    @property
    def usual(self) -> Mapping[str, list[str]]:
        """What a new row says where its cells are empty."""

    def known(self, session: Session) -> list[Known]:
        """Everything that stands, as rows of a table."""

    def whom(self, desk: Desk, given: Form) -> Known | None:
        """What a row means, by the surest field that it has; None: something new.

        Raises:
            InvalidInput: it means nothing that there is, or one of several.
        """

    def like(self, desk: Desk, form: Form) -> str:
        """Return the name of what a new row looks like, so that nothing comes in twice; empty: nothing."""

    def check(self, desk: Desk, known: Known | None, form: Form) -> int:
        """Read a row's form as the page would; returns how many groups of visits would lose their place.

        Raises:
            InvalidForm: each field that cannot be accepted.
        """

    def store(self, desk: Desk, known: Known | None, form: Form) -> Stored:
        """Add or change."""

    def finish(self, desk: Desk) -> None:
        """What is left to do when every row of a table is in."""

    def take_back(self, desk: Desk, number: int, version: int, before: Form | None) -> bool:
        """Bring back what was; ``before`` None: it was added. False where it has been changed since."""


def find(desk: Desk, known: Callable[[Session], Sequence[Known]], keys: Sequence[str], given: Form) -> Known | None:
    """Return whom a row means by its ``keys``, the surest first; a number that nobody has is a slip, a new name is new.

    ``known`` says what there is, its keys in the same order; it is asked once for all rows of a table.

    Raises:
        InvalidInput: several have that key (``ambiguous``), or nobody has the number (``unknown``).
    """
    index: list[dict[str, list[Known]]] | None = desk.shared.get("index")
    if index is None:
        index = desk.shared["index"] = [{} for _ in keys]
        for one in known(desk.session):
            for at, key in enumerate(one.keys):
                if key:
                    index[at].setdefault(plain(key), []).append(one)
    for at, name in enumerate(keys):
        text = "".join(given.get(name, []))
        if not text:
            continue
        found = index[at].get(plain(text), [])
        if len(found) > 1:
            raise InvalidInput(field=name, reason="ambiguous")
        if found:
            return found[0]
        if name == "code":
            raise InvalidInput(field=name, reason="unknown")
    return None
