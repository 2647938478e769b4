"""제안 찾기: starting and stopping a search for offers, and who holds it while it is searched.

A search is a job as a run is: no transaction is open while the engine works, its row carries a lease, and whoever finds
the lease run out takes it up again. After the third time it is failed, for a person to start again.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, sessionmaker

from booking.clock import Clock
from booking.config import Config
from booking.db import transaction
from booking.domain.errors import IllegalTransition, NotFound, SearchAlreadyActive, StalePlan
from booking.domain.ids import RunId, SearchId, TermId
from booking.domain.person import Person
from booking.domain.phases import Action, require
from booking.domain.states import ACTIVE_SEARCHES, SEARCH_STEPS, RunStatus, SearchStatus, step
from booking.domain.topics import Topic
from booking.models.offers import OfferSearch
from booking.models.terms import Term
from booking.services.allocations import STAFF, find_run
from booking.services.history import record_change
from booking.services.instance_builder import facts_now
from booking.services.lease_keeper import LeaseKeeper
from booking.services.outbox import enqueue
from booking.services.terms import phase_today

LEASE = dt.timedelta(seconds=60)
MAX_ATTEMPTS = 3
WORKER_DIED = "worker_died"
#: runs with a plan that offers can be looked for in
SEARCHABLE = frozenset({RunStatus.PROPOSED, RunStatus.PUBLISHED})


def start_search(session: Session, clock: Clock, config: Config, person: Person, run_id: RunId) -> OfferSearch:
    """Queue a search for offers in the plan of a run; its job is written in the same transaction.

    Raises:
        Forbidden: not the coordinator's.
        IllegalTransition: the run is neither a proposal nor published.
        StalePlan: a proposal whose facts have changed; it cannot be published either.
        PhaseClosed: nothing is allocated in this phase.
        SearchAlreadyActive: one of this term is waiting or at work.
    """
    person.require_role(*STAFF)
    run = find_run(session, run_id)
    term = session.get_one(Term, run.term_id)
    require(phase_today(term, clock), Action.ALLOCATE)
    if run.status not in SEARCHABLE:
        raise IllegalTransition("only a plan that can be used is searched", old=run.status.value, new="searched")
    if run.status is RunStatus.PROPOSED and facts_now(session, clock, term) != run.facts_sha256:
        raise StalePlan("requests or workplaces have changed since the run", run=run_id)
    search = OfferSearch(
        term_id=term.id,
        run_id=run.id,
        status=SearchStatus.QUEUED,
        created_by_id=person.user_id,
        created_at=clock.now(),
        time_limit=config.solver_seconds,
    )
    try:
        with session.begin_nested():
            session.add(search)
            session.flush()
    except IntegrityError as error:
        raise SearchAlreadyActive("offers are being looked for") from error
    enqueue(session, Topic.FIND_OFFERS, search.id)
    record_change(session, person.actor, "offer_search_started", "run", run.id, search=search.id)
    return search


def find_search(session: Session, search_id: SearchId, *, lock: bool = False) -> OfferSearch:
    """Return a search, locked against others where it is going to be changed.

    Raises:
        NotFound: there is none.
    """
    search = session.get(OfferSearch, search_id, with_for_update=lock, populate_existing=lock)
    if search is None:
        raise NotFound(f"search {search_id}")
    return search


def newest_search(session: Session, term_id: TermId, status: SearchStatus | None = None) -> OfferSearch | None:
    """Return the last search of a term, whatever became of it; the last in one state, where that is named."""
    query = sa.select(OfferSearch).where(OfferSearch.term_id == term_id).order_by(OfferSearch.id.desc()).limit(1)
    return session.scalar(query if status is None else query.where(OfferSearch.status == status))


def cancel_search(session: Session, clock: Clock, person: Person, search_id: SearchId) -> None:
    """Stop a search; what was found before stays as it was. One that has ended stays ended."""
    person.require_role(*STAFF)
    search = find_search(session, search_id, lock=True)
    if search.status is SearchStatus.QUEUED:
        _end(session, clock, search, SearchStatus.CANCELLED, person.actor)
    elif search.status is SearchStatus.SEARCHING:
        search.cancel_requested = True


def _end(
    session: Session, clock: Clock, search: OfferSearch, status: SearchStatus, actor: str, error: str | None = None
) -> None:
    search.status = step(SEARCH_STEPS, search.status, status)
    search.error = error
    search.finished_at = clock.now()
    search.lease_until = None
    record_change(session, actor, f"offer_search_{status}", "run", search.run_id, search=search.id)
    session.flush()


def end_search(
    session: Session, clock: Clock, search: OfferSearch, status: SearchStatus, error: str | None = None
) -> None:
    """End a search that its worker holds."""
    _end(session, clock, search, status, "worker", error)


@dataclass(frozen=True, slots=True)
class SearchClaim:
    """A search in the hands of this worker: ``attempt`` tells its lease from that of a later one."""

    search_id: SearchId
    run_id: RunId
    attempt: int
    seconds: float


class SearchLost(Exception):
    """Another worker holds the search now, or a person ended it: whatever was found here is dropped."""


def claim_search(sessions: sessionmaker[Session], clock: Clock, search_id: SearchId) -> SearchClaim | None:
    """Take the search up, where it waits or its lease has run out."""
    with sessions() as session, transaction(session):
        search = find_search(session, search_id, lock=True)
        now: dt.datetime = session.scalars(sa.select(sa.func.clock_timestamp())).one()
        if search.status is SearchStatus.SEARCHING:
            if search.lease_until is not None and search.lease_until > now:
                return None
            search.status = step(SEARCH_STEPS, search.status, SearchStatus.QUEUED)
        if search.status is not SearchStatus.QUEUED:
            return None
        if search.cancel_requested:
            end_search(session, clock, search, SearchStatus.CANCELLED)
            return None
        if search.attempts >= MAX_ATTEMPTS:
            end_search(session, clock, search, SearchStatus.FAILED, WORKER_DIED)
            return None
        search.status = step(SEARCH_STEPS, search.status, SearchStatus.SEARCHING)
        search.attempts += 1
        search.started_at = clock.now()
        search.lease_until = now + LEASE
        search.candidates = search.weighed = search.found = 0
        return SearchClaim(search.id, search.run_id, search.attempts, search.time_limit)


def held_search(session: Session, claim: SearchClaim) -> OfferSearch:
    """The search, locked, if it is still in the hands of this worker.

    Raises:
        SearchLost: it is not.
    """
    search = find_search(session, claim.search_id, lock=True)
    if search.status is not SearchStatus.SEARCHING or search.attempts != claim.attempt:
        raise SearchLost
    return search


def search_keeper(sessions: sessionmaker[Session], claim: SearchClaim, keep_alive: Callable[[], None]) -> LeaseKeeper:
    """Return what renews the lease of a search, and learns whether somebody asked to cancel."""
    return LeaseKeeper(f"search-{claim.search_id}", sessions, lambda session: _renew(session, claim), keep_alive)


def _renew(session: Session, claim: SearchClaim) -> bool:
    cancelled = session.execute(
        sa.update(OfferSearch)
        .where(
            OfferSearch.id == claim.search_id,
            OfferSearch.status == SearchStatus.SEARCHING,
            OfferSearch.attempts == claim.attempt,
        )
        .values(lease_until=sa.func.clock_timestamp() + LEASE)
        .returning(OfferSearch.cancel_requested)
    ).scalar()
    return cancelled is False


def abandoned_searches(session: Session) -> list[SearchId]:
    """Return searches whose worker has gone silent, for the sweep to hand out again."""
    return list(
        session.scalars(
            sa.select(OfferSearch.id).where(
                OfferSearch.status.in_(ACTIVE_SEARCHES), OfferSearch.lease_until < sa.func.clock_timestamp()
            )
        )
    )


def settle_lost_search(session: Session, clock: Clock, search_id: SearchId) -> None:
    """Mark a search whose job was closed undone, so that it can be started again."""
    search = session.get(OfferSearch, search_id, with_for_update=True, populate_existing=True)
    if search is not None and search.status in ACTIVE_SEARCHES:
        end_search(session, clock, search, SearchStatus.FAILED, WORKER_DIED)
