"""Runs for the console's tests: solved through the real use case, by an engine that takes a moment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa

from booking.db import make_sessions
from booking.domain.ids import RunId
from booking.domain.states import ACTIVE_RUNS
from booking.models.runs import AllocationRun
from booking.services.published_plan import unproven
from booking.services.solving import Engine, solve_run
from scheduler.allocation import Allocation, Bounds
from scheduler.baseline import first_come_first_served
from scheduler.explain import reasons
from scheduler.instance import Instance
from tests.support.pages import Site


@dataclass(frozen=True, slots=True)
class Said:
    """What a solver reports while it works."""

    stage: str
    seconds: float
    incumbent: float | None
    bound: float | None
    gap: float | None
    placed_pupils: int
    load: Mapping[str, int] | None


def _by_telephone(instance: Instance, *_given: Any, **options: Any) -> Allocation:
    plan = unproven(instance, reasons(instance, first_come_first_served(instance)), "by telephone")
    load: dict[str, int] = {}
    for assignment in plan.visits:
        if assignment.slot is not None:
            load[assignment.slot] = load.get(assignment.slot, 0) + instance.visit_by_id[assignment.id].pupils
    options["on_progress"](Said("dates", 1.5, plan.kpis.date_stage, 10.0, 0.25, plan.kpis.placed_pupils, load))
    return replace(plan, bounds=Bounds(0, plan.kpis.date_stage, plan.kpis.workplace_stage))


def _nothing(*_given: Any, **_options: Any) -> Allocation:
    raise ValueError("locks contradict each other: V0001, V0002")


TELEPHONE = Engine(allocate=_by_telephone, repair=_by_telephone, limits=dict)
BROKEN = Engine(allocate=_nothing, repair=_nothing, limits=dict)


def active(site: Site) -> RunId:
    """The run that somebody waits for."""
    site.session.rollback()
    found = site.session.scalar(sa.select(AllocationRun.id).where(AllocationRun.status.in_(ACTIVE_RUNS)))
    assert found is not None
    return found


def solve(site: Site, engine: Engine = TELEPHONE) -> RunId:
    """Solve the active run as a worker would, and return it."""
    run_id = active(site)
    solve_run(make_sessions(site.engine), site.small.clock, site.small.config, run_id, engine)
    site.session.rollback()
    site.session.expire_all()
    return run_id


def run_of(site: Site, run_id: RunId) -> AllocationRun:
    """A run as it stands in the database now."""
    site.session.rollback()
    site.session.expire_all()
    return site.session.get_one(AllocationRun, run_id)
