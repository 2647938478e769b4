"""What publishing a run would change: the difference between its plan and the published one, and who would be told."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

import sqlalchemy as sa
from sqlalchemy.orm import Session, selectinload

from booking.clock import Clock, seoul_date
from booking.domain.ids import RequestId, RunId, SchoolId, WorkplaceId
from booking.domain.states import LIVE_VISITS
from booking.domain.vocabulary import Channel
from booking.models.requests import Request
from booking.models.runs import Proposal, ProposalGroup
from booking.models.terms import Slot, Term
from booking.models.visits import Visit, VisitGroup
from booking.models.workplaces import Workplace
from booking.notify.catalogue import CATALOGUE, Kind
from booking.services.allocations import find_run
from booking.services.consent import agreed_dates
from booking.services.instance_builder import facts_now
from booking.services.notices import Pair
from booking.services.placing import live_groups
from booking.services.telling import rank_of, teachers_of


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
class Change:
    """A request whose published visit differs from the proposal: ``kind`` new, moved, regrouped or cancelled."""

    proposal: Proposal
    visit: Visit | None
    kind: str

    @property
    def was(self) -> Slot | None:
        """Where the visit has been so far."""
        return self.visit.slot if self.visit is not None else None


def load_proposals(session: Session, run_id: RunId) -> list[Proposal]:
    """The plan of a run with everything that publishing it reads."""
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


def load_visits(session: Session, requests: Iterable[RequestId]) -> dict[RequestId, Visit]:
    """The live visits of these requests, as the database has them now."""
    rows = session.scalars(
        sa.select(Visit)
        .where(Visit.request_id.in_(set(requests)), Visit.status.in_(LIVE_VISITS))
        .options(
            selectinload(Visit.groups).selectinload(VisitGroup.workplace),
            selectinload(Visit.slot),
            # the wishes too: reading a request anew forgets those that were read before
            selectinload(Visit.request).options(selectinload(Request.school), selectinload(Request.wishes)),
        )
        .execution_options(populate_existing=True)
    )
    return {visit.request_id: visit for visit in rows}


def sizes(groups: Iterable[VisitGroup | ProposalGroup]) -> dict[WorkplaceId, int]:
    """Pupils by workplace."""
    return {group.workplace_id: group.pupils for group in groups}


def changes_of(proposals: list[Proposal], visits: dict[RequestId, Visit]) -> list[Change]:
    """Every request whose visit differs from its proposal."""
    found = []
    for proposal in proposals:
        visit = visits.get(proposal.request_id)
        if visit is None:
            if proposal.slot_id is not None:
                found.append(Change(proposal, None, "new"))
        elif proposal.slot_id is None:
            found.append(Change(proposal, visit, "cancelled"))
        elif proposal.slot_id != visit.slot_id:
            found.append(Change(proposal, visit, "moved"))
        elif sizes(live_groups(visit)) != sizes(proposal.groups):
            found.append(Change(proposal, visit, "regrouped"))
    return found


def needs_consent(session: Session, proposals: list[Proposal]) -> set[RequestId]:
    """Requests that are put at a slot which the school did not ask for and has not agreed to."""
    agreed = agreed_dates(session, [proposal.request_id for proposal in proposals])
    return {
        proposal.request_id
        for proposal in proposals
        if proposal.slot is not None
        and rank_of(proposal.request, proposal.slot) is None
        and (proposal.request_id, proposal.slot.id) not in agreed
    }


def preview(session: Session, clock: Clock, run_id: RunId, *, checked: bool = True) -> Publication:
    """Return what publishing the run would do, without doing it.

    Whether its facts are still those of the run takes as long as all the rest: it is left out where not ``checked``.
    """
    run = find_run(session, run_id)
    term = session.get_one(Term, run.term_id)
    proposals = load_proposals(session, run_id)
    visits = load_visits(session, [proposal.request_id for proposal in proposals])
    consent = needs_consent(session, proposals)
    publication = Publication(stale=checked and facts_now(session, clock, term) != run.facts_sha256)
    pairs: set[Pair] = set()
    schools: set[SchoolId] = set()
    asked: set[SchoolId] = set()
    for change in changes_of(proposals, visits):
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
