"""조정의 자리: the published plan with visits put at another slot, judged by the verifier; held or moved there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.clock import Clock
from booking.domain.ids import RequestId, RunId, WorkplaceId
from booking.domain.states import REQUEST_STEPS, GroupStatus, RequestStatus, VisitStatus, step
from booking.models.requests import Request
from booking.models.terms import Slot, Term
from booking.models.visits import Visit
from booking.services.instance_builder import build_instance
from booking.services.notices import Pair
from booking.services.placing import live_groups, release, settle, take_place, taken_seats
from booking.services.published_plan import published_plan
from scheduler.allocation import Allocation, Assignment
from scheduler.explain_changes import accepting
from scheduler.moves import best_groups
from scheduler.verifier import Violation, verify

#: pupils by workplace, for each request that is put somewhere
Places = Mapping[RequestId, Mapping[WorkplaceId, int]]


class NoRoom(Exception):
    """The visits cannot stand there beside everybody else; the text says what is in the way, ``reason`` in a code.

    ``fixed``: a visit is fixed to another slot; ``full``: the free places add up to no groups; ``rules``: somebody
    else's limit would break.
    """

    def __init__(self, reason: str, text: str, violations: Sequence[Violation] = ()) -> None:
        super().__init__(text)
        self.reason = reason
        #: the rules that would break
        self.violations = tuple(violations)


class Room:
    """The published plan as it stands now. What is put into it stays, so that no two shifts take the same place."""

    def __init__(self, session: Session, clock: Clock, term: Term) -> None:
        self.built = build_instance(session, clock, term)
        self.instance = self.built.instance
        self.plan = published_plan(session, self.built)

    def put(self, codes: Sequence[str], slot: str, *, keep: bool = True) -> Places:
        """Put visits at a slot together, each with the best groups that are free there, and return the groups.

        ``keep`` False only looks whether it could be.

        Raises:
            NoRoom: a visit is locked elsewhere, no groups add up, or a rule would break; the plan stays as it was.
        """
        instance = accepting(self.instance, codes, slot)
        for code in codes:
            lock = instance.visit_by_id[code].locked
            if lock is not None and lock.slot != slot:
                raise NoRoom("fixed", f"{code} is fixed to {lock.slot}")
        plan = self.plan
        for code in codes:
            plan = _with(plan, Assignment(code, None))
        for code in codes:
            groups = best_groups(instance, plan, code, slot)
            if groups is None:
                raise NoRoom("full", f"{code}: no groups add up in the places that are free")
            plan = _with(plan, Assignment(code, slot, groups))
        known = {str(violation) for violation in verify(self.instance, self.plan).violations}
        broken = [found for found in verify(instance, plan).violations if str(found) not in known]
        if broken:
            raise NoRoom("rules", "; ".join(str(found) for found in broken[:3]), broken)
        if keep:
            self.instance, self.plan = instance, plan
        return {
            self.built.requests[code]: {
                self.built.workplaces[group.workplace]: group.pupils for group in plan.by_visit[code].groups
            }
            for code in codes
        }


def _with(plan: Allocation, changed: Assignment) -> Allocation:
    visits = tuple(changed if given.id == changed.id else given for given in plan.visits)
    return replace(plan, visits=visits)


def hold(session: Session, run_id: RunId, requests: Sequence[Request], slot: Slot, places: Places) -> list[Visit]:
    """Hold places at a slot for requests without a visit until their school has answered; nobody is asked yet."""
    versions = dict(
        session.execute(
            sa.select(Visit.request_id, sa.func.max(Visit.version))
            .where(Visit.request_id.in_([request.id for request in requests]))
            .group_by(Visit.request_id)
        ).all()
    )
    visits = [
        Visit(
            request_id=request.id,
            slot_id=slot.id,
            run_id=run_id,
            status=VisitStatus.PROPOSED,
            # it goes on counting where an earlier visit of the request stopped, as calendars do
            version=versions.get(request.id, 0) + 1,
        )
        for request in requests
    ]
    session.add_all(visits)
    session.flush()
    _take(session, visits, slot, places, GroupStatus.PROPOSED)
    for request in requests:
        if request.status is not RequestStatus.ALLOCATED:
            request.status = step(REQUEST_STEPS, request.status, RequestStatus.ALLOCATED)
    session.flush()
    return visits


def move(session: Session, run_id: RunId, visits: Sequence[Visit], slot: Slot, places: Places) -> set[Pair]:
    """Move published visits to another slot at once and return the workplaces and dates that are to be told."""
    touched: set[Pair] = set()
    for visit in visits:
        touched |= release(live_groups(visit))
    session.flush()
    for visit in visits:
        visit.slot_id = slot.id
        visit.run_id = run_id
        visit.version += 1
        # parents agreed to another date: the school asks them again
        visit.consent_at = visit.consent_by_id = None
    session.flush()
    _take(session, visits, slot, places, GroupStatus.ASKED)
    session.flush()
    for visit in visits:
        session.refresh(visit, ["groups", "slot"])
        settle(visit)
        touched |= {(group.workplace_id, slot.date) for group in live_groups(visit)}
    return touched


def _take(session: Session, visits: Sequence[Visit], slot: Slot, places: Places, status: GroupStatus) -> None:
    seats = taken_seats(session, [slot.id])
    for visit in visits:
        for workplace, pupils in places[visit.request_id].items():
            take_place(session, seats, visit, workplace, pupils, status)
