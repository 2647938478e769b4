"""인솔 파견: coaches for the schools that have too few adults, asked by message, told of changes, called back.

Which schools need how many follows from the plan as it stands; :func:`refresh_dispatches` brings the dispatches in step
with it and may run at any time. Whoever has said yes is called back last.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, selectinload

from booking.clock import Clock, seoul_date
from booking.config import Config
from booking.domain.ids import CoachId, SlotId
from booking.domain.states import DISPATCH_STEPS, DispatchStatus, MessageStatus, step
from booking.models.coaches import Coach, CoachAvailability
from booking.models.dispatches import CoachDispatch
from booking.models.messages import Message
from booking.models.requests import Request
from booking.models.terms import Slot, Term
from booking.models.visits import Visit
from booking.notify.catalogue import Kind
from booking.queries.coaches import AGREED, can_go, needed_by_school
from booking.queries.dispatches import Place, live_dispatches
from booking.services.coach_suggestions import WORKER, Suggestion, suggestions
from booking.services.history import record_change
from booking.services.messages import Draft, withdraw_messages, write_message
from booking.services.notices import LEFT
from booking.services.terms import the_centre

#: what may change without the coach being told: it is not about where and when
_SILENT = frozenset({"sequence", "accepted", "answer_by"})


def dispatch_subject(dispatch: CoachDispatch) -> str:
    """How messages name a dispatch."""
    return f"dispatch:{dispatch.id}"


def refresh_dispatches(
    session: Session,
    clock: Clock,
    config: Config,
    term: Term,
    *,
    at: dt.datetime | None = None,
    disturb: bool = False,
) -> int:
    """Call back who is no longer needed or can no longer go, and tell the others what has changed.

    Returns how many dispatches became different.

    Where the centre lets repairs apply themselves, whoever is missing is asked from the pool. ``at``: when the messages
    leave; else after the settling time. ``disturb``: who is called back is told in the quiet hours too. The term is
    locked.
    """
    session.flush()
    now = clock.now()
    today = seoul_date(now)
    when = at or now + dt.timedelta(seconds=config.settle_seconds)
    wanted = needed_by_school(session, term.id)
    touched = 0
    standing = live_dispatches(session, term.id, today)
    facts = _facts_at(session, standing)
    able = _able(session, standing)
    for place, dispatches in standing.items():
        staying = [one for one in dispatches if (one.coach_id, one.slot_id) in able][: wanted[place]]
        for dispatch in dispatches:
            if dispatch in staying:
                touched += _tell_changes(session, dispatch, facts.get(place), when)
            else:
                call_back(session, dispatch, WORKER, when, disturb=disturb)
                touched += 1
    if the_centre(session).repairs_itself:
        touched += len(send(session, clock, config, suggestions(session, term, today, by_itself=True), WORKER))
    session.flush()
    return touched


def _able(session: Session, places: Iterable[Place]) -> set[tuple[CoachId, SlotId]]:
    """Who is still promised for these slots, trained and with the centre."""
    rows = session.execute(
        sa.select(CoachAvailability.coach_id, CoachAvailability.slot_id)
        .join(Coach, Coach.id == CoachAvailability.coach_id)
        .join(Slot, Slot.id == CoachAvailability.slot_id)
        .where(CoachAvailability.slot_id.in_({slot for slot, _ in places}), can_go())
    )
    return {(coach, slot) for coach, slot in rows}


def send(
    session: Session, clock: Clock, config: Config, chosen: Sequence[Suggestion], actor: str
) -> list[CoachDispatch]:
    """Ask these coaches; the database lets nobody be sent to two schools at once."""
    now = clock.now()
    today, days = seoul_date(now), dt.timedelta(days=the_centre(session).answer_days)
    facts = _facts_at(session, {(one.slot.id, one.school.id) for one in chosen})
    made = []
    for one in chosen:
        known = facts.get((one.slot.id, one.school.id))
        if known is None:
            continue
        answer_by = max(today, min(today + days, one.slot.date - dt.timedelta(days=1)))
        dispatch = CoachDispatch(
            coach_id=one.coach.id, school_id=one.school.id, slot_id=one.slot.id, status=DispatchStatus.ASKED,
            version=1, facts=known, answer_by=answer_by, created_at=now,
        )  # fmt: skip
        session.add(dispatch)
        session.flush()
        dispatch.facts = {**known, "uid": f"dispatch-{dispatch.id}"}
        record_change(session, actor, "coach_sent", "coach", one.coach.id, slot=one.slot.code, school=one.school.id)
        tell(session, dispatch, Kind.COACH_DISPATCHED, now + dt.timedelta(seconds=config.settle_seconds))
        made.append(dispatch)
    session.flush()
    return made


def call_back(
    session: Session, dispatch: CoachDispatch, actor: str, when: dt.datetime, *, disturb: bool = False
) -> None:
    """Cancel a dispatch. A coach who has neither been told of it nor answered is not told of its end either."""
    known = dispatch.status is DispatchStatus.ACCEPTED or session.scalar(
        sa.select(Message.id).where(Message.subject == dispatch_subject(dispatch), Message.status.in_(LEFT)).limit(1)
    )
    dispatch.status = step(DISPATCH_STEPS, dispatch.status, DispatchStatus.CANCELLED)
    dispatch.cancelled_by = actor
    dispatch.version += 1
    withdraw_messages(session, dispatch_subject(dispatch), below_version=dispatch.version)
    withdraw_messages(session, day_subject(dispatch), below_version=2)
    record_change(session, actor, "coach_called_back", "coach", dispatch.coach_id, slot=dispatch.slot.code)
    if known:
        tell(session, dispatch, Kind.COACH_CANCELLED, when, disturb=disturb)


def day_subject(dispatch: CoachDispatch) -> str:
    """How the reminder of the day before names a dispatch."""
    return f"dispatch-day:{dispatch.id}"


def tell(session: Session, dispatch: CoachDispatch, kind: Kind, when: dt.datetime, *, disturb: bool = False) -> None:
    """Write one message about a dispatch at its present version."""
    facts = {
        **dispatch.facts,
        "sequence": dispatch.version,
        "answer_by": dispatch.answer_by.isoformat(),
        "accepted": dispatch.status is DispatchStatus.ACCEPTED,
    }
    subject = dispatch_subject(dispatch)
    write_message(session, Draft(kind, dispatch.coach, subject, dispatch.version, facts, when, disturb=disturb))


def _tell_changes(session: Session, dispatch: CoachDispatch, now: dict[str, Any] | None, when: dt.datetime) -> int:
    """Tell a coach of a dispatch that has become another; a yes stands, and can be taken back on the new link."""
    if now is None or {**now, "uid": ""} == {**_bare(dispatch.facts), "uid": ""}:
        return 0
    dispatch.version += 1
    dispatch.facts = {**now, "uid": dispatch.facts["uid"]}
    withdraw_messages(session, dispatch_subject(dispatch), below_version=dispatch.version)
    kind = Kind.COACH_CHANGED if _has_left(session, dispatch) else Kind.COACH_DISPATCHED
    tell(session, dispatch, kind, when)
    return 1


def _bare(facts: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in facts.items() if name not in _SILENT}


def _has_left(session: Session, dispatch: CoachDispatch) -> bool:
    about = sa.select(Message.id).where(
        Message.subject == dispatch_subject(dispatch),
        Message.status.in_([*LEFT, MessageStatus.FAILED]),
    )
    return session.scalar(about.limit(1)) is not None


def _facts_at(session: Session, places: Iterable[Place]) -> dict[Place, dict[str, Any]]:
    """What a coach needs to know of each school at each slot: when, where, which classes, how many."""
    wanted = set(places)
    rows = session.scalars(
        sa.select(Visit)
        .join(Visit.request)
        .where(
            Visit.slot_id.in_({slot for slot, _ in wanted}),
            Request.school_id.in_({school for _, school in wanted}),
            Visit.status.in_(AGREED),
        )
        .options(selectinload(Visit.slot), selectinload(Visit.request).selectinload(Request.school))
        .order_by(Request.code)
        .execution_options(populate_existing=True)
    )
    visits: defaultdict[Place, list[Visit]] = defaultdict(list)
    for visit in rows:
        visits[visit.slot_id, visit.request.school_id].append(visit)
    return {place: _facts(visits[place]) for place in wanted if visits[place]}


def _facts(visits: Sequence[Visit]) -> dict[str, Any]:
    slot, school = visits[0].slot, visits[0].request.school
    starts, ends = school.hours(slot.block)
    return {
        "uid": "",
        "school": school.name,
        "school_sms": school.sms_name,
        "address": school.address,
        "date": slot.date.isoformat(),
        "block": slot.block.value,
        "starts": starts.strftime("%H:%M"),
        "ends": ends.strftime("%H:%M"),
        "classes": [{"label": visit.request.label, "pupils": visit.request.pupils} for visit in visits],
    }
