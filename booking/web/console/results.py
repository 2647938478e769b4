"""The result of a run from four sides: by day, by school, by workplace, and against the published plan."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

from flask import render_template, request
from sqlalchemy.orm import Session

from booking.domain.errors import NotFound
from booking.domain.ids import RunId
from booking.domain.states import RunKind, RunStatus
from booking.models.runs import AllocationRun
from booking.models.terms import Term
from booking.queries import planning
from booking.queries.burdens import Burden, PlaceBurden, burdens
from booking.queries.changes import Change, changes
from booking.queries.comparison import SchoolStanding, standings, worst_off
from booking.queries.openings import slots_of
from booking.queries.paging import slice_of
from booking.services import allocations
from booking.web.access import STAFF, allow
from booking.web.console.base import View, chosen, page_links, page_number, pages
from booking.web.console.charts import chart, peaks
from booking.web.console.heat import heat
from booking.web.database import read

ROWS_PER_PAGE = 50
#: how many names of schools and workplaces are shown before the rest is folded away
NAMES_SHOWN = 30
KINDS = ("moved", "new", "regrouped", "cancelled")


def planned_run(session: Session, run_id: int) -> AllocationRun:
    """Return a run that has a plan to look at.

    Raises:
        NotFound: there is no such run, or it has no plan (yet).
    """
    run = allocations.find_run(session, RunId(run_id))
    if run.kpis is None or run.kind in {RunKind.FRONTIER, RunKind.TRIAL}:
        raise NotFound(f"run {run_id} has no plan")
    return run


def prices_of(session: Session, run: AllocationRun) -> dict[str, Any]:
    """Return the prices by which a run was made."""
    return {**session.get_one(Term, run.term_id).policy, **run.policy}


def _days(session: Session, run: AllocationRun) -> list[planning.DayLoad]:
    loads = planning.loads_of(planning.plan_rows(session, run))
    return planning.by_day(slots_of(session, run.term_id), loads, run.load_before or {})


@pages.get("/runs/<int:run_id>/days")
@allow(*STAFF)
def run_days(run_id: int) -> View:
    """The plan as a calendar, as it was before and as it would be."""
    session = read()
    run = planned_run(session, run_id)
    days = _days(session, run)
    return render_template(
        "web/console/run_days.html",
        run=run,
        days=days,
        heat=heat(days),
        peaks=peaks(days),
        chart=chart(days, repair=run.kind is RunKind.REPAIR),
    )


SCHOOL_ORDERS: dict[str, Callable[[SchoolStanding], Any]] = {
    "worst": lambda school: (-school.unplaced, -(school.cost or 0.0)),
    "first": lambda school: school.share(school.first) or 0.0,
    "name": lambda school: school.name,
    "pupils": lambda school: -school.pupils,
    "credit": lambda school: -school.credit,
}
PLACE_ORDERS: dict[str, Callable[[PlaceBurden], Any]] = {
    "burden": lambda place: (-(place.share or 0.0), -place.visits),
    "visits": lambda place: -place.visits,
    "least": lambda place: place.visits,
    "name": lambda place: (len(place.name), place.name),
    "field": lambda place: place.field.value,
}


def _order(orders: dict[str, Any], usual: str) -> str:
    asked = request.args.get("sort", usual)
    return asked if asked in orders else usual


@pages.get("/runs/<int:run_id>/schools")
@allow(*STAFF)
def run_schools(run_id: int) -> View:
    """What each school got, worst-off first or as asked."""
    session = read()
    run = planned_run(session, run_id)
    found = standings(session, planning.plan_rows(session, run), prices_of(session, run))
    order = _order(SCHOOL_ORDERS, "worst")
    return render_template(
        "web/console/run_schools.html",
        run=run,
        page=slice_of(sorted(found, key=SCHOOL_ORDERS[order]), page_number(), ROWS_PER_PAGE),
        href=page_links(),
        order=order,
        orders=tuple(SCHOOL_ORDERS),
        worst=worst_off(found),
        below=sum(1 for school in found if school.unplaced or (school.share(school.first) or 0.0) < 1.0),
        unplaced=sum(1 for school in found if school.unplaced),
    )


@pages.get("/runs/<int:run_id>/workplaces")
@allow(*STAFF)
def run_workplaces(run_id: int) -> View:
    """What is asked of each workplace against its budget; who sleeps, and who is asked too often."""
    session = read()
    run = planned_run(session, run_id)
    found = burdens(session, run.id)
    only = chosen(Burden, "burden")
    order = _order(PLACE_ORDERS, "burden")
    wanted = [place for place in found if only is None or place.burden is only]
    return render_template(
        "web/console/run_workplaces.html",
        run=run,
        page=slice_of(sorted(wanted, key=PLACE_ORDERS[order]), page_number(), ROWS_PER_PAGE),
        href=page_links(),
        order=order,
        orders=tuple(PLACE_ORDERS),
        only=only,
        counts=Counter(place.burden for place in found),
        total=len(found),
        Burden=Burden,
    )


@pages.get("/runs/<int:run_id>/difference")
@allow(*STAFF)
def run_difference(run_id: int) -> View:
    """What publishing this plan would change in the published one, and who would have to be told."""
    session = read()
    run = planned_run(session, run_id)
    found: list[Change] = changes(session, run, planning.plan_rows(session, run))
    kind = request.args.get("kind", "")
    wanted = [change for change in found if kind not in KINDS or change.kind == kind]
    wanted.sort(key=lambda change: (KINDS.index(change.kind), change.row.school, change.row.label))
    return render_template(
        "web/console/run_difference.html",
        run=run,
        published=planning.newest_run(session, run.term_id, [RunStatus.PUBLISHED]),
        page=slice_of(wanted, page_number(), ROWS_PER_PAGE),
        href=page_links(),
        kinds=KINDS,
        kind=kind if kind in KINDS else "",
        counts=Counter(change.kind for change in found),
        total=len(found),
        pupils=sum(change.row.pupils for change in found),
        schools=sorted(Counter(change.row.school for change in found).items(), key=lambda pair: (-pair[1], pair[0])),
        places=sorted(
            Counter(name for change in found for name in change.told).items(),
            key=lambda pair: (-pair[1], len(pair[0]), pair[0]),
        ),
        names_shown=NAMES_SHOWN,
    )
