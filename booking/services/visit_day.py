"""체험 당일: «arrived» by group with one tap, and the telephone of a workplace behind a logged click."""

from __future__ import annotations

from sqlalchemy.orm import Session

from booking.clock import Clock, seoul_date
from booking.domain.errors import NotFound, NotNow
from booking.domain.ids import GroupId, RequestId
from booking.domain.person import Person
from booking.domain.visit_days import ARRIVAL_UNDO, contacts_open
from booking.domain.vocabulary import Role
from booking.models.visits import VisitGroup
from booking.models.workplaces import WorkplaceContact
from booking.services.history import record_access, record_change
from booking.services.school_year import free_around
from booking.services.standing_visits import group_of, standing_visit


def arrive(session: Session, clock: Clock, person: Person, request_id: RequestId, group_id: GroupId) -> VisitGroup:
    """Note that a group has arrived; a second tap changes nothing.

    Raises:
        NotFound: another school's visit, or a group that has no place in it.
        NotNow: it is not the day of the visit (``not_the_day``).
    """
    person.require_role(Role.TEACHER)
    visit = standing_visit(session, person, request_id, lock=True)
    group = group_of(visit, group_id)
    if visit.slot.date != seoul_date(clock.now()):
        raise NotNow(f"the visit is on {visit.slot.date}", reason="not_the_day")
    if group.arrived_at is None:
        group.arrived_at = clock.now()
        group.arrived_by_id = person.user_id
        record_change(session, person.actor, "group_arrived", "group", group.id, request=request_id)
        session.flush()
    return group


def undo_arrival(session: Session, clock: Clock, person: Person, request_id: RequestId, group_id: GroupId) -> None:
    """Take a tap back that was a slip; once more changes nothing.

    Raises:
        NotFound: as for ``arrive``.
        NotNow: it stands for longer than ``ARRIVAL_UNDO`` (``too_late``).
    """
    person.require_role(Role.TEACHER)
    visit = standing_visit(session, person, request_id, lock=True)
    group = group_of(visit, group_id)
    if group.arrived_at is None:
        return
    if clock.now() - group.arrived_at > ARRIVAL_UNDO:
        raise NotNow("it stands for too long", reason="too_late")
    group.arrived_at = group.arrived_by_id = None
    record_change(session, person.actor, "arrival_undone", "group", group.id, request=request_id)
    session.flush()


def reveal_contact(
    session: Session, clock: Clock, person: Person, request_id: RequestId, group_id: GroupId
) -> WorkplaceContact:
    """Return whom to telephone at a group's workplace, and log that somebody looked.

    Raises:
        NotFound: another school's visit, a group that has no place in it, or a workplace without a contact.
        NotNow: it is neither the day of the visit nor the working day before (``not_the_day``).
    """
    person.require_role(Role.TEACHER)
    visit = standing_visit(session, person, request_id)
    group = group_of(visit, group_id)
    date = visit.slot.date
    if not contacts_open(seoul_date(clock.now()), date, free_around(session, date)):
        raise NotNow(f"the visit is on {date}", reason="not_the_day")
    contact = group.workplace.contact
    if contact is None:
        raise NotFound(f"workplace {group.workplace_id} has no contact")
    record_access(session, person, "reveal_contact", "workplace", group.workplace_id)
    session.flush()
    return contact
