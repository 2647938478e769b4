"""Lists are read a page at a time: how many there are, and the rows of one page."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import sqlalchemy as sa
from sqlalchemy.orm import Session

T = TypeVar("T")
S = TypeVar("S", bound=sa.Select[*tuple[Any, ...]])


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """One page of a list: its rows, its number (from 1), the number of the last page, and how many rows there are."""

    rows: Sequence[T]
    number: int
    last: int
    total: int


def _bounds(total: int, number: int, size: int) -> tuple[int, int]:
    last = max(1, -(-total // size))
    return min(max(1, number), last), last


def paged(
    session: Session,
    statement: S,
    number: int,
    size: int,
    read: Callable[[S], Sequence[T]],
) -> Page[T]:
    """Return page ``number`` of ``statement`` (a number beyond the last gives the last), read by ``read``."""
    total = session.scalar(sa.select(sa.func.count()).select_from(statement.order_by(None).subquery())) or 0
    number, last = _bounds(total, number, size)
    return Page(read(statement.limit(size).offset((number - 1) * size)), number, last, total)


def slice_of(rows: Sequence[T], number: int, size: int) -> Page[T]:
    """Return page ``number`` of rows that have been read already."""
    number, last = _bounds(len(rows), number, size)
    return Page(rows[(number - 1) * size : number * size], number, last, len(rows))
