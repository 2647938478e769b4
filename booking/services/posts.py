"""Which school a teacher speaks for: a post begins, ends, moves. What is over stays in the rows with its dates."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from booking.clock import Clock, seoul_date
from booking.domain.contacts import clean_line
from booking.domain.errors import InvalidForm, InvalidInput, NotFound
from booking.domain.ids import SchoolId, UserId
from booking.domain.person import Person
from booking.domain.states import OfferStatus
from booking.domain.vocabulary import Role
from booking.models.offers import Offer
from booking.models.people import TeacherPost, User
from booking.models.requests import Request
from booking.models.schools import School
from booking.notify.catalogue import Kind
from booking.services.entry import next_version
from booking.services.history import record_change
from booking.services.messages import Draft, write_message

KEEPERS = (Role.COORDINATOR, Role.ADMINISTRATOR)


def posts_now(session: Session, clock: Clock, user_id: UserId) -> Sequence[TeacherPost]:
    """Return the posts of a teacher that have not ended, the oldest first."""
    today = seoul_date(clock.now())
    return session.scalars(
        sa.select(TeacherPost)
        .options(joinedload(TeacherPost.school))
        .where(TeacherPost.user_id == user_id, sa.or_(TeacherPost.until.is_(None), TeacherPost.until > today))
        .order_by(TeacherPost.since, TeacherPost.id)
    ).all()


def begin_post(session: Session, clock: Clock, person: Person, user: User, school: School, title: str) -> TeacherPost:
    """Let a teacher speak for a school from today on."""
    post = TeacherPost(user_id=user.id, school_id=school.id, title=title, since=seoul_date(clock.now()))
    session.add(post)
    session.flush()
    record_change(session, person.actor, "post_began", "user", user.id, school=school.id)
    return post


def open_questions(session: Session, school: School | None) -> dict[str, Any]:
    """How many shift offers wait for an answer of the school, and until when the first: whoever comes is told."""
    if school is None:
        return {"offers": 0, "answer_by": None}
    count, first = session.execute(
        sa.select(sa.func.count(), sa.func.min(Offer.answer_by))
        .join(Request, Request.id == Offer.request_id)
        .where(Request.school_id == school.id, Offer.status == OfferStatus.SENT)
    ).one()
    return {"offers": count, "answer_by": first.isoformat() if count else None}


def _open_post(session: Session, clock: Clock, person: Person, user_id: UserId, post_id: int) -> TeacherPost:
    person.require_role(*KEEPERS)
    session.get(User, user_id, with_for_update=True)
    post = next((post for post in posts_now(session, clock, user_id) if post.id == post_id), None)
    if post is None:
        raise NotFound(f"post {post_id} of user {user_id}")
    return post


def end_post(session: Session, clock: Clock, person: Person, user_id: UserId, post_id: int) -> TeacherPost:
    """Let a teacher no longer speak for a school, from today on.

    Raises:
        NotFound: there is no such post, or it has ended.
    """
    post = _open_post(session, clock, person, user_id, post_id)
    post.until = seoul_date(clock.now())
    record_change(session, person.actor, "post_ended", "user", user_id, school=post.school_id)
    return post


def move_teacher(
    session: Session,
    clock: Clock,
    person: Person,
    user_id: UserId,
    post_id: int,
    *,
    school_id: SchoolId | None,
    title: str,
) -> TeacherPost:
    """Let a teacher change schools today: the old school's rows are the next teacher's, the new school's are theirs.

    Raises:
        NotFound: there is no such post, or it has ended.
        InvalidForm: no school, the same one, one that is theirs already, or no title.
    """
    old = _open_post(session, clock, person, user_id, post_id)
    school = session.get(School, school_id) if school_id is not None else None
    faults: list[InvalidInput] = []
    if school is None:
        faults.append(InvalidInput(field="school", reason="required"))
    elif any(post.school_id == school.id for post in posts_now(session, clock, user_id)):
        faults.append(InvalidInput(field="school", reason="same_school"))
    try:
        chosen = clean_line(title, "title")
    except InvalidInput as fault:
        faults.append(fault)
        chosen = ""
    if faults or school is None:
        raise InvalidForm(faults)
    before = end_post(session, clock, person, user_id, old.id).school
    user = session.get_one(User, user_id)
    session.flush()
    new = begin_post(session, clock, person, user, school, chosen)
    if user.active:
        facts = {"school": school.name, "title": chosen, "before": before.name, **open_questions(session, school)}
        write_message(session, Draft(Kind.SCHOOL_ADDED, user, f"user:{user.id}", next_version(session, user), facts))
    return new
