"""일터가 남긴 말: wishes and news that a workplace leaves on its link, and how the office settles them.

A wish changes no plan: a person at the centre looks at what it would do, and acts.
"""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from booking.clock import Clock, seoul_date
from booking.domain.contacts import clean_line
from booking.domain.errors import Conflict, InvalidInput, NotFound
from booking.domain.ids import GroupId, NoticeId, SlotId, WorkplaceId
from booking.domain.person import Person
from booking.domain.workplace_notes import LONGEST_NOTE, NoteKind
from booking.models.terms import Slot
from booking.models.workplace_words import WorkplaceNote
from booking.services.allocations import STAFF
from booking.services.answer_sheets import GONE, read_sheet
from booking.services.confirmations import lock_term_of, workplace_actor
from booking.services.history import record_change


def ask_for_call(session: Session, clock: Clock, token: str, text: str) -> bool:
    """Put a workplace on the list of calls, once until somebody has called; returns whether this is news.

    Raises:
        LinkInvalid: the link does not open.
        InvalidInput: the text is too long.
    """
    sheet = read_sheet(session, clock, token)
    return leave_note(session, clock, sheet.workplace.id, NoteKind.CALL_ME, clean_note(text), notice_id=sheet.notice.id)


def propose_time(session: Session, clock: Clock, token: str, group_id: GroupId, slot_id: SlotId, text: str) -> bool:
    """Note at which other time a workplace would take a group; the group stays where it is. Returns whether it is news.

    Asked again for another time, the wish of before is replaced.

    Raises:
        LinkInvalid: the link does not open.
        InvalidInput: no such group on this page, a time that is past, is none of the term's, or is the group's own.
        Conflict: the day has come.
    """
    sheet = read_sheet(session, clock, token)
    lock_term_of(session, sheet.notice)
    if not sheet.may_answer:
        raise Conflict("the day has come", reason="too_late")
    group = next((one for one in sheet.answerable(week=True) if one.id == group_id and one.status not in GONE), None)
    if group is None:
        raise InvalidInput(f"group {group_id} of another page", field="time", reason="required")
    slot = session.get(Slot, slot_id)
    own = group.visit.slot
    if slot is None or slot.term_id != own.term_id or slot.date <= seoul_date(clock.now()) or slot.id == own.id:
        raise InvalidInput(f"slot {slot_id}", field="time", reason="required")
    return leave_note(
        session, clock, sheet.workplace.id, NoteKind.OTHER_TIME, clean_note(text),
        notice_id=sheet.notice.id, group_id=group.id, slot_id=slot.id,
    )  # fmt: skip


def clean_note(text: str) -> str:
    """One line for the office; empty is none.

    Raises:
        InvalidInput: it is too long, or holds signs that no line has.
    """
    if len(text.strip()) > LONGEST_NOTE:
        raise InvalidInput(field="text", reason="note_too_long")
    return clean_line(text, "text", LONGEST_NOTE) if text.strip() else ""


def leave_note(
    session: Session,
    clock: Clock,
    workplace_id: WorkplaceId,
    kind: NoteKind,
    text: str = "",
    *,
    notice_id: NoticeId | None = None,
    group_id: GroupId | None = None,
    slot_id: SlotId | None = None,
) -> bool:
    """Write a note; of a wish that stands open, only what is different now. Returns whether it is news."""
    values = {
        "workplace_id": workplace_id, "kind": kind, "notice_id": notice_id, "group_id": group_id, "slot_id": slot_id,
        "text": text, "at": clock.now(),
    }  # fmt: skip
    known = session.scalar(
        sa.select(WorkplaceNote).where(
            WorkplaceNote.workplace_id == workplace_id,
            WorkplaceNote.kind == kind,
            WorkplaceNote.group_id.is_not_distinct_from(group_id),
            WorkplaceNote.slot_id.is_not_distinct_from(slot_id),
            WorkplaceNote.text == text,
            WorkplaceNote.settled_at.is_(None),
        )
    )
    if known is not None:
        return False
    statement = insert(WorkplaceNote).values(values)
    changed = {name: values[name] for name in ("text", "slot_id", "notice_id", "at")}
    if kind is NoteKind.CALL_ME:
        where = sa.text("kind = 'call_me' AND settled_at IS NULL")
        statement = statement.on_conflict_do_update(index_elements=["workplace_id"], index_where=where, set_=changed)
    elif kind is NoteKind.OTHER_TIME:
        where = sa.text("kind = 'other_time' AND settled_at IS NULL")
        statement = statement.on_conflict_do_update(index_elements=["group_id"], index_where=where, set_=changed)
    session.execute(statement)
    record_change(
        session, workplace_actor(workplace_id), f"workplace_{kind.value}", "workplace", workplace_id,
        group=group_id, slot=slot_id,
    )  # fmt: skip
    session.flush()
    return True


def settle_note(session: Session, clock: Clock, person: Person, note_id: int) -> WorkplaceNote:
    """Put a note away: it has been read, the call was made. Settling it twice is once.

    Raises:
        NotFound: there is no such note.
    """
    person.require_role(*STAFF)
    note = find_note(session, note_id, lock=True)
    if note.settled_at is None:
        note.settled_at, note.settled_by_id = clock.now(), person.user_id
        record_change(
            session, person.actor, "workplace_note_settled", "workplace", note.workplace_id, kind=note.kind.value
        )
        session.flush()
    return note


def find_note(session: Session, note_id: int, *, lock: bool = False) -> WorkplaceNote:
    """Return a note.

    Raises:
        NotFound: there is none.
    """
    note = session.get(WorkplaceNote, note_id, with_for_update=lock, populate_existing=lock)
    if note is None:
        raise NotFound(f"note {note_id}")
    return note
