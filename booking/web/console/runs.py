"""Runs: start one with knobs that a person understands, watch it, leave it and come back, read what came of it."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from booking.clock import seoul_date
from booking.domain.errors import IllegalTransition, InvalidForm, RunAlreadyActive
from booking.domain.ids import RunId
from booking.domain.phases import ALLOWED, Action, looks_at_late
from booking.domain.states import ACTIVE_RUNS, RunKind, RunStatus
from booking.models.runs import AllocationRun
from booking.models.terms import Term
from booking.queries import console as attention
from booking.queries import planning
from booking.queries.changes import changes
from booking.queries.load import wished_loads
from booking.queries.openings import slots_of
from booking.queries.weeks import weeks_of
from booking.services import allocations, weekly
from booking.services.heartbeats import WORKER_OF, now_of_database, read_health
from booking.services.instance_builder import facts_now
from booking.services.run_drafts import SIDE_BY_SIDE
from booking.services.terms import current_term, phase_today
from booking.web.access import STAFF, allow, person
from booking.web.console.base import View, pages
from booking.web.console.charts import chart, peaks
from booking.web.console.knobs import KEEPING, KNOBS, LEVELLING, position, read_knobs, read_weeks
from booking.web.console.weekly import written
from booking.web.console.words import outcome_chip, stage_words
from booking.web.database import clock, config, read, write
from booking.web.marking import gettext
from booking.web.problems import sentences
from booking.web.reasons import explain
from scheduler.allocation import gap

#: how many classes without their first choice, and how many schools, the result shows before the whole list
SHOWN_CLASSES = 8
SHOWN_SCHOOLS = 10
HAS_PLAN = frozenset({RunStatus.PROPOSED, RunStatus.PUBLISHED, RunStatus.SUPERSEDED, RunStatus.DISCARDED})


def _list(faults: dict[str, str] | None = None, status: int = 200) -> tuple[str, int]:
    session = read()
    term = current_term(session)
    weeks = weeks_of(session, term.id)
    page = render_template(
        "web/console/runs.html",
        rows=planning.runs_of(session, term.id),
        drafts=planning.drafts_of(session, term.id),
        side_by_side=SIDE_BY_SIDE,
        weeks=[week for week in weeks if week.last > seoul_date(clock().now())],
        published=any(week.visits for week in weeks),
        weekly_setting=weekly.setting_of(term),
        weekly_written=written(weekly.setting_of(term)),
        weekly_next=weekly.next_due(term, clock().now()),
        active=planning.active_run(session, term.id, RunKind.TERM),
        knobs=KNOBS,
        levelling=LEVELLING,
        keeping=KEEPING,
        policy=term.policy,
        form=request.form,
        faults=faults or {},
        may_allocate=Action.ALLOCATE in ALLOWED[phase_today(term, clock())],
        position=position,
    )
    return page, status


@pages.get("/runs")
@allow(*STAFF)
def runs() -> tuple[str, int]:
    """The runs of the term, newest first, and the form that starts one."""
    return _list()


@pages.post("/runs")
@allow(*STAFF)
def start_run() -> View | tuple[str, int]:
    """Queue a run; where one is active already, lead to it."""
    try:
        policy = read_knobs(request.form, current_term(read()).policy)
        weeks = read_weeks(request.form)
        with write() as session:
            run = allocations.start_run(session, clock(), config(), person(), policy=policy, weeks=weeks)
    except InvalidForm as error:
        return _list(sentences(error), 422)
    except RunAlreadyActive as error:
        flash(gettext("이미 배정을 계산하고 있어 그 화면으로 왔습니다."), "info")
        return redirect(url_for("console.run", run_id=error.facts["run"]), 303)
    return redirect(url_for("console.run", run_id=run.id), 303)


@pages.get("/runs/<int:run_id>")
@allow(*STAFF)
def run(run_id: int) -> View:
    """A run as it stands: waiting or solving, a plan to read, or why there is none."""
    session = read()
    found = allocations.find_run(session, RunId(run_id))
    if found.status in ACTIVE_RUNS:
        return render_template("web/console/run_active.html", **_progress(session, found))
    if found.kind is RunKind.TRIAL:
        return redirect(url_for("console.policy") + "#trial")
    if found.status is RunStatus.FOUND:
        return redirect(url_for("console.run_alternatives", run_id=found.source_id))
    if found.status in HAS_PLAN and found.kpis is not None:
        return _result(session, found)
    return render_template("web/console/run_ended.html", run=found)


@pages.get("/runs/<int:run_id>/progress")
@allow(*STAFF)
def run_progress(run_id: int) -> View:
    """The part of the page that changes each second; tells the page to load anew when the run has ended."""
    session = read()
    found = allocations.find_run(session, RunId(run_id))
    if found.status not in ACTIVE_RUNS:
        if not request.headers.get("HX-Request"):
            return redirect(url_for("console.run", run_id=run_id))
        return Response("", headers={"HX-Refresh": "true"})
    return render_template("web/console/_progress.html", **_progress(session, found))


@pages.get("/runs/<int:run_id>/freshness")
@allow(*STAFF)
def run_freshness(run_id: int) -> View:
    """Whether requests or workplaces have changed since a draft was made, which takes longer to find out than the page.

    Without a script it is the preview of the publication that says so.
    """
    session = read()
    found = allocations.find_run(session, RunId(run_id))
    if not request.headers.get("HX-Request") or found.status is not RunStatus.PROPOSED:
        return redirect(url_for("console.publish_preview", run_id=run_id, checked=1))
    term = session.get_one(Term, found.term_id)
    return render_template(
        "web/console/_freshness.html",
        run=found,
        stale=facts_now(session, clock(), term) != found.facts_sha256,
        settings=[(knob, *position(knob, term.policy, found.policy)) for knob in KNOBS],
        may_allocate=Action.ALLOCATE in ALLOWED[phase_today(term, clock())],
    )


@pages.post("/runs/<int:run_id>/cancel")
@allow(*STAFF)
def cancel_run(run_id: int) -> Response:
    """Stop a run; what it found so far is kept."""
    with write() as session:
        allocations.cancel_run(session, clock(), person(), RunId(run_id))
    flash(gettext("멈추라고 했습니다. 그때까지 찾은 가장 좋은 안이 남습니다."), "info")
    return redirect(url_for("console.run", run_id=run_id), 303)


@pages.post("/runs/<int:run_id>/discard")
@allow(*STAFF)
def discard_run(run_id: int) -> Response:
    """Put a plan away unpublished; a second press finds it put away and says nothing more."""
    try:
        with write() as session:
            allocations.discard_run(session, clock(), person(), RunId(run_id))
    except IllegalTransition as error:
        if error.facts.get("old") != RunStatus.DISCARDED:
            raise
    flash(gettext("배정안 %(n)s: 버렸습니다. 게시된 계획은 그대로입니다.", n=run_id), "ok")
    return redirect(url_for("console.runs"), 303)


def _progress(session: Session, found: AllocationRun) -> dict[str, Any]:
    term = session.get_one(Term, found.term_id)
    said = planning.last_progress(session, found.id)
    before = found.load_before or wished_loads(session, term, late=looks_at_late(phase_today(term, clock())))
    # until the solver tells of a plan, the bars stand where the wishes are: they sink from there
    now = planning.last_load(session, found.id) or before
    days = planning.by_day(slots_of(session, term.id), now, before)
    stage, meaning = stage_words(said.stage if said else "queued")
    return {
        "run": found,
        "holder": read_health(session).processes[WORKER_OF[found.kind]],
        "silent": found.lease_until is not None and found.lease_until < now_of_database(session),
        "plan_number": said.stage.partition(":")[2] if said else "",
        "progress": said,
        "stage": stage,
        "meaning": meaning,
        "asked": sum(int(pupils) for pupils in before.values()),
        "chart": chart(days, repair=found.kind is RunKind.REPAIR),
        "peaks": peaks(days),
        "elapsed": (clock().now() - found.started_at).total_seconds() if found.started_at else 0.0,
    }


def _result(session: Session, found: AllocationRun) -> str:
    term = session.get_one(Term, found.term_id)
    plan = planning.plan_rows(session, found)
    days = planning.by_day(slots_of(session, term.id), planning.loads_of(plan), found.load_before or {})
    short = planning.without_first_choice(plan)
    kpis, bounds = found.kpis or {}, found.bounds or {}
    placed = int(kpis.get("placed_pupils", 0))
    repair = planning.newest_run(session, term.id, {*ACTIVE_RUNS, RunStatus.PROPOSED}, RunKind.REPAIR)
    published = found.status is RunStatus.PUBLISHED
    drafts = planning.drafts_of(session, term.id) if found.kind is RunKind.TERM else []
    return render_template(
        "web/console/run_result.html",
        run=found,
        kpis=kpis,
        placed=placed,
        asked=placed + int(kpis.get("unplaced_pupils", 0)),
        in_field=1 - int(kpis.get("off_field_pupils", 0)) / placed if placed else None,
        travel=float(kpis.get("travel_pupil_km", 0)) / placed if placed else None,
        gap=gap(float(kpis.get("date_stage", 0)), float(bounds.get("date_stage", 0))),
        within_two=sum(row.pupils for row in plan if row.rank in (0, 1)) / placed if placed else None,
        days=days,
        chart=chart(days, repair=found.kind is RunKind.REPAIR),
        peaks=peaks(days),
        short=short[:SHOWN_CLASSES],
        short_classes=sum(len(party.rows) for party in short),
        short_parties=len(short),
        schools=planning.by_school(session, plan),
        shown_schools=SHOWN_SCHOOLS,
        by_hand=sum(1 for row in plan if row.by_hand),
        needs_repair=_names(plan, session, found),
        explain=explain,
        outcome_chip=outcome_chip,
        settings=[(knob, *position(knob, term.policy, found.policy)) for knob in KNOBS],
        answers=attention.answer_counts(session, term.id) if published else {},
        repair=repair if published else None,
        changes=changes(session, found, plan) if found.kind is RunKind.REPAIR else [],
        newer_draft=_newer_draft(session, found),
        beside=[run.id for run in drafts if run.id != found.id][: SIDE_BY_SIDE - 1],
        source=session.get(AllocationRun, found.source_id) if found.source_id is not None else None,
        weeks=[week for week in weeks_of(session, term.id) if week.code in (found.weeks or ())],
    )


def _names(plan: list[planning.PlanRow], session: Session, found: AllocationRun) -> list[planning.PlanRow]:
    """The requests whose lock could not be kept, as rows of the plan."""
    codes = set(found.needs_repair or {})
    if not codes:
        return []
    wanted = planning.requests_by_code(session, found.term_id, codes)
    return [row for row in plan if row.request_id in wanted]


def _newer_draft(session: Session, found: AllocationRun) -> AllocationRun | None:
    """A newer proposal of the same kind, which the reader should rather look at."""
    newest = planning.newest_run(session, found.term_id, [RunStatus.PROPOSED], found.kind)
    return newest if newest is not None and newest.id > found.id else None
