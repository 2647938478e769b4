"""미세먼지: outdoor workplaces are closed for half a day, and a repair with the fewest changes is asked for.

The switch moves nobody. Who is outdoors stays there until somebody publishes the repair; and until then the switch can
be taken back, which opens the workplaces again and puts the repair away.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.clock import Clock, seoul_date
from booking.config import Config
from booking.domain.called_off import BLOCKS
from booking.domain.errors import Conflict, InvalidForm, InvalidInput, NotFound
from booking.domain.person import Person
from booking.domain.school_year import DayBlocks
from booking.domain.states import ACTIVE_RUNS, RunKind, RunStatus
from booking.models.air import AirSwitch
from booking.models.runs import AllocationRun
from booking.models.terms import Slot, Term
from booking.queries.air import broken_visits, outdoors
from booking.services.allocations import STAFF, cancel_run, discard_run, request_repair
from booking.services.history import record_change
from booking.services.outlook_asking import ask_outlook
from booking.services.terms import current_term, lock_term


def slots_of_half(session: Session, term: Term, date: dt.date, blocks: DayBlocks) -> Sequence[Slot]:
    """Return the slots of a day or half of it."""
    return session.scalars(
        sa.select(Slot)
        .where(Slot.term_id == term.id, Slot.date == date, Slot.block.in_(BLOCKS[blocks]))
        .order_by(Slot.block)
    ).all()


def switch_on(
    session: Session, clock: Clock, config: Config, person: Person, half: tuple[dt.date, DayBlocks], *, seen: str
) -> AllocationRun | None:
    """Close outdoor workplaces for a day or half of it, and ask for the repair that moves who is there.

    ``seen`` is the mark of what the page has shown. Returns the repair; None where nobody is outdoors, so that the
    switch only keeps others from being sent there.

    Raises:
        Conflict: the groups are no longer those that were looked at (``changed``).
        InvalidForm: the term has no such day (``out_of_term``), or it is switched on already (``on_already``).
    """
    person.require_role(*STAFF)
    term = current_term(session)
    lock_term(session, term)
    slots = slots_of_half(session, term, *half)
    if not slots:
        raise InvalidForm([InvalidInput(field="date", reason="out_of_term")])
    on = set(session.scalars(sa.select(AirSwitch.slot_id).where(AirSwitch.off_at.is_(None))))
    new = [slot for slot in slots if slot.id not in on]
    if not new:
        raise InvalidForm([InvalidInput(field="date", reason="on_already")])
    found = outdoors(session, [slot.id for slot in slots])
    if found.seen != seen:
        raise Conflict("other groups are outdoors then", reason="changed")
    now = clock.now()
    for slot in new:
        session.add(AirSwitch(slot_id=slot.id, on_at=now, on_by_id=person.user_id))
        moving = [group for group in found.outdoor if group.slot_id == slot.id]
        record_change(
            session, person.actor, "air_switched_on", "term", term.id,
            slot=slot.code, groups=len(moving), pupils=sum(group.pupils for group in moving),
        )  # fmt: skip
    session.flush()
    ask_outlook(session, term.id)
    return request_repair(session, clock, config, term.id, person.actor) if found.outdoor else None


def switch_off(session: Session, clock: Clock, config: Config, person: Person, number: int) -> bool:
    """Open the workplaces again, and put the repairs away that were made while they were closed.

    What was published stays as it is. A repair for anything else that is broken is asked for anew. Returns whether a
    repair was put away.

    Raises:
        NotFound: there is no such switch.
        Conflict: it is off already (``off``), or a repair is being made just now (``solving``).
    """
    person.require_role(*STAFF)
    term = current_term(session)
    lock_term(session, term)
    switch = session.get(AirSwitch, number, with_for_update=True, populate_existing=True)
    if switch is None or switch.slot.term_id != term.id:
        raise NotFound(f"air switch {number}")
    if switch.off_at is not None:
        raise Conflict("it is switched off already", reason="off")
    made = session.scalars(
        sa.select(AllocationRun)
        .where(
            AllocationRun.term_id == term.id,
            AllocationRun.kind == RunKind.REPAIR,
            AllocationRun.status.in_([*ACTIVE_RUNS, RunStatus.PROPOSED]),
            AllocationRun.created_at >= switch.on_at,
        )
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()
    if any(run.status is RunStatus.SOLVING for run in made):
        raise Conflict("a repair is being made", reason="solving")
    switch.off_at, switch.off_by_id = clock.now(), person.user_id
    for run in made:
        put_away = cancel_run if run.status is RunStatus.QUEUED else discard_run
        put_away(session, clock, person, run.id)
    record_change(session, person.actor, "air_switched_off", "term", term.id, slot=switch.slot.code, repairs=len(made))
    session.flush()
    if made and broken_visits(session, term.id, seoul_date(clock.now())):
        request_repair(session, clock, config, term.id, person.actor)
    ask_outlook(session, term.id)
    return bool(made)
