"""재배정을 저절로 적용: a repair that disturbs nobody is published without a person, where the centre wants that.

It disturbs nobody where every class that changes had lost a place, stays at its date and block, and keeps each
workplace that has said yes. Everything else waits for the coordinator, as every repair does where the setting is off.
"""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session, sessionmaker

from booking.clock import Clock
from booking.config import Config
from booking.db import transaction
from booking.domain.errors import BookingError
from booking.domain.ids import RunId
from booking.domain.states import GroupStatus, RunKind, RunStatus
from booking.log import get_logger
from booking.models.terms import Term
from booking.services.allocations import find_run
from booking.services.history import record_change
from booking.services.placing import live_groups
from booking.services.publication import Change, changes_of, load_proposals, load_visits, sizes
from booking.services.publishing import publish_as
from booking.services.terms import lock_term, the_centre

log = get_logger(__name__)
#: who acts where nobody does
ACTOR = "worker"


def disturbs_nobody(changes: Collection[Change]) -> bool:
    """Whether a publication with these changes needs no person; without any it is none."""
    return bool(changes) and all(_mends(change) for change in changes)


def _mends(change: Change) -> bool:
    if change.kind != "regrouped" or change.visit is None:
        return False
    standing = live_groups(change.visit)
    wanted = sizes(change.proposal.groups)
    had_lost = sum(group.pupils for group in standing) != change.proposal.request.pupils
    keeps = all(
        wanted.get(group.workplace_id) == group.pupils for group in standing if group.status is GroupStatus.ACCEPTED
    )
    return had_lost and keeps


def apply_repair(session: Session, clock: Clock, config: Config, run_id: RunId) -> bool:
    """Publish a proposed repair that disturbs nobody; returns whether it was.

    Raises:
        StalePlan, RuleBroken, PhaseClosed: as publishing does; nothing has changed.
    """
    if not the_centre(session).repairs_itself:
        return False
    run = find_run(session, run_id)
    lock_term(session, session.get_one(Term, run.term_id))
    session.refresh(run)
    if run.kind is not RunKind.REPAIR or run.status is not RunStatus.PROPOSED:
        return False
    proposals = load_proposals(session, run_id)
    visits = load_visits(session, [proposal.request_id for proposal in proposals])
    if not disturbs_nobody(changes_of(proposals, visits)):
        return False
    publish_as(session, clock, config, ACTOR, run_id, run.version)
    record_change(session, ACTOR, "repair_applied", "run", run_id)
    return True


def try_to_apply(sessions: sessionmaker[Session], clock: Clock, config: Config, run_id: RunId) -> None:
    """Apply a repair, or leave it for the coordinator. An edge: it commits. What hinders it hinders nobody else."""
    try:
        with sessions() as session, transaction(session):
            applied = apply_repair(session, clock, config, run_id)
    except (BookingError, DBAPIError) as error:
        log.warning("repair_not_applied", run=run_id, error=type(error).__name__)
    else:
        log.info("repair_applied" if applied else "repair_waits", run=run_id)
