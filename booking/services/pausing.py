"""알림 멈춤: nothing leaves the house until a person has looked. After a restore it begins by itself.

A restored database believes that messages wait which may have left after the backup was made. Nobody but a person can
tell, so nothing is sent blindly: kind by kind it is let go or taken back.
"""

from __future__ import annotations

from collections.abc import Collection

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.domain.person import Person
from booking.domain.states import MessageStatus
from booking.domain.topics import Topic
from booking.domain.vocabulary import Role
from booking.models.messages import Message
from booking.models.terms import Centre
from booking.notify.catalogue import Kind
from booking.services.history import record_change
from booking.services.outbox import enqueue_all
from booking.services.terms import the_centre

STAFF = (Role.COORDINATOR, Role.ADMINISTRATOR)
#: who paused where no person did: `make restore`
RESTORE = "restore"
#: why a message waits although it is due
PAUSED = "sending_paused"
_PAUSED_AT = sa.select(Centre.sending_paused_at).where(Centre.id == 1)


#: what somebody at the door has asked for a moment ago leaves all the same: it is how people come in
AT_THE_DOOR = (Kind.SIGN_IN_LINK, Kind.PASSWORD_RESET)


def is_paused(session: Session) -> bool:
    """Whether sending is paused."""
    return session.scalar(_PAUSED_AT) is not None


def holds_back(centre: Centre, message: Message) -> bool:
    """Whether a message may not leave now; asked again for every message."""
    since = centre.sending_paused_at
    return since is not None and not (message.kind in AT_THE_DOOR and message.created_at > since)


def pause(session: Session, actor: str) -> None:
    """Let nothing more leave; what a worker holds in its hands at this moment still goes. Twice is once."""
    centre = _locked(session)
    if centre.sending_paused_at is None:
        centre.sending_paused_at = session.scalars(sa.select(sa.func.clock_timestamp())).one()
        centre.sending_paused_by = actor
        record_change(session, actor, "sending_paused", "centre", centre.id)
        session.flush()


def pause_by_hand(session: Session, person: Person) -> None:
    """Pause on a person's word."""
    person.require_role(*STAFF)
    pause(session, person.actor)


def resume(session: Session, person: Person, *, withdrawn: Collection[str] = ()) -> tuple[int, int]:
    """Let messages leave again; those of the kinds ``withdrawn`` that wait are taken back instead.

    Returns how many are let go now and how many were taken back. Twice is once.
    """
    person.require_role(*STAFF)
    centre = _locked(session)
    if centre.sending_paused_at is None:
        return 0, 0
    taken_back = session.execute(
        sa.update(Message)
        .where(Message.status == MessageStatus.CREATED, Message.kind.in_(withdrawn))
        .values(status=MessageStatus.WITHDRAWN, settled_at=sa.func.now(), last_error=None)
        .returning(Message.id)
    ).all()
    let_go = session.scalars(
        sa.update(Message)
        .where(Message.status == MessageStatus.CREATED, Message.last_error == PAUSED)
        .values(available_at=sa.func.now(), last_error=None)
        .returning(Message.id)
    ).all()
    enqueue_all(session, Topic.SEND_MESSAGE, [(number, None) for number in let_go])
    centre.sending_paused_at = centre.sending_paused_by = None
    record_change(
        session, person.actor, "sending_resumed", "centre", centre.id, let_go=len(let_go), taken_back=len(taken_back),
        kinds=sorted(withdrawn),
    )  # fmt: skip
    session.flush()
    return len(let_go), len(taken_back)


def _locked(session: Session) -> Centre:
    centre = the_centre(session)
    session.refresh(centre, with_for_update=True)
    return centre
