"""표 올리기, 큰 표: what a page cannot wait for is done by a worker, and the upload's row says how far it is.

A small table is looked at while its page is made. A large one, and a large file, waits for a worker that reads it,
keeps what every row would do, and later applies or undoes it: each in one transaction, as a page would.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session, sessionmaker

from booking.clock import Clock
from booking.config import Config
from booking.db import transaction
from booking.domain.errors import BookingError, Conflict, InvalidInput
from booking.domain.ids import RunId
from booking.domain.person import Person
from booking.domain.sheet_rows import SheetKind, SheetTask, UnknownWord
from booking.domain.topics import Topic
from booking.exchange.sheets import Sheet, read_sheet, unpacked_size
from booking.models.people import User
from booking.models.sheets import SheetUpload
from booking.services import sheets
from booking.services.outbox import enqueue
from booking.services.sheet_desk import Desk
from booking.services.sheet_outcomes import Outcome, Plan, RowPlan, Words

#: rows that a page looks at by itself, about a second's work where each of them changes a workplace
ROWS_AT_ONCE = 100
#: bytes that a page reads by itself: some hundreds of rows
BYTES_AT_ONCE = 400_000
WORKER_DIED = "worker_died"


def take_file(
    session: Session, clock: Clock, person: Person, kind: SheetKind, name: str, data: bytes, words: Words,
    run_id: RunId | None = None,
) -> SheetUpload:  # fmt: skip
    """Keep an uploaded file: read at once where it is small, else by a worker.

    Raises:
        InvalidInput: it cannot be read, or names no draft.
    """
    if unpacked_size(data) <= BYTES_AT_ONCE:
        sheet = read_sheet(data)
        upload = sheets.take_in(session, clock, person, kind, name, sheet, run_id)
        if len(sheet.rows) > ROWS_AT_ONCE:
            upload.words = _plain(words)
            ask(session, person, upload, SheetTask.LOOK)
        return upload
    upload = sheets.take_in(session, clock, person, kind, name, Sheet(("",), ()), run_id)
    upload.raw, upload.words = data, _plain(words)
    ask(session, person, upload, SheetTask.LOOK)
    return upload


def _plain(words: Words) -> dict[str, dict[str, str]]:
    return {field: dict(known) for field, known in words.items()}


def is_large(upload: SheetUpload) -> bool:
    """Whether a worker does what is to be done with a table."""
    return upload.words is not None


def ask(session: Session, person: Person, upload: SheetUpload, task: SheetTask, seen: str = "") -> None:
    """Have a worker look at a large table, apply or undo it, once this transaction has committed.

    Raises:
        Conflict: a worker is at it already (``busy``).
    """
    if upload.task is not None:
        raise Conflict(f"upload {upload.id} is being worked on", reason="busy")
    upload.task, upload.task_by_id, upload.seen, upload.failed = task, person.user_id, seen or upload.seen, None
    session.flush()
    enqueue(session, Topic.WORK_SHEET, upload.id)


def look_again(session: Session, person: Person, number: int) -> None:
    """Have a large table looked at anew, where what is to become of it has changed; a small one needs nothing."""
    upload = sheets.find_upload(session, number, lock=True)
    if is_large(upload) and upload.task is None:
        upload.preview = None
        ask(session, person, upload, SheetTask.LOOK)


def work_sheet(sessions: sessionmaker[Session], clock: Clock, config: Config, number: int) -> None:
    """Do what is to be done with an upload; what is refused is kept for its page. Run twice, it acts once."""
    with sessions() as session, transaction(session):
        upload = session.get(SheetUpload, number, with_for_update=True)
        if upload is None or upload.task is None or not upload.content:
            return
        task, upload.task = upload.task, None
        user = session.get_one(User, upload.task_by_id)
        person = Person(user.id, user.name, user.role, user.language)
        try:
            with session.begin_nested():
                _do(session, clock, config, person, upload, task)
        except BookingError as error:
            upload.failed = {"field": error.field, "reason": error.reason or error.code, "row": error.facts.get("row")}
            if task is SheetTask.APPLY and error.reason == "changed":
                # as it is by now, to be seen before it is saved
                _look(session, clock, config, person, upload)


def _do(session: Session, clock: Clock, config: Config, person: Person, upload: SheetUpload, task: SheetTask) -> None:
    words: Words = upload.words or {}
    if task is SheetTask.LOOK:
        _look(session, clock, config, person, upload)
    elif task is SheetTask.APPLY:
        sheets.apply(session, clock, config, person, upload.id, words, seen=upload.seen or "")
    else:
        back, stayed = sheets.undo(session, clock, config, person, upload.id)
        upload.failed = {"field": None, "reason": "undone", "back": back, "stayed": stayed}


def _look(session: Session, clock: Clock, config: Config, person: Person, upload: SheetUpload) -> None:
    if upload.raw is not None:
        sheets.fill_in(session, upload, read_sheet(upload.raw))
        upload.raw = None
    found = sheets.plan(Desk(session, clock, config, person), upload, upload.words or {})
    upload.preview = {"seen": found.seen, "rows": [_document(row) for row in found.rows]}
    session.flush()


def _document(row: RowPlan) -> dict[str, Any]:
    return {
        "number": row.number,
        "outcome": row.outcome.value,
        "label": row.label,
        "changes": {name: list(pair) for name, pair in row.changes.items()},
        "faults": [{"field": fault.field, "reason": fault.reason, "facts": _facts(fault)} for fault in row.faults],
        "unknown": [[word.field, word.word] for word in row.unknown],
        "groups": row.groups,
    }


def _facts(fault: InvalidInput) -> dict[str, object]:
    return {name: list(value) if isinstance(value, tuple) else value for name, value in fault.facts.items()}


def _row(document: dict[str, Any]) -> RowPlan:
    return RowPlan(
        number=document["number"],
        outcome=Outcome(document["outcome"]),
        label=document["label"],
        changes={name: (list(old), list(new)) for name, (old, new) in document["changes"].items()},
        faults=tuple(
            InvalidInput(field=fault["field"], reason=fault["reason"], **fault["facts"])
            for fault in document["faults"]
        ),
        unknown=tuple(UnknownWord(*pair) for pair in document["unknown"]),
        groups=document["groups"],
    )  # fmt: skip


def preview_of(upload: SheetUpload) -> tuple[Plan, str] | None:
    """Return what a worker has found that a large table would do, with its mark; None where it has not looked yet."""
    if upload.preview is None:
        return None
    return Plan(tuple(_row(row) for row in upload.preview["rows"])), upload.preview["seen"]


def settle_lost_sheet(session: Session, number: int) -> None:
    """Give up what ended its workers: the table can be looked at again, and nothing of it was done."""
    upload = session.get(SheetUpload, number, with_for_update=True)
    if upload is not None and upload.task is not None:
        upload.task, upload.failed = None, {"field": None, "reason": WORKER_DIED, "row": None}
        session.flush()
