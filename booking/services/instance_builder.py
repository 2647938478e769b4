"""Builds the solver's instance from the tables: the facts, and what must stay or should stay of the published plan."""

from __future__ import annotations

import hashlib
import json
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, selectinload

from booking.clock import Clock, seoul_date
from booking.domain.ids import BundleId, RequestId, SchoolId, SlotId, WorkplaceId
from booking.domain.phases import looks_at_late
from booking.domain.states import LIVE_GROUPS, LIVE_VISITS, OPEN_REQUESTS, RequestStatus, VisitStatus
from booking.domain.vocabulary import WorkplaceStatus
from booking.models.requests import Bundle, Request
from booking.models.schools import School
from booking.models.terms import Slot, Term
from booking.models.visits import Visit, VisitGroup
from booking.models.workplace_words import GroupLimit
from booking.models.workplaces import Workplace
from booking.queries.coaches import available
from booking.queries.openings import open_slots, slots_of
from booking.services.consent import agreed_dates
from booking.services.terms import phase_today
from scheduler.instance import Instance, InstanceError, parse_instance

Document = dict[str, Any]
_LOCK_FAULT = re.compile(r"^visits\[(\d+)\]\.locked")


@dataclass(frozen=True, slots=True)
class BuiltInstance:
    """A term as the solver sees it, with the way back from its codes to our rows."""

    instance: Instance
    document: Document
    facts_sha256: str
    requests: dict[str, RequestId]
    slots: dict[str, SlotId]
    workplaces: dict[str, WorkplaceId]
    #: requests whose lock has become illegal, with the fault: they need a person, and never fail a run
    dropped_locks: dict[str, str] = field(default_factory=dict)

    @property
    def sha256(self) -> str:
        """The fingerprint of the whole input."""
        return hashlib.sha256(canonical(self.document)).hexdigest()


def canonical(document: Document) -> bytes:
    """Return the one spelling of a document from which fingerprints are made."""
    return json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def facts_fingerprint(document: Document) -> str:
    """Return the fingerprint of what was asked for and what there is: locks, previous plan and prices left out.

    Two instances with the same fingerprint differ at most in what a person decided about the plan itself.
    """
    bare = {**document, "visits": [{**visit, "locked": None, "previous": None} for visit in document["visits"]]}
    del bare["policy"]
    return hashlib.sha256(canonical(bare)).hexdigest()


def _live_visits(session: Session, term: Term) -> dict[RequestId, Visit]:
    rows = session.scalars(
        sa.select(Visit)
        .join(Request, Request.id == Visit.request_id)
        .where(Request.term_id == term.id, Visit.status.in_(LIVE_VISITS))
        .options(selectinload(Visit.groups))
    )
    return {visit.request_id: visit for visit in rows}


def _requests(session: Session, term: Term, *, late: bool) -> list[Request]:
    """The requests that are to be served; late ones only where it is their time, or where a place is held for them."""
    held = sa.select(Visit.request_id).where(Visit.status.in_(LIVE_VISITS))
    return list(
        session.scalars(
            sa.select(Request)
            .where(
                Request.term_id == term.id,
                Request.status.in_([*OPEN_REQUESTS, RequestStatus.SERVED]),
                sa.or_(~Request.late, sa.literal(late), Request.id.in_(held)),
            )
            .options(selectinload(Request.wishes), selectinload(Request.exclusions))
            .order_by(Request.id)
        )
    )


def _group_limits(session: Session, term: Term) -> defaultdict[RequestId, dict[WorkplaceId, int]]:
    """The largest groups in which workplaces take a request, where they have said so."""
    found: defaultdict[RequestId, dict[WorkplaceId, int]] = defaultdict(dict)
    rows = session.scalars(sa.select(GroupLimit).join(Request).where(Request.term_id == term.id))
    for row in rows:
        found[row.request_id][row.workplace_id] = row.pupils
    return found


class _Builder:
    """One building of one term; holds what the parts share."""

    def __init__(self, session: Session, clock: Clock, term: Term, weeks: Sequence[str] | None = None) -> None:
        self.session = session
        self.weeks = None if weeks is None else frozenset(weeks)
        self.today = seoul_date(clock.now())
        self.term = term
        self.slots = slots_of(session, term.id)
        self.codes = {slot.id: slot.code for slot in self.slots}
        self.dates = {slot.id: slot.date for slot in self.slots}
        self.slot_weeks = {slot.id: slot.week for slot in self.slots}
        self.places = self._relevant_workplaces()
        #: what a workplace that is not in the term has said binds nobody
        self.present = {place.id for place in self.places}
        self.place_codes = dict(session.execute(sa.select(Workplace.id, Workplace.code)).all())
        self.schools: dict[SchoolId, School] = {
            school.id: school for school in session.scalars(sa.select(School).order_by(School.id))
        }
        self.bundles: dict[BundleId, str] = dict(
            session.execute(sa.select(Bundle.id, Bundle.code).where(Bundle.term_id == term.id)).all()
        )
        self.requests = _requests(session, term, late=looks_at_late(phase_today(term, clock)))
        self.limits = _group_limits(session, term)
        self.visits = _live_visits(session, term)
        self.agreed = agreed_dates(session, [request.id for request in self.requests])

    def _relevant_workplaces(self) -> list[Workplace]:
        """Active workplaces, and those that still hold a group although they have closed (they have no open slot)."""
        holding = (
            sa.select(VisitGroup.workplace_id)
            .join(Slot, Slot.id == VisitGroup.slot_id)
            .where(Slot.term_id == self.term.id, VisitGroup.status.in_(LIVE_GROUPS))
        )
        return list(
            self.session.scalars(
                sa.select(Workplace)
                .where(sa.or_(Workplace.status == WorkplaceStatus.ACTIVE, Workplace.id.in_(holding)))
                .order_by(Workplace.id)
            )
        )

    def document(self, policy: Mapping[str, Any], *, keep: bool) -> Document:
        """The whole instance; ``keep`` False leaves out the published plan, the pins and what was excluded by hand."""
        return {
            "format": "wx-instance/1",
            "name": self.term.instance_name,
            "slots": [
                {"id": slot.code, "date": slot.date.isoformat(), "block": slot.block.value, "week": slot.week}
                for slot in self.slots
            ],
            "schools": [self._school(school) for school in self.schools.values()],
            "workplaces": self._workplaces(),
            "visits": [self._visit(request, keep=keep) for request in self.requests],
            "coaches": self._coaches(),
            "policy": {**self.term.policy, **policy},
        }

    @staticmethod
    def _school(school: School) -> Document:
        return {
            "id": school.code,
            "name": school.name,
            "level": school.level.value,
            "lat": school.lat,
            "lon": school.lon,
            "own_chaperones_per_slot": school.own_chaperones_per_slot,
            "fairness_credit": school.fairness_credit,
        }

    def _workplaces(self) -> list[Document]:
        openings = open_slots(self.session, self.slots, self.places)
        received = self._received()
        return [
            {
                "id": place.code,
                "name": place.name,
                "field": place.field.value,
                "lat": place.lat,
                "lon": place.lon,
                "min_group": place.min_group,
                "max_group": place.max_group,
                "groups_per_slot": place.groups_per_slot,
                "visits_per_day": place.visits_per_day,
                "visits_per_week": place.visits_per_week,
                "visits_per_term": place.visits_per_term,
                "levels": list(place.levels),
                "open_slots": [
                    slot.code for slot in self.slots if slot in openings[place.id] or (place.id, slot.id) in received
                ],
            }
            for place in self.places
        ]

    def _received(self) -> set[tuple[WorkplaceId, SlotId]]:
        """Where pupils have been until today: what closes a workplace since does not undo that they were there."""
        past = {slot.id for slot in self.slots if slot.date <= self.today}
        return {
            (group.workplace_id, visit.slot_id)
            for visit in self.visits.values()
            if visit.slot_id in past
            for group in visit.groups
            if group.status in LIVE_GROUPS
        }

    def _coaches(self) -> dict[str, int]:
        counted = available(self.session, self.term.id)
        return {slot.code: counted[slot.id] for slot in self.slots}

    def _visit(self, request: Request, *, keep: bool) -> Document:
        requested = [self.codes[wish.slot_id] for wish in request.requested]
        negotiable = [self.codes[wish.slot_id] for wish in request.negotiable]
        locked, previous = self._standing(request) if keep else (None, None)
        visit = self.visits.get(request.id)
        if keep and visit is not None:
            # what stands in the published plan is not moved again to a date that the school would have to be asked for
            agreed = {self.codes[slot] for owner, slot in self.agreed if owner == request.id}
            negotiable = [code for code in negotiable if code == self.codes[visit.slot_id] or code in agreed]
        if locked is not None and locked["slot"] not in {*requested, *negotiable}:
            negotiable.append(locked["slot"])
        document: Document = {
            "id": request.code,
            "school": self.schools[request.school_id].code,
            "label": request.label,
            "pupils": request.pupils,
            "chaperones_needed": request.chaperones_needed,
            "fields": list(request.fields),
            "requested_slots": requested,
            "negotiable_slots": negotiable,
            "bundle": self.bundles[request.bundle_id] if request.bundle_id is not None else None,
            "max_travel_km": request.max_travel_km,
            "locked": locked,
            "previous": previous,
        }
        if request.class_id is not None:
            document["class"] = f"class-{request.class_id}"
        # what a person excluded is a decision about the plan, as a pin is
        excluded = {row.workplace_id for row in request.exclusions if keep or not row.by_hand} & self.present
        if excluded:
            document["excluded_workplaces"] = sorted(self.place_codes[number] for number in excluded)
        limits = {number: most for number, most in self.limits[request.id].items() if number in self.present}
        if limits:
            listed = sorted((self.place_codes[number], most) for number, most in limits.items())
            document["largest_groups"] = [{"workplace": code, "pupils": most} for code, most in listed]
        return document

    def _standing(self, request: Request) -> tuple[Document | None, Document | None]:
        """What of the published plan is locked for this request, and what should rather stay.

        Locked with its groups: a visit that is past, confirmed, held while the school is asked, or outside the weeks in
        play. Locked to its slot: a date to which the school has agreed, or which the coordinator pinned.
        """
        visit = self.visits.get(request.id)
        pinned = {"slot": self.codes[request.pinned_slot_id], "groups": None} if request.pinned_slot_id else None
        if visit is None:
            return pinned, None
        live = [group for group in visit.groups if group.status in LIVE_GROUPS]
        placement = {
            "slot": self.codes[visit.slot_id],
            "groups": [{"workplace": self.place_codes[group.workplace_id], "pupils": group.pupils} for group in live]
            or None,
        }
        whole = sum(group.pupils for group in live) == request.pupils
        past = self.dates[visit.slot_id] <= self.today
        settled = visit.status in {VisitStatus.CONFIRMED, VisitStatus.COMPLETED, VisitStatus.PROPOSED}
        stays = past or settled or (self.weeks is not None and self.slot_weeks[visit.slot_id] not in self.weeks)
        if whole and stays:
            return placement, None
        if (request.id, visit.slot_id) in self.agreed or stays:
            return {"slot": placement["slot"], "groups": None}, placement
        return pinned, placement


def _parse_without_illegal_locks(document: Document) -> tuple[Instance, dict[str, str]]:
    """Parse the document; a lock at fault is dropped from it, named, and stays as the previous placement."""
    dropped: dict[str, str] = {}
    while True:
        try:
            return parse_instance(document), dropped
        except InstanceError as error:
            illegal = {
                int(found.group(1)): fault.message
                for fault in error.faults
                if (found := _LOCK_FAULT.match(fault.path)) is not None
            }
            if not illegal:
                raise
            for index, message in illegal.items():
                visit = document["visits"][index]
                dropped[visit["id"]] = message
                visit["previous"] = visit["previous"] or visit["locked"]
                visit["locked"] = None


def facts_now(session: Session, clock: Clock, term: Term) -> str:
    """Return the fingerprint that a run would get now: another one than a plan's means that the plan is outdated."""
    return facts_fingerprint(_Builder(session, clock, term).document({}, keep=False))


def build_instance(
    session: Session,
    clock: Clock,
    term: Term,
    *,
    policy: Mapping[str, Any] | None = None,
    weeks: Sequence[str] | None = None,
    keep: bool = True,
) -> BuiltInstance:
    """Build the instance of ``term``; ``keep`` False gives the bare facts, as they are exported.

    ``weeks`` are the ISO weeks in play: what is published outside them is locked.

    Late requests are left out until the left-over phase: with its first day the facts of an earlier run are outdated.

    A lock that has become illegal by itself is dropped and named in ``dropped_locks``.

    Raises:
        InstanceError: the tables hold what no instance may hold (a fault of ours, not of a person).
    """
    builder = _Builder(session, clock, term, weeks)
    document = builder.document(policy or {}, keep=keep)
    fingerprint = facts_fingerprint(builder.document({}, keep=False) if keep else document)
    instance, dropped = _parse_without_illegal_locks(document)
    return BuiltInstance(
        instance=instance,
        document=document,
        facts_sha256=fingerprint,
        requests={request.code: request.id for request in builder.requests},
        slots={slot.code: slot.id for slot in builder.slots},
        workplaces={code: number for number, code in builder.place_codes.items()},
        dropped_locks=dropped,
    )
