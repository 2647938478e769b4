"""표 올리기: a table is looked at row by row, applied as a whole or not at all, and undone.

What a preview has shown has a mark; a table is applied only with the mark of what it would do now. So nothing is
written that nobody has seen, and two people who apply tables do not overwrite each other.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.clock import Clock
from booking.config import Config
from booking.domain.errors import BookingError, Conflict, InvalidForm, InvalidInput, NotFound
from booking.domain.ids import RunId
from booking.domain.left_out import left_out
from booking.domain.person import Person
from booking.domain.sheet_rows import Column, SheetKind, plain, read_cells
from booking.domain.vocabulary import Role
from booking.exchange.sheets import Sheet
from booking.models.sheets import SheetUpload
from booking.services.history import record_change
from booking.services.plan_sheet import bring_back, carry_out, plan_changes, require_draft
from booking.services.sheet_desk import Desk, Handler
from booking.services.sheet_kinds import COLUMNS, HANDLERS
from booking.services.sheet_mappings import mapping_for, remember
from booking.services.sheet_outcomes import Outcome, Plan, RowPlan, Words

STAFF = (Role.COORDINATOR, Role.ADMINISTRATOR)
#: uploads that nobody applies are emptied after so many days
KEPT_DAYS = 14
LONGEST_NAME = 200


def take_in(
    session: Session,
    clock: Clock,
    person: Person,
    kind: SheetKind,
    name: str,
    sheet: Sheet,
    run_id: RunId | None = None,
) -> SheetUpload:
    """Keep an uploaded table, its columns as they were read before, or guessed by their heads; nothing counts yet.

    A plan's table is for the draft ``run_id``.

    Raises:
        InvalidInput: a plan's table names no draft that can be changed (``run``).
    """
    person.require_role(*STAFF)
    if kind is SheetKind.PLANS:
        require_draft(session, run_id)
    upload = SheetUpload(
        kind=kind,
        run_id=run_id if kind is SheetKind.PLANS else None,
        file_name=name[-LONGEST_NAME:] or "-",
        created_at=clock.now(),
        by_id=person.user_id,
        done={},
    )
    fill_in(session, upload, sheet)
    return upload


def fill_in(session: Session, upload: SheetUpload, sheet: Sheet) -> None:
    """Let an upload have the rows of its file, which has been read by now; nothing that names pupils is kept of it."""
    unwanted = set(left_out(upload.kind, sheet.head))

    def wanted(cells: Sequence[str]) -> list[str]:
        return [cell for place, cell in enumerate(cells) if place not in unwanted]

    head = wanted(sheet.head)
    upload.mapping = mapping_for(session, upload.kind, head, COLUMNS[upload.kind])
    upload.content = {"head": head, "rows": [wanted(row) for row in sheet.rows]}
    if unwanted:
        upload.content["left_out"] = [sheet.head[place] for place in sorted(unwanted)]
    session.add(upload)
    session.flush()


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
    known = {column.field for column in COLUMNS[upload.kind]}
    width = len(upload.content["head"])
    chosen = {name: at for name, at in mapping.items() if name in known and 0 <= at < width}
    if len(set(chosen.values())) < len(chosen):
        raise InvalidInput(field="mapping", reason="twice")
    upload.mapping = chosen
    session.flush()


def say_new(session: Session, person: Person, number: int, row: int) -> None:
    """Say that a row that looks like something that is there is new all the same.

    Raises:
        Conflict: the table was applied already (``applied``).
    """
    person.require_role(*STAFF)
    upload = find_upload(session, number, lock=True)
    if upload.applied_at is not None:
        raise Conflict(f"upload {number} was applied", reason="applied")
    if 2 <= row < 2 + len(upload.content["rows"]):
        upload.said_new = sorted({*upload.said_new, row})
        session.flush()


def plan(desk: Desk, upload: SheetUpload, words: Words) -> Plan:
    """Say what each row would do, without doing any of it."""
    if upload.kind is SheetKind.PLANS:
        return plan_changes(desk, upload, words)
    handler = HANDLERS[upload.kind]
    meant: set[str] = set()
    return Plan(
        tuple(
            _row(desk, handler, upload, words, number, cells, meant)
            for number, cells in enumerate(upload.content["rows"], 2)
        )
    )


def _row(
    desk: Desk, handler: Handler, upload: SheetUpload, words: Words, number: int, cells: Sequence[str], meant: set[str]
) -> RowPlan:
    given, unknown = read_cells(cells, handler.columns, upload.mapping, words)
    label = " ".join(given.get("name", []) or given.get("code", []) or cells[:2])
    if unknown:
        return RowPlan(number, Outcome.REFUSED, label, unknown=tuple(unknown))
    try:
        found = handler.whom(desk, given)
    except InvalidInput as fault:
        return RowPlan(number, Outcome.REFUSED, label, faults=(fault,))
    base = found.values if found is not None else {name: list(value) for name, value in handler.usual.items()}
    form = {**base, **given}
    # what finds somebody is not changed by a table, but for the name of one who was found by something surer
    changes = {
        column.field: (base.get(column.field, []), form[column.field])
        for column in handler.columns
        if column.field in form and column.field not in handler.finds
        and _differs(column, base.get(column.field, []), form[column.field])
    }  # fmt: skip
    if found is not None:
        label = found.name or label
        once = found.once or str(found.id)
        if once in meant:
            again = InvalidInput(field="row", reason="twice")
            return RowPlan(number, Outcome.REFUSED, label, faults=(again,), known=found)
        meant.add(once)
        if not changes:
            return RowPlan(number, Outcome.UNCHANGED, label, known=found)
    try:
        groups = handler.check(desk, found, form)
    except InvalidForm as error:
        return RowPlan(number, Outcome.REFUSED, label, changes, faults=tuple(error.faults), known=found)
    if found is None and (like := handler.like(desk, form)) and number not in upload.said_new:
        seen_before = InvalidInput(field="row", reason="alike", name=like)
        return RowPlan(number, Outcome.REFUSED, label, changes, faults=(seen_before,))
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
    done = carry_out(desk, upload, words) if upload.kind is SheetKind.PLANS else _store(desk, upload, found)
    upload.applied_at, upload.done = clock.now(), done
    remember(session, clock, upload)
    record_change(
        session, person.actor, "sheet_applied", "sheet_upload", upload.id, kind=upload.kind.value,
        rows={outcome.value: count for outcome, count in found.counts.items()},
    )  # fmt: skip
    session.flush()
    return found


def _store(desk: Desk, upload: SheetUpload, found: Plan) -> dict[str, Any]:
    """Store every row that is not refused, and return what takes it back."""
    handler = HANDLERS[upload.kind]
    done: list[dict[str, Any]] = []
    for row in found.rows:
        if row.outcome not in {Outcome.ADDED, Outcome.CHANGED}:
            continue
        try:
            stored = handler.store(desk, row.known, row.form)
        except BookingError as error:
            error.facts["row"] = row.number
            raise
        done.append({"id": stored.id, "outcome": row.outcome.value, "version": stored.version, "before": stored.before})
    handler.finish(desk)
    return {"rows": done}


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
    rows = upload.done["rows"]
    if upload.kind is SheetKind.PLANS:
        back = bring_back(desk, upload)
    else:
        handler = HANDLERS[upload.kind]
        back = sum(handler.take_back(desk, row["id"], row["version"], row["before"]) for row in reversed(rows))
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
        .values(content={}, done={}, raw=None, words=None, preview=None, task=None)
        .returning(SheetUpload.id)
    ).all()
    return len(emptied)
