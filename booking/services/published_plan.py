"""The published plan, and the plan as wished, as allocations: what the verifier and the repair compare with."""

from __future__ import annotations

from collections.abc import Iterable

import sqlalchemy as sa
from sqlalchemy.orm import Session, selectinload

from booking.domain.states import LIVE_GROUPS, LIVE_VISITS
from booking.models.visits import Visit
from booking.services.instance_builder import BuiltInstance
from scheduler.allocation import Allocation, Assignment, Bounds, Kpis, SolverInfo, Status
from scheduler.instance import Group, Instance


def unproven(instance: Instance, visits: Iterable[Assignment], maker: str) -> Allocation:
    """Wrap assignments that no solver vouches for: no bounds, status ``feasible``."""
    return Allocation(
        instance=instance.name,
        instance_sha256="",
        status=Status.FEASIBLE,
        visits=tuple(visits),
        kpis=Kpis(),
        bounds=Bounds(),
        solver=SolverInfo(name=maker, version="1", seconds=0.0, seed=0, cut_short=False, policy={}),
    )


def first_choices(instance: Instance) -> Allocation:
    """Return the plan in which everybody goes at the first choice, room or not: the bunching itself."""
    return unproven(
        instance,
        (
            Assignment(visit.id, visit.requested_slots[0] if visit.requested_slots else None)
            for visit in instance.visits
        ),
        "as wished",
    )


def published_plan(session: Session, built: BuiltInstance) -> Allocation:
    """Return the published plan with the groups that still stand; a visit that lost one has fewer pupils placed."""
    slot_codes = {number: code for code, number in built.slots.items()}
    place_codes = {number: code for code, number in built.workplaces.items()}
    standing = {
        visit.request_id: visit
        for visit in session.scalars(
            sa.select(Visit)
            .where(Visit.request_id.in_(built.requests.values()), Visit.status.in_(LIVE_VISITS))
            .options(selectinload(Visit.groups))
        )
    }
    assignments = []
    for code, request_id in built.requests.items():
        visit = standing.get(request_id)
        if visit is None:
            assignments.append(Assignment(code, None))
            continue
        groups = tuple(
            sorted(
                Group(place_codes[group.workplace_id], group.pupils)
                for group in visit.groups
                if group.status in LIVE_GROUPS
            )
        )
        assignments.append(Assignment(code, slot_codes[visit.slot_id], groups))
    return unproven(built.instance, assignments, "published")
