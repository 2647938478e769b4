"""The journal of changes by hand: who may write into it, and how a line is written."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.clock import Clock
from booking.domain.errors import Conflict, IllegalTransition, InvalidInput, RuleBroken
from booking.domain.ids import RunId
from booking.domain.journal import REASON_LENGTH, HandKind
from booking.domain.person import Person
from booking.domain.states import RunStatus
from booking.models.hand_changes import HandChange
from booking.services.allocations import STAFF, find_run
from booking.services.hand_states import State
from booking.services.history import record_change
from booking.services.proposals import LoadedPlan
from scheduler.verifier import Violation

#: how the history names each kind
_ACTIONS: dict[HandKind, str] = {
    HandKind.MOVE: "proposal_moved",
    HandKind.SWAP: "proposals_swapped",
    HandKind.SPLIT: "groups_split",
    HandKind.PIN: "pinned",
    HandKind.UNPIN: "unpinned",
    HandKind.EXCLUDE: "workplace_excluded",
    HandKind.ADMIT: "workplace_admitted",
    HandKind.SHEET: "proposal_moved",
    HandKind.UNDO: "hand_undone",
    HandKind.REDO: "hand_redone",
}


@dataclass(frozen=True, slots=True)
class Done:
    """A change as it was carried out; ``target`` is the sequence of what an undo or a redo is about."""

    kind: HandKind
    before: State
    after: State
    reason: str = ""
    overrides: tuple[str, ...] = ()
    target: int | None = None


def lock_for_change(session: Session, person: Person, run_id: RunId, version: int) -> None:
    """Lock a run whose plan is about to be changed.

    Raises:
        Forbidden: not the coordinator's.
        NotFound: there is no such run.
        IllegalTransition: it is no proposal (any more).
        Conflict: somebody changed the plan since ``version``.
    """
    person.require_role(*STAFF)
    run = find_run(session, run_id, lock=True)
    if run.status is not RunStatus.PROPOSED:
        raise IllegalTransition("only a proposal is changed by hand", old=run.status.value, new=run.status.value)
    if run.version != version:
        raise Conflict("the plan was changed meanwhile", yours=version, now=run.version)


def clean_reason(text: str) -> str:
    """Return a reason in one line.

    Raises:
        InvalidInput: it is longer than a sentence or two.
    """
    reason = " ".join(text.split())
    if len(reason) > REASON_LENGTH:
        raise InvalidInput(field="reason", reason="too_long")
    return reason


def refuse(violations: Iterable[Violation]) -> None:
    """Refuse a plan for hard rules that it breaks.

    Raises:
        RuleBroken: naming each (``facts['violations']``).
    """
    broken_rules = [str(violation) for violation in violations]
    if broken_rules:
        raise RuleBroken("the change breaks a rule", violations=broken_rules)


def write(session: Session, clock: Clock, person: Person, plan: LoadedPlan, done: Done) -> None:
    """Add the next line of the journal, and one to the history of each request that it touches."""
    last = session.scalar(sa.select(sa.func.max(HandChange.sequence)).where(HandChange.run_id == plan.run.id)) or 0
    session.add(
        HandChange(
            run_id=plan.run.id,
            sequence=last + 1,
            kind=done.kind,
            target=done.target,
            at=clock.now(),
            actor_id=person.user_id,
            reason=done.reason,
            overrides=list(done.overrides),
            before=done.before,
            after=done.after,
            run_version=plan.run.version,
        )
    )
    for code, visit in done.after["visits"].items():
        record_change(
            session,
            person.actor,
            _ACTIONS[done.kind],
            "request",
            plan.by_code[code].request_id,
            reason=done.reason or None,
            run=plan.run.id,
            sequence=last + 1,
            slot_before=done.before["visits"][code]["slot"],
            slot=visit["slot"],
            overrides=list(done.overrides),
        )
    session.flush()
