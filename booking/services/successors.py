"""후임: somebody who answers for a school or a workplace leaves, and somebody else takes over what is open."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.clock import Clock, seoul_date
from booking.domain.ids import UserId, WorkplaceId
from booking.domain.person import Person
from booking.domain.vocabulary import Role
from booking.domain.whose import Whose
from booking.models.people import User
from booking.models.visits import WorkplaceNotice
from booking.services.consents import end_consents
from booking.services.history import record_change
from booking.services.invitations import Invited, invite
from booking.services.links import revoke_past
from booking.services.notices import retell_notices
from booking.services.posts import end_post
from booking.services.workplace_feeds import end_workplace_feed


def tell_new_contact(session: Session, clock: Clock, person: Person, workplace_id: WorkplaceId) -> int:
    """Close the former contact's links and calendar, and end what they agreed to; tell the new one what stands.

    The new contact has been stored already, in the same transaction. Returns how many messages are new.
    """
    person.require_role(Role.COORDINATOR, Role.ADMINISTRATOR)
    today = seoul_date(clock.now())
    dates = session.scalars(
        sa.select(WorkplaceNotice.date).where(
            WorkplaceNotice.workplace_id == workplace_id, WorkplaceNotice.date >= today
        )
    )
    revoke_past(session, workplace_id, today)
    end_workplace_feed(session, workplace_id)
    end_consents(session, clock, person.actor, Whose.WORKPLACE, [workplace_id])
    told = retell_notices(session, clock, [(workplace_id, date) for date in dates])
    record_change(session, person.actor, "contact_succeeded", "workplace", workplace_id, messages=told)
    return told


def hand_over(
    session: Session, clock: Clock, person: Person, user_id: UserId, post_id: int, *, email: str, name: str, title: str
) -> tuple[User, bool]:
    """Let a teacher leave a school today and another take over; returns the successor and whether they are new here.

    What waits for an answer of the school is said in the successor's first message.

    Raises:
        NotFound: there is no such post, or it has ended.
        InvalidForm: naming each field of the successor that cannot be accepted; then the post goes on.
    """
    post = end_post(session, clock, person, user_id, post_id)
    session.flush()
    wanted = Invited(email=email, name=name, role=Role.TEACHER, school_id=post.school_id, title=title)
    successor, new = invite(session, clock, person, wanted)
    record_change(session, person.actor, "post_handed_over", "user", user_id, to=successor.id, school=post.school_id)
    return successor, new
