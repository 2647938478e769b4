"""One search over everything that has a name or a code: workplaces, schools, teachers, coaches, visits and requests."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeVar

import sqlalchemy as sa
from sqlalchemy.orm import Session, selectinload

from booking.domain.hangul import found_in, plain
from booking.domain.ids import TermId
from booking.domain.states import LIVE_VISITS
from booking.domain.vocabulary import Role
from booking.models.coaches import Coach
from booking.models.people import TeacherPost, User
from booking.models.requests import Request
from booking.models.schools import School
from booking.models.visits import Visit
from booking.models.workplaces import Workplace

#: so many of each kind at most
LIMIT = 20
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Found:
    """What was found, of each kind at most so many."""

    workplaces: list[Workplace]
    schools: list[School]
    teachers: list[User]
    coaches: list[Coach]
    #: a request with the visit that stands for it, if there is one
    requests: list[tuple[Request, Visit | None]]

    @property
    def total(self) -> int:
        """How many there are, of all kinds."""
        return sum(len(kind) for kind in (self.workplaces, self.schools, self.teachers, self.coaches, self.requests))


def _pick(rows: Iterable[tuple[int, str] | sa.Row[int, str]], text: str) -> list[int]:
    """The numbers of the rows whose words hold the text; names that begin with it come first, then shorter ones."""
    wanted = plain(text)
    hits = [
        (not plain(words).startswith(wanted), len(words), words, number)
        for number, words in rows
        if any(found_in(text, line) for line in words.splitlines())
    ]
    return [number for *_, number in sorted(hits)[:LIMIT]]


def _in_order(rows: Iterable[T], numbers: list[int]) -> list[T]:
    by_number = {row.id: row for row in rows}  # type: ignore[attr-defined]  # every table has its number
    return [by_number[number] for number in numbers]


def _requests(session: Session, term_id: TermId, text: str) -> list[tuple[Request, Visit | None]]:
    """By the request's code, or by school and class: 개웅중 1-3."""
    rows = session.execute(
        sa.select(Request.id, Request.code, School.name, Request.label)
        .join(School, School.id == Request.school_id)
        .where(Request.term_id == term_id)
    )
    words = [(number, f"{code}\n{school} {label}") for number, code, school, label in rows]
    wanted = plain(text)
    exact = any(sign.isdecimal() for sign in wanted)
    # a school's name alone is found among the schools: here it takes a class or a code
    numbers = _pick(words, text) if exact else []
    found = session.scalars(sa.select(Request).where(Request.id.in_(numbers)).options(selectinload(Request.school)))
    visits = {
        visit.request_id: visit
        for visit in session.scalars(
            sa.select(Visit)
            .where(Visit.request_id.in_(numbers), Visit.status.in_(LIVE_VISITS))
            .options(selectinload(Visit.slot))
        )
    }
    return [(request, visits.get(request.id)) for request in _in_order(found, numbers)]


def find(session: Session, term_id: TermId, text: str) -> Found:
    """Return what holds ``text``: anywhere in a name, or by initial consonants; requests by code or class."""
    places = _pick(
        ((number, f"{name}\n{address}") for number, name, address in session.execute(
            sa.select(Workplace.id, Workplace.name, Workplace.address)
            .where(Workplace.merged_into_id.is_(None)))), text,
    )  # fmt: skip
    schools = _pick(session.execute(sa.select(School.id, School.name)), text)
    teachers = _pick(session.execute(sa.select(User.id, User.name).where(User.role == Role.TEACHER)), text)
    coaches = _pick(session.execute(sa.select(Coach.id, Coach.name)), text)
    with_posts = selectinload(User.posts).selectinload(TeacherPost.school)
    return Found(
        workplaces=_in_order(session.scalars(sa.select(Workplace).where(Workplace.id.in_(places))), places),
        schools=_in_order(session.scalars(sa.select(School).where(School.id.in_(schools))), schools),
        teachers=_in_order(session.scalars(sa.select(User).where(User.id.in_(teachers)).options(with_posts)), teachers),
        coaches=_in_order(session.scalars(sa.select(Coach).where(Coach.id.in_(coaches))), coaches),
        requests=_requests(session, term_id, text),
    )
