"""대신 부탁드린 일터: one that was asked in another's stead and is silent by its deadline gives way to the next.

Only where the centre lets repairs apply themselves; elsewhere the workplace stands on the list of calls. Whoever has
left word (another time, a call) is not silent.
"""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session, contains_eager, selectinload

from booking.clock import Clock, seoul_date
from booking.config import Config
from booking.domain.answers import SILENT
from booking.domain.states import GROUP_STEPS, GroupStatus, MessageStatus, VisitStatus, step
from booking.models.messages import Message
from booking.models.requests import ExcludedWorkplace
from booking.models.terms import Slot, Term
from booking.models.visits import Visit, VisitGroup, WorkplaceNotice
from booking.models.workplace_words import WorkplaceNote
from booking.services.allocations import request_repair
from booking.services.history import record_change
from booking.services.notices import Pair, refresh_notices
from booking.services.outlook_asking import ask_outlook
from booking.services.terms import lock_term, the_centre

#: the question may still be on its way
_ON_ITS_WAY = (MessageStatus.CREATED, MessageStatus.SENDING)
ACTOR = "worker"


def pass_over_silent(session: Session, clock: Clock, config: Config) -> int:
    """Take the place from reserves whose time is over and ask for a repair; returns how many groups were freed.

    Safe at any time, by anybody: a group is freed once, and an answer that comes at the same moment wins or loses as a
    whole.
    """
    term = session.scalar(sa.select(Term).where(Term.is_current))
    if term is None or not the_centre(session).repairs_itself:
        return 0
    today = seoul_date(clock.now())
    if session.scalar(_overdue(term, today).with_only_columns(VisitGroup.id).limit(1)) is None:
        return 0
    lock_term(session, term)
    groups = session.scalars(
        _overdue(term, today)
        .options(
            contains_eager(VisitGroup.visit).contains_eager(Visit.slot),
            contains_eager(VisitGroup.visit).selectinload(Visit.groups),
        )
        .execution_options(populate_existing=True)
    ).all()
    touched: set[Pair] = set()
    for group in groups:
        group.status = step(GROUP_STEPS, group.status, GroupStatus.EXPIRED)
        group.status = step(GROUP_STEPS, group.status, GroupStatus.RELEASED)
        group.answer_reason = SILENT
        request_id = group.visit.request_id
        if session.get(ExcludedWorkplace, (request_id, group.workplace_id)) is None:
            session.add(ExcludedWorkplace(request_id=request_id, workplace_id=group.workplace_id, reason=SILENT))
        touched.add((group.workplace_id, group.visit.slot.date))
        record_change(session, ACTOR, "group_expired", "group", group.id, request=request_id)
    session.flush()
    if groups:
        refresh_notices(session, clock, config, touched)
        request_repair(session, clock, config, term.id, ACTOR)
        ask_outlook(session, term.id)
        session.flush()
    return len(groups)


def _overdue(term: Term, today: object) -> sa.Select[VisitGroup]:
    about = sa.select(Message.id).where(
        Message.subject == sa.func.concat("notice:", WorkplaceNotice.id), Message.version == WorkplaceNotice.version
    )
    word = sa.select(WorkplaceNote.id).where(
        WorkplaceNote.workplace_id == VisitGroup.workplace_id, WorkplaceNote.settled_at.is_(None)
    )
    return (
        sa.select(VisitGroup)
        .join(VisitGroup.visit)
        .join(Visit.slot)
        .join(
            WorkplaceNotice,
            sa.and_(WorkplaceNotice.workplace_id == VisitGroup.workplace_id, WorkplaceNotice.date == Slot.date),
        )
        .where(
            Slot.term_id == term.id,
            Slot.date > today,
            VisitGroup.reserve,
            VisitGroup.status == GroupStatus.ASKED,
            Visit.status == VisitStatus.PUBLISHED,
            WorkplaceNotice.answer_by < today,
            about.where(Message.status != MessageStatus.WITHDRAWN).exists(),
            ~about.where(Message.status.in_(_ON_ITS_WAY)).exists(),
            ~word.exists(),
        )
        .options(selectinload(VisitGroup.workplace))
        .order_by(VisitGroup.id)
    )
