"""게시: a proposed plan becomes the published one, with its messages, in one transaction. Only news is told."""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, selectinload

from booking.clock import Clock, seoul_date
from booking.config import Config
from booking.domain.errors import Conflict, RuleBroken, StalePlan
from booking.domain.ids import RequestId, RunId, SchoolId, WorkplaceId
from booking.domain.person import Person
from booking.domain.phases import Action, require
from booking.domain.states import (
    LIVE_VISITS,
    OFFER_STEPS,
    REQUEST_STEPS,
    RUN_STEPS,
    VISIT_STEPS,
    GroupStatus,
    OfferStatus,
    RequestStatus,
    RunStatus,
    VisitStatus,
    step,
)
from booking.domain.vocabulary import Channel, SlotWish
from booking.models.offers import Offer
from booking.models.requests import Request
from booking.models.runs import AllocationRun, Proposal, ProposalGroup
from booking.models.terms import Slot, Term
from booking.models.visits import Visit, VisitGroup
from booking.models.workplaces import Workplace
from booking.notify.catalogue import CATALOGUE, Kind
from booking.services.allocations import STAFF, find_run
from booking.services.history import record_change
from booking.services.instance_builder import build_instance
from booking.services.notices import Pair, refresh_notices
from booking.services.placing import Seats, live_groups, release, settle, take_place, taken_seats
from booking.services.proposals import plan_of
from booking.services.telling import rank_of, slot_facts, teachers_of, tell_cancelled, tell_school, visit_facts
from booking.services.terms import lock_term, phase_today, the_centre
from scheduler.verifier import verify


@dataclass(frozen=True, slots=True)
class PlannedVisit:
    """One request in a publication: where it goes, over how many workplaces, and where it was."""

    request: Request
    slot: Slot | None
    groups: int
    was: Slot | None


@dataclass(slots=True)
class Publication:
    """What publishing a run would do; ``messages`` counts by (kind, channel)."""

    new: list[PlannedVisit] = field(default_factory=list)
    moved: list[PlannedVisit] = field(default_factory=list)
    regrouped: list[PlannedVisit] = field(default_factory=list)
    cancelled: list[PlannedVisit] = field(default_factory=list)
    held: list[PlannedVisit] = field(default_factory=list)
    messages: Counter[tuple[Kind, Channel]] = field(default_factory=Counter)
    stale: bool = False


@dataclass(frozen=True, slots=True)
class _Change:
    """A request whose published visit differs from the proposal: ``kind`` new, moved, regrouped or cancelled."""

    proposal: Proposal
    visit: Visit | None
    kind: str

    @property
    def was(self) -> Slot | None:
        return self.visit.slot if self.visit is not None else None


def _proposals(session: Session, run_id: RunId) -> list[Proposal]:
    return list(
        session.scalars(
            sa.select(Proposal)
            .where(Proposal.run_id == run_id)
            .options(
                selectinload(Proposal.groups),
                selectinload(Proposal.slot),
                selectinload(Proposal.request).selectinload(Request.school),
                selectinload(Proposal.request).selectinload(Request.wishes),
            )
            .order_by(Proposal.request_id)
        )
    )


def _visits(session: Session, requests: Iterable[RequestId]) -> dict[RequestId, Visit]:
    rows = session.scalars(
        sa.select(Visit)
        .where(Visit.request_id.in_(set(requests)), Visit.status.in_(LIVE_VISITS))
        .options(
            selectinload(Visit.groups).selectinload(VisitGroup.workplace),
            selectinload(Visit.slot),
            selectinload(Visit.request).selectinload(Request.school),
        )
        .execution_options(populate_existing=True)
    )
    return {visit.request_id: visit for visit in rows}


def _sizes(groups: Iterable[VisitGroup | ProposalGroup]) -> dict[WorkplaceId, int]:
    return {group.workplace_id: group.pupils for group in groups}


def _changes(proposals: list[Proposal], visits: dict[RequestId, Visit]) -> list[_Change]:
    found = []
    for proposal in proposals:
        visit = visits.get(proposal.request_id)
        if visit is None:
            if proposal.slot_id is not None:
                found.append(_Change(proposal, None, "new"))
        elif proposal.slot_id is None:
            found.append(_Change(proposal, visit, "cancelled"))
        elif proposal.slot_id != visit.slot_id:
            found.append(_Change(proposal, visit, "moved"))
        elif _sizes(live_groups(visit)) != _sizes(proposal.groups):
            found.append(_Change(proposal, visit, "regrouped"))
    return found


def _needs_consent(session: Session, proposals: list[Proposal]) -> set[RequestId]:
    """Requests that are put at a slot which the school did not ask for and has not agreed to."""
    agreed = set(
        session.execute(
            sa.select(Offer.request_id, Offer.slot_id).where(
                Offer.status == OfferStatus.ACCEPTED,
                Offer.request_id.in_({proposal.request_id for proposal in proposals}),
            )
        )
    )
    return {
        proposal.request_id
        for proposal in proposals
        if proposal.slot is not None
        and rank_of(proposal.request, proposal.slot) is None
        and (proposal.request_id, proposal.slot.id) not in agreed
    }


def preview(session: Session, clock: Clock, config: Config, run_id: RunId) -> Publication:
    """Return what publishing the run would do, without doing it."""
    run = find_run(session, run_id)
    term = session.get_one(Term, run.term_id)
    proposals = _proposals(session, run_id)
    visits = _visits(session, [proposal.request_id for proposal in proposals])
    consent = _needs_consent(session, proposals)
    built = build_instance(session, clock, term, policy=run.policy)
    publication = Publication(stale=built.facts_sha256 != run.facts_sha256)
    pairs: set[Pair] = set()
    schools: set[SchoolId] = set()
    asked: set[SchoolId] = set()
    for change in _changes(proposals, visits):
        proposal = change.proposal
        planned = PlannedVisit(proposal.request, proposal.slot, len(proposal.groups), change.was)
        if proposal.request_id in consent:
            publication.held.append(planned)
            asked.add(proposal.request.school_id)
        else:
            getattr(publication, change.kind).append(planned)
            schools.add(proposal.request.school_id)
            if proposal.slot is not None:
                pairs |= {(group.workplace_id, proposal.slot.date) for group in proposal.groups}
        if change.visit is not None:
            pairs |= {(group.workplace_id, change.visit.slot.date) for group in live_groups(change.visit)}
    _count_messages(session, clock, publication, pairs, schools, asked)
    return publication


def _count_messages(
    session: Session,
    clock: Clock,
    publication: Publication,
    pairs: set[Pair],
    schools: set[SchoolId],
    asked: set[SchoolId],
) -> None:
    teachers = teachers_of(session, schools | asked, seoul_date(clock.now()))
    for kind, told in ((Kind.ALLOCATION_PROPOSED, schools), (Kind.SHIFT_OFFER, asked)):
        for teacher in (teacher for school in told for teacher in teachers.get(school, [])):
            _count(publication, kind, teacher.email, teacher.phone)
    places = session.scalars(
        sa.select(Workplace)
        .where(Workplace.id.in_({place for place, _ in pairs}))
        .options(selectinload(Workplace.contact))
    )
    contacts = {place.id: place.contact for place in places}
    for place, _date in pairs:
        contact = contacts[place]
        if contact is not None:
            _count(publication, Kind.WORKPLACE_ASK, contact.email, contact.phone)


def _count(publication: Publication, kind: Kind, email: str | None, phone: str | None) -> None:
    for channel in CATALOGUE[kind].channels:
        if (email if channel is Channel.EMAIL else phone) is not None:
            publication.messages[kind, channel] += 1


class _Publisher:
    """One publication; holds what its steps share."""

    def __init__(self, session: Session, clock: Clock, config: Config, person: Person, run: AllocationRun) -> None:
        self.session = session
        self.clock = clock
        self.config = config
        self.person = person
        self.run = run
        self.today = seoul_date(clock.now())
        self.answer_by = self.today + dt.timedelta(days=the_centre(session).answer_days)
        self.touched: set[Pair] = set()
        self.told: defaultdict[SchoolId, list[dict[str, Any]]] = defaultdict(list)
        self.offers: defaultdict[SchoolId, list[dict[str, Any]]] = defaultdict(list)

    def carry_out(self) -> None:
        proposals = _proposals(self.session, self.run.id)
        visits = _visits(self.session, [proposal.request_id for proposal in proposals])
        consent = _needs_consent(self.session, proposals)
        changes = _changes(proposals, visits)
        for change in changes:
            self._free(change)
        self.session.flush()
        seats = taken_seats(
            self.session, [change.proposal.slot_id for change in changes if change.proposal.slot_id is not None]
        )
        versions = self._last_versions(changes)
        for change in changes:
            if change.proposal.slot is not None:
                self._place(change, change.proposal.slot, seats, change.proposal.request_id in consent, versions)
        for proposal in proposals:
            self._mark_request(proposal)
        self.session.flush()
        refresh_notices(self.session, self.clock, self.config, self.touched)
        self._tell(proposals)

    def _last_versions(self, changes: list[_Change]) -> dict[RequestId, int]:
        """The highest version that a visit of each request ever had: a new one goes on counting, as calendars do."""
        return dict(
            self.session.execute(
                sa.select(Visit.request_id, sa.func.max(Visit.version))
                .where(Visit.request_id.in_({change.proposal.request_id for change in changes}))
                .group_by(Visit.request_id)
            ).all()
        )

    def _free(self, change: _Change) -> None:
        """Free what the visit no longer needs; a group that stays at its workplace in its size keeps its answer."""
        visit, proposal = change.visit, change.proposal
        if visit is None:
            return
        wanted = _sizes(proposal.groups) if change.kind == "regrouped" else {}
        facts = visit_facts(visit)
        self.touched |= release(group for group in live_groups(visit) if wanted.get(group.workplace_id) != group.pupils)
        visit.version += 1
        visit.run_id = self.run.id
        self._withdraw_offers(proposal.request_id)
        if change.kind == "cancelled":
            visit.status = step(VISIT_STEPS, visit.status, VisitStatus.CANCELLED)
            visit.cancelled_by = self.person.actor
            self._note(change, None)
            tell_cancelled(self.session, self.clock, visit, facts)

    def _withdraw_offers(self, request_id: RequestId) -> None:
        for offer in self.session.scalars(
            sa.select(Offer).where(
                Offer.request_id == request_id, Offer.status.in_([OfferStatus.FOUND, OfferStatus.SENT])
            )
        ):
            offer.status = step(OFFER_STEPS, offer.status, OfferStatus.WITHDRAWN)

    def _place(self, change: _Change, slot: Slot, seats: Seats, hold: bool, versions: dict[RequestId, int]) -> None:
        proposal, visit = change.proposal, change.visit
        status = VisitStatus.PROPOSED if hold else VisitStatus.PUBLISHED
        if visit is None:
            visit = Visit(
                request_id=proposal.request_id,
                slot_id=slot.id,
                run_id=self.run.id,
                status=status,
                version=versions.get(proposal.request_id, 0) + 1,
            )
            self.session.add(visit)
        else:
            visit.slot_id = slot.id
            if visit.status is not status:
                visit.status = step(VISIT_STEPS, visit.status, status)
        self.session.flush()
        standing = _sizes(live_groups(visit)) if change.visit is not None else {}
        for group in proposal.groups:
            if group.workplace_id not in standing:
                take_place(
                    self.session,
                    seats,
                    visit,
                    group.workplace_id,
                    group.pupils,
                    GroupStatus.PROPOSED if hold else GroupStatus.ASKED,
                )
                self.touched.add((group.workplace_id, slot.date))
        self.session.flush()
        if change.visit is not None:
            self.session.refresh(visit, ["groups"])
            settle(visit)
        if hold:
            self._offer(change, slot)
        else:
            self._note(change, slot)

    def _offer(self, change: _Change, slot: Slot) -> None:
        request = change.proposal.request
        self.session.add(
            Offer(
                request_id=request.id,
                slot_id=slot.id,
                run_id=self.run.id,
                status=OfferStatus.SENT,
                answer_by=self.answer_by,
            )
        )
        first = next((wish.slot_id for wish in request.wishes if wish.wish is SlotWish.REQUESTED), None)
        wanted = self.session.get(Slot, first) if first is not None else None
        self.offers[request.school_id].append(
            {
                "label": request.label,
                "pupils": request.pupils,
                "wanted": slot_facts(wanted),
                "offered": slot_facts(slot),
            }
        )

    def _note(self, change: _Change, slot: Slot | None) -> None:
        """Remember what the school is told of this request."""
        request = change.proposal.request
        record_change(
            self.session,
            self.person.actor,
            f"visit_{change.kind}",
            "request",
            request.id,
            run=self.run.id,
            slot=slot.code if slot else None,
        )
        if slot is None:
            return
        self.told[request.school_id].append(
            {
                "label": request.label,
                "date": slot.date.isoformat(),
                "block": slot.block.value,
                "starts": request.school.hours(slot.block)[0].strftime("%H:%M"),
                "pupils": request.pupils,
                "workplaces": len(change.proposal.groups),
                "rank": rank_of(request, slot),
                "change": change.kind,
                "was": slot_facts(change.was) if change.kind == "moved" else None,
            }
        )

    @staticmethod
    def _mark_request(proposal: Proposal) -> None:
        request = proposal.request
        wanted = RequestStatus.ALLOCATED if proposal.slot_id is not None else RequestStatus.UNSERVED
        if request.status not in {wanted, RequestStatus.SERVED, RequestStatus.WITHDRAWN}:
            request.status = step(REQUEST_STEPS, request.status, wanted)

    def _tell(self, proposals: list[Proposal]) -> None:
        unplaced: defaultdict[SchoolId, list[str]] = defaultdict(list)
        for proposal in proposals:
            if proposal.slot_id is None:
                unplaced[proposal.request.school_id].append(proposal.request.label)
        schools = {proposal.request.school_id: proposal.request.school for proposal in proposals}
        for school_id in sorted({*self.told, *self.offers}):
            school = schools[school_id]
            common = {
                "school": school.name,
                "school_sms": school.sms_name,
                "answer_by": self.answer_by.isoformat(),
            }
            if school_id in self.told:
                tell_school(
                    self.session,
                    self.clock,
                    school_id,
                    Kind.ALLOCATION_PROPOSED,
                    f"publication:{self.run.id}:school:{school_id}",
                    1,
                    {**common, "visits": self.told[school_id], "unplaced": unplaced[school_id]},
                )
            if school_id in self.offers:
                tell_school(
                    self.session,
                    self.clock,
                    school_id,
                    Kind.SHIFT_OFFER,
                    f"offers:{self.run.id}:school:{school_id}",
                    1,
                    {**common, "offers": self.offers[school_id]},
                )


def publish(
    session: Session, clock: Clock, config: Config, person: Person, run_id: RunId, version: int
) -> AllocationRun:
    """Publish a proposed run: visits, offers and messages, all or nothing. Publishing it again does nothing.

    A visit at a slot that the school did not ask for is held until the school has agreed.

    Raises:
        StalePlan: requests, workplaces or answers changed since the run was made.
        RuleBroken: the plan no longer holds beside what has been confirmed meanwhile.
        Conflict: the plan was changed by hand since ``version``.
        IllegalTransition: the run is not a proposal.
    """
    person.require_role(*STAFF)
    run = find_run(session, run_id)
    term = session.get_one(Term, run.term_id)
    lock_term(session, term)
    run = session.get_one(AllocationRun, run_id, with_for_update=True, populate_existing=True)
    if run.status is RunStatus.PUBLISHED:
        return run
    new_status = step(RUN_STEPS, run.status, RunStatus.PUBLISHED)
    if run.version != version:
        raise Conflict("the plan was changed meanwhile", yours=version, now=run.version)
    require(phase_today(term, clock), Action.PUBLISH)
    built = build_instance(session, clock, term, policy=run.policy)
    if built.facts_sha256 != run.facts_sha256:
        raise StalePlan("requests or workplaces have changed since the run", run=run_id)
    verdict = verify(built.instance, plan_of(session, run_id).allocation)
    if verdict.violations:
        raise RuleBroken(
            "the plan no longer holds", violations=[str(violation) for violation in verdict.violations[:20]]
        )
    _Publisher(session, clock, config, person, run).carry_out()
    for older in session.scalars(
        sa.select(AllocationRun).where(
            AllocationRun.term_id == term.id, AllocationRun.status == RunStatus.PUBLISHED, AllocationRun.id != run.id
        )
    ):
        older.status = step(RUN_STEPS, older.status, RunStatus.SUPERSEDED)
    session.flush()
    run.status = new_status
    run.published_at = clock.now()
    record_change(session, person.actor, "run_published", "run", run.id)
    session.flush()
    return run
