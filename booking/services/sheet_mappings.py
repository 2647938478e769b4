"""Which column is which: guessed by the heads, or as a person has said it of a file with the same heads before."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

from sqlalchemy.orm import Session

from booking.clock import Clock
from booking.domain.sheet_rows import Column, SheetKind, guess, plain
from booking.models.sheets import SheetMapping, SheetUpload


def _named(head: Sequence[str]) -> list[str]:
    """The heads as they are compared; of several that are called alike, each has its number."""
    seen: dict[str, int] = {}
    names = []
    for name in map(plain, head):
        seen[name] = seen.get(name, 0) + 1
        names.append(f"{name}#{seen[name]}")
    return names


def _signature(head: Sequence[str]) -> str:
    """What files with the same heads, in whatever order, have in common."""
    return hashlib.sha256("\n".join(sorted(_named(head))).encode()).hexdigest()


def mapping_for(session: Session, kind: SheetKind, head: Sequence[str], columns: Sequence[Column]) -> dict[str, int]:
    """Return the number of the column that each field stands in."""
    known = session.get(SheetMapping, (kind, _signature(head)))
    if known is None:
        return guess(head, columns)
    at = {name: number for number, name in enumerate(_named(head))}
    fields = {column.field for column in columns}
    return {field: at[name] for field, name in known.fields.items() if field in fields and name in at}


def remember(session: Session, clock: Clock, upload: SheetUpload) -> None:
    """Keep how the columns of an applied table were read."""
    head: Sequence[str] = upload.content["head"]
    names = _named(head)
    mapping: Mapping[str, int] = upload.mapping
    fields = {field: names[at] for field, at in mapping.items()}
    known = session.get(SheetMapping, (upload.kind, _signature(head)))
    if known is None:
        session.add(
            SheetMapping(kind=upload.kind, heads=_signature(head), fields=fields, used_at=clock.now())
        )  # fmt: skip
    else:
        known.fields, known.used_at = fields, clock.now()
    session.flush()
