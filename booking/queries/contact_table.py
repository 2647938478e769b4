"""Contacts as a table: of workplaces, of teachers who speak for a school at present, of coaches who have not left."""

from __future__ import annotations

from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.domain.vocabulary import Role, WorkplaceStatus
from booking.models.coaches import Coach
from booking.models.people import TeacherPost, User
from booking.models.schools import School
from booking.models.workplaces import Workplace, WorkplaceContact

Row = tuple[str, str, str, str | None, str | None]


class Circle(StrEnum):
    """Whose contacts."""

    WORKPLACES = "workplaces"
    TEACHERS = "teachers"
    COACHES = "coaches"


def contact_rows(session: Session, circle: Circle) -> list[Row]:
    """Return whose they are, name, title, telephone and address, in the order of the register."""
    if circle is Circle.WORKPLACES:
        places = (
            sa.select(
                Workplace.name, WorkplaceContact.name, WorkplaceContact.title,
                WorkplaceContact.phone, WorkplaceContact.email,
            )
            .join(WorkplaceContact, WorkplaceContact.workplace_id == Workplace.id)
            .where(Workplace.status != WorkplaceStatus.ENDED)
            .order_by(Workplace.name, Workplace.id)
        )  # fmt: skip
        return [(whose, name, title, phone, email) for whose, name, title, phone, email in session.execute(places)]
    if circle is Circle.TEACHERS:
        teachers = (
            sa.select(School.name, User.name, TeacherPost.title, User.phone, User.email)
            .join(TeacherPost, TeacherPost.school_id == School.id)
            .join(User, User.id == TeacherPost.user_id)
            .where(TeacherPost.until.is_(None), User.active, User.role == Role.TEACHER)
            .order_by(School.name, User.name, User.id)
        )
        return [(whose, name, title, phone, email) for whose, name, title, phone, email in session.execute(teachers)]
    coaches = session.scalars(sa.select(Coach).where(Coach.ended_on.is_(None)).order_by(Coach.name, Coach.id))
    return [("", coach.name, "", coach.phone, coach.email) for coach in coaches]
