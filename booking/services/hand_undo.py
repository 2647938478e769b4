"""Undo and redo of changes by hand: exactly the state before, and exactly the state after, from the journal."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.clock import Clock
from booking.domain.errors import Conflict, IllegalTransition
from booking.domain.ids import RunId
from booking.domain.journal import Entry, HandKind, line_of
from booking.domain.person import Person
from booking.models.hand_changes import HandChange
from booking.services.hand_journal import Done, clean_reason, lock_for_change, refuse, write
from booking.services.hand_states import put_back, same, state_of
from booking.services.proposals import plan_of
from scheduler.verifier import verify


def undo(session: Session, clock: Clock, person: Person, run_id: RunId, version: int, reason: str = "") -> None:
    """Bring back exactly what was before the newest change that stands.

    Raises:
        IllegalTransition: there is nothing to undo, or the run is no longer a proposal.
        Conflict: the plan, or a pin or an exclusion that it touches, was changed meanwhile, by whatever way.
        RuleBroken: what was before does not hold any more beside what has been decided since.
    """
    _turn(session, clock, person, run_id, version, HandKind.UNDO, reason)


def redo(session: Session, clock: Clock, person: Person, run_id: RunId, version: int, reason: str = "") -> None:
    """Do again what was undone last.

    Raises:
        IllegalTransition, Conflict, RuleBroken: as for ``undo``.
    """
    _turn(session, clock, person, run_id, version, HandKind.REDO, reason)


def _turn(
    session: Session, clock: Clock, person: Person, run_id: RunId, version: int, kind: HandKind, reason: str
) -> None:
    lock_for_change(session, person, run_id, version)
    said = clean_reason(reason)
    journal = {
        row.sequence: row
        for row in session.scalars(
            sa.select(HandChange).where(HandChange.run_id == run_id).order_by(HandChange.sequence)
        )
    }
    line = line_of(Entry(row.sequence, row.kind, row.target) for row in journal.values())
    number = line.to_undo if kind is HandKind.UNDO else line.to_redo
    if number is None:
        raise IllegalTransition("there is no change to turn", old="none", new=kind.value)
    entry = journal[number]
    expected, wanted = (entry.after, entry.before) if kind is HandKind.UNDO else (entry.before, entry.after)
    plan = plan_of(session, run_id)
    before = state_of(plan, expected["visits"])
    if not same(before, expected):
        raise Conflict("what this change touched was changed in another way", yours=version, now=version)
    faults = verify(plan.instance, plan.allocation).violations
    put_back(session, plan, wanted)
    restored = plan_of(session, run_id)
    now = verify(restored.instance, restored.allocation).violations
    refuse(violation for violation in now if violation not in faults)
    done = Done(
        kind,
        before,
        state_of(restored, wanted["visits"]),
        reason=said or entry.reason,
        overrides=tuple(entry.overrides) if kind is HandKind.REDO else (),
        target=number,
    )
    write(session, clock, person, restored, done)
