"""알림이 닿지 않은 분: people whom no channel has reached, and to whom somebody has to say it on the telephone.

Workplaces that were asked and are silent stand on the list of :mod:`booking.queries.calls` already, with their answer
to be entered; here is everything else: confirmations, cancellations, reminders, and all that goes to schools.
"""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from booking.domain.states import MessageStatus
from booking.models.messages import Message
from booking.models.people import User
from booking.models.workplaces import Workplace

LOST = (MessageStatus.FAILED, MessageStatus.BOUNCED)
#: of these the list of calls takes care
_ASKING = ("workplace_ask", "workplace_changed", "workplace_reminder")
#: whoever asked for these asks again; nobody is called about them
_AT_THE_DOOR = ("sign_in_link", "password_reset")
MOST = 100


def _unreached() -> sa.ColumnElement[bool]:
    """One message of each word that has been lost on every channel, and that nothing newer has replaced."""
    other = aliased(Message)
    same_word = sa.and_(
        other.user_id.is_not_distinct_from(Message.user_id),
        other.workplace_id.is_not_distinct_from(Message.workplace_id),
        other.subject == Message.subject,
    )
    elsewhere = sa.exists().where(
        same_word,
        other.kind == Message.kind,
        other.version == Message.version,
        sa.or_(other.status.not_in(LOST), other.id < Message.id),
    )
    replaced = sa.exists().where(same_word, other.version > Message.version)
    return sa.and_(Message.status.in_(LOST), Message.kind.not_in((*_ASKING, *_AT_THE_DOOR)), ~elsewhere, ~replaced)


def unreached(session: Session) -> list[tuple[Message, User | Workplace]]:
    """Return whom to call and about what, the oldest first."""
    rows = session.execute(
        sa.select(Message, User, Workplace)
        .outerjoin(User, User.id == Message.user_id)
        .outerjoin(Workplace, Workplace.id == Message.workplace_id)
        .where(_unreached())
        .order_by(Message.id)
        .limit(MOST)
    ).all()
    return [(message, user if message.user_id is not None else place) for message, user, place in rows]
