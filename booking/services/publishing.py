"""게시: a proposed plan becomes the published one, with its messages, in one transaction. Only news is told."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.clock import Clock, seoul_date
from booking.config import Config
from booking.domain.called_off import Cause
from booking.domain.errors import Conflict, RuleBroken, StalePlan
from booking.domain.ids import RequestId, RunId, SchoolId
from booking.domain.person import Person
from booking.domain.phases import Action, require
from booking.domain.states import (
    OFFER_STEPS,
    REQUEST_STEPS,
    RUN_STEPS,
    VISIT_STEPS,
    GroupStatus,
    OfferStatus,
    RequestStatus,
    RunKind,
    RunStatus,
    VisitStatus,
    step,
)
from booking.domain.vocabulary import SlotWish
from booking.models.offers import Offer
from booking.models.runs import AllocationRun, Proposal
from booking.models.terms import Slot, Term
from booking.models.visits import Visit
from booking.notify.catalogue import Kind
from booking.queries.air import aired_groups
from booking.services.allocations import STAFF, find_run
from booking.services.dispatching import refresh_dispatches
from booking.services.history import record_change
from booking.services.instance_builder import build_instance
from booking.services.messages import Draft, write_messages
from booking.services.notices import Pair, group_uid, refresh_notices
from booking.services.offer_making import drop_found, put_forward
from booking.services.outlook_asking import ask_outlook
from booking.services.placing import Seats, live_groups, release, settle, take_place, taken_seats
from booking.services.proposals import plan_of
from booking.services.publication import Change, changes_of, load_proposals, load_visits, needs_consent, sizes
from booking.services.telling import rank_of, slot_facts, teachers_of, tell_cancelled, visit_facts
from booking.services.terms import lock_term, phase_today, the_centre
from scheduler.verifier import verify


class _Publisher:
    """One publication; holds what its steps share."""

    def __init__(self, session: Session, clock: Clock, config: Config, actor: str, run: AllocationRun) -> None:
        self.session = session
        self.clock = clock
        self.config = config
        self.actor = actor
        self.run = run
        self.today = seoul_date(clock.now())
        self.answer_by = self.today + dt.timedelta(days=the_centre(session).answer_days)
        self.touched: set[Pair] = set()
        #: who is outdoors although the air is bad: moving them is told with its reason
        self.aired = aired_groups(session, run.term_id)
        self.aired_uids: set[str] = set()
        self.told: defaultdict[SchoolId, list[dict[str, Any]]] = defaultdict(list)
        self.offers: defaultdict[SchoolId, list[dict[str, Any]]] = defaultdict(list)

    def carry_out(self) -> None:
        """Free what is given up, place what is new, mark the requests, tell."""
        # what was found in this plan is worth asking in it; what was found in another one is not
        drop_found(self.session, self.run.term_id, besides=self.run.id)
        proposals = load_proposals(self.session, self.run.id)
        visits = load_visits(self.session, [proposal.request_id for proposal in proposals])
        consent = needs_consent(self.session, proposals)
        changes = changes_of(proposals, visits)
        for change in changes:
            self._free(change)
        self.session.flush()
        self._place_all([change for change in changes if change.proposal.slot is not None], consent)
        for proposal in proposals:
            self._mark_request(proposal)
        self.session.flush()
        refresh_notices(self.session, self.clock, self.config, self.touched, aired=self.aired_uids)
        self._tell(proposals)

    def _place_all(self, changes: list[Change], consent: set[RequestId]) -> None:
        """Put the visits at their slots, then take their places: few statements, whatever the size of the term."""
        versions = self._last_versions(changes)
        placed = [
            (change, self._visit(change, versions, hold=change.proposal.request_id in consent)) for change in changes
        ]
        self.session.flush()
        seats = taken_seats(self.session, [visit.slot_id for _, visit in placed])
        for change, visit in placed:
            self._take_places(change, visit, seats, hold=change.proposal.request_id in consent)
        self.session.flush()
        for change, visit in placed:
            if change.visit is not None:
                self.session.refresh(visit, ["groups"])
                settle(visit)
            slot = change.proposal.slot
            if slot is not None and change.proposal.request_id in consent:
                self._offer(change, slot)
            else:
                self._note(change, slot)

    def _last_versions(self, changes: list[Change]) -> dict[RequestId, int]:
        """The highest version that a visit of each request ever had: a new one goes on counting, as calendars do."""
        return dict(
            self.session.execute(
                sa.select(Visit.request_id, sa.func.max(Visit.version))
                .where(Visit.request_id.in_({change.proposal.request_id for change in changes}))
                .group_by(Visit.request_id)
            ).all()
        )

    def _free(self, change: Change) -> None:
        """Free what the visit no longer needs; a group that stays at its workplace in its size keeps its answer."""
        visit, proposal = change.visit, change.proposal
        if visit is None:
            return
        wanted = sizes(proposal.groups) if change.kind == "regrouped" else {}
        facts = visit_facts(visit)
        aired = [group for group in live_groups(visit) if group.id in self.aired]
        self.aired_uids |= {group_uid(group) for group in aired}
        if aired:
            facts["cause"] = Cause.AIR.value
        self.touched |= release(group for group in live_groups(visit) if wanted.get(group.workplace_id) != group.pupils)
        visit.version += 1
        visit.run_id = self.run.id
        self._withdraw_offers(proposal.request_id)
        if change.kind == "cancelled":
            visit.status = step(VISIT_STEPS, visit.status, VisitStatus.CANCELLED)
            visit.cancelled_by = self.actor
            self._note(change, None)
            tell_cancelled(self.session, self.clock, visit, facts)

    def _withdraw_offers(self, request_id: RequestId) -> None:
        for offer in self.session.scalars(
            sa.select(Offer).where(Offer.request_id == request_id, Offer.status == OfferStatus.SENT)
        ):
            offer.status = step(OFFER_STEPS, offer.status, OfferStatus.WITHDRAWN)

    def _visit(self, change: Change, versions: dict[RequestId, int], *, hold: bool) -> Visit:
        """The visit of a change at its new slot; made where there was none."""
        proposal, visit = change.proposal, change.visit
        status = VisitStatus.PROPOSED if hold else VisitStatus.PUBLISHED
        if proposal.slot_id is None:
            raise ValueError(f"proposal {proposal.id} has no slot")
        if visit is None:
            visit = Visit(
                request_id=proposal.request_id,
                slot_id=proposal.slot_id,
                run_id=self.run.id,
                status=status,
                version=versions.get(proposal.request_id, 0) + 1,
            )
            self.session.add(visit)
            return visit
        visit.slot_id = proposal.slot_id
        if change.kind == "moved":
            # parents agreed to another date
            visit.consent_at = visit.consent_by_id = None
        if visit.status is not status:
            visit.status = step(VISIT_STEPS, visit.status, status)
        return visit

    def _take_places(self, change: Change, visit: Visit, seats: Seats, *, hold: bool) -> None:
        """Take a place for every group that does not stand already."""
        standing = sizes(live_groups(change.visit)) if change.visit is not None else {}
        before = {group.workplace_id for group in change.visit.groups} if change.visit is not None else set()
        for group in change.proposal.groups:
            if group.workplace_id in standing or change.proposal.slot is None:
                continue
            status = GroupStatus.PROPOSED if hold else GroupStatus.ASKED
            stead = self.run.kind is RunKind.REPAIR and group.workplace_id not in before
            reserve = stead and change.kind == "regrouped"
            take_place(self.session, seats, visit, group.workplace_id, group.pupils, status, reserve=reserve)
            self.touched.add((group.workplace_id, change.proposal.slot.date))

    def _offer(self, change: Change, slot: Slot) -> None:
        request = change.proposal.request
        put_forward(self.session, self.clock, request.id, slot.id, self.run.id, self.answer_by)
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

    def _note(self, change: Change, slot: Slot | None) -> None:
        """Remember what the school is told of this request."""
        request = change.proposal.request
        record_change(
            self.session,
            self.actor,
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
                **({"cause": Cause.AIR.value} if self._is_aired(change) else {}),
            }
        )

    def _is_aired(self, change: Change) -> bool:
        return change.visit is not None and any(group.id in self.aired for group in change.visit.groups)

    @staticmethod
    def _mark_request(proposal: Proposal) -> None:
        request = proposal.request
        wanted = RequestStatus.ALLOCATED if proposal.slot_id is not None else RequestStatus.UNSERVED
        if request.status not in {wanted, RequestStatus.SERVED, RequestStatus.WITHDRAWN}:
            request.status = step(REQUEST_STEPS, request.status, wanted)

    def _tell(self, proposals: list[Proposal]) -> None:
        """One message a school for its plan, and one for all dates that it is asked to take."""
        unplaced: defaultdict[SchoolId, list[str]] = defaultdict(list)
        for proposal in proposals:
            if proposal.slot_id is None:
                unplaced[proposal.request.school_id].append(proposal.request.label)
        schools = {proposal.request.school_id: proposal.request.school for proposal in proposals}
        concerned = sorted({*self.told, *self.offers})
        teachers = teachers_of(self.session, concerned, self.today)
        drafts = []
        for school_id in concerned:
            common = {
                "school": schools[school_id].name,
                "school_sms": schools[school_id].sms_name,
                "answer_by": self.answer_by.isoformat(),
            }
            plan = {**common, "visits": self.told.get(school_id), "unplaced": unplaced[school_id]}
            asked = {**common, "offers": self.offers.get(school_id)}
            for teacher in teachers.get(school_id, []):
                if school_id in self.told:
                    subject = f"publication:{self.run.id}:school:{school_id}"
                    drafts.append(Draft(Kind.ALLOCATION_PROPOSED, teacher, subject, 1, plan))
                if school_id in self.offers:
                    subject = f"offers:{self.run.id}:school:{school_id}"
                    drafts.append(Draft(Kind.SHIFT_OFFER, teacher, subject, 1, asked))
        write_messages(self.session, drafts)


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
    return publish_as(session, clock, config, person.actor, run_id, version)


def publish_as(
    session: Session, clock: Clock, config: Config, actor: str, run_id: RunId, version: int
) -> AllocationRun:
    """Publish as :func:`publish` does, whoever has decided it: a person, or the setting that lets repairs do it.

    Raises:
        StalePlan, RuleBroken, Conflict, IllegalTransition: as there.
    """
    run = find_run(session, run_id)
    term = session.get_one(Term, run.term_id)
    lock_term(session, term)
    # not get(): that compares versions, and refuses whoever waited here for the same press of another
    run = session.scalars(
        sa.select(AllocationRun)
        .where(AllocationRun.id == run_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()
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
    _Publisher(session, clock, config, actor, run).carry_out()
    for older in session.scalars(
        sa.select(AllocationRun).where(
            AllocationRun.term_id == term.id, AllocationRun.status == RunStatus.PUBLISHED, AllocationRun.id != run.id
        )
    ):
        older.status = step(RUN_STEPS, older.status, RunStatus.SUPERSEDED)
    session.flush()
    run.status = new_status
    run.published_at = clock.now()
    record_change(session, actor, "run_published", "run", run.id)
    refresh_dispatches(session, clock, config, term)
    ask_outlook(session, term.id)
    session.flush()
    return run
