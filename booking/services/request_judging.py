"""What a request has to be: classes that there are, wishes of the term that the school's calendar leaves free."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.clock import Clock, seoul_date
from booking.domain.errors import InvalidForm, InvalidInput
from booking.domain.ids import ClassId, SchoolId, SlotId
from booking.domain.vocabulary import JobField
from booking.models.schools import SchoolClass
from booking.models.terms import Slot, Term
from booking.services.school_year import blocked, halves

MOST_REQUESTED = 5
MOST_NEGOTIABLE = 10
MOST_CLASSES = 30


@dataclass(frozen=True, slots=True)
class RequestDraft:
    """What a teacher asks for several classes at once; ``together``: at one slot, or not at all."""

    school_id: SchoolId
    class_ids: tuple[ClassId, ...]
    together: bool
    fields: tuple[JobField, ...]
    requested: tuple[SlotId, ...]
    negotiable: tuple[SlotId, ...] = ()


def check_wishes(
    session: Session,
    clock: Clock,
    term: Term,
    fields: Sequence[JobField],
    requested: Sequence[SlotId],
    negotiable: Sequence[SlotId],
    free: tuple[SchoolId, Sequence[int | None]],
) -> list[InvalidInput]:
    """Every fault of the wishes: at least one field and one slot, none twice, none past, all of this term.

    ``free`` names the school and the grades that go: none of them may be kept at school then.
    """
    faults = []
    if not fields:
        faults.append(InvalidInput(field="fields", reason="required"))
    elif len(set(fields)) != len(fields):
        faults.append(InvalidInput(field="fields", reason="twice"))
    if not requested:
        faults.append(InvalidInput(field="requested", reason="required"))
    if len(requested) > MOST_REQUESTED or len(negotiable) > MOST_NEGOTIABLE:
        faults.append(InvalidInput(field="requested", reason="too_many", most=MOST_REQUESTED))
    named = [*requested, *negotiable]
    if len(set(named)) != len(named):
        faults.append(InvalidInput(field="requested", reason="twice"))
    known = {
        slot.id: slot
        for slot in session.scalars(sa.select(Slot).where(Slot.term_id == term.id, Slot.id.in_(set(named))))
    }
    if set(named) - known.keys():
        faults.append(InvalidInput(field="requested", reason="out_of_term"))
    today = seoul_date(clock.now())
    if any(slot.date <= today for slot in known.values()):
        faults.append(InvalidInput(field="requested", reason="past"))
    school_id, grades = free
    if blocked(session, school_id, grades, halves(known.values())):
        faults.append(InvalidInput(field="requested", reason="blocked"))
    return faults


def check_draft(
    session: Session, clock: Clock, term: Term, draft: RequestDraft, classes: Sequence[SchoolClass]
) -> None:
    """Judge a draft of these classes, which are those of it that there are.

    Raises:
        InvalidForm: every fault of the draft, field by field.
    """
    free = draft.school_id, [one.grade for one in classes]
    faults = check_wishes(session, clock, term, draft.fields, draft.requested, draft.negotiable, free)
    if not draft.class_ids:
        faults.insert(0, InvalidInput(field="classes", reason="required"))
    elif len(classes) != len(draft.class_ids) or len(set(draft.class_ids)) != len(draft.class_ids):
        faults.insert(0, InvalidInput(field="classes", reason="unknown"))
    elif len(classes) > MOST_CLASSES:
        faults.insert(0, InvalidInput(field="classes", reason="too_many", most=MOST_CLASSES))
    if faults:
        raise InvalidForm(faults)
