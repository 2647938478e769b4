"""What teachers are told: the plan of a publication, offers, confirmations and cancellations."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.clock import Clock, seoul_date
from booking.domain.ids import SchoolId
from booking.domain.vocabulary import Role
from booking.models.people import TeacherPost, User
from booking.models.requests import Request
from booking.models.terms import Slot
from booking.models.visits import Visit
from booking.notify.catalogue import Kind
from booking.services.messages import Draft, write_messages
from booking.services.placing import live_groups

Facts = dict[str, Any]


def teachers_of(session: Session, school_ids: Iterable[SchoolId], today: dt.date) -> dict[SchoolId, list[User]]:
    """Return the teachers who speak for each school today, by their numbers."""
    found: dict[SchoolId, list[User]] = {}
    rows = session.execute(
        sa.select(TeacherPost.school_id, User)
        .join(User, User.id == TeacherPost.user_id)
        .where(
            TeacherPost.school_id.in_(set(school_ids)),
            User.active,
            User.role == Role.TEACHER,
            TeacherPost.since <= today,
            sa.or_(TeacherPost.until.is_(None), TeacherPost.until > today),
        )
        .order_by(User.id)
    )
    for school, user in rows:
        found.setdefault(school, []).append(user)
    return found


def school_drafts(
    session: Session, clock: Clock, school_id: SchoolId, kind: Kind, subject: str, version: int, facts: Facts
) -> list[Draft]:
    """One draft of ``kind`` for every teacher who speaks for the school."""
    teachers = teachers_of(session, [school_id], seoul_date(clock.now())).get(school_id, [])
    return [Draft(kind, teacher, subject, version, facts) for teacher in teachers]


def tell_school(
    session: Session, clock: Clock, school_id: SchoolId, kind: Kind, subject: str, version: int, facts: Facts
) -> None:
    """Write one message of ``kind`` to every teacher who speaks for the school."""
    write_messages(session, school_drafts(session, clock, school_id, kind, subject, version, facts))


def slot_facts(slot: Slot | None) -> Facts | None:
    """Date and block of a slot, as messages carry them."""
    return None if slot is None else {"date": slot.date.isoformat(), "block": slot.block.value}


def visit_facts(visit: Visit) -> Facts:
    """The facts of one visit for the messages that confirm or cancel it."""
    request, slot = visit.request, visit.slot
    starts, ends = request.school.hours(slot.block)
    return {
        "uid": f"visit-{visit.request_id}",
        "sequence": visit.version,
        "school": request.school.name,
        "school_sms": request.school.sms_name,
        "label": request.label,
        "date": slot.date.isoformat(),
        "block": slot.block.value,
        "starts": starts.strftime("%H:%M"),
        "ends": ends.strftime("%H:%M"),
        "pupils": request.pupils,
        "workplaces": [
            {"name": group.workplace.name, "address": group.workplace.address, "pupils": group.pupils}
            for group in live_groups(visit)
        ],
    }


def tell_confirmed(session: Session, clock: Clock, visit: Visit) -> None:
    """Tell the school that every workplace of the visit has said yes."""
    tell_school(
        session,
        clock,
        visit.request.school_id,
        Kind.VISIT_CONFIRMED,
        f"visit:{visit.request_id}",
        visit.version,
        visit_facts(visit),
    )


def tell_cancelled(session: Session, clock: Clock, visit: Visit, facts: Facts) -> None:
    """Tell the school that the visit does not take place; ``facts`` as they were before its places were freed."""
    tell_school(
        session,
        clock,
        visit.request.school_id,
        Kind.VISIT_CANCELLED,
        f"visit:{visit.request_id}",
        visit.version,
        {**facts, "sequence": visit.version},
    )


def rank_of(request: Request, slot: Slot) -> int | None:
    """The rank of a slot among the request's wishes, 0 for the first; None where the school did not ask for it."""
    return next((wish.position for wish in request.requested if wish.slot_id == slot.id), None)
