"""Drafts side by side: named, kept, put away, and two to four of them compared until one is chosen."""

from __future__ import annotations

from dataclasses import dataclass

from flask import flash, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from booking.domain.errors import InvalidForm
from booking.domain.ids import RunId
from booking.domain.states import RunKind, RunStatus
from booking.models.runs import AllocationRun
from booking.queries import planning
from booking.queries.changes import changes
from booking.queries.comparison import (
    SchoolStanding,
    schools_that_differ,
    standings,
    visits_that_differ,
    worst_off,
)
from booking.queries.openings import slots_of
from booking.queries.paging import slice_of
from booking.queries.planning import DayLoad, PlanRow
from booking.services import allocations, run_drafts
from booking.services.run_drafts import SIDE_BY_SIDE
from booking.services.terms import current_term
from booking.web.access import STAFF, allow, person
from booking.web.console.base import View, page_number, pages
from booking.web.console.charts import chart
from booking.web.console.knobs import KNOBS, Step, position
from booking.web.console.results import prices_of
from booking.web.console.words import outcome_chip
from booking.web.database import read, write
from booking.web.marking import gettext
from booking.web.problems import sentences

VISITS_PER_PAGE = 25
SCHOOLS_SHOWN = 20
FEWEST = 2


@dataclass(frozen=True, slots=True)
class Draft:
    """One of the plans that are compared, with everything that stands in its column."""

    run: AllocationRun
    rows: list[PlanRow]
    days: list[DayLoad]
    schools: list[SchoolStanding]
    worst: SchoolStanding | None
    within_two: float | None
    changed: int
    settings: list[tuple[Step | None, float]]

    @property
    def peak(self) -> int:
        """Pupils of its busiest day."""
        return max((day.total for day in self.days), default=0)


def _draft(session: Session, run: AllocationRun) -> Draft:
    rows = planning.plan_rows(session, run)
    prices = prices_of(session, run)
    schools = standings(session, rows, prices)
    placed = sum(row.pupils for row in rows if row.slot is not None)
    days = planning.by_day(slots_of(session, run.term_id), planning.loads_of(rows), run.load_before or {})
    term_policy = current_term(session).policy
    return Draft(
        run=run,
        rows=rows,
        days=days,
        schools=schools,
        worst=worst_off(schools),
        within_two=sum(row.pupils for row in rows if row.rank in (0, 1)) / placed if placed else None,
        changed=sum(1 for change in changes(session, run, rows) if change.kind != "new"),
        settings=[position(knob, term_policy, run.policy) for knob in KNOBS],
    )


def _asked(session: Session) -> list[AllocationRun]:
    """The drafts that the address names, in its order and each once; the published plan may stand beside them."""
    found = []
    for number in dict.fromkeys(request.args.getlist("run", type=int)):
        run = allocations.find_run(session, RunId(number))
        if run.kind is not RunKind.TERM or run.status not in {RunStatus.PROPOSED, RunStatus.PUBLISHED}:
            continue
        if run.kpis is not None:
            found.append(run)
    return found


@pages.get("/runs/compare")
@allow(*STAFF)
def compare() -> View:
    """Two to four plans side by side; with fewer, what there is to choose from."""
    session = read()
    term = current_term(session)
    drafts = planning.drafts_of(session, term.id)
    asked = _asked(session)
    published = planning.newest_run(session, term.id, [RunStatus.PUBLISHED])
    if published is not None and published.kind is RunKind.TERM and published.kpis is not None:
        drafts = [*drafts, published]
    if len(asked) < FEWEST:
        return render_template(
            "web/console/compare_choose.html", drafts=drafts, asked=[run.id for run in asked], most=SIDE_BY_SIDE
        )
    plans = [_draft(session, run) for run in asked[:SIDE_BY_SIDE]]
    most = max(max((max(day.total, day.before) for day in plan.days), default=0) for plan in plans)
    different = visits_that_differ([plan.rows for plan in plans])
    schools = schools_that_differ([plan.schools for plan in plans])
    numbers = [plan.run.id for plan in plans]
    return render_template(
        "web/console/compare.html",
        plans=plans,
        charts=[chart(plan.days, most=most) for plan in plans],
        dates=list(zip(*(plan.days for plan in plans), strict=True)),
        schools=schools[:SCHOOLS_SHOWN],
        schools_total=len(schools),
        visits=slice_of(different, page_number(), VISITS_PER_PAGE),
        href=lambda number: url_for("console.compare", run=numbers, page=number) + "#visits",
        left_out=len(asked) - len(plans),
        drafts=drafts,
        asked=numbers,
        most=SIDE_BY_SIDE,
        outcome_chip=outcome_chip,
        knobs=KNOBS,
    )


@pages.post("/runs/<int:run_id>/name")
@allow(*STAFF)
def name_run(run_id: int) -> Response:
    """Call a draft by a name, which also keeps it; a name that cannot be taken is said on the page of the run."""
    try:
        with write() as session:
            name = request.form.get("name", "")
            run_drafts.name_draft(session, person(), RunId(run_id), name, request.form.get("before", ""))
    except InvalidForm as error:
        for text in sentences(error).values():
            flash(text, "bad")
        return redirect(url_for("console.run", run_id=run_id, _anchor="draft"), 303)
    flash(gettext("이름을 저장했습니다."), "ok")
    return redirect(url_for("console.run", run_id=run_id), 303)


@pages.post("/runs/<int:run_id>/keep")
@allow(*STAFF)
def keep_run(run_id: int) -> Response:
    """Keep a draft whatever comes after it, or let it go again."""
    kept = request.form.get("kept") == "1"
    with write() as session:
        run_drafts.keep_draft(session, person(), RunId(run_id), kept=kept)
    stays, goes = gettext("남겨 두었습니다. 새 안이 나와도 치우지 않습니다."), gettext("더는 따로 남겨 두지 않습니다.")
    flash(stays if kept else goes, "ok")
    return redirect(url_for("console.run", run_id=run_id), 303)
