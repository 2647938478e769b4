"""알림이 닿지 않은 분: people whom no channel has reached, and to whom somebody has to say it on the telephone.

Workplaces that were asked and are silent stand on the list of :mod:`booking.queries.calls` already, with their answer
to be entered; here is everything else: confirmations, cancellations, reminders, all that goes to schools and coaches.
"""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from booking.domain.states import MessageStatus
from booking.models.coaches import Coach
from booking.models.messages import Message
from booking.models.people import User
from booking.models.workplaces import Workplace
from booking.queries.recipients import for_the_same

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
        for_the_same(other),
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


def unreached(session: Session) -> list[tuple[Message, str]]:
    """Return about what to call whom (by name), the oldest first."""
    rows = session.execute(
        sa.select(Message, sa.func.coalesce(User.name, Workplace.name, Coach.name))
        .outerjoin(User, User.id == Message.user_id)
        .outerjoin(Workplace, Workplace.id == Message.workplace_id)
        .outerjoin(Coach, Coach.id == Message.coach_id)
        .where(_unreached())
        .order_by(Message.id)
        .limit(MOST)
    ).all()
    return [(message, name) for message, name in rows]
