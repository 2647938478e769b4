"""제안을 찾음: claim, read the plan, search with no transaction open, store. An edge: it commits its own transactions.

The engine comes in as an argument, because this package never loads OR-Tools: the worker that calls does.
"""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Protocol

import sqlalchemy as sa
from sqlalchemy.orm import Session, sessionmaker

from booking.clock import Clock, seoul_date
from booking.config import Config
from booking.db import transaction
from booking.domain.ids import RequestId, SearchId, SlotId
from booking.domain.states import OPEN_REQUESTS, OfferStatus, RunStatus, SearchStatus
from booking.log import get_logger
from booking.models.offers import Offer, OfferSearch
from booking.models.requests import Request
from booking.models.runs import AllocationRun
from booking.models.terms import Slot, Term
from booking.services.allocations import find_run
from booking.services.consent import agreed_dates, refused_dates
from booking.services.instance_builder import BuiltInstance, build_instance
from booking.services.offer_making import drop_found
from booking.services.offer_searches import (
    SearchClaim,
    SearchLost,
    claim_search,
    end_search,
    held_search,
    search_keeper,
)
from booking.services.proposals import plan_of
from booking.services.published_plan import published_plan
from booking.services.remedies import askable_slots
from booking.services.terms import lock_term, the_centre
from scheduler.allocation import Allocation, Bounds
from scheduler.explain_changes import locked_to
from scheduler.instance import Instance
from scheduler.verifier import verify

log = get_logger(__name__)

PROGRESS_SECONDS = 0.8


class Found(Protocol):
    """One question to a school as the engine states it (``scheduler.offers.Offer``)."""

    @property
    def visits(self) -> tuple[str, ...]:
        """Codes of the requests that are asked together."""
        ...

    @property
    def slot(self) -> str:
        """Code of the slot."""
        ...

    @property
    def kind(self) -> Any:
        """Why the school is asked."""
        ...

    @property
    def pupils_gained(self) -> int:
        """Fewer pupils left out."""
        ...

    @property
    def date_stage_gained(self) -> float:
        """Less cost."""
        ...

    @property
    def for_school(self) -> Any:
        """The school's side, a dataclass."""
        ...

    @property
    def solved(self) -> bool:
        """Whether the promise comes from solving again."""
        ...


@dataclass(frozen=True, slots=True)
class Finder:
    """The engine's search and how its limits are made; filled in by the worker."""

    find: Callable[..., Sequence[Found]]
    limits: Callable[..., Any]


@dataclass(frozen=True, slots=True)
class _Plan:
    """What is searched: the term, its plan with figures, and which slots each visit could be asked for."""

    built: BuiltInstance
    instance: Instance
    allocation: Allocation
    calendar: Mapping[str, frozenset[str]]


class _Stale(Exception):
    """The facts of a proposal have changed since it was made."""


class _ProgressWriter:
    """Writes how far the engine is, at most about once a second, each in a transaction of its own."""

    def __init__(self, sessions: sessionmaker[Session], claim: SearchClaim) -> None:
        self._sessions, self._claim = sessions, claim
        self._last = 0.0

    def __call__(self, candidates: int, weighed: int, found: int) -> None:
        now = time.monotonic()
        if weighed < candidates and now - self._last < PROGRESS_SECONDS:
            return
        self._last = now
        with self._sessions() as session, transaction(session):
            session.execute(
                sa.update(OfferSearch)
                .where(OfferSearch.id == self._claim.search_id, OfferSearch.attempts == self._claim.attempt)
                .values(candidates=candidates, weighed=weighed, found=found)
            )


def _prepare(sessions: sessionmaker[Session], clock: Clock, claim: SearchClaim) -> _Plan:
    with sessions() as session, transaction(session):
        search = held_search(session, claim)
        run = find_run(session, claim.run_id)
        term = session.get_one(Term, run.term_id)
        built = build_instance(session, clock, term, policy=run.policy)
        search.facts_sha256 = built.facts_sha256
        published = run.status is RunStatus.PUBLISHED
        instance, allocation = _standing(session, built) if published else _proposed(session, run, built)
        kpis = verify(instance, allocation).kpis
        bounds = Bounds(**run.bounds) if run.bounds and _bounds_hold(run, built) else Bounds()
        return _Plan(
            built,
            instance,
            replace(allocation, kpis=kpis, bounds=bounds),
            _askable(session, clock, built),
        )


def _standing(session: Session, built: BuiltInstance) -> tuple[Instance, Allocation]:
    """The published plan as it stands now; who has been asked already and not answered stays where it is."""
    plan = published_plan(session, built)
    codes = {request: code for code, request in built.requests.items()}
    asked = session.scalars(
        sa.select(Offer.request_id).where(Offer.request_id.in_(codes), Offer.status == OfferStatus.SENT)
    )
    stands = {codes[request]: slot for request in asked if (slot := plan.by_visit[codes[request]].slot) is not None}
    return locked_to(built.instance, stands), plan


def _proposed(session: Session, run: AllocationRun, built: BuiltInstance) -> tuple[Instance, Allocation]:
    """The instance that was solved and its plan, changes by hand included."""
    if built.facts_sha256 != run.facts_sha256:
        raise _Stale
    loaded = plan_of(session, run.id)
    return loaded.instance, loaded.allocation


def _bounds_hold(run: AllocationRun, built: BuiltInstance) -> bool:
    """Whether what was proven when the run was solved is proven still: later locks only make a term harder.

    A date that has been agreed to meanwhile makes it easier, and so do weeks that were not in play.
    """
    if built.facts_sha256 != run.facts_sha256 or run.instance is None or run.weeks:
        return False
    then = {one["id"]: {*one["requested_slots"], *one["negotiable_slots"]} for one in run.instance["visits"]}
    return all(
        then.get(one["id"], set()) >= {*one["requested_slots"], *one["negotiable_slots"]}
        for one in built.document["visits"]
    )


def _askable(session: Session, clock: Clock, built: BuiltInstance) -> dict[str, frozenset[str]]:
    """Slots by visit that a school could be asked for: to come, free in its calendar, and not declined by it before."""
    codes = {slot: code for code, slot in built.slots.items()}
    refused: dict[RequestId, set[str]] = {}
    for request, slot in refused_dates(session, built.requests.values()):
        refused.setdefault(request, set()).add(codes[slot])
    return {
        code: slots - refused.get(built.requests[code], set())
        for code, slots in askable_slots(session, clock, built).items()
    }


def _store(
    sessions: sessionmaker[Session], clock: Clock, claim: SearchClaim, built: BuiltInstance, found: Sequence[Found]
) -> None:
    """Put what was found in the place of what was found before; the best date for each class, or each bundle."""
    with sessions() as session, transaction(session):
        search = held_search(session, claim)
        if search.cancel_requested:
            end_search(session, clock, search, SearchStatus.CANCELLED)
            return
        lock_term(session, session.get_one(Term, search.term_id))
        drop_found(session, search.term_id)
        open_to = _open_requests(session, built.requests.values())
        agreed = agreed_dates(session, built.requests.values())
        slots = {slot.id: slot for slot in session.scalars(sa.select(Slot).where(Slot.term_id == search.term_id))}
        today = seoul_date(clock.now())
        latest = today + dt.timedelta(days=the_centre(session).answer_days)
        asked: set[str] = set()
        questions = 0
        for offer in found:
            requests = [built.requests[code] for code in offer.visits]
            slot = slots[built.slots[offer.slot]]
            if asked & set(offer.visits) or not _worth_asking(requests, slot.id, open_to, agreed):
                continue
            if slot.date <= today + dt.timedelta(days=1):
                continue
            asked |= set(offer.visits)
            questions += 1
            for request in requests:
                session.add(
                    Offer(
                        request_id=request,
                        slot_id=slot.id,
                        run_id=claim.run_id,
                        search_id=search.id,
                        status=OfferStatus.FOUND,
                        gains=gains_of(offer),
                        answer_by=min(latest, slot.date - dt.timedelta(days=1)),
                        created_at=clock.now(),
                    )
                )
        search.found = questions
        end_search(session, clock, search, SearchStatus.DONE)


def _open_requests(session: Session, requests: Iterable[RequestId]) -> set[RequestId]:
    """Requests that are to be served and are not being asked at present."""
    sent = sa.select(Offer.request_id).where(Offer.status == OfferStatus.SENT)
    return set(
        session.scalars(
            sa.select(Request.id).where(
                Request.id.in_(list(requests)), Request.status.in_(OPEN_REQUESTS), Request.id.not_in(sent)
            )
        )
    )


def _worth_asking(
    requests: Sequence[RequestId],
    slot: SlotId,
    open_to: set[RequestId],
    agreed: set[tuple[RequestId, SlotId]],
) -> bool:
    """Whether all of them can be asked, and have not agreed to the date already."""
    return set(requests) <= open_to and not all((request, slot) in agreed for request in requests)


def gains_of(offer: Found) -> dict[str, Any]:
    """Return what an offer gains, as the database and the command line's files keep it."""
    return {
        "kind": str(offer.kind),
        "pupils_gained": offer.pupils_gained,
        "date_stage_gained": offer.date_stage_gained,
        "for_school": asdict(offer.for_school),
        "solved": offer.solved,
    }


def find_offers(
    sessions: sessionmaker[Session],
    clock: Clock,
    config: Config,
    search_id: SearchId,
    finder: Finder,
    *,
    keep_alive: Callable[[], None] = lambda: None,
) -> None:
    """Carry out a search from claim to stored offers. May be called twice or at once by two workers: it is done once.

    An error of the engine fails the search for a person to see; it is logged, not raised, because another try would end
    the same way.
    """
    claim = claim_search(sessions, clock, search_id)
    if claim is None:
        return
    keeper = search_keeper(sessions, claim, keep_alive)
    keeper.start()
    try:
        plan = _prepare(sessions, clock, claim)
        found = finder.find(
            plan.instance,
            plan.allocation,
            finder.limits(seconds=claim.seconds, workers=config.solver_workers),
            calendar=plan.calendar,
            on_progress=_ProgressWriter(sessions, claim),
            should_stop=keeper.stop_solving.is_set,
        )
        _store(sessions, clock, claim, plan.built, found)
    except SearchLost:
        log.info("search_lost", search=claim.search_id, attempt=claim.attempt)
    except _Stale:
        _fail(sessions, clock, claim, "stale")
    except Exception as error:
        log.exception("search_failed", search=claim.search_id)
        _fail(sessions, clock, claim, f"{type(error).__name__}: {error}"[:500])
    finally:
        keeper.close()


def _fail(sessions: sessionmaker[Session], clock: Clock, claim: SearchClaim, error: str) -> None:
    try:
        with sessions() as session, transaction(session):
            end_search(session, clock, held_search(session, claim), SearchStatus.FAILED, error)
    except SearchLost:
        log.info("search_lost", search=claim.search_id, attempt=claim.attempt)
