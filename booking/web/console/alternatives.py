"""다른 대안: a few plans between first choices and level days, drawn and in numbers; one of them becomes a draft."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flask import flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from booking.domain.errors import NotFound, RunAlreadyActive
from booking.domain.ids import RunId
from booking.domain.phases import ALLOWED, Action
from booking.domain.states import ACTIVE_RUNS, RunKind, RunStatus
from booking.models.runs import FrontierPoint
from booking.models.terms import Term
from booking.services import alternatives
from booking.services.allocations import find_run
from booking.services.terms import phase_today
from booking.web.access import STAFF, allow, person
from booking.web.console.base import View, pages
from booking.web.console.results import planned_run
from booking.web.database import clock, config, read, write
from booking.web.marking import gettext

#: the drawing's edges, in per cent: words stand outside
LEFT, RIGHT, TOP, BOTTOM = 9.0, 95.0, 12.0, 84.0


@dataclass(frozen=True, slots=True)
class Dot:
    """One plan in the drawing, in per cent: to the right fewer first choices, downwards more level days."""

    x: float
    y: float
    number: int
    own: bool
    knee: bool


def dots(points: Sequence[FrontierPoint]) -> tuple[Dot, ...]:
    """Return where the plans stand in the drawing: date cost to the right, unevenness upwards."""
    costs = [point.date_cost for point in points]
    spreads = [point.spread for point in points]

    def along(value: float, values: list[float], low: float, high: float) -> float:
        width = max(values) - min(values)
        share = (value - min(values)) / width if width else 0.5
        return round(low + share * (high - low), 2)

    return tuple(
        Dot(
            x=along(point.date_cost, costs, LEFT, RIGHT),
            y=along(point.spread, spreads, BOTTOM, TOP),
            number=point.position,
            own=point.own,
            knee=point.knee,
        )
        for point in points
    )


@pages.get("/runs/<int:run_id>/alternatives")
@allow(*STAFF)
def run_alternatives(run_id: int) -> View:
    """The alternatives to a run's plan: none yet, being looked for, or there to choose from."""
    session = read()
    run = planned_run(session, run_id)
    if run.kind is not RunKind.TERM:
        raise NotFound(f"run {run_id} is a repair")
    search = alternatives.search_of(session, run.id)
    if search is None and run.source_id is not None:
        # a plan that was chosen from a search shows the search that it comes from
        search = find_run(session, run.source_id)
    points = alternatives.points_of(session, search.id) if search is not None else []
    return render_template(
        "web/console/run_alternatives.html",
        run=run,
        search=search,
        points=points,
        dots=dots(points),
        active=search is not None and search.status in ACTIVE_RUNS,
        found=search is not None and search.status is RunStatus.FOUND,
        may_allocate=Action.ALLOCATE in ALLOWED[phase_today(session.get_one(Term, run.term_id), clock())],
        wanted=alternatives.POINTS,
    )


@pages.post("/runs/<int:run_id>/alternatives")
@allow(*STAFF)
def start_alternatives(run_id: int) -> Response:
    """Have the alternatives looked for; where those of another run are, lead to them."""
    try:
        with write() as session:
            search = alternatives.start_search(session, clock(), config(), person(), RunId(run_id))
    except RunAlreadyActive as error:
        flash(gettext("다른 안의 대안을 이미 찾고 있어 그 화면으로 왔습니다. 끝난 뒤에 다시 해 주세요."), "info")
        return redirect(url_for("console.run", run_id=error.facts["run"]), 303)
    return redirect(url_for("console.run", run_id=search.id), 303)


@pages.post("/runs/<int:run_id>/alternatives/<int:number>")
@allow(*STAFF)
def choose_alternative(run_id: int, number: int) -> Response:
    """Make a draft of one of the plans that the search ``run_id`` has found."""
    with write() as session:
        chosen = alternatives.choose_alternative(session, clock(), person(), RunId(run_id), number)
    flash(gettext("고른 대안을 배정안으로 만들었습니다. 게시하기 전에는 아무에게도 알리지 않습니다."), "ok")
    return redirect(url_for("console.run", run_id=chosen.id), 303)
