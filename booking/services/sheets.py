"""표 올리기: a table is looked at row by row, applied as a whole or not at all, and undone.

What a preview has shown has a mark; a table is applied only with the mark of what it would do now. So nothing is
written that nobody has seen, and two people who apply tables do not overwrite each other.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.clock import Clock
from booking.config import Config
from booking.domain.errors import BookingError, Conflict, InvalidForm, InvalidInput, NotFound
from booking.domain.person import Person
from booking.domain.sheet_rows import Column, SheetKind, UnknownWord, guess, plain, read_cells
from booking.domain.vocabulary import Role
from booking.exchange.sheets import Sheet
from booking.models.sheets import SheetUpload
from booking.services.history import record_change
from booking.services.sheet_desk import Desk, Known
from booking.services.sheet_kinds import HANDLERS, Handler

STAFF = (Role.COORDINATOR, Role.ADMINISTRATOR)
#: uploads that nobody applies are emptied after so many days
KEPT_DAYS = 14
LONGEST_NAME = 200
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


def take_in(session: Session, clock: Clock, person: Person, kind: SheetKind, name: str, sheet: Sheet) -> SheetUpload:
    """Keep an uploaded table, its columns guessed by their heads; nothing of it counts yet."""
    person.require_role(*STAFF)
    upload = SheetUpload(
        kind=kind,
        file_name=name[-LONGEST_NAME:] or "-",
        content={"head": list(sheet.head), "rows": [list(row) for row in sheet.rows]},
        mapping=guess(sheet.head, HANDLERS[kind].columns),
        created_at=clock.now(),
        by_id=person.user_id,
        done={},
    )
    session.add(upload)
    session.flush()
    return upload


def find_upload(session: Session, number: int, *, lock: bool = False) -> SheetUpload:
    """Return an upload.

    Raises:
        NotFound: there is none, or it was emptied.
    """
    upload = session.get(SheetUpload, number, with_for_update=lock, populate_existing=lock)
    if upload is None or not upload.content:
        raise NotFound(f"upload {number}")
    return upload


def set_mapping(session: Session, person: Person, number: int, mapping: Mapping[str, int]) -> None:
    """Say which column is which field; each column at most once.

    Raises:
        InvalidInput: a column stands for two fields (``mapping``, ``twice``).
        Conflict: the table was applied already (``applied``).
    """
    person.require_role(*STAFF)
    upload = find_upload(session, number, lock=True)
    if upload.applied_at is not None:
        raise Conflict(f"upload {number} was applied", reason="applied")
    known = {column.field for column in HANDLERS[upload.kind].columns}
    width = len(upload.content["head"])
    chosen = {name: at for name, at in mapping.items() if name in known and 0 <= at < width}
    if len(set(chosen.values())) < len(chosen):
        raise InvalidInput(field="mapping", reason="twice")
    upload.mapping = chosen
    session.flush()


def plan(desk: Desk, upload: SheetUpload, words: Words) -> Plan:
    """Say what each row would do, without doing any of it."""
    handler = HANDLERS[upload.kind]
    known = handler.known(desk.session)
    by_key: list[dict[str, list[Known]]] = [{} for _ in handler.keys]
    for one in known:
        for at, key in enumerate(one.keys):
            if key:
                by_key[at].setdefault(plain(key), []).append(one)
    meant: Counter[int] = Counter()
    rows = [
        _row(desk, handler, upload, words, by_key, number, cells, meant)
        for number, cells in enumerate(upload.content["rows"], 2)
    ]
    return Plan(tuple(rows))


def _row(
    desk: Desk, handler: Handler, upload: SheetUpload, words: Words, by_key: Sequence[dict[str, list[Known]]],
    number: int, cells: Sequence[str], meant: Counter[int],
) -> RowPlan:  # fmt: skip
    given, unknown = read_cells(cells, handler.columns, upload.mapping, words)
    label = " ".join(given.get("name", []) or given.get("code", []) or cells[:2])
    found, fault = _whom(handler, by_key, given)
    if fault is not None or unknown:
        return RowPlan(number, Outcome.REFUSED, label, faults=(fault,) if fault else (), unknown=tuple(unknown))
    base = found.values if found is not None else {name: list(value) for name, value in handler.usual.items()}
    form = {**base, **given}
    # what finds somebody is not changed by a table, but for the name of one who was found by something surer
    changes = {
        column.field: (base.get(column.field, []), form[column.field])
        for column in handler.columns
        if column.field in form and column.field != "code"
        and _differs(column, base.get(column.field, []), form[column.field])
    }  # fmt: skip
    if found is not None:
        label = found.keys[-1] or label
        meant[found.id] += 1
        if meant[found.id] > 1:
            again = InvalidInput(field="row", reason="twice")
            return RowPlan(number, Outcome.REFUSED, label, faults=(again,), known=found)
        if not changes:
            return RowPlan(number, Outcome.UNCHANGED, label, known=found)
    try:
        groups = handler.check(desk, found, form)
    except InvalidForm as error:
        return RowPlan(number, Outcome.REFUSED, label, changes, faults=tuple(error.faults), known=found)
    outcome = Outcome.ADDED if found is None else Outcome.CHANGED
    return RowPlan(number, outcome, label, changes, groups=groups, known=found, form=form)


def _differs(column: Column, old: Sequence[str], new: Sequence[str]) -> bool:
    """Whether two values differ: those of a list in any order, numbers by their value."""
    if len(old) > 1 or len(new) > 1:
        return set(old) != set(new)
    if column.field in {"lat", "lon"} and old and new:
        try:
            return float(old[0]) != float(new[0])
        except ValueError:
            return True
    if column.field.endswith("phone") and old and new:
        return plain(old[0]) != plain(new[0])
    return list(old) != list(new)


def _whom(
    handler: Handler, by_key: Sequence[dict[str, list[Known]]], given: Mapping[str, Sequence[str]]
) -> tuple[Known | None, InvalidInput | None]:
    """Whom a row means, by the surest field that it has; a number that nobody has is a slip, a new name is new."""
    for at, name in enumerate(handler.keys):
        text = "".join(given.get(name, []))
        if not text:
            continue
        found = by_key[at].get(plain(text), [])
        if len(found) > 1:
            return None, InvalidInput(field=name, reason="ambiguous")
        if found:
            return found[0], None
        if name == "code":
            return None, InvalidInput(field=name, reason="unknown")
    return None, None


def apply(
    session: Session, clock: Clock, config: Config, person: Person, number: int, words: Words, *, seen: str
) -> Plan:
    """Do what the preview has shown: every row that is not refused, or nothing.

    Raises:
        Conflict: it would do something else by now (``changed``), or was applied already (``applied``).
        BookingError: one row was refused after all; its number stands in ``facts['row']``.
    """
    person.require_role(*STAFF)
    upload = find_upload(session, number, lock=True)
    if upload.applied_at is not None:
        raise Conflict(f"upload {number} was applied", reason="applied")
    desk = Desk(session, clock, config, person)
    found = plan(desk, upload, words)
    if found.seen != seen:
        raise Conflict(f"upload {number} would do something else by now", reason="changed")
    handler = HANDLERS[upload.kind]
    done: list[dict[str, Any]] = []
    for row in found.rows:
        if row.outcome not in {Outcome.ADDED, Outcome.CHANGED}:
            continue
        try:
            stored, version = handler.store(desk, row.known, row.form)
        except BookingError as error:
            error.facts["row"] = row.number
            raise
        before = row.known.values if row.known is not None else None
        done.append({"id": stored, "outcome": row.outcome.value, "version": version, "before": before})
    handler.finish(desk)
    upload.applied_at, upload.done = clock.now(), {"rows": done}
    record_change(
        session, person.actor, "sheet_applied", "sheet_upload", upload.id, kind=upload.kind.value,
        rows={outcome.value: count for outcome, count in found.counts.items()},
    )  # fmt: skip
    session.flush()
    return found


def undo(session: Session, clock: Clock, config: Config, person: Person, number: int) -> tuple[int, int]:
    """Take an applied table back; returns how many rows are as they were, and how many were changed since and stay.

    Raises:
        Conflict: it was not applied, or taken back before (``not_applied``).
    """
    person.require_role(*STAFF)
    upload = find_upload(session, number, lock=True)
    if upload.applied_at is None or upload.undone_at is not None:
        raise Conflict(f"upload {number} is not applied", reason="not_applied")
    desk = Desk(session, clock, config, person)
    handler = HANDLERS[upload.kind]
    rows = upload.done["rows"]
    back = sum(
        1 for row in reversed(rows) if handler.take_back(desk, row["id"], row["version"], row["before"])
    )  # fmt: skip
    upload.undone_at = clock.now()
    record_change(
        session, person.actor, "sheet_undone", "sheet_upload", upload.id, kind=upload.kind.value, rows=back,
        stayed=len(rows) - back,
    )  # fmt: skip
    session.flush()
    return back, len(rows) - back


def empty_old(session: Session, clock: Clock) -> int:
    """Empty uploads that are older than :data:`KEPT_DAYS`: they hold people's addresses. Returns how many."""
    old = clock.now() - dt.timedelta(days=KEPT_DAYS)
    emptied = session.scalars(
        sa.update(SheetUpload)
        .where(SheetUpload.created_at < old, SheetUpload.content != sa.text("'{}'::jsonb"))
        .values(content={}, done={})
        .returning(SheetUpload.id)
    ).all()
    return len(emptied)
