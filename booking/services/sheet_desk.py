"""What every kind of spreadsheet works with: whom a row can mean, and who applies a table with what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.orm import Session

from booking.clock import Clock
from booking.config import Config
from booking.domain.person import Person

Form = Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class Known:
    """Somebody in the register whom a row can mean: number, version, and what the form would hold."""

    id: int
    version: int
    keys: tuple[str, ...]
    values: dict[str, list[str]]


@dataclass(frozen=True, slots=True)
class Desk:
    """Who looks at or applies a table, and with what; ``shared`` is what the rows of this one table have in common."""

    session: Session
    clock: Clock
    config: Config
    person: Person
    shared: dict[str, Any] = field(default_factory=dict, compare=False)
