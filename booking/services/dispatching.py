"""인솔 파견: coaches for the schools that have too few adults, asked by message, told of changes, called back.

Which schools need how many follows from the plan as it stands; :func:`refresh_dispatches` brings the dispatches in step
with it and may run at any time. Whoever has said yes is called back last.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload, selectinload

from booking.clock import Clock, seoul_date
from booking.config import Config
from booking.domain.ids import CoachId, SchoolId, SlotId, TermId
from booking.domain.states import DISPATCH_STEPS, LIVE_DISPATCHES, LIVE_VISITS, DispatchStatus, MessageStatus, step
from booking.models.coaches import Coach, CoachAvailability
from booking.models.dispatches import CoachDispatch
from booking.models.messages import Message
from booking.models.requests import Request
from booking.models.schools import School
from booking.models.terms import Slot, Term
from booking.models.visits import Visit
from booking.notify.catalogue import Kind
from booking.queries.coaches import can_go, dispatch_loads, needed_by_school
from booking.services.history import record_change
from booking.services.messages import Draft, withdraw_messages, write_message
from booking.services.notices import LEFT
from booking.services.terms import the_centre

Place = tuple[SlotId, SchoolId]
#: what may change without the coach being told: it is not about where and when
_SILENT = frozenset({"sequence", "accepted", "answer_by"})
ACTOR = "worker"


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A coach who could be sent along: trained, promised for the time, free then, sent least often so far."""

    slot: Slot
    school: School
    coach: Coach
    load: int


def dispatch_subject(dispatch: CoachDispatch) -> str:
    """How messages name a dispatch."""
    return f"dispatch:{dispatch.id}"


def live_dispatches(session: Session, term_id: TermId, since: dt.date) -> dict[Place, list[CoachDispatch]]:
    """Return the dispatches that stand, by slot and school: whoever has said yes first, then the oldest."""
    rows = session.scalars(
        sa.select(CoachDispatch)
        .join(Slot, Slot.id == CoachDispatch.slot_id)
        .where(Slot.term_id == term_id, Slot.date >= since, CoachDispatch.status.in_(LIVE_DISPATCHES))
        .options(joinedload(CoachDispatch.slot), joinedload(CoachDispatch.school), joinedload(CoachDispatch.coach))
        .order_by(CoachDispatch.id)
        .execution_options(populate_existing=True)
    )
    found: defaultdict[Place, list[CoachDispatch]] = defaultdict(list)
    for dispatch in rows:
        found[dispatch.slot_id, dispatch.school_id].append(dispatch)
    return {
        place: sorted(standing, key=lambda one: one.status is not DispatchStatus.ACCEPTED)
        for place, standing in found.items()
    }


def refresh_dispatches(
    session: Session,
    clock: Clock,
    config: Config,
    term: Term,
    *,
    at: dt.datetime | None = None,
    disturb: bool = False,
) -> int:
    """Call back who is no longer needed and tell the others what has changed; returns how many dispatches that was.

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
    for place, dispatches in standing.items():
        for dispatch in dispatches[wanted[place] :]:
            call_back(session, dispatch, ACTOR, when, disturb=disturb)
            touched += 1
        for dispatch in dispatches[: wanted[place]]:
            touched += _tell_changes(session, dispatch, facts.get(place), when)
    if the_centre(session).repairs_itself:
        touched += len(send(session, clock, config, suggestions(session, term, today), ACTOR))
    session.flush()
    return touched


def suggestions(session: Session, term: Term, today: dt.date) -> list[Suggestion]:
    """Return whom to send where somebody is missing, in the order of the calendar; places nobody can fill are left out.

    Of those who can, the one who is sent least often goes, so that the load is spread.
    """
    wanted = needed_by_school(session, term.id)
    standing = live_dispatches(session, term.id, today)
    missing = Counter({place: number - len(standing.get(place, ())) for place, number in wanted.items()})
    slots = {
        slot.id: slot
        for slot in session.scalars(
            sa.select(Slot).where(Slot.id.in_({slot for slot, _ in missing}), Slot.date > today)
        )
    }
    places = sorted(
        (place for place, number in missing.items() if number > 0 and place[0] in slots),
        key=lambda place: (slots[place[0]].date, slots[place[0]].block, place[1]),
    )
    if not places:
        return []
    schools = {
        school.id: school
        for school in session.scalars(sa.select(School).where(School.id.in_({school for _, school in places})))
    }
    free = _free_coaches(session, slots)
    loads = dispatch_loads(session, term.id)
    found = []
    for place in places:
        slot_id, school_id = place
        for _ in range(missing[place]):
            if not free[slot_id]:
                break
            coach = min(free[slot_id], key=lambda one: (loads[one.id], one.id))
            free[slot_id].remove(coach)
            found.append(Suggestion(slots[slot_id], schools[school_id], coach, loads[coach.id]))
            loads[coach.id] += 1
    return found


def _free_coaches(session: Session, slots: Iterable[SlotId]) -> defaultdict[SlotId, list[Coach]]:
    """Who is promised for each slot, trained, and neither sent then nor has declined then."""
    said = sa.select(CoachDispatch.id).where(
        CoachDispatch.coach_id == Coach.id,
        CoachDispatch.slot_id == CoachAvailability.slot_id,
        CoachDispatch.status != DispatchStatus.CANCELLED,
    )
    rows = session.execute(
        sa.select(CoachAvailability.slot_id, Coach)
        .join(Coach, Coach.id == CoachAvailability.coach_id)
        .join(Slot, Slot.id == CoachAvailability.slot_id)
        .where(CoachAvailability.slot_id.in_(set(slots)), can_go(), ~said.exists())
        .order_by(Coach.id)
    )
    found: defaultdict[SlotId, list[Coach]] = defaultdict(list)
    for slot, coach in rows:
        found[slot].append(coach)
    return found


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
            Visit.status.in_(LIVE_VISITS),
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


def forget_coach(session: Session, coach_id: CoachId, slot_id: SlotId) -> None:
    """Take a half-day from what a coach has promised: it was the coach who said so."""
    session.execute(
        sa.delete(CoachAvailability).where(CoachAvailability.coach_id == coach_id, CoachAvailability.slot_id == slot_id)
    )
