"""한마디: a few words beside answers. Nobody but the office reads them until somebody there has looked at them."""

from __future__ import annotations

import datetime as dt

from sqlalchemy.orm import Session

from booking.clock import Clock
from booking.domain.contacts import clean_line
from booking.domain.errors import Conflict, InvalidInput, NotFound
from booking.domain.ids import RemarkId, SessionId, VisitId, WorkplaceId
from booking.domain.person import Person
from booking.domain.satisfaction import LONGEST_REASON, LONGEST_REMARK, RemarkState, clean_remark
from booking.models.satisfaction import Remark
from booking.queries.satisfaction import remark_of
from booking.services.allocations import STAFF
from booking.services.history import record_change


def write_remark(
    session: Session,
    clock: Clock,
    text: str,
    *,
    visit_id: VisitId | None = None,
    session_id: SessionId | None = None,
    at: tuple[WorkplaceId, dt.date] | None = None,
) -> None:
    """Keep the words beside some answers; other words than before wait to be looked at again, none take them away.

    Words that somebody has shortened or hidden stay so when the form that showed them is sent once more.

    Raises:
        InvalidInput: they are too long (``remark``).
    """
    said = clean_remark(text)
    known = remark_of(session, visit_id=visit_id, session_id=session_id, at=at)
    if known is None and said:
        place, date = at or (None, None)
        session.add(
            Remark(
                visit_id=visit_id, session_id=session_id, workplace_id=place, date=date, text=said,
                state=RemarkState.NEW, cut=False, at=clock.now(),
            )
        )  # fmt: skip
    elif known is not None and not said:
        session.delete(known)
    elif known is not None and known.text != said:
        known.text, known.at, known.cut = said, clock.now(), False
        known.state, known.reason = RemarkState.NEW, None
        known.moderated_at = known.moderated_by_id = None
    session.flush()


def moderate(
    session: Session,
    clock: Clock,
    person: Person,
    remark_id: RemarkId,
    state: RemarkState,
    *,
    seen: int,
    text: str,
    reason: str,
) -> Remark:
    """Let a remark be seen, with what says who somebody is taken out of it, or hide it and say why.

    What is taken out is kept nowhere, the history included.

    Raises:
        NotFound: there is no such remark.
        InvalidInput: hidden without a reason (``reason``), or nothing would be left (``text``).
        Conflict: its words changed, or somebody else looked at it meanwhile.
    """
    person.require_role(*STAFF)
    remark = session.get(Remark, remark_id, with_for_update=True, populate_existing=True)
    if remark is None or state is RemarkState.NEW:
        raise NotFound(f"remark {remark_id}")
    if remark.version != seen:
        raise Conflict(f"remark {remark_id} has changed", yours=seen, now=remark.version)
    why = clean_line(reason, "reason", LONGEST_REASON) if state is RemarkState.HIDDEN else None
    if state is RemarkState.SHOWN:
        words = clean_line(text, "text", LONGEST_REMARK)
        if len(words) > LONGEST_REMARK:
            raise InvalidInput(field="text", reason="too_long", most=LONGEST_REMARK)
        remark.cut = remark.cut or words != remark.text
        remark.text = words
    remark.state, remark.reason = state, why
    remark.moderated_at, remark.moderated_by_id = clock.now(), person.user_id
    action = "remark_shown" if state is RemarkState.SHOWN else "remark_hidden"
    record_change(session, person.actor, action, "remark", remark_id, reason=why, cut=remark.cut)
    session.flush()
    return remark
