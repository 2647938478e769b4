"""지난 학기처럼: what a school asked for in the last term in which it asked, brought over to this one.

Classes are found by their labels; dates by the week of the term, the weekday and the half of the day. What cannot be
brought over is named, with the reason, and left out.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session, selectinload

from booking.clock import Clock, seoul_date
from booking.domain.draft import Draft
from booking.domain.errors import NotFound
from booking.domain.ids import BundleId, ClassId, SchoolId, SlotId
from booking.domain.person import Person
from booking.domain.school_year import Blocked
from booking.domain.states import RequestStatus
from booking.domain.vocabulary import JobField, Role
from booking.models.asking import RequestDraft
from booking.models.requests import Request, RequestSlot
from booking.models.schools import SchoolClass
from booking.models.terms import Slot, Term
from booking.queries.openings import slots_of
from booking.services.drafts import start_draft
from booking.services.school_year import blocked, halves
from booking.services.terms import current_term


@dataclass(frozen=True, slots=True)
class EarlierRequest:
    """Classes that asked for the same in the same term: together, or each by itself. ``key`` names them."""

    key: int
    labels: tuple[str, ...]
    together: bool
    fields: tuple[JobField, ...]
    requested: tuple[Slot, ...]
    negotiable: tuple[Slot, ...]


@dataclass(frozen=True, slots=True)
class Copied:
    """A draft made of an earlier request, and what could not be brought over: ``None`` where no such slot exists."""

    draft: RequestDraft
    lost_classes: tuple[str, ...]
    lost_slots: tuple[tuple[Slot, Blocked | None], ...]


def last_term_of(session: Session, term: Term, school_id: SchoolId) -> Term | None:
    """Return the last term before ``term`` in which the school asked for anything."""
    asked = sa.select(Request.term_id).where(Request.school_id == school_id, Request.status != RequestStatus.WITHDRAWN)
    found: Term | None = session.scalar(
        sa.select(Term).where(Term.id.in_(asked), Term.opens_on < term.opens_on).order_by(Term.opens_on.desc()).limit(1)
    )
    return found


def earlier_requests(session: Session, school_id: SchoolId, earlier: Term) -> list[EarlierRequest]:
    """Return what the school asked for in a term; classes that asked for the same stand together."""
    rows = session.scalars(
        sa.select(Request)
        .where(
            Request.term_id == earlier.id,
            Request.school_id == school_id,
            Request.status != RequestStatus.WITHDRAWN,
        )
        .options(selectinload(Request.wishes).selectinload(RequestSlot.slot))
        .order_by(Request.label, Request.id)
    )
    groups: defaultdict[tuple[BundleId | None, tuple[str, ...], tuple[tuple[str, int, SlotId], ...]], list[Request]]
    groups = defaultdict(list)
    for row in rows:
        wishes = tuple((wish.wish.value, wish.position, wish.slot_id) for wish in row.wishes)
        groups[row.bundle_id, tuple(row.fields), wishes].append(row)
    return [
        EarlierRequest(
            key=same[0].id,
            labels=tuple(dict.fromkeys(row.label for row in same)),
            together=same[0].bundle_id is not None and len(same) > 1,
            fields=tuple(item for item in JobField if item.value in same[0].fields),
            requested=tuple(wish.slot for wish in same[0].requested),
            negotiable=tuple(wish.slot for wish in same[0].negotiable),
        )
        for same in groups.values()
    ]


def _monday(date: dt.date) -> dt.date:
    return date - dt.timedelta(days=date.weekday())


def same_slots(slots: Sequence[Slot], old: Sequence[Slot], now: Sequence[Slot]) -> dict[SlotId, Slot]:
    """Return for each of ``slots`` (of the term ``old``) the one of ``now`` in the same week of term, day and half."""
    if not old or not now:
        return {}
    first_old, first_now = (_monday(min(slot.date for slot in term)) for term in (old, now))
    by_date = {(slot.date, slot.block): slot for slot in now}
    found = {slot.id: by_date.get((first_now + (slot.date - first_old), slot.block)) for slot in slots}
    return {number: slot for number, slot in found.items() if slot is not None}


def copy_request(session: Session, clock: Clock, person: Person, school_id: SchoolId, key: int) -> Copied:
    """Make a draft of an earlier request of the school.

    Raises:
        NotFound: the school asked for no such thing in its last term, or it is another's.
        InvalidInput, PhaseClosed: as for :func:`start_draft`.
    """
    person.require_role(Role.TEACHER)
    person.require_school(school_id)
    term = current_term(session)
    earlier = last_term_of(session, term, school_id)
    if earlier is None:
        raise NotFound("nothing was asked for before")
    asked = next((one for one in earlier_requests(session, school_id, earlier) if one.key == key), None)
    if asked is None:
        raise NotFound(f"earlier request {key}")
    known = {
        row.label: row
        for row in session.scalars(
            sa.select(SchoolClass).where(
                SchoolClass.school_id == school_id, SchoolClass.active, SchoolClass.label.in_(asked.labels)
            )
        )
    }
    classes = [known[label] for label in asked.labels if label in known]
    wanted = [*asked.requested, *asked.negotiable]
    now = slots_of(session, term.id)
    same = same_slots(wanted, slots_of(session, earlier.id), now)
    kept = blocked(session, school_id, [one.grade for one in classes], halves(same.values()))
    today = seoul_date(clock.now())
    usable = {old: slot.id for old, slot in same.items() if slot.id not in kept and slot.date > today}
    content = Draft(
        class_ids=tuple(ClassId(one.id) for one in classes),
        together=asked.together and len(classes) > 1,
        fields=asked.fields,
        requested=tuple(usable[slot.id] for slot in asked.requested if slot.id in usable),
        negotiable=tuple(usable[slot.id] for slot in asked.negotiable if slot.id in usable),
    )
    draft = start_draft(session, clock, person, school_id, content)
    lost = tuple(
        (slot, kept.get(same[slot.id].id) if slot.id in same else None) for slot in wanted if slot.id not in usable
    )
    return Copied(draft, tuple(label for label in asked.labels if label not in known), lost)
