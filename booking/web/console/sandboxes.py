"""연습장: which of them this browser works in, and the page on which they are made, entered, compared and put away.

The choice stands in the cookie of one person. The guard below runs after the one that asks who it is, and lets the
request's session find the copy; so every page of the console is the sandbox's, and all other pages stay the service's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import current_app, flash, g, redirect, render_template, request, session, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from booking.db import make_sessions, work_in
from booking.domain.errors import Conflict, InvalidForm, NotFound
from booking.domain.ids import SandboxId
from booking.domain.states import RunKind, RunStatus
from booking.models.runs import AllocationRun
from booking.models.sandboxes import Sandbox
from booking.queries import planning
from booking.queries.comparison import visits_that_differ
from booking.queries.planning import PlanRow
from booking.services import sandboxes as services
from booking.services.terms import current_term
from booking.web.access import STAFF, allow, person, person_or_none
from booking.web.console.base import pages
from booking.web.console.words import outcome_chip
from booking.web.database import clock, db, read, write
from booking.web.marking import gettext
from booking.web.problems import sentences

Page = str | tuple[str, int] | Response
COOKIE = "sandbox"
#: pages that would be a lie in a copy: who may come in, what the centre is, what leaves, which term everybody is in
OUTSIDE = frozenset({"people", "settings", "audit", "sending", "terms"})
#: drafts of a sandbox that stand beside its published plan
DRAFTS, VISITS = 2, 60


@dataclass(frozen=True, slots=True)
class Here:
    """The sandbox in which this browser works."""

    id: SandboxId
    name: str


def _switch(number: SandboxId | None) -> None:
    """Work in a sandbox from now on, or no longer; forms of pages that were opened before are refused from now on.

    A page does not say of which world it is, so a form that was opened in one must never be answered by the other.
    """
    session.pop(COOKIE, None)
    if number is not None:
        session[COOKIE] = number
    session.pop("csrf_token", None)
    g.pop("csrf_token", None)


def sandbox_here() -> Here | None:
    """The sandbox in which this page is, or None."""
    found: Here | None = g.get("sandbox")
    return found


@pages.app_context_processor
def _words() -> dict[str, object]:
    return {"sandbox_here": sandbox_here}


@pages.before_request
def _enter() -> Response | None:
    number, somebody = session.get(COOKIE), person_or_none()
    if not isinstance(number, int) or somebody is None or somebody.role not in STAFF:
        return None
    try:
        found = services.find_sandbox(read(), SandboxId(number))
    except NotFound:
        _switch(None)
        flash(gettext("계시던 연습장이 치워져 나왔습니다. 하시던 일은 저장하지 않았습니다."), "mid")
        return redirect(url_for("console.sandboxes"), 303)
    here, schema = Here(found.id, found.name), found.schema
    module = current_app.view_functions[str(request.endpoint)].__module__
    g.sandbox = here
    if module == __name__:
        return None
    if module.rpartition(".")[2] in OUTSIDE:
        flash(gettext("그 화면은 연습장에서 쓰지 않습니다. 연습장에서 나간 뒤에 열어 주세요."), "mid")
        return redirect(url_for("console.sandboxes"), 303)
    asked = read()
    asked.rollback()
    asked.expunge_all()
    work_in(asked, schema)
    # what was read for the frame of the page on the way here is the service's
    g.pop("term", None)
    g.pop("centre", None)
    return None


def _page(faults: dict[str, str] | None = None, status: int = 200) -> tuple[str, int]:
    page = render_template(
        "web/console/sandboxes.html",
        rows=services.sandboxes(read()),
        faults=faults or {},
        name=request.form.get("name", "")[:200],
        most=services.MOST,
        longest=services.LONGEST_NAME,
        days=services.KEPT.days,
    )
    return page, status


@pages.get("/sandboxes")
@allow(*STAFF)
def sandboxes() -> Page:
    """The sandboxes there are, and the form for one more."""
    return _page()


@pages.post("/sandboxes")
@allow(*STAFF)
def make_sandbox() -> Page:
    """Copy the term, and go there."""
    try:
        with write() as writing:
            number = services.make_sandbox(writing, clock(), person(), request.form.get("name", "")).id
    except InvalidForm as error:
        return _page(sentences(error), 422)
    except Conflict as error:
        if error.reason != "too_many":
            raise
        return _page({"name": gettext("연습장은 다섯 개까지 둘 수 있습니다. 하나를 치우고 만들어 주세요.")}, 409)
    _switch(number)
    return redirect(url_for("console.home"), 303)


@pages.post("/sandboxes/<int:number>/enter")
@allow(*STAFF)
def enter_sandbox(number: int) -> Page:
    """Work in this sandbox from now on."""
    _switch(services.find_sandbox(read(), SandboxId(number)).id)
    return redirect(url_for("console.home"), 303)


@pages.post("/sandboxes/leave")
@allow(*STAFF)
def leave_sandbox() -> Page:
    """Work in the service again."""
    _switch(None)
    flash(gettext("연습장에서 나왔습니다. 이제 실제 학기입니다."), "ok")
    return redirect(url_for("console.sandboxes"), 303)


@pages.post("/sandboxes/<int:number>/discard")
@allow(*STAFF)
def discard_sandbox(number: int) -> Page:
    """Put a sandbox away with everything in it; who works in it is led out."""
    with write() as writing:
        services.discard_sandbox(writing, person(), SandboxId(number))
    if session.get(COOKIE) == number:
        _switch(None)
    flash(gettext("연습장을 치웠습니다."), "ok")
    return redirect(url_for("console.sandboxes"), 303)


@dataclass(frozen=True, slots=True)
class Plan:
    """A column of the comparison."""

    run: AllocationRun
    real: bool
    rows: list[PlanRow]

    @property
    def kpis(self) -> dict[str, Any]:
        """The figures of the plan as it was made."""
        return self.run.kpis or {}


def _plans(reading: Session, *, real: bool) -> list[Plan]:
    term = current_term(reading)
    published = planning.newest_run(reading, term.id, [RunStatus.PUBLISHED])
    runs = [] if published is None else [published]
    if not real:
        repair = planning.newest_run(reading, term.id, [RunStatus.PROPOSED], RunKind.REPAIR)
        runs += planning.drafts_of(reading, term.id)[:DRAFTS] + ([] if repair is None else [repair])
    return [Plan(run, real, planning.plan_rows(reading, run)) for run in runs]


def _inside(sandbox: Sandbox) -> list[Plan]:
    with make_sessions(db.engine, sandbox.schema)() as reading:
        return _plans(reading, real=False)


@pages.get("/sandboxes/<int:number>/compare")
@allow(*STAFF)
def compare_sandbox(number: int) -> Page:
    """The plans of a sandbox beside the one that is published."""
    sandbox = services.find_sandbox(read(), SandboxId(number))
    plans = [*_plans(read(), real=True), *_inside(sandbox)]
    different = visits_that_differ([plan.rows for plan in plans]) if len(plans) > 1 else []
    return render_template(
        "web/console/sandbox_compare.html",
        sandbox=sandbox,
        plans=plans,
        visits=different[:VISITS],
        total=len(different),
        outcome_chip=outcome_chip,
    )
