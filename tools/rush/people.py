"""The people of the rush: coordinators and teachers with accounts, open sessions and requests in the making."""

from __future__ import annotations

import os
import secrets
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

import sqlalchemy as sa
from flask import Flask
from flask.sessions import SecureCookieSessionInterface
from sqlalchemy.orm import Session

from booking.app import create_app
from booking.clock import Clock, SystemClock, seoul_date
from booking.config import load_config
from booking.db import make_engine, make_sessions
from booking.domain.draft import Draft
from booking.domain.ids import SchoolId
from booking.domain.person import Person
from booking.domain.vocabulary import JobField, Role
from booking.models.asking import RequestDraft
from booking.models.people import TeacherPost, User
from booking.models.requests import Request
from booking.models.schools import School
from booking.models.terms import Slot
from booking.services.drafts import MOST_DRAFTS, start_draft
from booking.services.sessions import open_session
from booking.services.terms import current_term
from booking.web.access import TOKEN


@dataclass(frozen=True, slots=True)
class Somebody:
    """A person with an open session: the name and value of the cookie, and what addresses of theirs need."""

    role: Role
    cookie: tuple[str, str]
    requests: tuple[int, ...] = ()
    drafts: tuple[int, ...] = ()


def invite(environment: Mapping[str, str], coordinators: int, teachers: int) -> list[Somebody]:
    """Give so many people an account and a session, teachers in turn at every school, each with a request begun."""
    before = dict(os.environ)
    os.environ.update(environment)
    try:
        config = load_config()
        app = create_app(config)
    finally:
        os.environ.clear()
        os.environ.update(before)
    clock = SystemClock()
    engine = make_engine(config.database_url)
    try:
        with make_sessions(engine)() as session:
            schools = list(session.scalars(sa.select(School).where(School.classes.any()).order_by(School.id)))
            office = [_account(session, f"rush-office-{n}", Role.COORDINATOR) for n in range(coordinators)]
            staff = [(_account(session, f"rush-school-{n}", Role.TEACHER), schools[n % len(schools)])
                     for n in range(teachers)]  # fmt: skip
            for user, school in staff:
                post = TeacherPost(user=user, school=school, title="진로부장교사", since=seoul_date(clock.now()))
                session.add(post)
            session.flush()
            drafts = _drafts(session, clock, staff)
            asked = _requests(session)
            found = [Somebody(Role.COORDINATOR, _cookie(app, session, clock, user)) for user in office]
            found += [
                Somebody(
                    Role.TEACHER,
                    _cookie(app, session, clock, user),
                    tuple(asked[school.id]),
                    tuple(drafts[school.id]),
                )
                for user, school in staff
            ]
            session.commit()
            return found
    finally:
        engine.dispose()


def _account(session: Session, name: str, role: Role) -> User:
    user = User(email=f"{name}@demo.example.kr", name=name, role=role, active=True)
    session.add(user)
    return user


def _cookie(app: Flask, session: Session, clock: Clock, user: User) -> tuple[str, str]:
    """What the browser of somebody keeps who has just signed in."""
    token = open_session(session, clock, user, ip="127.0.0.1", hours=8, by="rush")
    signer = SecureCookieSessionInterface().get_signing_serializer(app)
    if signer is None:
        raise LookupError("the application has no secret key")
    return app.config["SESSION_COOKIE_NAME"], str(
        signer.dumps({TOKEN: token, "_permanent": True, "csrf_token": secrets.token_hex()})
    )


def _drafts(session: Session, clock: Clock, staff: list[tuple[User, School]]) -> dict[SchoolId, list[int]]:
    """A request in the making for each teacher, as many as a school may have."""
    term = current_term(session)
    slots = list(session.scalars(sa.select(Slot.id).where(Slot.term_id == term.id).order_by(Slot.id)))
    made: dict[SchoolId, list[int]] = defaultdict(list)
    counted = sa.select(RequestDraft.school_id, sa.func.count()).group_by(RequestDraft.school_id)
    kept: dict[SchoolId, int] = {row[0]: row[1] for row in session.execute(counted)}
    for number, (user, school) in enumerate(staff):
        if len(made[school.id]) + kept.get(school.id, 0) >= MOST_DRAFTS:
            continue
        content = Draft(
            class_ids=(school.classes[number % len(school.classes)].id,),
            fields=(list(JobField)[number % len(JobField)],),
            requested=(slots[number % len(slots)],),
        )
        teacher = Person(
            user_id=user.id, name=user.name, role=user.role, language=user.language, school_ids=(school.id,)
        )
        made[school.id].append(start_draft(session, clock, teacher, school.id, content).id)
    return made


def _requests(session: Session) -> dict[SchoolId, list[int]]:
    """The requests of each school in the term."""
    found: dict[SchoolId, list[int]] = defaultdict(list)
    term = current_term(session)
    for number, school in session.execute(sa.select(Request.id, Request.school_id).where(Request.term_id == term.id)):
        found[school].append(number)
    return found
