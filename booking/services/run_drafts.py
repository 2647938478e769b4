"""Drafts side by side: how one is called, that it is kept, and which older ones are put away when a new one comes."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.clock import Clock
from booking.domain.errors import Conflict, IllegalTransition, InvalidForm, InvalidInput
from booking.domain.ids import RunId
from booking.domain.person import Person
from booking.domain.states import RUN_STEPS, RunKind, RunStatus, step
from booking.models.runs import AllocationRun, Proposal
from booking.services.allocations import STAFF, find_run
from booking.services.history import record_change

NAME_LENGTH = 60
#: as many drafts of a term, the new one included, as can be compared side by side; older ones are put away
SIDE_BY_SIDE = 4


def _proposed(session: Session, run_id: RunId) -> AllocationRun:
    run = find_run(session, run_id, lock=True)
    if run.status is not RunStatus.PROPOSED:
        raise IllegalTransition("only a draft is named or kept", old=run.status.value, new=run.status.value)
    return run


def _write(session: Session, run: AllocationRun, **values: object) -> None:
    """Change what is about the draft and not in its plan: its version stays, and with it every page of the plan."""
    session.execute(sa.update(AllocationRun).where(AllocationRun.id == run.id).values(**values))
    session.refresh(run, list(values))


def name_draft(session: Session, person: Person, run_id: RunId, name: str, before: str) -> None:
    """Call a draft by a name, or by its number again (empty); a draft with a name is kept.

    ``before`` is the name that the person saw.

    Raises:
        Conflict: somebody else has named it meanwhile.
        IllegalTransition: it is no draft (any more).
        InvalidForm: the name is too long, or holds what no name may hold.
    """
    person.require_role(*STAFF)
    wanted = " ".join(name.split())
    if len(wanted) > NAME_LENGTH:
        raise InvalidForm([InvalidInput(field="name", reason="too_long")])
    if "<" in wanted or ">" in wanted:
        raise InvalidForm([InvalidInput(field="name", reason="markup")])
    run = _proposed(session, run_id)
    if (run.name or "") == wanted:
        return
    if (run.name or "") != before:
        raise Conflict("the draft was named meanwhile", yours=before, now=run.name)
    _write(session, run, name=wanted or None, kept=run.kept or (bool(wanted) and run.kind is RunKind.TERM))
    record_change(session, person.actor, "draft_named", "run", run.id, name=wanted or None)


def keep_draft(session: Session, person: Person, run_id: RunId, *, kept: bool) -> None:
    """Keep a draft whatever comes after it, or leave it to be put away; pressing twice does nothing more.

    Raises:
        IllegalTransition: it is no draft (any more).
    """
    person.require_role(*STAFF)
    run = _proposed(session, run_id)
    if run.kept == kept:
        return
    _write(session, run, kept=kept)
    record_change(session, person.actor, "draft_kept" if kept else "draft_let_go", "run", run.id)


def put_away_older(session: Session, clock: Clock, run: AllocationRun) -> None:
    """Put away the drafts that a new one replaces.

    Of repairs there is one: the newest knows everything that the older ones knew. Of the term's drafts those that are
    kept or were changed by hand stay, and beside the new one the newest of the others.
    """
    by_hand = sa.exists().where(Proposal.run_id == AllocationRun.id, Proposal.by_hand)
    older = sa.select(AllocationRun).where(
        AllocationRun.term_id == run.term_id,
        AllocationRun.kind == run.kind,
        AllocationRun.status == RunStatus.PROPOSED,
        AllocationRun.id != run.id,
    )
    if run.kind is RunKind.TERM:
        free = older.where(~AllocationRun.kept, ~by_hand)
        older = free.order_by(AllocationRun.id.desc()).offset(SIDE_BY_SIDE - 1)
    for other in session.scalars(older.with_for_update()):
        other.status = step(RUN_STEPS, other.status, RunStatus.DISCARDED)
        other.finished_at = other.finished_at or clock.now()
        record_change(session, "worker", "run_discarded", "run", other.id, by=run.id)
